"""Single records by id, whole; and the file of a document."""

import hashlib
import mimetypes
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mlc import Attachment, FetchMode, SourceRecord
from mlc.errors import NotFoundError
from mlc.records import AttachmentRef, Deletion, DeletionKind, ObjectType

from mlc_zoho.books import persons
from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.derived import DERIVED
from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.fetch import fetch, is_kind, source_record
from mlc_zoho.books.organisation import client_for, organisation

GONE_VERSION = "gone"
_FILE_PATH = re.compile(r"/(?:bills|purchaseorders|vendorcredits|invoices)/\d+/attachment|/expenses/\d+/receipt")


def read(connection: BooksConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Read records whole, one call each. One that is gone comes back with ``deleted``."""
    if object_type is ObjectType.DIMENSION or object_type in DERIVED:
        return _listed(connection, object_type, ids)
    if object_type is ObjectType.CONTACT:
        return persons.read(connection, ids)
    home = organisation(connection)
    client = BooksClient(connection, home.id)
    entity = ENTITIES[object_type]
    found = []
    for record_id in ids:
        try:
            row = client.detail(entity, record_id)
        except NotFoundError:
            found.append(_gone(record_id, "http_404"))
            continue
        if object_type is ObjectType.CUSTOMER:
            persons.remember(connection, row)
        record = source_record(connection, entity, home, row, complete=True) if is_kind(entity, row) else None
        found.append(record if record is not None else _gone(record_id, "status"))
    return found


def _listed(connection: BooksConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Zoho has no call for a single one of these: the whole list is read."""
    known: dict[str, SourceRecord] = {}
    cursor: str | None = None
    while True:
        page = fetch(connection, object_type, cursor, FetchMode.SWEEP)
        known |= {record.id: record for record in page.records}
        cursor = page.next_cursor
        if cursor is None:
            return [known.get(record_id, _gone(record_id, "missing_in_scan")) for record_id in ids]


def _gone(record_id: str, evidence: str) -> SourceRecord:
    kind = DeletionKind.HARD_DELETED if evidence == "http_404" else DeletionKind.VANISHED
    return SourceRecord(record_id, GONE_VERSION, {}, deleted=Deletion(kind=kind, evidence=evidence))


def download(connection: BooksConnection, document_id: str, attachment: AttachmentRef) -> Attachment:
    """Download a document's file. Zoho hands out one file per document, the last one added.

    Raises: NotFoundError, TransientError.
    """
    path = attachment.url or f"/bills/{document_id}/attachment"
    if not _FILE_PATH.fullmatch(path):
        raise NotFoundError("Zoho Books has no file at this place.", detail=path)
    handle, name = tempfile.mkstemp(prefix="mlc-", suffix=Path(attachment.filename or "").suffix)
    os.close(handle)
    into = Path(name)
    try:
        headers = client_for(connection).download(path, into=into)
        digest, size = _digest(into)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    filename = attachment.filename or _filename(headers.get("content-disposition", "")) or f"{document_id}.pdf"
    stated = headers.get("content-type", "").partition(";")[0].strip()
    mime_type = stated if "/" in stated and stated != "application/octet-stream" else mimetypes.guess_type(filename)[0]
    return Attachment(filename, mime_type or "application/octet-stream", into, size, digest)


def _digest(path: Path) -> tuple[str, int]:
    digest = hashlib.sha1(usedforsecurity=False)
    size = 0
    with path.open("rb") as file:
        while piece := file.read(65536):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _filename(disposition: str) -> str | None:
    stated = re.search(r'filename="?([^";/\\]+)"?', disposition)
    return stated.group(1).strip() if stated is not None else None
