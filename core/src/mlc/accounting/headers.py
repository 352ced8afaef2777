"""A document's head: number, dates, vendor, currency and rate, and what the memo has to tell."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import money, number_of, party_of, vendor_name
from mlc.accounting.shapes import Held, Shaping
from mlc.records import Expense, Invoice, Rate, Ref, round_money

#: Kind of an expense whose money came back.
REFUND = "refund"
_TAIL = 16
_HASH = 4


@dataclass(frozen=True, slots=True)
class Header:
    party: Ref | None
    total: Decimal
    ledger_date: date
    number: str
    full_number: str
    number_made: bool
    rate: Rate | None
    notes: tuple[str, ...] = field(default=())


def header_of(work: Shaping, *, suffix: str = "") -> Header:
    """The head as the target gets it, its number with a suffix. Raises Held for whatever is missing."""
    total = _total(work)
    day = _ledger_date(work)
    party = _party(work)
    stated, made = _number(work)
    full = f"{stated}{suffix}"
    number = shorten_number(full, work.traits.number_max)
    notes = []
    if number != full:
        work.overrides["number"] = full
        notes.append(f"Full number: {full}")
    notes += _date_notes(work, day)
    return Header(party, total, day, number, full, made, _rate(work, day), tuple(notes))


def shorten_number(number: str, limit: int | None) -> str:
    """A number too long for the target: its last 16 characters, ``~`` and four of a hash of the full one."""
    if limit is None or len(number) <= limit:
        return number
    tail = max(min(_TAIL, limit - _HASH - 1), 0)
    return f"{number[len(number) - tail :]}~{sha256(number.encode()).hexdigest()[:_HASH]}"[-limit:]


def _total(work: Shaping) -> Decimal:
    document = work.document
    if document.currency is None:
        raise work.held(HoldCode.MANDATORY_FIELD, "the source states no currency")
    if document.total is None:
        raise work.held(HoldCode.MANDATORY_FIELD, "the source states no total")
    if document.total == 0:
        raise work.held(HoldCode.ZERO_TOTAL, f"its total is {money(Decimal(0), document.currency)}")
    if document.total < 0:
        told = money(document.total, document.currency)
        raise work.held(HoldCode.NEGATIVE_LINE, f"its total {told} is negative, so it is a credit, not a bill")
    if isinstance(document, Expense) and document.kind == REFUND:
        told = money(document.total, document.currency)
        raise work.held(HoldCode.NEGATIVE_LINE, f"its total {told} was given back, so it is no spending")
    withheld = getattr(document, "withholding_total", None)
    if withheld:
        why = f"{money(withheld, document.currency)} are withheld from it, and the whole would be paid"
        raise work.held(HoldCode.WITHHOLDING, why)
    return round_money(document.total, document.currency)


def _ledger_date(work: Shaping) -> date:
    day = work.document.ledger_date
    if day is None:
        raise work.held(HoldCode.MANDATORY_FIELD, "the source states no date")
    return work.moved_to or day


def _party(work: Shaping) -> Ref | None:
    """The vendor or customer in the target. An expense needs none: whoever was paid stays in its texts."""
    ref, what = party_of(work.document), "customer" if isinstance(work.document, Invoice) else "vendor"
    if isinstance(work.document, Expense):
        return _payee(work, ref)
    if ref is None:
        raise work.held(HoldCode.MANDATORY_FIELD, f"the source names no {what}")
    found = work.refs.customer(ref) if isinstance(work.document, Invoice) else work.refs.vendor(ref)
    if isinstance(found, Hold):
        raise Held(found)
    key = f"{what}:{ref.source_id or ref.code or ref.name}"
    if found is None:
        why = f"its {what} {vendor_name(ref) or '(without a name)'} is not in the target"
        raise work.held(HoldCode.MISSING_VENDOR, why, waits=Waits.REFERENCE, key=key)
    if found.code is not None and work.document.currency is not None and found.code != work.document.currency:
        part = work.refs.vendor_in(ref, work.document.currency)
        if part is not None:
            return part
        why = f"its {what} {vendor_name(ref)} is kept in {found.code} in the target, so it cannot hold this document"
        raise work.held(HoldCode.CURRENCY_MISMATCH, why, waits=Waits.REFERENCE, key=key)
    return found


def _payee(work: Shaping, ref: Ref | None) -> Ref | None:
    found = work.refs.vendor(ref) if ref is not None else None
    if isinstance(found, Ref):
        return found
    if ref is None:
        return None
    work.lose("vendor", f"{vendor_name(ref) or 'who was paid'} is not bound to a vendor of the target")
    return Ref(record_type=ref.record_type, name=vendor_name(ref))


def _number(work: Shaping) -> tuple[str, bool]:
    """The full number, and whether it had to be made."""
    stated = " ".join((number_of(work.document) or "").split())
    if stated:
        return stated, False
    if work.traits.number_fallback:
        return work.traits.number_fallback, True
    if isinstance(work.document, Expense):
        return work.document.source.source_id, True
    raise work.held(HoldCode.NUMBER_MISSING, "the source states no number")


def _date_notes(work: Shaping, day: date) -> list[str]:
    notes = []
    stated = work.document.issue_date
    if stated is not None and stated != day:
        work.overrides["issue_date"] = stated.isoformat()
        notes.append(f"Supplier's date: {stated.isoformat()}")
    if work.moved_to is not None and work.moved_to != work.document.ledger_date:
        work.overrides["moved_to"] = work.moved_to.isoformat()
        notes.append(f"Moved to the first open day; its ledger date was {work.document.ledger_date}")
    return notes


def _rate(work: Shaping, day: date) -> Rate | None:
    """The ledger owns the rate; an order does not post and does without."""
    currency, base = work.document.currency, work.probe.base_currency
    if currency is None or base is None or currency == base or not work.traits.keeps_rate:
        return None
    found = work.refs.rate(currency, day)
    if isinstance(found, Rate):
        return found
    if work.is_order:
        work.lose("exchange_rate", f"the ledger has no rate from {currency} to {base} for {day.isoformat()}")
        return None
    if isinstance(found, Hold):
        raise Held(found)
    why = f"the ledger has no exchange rate from {currency} to {base} for {day.isoformat()}"
    raise work.held(HoldCode.NO_EXCHANGE_RATE, why, waits=Waits.CONFIG, key=f"rate:{currency}:{day.isoformat()}")
