"""The Zoho CRM stand-in: accounts server and CRM API of one organisation under one root."""

from __future__ import annotations

from typing import Any, ClassVar

from mlc_sandbox.company import Company
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import Found, Route
from mlc_sandbox.toolkit.standin import Access, UnknownChange
from mlc_sandbox.toolkit.views import shrunk_for
from mlc_sandbox.zoho import accounts
from mlc_sandbox.zoho.accounts import ZohoStandIn
from mlc_sandbox.zoho.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, AccountsTokens
from mlc_sandbox.zoho_crm import calls_records, calls_search, calls_settings, calls_watch, desk, seed
from mlc_sandbox.zoho_crm.calls import BASE, NEED_MARK
from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record
from mlc_sandbox.zoho_crm.limits import Meter
from mlc_sandbox.zoho_crm.lists import PageToken
from mlc_sandbox.zoho_crm.notifying import Notifier
from mlc_sandbox.zoho_crm.refusals import (
    Refusal,
    RowRefused,
    invalid_token,
    no_permission,
    no_token,
    too_many,
    wrong_scope,
)
from mlc_sandbox.zoho_crm.scopes import EVERYTHING, allows
from mlc_sandbox.zoho_crm.switches import SWITCHES

MODULES = (calls_records, calls_search, calls_settings, calls_watch, accounts)


class ZohoCrmStandIn(ZohoStandIn):
    """Zoho CRM v8 as the fact sheet tells it; what it leaves open is a switch."""

    name: ClassVar[str] = "zoho-crm"
    title: ClassVar[str] = "Zoho CRM"
    SWITCHES: ClassVar[dict[str, Any]] = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(*MODULES)
        self.tokens = AccountsTokens(
            self.clock,
            self.switches,
            granted=EVERYTHING,
            topic=self.name,
            throttled=lambda: self.limits_enabled,
        )
        self.meter = Meter(self.switches)
        self.limits = self.meter.limits
        self.page_tokens: dict[str, PageToken] = {}
        self.org_id, self.zgid = "5725767000000020001", "700009876"
        self.company_name = company.name if company is not None else "Harbour Paper Ltd"
        self.crm = Crm(self.store, self.clock, self.switches)
        self.notifier = Notifier(self)
        self.webhooks = self.notifier.sender
        seed.found(self, company)
        self.crm.on_saved = self._saved

    def access(self) -> Access:
        """The credentials that every stand-in of CRM accepts."""
        secrets = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        return Access({}, secrets)

    # --- a request -------------------------------------------------------------------------------------------------

    def arrived(self, request: Request) -> None:
        heavy = request.path == f"{BASE}/coql" or "cvid" in request.query or "sort_by" in request.query
        heavy = heavy or (request.is_write and len(request.body) > int(self.switches["heavy_write_bytes"]))
        self.meter.begin(request.number, heavy=heavy)

    def left(self, request: Request) -> None:
        self.meter.end(request.number)

    def respond(self, request: Request) -> Response:
        """Answers one request; what a handler raises becomes the vendor's envelope, what it changed is told."""
        try:
            response = super().respond(request)
        except Refusal as refusal:
            response = json_response(refusal.status, refusal.body())
        finally:
            self.notifier.flush()
        if self.limits_enabled and request.path.startswith(BASE):
            response.headers.update(self.meter.headers(self.clock.now()))
        return response

    def admit(self, request: Request, route: Route | None) -> None:
        """Token, scope, limits, in the vendor's order."""
        if not request.path.startswith(BASE):
            return
        fault = self.faults.active(Kind.TOKEN_REVOKED, request)
        if fault is not None:
            self.tokens.revoke_all(refresh=isinstance(fault.body, dict) and bool(fault.body.get("refresh")))
        scopes = self._scopes(request)
        if route is None:
            return
        service, operation, cost = getattr(route.handler, NEED_MARK)
        module = request.path.removeprefix(f"{BASE}/").split("/")[0]
        if not allows(scopes, service, operation, module):
            raise wrong_scope()
        shrunk = shrunk_for(self, request)
        if shrunk is not None and shrunk.status == 403:
            raise no_permission("Crm_Implied_Api_Access")
        if self.faults.active(Kind.RATE_LIMIT, request) is not None:
            raise too_many("You have reached the maximum number of concurrent requests. Please try again later.")
        if self.limits_enabled:
            self.meter.check_at_once(request.number)
        if cost:
            self.spend(cost)

    def spend(self, cost: int) -> None:
        """Spend credits for the request in hand. Raises Refusal when they are used up."""
        if self.limits_enabled:
            self.meter.spend(self.clock.now(), cost)

    def spend_rows(self, rows: int) -> None:
        """Spend what a write of so many rows costs."""
        per = int(self.switches["insert_rows_per_credit"])
        self.spend(-(-rows // per) if per else 1)

    def _scopes(self, request: Request) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("zoho-oauthtoken", "bearer"):
            raise no_token()
        grant = self.tokens.good(token.strip())
        if grant is None:
            raise invalid_token()
        return frozenset(grant.claims["scopes"])

    def no_such_path(self, request: Request) -> Response:
        """CRM has an envelope for it; the accounts server a page."""
        if not request.path.startswith(BASE):
            return Response(404, b"<h1>Not Found</h1>", {"content-type": "text/html"})
        message = "Please check if the URL trying to access is a correct one"
        return json_response(404, Refusal("INVALID_URL_PATTERN", message, 404).body())

    def wrong_method(self, request: Request, found: Found) -> Response:
        """A path that exists, called with a method it does not take."""
        message = "The http request method type is not a valid one"
        return json_response(400, Refusal("INVALID_REQUEST_METHOD", message).body())

    # --- what follows from a change --------------------------------------------------------------------------------

    def _saved(self, module: str, key: str, before: Record | None, after: Record | None, cause: Cause) -> None:
        """Tell of it, and let the customer's own automation run where the write did not forbid it."""
        self.notifier.saved(module, key, before, after, cause)
        if after is None or not cause.get("workflows"):
            return
        for one in self.store.all("workflows"):
            if one["module"] == module:
                told = {"kind": "workflow", "workflow": one["id"]}
                self.crm.save(self.crm.modules[module], {**(self.crm.get(module, key) or after), **one["set"]}, told)

    def switches_changed(self) -> None:
        """Another edition brings other limits."""
        self.meter.bought()

    # --- people and seeds ------------------------------------------------------------------------------------------

    def seed(self, company: Any, part: str = "all") -> None:
        """Starts the organisation anew with what a company's people have typed."""
        if not isinstance(company, Company) or part != "all":
            raise UnknownChange("only a whole company can be seeded")
        seed.found(self, company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a person does on a screen of CRM."""
        try:
            return desk.change(self, type, change)
        except (Refusal, RowRefused) as refusal:
            raise UnknownChange(f"{refusal.code}: {refusal.message} {refusal.details}") from refusal
        except KeyError as missing:
            raise UnknownChange(f"the change on {type} needs {missing}") from missing
        finally:
            self.notifier.flush()
