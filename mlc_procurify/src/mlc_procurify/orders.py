"""Purchase orders → PurchaseOrder."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mlc.records import (
    Address,
    AddressKind,
    Allocation,
    Charge,
    ChargeKind,
    Completeness,
    Line,
    LineTax,
    ObjectType,
    OrderStatus,
    PurchaseOrder,
    Ref,
    SourceMeta,
    country_code_of,
)

from mlc_procurify import SYSTEM
from mlc_procurify.fields import Field, needed, parsed, shown, taken
from mlc_procurify.parts import (
    account_ref,
    allocations,
    currency_values,
    custom_fields,
    dimensions,
    looked_up,
    vendor_ref,
)
from mlc_procurify.schemas import OrderItemWire, PurchaseOrderWire, ValueWire
from mlc_procurify.settings import ProcurifySettings
from mlc_procurify.values import CENT, as_text, bare, calendar_date, instant, tidy
from mlc_procurify.versions import order_version

ZERO = Decimal(0)
#: 0 Purchased, 1 Cancelled, 2 legacy, 3 Closed, 4 Paid, 5 Reopened.
STATES = {
    0: OrderStatus.ISSUED,
    1: OrderStatus.CANCELLED,
    2: OrderStatus.UNKNOWN,
    3: OrderStatus.CLOSED,
    4: OrderStatus.CLOSED,
    5: OrderStatus.ISSUED,
}
ORDER_FIELDS = (
    Field("memo", "comment"),
    Field("subtotal", "subtotal", tidy),
    Field("total", "total", tidy),
)
ORIGINS = {
    "po_number": ("po_num", "number"),
    "status_raw": ("state",),
    "vendor": ("vendor",),
    "lines": ("order_items",),
    "ship_to": ("receiver_country",),
}
BLANKET = 2


def purchase_order(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> PurchaseOrder:
    """Convert a list row (no lines) or the detail. A header tax becomes a charge, line taxes the tax total."""
    wire = parsed(PurchaseOrderWire, payload, what="purchase order")
    whole = is_whole(payload)
    values = taken(wire, ORDER_FIELDS)
    for name, attribute in (("issue_date", "date"), ("delivery_date", "promise_date")):
        if attribute in wire.model_fields_set:
            values[name] = calendar_date(getattr(wire, attribute), settings.zone)
    currency = currency_values(wire.purchased_currency)
    values |= {
        "po_number": wire.po_num or wire.number,
        "status": OrderStatus.UNKNOWN if wire.state is None else STATES.get(wire.state, OrderStatus.UNKNOWN),
        "status_raw": as_text(wire.state),
        "vendor": vendor_ref(wire.vendor),
        **currency,
        "extensions": {**currency.get("extensions", {}), **_extensions(wire)},
    }
    if whole:
        lines = tuple(_line(item, index) for index, item in enumerate(wire.order_items, 1))
        line_tax = sum((line.tax.amount or ZERO for line in lines if line.tax), ZERO)
        values |= {
            "lines": lines,
            "tax_total": tidy(line_tax),
            "charges": _charges(wire, line_tax=line_tax),
            "ship_to": _ship_to(wire),
        }
    values["source"] = _source(wire, payload, settings=settings, connection=connection, whole=whole)
    return PurchaseOrder(**shown(wire, values, ORIGINS))


def is_whole(payload: Mapping[str, Any]) -> bool:
    """Whether the order's items are there."""
    stated = looked_up(payload).get("complete")
    return stated if isinstance(stated, bool) else "order_items" in payload


def _line(item: OrderItemWire, index: int) -> Line:
    blanket = item.blanket if item.type == BLANKET else None
    quantity = item.quantity if item.quantity is not None or blanket is None else blanket.quantity
    price = item.price if item.price is not None or blanket is None else blanket.price
    net = item.total_cost if item.total_cost is not None or blanket is None else blanket.amount
    if net is None and quantity is not None and price is not None:
        net = quantity * price
    shares = _shares(item, net)
    single = shares[0] if len(shares) == 1 else None
    return Line(
        line_id=item.id,
        key=item.id,
        position=item.position if item.position is not None else index,
        name=item.name,
        description=item.name,
        quantity=bare(quantity),
        received_quantity=bare(item.received_quantity),
        unit=_unit(item.unit),
        unit_price=tidy(price),
        line_net_amount=tidy(net),
        tax=_tax(item),
        account=single.account if single else None,
        dimensions=single.dimensions if single else (),
        allocations=shares,
        custom_fields=custom_fields(item.custom_fields),
    )


def _shares(item: OrderItemWire, net: Decimal | None) -> tuple[Allocation, ...]:
    """The item's split; without one, its single account, by object or by code alone."""
    if item.spend_allocation:
        return allocations(item.spend_allocation, net=net)
    amount = tidy(net) or ZERO
    if item.account is not None:
        account = account_ref(item.account.account_code)
        return (Allocation(amount=amount, account=account, dimensions=dimensions(item.account)),)
    if item.account_code is not None:
        return (Allocation(amount=amount, account=Ref(record_type=ObjectType.ACCOUNT, code=item.account_code)),)
    return ()


def _unit(unit: Any) -> str | None:
    return as_text(unit.get("name")) if isinstance(unit, Mapping) else as_text(unit)


def _tax(item: OrderItemWire) -> LineTax | None:
    """One tax as it is; several as one, named after all, with a percentage when each has one."""
    taxes = [tax for tax in item.taxes if tax.value is not None]
    if not taxes and not item.tax_amount:
        return None
    only_percent = bool(taxes) and all(tax.type in ("percent", "percentage") for tax in taxes)
    names = " + ".join(tax.name for tax in taxes if tax.name) or None
    percent = sum((tax.value or ZERO for tax in taxes), ZERO) if only_percent else None
    ref = None
    if len(taxes) == 1 and taxes[0].id is not None:
        ref = Ref(record_type=ObjectType.TAX_RATE, source_id=taxes[0].id, name=names)
    return LineTax(ref=ref, name=names, percent=bare(percent), amount=tidy(item.tax_amount))


def _charges(wire: PurchaseOrderWire, *, line_tax: Decimal) -> tuple[Charge, ...]:
    """Discount (negative), freight, other and the header's tax; zero ones are left out."""
    subtotal = wire.subtotal or ZERO
    charges = []
    discount = _amount_of(wire.discount, subtotal)
    if discount:
        charges.append(Charge(kind=ChargeKind.DISCOUNT, amount=-discount, percent=_percent(wire.discount)))
    for kind, amount in ((ChargeKind.SHIPPING, wire.freight), (ChargeKind.OTHER, wire.other)):
        if amount:
            charges.append(Charge(kind=kind, amount=tidy(amount) or ZERO))
    outside = sum((charge.amount for charge in charges), ZERO)
    tax = _header_tax(wire, subtotal=subtotal, discount=discount, outside=outside, line_tax=line_tax)
    if tax:
        charges.append(
            Charge(
                kind=ChargeKind.TAX,
                amount=tax,
                percent=_percent(wire.tax),
                description=wire.tax.name if wire.tax else None,
            )
        )
    return tuple(charges)


def _header_tax(
    wire: PurchaseOrderWire, *, subtotal: Decimal, discount: Decimal, outside: Decimal, line_tax: Decimal
) -> Decimal:
    """The header's tax. What a percentage is taken of is not documented: the stated total decides."""
    if wire.tax is None or not _percent(wire.tax):
        return _amount_of(wire.tax, subtotal)
    bases = (subtotal - discount, subtotal, subtotal + outside)
    candidates = [_amount_of(wire.tax, base) for base in bases]
    if wire.total is None:
        return candidates[0]
    rest = tidy(wire.total - subtotal - outside - line_tax) or ZERO
    return rest if any(abs(rest - candidate) <= 2 * CENT for candidate in candidates) else candidates[0]


def _amount_of(value: ValueWire | None, base: Decimal) -> Decimal:
    if value is None or value.value is None:
        return ZERO
    if _percent(value) is None:
        return tidy(value.value) or ZERO
    return (base * value.value / 100).quantize(CENT, rounding=ROUND_HALF_UP)


def _percent(value: ValueWire | None) -> Decimal | None:
    return bare(value.value) if value is not None and value.type in ("percentage", "percent") else None


def _ship_to(wire: PurchaseOrderWire) -> Address | None:
    lines = (wire.receiver_line_one, wire.receiver_city, wire.receiver_postal_code, wire.receiver_country)
    if not any(lines):
        return None
    return Address(
        kind=AddressKind.SHIPPING,
        line1=wire.receiver_line_one,
        line2=wire.receiver_line_two,
        city=wire.receiver_city,
        region=wire.receiver_state_province,
        postal_code=wire.receiver_postal_code,
        country_code=country_code_of(wire.receiver_country),
        country_raw=wire.receiver_country,
    )


def _extensions(wire: PurchaseOrderWire) -> dict[str, str]:
    rate = bare(wire.purchased_currency_rate)
    found = {
        "internal_number": wire.number,
        "fulfilment_status": wire.fulfilment_status,
        "purchased_currency_rate": None if rate is None else str(rate),
    }
    return {name: value for name, value in found.items() if value is not None}


def _source(
    wire: PurchaseOrderWire, payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str, whole: bool
) -> SourceMeta:
    keys = {"uuid": wire.uuid, "number": wire.number}
    return SourceMeta(
        system=SYSTEM,
        source_id=needed(wire.procurify_po, "procurify_PO", what="purchase order"),
        connection_id=connection,
        entity_id=settings.subdomain,
        record_type="purchase_order",
        source_ids={name: value for name, value in keys.items() if value is not None},
        source_version=order_version(payload),
        source_created_at=instant(wire.date),
        source_updated_at=instant(wire.last_modified),
        completeness=Completeness.FULL if whole else Completeness.SUMMARY,
    )
