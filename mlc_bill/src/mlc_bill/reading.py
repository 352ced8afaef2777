"""Single records by id, whole. What is gone comes back as deleted, never as an error."""

from collections.abc import Sequence
from typing import Any

from mlc import SourceRecord
from mlc.errors import NotFoundError, RejectedError, VendorError
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_bill.auth import BillConnection
from mlc_bill.client import BillClient
from mlc_bill.entities import ENTITIES, Entity
from mlc_bill.errors import NOT_PERMITTED
from mlc_bill.fetch import lists_of, records

GONE_VERSION = "gone"


def read(connection: BillConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Read records, one call each; of a bill its files too, which its list does not show."""
    return [_one(connection, object_type, record_id) for record_id in ids]


def look_up(connection: BillConnection, object_type: ObjectType, record_id: str) -> SourceRecord | None:
    """One record without its files, None when there is none."""
    for entity in _homes(connection, object_type):
        try:
            row = BillClient(connection).one(entity, record_id)
        except NotFoundError:
            continue
        except RejectedError as error:
            if error.code not in NOT_PERMITTED or not entity.path.startswith("classifications/"):
                raise
            continue  # the organisation has this list switched off
        return next(iter(records(connection, object_type, entity, [row])), None)
    return None


def _one(connection: BillConnection, object_type: ObjectType, record_id: str) -> SourceRecord:
    found = look_up(connection, object_type, record_id)
    if found is None:
        deleted = Deletion(kind=DeletionKind.VANISHED, evidence="http_404")
        return SourceRecord(record_id, GONE_VERSION, {}, deleted=deleted)
    if object_type is not ObjectType.BILL:
        return found
    files = _files(connection, record_id)
    payload = found.payload if files is None else {**found.payload, "documents": files}
    return SourceRecord(
        found.id, found.version, payload, deleted=found.deleted, modified_at=found.modified_at, complete=True
    )


def _files(connection: BillConnection, bill_id: str) -> list[dict[str, Any]] | None:
    """Names of a bill's files; None where the user may not see them, since the bill itself is what was asked for."""
    try:
        found = BillClient(connection).documents(bill_id)
    except (NotFoundError, VendorError) as error:
        if isinstance(error, VendorError) and error.status is not None and error.status < 500:
            return None
        raise
    return [{key: row[key] for key in ("id", "name", "createdTime") if key in row} for row in found]


def _homes(connection: BillConnection, object_type: ObjectType) -> Sequence[Entity]:
    """Where an id of this type can be: a dimension's or an expense's may be in any of several lists."""
    if object_type in ENTITIES:
        return (ENTITIES[object_type],)
    return lists_of(connection, object_type)
