"""What is gone on a side is marked in what is stored of it, until it is seen there again (R24)."""

import json

from mlc.records import Completeness, Deletion, ObjectType, dump_record, load_record

#: Stands for the version of what is gone: no version that a side shows equals it, so it is read when it comes back.
GONE_VERSION = "gone"
_GONE = '{"gone"'


def gone_at_source(kind: ObjectType, text: str, deleted: Deletion) -> str:
    """The last input of a record whose source does not have it any more."""
    record = load_record(kind, text)
    source = record.source.model_copy(update={"deleted": deleted, "completeness": Completeness.FULL})
    return dump_record(record.model_copy(update={"source": source}))


def gone_in_target(deleted: Deletion) -> str:
    """What stands for a document that the target does not have any more."""
    return json.dumps({"gone": deleted.model_dump(mode="json")})


def is_gone_in_target(text: str | None) -> bool:
    return text is not None and text.startswith(_GONE)
