"""Records to write: copies of what was read under another number or name, and harmless changes."""

from collections.abc import Sequence
from typing import Any

from mlc.records import (
    Contact,
    DocumentStatus,
    Line,
    MoneyDocument,
    Party,
    PartyStatus,
    Payment,
    Record,
)

#: What the source says about its own copy, and what belongs to one document alone.
_NOT_COPIED = frozenset(
    {"status_raw", "url", "attachments", "custom_fields", "external_key", "amount_paid", "credit_applied", "balance",
     "approval_status", "payment_status", "payment_reference", "purchase_orders", "number_fallback", "category",
     "extensions", "payment_group", "approver", "billed_total", "entities", "vendor_code", "external_code",
     "customer_code", "tax_number", "registration_number", "contacts"}
)  # fmt: skip
_LINE_NOT_COPIED = frozenset(
    {"line_id", "purchase_order", "purchase_order_line", "received_quantity", "billed_quantity", "custom_fields"}
)


def copied(records: Sequence[Record], number: int) -> Record | None:
    """A record like one that was read, under another number or name; None for payments, which need open documents."""
    usable = [record for record in records if not isinstance(record, Payment) and _ordinary(record)]
    if not usable:
        return None
    like = usable[0]
    values: dict[str, Any] = {
        name: getattr(like, name) for name in like.model_fields_set if name not in _NOT_COPIED and name != "lines"
    }
    for name in ("bill_number", "po_number", "invoice_number", "expense_number"):
        if name in type(like).model_fields:
            values[name] = f"CF-{number}"
    if isinstance(like, MoneyDocument):
        values["lines"] = tuple(_line(line, number, place) for place, line in enumerate(like.lines, 1))
    elif "name" in type(like).model_fields:
        values["name"] = f"Conformance {number}"
    return type(like).model_validate(values)


def changed(record: Record) -> tuple[Record, frozenset[str]] | None:
    """A memo, a website or a title that the record did not have."""
    if isinstance(record, MoneyDocument):
        text = "Seen again." if record.memo != "Seen again." else "Seen once more."
        return record.model_copy(update={"memo": text}), frozenset({"memo"})
    if isinstance(record, Party):
        end = "b" if (record.website or "").endswith("a") else "a"
        return record.model_copy(update={"website": f"https://conformance.example/{end}"}), frozenset({"website"})
    if isinstance(record, Contact):
        return record.model_copy(update={"title": "Head" if record.title == "Clerk" else "Clerk"}), frozenset({"title"})
    return None


def _ordinary(record: Record) -> bool:
    if isinstance(record, Party):
        return record.status is PartyStatus.ACTIVE
    if isinstance(record, MoneyDocument):
        live = getattr(record, "status", None) not in (DocumentStatus.VOID, DocumentStatus.UNKNOWN)
        return live and bool(record.lines) and (record.total or 0) > 0
    return True


def _line(line: Line, number: int, place: int) -> Line:
    kept = {name: getattr(line, name) for name in line.model_fields_set if name not in _LINE_NOT_COPIED}
    return Line.model_validate({**kept, "key": f"{number}-{place}", "position": place})
