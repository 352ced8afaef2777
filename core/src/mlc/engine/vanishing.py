"""What is gone on a side is marked in what is stored of it, until it is seen there again (R24)."""

import json
from dataclasses import replace
from typing import Any

from mlc.contract import SourceRecord
from mlc.records import Completeness, Deletion, DeletionKind, ObjectType, Record, dump_record, load_record

#: Stands for the version of what is gone: no version that a side shows equals it, so it is read when it comes back.
GONE_VERSION = "gone"
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
