"""Say what became of each record of a seeded company, from the stand-ins and the reported holds alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import (
    Bill,
    BillStatus,
    Case,
    Company,
    LedgerDocument,
    Payment,
    PurchaseOrder,
    Stage,
)
from mlc_sandbox.company.composer import rounded
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT
from mlc_sandbox.scenarios.ledgerview import LedgerView, Record, decimal

CARRIED = frozenset(
    (
        BillStatus.APPROVED,
        BillStatus.PAID,
        BillStatus.PAYMENT_CONFIRMED,
        BillStatus.PAYMENT_APPROVED,
        BillStatus.PAYMENT_LIMBO,
    )
)
STAGES = tuple(Stage)
TYPED_FIELDS = ("vendor_id", "bill_number", "date", "due_date", "currency_code", "total", "notes")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case, what should have come of it and what did; ``expected`` is the accepted outcome nearest to ``got``."""

    name: str
    expected: str
    got: str

    @property
    def ok(self) -> bool:
        """Whether it came out as it should."""
        return self.expected == self.got


class Judge:
    """Knows one moment of a demo: the company, what the ledger shows, and which records are held."""

    def __init__(self, company: Company, view: LedgerView, holds: Iterable[Mapping[str, Any]], stage: Stage) -> None:
        self.company = company
        self.view = view
        self.stage = stage
        self._held: dict[tuple[str, str], str] = {
            (str(hold["object_type"]).replace("_", "").rstrip("s"), str(hold["source_id"])): str(hold["code"])
            for hold in holds
        }
        reached = set(STAGES[: STAGES.index(stage) + 1])
        self.changed = {key for case in company.cases if case.stage in reached for key in case.keys
                        if case.stage is not Stage.START}  # fmt: skip
        self.later = {
            record.key: record
            for records in (company.later_bills, company.later_orders, company.later_payments)
            for record in records
            if record.key in self.changed
        }
        self.typed: dict[str, list[LedgerDocument]] = defaultdict(list)
        for document in company.ledger_documents:
            if document.twin_of:
                self.typed[document.twin_of].append(document)

    def cases(self) -> list[Case]:
        """The cases that can be judged at this stage: of each record, only what is expected of it last."""
        place = STAGES.index(self.stage)
        shown = [case for case in self.company.cases if STAGES.index(case.stage) <= place]
        last: dict[str, int] = {}
        for case in shown:
            for key in case.keys:
                last[key] = max(last.get(key, 0), STAGES.index(case.stage))
        return [case for case in shown if all(last[key] == STAGES.index(case.stage) for key in case.keys)]

    def outcome(self, key: str) -> str:
        """What became of one record."""
        kind = key.partition(":")[0]
        if kind == "bill":
            record = self.later.get(key)
            return self.bill(record if isinstance(record, Bill) else self.company.bill(key))
        if kind == "order":
            return self.order(self.company.order(key))
        if kind == "payment":
            return self.payment(self.company.payment(key))
        return self.hold("vendor", self.company.vendor(key).id) or "unchanged"

    def hold(self, kind: str, *ids: object) -> str:
        """``held:<code>`` when the record waits under any of its ids, else an empty string."""
        kinds = {"bill": ("bill", "vendorcredit", "credit"), "order": ("purchaseorder", "order")}.get(kind, (kind,))
        codes = [self._held[name, str(id)] for name in kinds for id in ids if (name, str(id)) in self._held]
        return f"held:{codes[0]}" if codes else ""

    def contact_id(self, vendor: str) -> str:
        """Ledger id of the contact a vendor should reach, empty when there is none."""
        key = self.company.vendor(vendor).contact
        return self.company.contact(key).ledger_id if key else ""

    def documents(self, bill: Bill) -> list[tuple[str, str]]:
        """(type, id) of everything the connector created for a bill."""
        numbers = (bill.number or f"PF-BILL-{bill.id}",)
        contact = self.contact_id(bill.vendor)
        return [
            (type, key)
            for type in ("bills", "vendorcredits")
            for key in self.view.find(type, ids=(bill.uuid,), contact=contact, numbers=numbers)
        ]

    def bill(self, bill: Bill) -> str:
        """What became of a bill."""
        held = self.hold("bill", bill.uuid, bill.id)
        made = self.documents(bill)
        if len(made) > 1:
            return f"posted {len(made)} times"
        if held:
            return held
        if not made:
            return self._not_posted(bill)
        type, key = made[0]
        shown = self.view.objects[type].get(key)
        if shown is None:
            return "posted, then deleted"
        if shown.get("status") == "void":
            return "void"
        return self._as_posted(bill, type, key, shown)

    def _not_posted(self, bill: Bill) -> str:
        if bill.ledger_date < self.company.since:
            return "counted"
        if bill.status not in CARRIED or bill.bill_type != 0:
            return "not_carried"
        for document in self.typed[bill.key]:
            exact = (document.number, document.total, document.document_date) == (
                bill.number,
                abs(bill.total),
                bill.ledger_date,
            )
            shown = self.view.objects["bills"].get(document.ledger_id)
            if exact and shown is not None:
                typed = self.view.typed.get(("bills", document.ledger_id), shown)
                kept = all(shown.get(name) == typed.get(name) for name in TYPED_FIELDS)
                return "adopted" if kept else "adopted and written over"
        return "missing"

    def _as_posted(self, bill: Bill, type: str, key: str, shown: Record) -> str:
        if decimal(shown["total"]) != abs(bill.total):
            return f"posted with {decimal(shown['total'])} instead of {abs(bill.total)}"
        if shown.get("currency_code", bill.currency) != bill.currency:
            return f"posted in {shown['currency_code']} instead of {bill.currency}"
        if shown.get("status") in ("draft", "pending_approval"):
            return "posted as draft"
        name = "credit" if type == "vendorcredits" else "posted"
        if bill.key not in self.changed:
            if not self._accounts_fit(bill, shown):
                return f"{name} to other accounts"
            return name if self._amounts_fit(bill, shown) else f"{name} with other amounts per account"
        if bill.key in self.later:
            return self._after_change(bill, shown, name)
        typed = self.view.typed.get((type, key))
        if typed is None:
            return name
        return "unchanged" if _accounts(shown) == _accounts(typed) else "written over"

    def _after_change(self, bill: Bill, shown: Record, name: str) -> str:
        """Whether a bill that changed at the source, and was in the ledger before, shows its change there."""
        before = next((seeded for seeded in self.company.bills if seeded.key == bill.key), None)
        if before is None or before.status not in CARRIED or before.total != self._added_up(before):
            return name
        due = str(shown.get("due_date")) == bill.due_date.isoformat()
        note = bill.note in str(shown.get("notes") or "")
        return "updated" if due and note and self._accounts_fit(bill, shown) else "unchanged"

    def _added_up(self, bill: Bill) -> Decimal:
        """What a bill should state, by its own lines."""
        exponent = self.company.currency(bill.currency).exponent
        return rounded(bill.total_cost + bill.exclusive_tax + bill.shipping, exponent)

    def _accounts_fit(self, bill: Bill, shown: Record) -> bool:
        codes = {share.account for line in bill.lines for share in line.allocations}
        codes |= {cost.allocation.account for cost in bill.costs}
        codes |= {FREIGHT_ACCOUNT} if bill.shipping else set()
        known = {self.company.account(code).ledger_id for code in codes}
        return _accounts(shown) <= known

    def _amounts_fit(self, bill: Bill, shown: Record) -> bool:
        """Whether each account got its share; only untaxed bills say so exactly, up to rounding per line."""
        lines = shown.get("line_items", ())
        if any(line.tax for line in bill.lines) or any(line.get("item_total") is None for line in lines):
            return True
        wanted: dict[str | None, Decimal] = defaultdict(Decimal)
        shares = [share for line in bill.lines for share in line.allocations]
        for share in (*shares, *(cost.allocation for cost in bill.costs)):
            wanted[self.company.account(share.account).ledger_id] += share.amount * (-1 if bill.total < 0 else 1)
        if bill.shipping:
            wanted[self.company.account(FREIGHT_ACCOUNT).ledger_id] += bill.shipping
        got: dict[str | None, Decimal] = defaultdict(Decimal)
        for line in lines:
            got[str(line["account_id"])] += decimal(line["item_total"])
        slack = Decimal(len(lines)).scaleb(-self.company.currency(bill.currency).exponent)
        return set(got) == set(wanted) and all(abs(got[key] - wanted[key]) <= slack for key in wanted)

    def order(self, order: PurchaseOrder) -> str:
        """What became of a purchase order."""
        numbers = tuple(number for number in (order.external_number, order.number) if number)
        made = self.view.find(
            "purchaseorders",
            ids=(order.uuid, str(order.id)),
            contact=self.contact_id(order.vendor),
            numbers=numbers,
        )
        if len(made) > 1:
            return f"ordered {len(made)} times"
        held = self.hold("order", order.uuid, order.id)
        if held or not made:
            return held or "no_order"
        shown = self.view.objects["purchaseorders"].get(made[0])
        status = "deleted" if shown is None else str(shown.get("status"))
        if shown is None or status == "draft":
            return f"{status} order"
        if status == "cancelled":
            return "cancelled_order"
        later = self.later.get(order.key)
        if isinstance(later, PurchaseOrder) and later.state == order.state:
            return "updated" if decimal(shown["total"]) == later.total else "open_order"
        return "closed_order" if status in ("billed", "closed") else "open_order"

    def payment(self, payment: Payment) -> str:
        """What became of a payment."""
        contact = self.contact_id(payment.vendor)
        made = self.view.find("vendorpayments", ids=(payment.uuid, str(payment.id)))
        if not made:
            day = payment.processing_date.isoformat()
            made = [
                key
                for key, record in self.view.created_of("vendorpayments", contact).items()
                if decimal(record["amount"]) == payment.amount and str(record.get("date")) == day
            ]
            self.view.claimed.update(("vendorpayments", key) for key in made)
        if len(made) > 1:
            return f"paid {len(made)} times"
        held = self.hold("payment", payment.uuid, payment.id)
        if held or not made:
            return held or "unpaid"
        shown = self.view.objects["vendorpayments"].get(made[0])
        if shown is None:
            return "paid, then deleted"
        wanted = {self._target_of(part.bill): part.amount for part in payment.parts}
        got = {str(part["bill_id"]): decimal(part["amount_applied"]) for part in shown.get("bills", ())}
        return "paid" if got == wanted else "paid to other bills"

    def _target_of(self, bill_key: str) -> str:
        bill = self.company.bill(bill_key)
        made = self.documents(bill)
        if made:
            return made[0][1]
        return self.typed[bill_key][0].ledger_id if self.typed[bill_key] else ""


def judged(judge: Judge, case: Case) -> CaseResult:
    """One case: all of its records must come out in an accepted way."""
    outcomes = [judge.outcome(key) for key in case.keys]
    if case.expect.startswith("one_posted:"):
        code = case.expect.partition(":")[2]
        fits = Counter(outcomes) == Counter({"posted": 1, f"held:{code}": len(outcomes) - 1})
        return CaseResult(case.name, case.expect, case.expect if fits else counted(outcomes))
    accepted = {case.expect, *case.also}
    got = counted(outcomes)
    if set(outcomes) <= accepted:
        return CaseResult(case.name, got, got)
    return CaseResult(case.name, case.expect, got)


def counted(outcomes: Sequence[str]) -> str:
    """One word when all came out alike, else how many of each."""
    counts = Counter(outcomes)
    if len(counts) == 1:
        return outcomes[0]
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def _accounts(shown: Record) -> set[str | None]:
    return {str(line["account_id"]) for line in shown.get("line_items", ()) if line.get("account_id")}
