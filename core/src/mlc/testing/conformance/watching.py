"""Checks: our subscriptions come about one request at a time, stay as they are, are put right, and end."""

from datetime import UTC, datetime, timedelta

from mlc.connection import AnyConnection
from mlc.deliveries import Watch, WatchChange, Watching
from mlc.http import CallKind
from mlc.system import Capability
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable
from mlc.testing.connecting import tap_of

#: More steps than this lead nowhere.
STEPS = 20
SOON = timedelta(hours=1)


class WatchingChecks(Supplied):
    def test_our_subscriptions_are_made_once_and_then_left_alone(self) -> None:
        connection = self._watched()
        made = self._settled(connection, self.receiver, ())
        assert made, "nothing of ours stands at the vendor, and the connector calls it done"
        again = self._look(connection, self.receiver, made)
        assert again.change is None, f"it was all well, and still {again.change}"
        assert {one.id for one in again.watches} == {one.id for one in made}
        self._settled(connection, None, made)

    def test_our_subscriptions_end_when_nobody_listens(self) -> None:
        connection = self._watched()
        made = self._settled(connection, self.receiver, ())
        left = self._settled(connection, None, made)
        assert not left, f"{len(left)} subscriptions of ours stay for ever"

    def test_a_subscription_that_was_ended_is_made_anew(self) -> None:
        connection = self._watched()
        made = self._settled(connection, self.receiver, ())
        self._settled(self.bench.open(), None, made)
        anew = self._settled(connection, self.receiver, made)
        assert anew, "what somebody ended at the vendor stays ended"
        self._settled(connection, None, anew)

    # ---------------------------------------------------------------- inside

    def _watched(self) -> AnyConnection:
        self.bench.need(Capability.WEBHOOKS)
        if not self.bench.answers("mlc_watch"):
            not_applicable("subscriptions of this system are made by hand.")
        self.bench.need_calls()
        return self.bench.open()

    def _settled(self, connection: AnyConnection, url: str | None, kept: tuple[Watch, ...]) -> tuple[Watch, ...]:
        """Step by step until nothing is left to do, secrets kept as core keeps them."""
        for _step in range(STEPS):
            answer = self._look(connection, url, kept)
            secrets = {one.id: one.secret for one in kept}
            kept = tuple(
                Watch(one.id, one.secret or secrets.get(one.id), one.expires_at, one.events) for one in answer.watches
            )
            if answer.change is None:
                return kept
        raise AssertionError(f"the connector changes subscriptions without an end ({STEPS} steps)")

    def _look(self, connection: AnyConnection, url: str | None, kept: tuple[Watch, ...]) -> Watching:
        """One step under one permit: at most one request that changes something."""
        tap = tap_of(connection)
        before = len(tap.of(CallKind.WRITE))
        renew_before = datetime.now(UTC) + SOON
        with connection.http.permit("watch"):
            answer: Watching = self.bench.call(
                connection, "mlc_watch", callback_url=url, watches=kept, renew_before=renew_before
            )
        sent = len(tap.of(CallKind.WRITE)) - before
        silent = answer.change in (None, WatchChange.PREPARED)
        assert sent == (0 if silent else 1), f"{sent} requests, and it says {answer.change}"
        return answer
