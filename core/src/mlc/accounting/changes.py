"""What changed on a document, field by field, against that side's own base (R16). Unset fields are never compared."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc.accounting.keys import allocation_key, ref_code, tax_code
from mlc.accounting.linechanges import changed_lines, lines_compared
from mlc.accounting.naming import NUMBER_FIELDS, TradeDocument, number_of, party_field, party_of
from mlc.accounting.situation import Difference
from mlc.recipes import Owner, Side

HARD = frozenset({"amount", "vendor", "currency", "number", "issue_date"})
"""The document itself: they belong to the source even where a recipe does not name them."""
CODING = frozenset({"coding", "tax"})
SOFT = frozenset({"memo", "due_date"})

_WORDS = {"issue_date": "ledger date", "coding": "accounts and dimensions", "lines_text": "texts"}
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "bill_number", "po_number", "invoice_number", "expense_number"),
    "vendor": ("vendor", "customer"),
    "amount": ("amount", "amounts", "total", "lines"),
    "tax": ("tax", "taxes", "tax_total"),
    "issue_date": ("issue_date", "dates", "posting_date"),
    "due_date": ("due_date", "dates"),
    "links": ("links", "purchase_orders"),
}

_MODEL_FIELDS: Mapping[str, frozenset[str]] = {
    "amount": frozenset({"lines", "charges", "subtotal", "tax_total", "total"}),
    "tax": frozenset({"lines", "charges", "tax_total", "total"}),
    "coding": frozenset({"lines", "charges"}),
    "lines_text": frozenset({"lines"}),
    "links": frozenset({"lines", "purchase_orders"}),
    "money_account": frozenset({"paid_through_account"}),
}


def owner_of(field: str, owners: Mapping[str, Owner], source: Side) -> Owner:
    """Who answers for a field. What no recipe names is ``never``, except the document itself, which is the source's."""
    for name in _ALIASES.get(field, (field,)):
        if name in owners:
            return owners[name]
    return Owner(source.value) if field in HARD else Owner.NEVER


def source_fields(owners: Mapping[str, Owner], source: Side) -> frozenset[str]:
    """Everything of a document that is its source's to say."""
    return frozenset(field for field in HARD | SOFT | {"tax"} if owner_of(field, owners, source) is Owner(source.value))


def record_fields(fields: Iterable[str], record: TradeDocument) -> frozenset[str]:
    """The model's fields behind the names of this module, as ``RenderContext.fields`` wants them."""
    found: set[str] = set()
    for field in fields:
        if field == "number":
            found.add(NUMBER_FIELDS[type(record)])
        elif field == "vendor":
            found.add(party_field(record))
        else:
            found |= _MODEL_FIELDS.get(field, frozenset({field}))
    return frozenset(found)


def changed_fields(now: TradeDocument, base: TradeDocument) -> frozenset[str]:
    """Names of what differs between two readings of one side; only what both readings saw is compared."""
    changed = {name for name, (needs, text) in _FIELDS.items() if _seen(needs, now, base) and text(now) != text(base)}
    if _seen(("lines",), now, base):
        changed |= changed_lines(now.lines, base.lines)
    return frozenset(changed)


def drift(
    base_target: TradeDocument, target_now: TradeDocument, owners: Mapping[str, Owner], *, source: Side
) -> list[Difference]:
    """What somebody changed in the target among the source's fields. ``ours`` is what stood there before."""
    changed = changed_fields(target_now, base_target)
    owned = sorted(field for field in changed if owner_of(field, owners, source) is Owner(source.value))
    return [Difference(field, *compared(field, base_target, target_now)) for field in owned]


def describe(field: str, document: TradeDocument) -> str:
    """One field's value as a person reads it."""
    if field in _FIELDS:
        value = _FIELDS[field][1](document)
        return "" if value is None else str(value)
    if field == "coding":
        return "; ".join(allocation_key(line.account, line.dimensions) for line in document.lines)
    if field == "tax":
        return "; ".join("" if line.tax is None else tax_code(line.tax) for line in document.lines)
    return "; ".join(line.description or line.name or "" for line in document.lines)


def compared(field: str, was: TradeDocument | None, now: TradeDocument) -> tuple[str, str]:
    """Both values of a field that differs, as a person reads them; of lines, where only they tell the two apart."""
    before, after = "" if was is None else describe(field, was), describe(field, now)
    if was is None or before != after:
        return before, after
    whole = f"{before} ({{}})" if field in _FIELDS and before else "{}"
    in_was, in_now = lines_compared(field, was.lines, now.lines)
    return (whole.format(in_was), whole.format(in_now)) if in_was or in_now else (before, after)


def word_of(field: str) -> str:
    """A field as a person calls it."""
    return _WORDS.get(field, field.replace("_", " "))


def _seen(needs: tuple[str, ...], now: TradeDocument, base: TradeDocument) -> bool:
    return any(now.known(field) and base.known(field) for field in needs)


def _vendor(document: TradeDocument) -> str | None:
    party = party_of(document)
    return None if party is None else party.source_id or ref_code(party)


def _amount(document: TradeDocument) -> Decimal | None:
    return document.total


def _ship_to(document: TradeDocument) -> str | None:
    address = getattr(document, "ship_to", None)
    return None if address is None else ", ".join(str(part) for part in address.model_dump().values() if part)


def _paid_with(document: TradeDocument) -> str | None:
    account = getattr(document, "paid_through_account", None)
    return None if account is None else account.source_id or ref_code(account)


def _links(document: TradeDocument) -> str:
    return ", ".join(sorted(ref.source_id or ref_code(ref) for ref in getattr(document, "purchase_orders", ())))


def _delivery_date(document: TradeDocument) -> object:
    return getattr(document, "delivery_date", None)


_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[TradeDocument], Any]]] = {
    "number": (tuple(dict.fromkeys(NUMBER_FIELDS.values())), lambda document: number_of(document) or None),
    "vendor": (("vendor", "customer"), _vendor),
    "currency": (("currency",), lambda document: document.currency),
    "amount": (("total",), _amount),
    "tax": (("tax_total",), lambda document: document.tax_total),
    "issue_date": (("issue_date", "posting_date"), lambda document: document.ledger_date),
    "due_date": (("due_date",), lambda document: document.due_date),
    "memo": (("memo",), lambda document: (document.memo or "").strip() or None),
    "delivery_date": (("delivery_date",), _delivery_date),
    "ship_to": (("ship_to",), _ship_to),
    "money_account": (("paid_through_account",), _paid_with),
    "links": (("purchase_orders",), _links),
}
"""Name → (the model's fields it needs to have been seen, its value as text or a comparable value)."""
