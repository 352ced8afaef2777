"""The Zoho Books stand-in: accounts server and Books API of one organisation under one root."""

from __future__ import annotations

from typing import Any, ClassVar

from mlc_sandbox.company import Company
from mlc_sandbox.company.lists import UNIQUE_FIELD
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import Found, Route
from mlc_sandbox.toolkit.standin import Access, UnknownChange
from mlc_sandbox.zoho import accounts
from mlc_sandbox.zoho.accounts import ZohoStandIn
from mlc_sandbox.zoho.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, AccountsTokens
from mlc_sandbox.zoho_books import (
    calls_bills,
    calls_contacts,
    calls_orders,
    calls_payments,
    calls_sales,
    calls_settings,
    calls_webhooks,
    desk,
    seed,
)
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.calls import BASE, SCOPE_MARK
from mlc_sandbox.zoho_books.limits import BLOCKED, Meter, over_the_day
from mlc_sandbox.zoho_books.refusals import (
    BAD_URL,
    EXPIRED_TOKEN,
    PER_DAY,
    PER_MINUTE,
    WRONG_ORGANISATION,
    Refusal,
    unauthorised,
)
from mlc_sandbox.zoho_books.scopes import FULL_ACCESS, allows
from mlc_sandbox.zoho_books.switches import SWITCHES
from mlc_sandbox.zoho_books.webhooks import BooksWebhooks

ORGANISATION_FREE = f"{BASE}/organizations"
MODULES = (
    calls_bills,
    calls_contacts,
    calls_orders,
    calls_payments,
    calls_sales,
    calls_settings,
    calls_webhooks,
    accounts,
)


class ZohoBooksStandIn(ZohoStandIn):
    """Zoho Books v3 as the fact sheet tells it; what it leaves open is a switch."""

    name: ClassVar[str] = "zoho-books"
    title: ClassVar[str] = "Zoho Books"
    SWITCHES: ClassVar[dict[str, Any]] = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(*MODULES)
        self.books = Books(self.store, self.clock, self.switches)
        self.tokens = AccountsTokens(
            self.clock,
            self.switches,
            granted=(FULL_ACCESS,),
            topic=self.name,
            throttled=lambda: self.limits_enabled,
        )
        self.webhooks = BooksWebhooks(self)
        self.organization_id = ""
        self._found(company)
        self.books.on_saved = self.webhooks.saved

    def _found(self, company: Company | None) -> None:
        seed.found_organisation(self, company)
        organisation = self.books.require("organizations", self.organization_id)
        self.meter = Meter(plan=organisation["plan_name"], time_zone=organisation["time_zone"])
        self.limits = self.meter.limits
        if company is not None:
            seed.fill(self, company)

    def access(self) -> Access:
        """The organisation, its unique field, and the credentials that every stand-in of Books accepts."""
        unique = "on" if self.switches["unique_field"] else "off"
        settings = {"organization_id": self.organization_id, "unique_field": UNIQUE_FIELD, "unique_fields": unique}
        secrets = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        return Access(settings, secrets)

    def respond(self, request: Request) -> Response:
        """Answers one request; what a handler raises as Refusal becomes the vendor's error envelope."""
        try:
            response = super().respond(request)
        except Refusal as refusal:
            response = json_response(refusal.status, refusal.body())
        if self.limits_enabled and request.path.startswith(BASE):
            response.headers.update(self.meter.headers(self.clock.now(), self.switches))
        return response

    def admit(self, request: Request, route: Route | None) -> None:
        """Token, scope, organisation and limits, in the vendor's order."""
        if not request.path.startswith(BASE):
            return
        fault = self.faults.active("token_revoked", request)
        if fault is not None:
            self.tokens.revoke_all(refresh=isinstance(fault.body, dict) and bool(fault.body.get("refresh")))
        scopes = self._scopes(request)
        if route is not None and not allows(scopes, *getattr(route.handler, SCOPE_MARK)):
            raise unauthorised()
        if not request.path.startswith(ORGANISATION_FREE):
            self._check_organisation(request)
        self._check_limits(request)

    def _scopes(self, request: Request) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        access = self.tokens.access.find(token.strip())
        if access is None or access.revoked or scheme.lower() not in ("zoho-oauthtoken", "bearer"):
            raise unauthorised()
        if self.clock.now() >= access.expires_at:
            if self.switches["expired_token_code"] != EXPIRED_TOKEN:
                raise unauthorised()
            status = self.switches["expired_token_status"]
            raise Refusal(EXPIRED_TOKEN, "Invalid value passed for authtoken", status)
        return frozenset(access.claims["scopes"])

    def _check_organisation(self, request: Request) -> None:
        sent = request.query.get("organization_id") or ""
        if sent != self.organization_id:
            message = f"This user is not associated with the CompanyID/CompanyName:{sent}."
            raise Refusal(WRONG_ORGANISATION, message)

    def _check_limits(self, request: Request) -> None:
        fault = self.faults.active("rate_limit", request)
        if fault is not None:
            code = fault.body.get("code", PER_MINUTE) if isinstance(fault.body, dict) else PER_MINUTE
            raise Refusal(code, over_the_day(self.limits) if code == PER_DAY else BLOCKED, 429)
        if self.limits_enabled:
            self.meter.take(self.clock.now(), self.switches)

    def no_such_path(self, request: Request) -> Response:
        """Books has an envelope for it; the accounts server a page."""
        if not request.path.startswith(BASE):
            return Response(404, b"<h1>Not Found</h1>", {"content-type": "text/html"})
        return json_response(404, Refusal(BAD_URL, "Invalid URL Passed", 404).body())

    def wrong_method(self, request: Request, found: Found) -> Response:
        """A path that exists, called with a method it does not take."""
        code = self.switches["wrong_method_code"]
        return json_response(
            405, {"code": code, "message": "The HTTP method is not allowed for the requested resource"}
        )

    def seed(self, company: Any, part: str = "all") -> None:
        """Starts the books anew with what the company's accountants have typed."""
        if not isinstance(company, Company) or part != "all":
            raise UnknownChange("only a whole company can be seeded")
        self._found(company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a person does on a screen of Books."""
        try:
            return desk.change(self, type, change)
        except Refusal as refusal:
            raise UnknownChange(f"{refusal.code}: {refusal.message}") from refusal
        except KeyError as missing:
            raise UnknownChange(f"the change on {type} needs {missing}") from missing
