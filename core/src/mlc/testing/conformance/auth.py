"""Checks: tokens are renewed once, kept before they are used, and seen by nobody."""

import json
import logging
import threading
import traceback
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from mlc.connection import AnyConnection
from mlc.contract import FetchMode
from mlc.errors import AuthError, MlcError
from mlc.http import CallKind, Response
from mlc.records import ObjectType
from mlc.system import Capability, GrantKind
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable
from mlc.testing.connecting import tap_of, tokens_of
from mlc.testing.tap import Call, Fault, Tap, Trouble

THREADS = 16


class AuthChecks(Supplied):
    def test_ping_says_who_we_are(self) -> None:
        if not self.bench.answers("mlc_ping"):
            not_applicable("the connector has no mlc_ping.")
        self.bench.need_a_vendor()
        identity = self.bench.call(self.bench.open(), "mlc_ping")
        assert identity.account.strip()
        assert not identity.permissions_missing, f"the tested account lacks {identity.permissions_missing}"

    def test_a_dead_token_is_renewed_once_and_the_read_goes_on(self) -> None:
        connection, tap = self._minting()
        tap.add(Trouble(Fault.ANSWER, response=self.unauthorised))
        _read_once(self, connection)
        assert len(tap.of(CallKind.MINT)) == 1, f"{len(tap.of(CallKind.MINT))} token calls after one 401"

    def test_refused_with_a_fresh_token_is_an_auth_error(self) -> None:
        connection, tap = self._signing()
        tap.add(Trouble(Fault.ANSWER, response=self.unauthorised, times=None))
        with pytest.raises(AuthError):
            _read_once(self, connection)
        assert len(tap.of(CallKind.MINT)) <= 2
        assert len(tap.of(CallKind.READ)) <= 4, "an answer that will not change was asked for again and again"

    def test_refused_credentials_are_an_auth_error(self) -> None:
        connection, tap = self._minting()
        tokens_of(connection).expire()
        tap.add(Trouble(Fault.ANSWER, kind=CallKind.MINT, response=self.refused_credentials, times=None))
        with pytest.raises(AuthError):
            _read_once(self, connection)
        assert not tap.of(CallKind.READ), "a call was made without a token"
        assert len(tap.of(CallKind.MINT)) == 1, "refused credentials were tried again"

    def test_sixteen_threads_share_one_refresh(self) -> None:
        connection, tap = self._minting()
        tokens_of(connection).expire()
        failed: list[BaseException] = []
        together = threading.Barrier(THREADS)

        def read() -> None:
            together.wait(10)
            try:
                _read_once(self, connection)
            except MlcError as error:
                failed.append(error)

        threads = [threading.Thread(target=read) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not failed, f"{failed[0]!r}"
        assert len(tap.of(CallKind.MINT)) == 1, f"{len(tap.of(CallKind.MINT))} token calls by {THREADS} threads"

    def test_a_token_is_kept_before_it_is_used(self) -> None:
        connection, tap = self._minting()
        tokens_of(connection).expire()
        _read_once(self, connection)
        reads = tap.of(CallKind.READ)
        assert reads
        for call in reads:
            assert call.kept is not None, "a call left while no token was kept"
            assert _carries(call, call.kept), f"{call.path} was signed with another token than the one in custody"

    def test_a_rotated_refresh_token_is_the_next_one_used(self) -> None:
        connection, tap = self._minting()
        for _ in range(2):
            tokens_of(connection).expire()
            _read_once(self, connection)
        first, second = tap.of(CallKind.MINT)
        rotated = _stated(first.answer)
        if rotated is None:
            not_applicable("the vendor hands out no refresh tokens.")
        assert rotated in _words(second), "the rotated refresh token was not the next one used"

    def test_no_secret_shows_in_a_repr(self) -> None:
        connection = self._after_a_call()
        shown = [repr(connection), str(connection), repr(connection.http), repr(connection.tokens)]
        shown += [repr(connection.secrets), repr(connection.settings), repr(connection.tokens.current())]
        found = [secret for secret in _secrets(self, connection) for text in shown if secret in text]
        assert not found, "a repr shows a secret"

    def test_no_secret_shows_in_a_log(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            connection = self._after_a_call()
        said = [record.getMessage() + str(record.args) for record in caplog.records]
        assert not [secret for secret in _secrets(self, connection) if any(secret in text for text in said)]

    def test_no_secret_shows_in_an_error(self) -> None:
        connection = self._after_a_call()
        tap = tap_of(connection)
        for status in (400, 401, 403, 404, 429, 500):
            tap.clear()
            tokens_of(connection).expire()
            for kind in (CallKind.READ, CallKind.MINT):
                tap.add(Trouble(Fault.ANSWER_AFTER, kind=kind, response=_refusal(status), times=None))
            self._assert_quiet(connection, f"answer {status}")
        for fault in (Fault.DROP_BEFORE, Fault.DROP_AFTER):
            tap.clear()
            tap.add(Trouble(fault, times=None))
            self._assert_quiet(connection, fault)

    # ---------------------------------------------------------------- inside

    def _assert_quiet(self, connection: AnyConnection, what: str) -> None:
        try:
            _read_once(self, connection)
        except MlcError as error:
            said = "".join(traceback.format_exception(error)) + str(error.detail)
            loud = [secret for secret in _secrets(self, connection) if secret in said]
            assert not loud, f"after {what} the error shows a secret"

    def _signing(self) -> tuple[AnyConnection, Tap]:
        if not self.bench.system.secrets.model_fields:
            not_applicable("the system asks for no secrets.")
        return self.bench.tapped()

    def _minting(self) -> tuple[AnyConnection, Tap]:
        """A connection that has got its token by a token call."""
        connection, tap = self._signing()
        if not tokens_of(connection).minted:
            assert set(self.bench.system.grants) <= {GrantKind.API_TOKEN}, "no token came from TokenStore.obtain"
            not_applicable("the system's API token never changes.")
        return connection, tap

    def _after_a_call(self) -> AnyConnection:
        connection = self.bench.open()
        if self.bench.url is not None and not self.bench.calls_nobody:
            _read_once(self, connection)
        return connection


def _read_once(checks: Supplied, connection: AnyConnection) -> None:
    """One read that needs a signature, of the first type that can be read."""
    kind: ObjectType = checks.bench.need(Capability.READ)[0].object_type
    checks.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.SWEEP)


def _refusal(status: int) -> Callable[[], Response]:
    return lambda: Response(status, json={"error": "refused", "message": "No.", "detail": "No."})


def _secrets(checks: Supplied, connection: AnyConnection) -> list[str]:
    """Everything that must not show."""
    found = [str(value) for value in checks.secrets.values() if value]
    for token in tokens_of(connection).minted:
        found.append(token.access.get_secret_value())
        found += [token.refresh.get_secret_value()] if token.refresh is not None else []
    return [secret for secret in found if len(secret) >= 6]


def _carries(call: Call, token: str) -> bool:
    return any(token in value for _, value in call.headers) or token in call.url


def _stated(answer: bytes) -> str | None:
    try:
        body = json.loads(answer)
    except ValueError:
        return None
    found = body.get("refresh_token") if isinstance(body, dict) else None
    return str(found) if found else None


def _words(call: Call) -> list[str]:
    """The values of a token call's body, form or JSON."""
    text = call.body.decode(errors="replace")
    if text.lstrip().startswith("{"):
        return [str(value) for value in json.loads(text).values()]
    return [value for _, value in parse_qsl(text)]
