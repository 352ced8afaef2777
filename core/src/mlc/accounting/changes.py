"""What changed on a document, field by field, against that side's own base (R16). Unset fields are never compared."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc.accounting.keys import allocation_key, dimension_code, ref_code, tax_code
from mlc.accounting.naming import PurchaseDocument, number_of
from mlc.accounting.situation import Difference
from mlc.recipes import Owner, Side
from mlc.records import Line, PurchaseOrder, Ref

HARD = frozenset({"amount", "vendor", "currency", "number", "issue_date"})
"""The document itself: they belong to the source even where a recipe does not name them."""
CODING = frozenset({"coding", "tax"})
SOFT = frozenset({"memo", "due_date"})

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "bill_number", "po_number"),
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
}


def owner_of(field: str, owners: Mapping[str, Owner], source: Side) -> Owner:
    """Who answers for a field. What no recipe names is ``never``, except the document itself, which is the source's."""
    for name in _ALIASES.get(field, (field,)):
        if name in owners:
            return owners[name]
    return Owner(source.value) if field in HARD else Owner.NEVER


def record_fields(fields: Iterable[str], record: PurchaseDocument) -> frozenset[str]:
    """The model's fields behind the names of this module, as ``RenderContext.fields`` wants them."""
    found: set[str] = set()
    for field in fields:
        if field == "number":
            found.add("po_number" if isinstance(record, PurchaseOrder) else "bill_number")
        else:
            found |= _MODEL_FIELDS.get(field, frozenset({field}))
    return frozenset(found)


def changed_fields(now: PurchaseDocument, base: PurchaseDocument) -> frozenset[str]:
    """Names of what differs between two readings of one side; only what both readings saw is compared."""
    changed = {name for name, (needs, text) in _FIELDS.items() if _seen(needs, now, base) and text(now) != text(base)}
    if _seen(("lines",), now, base):
        changed |= _changed_lines(now, base)
    return frozenset(changed)


def drift(
    base_target: PurchaseDocument, target_now: PurchaseDocument, owners: Mapping[str, Owner], *, source: Side
) -> list[Difference]:
    """What somebody changed in the target among the source's fields. ``ours`` is what stood there before."""
    changed = changed_fields(target_now, base_target)
    owned = sorted(field for field in changed if owner_of(field, owners, source) is Owner(source.value))
    return [Difference(field, describe(field, base_target), describe(field, target_now)) for field in owned]


def describe(field: str, document: PurchaseDocument) -> str:
    """One field's value as a person reads it."""
    if field in _FIELDS:
        value = _FIELDS[field][1](document)
        return "" if value is None else str(value)
    if field == "coding":
        return "; ".join(allocation_key(line.account, line.dimensions) for line in document.lines)
    if field == "tax":
        return "; ".join("" if line.tax is None else tax_code(line.tax) for line in document.lines)
    return "; ".join(line.description or line.name or "" for line in document.lines)


def _changed_lines(now: PurchaseDocument, base: PurchaseDocument) -> set[str]:
    """Money that moved between lines is ``amount``, even when the total stayed; another account is ``coding``."""
    changed: set[str] = set()
    ours, theirs = _by_key(now.lines), _by_key(base.lines)
    if ours.keys() != theirs.keys():
        changed.add("amount")
    for key in ours.keys() & theirs.keys():
        mine, other = ours[key], theirs[key]
        changed |= {name for name, parts in _LINE_FIELDS.items() if any(_differs(part, mine, other) for part in parts)}
        changed |= _changed_shares(mine, other)
        if _coded(mine) != _coded(other):
            changed.add("coding")
    return changed


def _changed_shares(now: Line, base: Line) -> set[str]:
    mine, other = _shares(now), _shares(base)
    changed = {"amount"} if any(mine[key] != other[key] for key in mine.keys() & other.keys()) else set()
    return changed | ({"coding"} if mine.keys() != other.keys() else set())


_LINE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "amount": ("quantity", "unit_price", "line_net_amount"),
    "tax": ("tax",),
    "lines_text": ("name", "description", "unit"),
    "links": ("purchase_order", "purchase_order_line"),
}


def _differs(field: str, now: Line, base: Line) -> bool:
    return now.known(field) and base.known(field) and _plain(getattr(now, field)) != _plain(getattr(base, field))


def _plain(value: Any) -> Any:
    """A reference counts by what it points to; a tax by what it says, not by its amount, which follows the lines."""
    if isinstance(value, Ref):
        return value.source_id or ref_code(value)
    if value is not None and hasattr(value, "treatment"):
        return (tax_code(value), value.percent, value.inclusive, value.treatment)
    return value


def _by_key(lines: Iterable[Line]) -> dict[str, Line]:
    return {line.key or line.line_id or f"#{index}": line for index, line in enumerate(lines)}


def _coded(line: Line) -> tuple[object, list[str]]:
    dimensions = sorted(dimension_code(value) for value in line.dimensions)
    return (None if line.account is None else line.account.source_id or ref_code(line.account), dimensions)


def _shares(line: Line) -> dict[str, Decimal]:
    shares: dict[str, Decimal] = {}
    for share in line.allocations:
        key = allocation_key(share.account, share.dimensions)
        shares[key] = shares.get(key, Decimal(0)) + share.amount
    return shares


def _seen(needs: tuple[str, ...], now: PurchaseDocument, base: PurchaseDocument) -> bool:
    return any(now.known(field) and base.known(field) for field in needs)


def _vendor(document: PurchaseDocument) -> str | None:
    return None if document.vendor is None else document.vendor.source_id or ref_code(document.vendor)


def _amount(document: PurchaseDocument) -> Decimal | None:
    return document.total


def _ship_to(document: PurchaseDocument) -> str | None:
    address = getattr(document, "ship_to", None)
    return None if address is None else ", ".join(str(part) for part in address.model_dump().values() if part)


def _links(document: PurchaseDocument) -> str:
    return ", ".join(sorted(ref.source_id or ref_code(ref) for ref in getattr(document, "purchase_orders", ())))


def _delivery_date(document: PurchaseDocument) -> object:
    return getattr(document, "delivery_date", None)


_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[PurchaseDocument], Any]]] = {
    "number": (("bill_number", "po_number"), lambda document: number_of(document) or None),
    "vendor": (("vendor",), _vendor),
    "currency": (("currency",), lambda document: document.currency),
    "amount": (("total",), _amount),
    "tax": (("tax_total",), lambda document: document.tax_total),
    "issue_date": (("issue_date", "posting_date"), lambda document: document.ledger_date),
    "due_date": (("due_date",), lambda document: document.due_date),
    "memo": (("memo",), lambda document: (document.memo or "").strip() or None),
    "delivery_date": (("delivery_date",), _delivery_date),
    "ship_to": (("ship_to",), _ship_to),
    "links": (("purchase_orders",), _links),
}
"""Name → (the model's fields it needs to have been seen, its value as text or a comparable value)."""
