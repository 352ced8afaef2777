"""The BILL stand-in: AP/AR v3, Spend & Expense and webhooks of several organisations under one root."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar, Final

from mlc_sandbox.bill import (
    calls_bills,
    calls_classifications,
    calls_events,
    calls_login,
    calls_payables,
    calls_receivables,
    calls_spend,
    calls_vendors,
    desk,
    seed,
)
from mlc_sandbox.bill.admission import OPEN, Caller, caller_of
from mlc_sandbox.bill.calls_spend import UPLOADS, Upload
from mlc_sandbox.bill.logins import DEVELOPER_KEY, SPEND_TOKEN, SYNC_NAME, SYNC_VALUE, Logins
from mlc_sandbox.bill.quotas import LIMITS, Quotas
from mlc_sandbox.bill.refusals import Refusal, refused
from mlc_sandbox.bill.registers import Registers
from mlc_sandbox.bill.subscriptions import Events
from mlc_sandbox.bill.switches import SWITCHES
from mlc_sandbox.company import Company
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.toolkit.replays import ReplayBook
from mlc_sandbox.toolkit.routing import Found, Route
from mlc_sandbox.toolkit.standin import Access, StandIn, UnknownChange

MODULES: Final = (
    calls_login,
    calls_vendors,
    calls_bills,
    calls_payables,
    calls_classifications,
    calls_receivables,
    calls_spend,
    calls_events,
)
_REMEMBERED: Final = 32


class BillStandIn(StandIn):
    """BILL as the fact sheet tells it; what it leaves open is a switch."""

    name: ClassVar[str] = "bill"
    title: ClassVar[str] = "BILL"
    SWITCHES: ClassVar[dict[str, Any]] = SWITCHES

    def __init__(self, *, clock: Clock | None = None, company: Company | None = None) -> None:
        super().__init__(clock=clock, company=company)
        self.router.collect(*MODULES)
        self.limits = dict(LIMITS)
        self.registers: Registers = Registers(self.store, self.clock, self.switches)
        self.logins = Logins(self.clock, self.switches)
        self.quotas = Quotas(self)
        self.events = Events(self)
        self.replays = ReplayBook(self, refuse=None)
        self.uploads: dict[str, Upload] = {}
        self.caller = Caller("", "")
        self.organization_id = ""
        self._answers: OrderedDict[Any, tuple[int, list[str]]] = OrderedDict()
        self.registers.listeners.append(self.events.saved)
        seed.found_all(self, company)

    @property
    def org(self) -> str:
        """The organisation that the request under way speaks for."""
        return self.caller.organization_id

    def access(self) -> Access:
        """The first organisation, reached with the sync token that every stand-in of BILL accepts."""
        secrets = {"dev_key": DEVELOPER_KEY, "username": SYNC_NAME, "password": SYNC_VALUE, "api_token": SPEND_TOKEN}
        return Access({"organization_id": self.organization_id}, secrets)

    def approver_of(self, org: str) -> str:
        """The person of an organisation who does what is done on its screens."""
        return str(self.registers.all("users", org)[0]["id"])

    def respond(self, request: Request) -> Response:
        """Answers one request; what a handler raises as Refusal becomes the vendor's array."""
        self.caller = Caller("", "")
        try:
            return super().respond(request)
        except Refusal as refusal:
            return refusal.response(self.clock.now())

    def arrived(self, request: Request) -> None:
        """In flight until its reply leaves."""
        self.quotas.arrived(request)

    def left(self, request: Request) -> None:
        """Its reply leaves."""
        self.quotas.left(request)

    def admit(self, request: Request, route: Route | None) -> None:
        """Credentials, then what they may use, in the vendor's order. Login has a budget of its own."""
        if request.path in OPEN:
            self.quotas.take(request, self._login_key(request))
            return
        if request.path.startswith(UPLOADS):
            return
        self.caller = caller_of(self, request)
        session = self.caller.session
        self.quotas.take(request, session.developer_key if session is not None else "")

    def _login_key(self, request: Request) -> str:
        try:
            sent = request.json()
        except ValueError:
            return ""
        return str(sent.get("devKey", "")) if isinstance(sent, dict) else ""

    def no_such_path(self, request: Request) -> Response:
        """A path that the API does not have."""
        raise refused(404, "BDC_1121")

    def wrong_method(self, request: Request, found: Found) -> Response:
        """A path that the API has, with another method."""
        raise refused(404, "BDC_1121")

    def remembered(self, kind: str, question: Any, answer: Callable[[], list[str]]) -> list[str]:
        """The ids that answer a list's question, kept until something of that kind changes: paging is one slice."""
        version = self.registers.versions.get(kind, 0)
        kept = self._answers.get(question)
        if kept is None or kept[0] != version or self.faults.all():
            kept = self._answers[question] = (version, answer())
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return kept[1]

    def switches_changed(self) -> None:
        """What was remembered may be wrong now."""
        self._answers.clear()

    def seed(self, company: Any, part: str = "all") -> None:
        """Start anew with a company."""
        if not isinstance(company, Company) or part != "all":
            raise UnknownChange("only a whole company can be seeded")
        for kind in list(self.store.types()):
            for id in self.store.ids(kind):
                self.store.remove(kind, id, {"kind": "seed"})
        seed.found_all(self, company)

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        """What a person does on a screen of BILL."""
        try:
            return desk.change(self, type, change)
        except Refusal as refusal:
            raise UnknownChange(f"{self.title} refuses: {refusal}") from refusal
        except KeyError as missing:
            raise UnknownChange(f"the change on {type} needs {missing}") from missing
