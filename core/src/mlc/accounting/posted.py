"""Look at what was posted (R13): what the target shows against what was sent."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, name_of, person_key
from mlc.accounting.situation import Difference
from mlc.records import (
    Bill,
    ChargeKind,
    DocumentStatus,
    Expense,
    Invoice,
    OrderStatus,
    Payment,
    PurchaseOrder,
    Record,
    Ref,
    VendorCredit,
)

_VOID = (DocumentStatus.VOID, OrderStatus.CANCELLED)


def compare_posted(rendered: Record, seen: Record) -> list[Difference]:
    """Total, tax, currency, party, number, date, line count and status; only what both say is compared.

    Records that carry no money are not compared here: their bases are (R16).
    """
    if type(rendered) is not type(seen):
        return []
    checks = _PAYMENT if isinstance(rendered, Payment) else _DOCUMENT
    if not isinstance(rendered, Bill | VendorCredit | PurchaseOrder | Invoice | Expense | Payment):
        return []
    found = []
    both = rendered.model_fields_set & seen.model_fields_set
    for name, (fields, text) in checks.items():
        if both.isdisjoint(fields):
            continue
        ours, theirs = text(rendered), text(seen)
        if name == "lines" and _charges_became_lines(rendered, seen):
            continue
        if ours is not None and ours != theirs:
            found.append(Difference(name, ours, theirs or "nothing"))
    if getattr(seen, "status", None) in _VOID and getattr(rendered, "status", None) not in _VOID:
        found.append(Difference("status", "open", "void"))
    return found


def posted_hold(rendered: TradeDocument, seen: TradeDocument) -> Hold | None:
    """The hold for a document that was posted but shows other values; None when it shows what was sent."""
    found = compare_posted(rendered, seen)
    if not found:
        return None
    told = "; ".join(f"{one.field} is {one.theirs} instead of {one.ours}" for one in found)
    sentence = f"{name_of(rendered)}: it was posted, but {told}."
    detail = {one.field: {"ours": one.ours, "theirs": one.theirs} for one in found}
    return Hold(HoldCode.POSTED_DIFFERS, sentence, Waits.PERSON, person_key(rendered), detail)


def _amount(field: str) -> Callable[[Record], str | None]:
    def text(record: Record) -> str | None:
        value = getattr(record, field, None)
        return _plain(value) if isinstance(value, Decimal) else None

    return text


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _text(*fields: str) -> Callable[[Record], str | None]:
    def text(record: Record) -> str | None:
        for field in fields:
            value = getattr(record, field, None)
            if value:
                return str(value).strip()
        return None

    return text


def _party(record: Record) -> str | None:
    for field in ("vendor", "customer", "party"):
        ref = getattr(record, field, None)
        if isinstance(ref, Ref):
            return ref.source_id
    return None


def _charges_became_lines(rendered: Record, seen: Record) -> bool:
    """A target without a place for charges books each as a line of its own."""
    charges = [charge for charge in getattr(rendered, "charges", ()) if charge.amount]
    more = len(getattr(seen, "lines", ())) - len(getattr(rendered, "lines", ()))
    return 0 < more <= len(charges) and not getattr(seen, "charges", ())


def _line_count(record: Record) -> str | None:
    """A rounding charge may be a line there or not; it is not counted."""
    lines = getattr(record, "lines", ())
    return str(len(lines)) if lines else None


def _tax(record: Record) -> str | None:
    charges = getattr(record, "charges", ())
    if any(charge.kind is ChargeKind.TAX for charge in charges):
        return None
    return _amount("tax_total")(record)


_Check = tuple[tuple[str, ...], Callable[[Record], str | None]]

_NUMBERS = ("bill_number", "po_number", "invoice_number")
_DOCUMENT: Mapping[str, _Check] = {
    "total": (("total",), _amount("total")),
    "tax": (("tax_total",), _tax),
    "currency": (("currency",), _text("currency")),
    "party": (("vendor", "customer"), _party),
    "number": (_NUMBERS, _text(*_NUMBERS)),
    "date": (("issue_date",), _text("ledger_date")),
    "lines": (("lines",), _line_count),
}

_PAYMENT: Mapping[str, _Check] = {
    "amount": (("amount",), _amount("amount")),
    "currency": (("currency",), _text("currency")),
    "party": (("party",), _party),
    "date": (("payment_date",), _text("payment_date")),
    "documents": (("allocations",), lambda record: str(len(getattr(record, "allocations", ()))) or None),
}
