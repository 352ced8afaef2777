"""Bills, vendor credits and purchase orders → the bodies of Zoho's calls. Pure; the inverse of ``mapping_documents``.

An update that touches anything but header texts sends the whole document: ``line_items`` replace all lines there.
"""

from datetime import date
from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import (
    Bill,
    Charge,
    ChargeKind,
    MoneyDocument,
    OrderStatus,
    PayableDocument,
    PurchaseOrder,
    VendorCredit,
)
from mlc.wire import Json, encode

from mlc_zoho.books.render_lines import charge_line, line_items, rounding
from mlc_zoho.books.render_parts import Body, Rendering, filled, ledger_day, location_id, required_id

REFERENCE_MAX = 100
NOTES_MAX = 5000

#: The action that writes custom fields and touches nothing else of a bill.
MARK = "customfields"
#: Canonical fields that stand in the header alone, with Zoho's names: an update of these leaves the lines out.
_HEADER = {"due_date": "due_date", "memo": "notes", "payment_reference": "reference_number"}

_ISSUED = frozenset({OrderStatus.ISSUED, OrderStatus.PARTIALLY_RECEIVED, OrderStatus.RECEIVED})


def bill(record: Bill, rendering: Rendering) -> tuple[RenderedPart, ...]:
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="void"),)
    if rendering.context.fields == {"custom_fields"}:
        marks: list[Json] = [{"api_name": one.key, "value": one.value or ""} for one in record.custom_fields]
        return (RenderedPart("main", Operation.UPDATE, encode(marks), action=MARK),) if marks else ()
    number = _number(record.bill_number, "bill_number")
    head: Body = {"vendor_id": required_id(record.vendor, "vendor"), "bill_number": number}
    body = _texts(record, rendering)
    keys: tuple[str, ...] = ()
    if not _only_header(rendering):
        _refuse_charges(record.charges)
        lines, keys = line_items(record, rendering, with_orders=True)
        orders: list[Json] = [order.source_id for order in record.purchase_orders if order.source_id is not None]
        body |= {
            "date": _day(record, rendering),
            **rendering.currency(record),
            "is_inclusive_tax": record.amounts_include_tax,
            "location_id": location_id(record),
            "purchaseorder_ids": orders or None,
            "line_items": lines,
            **rounding(record, rendering),
            **rendering.custom_fields(issue_date=_supplier_day(record, rendering)),
        }
    _lose_payable(record, rendering)
    return (_main({**head, **filled(body)}, rendering, keys),)


def vendor_credit(record: VendorCredit, rendering: Rendering) -> tuple[RenderedPart, ...]:
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="void"),)
    head: Body = {"vendor_id": required_id(record.vendor, "vendor"), "vendor_credit_number": record.bill_number}
    body = _texts(record, rendering)
    body.pop("due_date", None)
    keys: tuple[str, ...] = ()
    if not _only_header(rendering):
        lines, keys = line_items(record, rendering, with_orders=False)
        charges = [charge for charge in record.charges if charge.amount]
        extra: list[Json] = [charge_line(charge, len(lines) + i) for i, charge in enumerate(charges, start=1)]
        keys += tuple(f"charge:{charge.kind}:{i}" for i, charge in enumerate(charges, start=1))
        body |= {
            "date": _day(record, rendering),
            **rendering.currency(record),
            "is_inclusive_tax": record.amounts_include_tax,
            "location_id": location_id(record),
            "line_items": [*lines, *extra],
        }
    _lose_payable(record, rendering)
    return (_main(filled({**head, **body}), rendering, keys),)


def purchase_order(record: PurchaseOrder, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """The order, then ``status/open``: a draft order cannot be billed. Closed ones become ``billed``."""
    context = rendering.context
    if context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="cancelled"),)
    verb = _order_verb(record, rendering)
    if context.fields is not None and context.fields <= {"status"}:
        return (RenderedPart("main", Operation.UPDATE, b"", action=verb),) if verb is not None else ()
    lines, keys = line_items(record, rendering, with_orders=False)
    body: Body = {
        "vendor_id": required_id(record.vendor, "vendor"),
        "purchaseorder_number": record.po_number,
        "date": _day(record, rendering),
        "delivery_date": record.delivery_date,
        **rendering.currency(record),
        "is_inclusive_tax": record.amounts_include_tax,
        "location_id": location_id(record),
        "notes": rendering.clipped("memo", record.memo, NOTES_MAX),
        "line_items": lines,
        **_order_discount(record, rendering),
        **rendering.custom_fields(),
    }
    if record.ship_to is not None:
        rendering.lose("ship_to", "Zoho Books ships to its own or a customer's address")
    main = _main(filled(body), rendering, keys)
    if verb is None:
        return (main,)
    return (main, RenderedPart(verb, Operation.UPDATE, b"", after="main", action=verb))


def _order_verb(record: PurchaseOrder, rendering: Rendering) -> str | None:
    """The status call that follows: always after a create, later only when the status is what changed."""
    fields = rendering.context.fields
    if rendering.updating and fields is not None and "status" not in fields:
        return None
    if rendering.updating and fields is None:
        return None
    if record.status in _ISSUED:
        return "open"
    if record.status in (OrderStatus.BILLED, OrderStatus.CLOSED):
        return "billed" if rendering.updating else "open"
    return None


def _order_discount(record: PurchaseOrder, rendering: Rendering) -> Body:
    discount = Decimal(0)
    for charge in record.charges:
        if charge.kind is ChargeKind.DISCOUNT:
            discount += abs(charge.amount)
        elif charge.amount:
            rendering.lose("charges", f"{charge.kind} of {charge.amount} has no place on an order")
    if not discount:
        return {"discount": Decimal(0)} if rendering.updating else {}
    before_tax = rendering.context.overrides.get("discount") != "after_tax"
    return {"discount": discount, "is_discount_before_tax": before_tax}


def _texts(record: PayableDocument, rendering: Rendering) -> Body:
    """Header texts; on an update only those that changed, where an emptied one is sent as ``""``."""
    fields = rendering.context.fields
    values: Body = {
        "due_date": record.due_date,
        "payment_reference": rendering.clipped("payment_reference", record.payment_reference, REFERENCE_MAX),
        "memo": rendering.clipped("memo", record.memo, NOTES_MAX),
    }
    if fields is None or not _only_header(rendering):
        return {_HEADER[name]: value for name, value in values.items()}
    return {_HEADER[name]: "" if value is None else value for name, value in values.items() if name in fields}


def _only_header(rendering: Rendering) -> bool:
    fields = rendering.context.fields
    return rendering.updating and fields is not None and fields <= _HEADER.keys()


def _main(body: Body, rendering: Rendering, keys: tuple[str, ...]) -> RenderedPart:
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    return RenderedPart("main", operation, encode(body), line_keys=keys)


def _day(record: MoneyDocument, rendering: Rendering) -> date | None:
    return ledger_day(record, rendering.context)


def _supplier_day(record: MoneyDocument, rendering: Rendering) -> date | None:
    """The supplier's own date, where the ledger date differs."""
    stated = rendering.context.overrides.get("issue_date")
    own = date.fromisoformat(stated) if stated else record.issue_date
    if own is None or own == _day(record, rendering):
        return None
    if rendering.settings.issue_date_field is None:
        rendering.lose("issue_date", f"Zoho Books keeps one date; the supplier's {own} is only in our records")
    return own


def _number(stated: str | None, name: str) -> str:
    if not stated:
        raise MappingError("Zoho Books needs the vendor's number of a bill.", field=name)
    return stated


def _refuse_charges(charges: tuple[Charge, ...]) -> None:
    """Money outside the lines has no field on a bill but the adjustment, which holds rounding only."""
    for charge in charges:
        if charge.kind is not ChargeKind.ROUNDING and charge.amount:
            raise MappingError(
                f"A {charge.kind} charge of {charge.amount} has no field on a Zoho Books bill: map it to an account.",
                field="charges",
            )


def _lose_payable(record: PayableDocument, rendering: Rendering) -> None:
    """What a payable may carry and Zoho has no field for."""
    if record.payable_account is not None:
        rendering.lose("payable_account", "Zoho Books chooses the payable account itself")
    if record.payment_terms is not None and record.due_date is None:
        rendering.lose("payment_terms", "terms are sent as the due date, and there is none")
    if record.withholding_total:
        rendering.lose("withholding_total", "withholding is set up per vendor in Zoho Books")
    if record.payment_group is not None:
        rendering.lose("payment_group", "the source's own key of a payment run")
