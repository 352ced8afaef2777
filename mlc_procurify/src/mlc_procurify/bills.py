"""Bills: the list's short form and the detail → Bill, or VendorCredit when the total is below zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc.records import (
    ApprovalStatus,
    AttachmentRef,
    Bill,
    Charge,
    ChargeKind,
    Completeness,
    DocumentStatus,
    Line,
    LineTax,
    ObjectType,
    PaymentStatus,
    Ref,
    SourceMeta,
    VendorCredit,
)

from mlc_procurify import SYSTEM
from mlc_procurify.credits import flipped
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
from mlc_procurify.schemas import AllocationWire, AttachmentWire, BillLineWire, BillWire, CostWire
from mlc_procurify.settings import BillType, ProcurifySettings
from mlc_procurify.totals import bill_totals, line_amounts
from mlc_procurify.values import as_text, bare, calendar_date, identifier, instant, person, tidy
from mlc_procurify.versions import bill_version


@dataclass(frozen=True, slots=True)
class Axes:
    """One wire status on the three canonical axes."""

    status: DocumentStatus
    approval: ApprovalStatus
    payment: PaymentStatus


UNKNOWN = Axes(DocumentStatus.UNKNOWN, ApprovalStatus.UNKNOWN, PaymentStatus.UNKNOWN)
PREPARED = Axes(DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.SCHEDULED)
#: 0 Draft, 1 Confirmed, 2 Approved, 3 Denied, 4 Paid, 5 Withdrawn; 6 Payment Confirmed, 7 Payment Approved, 8 Limbo.
STATUSES = {
    0: Axes(DocumentStatus.DRAFT, ApprovalStatus.NONE, PaymentStatus.UNPAID),
    1: Axes(DocumentStatus.DRAFT, ApprovalStatus.PENDING, PaymentStatus.UNPAID),
    2: Axes(DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.UNPAID),
    3: Axes(DocumentStatus.OPEN, ApprovalStatus.REJECTED, PaymentStatus.UNPAID),
    4: Axes(DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.PAID),
    5: Axes(DocumentStatus.VOID, ApprovalStatus.NONE, PaymentStatus.UNPAID),
    6: PREPARED,
    7: PREPARED,
    8: PREPARED,
}
TYPES = {0: BillType.ORDER, 1: BillType.EXPENSE, 2: BillType.CREDITCARD}
PAID = 4
#: A bill's payment by status, old numbers and current words: what was paid, and what never will be.
PAID_PAYMENTS = frozenset({"5", "6", "paid", "partially paid", "partially_paid"})
DEAD_PAYMENTS = frozenset({"3", "4", "8", "denied", "void", "failed"})

BILL_FIELDS = (
    Field("bill_number", "invoice_number"),
    Field("memo", "note"),
    Field("payment_terms", "payment_terms", as_text),
    Field("payment_group", "group", identifier),
    Field("approver", "approver", person),
    Field("total", "total_cost_with_tax", tidy),
)
ORIGINS = {
    "status_raw": ("status",),
    "category": ("type",),
    "vendor": ("vendor",),
    "lines": ("items",),
    "attachments": ("invoice_attachments",),
    "number_fallback": ("id",),
    "subtotal": ("subtotal_cost",),
}
DATES = (("issue_date", "invoice_date"), ("due_date", "due_date"), ("posting_date", "gl_post_date"))


def bill(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Bill | VendorCredit:
    """Convert either form; what the short form lacks stays unset. Amounts of a credit come out positive."""
    wire = parsed(BillWire, payload, what="bill")
    whole = is_whole(payload)
    values = taken(wire, BILL_FIELDS)
    for name, attribute in DATES:
        if attribute in wire.model_fields_set:
            values[name] = calendar_date(getattr(wire, attribute), settings.zone)
    axes = UNKNOWN if wire.status is None else STATUSES.get(wire.status, UNKNOWN)
    values |= {
        "status": axes.status,
        "approval_status": axes.approval,
        "payment_status": axes.payment,
        "status_raw": as_text(wire.status),
        "category": _category(wire.type),
        "vendor": vendor_ref(wire.vendor),
        "url": _url(wire, settings),
        **currency_values(wire.currency),
    }
    if whole:
        values |= _detail(wire)
    values["source"] = _source(wire, payload, settings=settings, connection=connection, url=values["url"])
    values["number_fallback"] = f"PF-BILL-{wire.id}" if wire.id is not None else None
    total = wire.total_cost_with_tax
    if total is not None and total < 0:
        return VendorCredit(**flipped(shown(wire, values, ORIGINS)))
    return Bill(**shown(wire, values, ORIGINS))


def is_whole(payload: Mapping[str, Any]) -> bool:
    """Whether this is the detail: there ``items`` holds objects, and the bill costs are named."""
    stated = looked_up(payload).get("complete")
    if isinstance(stated, bool):
        return stated
    items = payload.get("items")
    return "costs" in payload or (isinstance(items, list | tuple) and any(isinstance(item, Mapping) for item in items))


def _detail(wire: BillWire) -> dict[str, Any]:
    wire_lines = [
        parsed(BillLineWire, item, what=f"bill line {index}")
        for index, item in enumerate(wire.items, 1)
        if isinstance(item, Mapping) and not item.get("archived")
    ]
    lines = tuple(_line(line, position) for position, line in enumerate(wire_lines, 1))
    charges = _charges(wire, wire_lines)
    totals = bill_totals(
        wire,
        net_lines=[line.line_net_amount for line in lines],
        charges=[charge.amount for charge in charges],
    )
    return {
        "lines": lines,
        "charges": charges,
        "subtotal": totals.subtotal,
        "tax_total": totals.tax,
        "attachments": _attachments(wire.invoice_attachments),
        "purchase_orders": tuple(
            Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=order.id, code=order.number)
            for order in wire.added_purchase_orders
            if order.id is not None
        ),
        **_payment(wire),
    }


def _line(line: BillLineWire, position: int) -> Line:
    amounts = line_amounts(line)
    shares = allocations(line.cost_allocations, net=amounts.net) if line.cost_allocations else ()
    single = shares[0] if len(shares) == 1 else None
    order_item = identifier(line.orderitem)
    return Line(
        line_id=line.id,
        key=line.id,
        position=position,
        description=line.description,
        quantity=bare(line.quantity),
        unit=line.unit,
        unit_price=amounts.unit_price,
        line_net_amount=amounts.net,
        line_gross_amount=amounts.gross,
        tax=_line_tax(line),
        account=single.account if single else None,
        dimensions=single.dimensions if single else (),
        allocations=shares,
        purchase_order=_order_ref(line),
        purchase_order_line=Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=order_item) if order_item else None,
        custom_fields=custom_fields(line.custom_fields),
    )


def _order_ref(line: BillLineWire) -> Ref | None:
    if line.po is None or line.po.id is None:
        return None
    return Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=line.po.id, code=line.po.number)


def _line_tax(line: BillLineWire) -> LineTax | None:
    tax_id = identifier(line.tax)
    if tax_id is None and line.tax_name is None and not line.tax_amount and not line.tax_percentage:
        return None
    return LineTax(
        ref=Ref(record_type=ObjectType.TAX_RATE, source_id=tax_id, name=line.tax_name) if tax_id else None,
        name=line.tax_name,
        percent=bare(line.tax_percentage),
        inclusive=bool(line.tax_is_inclusive),
        amount=tidy(line.tax_amount),
    )


def _charges(wire: BillWire, lines: list[BillLineWire]) -> tuple[Charge, ...]:
    """Bill costs, one charge per share, then shipping: the bill's own figure, else the sum of its lines'."""
    charges = [charge for cost in wire.costs for charge in _cost_charges(cost)]
    shipping = wire.shipping_amount
    if shipping is None:
        shipping = sum((line.shipping_amount or Decimal(0) for line in lines), Decimal(0))
    if shipping:
        charges.append(Charge(kind=ChargeKind.SHIPPING, amount=tidy(shipping) or Decimal(0), description="Shipping"))
    return tuple(charges)


def _cost_charges(cost: CostWire) -> list[Charge]:
    kind = ChargeKind.HANDLING if cost.name and "handling" in cost.name.casefold() else ChargeKind.OTHER
    given = cost.cost_allocation if isinstance(cost.cost_allocation, list | tuple) else [cost.cost_allocation]
    shares = tuple(
        parsed(AllocationWire, share, what="bill cost") for share in given if isinstance(share, Mapping) and share
    )
    if not shares:
        return [Charge(kind=kind, amount=tidy(cost.amount) or Decimal(0), description=cost.name)]
    amounts = allocations(shares, net=cost.amount)
    return [
        Charge(
            kind=kind,
            amount=amount.amount,
            description=cost.name,
            account=account_ref(share.budget.account_code) if share.budget else None,
            dimensions=dimensions(share.budget),
        )
        for share, amount in zip(shares, amounts, strict=True)
    ]


def _payment(wire: BillWire) -> dict[str, Any]:
    """What was paid of the bill; nothing while its payment is only being prepared."""
    paid = wire.bill_payment
    if paid is None or paid.amount is None:
        return {}
    status = (as_text(paid.payment.status) or "").casefold() if paid.payment else ""
    settled = status in PAID_PAYMENTS or (wire.status == PAID and status not in DEAD_PAYMENTS)
    if not settled:
        return {}
    reference = paid.payment.reference_number if paid.payment else None
    return {"amount_paid": tidy(paid.amount), "payment_reference": reference}


def _attachments(files: tuple[AttachmentWire, ...]) -> tuple[AttachmentRef, ...]:
    """The files by identity. Their links may expire, so they are asked for again when a file is fetched."""
    named = [file for file in files if file.uuid is not None]
    return tuple(
        AttachmentRef(
            source_id=file.uuid or "",
            filename=file.name,
            mime_type=file.mimetype,
            size=file.length,
            sha1=file.sha1_hash,
            is_image_of_document=index == 0,
        )
        for index, file in enumerate(named)
    )


def _category(number: int | None) -> str | None:
    return None if number is None else str(TYPES.get(number, f"type_{number}"))


def _url(wire: BillWire, settings: ProcurifySettings) -> str | None:
    if wire.uuid is None:
        return None
    return settings.bill_link.format(subdomain=settings.subdomain, uuid=wire.uuid, id=wire.id or "")


def _source(
    wire: BillWire, payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str, url: str | None
) -> SourceMeta:
    keys = {"id": wire.id, "group": identifier(wire.group)}
    return SourceMeta(
        system=SYSTEM,
        source_id=needed(wire.uuid, "uuid", what="bill"),
        connection_id=connection,
        entity_id=settings.subdomain,
        record_type="bill",
        source_ids={name: value for name, value in keys.items() if value is not None},
        source_version=bill_version(payload),
        source_updated_at=instant(wire.last_modified_datetime),
        completeness=Completeness.FULL if is_whole(payload) else Completeness.SUMMARY,
        url=url,
    )
