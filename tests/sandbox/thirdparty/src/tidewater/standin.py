"""Tidewater Books, invented: suppliers behind OAuth, with pages, ETags, a quota and signed webhooks."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.company import Company
from mlc_sandbox.toolkit.clock import Clock, wire_time
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.index import GroupIndex, SortedIndex
from mlc_sandbox.toolkit.limits import Quota, Window, take_quota
from mlc_sandbox.toolkit.locking import etag_of, require_etag
from mlc_sandbox.toolkit.oauth import bearer
from mlc_sandbox.toolkit.paging import by_page, next_link
from mlc_sandbox.toolkit.routing import Route, route
from mlc_sandbox.toolkit.standin import Access, StandIn, UnknownChange
from mlc_sandbox.toolkit.tokencalls import answer_consent, answer_token, unauthorised
from mlc_sandbox.toolkit.tokenserver import TokenRules, TokenServer
from mlc_sandbox.toolkit.views import hidden, kept_of, seen, visible
from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender, signed
from mlc_sandbox.toolkit.wirejson import dumps

FIELDS = ("name", "currency", "website", "active")


def too_many(request: Request, wait_s: float) -> Response:
    """Tidewater's own words for a full quota."""
    seconds = max(1, round(wait_s))
    return json_response(429, {"fault": "tide_is_high", "wait": seconds}, {"retry-after": str(seconds)})


def refused(status: int, fault: str) -> Refused:
    """Tidewater's envelope for everything else that it refuses."""
    return Refused(json_response(status, {"fault": fault}))


class TidewaterStandIn(StandIn):
    """Access tokens live 15 minutes; every refresh rotates, and a spent refresh token is good for another 30 seconds."""

    name = "tidewater"
    title = "Tidewater Books"
    SWITCHES = {"names_are_unique": True, "webhook_url": ""}

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(TidewaterStandIn)
        self.limits = {"per_minute": 120}
        self.window = Window(120, 60.0)
        rules = TokenRules(access_life_s=900.0, rotates=True, grace_s=30.0)
        self.tokens = TokenServer(self.clock, clients={"tide-app": "tide-secret"}, rules=lambda: rules)
        self.tokens.enter("tide-refresh", ("suppliers",))
        self.webhooks = WebhookSender(self, retries_s=(0.1, 0.3))
        self.numbers = Sequences(start=1000)
        self.by_change = SortedIndex(self.store, "suppliers", key=lambda row: row["changed"])
        self.by_name = GroupIndex(self.store, "suppliers", key=lambda row: row["name"].casefold())
        if company is not None:
            self.seed(company)

    def access(self) -> Access:
        secrets = {"client_id": "tide-app", "client_secret": "tide-secret", "refresh_token": "tide-refresh"}
        return Access(secrets=secrets)

    # --- who may call ----------------------------------------------------------------------------------------------

    def admit(self, request: Request, route: Route | None) -> None:
        """Token first, then quota, as the vendor has it."""
        if request.path.startswith("/oauth/"):
            return
        if self.faults.active(Kind.TOKEN_REVOKED, request):
            self.tokens.revoke_all()
        if self.tokens.good(bearer(request)) is None:
            raise unauthorised({"fault": "not_aboard"})
        take_quota(self, request, Quota(self.window, too_many))

    def limits_changed(self) -> None:
        self.window.limit = int(self.limits["per_minute"])

    @route("POST", "/oauth/token", kind="auth")
    def token(self, request: Request) -> Response:
        return answer_token(self.tokens, request)

    @route("GET", "/oauth/authorize", kind="auth")
    def authorize(self, request: Request) -> Response:
        return answer_consent(self.tokens, request)

    # --- suppliers -------------------------------------------------------------------------------------------------

    @route("GET", "/v1/suppliers")
    def list_suppliers(self, request: Request) -> Response:
        """Oldest change first; ``since`` is inclusive, ``name`` is exact but for its case."""
        named = request.query.get("name")
        ids = self.by_change.ids(low=request.query.get("since"))
        if named is not None:
            ids = self.by_name.ids(named.casefold())
        part = by_page(request, visible(self, request, "suppliers", ids), most=50, faults=self.faults)
        rows = [self.store.get("suppliers", id) for id in part.rows]
        body = {"items": rows, "total": part.total, "next": next_link(request, part), "now": wire_time(self.clock.now())}
        return json_response(200, body)

    @route("GET", "/v1/suppliers/{id}")
    def read_supplier(self, request: Request, id: str) -> Response:
        row = seen(self, request, "suppliers", id)
        if row is None or hidden(self, request, id):
            raise refused(404, "not_in_port")
        return json_response(200, row, {"etag": etag_of(row)})

    @route("POST", "/v1/suppliers")
    def create_supplier(self, request: Request) -> Response:
        row = self.saved(str(self.numbers.next("suppliers")), {"active": True}, self.body(request), request.cause())
        return json_response(201, row, {"etag": etag_of(row)})

    @route("PATCH", "/v1/suppliers/{id}")
    def change_supplier(self, request: Request, id: str) -> Response:
        old = self.store.get("suppliers", id)
        if old is None:
            raise refused(404, "not_in_port")
        require_etag(request, etag_of(old))
        row = self.saved(id, old, self.body(request), request.cause())
        return json_response(200, row, {"etag": etag_of(row)})

    def body(self, request: Request) -> dict[str, Any]:
        """A JSON object of known fields. Tidewater refuses what it does not know."""
        try:
            sent = request.json()
        except ValueError:
            raise refused(400, "no_json") from None
        if not isinstance(sent, dict) or set(sent) - set(FIELDS):
            raise refused(400, "unknown_cargo")
        return kept_of(self, request, sent)

    def saved(self, id: str, old: dict[str, Any], changes: dict[str, Any], cause: dict[str, Any]) -> dict[str, Any]:
        """Check, store, tell. Every check comes before the store is touched."""
        row = {**old, **changes, "id": id}
        if not row.get("name"):
            raise refused(422, "nameless")
        others = [other for other in self.by_name.ids(row["name"].casefold()) if other != id]
        if others and self.switches["names_are_unique"]:
            raise refused(409, "name_taken")
        row["changed"] = wire_time(self.clock.stamp())
        self.store.put("suppliers", id, row, cause)
        if self.switches["webhook_url"]:
            body = dumps({"event": "supplier.changed", "supplier": row})
            headers = signed("X-Tide-Signature", "hook-secret", body, prefix="sha256=")
            self.webhooks.send(Hook(self.switches["webhook_url"], body, headers))
        return row

    # --- people and seeds ------------------------------------------------------------------------------------------

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        if type != "suppliers":
            raise UnknownChange(f"Tidewater has no screen for {type}")
        id = str(change.pop("id", None) or self.numbers.next("suppliers"))
        try:
            return self.saved(id, self.store.get("suppliers", id) or {"active": True}, change, {"kind": "ui"})
        except Refused as no:
            raise UnknownChange(no.response.body.decode()) from no

    def seed(self, company: Company, part: str = "all") -> None:
        for vendor in company.vendors:
            row = {"name": vendor.name, "currency": vendor.currency, "website": vendor.website, "active": vendor.active}
            others = self.by_name.ids(vendor.name.casefold())
            if not others:
                self.saved(str(self.numbers.next("suppliers")), {}, row, {"kind": "seed"})
