"""The Basware stand-in: one tenant with several company codes, its API layer and the P2P behind it."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import uuid4

from mlc_sandbox.basware import (
    access,
    calls_exports,
    calls_extracts,
    calls_invoices,
    calls_network,
    calls_posted,
    calls_pushes,
    calls_requests,
    desk,
    lists,
    orders,
    seed,
)
from mlc_sandbox.basware.access import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER
from mlc_sandbox.basware.distribution import Distribution
from mlc_sandbox.basware.extracts import Extracts
from mlc_sandbox.basware.invoices import DOCUMENTS
from mlc_sandbox.basware.lists import Place, Presigned
from mlc_sandbox.basware.p2p import P2P
from mlc_sandbox.basware.pushes import Pushes
from mlc_sandbox.basware.refusals import Refusal, empty, refused
from mlc_sandbox.basware.switches import SWITCHES
from mlc_sandbox.basware.wire import make_uuid
from mlc_sandbox.company import Company
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.index import GroupIndex
from mlc_sandbox.toolkit.limits import Window
from mlc_sandbox.toolkit.routing import Found, Route
from mlc_sandbox.toolkit.standin import Access, StandIn, UnknownChange
from mlc_sandbox.toolkit.store import Obj
from mlc_sandbox.toolkit.tokenserver import TokenRules, TokenServer

MODULES: Final = (
    access, calls_exports, calls_extracts, calls_invoices, calls_network, calls_pushes, calls_requests, lists,
)  # fmt: skip
REQUEST_ID: Final = "x-amzn-RequestId"


class BaswareStandIn(StandIn):
    """Basware as the fact sheet tells it; what it leaves open is a switch."""

    name: ClassVar[str] = "basware"
    title: ClassVar[str] = "Basware"
    SWITCHES: ClassVar[dict[str, Any]] = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(*MODULES)
        calls_posted.add_routes(self.router)
        calls_invoices.add_routes(self.router)
        self.limits = {"per_minute": 1200}
        self.window = Window(1200, 60.0)
        self.nonce = uuid4().hex
        self.issuer, self.tenant = "https://test-api.basware.com", "020779-TEST1"
        self.tokens = TokenServer(
            self.clock,
            clients={CLIENT_ID: CLIENT_SECRET},
            rules=lambda: TokenRules(access_life_s=float(self.switches["token_life_s"])),
        )
        self.client_scopes: dict[str, frozenset[str]] = {}
        self.logins = {USER: PASSWORD}
        self.caller = ""
        self.request_id = ""
        self.numbers = Sequences()
        self.order: dict[tuple[str, str], int] = {}
        """(type, id) → its place in the order of creation, by which lists are paged."""
        self.places: dict[str, Place] = {}
        self.presigned: dict[str, Presigned] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.store.listen(self._placed)
        self.by_status = GroupIndex(self.store, DOCUMENTS, key=lambda row: row["processingStatus"])
        self.headers = GroupIndex(self.store, orders.HEADERS, key=orders.identity)
        self.pushes = Pushes(self)
        self.distribution = Distribution(self)
        self.p2p = P2P(self)
        self.extracts = Extracts(self)
        seed.found(self, company)

    def _placed(self, type: str, id: str, before: Obj | None, after: Obj | None) -> None:
        if before is None:
            self.order[type, id] = self.numbers.next("places")
        elif after is None:
            self.order.pop((type, id), None)

    def next_id(self, kind: str) -> str:
        """An id that was never used before."""
        return make_uuid(f"{self.tenant}:{kind}", self.numbers.next(kind))

    def units_of(self, company: str) -> set[str]:
        """The organisation elements of a company; the company itself is one."""
        rows = self.store.all("organizationElements")
        return {company, *(one["code"] for one in rows if one["companyCode"] == company)}

    def access(self) -> Access:
        """The client of the demo, which may ask for every scope."""
        settings = {"source_system": "LEDGER-1", "company_codes": ["1000"]}
        return Access(secrets={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}, settings=settings)

    def respond(self, request: Request) -> Response:
        """Answer one request, after what is due has reached P2P. Every answer names its request."""
        self.distribution.settle()
        self.caller = ""
        self.request_id = make_uuid(f"{self.tenant}:request", request.number)
        try:
            response = super().respond(request)
        except Refusal as refusal:
            response = refusal.response(self.request_id)
        response.headers[REQUEST_ID] = self.request_id
        return response

    def carry_out_late(self) -> None:
        """What is due reaches P2P, too."""
        super().carry_out_late()
        self.distribution.settle()

    def admit(self, request: Request, route: Route | None) -> None:
        """Credentials, quota, scope."""
        access.admit(self, request, route)

    def limits_changed(self) -> None:
        """The quota of a minute."""
        self.window.limit = int(self.limits["per_minute"])

    def no_such_path(self, request: Request) -> Response:
        """A path that the API does not have."""
        raise empty(404)

    def wrong_method(self, request: Request, found: Found) -> Response:
        """A path that the API has, with another method."""
        raise refused(405, "METHOD_NOT_ALLOWED", f"Method {request.method} is not allowed.")

    def seed(self, company: Any, part: str = "all") -> None:
        """Start anew with a company."""
        if not isinstance(company, Company) or part != "all":
            raise UnknownChange("only a whole company can be seeded")
        for kind in list(self.store.types()):
            for id in self.store.ids(kind):
                self.store.remove(kind, id, {"kind": "seed"})
        self.distribution = Distribution(self)
        self.extracts = Extracts(self)
        seed.found(self, company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a person does on a screen of P2P."""
        self.distribution.settle()
        self.caller = "p2p-user"
        self.request_id = self.next_id("desk")
        try:
            return desk.change(self, type, change)
        except Refusal as refusal:
            raise UnknownChange(f"{self.title} refuses: {refusal}") from refusal
        except KeyError as missing:
            raise UnknownChange(f"the change on {type} needs {missing}") from missing
