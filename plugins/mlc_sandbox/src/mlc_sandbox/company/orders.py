"""Purchase orders of a seeded company."""

from datetime import date, timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import ZERO, Composer, Line, Share, rounded
from mlc_sandbox.company.documents import OrderLine, OrderState, PurchaseOrder, Receipt
from mlc_sandbox.company.masterdata import Vendor


def add_order(
    composer: Composer,
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
    number = composer.next_id("order")
    line_ids = [composer.next_id("order_line") for _ in lines]
    currency = composer.currencies[vendor.currency]
    made = tuple(
        OrderLine(
            id=line_id,
            position=position,
            name=line.description,
            sku=f"SKU-{number}-{position}",
            unit="each",
            quantity=line.quantity,
            price=line.unit_cost,
            total=rounded(line.quantity * line.unit_cost, currency.exponent),
            tax=line.tax,
            tax_amount=ZERO,
            allocations=composer.allocations(
                rounded(line.quantity * line.unit_cost, currency.exponent), line.shares, currency.exponent
            ),
            received_pass=rounded(line.quantity * received, 2),
            kind=kind,
        )
        for position, (line, line_id) in enumerate(zip(lines, line_ids, strict=True), start=1)
    )
    subtotal = sum((line.total for line in made), ZERO)
    off = subtotal * discount[0] / 100 if discount[1] == "percentage" else discount[0]
    off = rounded(off, currency.exponent)
    tax = (subtotal - off) * header_tax[0] / 100 if header_tax[1] == "percentage" else header_tax[0]
    order = PurchaseOrder(
        key=f"order:{number:05d}",
        id=number,
        uuid=composer.uuid(),
        number=f"PF{number}",
        external_number=f"HI-{order_date.year}-{number:04d}" if external else None,
        version=1,
        state=state,
        fulfilment=fulfilment,
        vendor=vendor.key,
        location=composer.departments[lines[0].shares[0].department].location,
        currency=vendor.currency,
        order_date=order_date,
        promise_date=order_date + timedelta(days=14),
        lines=made,
        subtotal=subtotal,
        freight=freight,
        other=other,
        discount=discount,
        header_tax=header_tax,
        total=subtotal - off + freight + other + rounded(tax, currency.exponent),
        memo="",
        term=composer.terms[vendor.term].name,
        rate=currency.rate_on(order_date),
        modified_at=composer.at(order_date + timedelta(days=1), 11),
        receipts=_receipts(composer, made, order_date),
    )
    composer.orders[order.key] = order
    return order


def billing(order: PurchaseOrder, part: Decimal = Decimal(1)) -> tuple[Line, ...]:
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


def _receipts(composer: Composer, lines: tuple[OrderLine, ...], order_date: date) -> tuple[Receipt, ...]:
    """One receipt for every line of which something has arrived."""
    day = order_date + timedelta(days=3)
    return tuple(
        Receipt(
            composer.next_id("receipt"),
            line.id,
            line.received_pass,
            line.received_fail,
            day,
            composer.at(day, 10),
        )
        for line in lines
        if line.received_pass
    )
