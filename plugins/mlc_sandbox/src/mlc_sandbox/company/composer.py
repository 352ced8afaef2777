"""Put documents of a seeded company together so that their own arithmetic holds."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha1
from itertools import count
from random import Random
from typing import NamedTuple

from mlc_sandbox.company.documents import (
    Allocation,
    Attachment,
    Bill,
    BillLine,
    BillStatus,
    Cost,
    Payment,
    PurchaseOrder,
    attachment_content,
)
from mlc_sandbox.company.ledger import LedgerDocument, LedgerLock, LedgerPayment
from mlc_sandbox.company.lists import ledger_id
from mlc_sandbox.company.masterdata import Currency, Department, MoneyAccount, PaymentTerm, Tax, Vendor
from mlc_sandbox.company.model import Case
from mlc_sandbox.company.parties import Parties

ZERO = Decimal(0)
_STEPS = {0: Decimal(1), 2: Decimal("0.01"), 3: Decimal("0.001"), 8: Decimal("0.00000001")}
_APPROVAL_PATH = {
    BillStatus.DRAFT: (BillStatus.DRAFT,),
    BillStatus.CONFIRMED: (BillStatus.DRAFT, BillStatus.CONFIRMED),
    BillStatus.APPROVED: (BillStatus.DRAFT, BillStatus.CONFIRMED, BillStatus.APPROVED),
}


def rounded(amount: Decimal, exponent: int) -> Decimal:
    """Half away from zero, to that many decimals."""
    return amount.quantize(_STEPS[exponent], rounding=ROUND_HALF_UP)


class Share(NamedTuple):
    """What part of a line goes to an account and department."""

    account: str
    department: str
    weight: int = 1


class Line(NamedTuple):
    """A line before its arithmetic: ``order_line`` is the order line it bills."""

    description: str
    quantity: Decimal
    unit_cost: Decimal
    shares: tuple[Share, ...]
    tax: str | None = None
    inclusive: bool = False
    order_line: int | None = None


@dataclass
class Composer:
    """A company in the making. Everything random comes from ``rng``, in the order of the calls."""

    rng: Random
    since: date
    today: date
    parties: Parties
    currencies: dict[str, Currency]
    taxes: dict[str, Tax]
    terms: dict[str, PaymentTerm]
    departments: dict[str, Department]
    money_accounts: dict[str, MoneyAccount]
    bills: dict[str, Bill] = field(default_factory=dict)
    orders: dict[str, PurchaseOrder] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    ledger_documents: dict[str, LedgerDocument] = field(default_factory=dict)
    ledger_payments: list[LedgerPayment] = field(default_factory=list)
    later_bills: list[Bill] = field(default_factory=list)
    later_orders: list[PurchaseOrder] = field(default_factory=list)
    later_payments: list[Payment] = field(default_factory=list)
    later_vendors: list[Vendor] = field(default_factory=list)
    later_locks: list[LedgerLock] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start every counter of ids."""
        starts = {"bill": 1001, "line": 5001, "share": 9001, "order": 101, "order_line": 3001, "receipt": 801}
        starts |= {"group": 501, "payment": 701}
        self._ids = {name: count(start) for name, start in starts.items()}
        self._ledger_ids = count(330001)
        self._serials = {vendor.key: count(10000 + vendor.id * 37) for vendor in self.parties.vendors}

    def uuid(self) -> str:
        """A uuid of 32 hex digits, as procurement writes them."""
        return f"{self.rng.getrandbits(128):032x}"

    def next_ledger_id(self) -> str:
        """An id for a record typed into the ledger."""
        return ledger_id(next(self._ledger_ids))

    def next_id(self, what: str) -> int:
        """The next id of a bill, line, share, order, order_line, receipt, group or payment."""
        return next(self._ids[what])

    def day(self, first: int, last: int) -> date:
        """A day after go-live: ``first`` and ``last`` count from ``since``, cut off a week before today."""
        latest = (self.today - self.since).days - 8
        return self.since + timedelta(days=self.rng.randint(min(first, latest), min(last, latest)))

    def at(self, day: date, hour: int = 9) -> datetime:
        """A moment of that day, never after today noon."""
        moment = datetime.combine(day, time(hour, self.rng.randint(0, 59), self.rng.randint(0, 59)), tzinfo=UTC)
        return min(moment, datetime.combine(self.today, time(6), tzinfo=UTC))

    def number(self, vendor: Vendor) -> str:
        """The vendor's next number; its last digit is a check digit, so that no two are transpositions."""
        for serial in self._serials[vendor.key]:
            digits = str(serial)
            check = sum(weight * int(digit) for weight, digit in enumerate(digits, start=2)) % 11
            if check < 10:
                return f"{vendor.prefix}{digits}{check}"
        raise AssertionError("a counter does not end")

    def case(self, name: str, keys: tuple[str, ...], expect: str, **more: object) -> None:
        """Note something special."""
        self.cases.append(Case(name, keys, expect, **more))  # type: ignore[arg-type]

    def bill(
        self,
        vendor: Vendor,
        lines: tuple[Line, ...],
        *,
        issue_date: date,
        number: str | None = None,
        status: BillStatus = BillStatus.APPROVED,
        currency: str | None = None,
        posting_date: date | None = None,
        bill_type: int = 0,
        costs: tuple[tuple[str, Decimal, Share], ...] = (),
        shipping: Decimal = ZERO,
        stated_total_off: Decimal = ZERO,
        note: str = "",
        order: str | None = None,
        attached: bool = True,
    ) -> Bill:
        """Add a bill. ``stated_total_off`` makes its stated total wrong by that much."""
        code = currency or vendor.currency
        exponent = self.currencies[code].exponent
        made = tuple(self._bill_line(line, exponent, order) for line in lines)
        made_costs = tuple(
            Cost(name, amount, Allocation(self.next_id("share"), amount, share.account, share.department))
            for name, amount, share in costs
        )
        subtotal = sum((line.total for line in made), ZERO)
        inclusive = sum((line.tax_amount for line in made if line.inclusive), ZERO)
        exclusive = sum((line.tax_amount for line in made if not line.inclusive), ZERO)
        total_cost = subtotal + sum((cost.amount for cost in made_costs), ZERO)
        total = rounded(total_cost + exclusive + shipping, exponent) + stated_total_off
        number_id = self.next_id("bill")
        uuid = self.uuid()
        term = self.terms[vendor.term]
        path = _APPROVAL_PATH.get(status, (*_APPROVAL_PATH[BillStatus.APPROVED], status))
        if status is BillStatus.DENIED:
            path = (BillStatus.DRAFT, BillStatus.CONFIRMED, BillStatus.DENIED)
        history = tuple((step, self.at(issue_date + timedelta(days=1 + place))) for place, step in enumerate(path))
        share = lines[0].shares[0]
        bill = Bill(
            key=f"bill:{number_id:06d}",
            id=number_id,
            uuid=uuid,
            version=len(path),
            bill_type=bill_type,
            status=status,
            vendor=vendor.key,
            location=self.departments[share.department].location,
            currency=code,
            number=self.number(vendor) if number is None else number,
            issue_date=issue_date,
            due_date=(posting_date or issue_date) + timedelta(days=term.days),
            posting_date=posting_date,
            submitted_at=history[min(1, len(history) - 1)][1],
            modified_at=max(moment for _, moment in history),
            lines=made,
            costs=made_costs,
            shipping=shipping,
            subtotal=subtotal,
            total_cost=total_cost,
            inclusive_tax=inclusive,
            exclusive_tax=exclusive,
            total=total,
            term=term.name,
            note=note,
            history=history,
            attachment=self._attachment(uuid) if attached else None,
            orders=(order,) if order else (),
        )
        self.bills[bill.key] = bill
        return bill

    def _bill_line(self, line: Line, exponent: int, order: str | None) -> BillLine:
        raw = line.quantity * line.unit_cost
        total = raw if raw == rounded(raw, exponent) else rounded(raw, 8)
        total = rounded(total, exponent) if total == rounded(total, exponent) else total
        rate = self.taxes[line.tax].rate if line.tax else ZERO
        divisor = 100 + rate if line.inclusive else Decimal(100)
        tax_amount = rounded(total * rate / divisor, exponent) if rate else ZERO
        return BillLine(
            id=self.next_id("line"),
            description=line.description,
            sku="",
            unit="each",
            quantity=line.quantity,
            unit_cost=line.unit_cost,
            total=total,
            tax=line.tax,
            inclusive=line.inclusive,
            tax_amount=tax_amount,
            total_with_tax=total if line.inclusive else total + tax_amount,
            allocations=self.allocations(total, line.shares, exponent),
            order=order if line.order_line else None,
            order_line=line.order_line,
        )

    def allocations(self, total: Decimal, shares: tuple[Share, ...], exponent: int) -> tuple[Allocation, ...]:
        """Split a line's total by weight; the last share takes what rounding leaves."""
        if len(shares) == 1:
            share = shares[0]
            return (Allocation(self.next_id("share"), total, share.account, share.department),)
        weight = sum(share.weight for share in shares)
        amounts = [rounded(total * share.weight / weight, exponent) for share in shares[:-1]]
        amounts.append(total - sum(amounts, ZERO))
        return tuple(
            Allocation(self.next_id("share"), amount, share.account, share.department)
            for share, amount in zip(shares, amounts, strict=True)
        )

    def _attachment(self, uuid: str) -> Attachment:
        file_uuid = uuid[16:] + uuid[:16]
        content = attachment_content(file_uuid)
        digest = sha1(content, usedforsecurity=False).hexdigest()
        return Attachment(file_uuid, f"invoice-{uuid[:6]}.pdf", "application/pdf", digest, len(content))
