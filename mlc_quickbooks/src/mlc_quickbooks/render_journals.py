"""Journal entries → the body of QuickBooks' call. Pure.

The reference documents partial updates of journal entries: what is not sent stays, but ``Line`` is replaced as a whole.
"""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import JournalEntry, JournalLine, ObjectType
from mlc.wire import Body, Json, encode, filled, plain

from mlc_quickbooks import SYSTEM
from mlc_quickbooks.entities import CLASS, DEPARTMENT
from mlc_quickbooks.journals import JOURNAL_LINE
from mlc_quickbooks.notes import NOTE, NOTE_MAX
from mlc_quickbooks.render_parts import (
    DESCRIPTION_MAX,
    MULTICURRENCY,
    Rendering,
    ledger_day,
    number,
    own_dimension,
    reference,
    required,
)

ZERO = Decimal(0)
_PARTIES = {ObjectType.VENDOR: "Vendor", ObjectType.CUSTOMER: "Customer"}


def journal_entry(record: JournalEntry, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """Debits equal credits, or nothing is sent. QuickBooks keeps the bill's terms and number nowhere."""
    if rendering.context.operation is Operation.VOID:
        raise MappingError(
            "QuickBooks cannot void a journal entry, and nothing is deleted there: enter one against it.",
            field="status",
            system=SYSTEM,
        )
    body: Body = {**rendering.target(), "sparse": True} if rendering.updating else {}
    if rendering.changes(record, "entry_number"):
        body["DocNumber"] = number(record.entry_number, "entry_number") or ""
    if rendering.changes(record, "posting_date") or not rendering.updating:
        body["TxnDate"] = ledger_day(record.posting_date, rendering.context, "posting_date")
    if rendering.changes(record, "memo"):
        body[NOTE] = rendering.clipped("memo", record.memo, NOTE_MAX) or ""
    if record.reference and rendering.changes(record, "reference"):
        rendering.lose("reference", "QuickBooks has one number per entry")
    keys: tuple[str, ...] = ()
    if rendering.changes(record, "lines") or not rendering.updating:
        body |= _currency(record, rendering)
        lines, keys = _lines(record, rendering)
        body["Line"] = lines
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    if not rendering.updating:
        body = {key: value for key, value in body.items() if value != ""}
    return (RenderedPart("main", operation, encode(filled(body)), line_keys=keys),)


def _lines(record: JournalEntry, rendering: Rendering) -> tuple[list[Json], tuple[str, ...]]:
    """Our lines, and those that somebody added there: a line that is left out is gone."""
    bound = dict(rendering.binding.main.lines) if rendering.binding is not None else {}
    base = rendering.binding.base if rendering.binding is not None else None
    there = [line for line in getattr(base, "lines", ()) if line.line_id is not None]
    keys = tuple(line.line_id or f"#{position}" for position, line in enumerate(record.lines, start=1))
    ours = {*bound.values(), *(line.line_id for line in record.lines if line.line_id is not None)}
    own = {line.line_id for line in there}
    found: list[Json] = []
    for position, (key, line) in enumerate(zip(keys, record.lines, strict=True), start=1):
        line_id = bound.get(key) or (line.line_id if line.line_id in own else None)
        found.append(_line(line, rendering, f"lines.{position}", line_id))
    others = [line for line in there if line.line_id not in ours]
    found += [_line(line, rendering, "lines", line.line_id) for line in others]
    _balanced([*record.lines, *others])
    return found, keys


def _balanced(lines: list[JournalLine]) -> None:
    debit = sum((line.debit or ZERO for line in lines), ZERO)
    credit = sum((line.credit or ZERO for line in lines), ZERO)
    if debit != credit or not lines:
        raise MappingError(
            f"The debits come to {plain(debit)} and the credits to {plain(credit)}: they have to be equal.",
            field="lines",
            system=SYSTEM,
        )


def _line(line: JournalLine, rendering: Rendering, place: str, line_id: str | None) -> Body:
    if (line.debit is None) == (line.credit is None):
        raise MappingError("A journal line is either a debit or a credit.", field=f"{place}.debit", system=SYSTEM)
    detail: Body = {
        "PostingType": "Debit" if line.debit is not None else "Credit",
        "AccountRef": reference(required(line.account, f"{place}.account")),
        "Entity": _party(line, rendering, place),
    }
    for entity, key in ((DEPARTMENT, "DepartmentRef"), (CLASS, "ClassRef")):
        found = next((own for one in line.dimensions if (own := own_dimension(one, entity)) is not None), None)
        detail[key] = reference(found)
    for one in line.dimensions:
        if own_dimension(one, DEPARTMENT) is None and own_dimension(one, CLASS) is None:
            rendering.lose(f"{place}.dimensions", f"{one.kind} {one.name or one.code} has no place on a line")
    return filled(
        {
            "Id": line_id,
            "DetailType": JOURNAL_LINE,
            "Amount": line.debit if line.debit is not None else line.credit,
            "Description": rendering.clipped(f"{place}.description", line.description, DESCRIPTION_MAX),
            JOURNAL_LINE: filled(detail),
        }
    )


def _party(line: JournalLine, rendering: Rendering, place: str) -> Body | None:
    if line.party is None or line.party.source_id is None:
        return None
    kind = _PARTIES.get(line.party.record_type)
    if kind is None:
        rendering.lose(f"{place}.party", f"a {line.party.record_type} has no place on a journal line")
        return None
    return {"Type": kind, "EntityRef": reference(line.party.source_id)}


def _currency(record: JournalEntry, rendering: Rendering) -> Body:
    base, code = rendering.context.probe.base_currency, record.currency
    if code is None or rendering.fact(MULTICURRENCY) != "on":
        if code is not None and base is not None and code != base:
            raise MappingError(f"The company keeps its books in {base} alone.", field="currency", system=SYSTEM)
        return {}
    if code == base:
        return {"CurrencyRef": reference(code)}
    if record.exchange_rate is None:
        raise MappingError(
            f"An entry in {code} needs its exchange rate: without one QuickBooks may take 1.",
            field="exchange_rate",
            system=SYSTEM,
        )
    return {"CurrencyRef": reference(code), "ExchangeRate": record.exchange_rate.value}
