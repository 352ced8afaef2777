"""Put documents of a seeded company together so that their own arithmetic holds."""

from dataclasses import dataclass, field, replace
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
    OrderLine,
    OrderState,
    Payment,
    PaymentPart,
    PurchaseOrder,
    attachment_content,
)
from mlc_sandbox.company.ledger import LedgerDocument, LedgerLine, LedgerPayment
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
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start every counter of ids."""
        self._bill_ids = count(1001)
        self._line_ids = count(5001)
        self._share_ids = count(9001)
        self._order_ids = count(101)
        self._order_line_ids = count(3001)
        self._group_ids = count(501)
        self._payment_ids = count(701)
        self._ledger_ids = count(330001)
        self._serials = {vendor.key: count(10000 + vendor.id * 37) for vendor in self.parties.vendors}

    def uuid(self) -> str:
        """A uuid of 32 hex digits, as procurement writes them."""
        return f"{self.rng.getrandbits(128):032x}"

    def next_ledger_id(self) -> str:
        """An id for a record typed into the ledger."""
        return ledger_id(next(self._ledger_ids))

    def next_order_line_id(self) -> int:
        """An id for an order line."""
        return next(self._order_line_ids)

    def day(self, first: int, last: int) -> date:
        """A day after go-live: ``first`` and ``last`` count from ``since``, cut off a week before today."""
        latest = (self.today - self.since).days - 8
        return self.since + timedelta(days=self.rng.randint(min(first, latest), min(last, latest)))

    def at(self, day: date, hour: int = 9) -> datetime:
        """A moment of that day, never after today noon."""
        moment = datetime.combine(day, time(hour, self.rng.randint(0, 59), self.rng.randint(0, 59)), tzinfo=UTC)
        return min(moment, datetime.combine(self.today, time(6), tzinfo=UTC))

    def number(self, vendor: Vendor) -> str:
        """The vendor's next number; its last digit is a check digit, so no two differ by a transposition only."""
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
            Cost(name, amount, Allocation(next(self._share_ids), amount, share.account, share.department))
            for name, amount, share in costs
        )
        subtotal = sum((line.total for line in made), ZERO)
        inclusive = sum((line.tax_amount for line in made if line.inclusive), ZERO)
        exclusive = sum((line.tax_amount for line in made if not line.inclusive), ZERO)
        total_cost = subtotal + sum((cost.amount for cost in made_costs), ZERO)
        total = rounded(total_cost + exclusive + shipping, exponent) + stated_total_off
        number_id = next(self._bill_ids)
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
            id=next(self._line_ids),
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
            return (Allocation(next(self._share_ids), total, share.account, share.department),)
        weight = sum(share.weight for share in shares)
        amounts = [rounded(total * share.weight / weight, exponent) for share in shares[:-1]]
        amounts.append(total - sum(amounts, ZERO))
        return tuple(
            Allocation(next(self._share_ids), amount, share.account, share.department)
            for share, amount in zip(shares, amounts, strict=True)
        )

    def _attachment(self, uuid: str) -> Attachment:
        file_uuid = uuid[16:] + uuid[:16]
        content = attachment_content(file_uuid)
        digest = sha1(content, usedforsecurity=False).hexdigest()
        return Attachment(file_uuid, f"invoice-{uuid[:6]}.pdf", "application/pdf", digest, len(content))

    def order(
        self,
        vendor: Vendor,
        lines: tuple[Line, ...],
        *,
        order_date: date,
        state: OrderState = OrderState.PURCHASED,
        fulfilment: str = "empty",
        received: Decimal = ZERO,
        freight: Decimal = ZERO,
        other: Decimal = ZERO,
        discount: tuple[Decimal, str] = (ZERO, "amount"),
        header_tax: tuple[Decimal, str] = (ZERO, "percentage"),
        external: bool = False,
        kind: int = 0,
    ) -> PurchaseOrder:
        """Add a purchase order; ``received`` is the share of each line that has arrived."""
        number = next(self._order_ids)
        currency = self.currencies[vendor.currency]
        made = tuple(
            OrderLine(
                id=self.next_order_line_id(),
                position=position,
                name=line.description,
                sku=f"SKU-{number}-{position}",
                unit="each",
                quantity=line.quantity,
                price=line.unit_cost,
                total=rounded(line.quantity * line.unit_cost, currency.exponent),
                tax=line.tax,
                tax_amount=ZERO,
                allocations=self.allocations(
                    rounded(line.quantity * line.unit_cost, currency.exponent), line.shares, currency.exponent
                ),
                received_pass=rounded(line.quantity * received, 2),
                kind=kind,
            )
            for position, line in enumerate(lines, start=1)
        )
        subtotal = sum((line.total for line in made), ZERO)
        off = subtotal * discount[0] / 100 if discount[1] == "percentage" else discount[0]
        off = rounded(off, currency.exponent)
        taxed = subtotal - off
        tax = taxed * header_tax[0] / 100 if header_tax[1] == "percentage" else header_tax[0]
        order = PurchaseOrder(
            key=f"order:{number:05d}",
            id=number,
            uuid=self.uuid(),
            number=f"PF{number}",
            external_number=f"HI-{order_date.year}-{number:04d}" if external else None,
            version=1,
            state=state,
            fulfilment=fulfilment,
            vendor=vendor.key,
            location=self.departments[lines[0].shares[0].department].location,
            currency=vendor.currency,
            order_date=order_date,
            promise_date=order_date + timedelta(days=14),
            lines=made,
            subtotal=subtotal,
            freight=freight,
            other=other,
            discount=discount,
            header_tax=header_tax,
            total=taxed + freight + other + rounded(tax, currency.exponent),
            memo="",
            term=self.terms[vendor.term].name,
            rate=currency.rate_on(order_date),
            modified_at=self.at(order_date + timedelta(days=1), 11),
            receipts=(),
        )
        self.orders[order.key] = order
        return order

    def billing(self, order: PurchaseOrder, part: Decimal = Decimal(1)) -> tuple[Line, ...]:
        """Lines that bill this part of every line of an order."""
        return tuple(
            Line(
                line.name,
                rounded(line.quantity * part, 2),
                line.price,
                tuple(Share(share.account, share.department, int(share.amount * 1000)) for share in line.allocations),
                order_line=line.id,
            )
            for line in order.lines
        )

    def pay(
        self,
        bills: tuple[Bill, ...],
        *,
        on: date,
        status: str = "paid",
        amounts: tuple[Decimal, ...] | None = None,
        bill_status: BillStatus | None = BillStatus.PAID,
        money_account: str | None = None,
        extra: Decimal = ZERO,
        group: int | None = None,
    ) -> Payment:
        """Add a payment over these bills of one vendor; the bills join its group and take ``bill_status``."""
        number = next(self._payment_ids)
        parts = amounts or tuple(bill.total for bill in bills)
        group = group or next(self._group_ids)
        by_currency = {account.currency: account.key for account in reversed(tuple(self.money_accounts.values()))}
        created = self.at(on - timedelta(days=1), 12)
        payment = Payment(
            key=f"payment:{number:05d}",
            id=number,
            uuid=self.uuid(),
            vendor=bills[0].vendor,
            currency=bills[0].currency,
            amount=sum(parts, ZERO) + extra,
            status=status,
            processing_date=on,
            money_account=money_account or by_currency.get(bills[0].currency, "bank-usd"),
            parts=tuple(PaymentPart(bill.key, amount) for bill, amount in zip(bills, parts, strict=True)),
            groups=(group,),
            created_at=created,
            updated_at=max(created, self.at(on, 15)),
        )
        self.payments[payment.key] = payment
        for bill, amount in zip(bills, parts, strict=True):
            step = () if bill_status is None else ((bill_status, self.at(on, 16)),)
            self.bills[bill.key] = replace(
                bill,
                status=bill.status if bill_status is None else bill_status,
                group=group,
                payment=payment.key,
                payment_amount=amount,
                history=bill.history + step,
                version=bill.version + len(step),
                modified_at=step[0][1] if step else bill.modified_at,
            )
        return payment

    def typed(
        self,
        bill: Bill,
        *,
        number: str | None = None,
        total: Decimal | None = None,
        day: date | None = None,
        status: str = "open",
        kind: str = "bill",
    ) -> LedgerDocument:
        """Type a bill into the ledger by hand, as it stands or with one thing changed."""
        vendor = next(vendor for vendor in self.parties.vendors if vendor.key == bill.vendor)
        amount = abs(bill.total) if total is None else total
        account = bill.lines[0].allocations[0].account
        document = LedgerDocument(
            key=f"typed:{len(self.ledger_documents) + 1:05d}",
            ledger_id=self.next_ledger_id(),
            kind=kind,
            contact=vendor.contact or "",
            number=bill.number if number is None else number,
            document_date=day or bill.ledger_date,
            due_date=bill.due_date if day is None else day + timedelta(days=30),
            currency=bill.currency,
            exchange_rate=self.currencies[bill.currency].rate_on(day or bill.ledger_date),
            lines=(LedgerLine(self.next_ledger_id(), account, bill.lines[0].description, amount),),
            total=amount,
            status=status,
            note="typed by hand",
            created_at=self.at((day or bill.ledger_date) + timedelta(days=2), 14),
            twin_of=bill.key,
        )
        self.ledger_documents[document.key] = document
        return document

    def typed_payment(self, document: LedgerDocument, *, on: date) -> LedgerPayment:
        """Record in the ledger, by hand, that a document was paid in full."""
        by_currency = {account.currency: account.key for account in reversed(tuple(self.money_accounts.values()))}
        payment = LedgerPayment(
            key=f"typed-payment:{len(self.ledger_payments) + 1:05d}",
            ledger_id=self.next_ledger_id(),
            contact=document.contact,
            payment_date=on,
            currency=document.currency,
            exchange_rate=self.currencies[document.currency].rate_on(on),
            amount=document.total,
            money_account=by_currency.get(document.currency, "bank-usd"),
            parts=((document.key, document.total),),
            created_at=self.at(on, 15),
        )
        self.ledger_payments.append(payment)
        self.ledger_documents[document.key] = replace(document, status="paid")
        return payment
