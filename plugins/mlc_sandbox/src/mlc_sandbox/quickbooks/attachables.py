"""Attachables: notes and files beside a transaction."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.refusals import Refusal, business
from mlc_sandbox.quickbooks.schema import KINDS
from mlc_sandbox.quickbooks.wire import Record, value_of

#: The file types that are taken.
TYPES: Final = (
    "ai", "csv", "doc", "docx", "eps", "gif", "jpeg", "jpg", "ods", "pdf", "png", "rtf", "tif", "tiff", "txt", "xls",
    "xlsx", "xml",
)  # fmt: skip


def prepare(deed: Deed, before: Record | None, body: Record) -> Record:
    """Check a note or the description of a file. Raises Refusal."""
    if not body.get("FileName") and not body.get("Note"):
        raise business("Either FileName or Note is required.")
    refs = body.get("AttachableRef")
    if refs is not None:
        body["AttachableRef"] = [_reference(deed, one) for one in (refs if isinstance(refs, list) else [refs])]
    kept = {name: value for name, value in (before or {}).items() if name in ("Size", "ContentType")}
    return {**body, **kept, **deed.file}


def _reference(deed: Deed, sent: object) -> Record:
    entity = sent.get("EntityRef") if isinstance(sent, dict) else None
    if not isinstance(entity, dict):
        raise Refusal("2020", "Required parameter EntityRef is missing in the request", element="EntityRef")
    kind = next((one for one in KINDS if one.casefold() == str(entity.get("type", "")).casefold()), None)
    if kind is None:
        raise Refusal("6050", f"{entity.get('type')} cannot have attachables", element="EntityRef")
    found = deed.books.get(deed.realm, kind, value_of(entity))
    if found is None:
        raise Refusal("2500", f"Invalid Reference Id : {kind} {value_of(entity)}", element="EntityRef")
    assert isinstance(sent, dict)
    told = bool(sent.get("IncludeOnSend", False))
    return {"EntityRef": {"value": found["Id"], "type": kind}, "IncludeOnSend": told}
