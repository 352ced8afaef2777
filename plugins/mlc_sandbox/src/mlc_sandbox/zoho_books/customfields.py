"""Custom fields: what the organisation has defined, how requests name them, and the unique one."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business

UNIQUE_NAME = "cf_source_id"
UPSERTABLE = frozenset(
    ("contacts", "bills", "purchaseorders", "expenses", "invoices", "items", "customerpayments", "vendorpayments")
)


def define(
    books: Books, module: str, api_name: str, *, label: str, unique: bool, cause: Cause, kind: str = "string"
) -> Record:
    """Adds a custom field to a module, as an administrator does in the settings."""
    index = 1 + sum(field["module"] == module for field in books["customfields"].all())
    field = {
        "customfield_id": books.next_id(),
        "module": module,
        "api_name": api_name,
        "label": label,
        "index": index,
        "data_type": kind,
        "is_unique": unique and module in UPSERTABLE,
    }
    return books.save("customfields", field, cause)


def definitions(books: Books, module: str) -> list[Record]:
    """The fields of a module; without the ``unique_field`` switch the organisation has no unique one."""
    kept = books.switches["unique_field"]
    return [
        field for field in books["customfields"].all() if field["module"] == module and (kept or not field["is_unique"])
    ]


def unique_definition(books: Books, module: str, api_name: str) -> Record | None:
    """The field by that name if it refuses duplicates, else None."""
    for field in definitions(books, module):
        if field["api_name"] == api_name:
            return field if field["is_unique"] else None
    return None


def merged(books: Books, module: str, sent: list[dict[str, Any]], before: Record | None, own_id: str) -> dict[str, Any]:
    """``custom_fields`` and ``custom_field_hash`` after a write: sent values over the ones already there."""
    values: dict[str, Any] = dict(before.get("custom_field_hash", {})) if before else {}
    known = definitions(books, module)
    for row in sent:
        field = _named(known, row)
        if field is None:
            if books.switches["unknown_custom_field"] == "refuse":
                raise bad_value("custom_fields")
            continue
        value = row.get("value", "")
        if field["is_unique"] and value not in (None, ""):
            holder = books.unique.get((module, field["api_name"]), {}).get(str(value))
            if holder is not None and holder != own_id:
                code = books.switches["duplicate_field_code"]
                raise business(code, f"{field['label']} with the value {value} already exists.")
        values[field["api_name"]] = "" if value is None else value
    shown = [
        {
            "customfield_id": field["customfield_id"],
            "api_name": field["api_name"],
            "index": field["index"],
            "label": field["label"],
            "data_type": field["data_type"],
            "value": values[field["api_name"]],
        }
        for field in known
        if field["api_name"] in values
    ]
    return {"custom_fields": shown, "custom_field_hash": values}


def _named(known: list[Record], row: dict[str, Any]) -> Record | None:
    for key in ("api_name", "customfield_id", "custom_field_id", "label", "index"):
        if row.get(key) in (None, ""):
            continue
        own = "customfield_id" if key == "custom_field_id" else key
        return next((field for field in known if str(field[own]) == str(row[key])), None)
    return None
