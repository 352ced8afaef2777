"""Checks: calls go where they may, with credentials only there."""

from typing import Any
from urllib.parse import urlsplit

from mlc.contract import FetchMode
from mlc.errors import MlcError, TransientError
from mlc.http import CallKind, Response
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of, tokens_of
from mlc.testing.tap import Fault, Trouble

STRANGER = "collector.example.net"


class HttpChecks(Supplied):
    def test_every_call_goes_to_the_vendor(self) -> None:
        home = urlsplit(self.bench.vendor.url).hostname
        connection = self.bench.open()
        for kind in self._called():
            for _page in self.bench.walk(connection, kind):
                pass
        strangers = {call.host for call in tap_of(connection).calls} - {home}
        assert not strangers, f"calls went to {', '.join(strangers)}"

    def test_an_address_in_an_answer_leads_nowhere_else(self) -> None:
        kinds = [kind for kind in self._called() if len(self.bench.pages(kind)) > 1] or self._called()[:1]
        home = urlsplit(self.bench.vendor.url).hostname
        for kind in kinds:
            connection, tap = self.bench.tapped()
            tap.add(Trouble(Fault.REWRITE, change=_elsewhere, times=None))
            try:
                for _page in self.bench.walk(connection, kind):
                    pass
            except MlcError:
                pass
            strangers = {call.host for call in tap.calls} - {home}
            assert not strangers, f"{kind}: a link in an answer led to {', '.join(strangers)}"

    def test_credentials_do_not_follow_a_redirect(self) -> None:
        kind = self._called()[0]
        connection, tap = self.bench.tapped()
        elsewhere = {"Location": f"https://{STRANGER}/collect"}
        tap.add(Trouble(Fault.ANSWER, response=lambda: Response(302, headers=elsewhere), times=None))
        try:
            self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
        except MlcError:
            pass
        else:
            raise AssertionError("a redirect to a stranger was taken for an answer")
        told = [call for call in tap.calls if call.host == STRANGER]
        assert not told, "a call followed the redirect to a stranger"

    def test_a_read_is_repeated_on_a_passing_trouble(self) -> None:
        kind = self._called()[0]
        for trouble in (
            Trouble(Fault.DROP_BEFORE),
            Trouble(Fault.DROP_AFTER),
            Trouble(Fault.ANSWER, response=lambda: Response(503, json={})),
        ):
            connection, tap = self.bench.tapped()
            tap.add(trouble)
            page = self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
            assert page.records or not self.bench.pages(kind)[0].records
            assert trouble.struck == 1

    def test_a_vendor_that_is_not_there_is_a_passing_trouble(self) -> None:
        kind = self._called()[0]
        connection, tap = self.bench.tapped()
        tap.add(Trouble(Fault.DROP_BEFORE, kind=None, times=None))
        try:
            self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
        except TransientError:
            return
        raise AssertionError("a vendor that cannot be reached was taken for an answer")

    def test_no_credential_stands_in_an_address(self) -> None:
        connection = self.bench.open()
        _ = self.bench.vendor
        for kind in self._called():
            for _page in self.bench.walk(connection, kind):
                pass
        tokens = [token.access.get_secret_value() for token in tokens_of(connection).minted]
        found = [call.path for call in tap_of(connection).calls for token in tokens if token in call.url]
        assert not found, f"the access token stands in the address of {found[0]}"

    def test_unchanged_records_cost_only_the_list(self) -> None:
        for kind in self._called():
            pages = self.bench.pages(kind)
            connection, tap = self.bench.tapped()
            self.bench.probe(connection)
            later = list(self.bench.walk(connection, kind, pages[-1].watermark))
            tap.clear()
            again = list(self.bench.walk(connection, kind, later[-1].watermark))
            reads = len(tap.of(CallKind.READ))
            assert reads <= len(again) + 2, f"{kind}: {reads} calls for {len(again)} unchanged pages"

    def _called(self) -> list[ObjectType]:
        found = [support.object_type for support in self.bench.need(Capability.READ)]
        if self.bench.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        if self.bench.url is None:
            not_shown("no vendor is served; supply standin or serve().")
        return found


def _elsewhere(value: Any) -> Any:
    """The same answer with every address of somebody else's."""
    if isinstance(value, dict):
        return {key: _elsewhere(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_elsewhere(inner) for inner in value]
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return urlsplit(value)._replace(scheme="https", netloc=STRANGER).geturl()
    return value
