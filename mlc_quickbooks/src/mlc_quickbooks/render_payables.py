"""Bills → journal entries (``post_as = "journal"``): lines as debits, one payables line with the vendor. Pure.

Departments and classes stand on the lines. QuickBooks keeps neither due date nor terms of an entry.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Bill, Charge, Line
from mlc.wire import Body, Json, encode, filled, plain

from mlc_quickbooks import SYSTEM, kept
from mlc_quickbooks.entities import CLASS, DEPARTMENT
from mlc_quickbooks.journals import CREDIT, DEBIT, JOURNAL_LINE, VENDOR, payable_line
from mlc_quickbooks.notes import NOTE
from mlc_quickbooks.render_documents import LINE_FIELDS, currency_of, lose_payable, payable_account, refuse_void
from mlc_quickbooks.render_lines import amount_of, line_key
from mlc_quickbooks.render_parts import (
    CLASSES,
    DEPARTMENTS,
    DESCRIPTION_MAX,
    Rendering,
    ledger_day,
    number,
    own_dimension,
    reference,
    required,
    storable,
)

ZERO = Decimal(0)
_SWITCHES = ((DEPARTMENT, "DepartmentRef", DEPARTMENTS), (CLASS, "ClassRef", CLASSES))
_LOST = {
    "due_date": "a journal entry has no due date in QuickBooks, and QuickBooks checks its number against no bill",
    "payment_terms": "a journal entry has no terms in QuickBooks",
    "purchase_orders": "a journal entry is linked to no order in QuickBooks",
}
_WHOLE = LINE_FIELDS | {"vendor", "payable_account", "currency", "exchange_rate"}


def bill(record: Bill, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """Debits equal the payable, or nothing is sent.

    Raises: MappingError for a void, a tax of its own, a line without an account, amounts that do not add up.
    """
    refuse_void(rendering, "journal entry")
    lose_payable(record, rendering)
    for name, reason in _LOST.items():
        if getattr(record, name, None) and rendering.changes(record, name):
            rendering.lose(name, reason)
    if not record.bill_number and not rendering.updating:
        raise MappingError("A bill needs the vendor's number: by it doubles are found.", field="bill_number")
    body: Body = {**rendering.target(), "sparse": True} if rendering.updating else {}
    if rendering.changes(record, "bill_number"):
        body["DocNumber"] = number(record.bill_number, "bill_number") or ""
    if any(rendering.changes(record, one) for one in ("issue_date", "posting_date")) or not rendering.updating:
        body["TxnDate"] = ledger_day(record.ledger_date, rendering.context, "issue_date")
    if rendering.changes(record, "memo") or not rendering.updating:
        before = kept.kept_in(rendering.binding.base) if rendering.binding is not None else None
        body[NOTE] = rendering.note(record.memo, before or {}) or ""
    keys: tuple[str, ...] = ()
    if not rendering.updating or rendering.changes_any(record, _WHOLE):
        body |= currency_of(record, rendering)
        body["Line"], keys = _lines(record, rendering)
    if not rendering.updating:
        body = {key: value for key, value in body.items() if value != ""}
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    return (RenderedPart("main", operation, encode(filled(body)), line_keys=keys),)


def _lines(record: Bill, rendering: Rendering) -> tuple[list[Json], tuple[str, ...]]:
    """Our lines, those that people added there, and the payables line. Which is left out is gone."""
    if record.tax_total:
        raise MappingError(
            f"A journal entry has no place for the tax of {plain(record.tax_total)}: fold it into the lines or give it "
            'a line (purchase_tax), or set post_as = "bill".',
            field="tax_total",
            system=SYSTEM,
        )
    binding = rendering.binding
    bound = dict(binding.main.lines) if binding is not None else {}
    before = kept.kept_in(binding.base) if binding is not None else {}
    if before is None:
        raise MappingError(
            "What stands in QuickBooks was not read whole, and a change would empty the rest: it is read first."
        )
    owed = payable_line(before)
    ours: set[str] = set(bound.values()) | {str(line.line_id) for line in record.lines if line.line_id is not None}
    theirs = {str(line.get("Id")): line for line in kept.lines_of(before) if line != owed}
    found: list[Json] = []
    keys: list[str] = []
    total = ZERO
    charges = [_plain(one, place) for place, one in enumerate(record.charges, start=1) if one.amount]
    for position, line in enumerate([*record.lines, *charges], start=1):
        key = line_key(line, position)
        place = f"lines.{position}"
        amount = storable(amount_of(line, record, place), place)
        keys.append(key)
        total += amount
        found.append(_line(line, amount, rendering, place, bound.get(key)))
    for line_id, there in theirs.items():
        if line_id not in ours:
            found.append(there)
            total += _signed(there)
    if record.total is not None and total != record.total:
        raise MappingError(
            f"The lines add up to {plain(total)}, but the document says {plain(record.total)}.",
            field="total",
            system=SYSTEM,
        )
    if total <= 0:
        raise MappingError("A journal entry that owes the vendor nothing is no bill.", field="total", system=SYSTEM)
    stated = record.payable_account.source_id if record.payable_account is not None else None
    detail: Body = {
        "PostingType": CREDIT,
        "AccountRef": reference(payable_account(record, rendering, stated)),
        "Entity": {"Type": VENDOR, "EntityRef": reference(required(record.vendor, "vendor"))},
    }
    payable = {"Id": None if owed is None else str(owed.get("Id")), "DetailType": JOURNAL_LINE, "Amount": total}
    found.append(filled({**payable, "Description": record.bill_number, JOURNAL_LINE: detail}))
    return found, tuple(keys)


def _plain(charge: Charge, place: int) -> Line:
    """Money outside the lines as a line on its own account."""
    if charge.account is None or charge.account.source_id is None:
        raise MappingError(
            f"QuickBooks has no field for a {charge.kind} charge of {charge.amount}: map it to an account.",
            field="charges",
            system=SYSTEM,
        )
    return Line(
        key=f"charge:{charge.kind}:{place}",
        account=charge.account,
        dimensions=charge.dimensions,
        line_net_amount=charge.amount,
        description=charge.description or str(charge.kind).capitalize(),
    )


def _line(line: Line, amount: Decimal, rendering: Rendering, place: str, line_id: str | None) -> Body:
    if line.account is None or line.account.source_id is None:
        raise MappingError("QuickBooks needs an account on every line.", field=f"{place}.account", system=SYSTEM)
    detail: Body = {"PostingType": DEBIT if amount >= 0 else CREDIT, "AccountRef": reference(line.account.source_id)}
    for entity, key, switch in _SWITCHES:
        own = next((one for value in line.dimensions if (one := own_dimension(value, entity)) is not None), None)
        if own is not None and rendering.fact(switch) == "off":
            rendering.lose(f"{place}.dimensions", f"the company does not track a {entity.name.lower()} in QuickBooks")
        elif own is not None:
            detail[key] = reference(own)
    for value in line.dimensions:
        if own_dimension(value, DEPARTMENT) is None and own_dimension(value, CLASS) is None:
            rendering.lose(f"{place}.dimensions", f"{value.kind} {value.name or value.code} has no place on a line")
    if line.purchase_order_line is not None and line_id is None:
        rendering.lose(f"{place}.purchase_order_line", "a journal entry is linked to no order in QuickBooks")
    text = rendering.clipped(f"{place}.description", line.description or line.name, DESCRIPTION_MAX)
    head = {"Id": line_id, "DetailType": JOURNAL_LINE, "Amount": abs(amount), "Description": text}
    return filled({**head, JOURNAL_LINE: detail})


def _signed(line: Mapping[str, Any]) -> Decimal:
    amount = line.get("Amount") or 0
    value = amount if isinstance(amount, Decimal) else Decimal(amount)
    detail = line.get(JOURNAL_LINE)
    return -value if isinstance(detail, Mapping) and detail.get("PostingType") == CREDIT else value
