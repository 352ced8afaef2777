"""What is gone on a side is marked in what is stored of it, until it is seen there again (R24)."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from mlc.contract import SourceRecord
from mlc.engine.states import RecordState
from mlc.recipes import Side
from mlc.records import Completeness, Deletion, DeletionKind, ObjectType, Record, dump_record, load_record
from mlc.store.schema import bindings, records

#: Stands for the version of what is gone: no version that a side shows equals it, so it is read when it comes back.
GONE_VERSION = "gone"
#: Stands for the version of a party that its side never listed: a document named it.
NAMED = "named by a document"
_GONE = '{"gone"'


def with_survivor(row: SourceRecord, moved_to: str | None) -> SourceRecord:
    """A record as it was read, with what its vendor told beside: into which other it was merged. One that is still
    there was not."""
    if row.deleted is None or moved_to is None:
        return row
    merged = row.deleted.model_copy(update={"kind": DeletionKind.MERGED, "moved_to": moved_to, "evidence": "event"})
    return replace(row, deleted=merged)


def gone_at_source(kind: ObjectType, text: str, deleted: Deletion) -> str:
    """The last input of a record whose source does not have it any more. What a merge was told to have made of it stays
    known when it is later only seen to be gone."""
    record = load_record(kind, text)
    known = record.source.deleted
    if known is not None and known.moved_to is not None and deleted.moved_to is None:
        return text
    source = record.source.model_copy(update={"deleted": deleted, "completeness": Completeness.FULL})
    return dump_record(record.model_copy(update={"source": source}))


def gone_in_target(deleted: Deletion) -> str:
    """What stands for a document that the target does not have any more."""
    return json.dumps({"gone": deleted.model_dump(mode="json")})


def values_of_gone(kind: ObjectType, home: Record | None) -> dict[str, Any]:
    """What is stored of a record when what was to be changed is not there any more.

    Args:
        home: As it was to be written, where that was to the side on which it was born; else it is gone in the target.
    """
    deleted = Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404")
    if home is None:
        return {"other_input": gone_in_target(deleted)}
    return {"input": gone_at_source(kind, dump_record(home), deleted), "version": GONE_VERSION}


def is_gone_in_target(text: str | None) -> bool:
    return text is not None and text.startswith(_GONE)


def mark_gone(tx: Connection, side: Side, record_id: int, deleted: Deletion, *, is_origin: bool, now: str) -> None:
    """Let the record be decided again with what is gone marked as gone."""
    values: dict[str, object] = {"dirty": 1, "changed_at": now}
    if is_origin:
        known = tx.execute(select(records.c.object_type, records.c.input).where(records.c.id == record_id)).one()
        values |= {"state": RecordState.PENDING.value, "version": GONE_VERSION}
        if known.input is not None:
            values["input"] = gone_at_source(ObjectType(known.object_type), known.input, deleted)
    else:
        values |= {"other_input": gone_in_target(deleted), "other_version": GONE_VERSION}
    tx.execute(update(records).where(records.c.id == record_id).values(**values))
    tx.execute(
        update(bindings)
        .where(
            bindings.c.record_id == record_id,
            bindings.c.side == side.value,
            bindings.c.part == "main",
            bindings.c.role == "primary",
        )
        .values(version=GONE_VERSION)
    )
