"""Checks: a vendor that says stop is obeyed, and nobody waits in a thread."""

import time

import pytest

from mlc.contract import Created, FetchMode, NotSent, Rejected, Updated
from mlc.errors import MlcError, RateLimitedError
from mlc.http import CallKind, Response
from mlc.records import ObjectType
from mlc.system import Capability, QuotaWindow
from mlc.testing.conformance import writing
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Fault, Trouble

LONGEST_SLEEP_S = 1.0


class QuotaChecks(Supplied):
    def test_too_many_calls_is_told_with_how_long_to_wait(self) -> None:
        kind = self._limited()
        connection, tap = self.bench.tapped()
        tap.add(Trouble(Fault.ANSWER, response=self.rate_limited, times=None))
        with pytest.raises(RateLimitedError) as told:
            self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
        stated = self.rate_limited().headers.get("retry-after")
        if stated is not None and stated.isdigit():
            assert told.value.retry_after_s >= float(stated), "it says to go on before the vendor does"
        assert told.value.retry_after_s > 0
        assert told.value.window in {*QuotaWindow, "mint"}, f"no window is named {told.value.window!r}"

    def test_after_too_many_calls_nothing_more_is_asked(self) -> None:
        kind = self._limited()
        connection, tap = self.bench.tapped()
        tap.add(Trouble(Fault.ANSWER, response=self.rate_limited, times=None))
        with pytest.raises(RateLimitedError):
            self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
        assert len(tap.of(CallKind.READ)) == 1, f"{len(tap.of(CallKind.READ))} calls against a vendor that said stop"

    def test_a_wait_of_any_form_is_understood(self) -> None:
        kind = self._limited()
        for stated in ("0", "3600", "soon", "", "-5", "Wed, 21 Oct 2099 07:28:00 GMT"):
            connection, tap = self.bench.tapped()
            status, content = self.rate_limited().status_code, self.rate_limited().content
            headers = {"content-type": "application/json", "Retry-After": stated}
            answer = Response(status, content=content, headers=headers)
            tap.add(Trouble(Fault.ANSWER, response=lambda answer=answer: answer, times=None))  # type: ignore[misc]
            with pytest.raises(RateLimitedError) as told:
                self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
            assert told.value.retry_after_s >= 0, f"Retry-After {stated!r} became {told.value.retry_after_s}"

    def test_a_write_that_meets_the_limit_is_surely_not_done(self) -> None:
        creating = self.bench.need(Capability.CREATE)
        self.bench.need_calls()
        seen = False
        for support in creating:
            connection = self.bench.open()
            made = writing.draft(self.bench, connection, support.object_type)
            if made is None:
                continue
            seen = True
            tap_of(connection).add(Trouble(Fault.ANSWER, kind=CallKind.WRITE, response=self.rate_limited))
            pushed = writing.send(self.bench, connection, support.object_type, made.main)
            claimed = isinstance(pushed.outcome, Created | Updated | Rejected)
            assert not claimed, f"{support.object_type}: a limit is neither success nor refusal: {pushed}"
            waits = isinstance(pushed.error, RateLimitedError) or isinstance(pushed.outcome, NotSent)
            assert waits, f"{support.object_type}: {pushed}"
        if not seen:
            not_shown("no record could be made; supply to_create().")

    def test_no_thread_sleeps_for_more_than_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = self._limited()
        slept: list[float] = []
        monkeypatch.setattr(time, "sleep", slept.append)
        for trouble in (
            Trouble(Fault.ANSWER, response=self.rate_limited, times=None),
            Trouble(Fault.ANSWER, response=lambda: Response(503, json={}), times=None),
            Trouble(Fault.DROP_BEFORE, times=None),
        ):
            connection, tap = self.bench.tapped()
            tap.add(trouble)
            with pytest.raises(MlcError):
                self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
        assert sum(slept) <= LONGEST_SLEEP_S, f"a thread slept {sum(slept):.0f} s"

    def _limited(self) -> ObjectType:
        found = self.bench.need(Capability.READ)[0].object_type
        if self.bench.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        return found
