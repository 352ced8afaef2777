"""Bills, vendor credits, purchase orders → the bodies of QuickBooks' calls. Pure; the inverse of ``mapping_documents``.

An update sends back the whole document as it was read, with what changed: whatever is left out would be emptied. Its
``SyncToken`` makes QuickBooks refuse it when somebody has changed the document since.
"""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Bill, MoneyDocument, OrderStatus, PayableDocument, PurchaseOrder, VendorCredit
from mlc.wire import Body, encode, filled, plain

from mlc_quickbooks import SYSTEM, kept
from mlc_quickbooks.notes import NOTE, NOTE_MAX
from mlc_quickbooks.render_lines import department_of, rendered_lines
from mlc_quickbooks.render_parts import (
    DEPARTMENTS,
    MULTICURRENCY,
    PAYABLE,
    Rendering,
    ledger_day,
    number,
    reference,
    required,
)

ZERO = Decimal(0)
#: A change of any of these sends the lines anew; of others only the header.
LINE_FIELDS = frozenset({"lines", "charges", "total", "subtotal", "tax_total", "amounts_include_tax"})
DATES = frozenset({"issue_date", "posting_date"})
_CLOSED = frozenset({OrderStatus.CLOSED, OrderStatus.BILLED, OrderStatus.CANCELLED})


def bill(record: Bill, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """Raises MappingError for a void: QuickBooks cannot void a bill, and deleting one is not ours."""
    refuse_void(rendering, "bill")
    lose_payable(record, rendering)
    body = _payable(record, rendering)
    body |= _due(record, rendering)
    if record.payment_terms and rendering.changes(record, "payment_terms"):
        base = rendering.binding.base if rendering.binding is not None else None
        if getattr(base, "payment_terms", None) != record.payment_terms:
            rendering.lose("payment_terms", "the due date is sent instead")
    return _finished(record, rendering, body, links_orders=True)


def vendor_credit(record: VendorCredit, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """Without its rate a foreign credit would be booked at 1: it is always sent."""
    refuse_void(rendering, "vendor credit")
    lose_payable(record, rendering)
    body = _payable(record, rendering)
    if record.due_date is not None and rendering.changes(record, "due_date"):
        rendering.lose("due_date", "a credit has none in QuickBooks")
    if record.payment_terms and rendering.changes(record, "payment_terms"):
        rendering.lose("payment_terms", "a credit has none in QuickBooks")
    return _finished(record, rendering, body, links_orders=False)


def purchase_order(record: PurchaseOrder, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """An order is open or closed there; one that was cancelled is closed, with a note."""
    if rendering.context.operation is Operation.VOID:
        body = _start(rendering)
        note = body.get(NOTE)
        body |= {"POStatus": "Closed", NOTE: f"{note} {kept.CANCELLED}"[:NOTE_MAX] if note else kept.CANCELLED}
        return (RenderedPart("main", Operation.VOID, encode(body)),)
    body = _header(record, rendering, record.po_number, "po_number")
    if rendering.changes(record, "memo"):
        _put(body, NOTE, rendering.clipped("memo", record.memo, NOTE_MAX))
    if rendering.changes(record, "status") or not rendering.updating:
        body["POStatus"] = "Closed" if record.status in _CLOSED else "Open"
    if rendering.changes(record, "due_date") or rendering.changes(record, "delivery_date"):
        _put(body, "DueDate", record.due_date or record.delivery_date)
    if record.delivery_date is not None and record.due_date not in (None, record.delivery_date):
        rendering.lose("delivery_date", "QuickBooks keeps one due date of an order")
    if not rendering.updating:
        body["APAccountRef"] = reference(payable_account(record, rendering, None))
    if record.ship_to is not None and rendering.changes(record, "ship_to"):
        rendering.lose("ship_to", "QuickBooks ships to the company's own address")
    department = any(one.kind == "department" for line in record.lines for one in line.dimensions)
    if department and rendering.changes(record, "lines"):
        rendering.lose("lines.dimensions", "orders have no department in QuickBooks")
    return _finished(record, rendering, body, links_orders=False)


def _due(record: Bill, rendering: Rendering) -> Body:
    """When it has to be paid. A bill that states no day is due on its own: QuickBooks would count days of its own."""
    if record.due_date is not None and (rendering.changes(record, "due_date") or not rendering.updating):
        return {"DueDate": record.due_date}
    if rendering.updating:
        return {}
    rendering.lose("due_date", "none is stated, and QuickBooks would count the vendor's days: the bill's date is taken")
    return {"DueDate": ledger_day(record.ledger_date, rendering.context, "issue_date")}


def _payable(record: PayableDocument, rendering: Rendering) -> Body:
    body = _header(record, rendering, record.bill_number, "bill_number")
    if rendering.changes(record, "memo") or not rendering.updating:
        _put(body, NOTE, rendering.note(record.memo, body))
    if not record.bill_number and not rendering.updating:
        raise MappingError("A bill needs the vendor's number: by it doubles are found.", field="bill_number")
    if rendering.changes(record, "payable_account") or not rendering.updating:
        account = record.payable_account.source_id if record.payable_account is not None else None
        body["APAccountRef"] = reference(payable_account(record, rendering, account))
    if rendering.changes(record, "lines") and record.lines:
        department = department_of(record)
        if department is not None and rendering.fact(DEPARTMENTS) == "off":
            rendering.lose("lines.dimensions", "the company does not track departments (locations) in QuickBooks")
            department = None
        _put(body, "DepartmentRef", reference(department))
    return body


def _header(record: MoneyDocument, rendering: Rendering, stated: str | None, name: str) -> Body:
    """Vendor, number, date, currency."""
    body = _start(rendering)
    vendor = getattr(record, "vendor", None)
    if rendering.changes(record, "vendor") or not rendering.updating:
        body["VendorRef"] = reference(required(vendor, "vendor"))
    if rendering.changes(record, name):
        _put(body, "DocNumber", number(stated, name))
    if any(rendering.changes(record, one) for one in DATES) or not rendering.updating:
        day = ledger_day(record.ledger_date, rendering.context, "issue_date")
        body["TxnDate"] = day
        if record.issue_date not in (None, day):
            rendering.lose(
                "issue_date", f"QuickBooks keeps one date; the supplier's {record.issue_date} is only in our records"
            )
    if rendering.changes(record, "currency") or rendering.changes(record, "exchange_rate") or not rendering.updating:
        body |= currency_of(record, rendering)
    return body


def _start(rendering: Rendering) -> Body:
    """What the request begins with: nothing for a create, else the document as it stands.

    Raises: MappingError when it was never read whole.
    """
    if not rendering.updating:
        return {}
    base = rendering.binding.base if rendering.binding is not None else None
    before = kept.kept_in(base)
    if before is None:
        raise MappingError(
            "What stands in QuickBooks was not read whole, and a change would empty the rest: it is read first."
        )
    return {**before, **rendering.target()}


def _put(body: Body, key: str, value: object) -> None:
    """Write a member, or leave an empty one out, which empties it in a full update."""
    if value is None or value == "":
        body.pop(key, None)
    else:
        body[key] = value  # type: ignore[assignment]


def currency_of(record: MoneyDocument, rendering: Rendering) -> Body:
    """Currency and rate, base units per unit; both always for a foreign document.

    Raises: MappingError when the company has one currency only, or no rate is known.
    """
    code, base = record.currency, rendering.context.probe.base_currency
    if code is None:
        return {}
    foreign = code != base
    if rendering.fact(MULTICURRENCY) != "on":
        if foreign and base is not None:
            raise MappingError(
                f"The company keeps its books in {base} alone: switch multicurrency on in QuickBooks to post {code}.",
                field="currency",
                system=SYSTEM,
            )
        return {}
    found: Body = {"CurrencyRef": reference(code)}
    if not foreign:
        return found
    if record.exchange_rate is None:
        raise MappingError(
            f"A document in {code} needs its exchange rate: without one QuickBooks may take 1.",
            field="exchange_rate",
            system=SYSTEM,
        )
    return {**found, "ExchangeRate": record.exchange_rate.value}


def payable_account(record: MoneyDocument, rendering: Rendering, stated: str | None) -> str | None:
    """The payables account: the record's, else the company's only one of that currency."""
    if stated is not None:
        return stated
    known = rendering.context.probe.extra
    found = known.get(f"{PAYABLE}:{record.currency}") or known.get(PAYABLE)
    if not found:
        raise MappingError(
            "QuickBooks has several payables accounts, or none: set payable_account on the connection.",
            field="payable_account",
            system=SYSTEM,
        )
    return found


def _finished(
    record: MoneyDocument, rendering: Rendering, body: Body, *, links_orders: bool
) -> tuple[RenderedPart, ...]:
    """The request with its lines; an update that touches none of them sends those back that stand there."""
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    if rendering.updating and (not record.known("lines") or not rendering.changes_any(record, LINE_FIELDS)):
        return (RenderedPart("main", operation, encode(filled(body))),)
    lines, keys, total = rendered_lines(record, rendering, links_orders=links_orders)
    body["Line"] = lines
    body = _taxed(record, rendering, body, total)
    if isinstance(record, PayableDocument) and record.purchase_orders and not rendering.updating:
        linked = {one.purchase_order.source_id for one in record.lines if one.purchase_order is not None}
        loose = [one for one in record.purchase_orders if one.source_id not in linked]
        if loose:
            rendering.lose("purchase_orders", "no line of the order meets one of the document; not linked")
    return (RenderedPart("main", operation, encode(filled(body)), line_keys=keys),)


def _taxed(record: MoneyDocument, rendering: Rendering, body: Body, lines: Decimal) -> Body:
    """Tax as this edition wants it, and the total that QuickBooks will compute.

    Raises: MappingError when that is not the stated total, or the United States are to be told of a tax.
    """
    tax = record.tax_total or ZERO
    if rendering.is_us and tax:
        raise MappingError(
            "Purchases bear no tax of their own in QuickBooks of the United States: it has to be in the lines.",
            field="tax_total",
            system=SYSTEM,
        )
    if record.total is not None and lines + tax != record.total:
        raise MappingError(
            f"The lines add up to {plain(lines)} and the tax is {plain(tax)}, but the document says "
            f"{plain(record.total)}: QuickBooks would show another total.",
            field="total",
            system=SYSTEM,
        )
    for key in ("GlobalTaxCalculation", "TxnTaxDetail"):
        body.pop(key, None)
    if rendering.is_us:
        return body
    coded = any(line.tax is not None and line.tax.ref is not None for line in record.lines)
    if not coded and not tax:
        return {**body, "GlobalTaxCalculation": "NotApplicable"}
    return {**body, "GlobalTaxCalculation": "TaxExcluded", "TxnTaxDetail": {"TotalTax": tax}}


def refuse_void(rendering: Rendering, what: str) -> None:
    if rendering.context.operation is Operation.VOID:
        raise MappingError(
            f"QuickBooks cannot void a {what}, and nothing is deleted there: enter a document against it.",
            field="status",
            system=SYSTEM,
        )


def lose_payable(record: PayableDocument, rendering: Rendering) -> None:
    """What a payable may carry and QuickBooks has no field for."""
    losses = {
        "payment_reference": "QuickBooks has one number per document",
        "withholding_total": "QuickBooks pays what the lines add up to",
        "payment_group": "the source's own key of a payment run",
        "payment_blocked": "QuickBooks has no payment block: nothing there keeps people from paying it",
    }
    for name, reason in losses.items():
        if getattr(record, name, None) and rendering.changes(record, name):
            rendering.lose(name, reason)
