"""The stand-in: one tenant with its data, indexes and routes; further tenants under a path prefix."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import (
    auth,
    bills,
    files,
    forms,
    lines,
    masterdata,
    orders,
    payments,
    receipts,
    screens,
    vendors,
)
from mlc_sandbox.procurify.switches import SWITCHES
from mlc_sandbox.procurify.values import Wire, person
from mlc_sandbox.toolkit import control
from mlc_sandbox.toolkit.clock import Clock, wire_time
from mlc_sandbox.toolkit.fragments import Fragments
from mlc_sandbox.toolkit.http import Request, Response, redirect
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.index import GroupIndex, SortedIndex
from mlc_sandbox.toolkit.limits import Window
from mlc_sandbox.toolkit.routing import Route, Router
from mlc_sandbox.toolkit.standin import Access, StandIn
from mlc_sandbox.toolkit.store import Obj
from mlc_sandbox.toolkit.tokenserver import TokenServer

if TYPE_CHECKING:
    from mlc_sandbox.company import Company

_MODULES = (auth, bills, lines, orders, vendors, payments, receipts, masterdata, files)
_LINK = re.compile(rb'"file":"(/media/[^"]*)"')
_OWN = frozenset({"api", "oauth", "media", "_sandbox", ""})
_PER_MINUTE = 600


class ProcurifyStandIn(StandIn):
    """Procurify. Stored objects have the detail form; lists, nested vendors and rates are made when sent."""

    name = "procurify"
    title = "Procurify"
    SWITCHES = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None, tenant: str = "demo") -> None:
        super().__init__(clock=clock, company=company)
        self.tenant = tenant
        self.tenants: dict[str, ProcurifyStandIn] = {}
        self.owner_email = f"integration@{tenant}.example"
        self.tokens = TokenServer(self.clock, clients={"demo-client": "demo-secret"}, rules=lambda: auth.RULES)
        self.limits = {"per_minute": _PER_MINUTE}
        self.window = Window(_PER_MINUTE, 60.0)
        self.files: dict[str, bytes] = {}
        self.file_types: dict[str, str] = {}
        self.marked_paid: dict[str, str] = {}
        self._numbers = Sequences()
        self._index()
        self.router = Router().collect(*_MODULES)
        if company is not None:
            self.seed(company)

    def _index(self) -> None:
        store = self.store
        self.revisions: Counter[str] = Counter()
        self.results: dict[tuple[str, str], tuple[int, Any]] = {}
        self.bills_by_modified = SortedIndex(store, "bills", key=lambda b: b["last_modified_datetime"])
        self.bills_by_id = SortedIndex(store, "bills", key=lambda b: b["id"])
        self.bill_ids: dict[str, int] = {}
        self.bill_totals: dict[str, Decimal] = {}
        self.bill_currencies: dict[str, int] = {}
        self.bills_by_number = GroupIndex(store, "bills", key=lambda b: b["id"])
        self.bills_by_vendor = GroupIndex(store, "bills", key=lambda b: b["vendor"]["id"])
        self.bills_by_group = GroupIndex(store, "bills", key=lambda b: b["group"])
        self.orders_by_modified = SortedIndex(store, "purchase_orders", key=lambda o: o["last_modified"])
        self.orders_by_uuid = GroupIndex(store, "purchase_orders", key=lambda o: o["uuid"])
        self.orders_by_vendor = GroupIndex(store, "purchase_orders", key=lambda o: o["pref_vendor"]["id"])
        self.orders_by_status = GroupIndex(store, "purchase_orders", key=forms.order_status)
        self.accounts_by_parts = GroupIndex(
            store, "accounts", key=lambda a: (a["account_code"]["id"], a["department"]["id"])
        )
        self.payments_by_modified = SortedIndex(store, "payments", key=lambda p: p["updated_at"])
        self.receipts_by_line = GroupIndex(store, "receipt_items", key=lambda r: r["order_item"])
        self.bill_bytes = Fragments(store, "bills", form=lambda b: forms.bill_form(self, b))
        self.bill_rows = Fragments(store, "bills", form=lambda b: forms.simple_bill(self, b))
        self.order_bytes = Fragments(store, "purchase_orders", form=lambda o: forms.order_form(self, o))
        self.order_rows = Fragments(store, "purchase_orders", form=lambda o: forms.order_row(self, o))
        self.vendor_bytes = Fragments(store, "vendors")
        self.payment_bytes = Fragments(store, "payments")
        store.listen(self._changed)

    def _changed(self, type: str, id: str, before: Obj | None, after: Obj | None) -> None:
        self.revisions[type] += 1
        if type == "bills" and after is not None:
            self.bill_ids[id] = after["id"]
            self.bill_totals[id] = after["total_cost_with_tax"]
            self.bill_currencies[id] = after["currency"]["id"]
        elif type == "vendors" and before is not None:
            for fragments in (self.bill_bytes, self.bill_rows):
                fragments.forget(self.bills_by_vendor.ids(int(id)))
            for fragments in (self.order_bytes, self.order_rows):
                fragments.forget(self.orders_by_vendor.ids(int(id)))
        elif type in ("currencies", "account_codes", "departments") and before is not None:
            self.switches_changed()

    def switches_changed(self) -> None:
        """Encode everything again: switches decide about forms."""
        for fragments in (self.bill_bytes, self.bill_rows, self.order_bytes, self.order_rows):
            fragments.clear()

    def limits_changed(self) -> None:
        """Take over a new quota."""
        self.window = Window(int(self.limits["per_minute"]), 60.0)

    def access(self) -> Access:
        """The tenant and an application of it."""
        client, secret = next(iter(self.tokens.clients.items()))
        return Access({"subdomain": self.tenant}, {"client_id": client, "client_secret": secret})

    # --- requests --------------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        """Answer a request of this tenant, or of the one whose name leads the path."""
        first, _, rest = request.path[1:].partition("/")
        if first not in _OWN and first in self.tenants:
            request.path, request.root = "/" + rest, "/" + first
            tenant = self.tenants[first]
            if request.path.startswith(control.PREFIX):
                return control.answer(tenant, request)
            return tenant.respond(request)
        if not request.path.endswith("/"):
            found = self.router.find(request.method, request.path)
            longer = self.router.find(request.method, request.path + "/") if found is None else None
            if longer is not None:
                return self._without_slash(request)
        response = super().respond(request)
        response.headers["x-request-id"] = f"{self.tenant}-{request.number:08d}"
        return response

    def _without_slash(self, request: Request) -> Response:
        request.template = request.path
        if request.is_write and self.switches["no_slash_write"] != 301:
            return auth.detail(404, "Not found.")
        query = f"?{request.query.raw}" if request.query.raw else ""
        return redirect(301, f"{request.root}{request.path}/{query}")

    def admit(self, request: Request, route: Route | None) -> None:
        """Headers, token, quota, permission."""
        auth.admit(self, request)

    def with_links(self, request: Request, body: bytes) -> bytes:
        """Make the stored file paths of a reply absolute."""
        if b'"file":"/media/' not in body:
            return body
        root = request.base_url.encode()
        life = int(self.switches["attachment_url_life_s"])
        end = f"?expires={int(self.clock.now().timestamp()) + life}".encode() if life else b""
        return _LINK.sub(rb'"file":"' + root + rb"\1" + end + b'"', body)

    # --- data ------------------------------------------------------------------------------------------------------

    def number(self, kind: str, *, at_least: int = 0) -> int:
        """The next number of a sequence; ``at_least`` moves it past numbers that came from elsewhere."""
        return self._numbers.used(kind, at_least) if at_least else self._numbers.next(kind)

    def stamp(self) -> str:
        """Now by the stand-in's clock, never the same twice."""
        return wire_time(self.clock.stamp())

    def user(self, id: int = 1) -> Wire:
        """One of the tenant's people: 1 clerk, 2 approver, 3 the integration's own user."""
        first, last = {1: ("Ada", "Clerk"), 2: ("Ben", "Approver")}.get(id, ("Api", "Integration"))
        return person(id, first, last, domain=f"{self.tenant}.example")

    def base_units(self, currency_id: Any) -> Decimal:
        """Units of the base currency for one unit of a currency, at today's rate."""
        return Decimal(1) / Decimal((self.store.get("currencies", currency_id) or {"rate": "1"})["rate"])

    def timezone_of(self, bill: Wire) -> str:
        """The zone of the location that a bill's first allocation belongs to."""
        for line in bill["items"]:
            for part in line["cost_allocations"]:
                branch = part["budget"]["department"]["branch"]["id"]
                zone: str = (self.store.get("locations", branch) or {}).get("locationTimezone") or "UTC"
                return zone
        return "UTC"

    def seed(self, company: Company, part: str = "all") -> None:
        """Fill with the procurement side of a company."""
        from mlc_sandbox.procurify.seed import seed

        seed(self, company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a user does on Procurify's own screens; see ``screens``."""
        return screens.change(self, type, dict(change))
