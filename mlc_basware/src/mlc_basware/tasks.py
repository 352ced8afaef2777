"""What an accepted write is called until its outcome is known: the call, our key of the record, whose part it is."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskName:
    """``request_id`` is empty when the answer did not carry it. ``document``: the invoice or order it belongs to."""

    request_id: str
    code: str
    entity: str
    document: str = ""
    path: str = ""

    def text(self) -> str:
        return json.dumps([self.request_id, self.code, self.entity, self.document, self.path], separators=(",", ":"))


def read_task(text: str) -> TaskName | None:
    """The inverse; None for a name that got lost."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != 5 or not all(isinstance(one, str) for one in found):
        return None
    return TaskName(*found)
