"""The QuickBooks Online stand-in: Accounting API v3, token server and webhooks of several companies under one root."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from mlc_sandbox.company import Company
from mlc_sandbox.quickbooks import calls, calls_batch, calls_files, calls_oauth, calls_reading, desk, seed, writing
from mlc_sandbox.quickbooks.books import Books
from mlc_sandbox.quickbooks.calls_oauth import Asked, Refreshing
from mlc_sandbox.quickbooks.meters import LIMITS, Meters, realm_of
from mlc_sandbox.quickbooks.refusals import Refusal, gateway
from mlc_sandbox.quickbooks.switches import SWITCHES
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, IntuitTokens
from mlc_sandbox.quickbooks.webhooks import Notices
from mlc_sandbox.quickbooks.wire import Record
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.oauth import bearer
from mlc_sandbox.toolkit.replays import ReplayBook
from mlc_sandbox.toolkit.routing import Found, Route
from mlc_sandbox.toolkit.standin import Access, StandIn, UnknownChange

MODULES: Final = (calls, calls_reading, calls_batch, calls_files, calls_oauth)
_SHORTEST, _LONGEST = 20, 4096


class QuickBooksStandIn(StandIn):
    """QuickBooks Online as the fact sheet tells it; what it leaves open is a switch."""

    name: ClassVar[str] = "quickbooks"
    title: ClassVar[str] = "QuickBooks Online"
    SWITCHES: ClassVar[dict[str, Any]] = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(*MODULES)
        self.limits = dict(LIMITS)
        self.books = Books(self.store, self.clock, self.switches)
        self.tokens = IntuitTokens(self.clock, self.switches)
        self.refreshing = Refreshing()
        self.consents: list[Asked] = []
        self.meters: Meters = Meters(self)
        self.notices: Notices = Notices(self)
        self.files: dict[tuple[str, str], bytes] = {}
        self.realm_id = ""
        self._remembered: tuple[str, float] | None = None
        self._remember()
        seed.found_all(self, company)
        self.books.listeners.append(self.notices.happened)

    def _remember(self) -> None:
        """A memory of request ids by the switches as they stand; one that differs in nothing is kept."""
        told = (self.switches["requestid_other_body"], float(self.switches["requestid_s"]))
        if told != self._remembered:
            refuse = self._other_body if told[0] == "refuse" else None
            self.replays = ReplayBook(self, valid_s=told[1], refuse=refuse)
            self._remembered = told

    def _other_body(self, key: str) -> Response:
        said = f"The request id {key.partition(':')[2]} was used for another request"
        return Refusal("600", said).response(self.clock.now())

    def access(self) -> Access:
        """The first company, and the credentials that the stand-in starts with."""
        secrets = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        return Access({"realm_id": self.realm_id}, secrets)

    def view(self, request: Request, realm: str, kind: str, record: Record) -> Record:
        """An object as answers carry it."""
        if kind == "Attachable" and (realm, record["Id"]) in self.files:
            links = {"FileAccessUri": f"/v3/company/{realm}/download/{record['Id']}"}
            return {**record, **links, "TempDownloadUri": calls_files.temporary(self, request, realm, record["Id"])}
        return writing.shown(self.books, realm, kind, record)

    # --- requests --------------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """Answers one request: a Refusal becomes a Fault, every reply has its ``intuit_tid``."""
        try:
            response = super().respond(request)
        except Refusal as refusal:
            response = refusal.response(self.clock.now())
        if realm_of(request):
            self.meters.answered(request, response)
            response = self._in_xml(request, response)
        tid = f"1-{int(self.clock.now().timestamp()):08x}-{request.number:024x}"
        return Response(response.status, response.body, {**response.headers, "intuit_tid": tid})

    def _in_xml(self, request: Request, response: Response) -> Response:
        """Who does not ask for JSON gets XML, which no client of ours reads."""
        kind = response.headers.get("content-type", "")
        if not self.switches["xml_without_accept"] or "json" not in kind or response.status in (401, 403, 429):
            return response
        if "json" in request.headers.get("accept", ""):
            return response
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        space = "http://schema.intuit.com/finance/v3"
        body = f'{head}<IntuitResponse xmlns="{space}" time="{self.clock.now().isoformat()}"/>'
        return Response(response.status, body.encode(), {"content-type": "application/xml"})

    def arrived(self, request: Request) -> None:
        """In flight until its reply leaves."""
        self.refreshing.arrived(request)
        self.meters.arrived(request)

    def left(self, request: Request) -> None:
        """Its reply leaves."""
        self.refreshing.left(request)
        self.meters.left(request)

    def admit(self, request: Request, route: Route | None) -> None:
        """Token, company, throttles, in the gateway's order. The token server and files need no token."""
        if not request.path.startswith("/v3/"):
            return
        fault = self.faults.active(Kind.TOKEN_REVOKED, request)
        if fault is not None:
            for chain in self.tokens.all():
                self.tokens.end_access(chain)
                if isinstance(fault.body, dict) and fault.body.get("refresh"):
                    self.tokens.kill(chain)
        realm = realm_of(request)
        self._authenticate(request, realm)
        self.meters.take(request, realm)

    def _authenticate(self, request: Request, realm: str) -> None:
        now, token = self.clock.now(), bearer(request) or ""
        grant = self.tokens.good(token)
        if grant is None:
            detail = "Token expired" if self.tokens.known(token) else "Invalid bearer token"
            if not _SHORTEST <= len(token) <= _LONGEST:
                detail = "Malformed bearer token: too short or too long"
            raise Refused(gateway(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION", now))
        asked = self.switches["environment"] == self.environment(request)
        if grant.subject != realm or realm not in self.books.realms or not asked:
            detail = f"ApplicationAuthorizationFailed: realm {realm}"
            raise Refused(gateway(403, "3100", "ApplicationAuthorizationFailed", detail, "AUTHORIZATION", now))
        if not self.books.realms[realm].administered:
            detail = "The user who connected the company is no longer its administrator"
            raise Refused(gateway(401, "120", "AuthorizationFailure", detail, "AUTHORIZATION", now))

    def environment(self, request: Request) -> str:
        """Which of the two API hosts was called; a stand-in has one, and takes it for the right one."""
        host = request.headers.get("host", "")
        for name, start in (("sandbox", "sandbox-quickbooks."), ("production", "quickbooks.")):
            if host.startswith(start):
                return name
        return str(self.switches["environment"])

    def no_such_path(self, request: Request) -> Response:
        """A path that the API does not have."""
        if request.path.startswith("/v3/"):
            raise Refusal("500", "Unsupported Operation", status=404)
        return json_response(404, {"error": "not_found"})

    def wrong_method(self, request: Request, found: Found) -> Response:
        """A path that the API has, with another method."""
        raise Refusal("500", f"Operation {request.method} is not supported.")

    # --- people, seeds, switches -----------------------------------------------------------------------------------

    def switches_changed(self) -> None:
        """The memory of request ids follows its switches."""
        self._remember()

    def limits_changed(self) -> None:
        """Windows start anew."""
        self.meters.reset()

    def seed(self, company: Any, part: str = "all") -> None:
        """Start anew with a company."""
        if not isinstance(company, Company) or part != "all":
            raise UnknownChange("only a whole company can be seeded")
        seed.found_all(self, company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a person does on a screen of QuickBooks, or of the developer portal."""
        try:
            return desk.change(self, type, change)
        except Refusal as refusal:
            raise UnknownChange(f"{self.title} refuses: {refusal}") from refusal
        except KeyError as missing:
            raise UnknownChange(f"the change on {type} needs {missing}") from missing
