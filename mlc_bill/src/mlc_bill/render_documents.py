"""Bills, vendor credits and invoices → the bodies of BILL's calls. Pure; the inverse of ``mapping_documents``."""

from datetime import date
from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Bill, Invoice, MoneyDocument, PayableDocument, VendorCredit
from mlc.wire import Body, Json, encode, filled, plain

from mlc_bill import SYSTEM
from mlc_bill.render_parts import DESCRIPTION_MAX, Rendering, charge_items, line_items, required_id

NUMBER_MAX = 21
#: Canonical fields that stand in the header alone: an update of these leaves the lines out.
_HEADER = frozenset({"due_date", "memo", "purchase_orders"})


def bill(record: Bill, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create refuses a number that BILL has; an update touches the header, the lines, or replaces the whole."""
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="archive"),)
    header = filled(
        {
            "dueDate": _due(record, rendering),
            "description": rendering.clipped("memo", record.memo, DESCRIPTION_MAX),
            "purchaseOrderNumber": _orders(record),
        }
    )
    _lose(record, rendering)
    fields = rendering.fields
    if rendering.updating and (not record.known("lines") or (fields is not None and fields <= _HEADER)):
        return _header_only(record, rendering, header)
    lines, keys = line_items(record, rendering)
    extra, more = charge_items(record, rendering)
    _check_total(record, [*lines, *extra])
    body: Body = {
        "vendorId": required_id(record.vendor, "vendor"),
        "invoice": {"invoiceNumber": _number(record.bill_number), "invoiceDate": _day(record, rendering)},
        **header,
        "billLineItems": [*lines, *extra],
    }
    keys = (*keys, *more)
    if not rendering.updating:
        credits = _credits(record)
        if credits:
            body["vendorCredits"] = credits
        body["allowDuplicateInvoiceNumber"] = False
        return (RenderedPart("main", Operation.CREATE, encode(body), line_keys=keys),)
    if _same_lines(rendering, keys):
        return (RenderedPart("main", Operation.UPDATE, encode(body), line_keys=keys),)
    base = rendering.binding.base if rendering.binding is not None else None
    kept = base.extensions if isinstance(base, Bill) else {}
    carried: Body = {name: kept[name] for name in ("payFromChartOfAccountId", "classifications") if name in kept}
    whole = encode({**body, **carried})
    return (RenderedPart("main", Operation.UPDATE, whole, action="replace", line_keys=keys),)


def vendor_credit(record: VendorCredit, rendering: Rendering) -> tuple[RenderedPart, ...]:
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="archive"),)
    _lose(record, rendering)
    header: Body = filled({"description": rendering.clipped("memo", record.memo, DESCRIPTION_MAX)})
    fields = rendering.fields
    if rendering.updating and (not record.known("lines") or (fields is not None and fields <= {"memo"})):
        return (RenderedPart("main", Operation.UPDATE, encode(header)),) if header else ()
    lines, keys = line_items(record, rendering)
    extra, more = charge_items(record, rendering)
    _check_total(record, [*lines, *extra])
    if not record.bill_number:
        raise MappingError("BILL needs the vendor's number of a credit.", field="bill_number", system=SYSTEM)
    body: Body = {
        "vendorId": required_id(record.vendor, "vendor"),
        "referenceNumber": _number(record.bill_number),
        "creditDate": _day(record, rendering),
        **header,
        "vendorCreditLineItems": [*lines, *extra],
    }
    keys = (*keys, *more)
    if record.due_date is not None:
        rendering.lose("due_date", "a credit has none in BILL")
    if not rendering.updating:
        return (RenderedPart("main", Operation.CREATE, encode(body), line_keys=keys),)
    action = None if _same_lines(rendering, keys) else "replace"
    return (RenderedPart("main", Operation.UPDATE, encode(body), action=action, line_keys=keys),)


def invoice(record: Invoice, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A receivable, never e-mailed by us. A line is quantity and price there, so one piece where these do not fit."""
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="archive"),)
    if record.memo and rendering.changes(record, "memo"):
        rendering.lose("memo", "a BILL invoice has no place for it")
    fields = rendering.fields
    if rendering.updating and (not record.known("lines") or (fields is not None and fields <= {"due_date", "memo"})):
        due = record.due_date if rendering.changes(record, "due_date") else None
        return () if due is None else (RenderedPart("main", Operation.UPDATE, encode({"dueDate": due})),)
    items, keys = line_items(record, rendering)
    extra, more = charge_items(record, rendering)
    _check_total(record, [*items, *extra])
    body: Body = filled(
        {
            "customer": {"id": required_id(record.customer, "customer")},
            "invoiceNumber": _number(record.invoice_number),
            "invoiceDate": _day(record, rendering),
            "dueDate": record.due_date,
        }
    )
    body |= {
        "invoiceLineItems": [_as_pieces(item) for item in [*items, *extra] if isinstance(item, dict)],
        "processingOptions": {"sendEmail": False},
    }
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    action = "replace" if rendering.updating else None
    return (RenderedPart("main", operation, encode(body), action=action, line_keys=(*keys, *more)),)


def _as_pieces(item: dict[str, Json]) -> Json:
    amount = item.pop("amount")
    return {"quantity": Decimal(1), "price": amount, **item}  # a stated quantity and price come after, and win


def _header_only(record: Bill, rendering: Rendering, header: Body) -> tuple[RenderedPart, ...]:
    """A memo, due date or order number that changed; an emptied text is sent as ``""``."""
    names = {"due_date": "dueDate", "memo": "description", "purchase_orders": "purchaseOrderNumber"}
    body: Body = {}
    for name, key in names.items():
        if rendering.changes(record, name):
            body[key] = header.get(key, "")
    if body.get("dueDate") == "":
        del body["dueDate"]
    return (RenderedPart("main", Operation.UPDATE, encode(body)),) if body else ()


def _same_lines(rendering: Rendering, keys: tuple[str, ...]) -> bool:
    """Whether exactly the bound lines are sent, so that BILL need not be asked to replace the whole."""
    return rendering.binding is not None and set(rendering.binding.main.lines) == set(keys)


def _check_total(record: MoneyDocument, items: list[Json]) -> None:
    """BILL's total is what the lines add up to; another than the stated one is not sent."""
    amounts = [amount for item in items if isinstance(item, dict) and isinstance(amount := item["amount"], Decimal)]
    total = sum(amounts, Decimal(0))
    if record.total is not None and total != record.total:
        raise MappingError(
            f"The lines add up to {plain(total)}, and the document says {plain(record.total)}: BILL would show another "
            "total.",
            field="total",
            system=SYSTEM,
        )


def _number(stated: str | None) -> str:
    if not stated:
        raise MappingError("BILL needs a number on every document.", field="bill_number", system=SYSTEM)
    if len(stated) > NUMBER_MAX:
        raise MappingError(
            f"BILL takes numbers of at most {NUMBER_MAX} characters, and {stated} has {len(stated)}: it has to be "
            "shortened before it is sent.",
            field="bill_number",
            system=SYSTEM,
        )
    return stated


def _day(record: MoneyDocument, rendering: Rendering) -> date:
    """BILL keeps one date: the ledger date, unless it was moved into an open period on purpose."""
    moved = rendering.context.overrides.get("moved_to")
    found = date.fromisoformat(moved) if moved else record.ledger_date
    if found is None:
        raise MappingError("BILL needs the date of a document.", field="issue_date", system=SYSTEM)
    if record.issue_date not in (None, found):
        rendering.lose("issue_date", f"BILL keeps one date; the supplier's {record.issue_date} is only in our records")
    return found


def _due(record: Bill, rendering: Rendering) -> date | None:
    """BILL insists on a due date when a bill is made; without one it is due on its own date."""
    if record.due_date is not None or rendering.updating:
        return record.due_date
    rendering.lose("due_date", "none is stated, and BILL needs one: the bill's date is taken")
    return _day(record, rendering)


def _orders(record: PayableDocument) -> str | None:
    numbers = [order.code or order.name for order in record.purchase_orders]
    return ", ".join(number for number in numbers if number) or None


def _credits(record: Bill) -> list[Json]:
    """Credits that were applied at the source, by BILL's own ids (``extensions.vendor_credits``)."""
    stated = record.extensions.get("vendor_credits", ())
    found: list[Json] = []
    for one in stated:
        found.append({"id": str(one["id"]), "amount": Decimal(str(one["amount"]))})
    return found


def _lose(record: PayableDocument, rendering: Rendering) -> None:
    """What a payable may carry and BILL has no field for."""
    losses = {
        "payment_reference": "BILL has one number per bill",
        "payment_terms": "the due date is sent instead",
        "payable_account": "BILL books to its own payable account",
        "withholding_total": "BILL pays what the lines add up to",
        "payment_group": "the source's own key of a payment run",
    }
    for name, reason in losses.items():
        if getattr(record, name, None) and rendering.changes(record, name):
            rendering.lose(name, reason)
    if record.exchange_rate is not None and record.exchange_rate.value != 1:
        rendering.lose("exchange_rate", "BILL takes its own rate when it pays")
