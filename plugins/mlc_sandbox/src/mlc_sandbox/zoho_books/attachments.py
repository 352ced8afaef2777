"""Files on records: several are kept, a read returns the last one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.zoho_books import bodies
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.calls import told
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

PICTURES: Final = {
    "gif": "image/gif",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
}
OFFICE: Final = {
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
TYPES: Final = {"bills": PICTURES, "invoices": PICTURES, "contacts": PICTURES}
LARGEST: Final = 10 * 1024 * 1024
BAD_FILE: Final = 110
NO_FILE: Final = 1002


def attach(standin: ZohoBooksStandIn, request: Request, kind: str, key: str, *, field: str = "attachment") -> Response:
    """Stores the file parts of a multipart request."""
    books = standin.books
    books.require(kind, key)
    files = bodies.files_of(request, field)
    if not files:
        raise bad_value(field)
    for part in files:
        add(books, kind, key, part.name, part.content, request.cause(), receipt=field == "receipt")
    return told("The document has been attached.", "documents", books.require(kind, key)["documents"], status=201)


def add(books: Books, kind: str, key: str, name: str, content: bytes, cause: Cause, *, receipt: bool = False) -> Record:
    """Appends one file to a record; a receipt is told by its name too.

    Raises Refusal for a type or size the module does not take.
    """
    known = TYPES.get(kind, {**PICTURES, **OFFICE})
    ending = name.rpartition(".")[2].lower()
    if ending not in known:
        raise business(BAD_FILE, f"Files of the type {ending} cannot be attached.")
    if len(content) > LARGEST:
        raise business(BAD_FILE, "The file exceeds the maximum size of 10 MB.")
    document_id = books.next_id()
    books.contents[document_id] = content
    document = {
        "document_id": document_id,
        "file_name": name,
        "file_type": ending,
        "content_type": known[ending],
        "file_size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "attached_to": kind,
        "attached_to_id": key,
    }
    books.save("documents", document, cause)
    record = books.require(kind, key)
    shown = {name_: document[name_] for name_ in ("document_id", "file_name", "file_type", "file_size")}
    changed = {
        **record,
        "documents": [*record.get("documents", []), shown],
        "attachment_name": name,
        "has_attachment": True,
        **({"expense_receipt_name": name} if receipt else {}),
    }
    books.save(kind, changed, cause, bump=books.switches["attachment_bumps_bill"])
    return document


def read(standin: ZohoBooksStandIn, kind: str, key: str) -> Response:
    """The bytes of the file added last."""
    books = standin.books
    held = books.require(kind, key).get("documents", [])
    if not held:
        raise business(NO_FILE, "Attachment does not exist.")
    document = books.require("documents", held[-1]["document_id"])
    headers = {
        "content-type": document["content_type"],
        "content-disposition": f'attachment; filename="{document["file_name"]}"',
    }
    return Response(200, books.contents[document["document_id"]], headers)


def remove(standin: ZohoBooksStandIn, request: Request, kind: str, key: str) -> Response:
    """Takes the file added last off the record."""
    books = standin.books
    record = books.require(kind, key)
    held = record.get("documents", [])
    if not held:
        raise business(NO_FILE, "Attachment does not exist.")
    books.delete("documents", held[-1]["document_id"], request.cause())
    left = held[:-1]
    changed = {
        **record,
        "documents": left,
        "attachment_name": left[-1]["file_name"] if left else "",
        "has_attachment": bool(left),
    }
    books.save(kind, changed, request.cause(), bump=books.switches["attachment_bumps_bill"])
    return told("The attachment has been deleted.")
