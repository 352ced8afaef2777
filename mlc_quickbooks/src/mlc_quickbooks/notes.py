"""What stands in ``PrivateNote``: the memo, and below it a line with our key of the record, ``[ml-connector KEY]``.

The key ends with the id of the document where it came from, for whoever looks a bill up there. QuickBooks cannot search
notes, and a copy that a person makes of a bill copies its note too: nothing is ever recognised by that line. Pure.
"""

import re

from mlc_quickbooks.schemas import Row, text

NOTE = "PrivateNote"
#: The longest note that QuickBooks keeps.
NOTE_MAX = 4000
_LINE = re.compile(r"^\[ml-connector .+\]$")


def mark(record_key: str) -> str:
    """The line of a record with this key."""
    return f"[ml-connector {' '.join(record_key.split())}]"


def mark_in(note: str | None) -> str | None:
    """That line of a note, wherever people have left it."""
    return next((line for line in (note or "").splitlines() if _LINE.match(line)), None)


def memo_in(row: Row, key: str = NOTE) -> str | None:
    """The note without that line: what the source, or a person, wrote."""
    note = text(row, key)
    found = mark_in(note)
    if note is None or found is None:
        return note
    before, _, after = note.partition(found)
    return "\n".join(part for part in (before.rstrip("\r\n"), after.lstrip("\r\n")) if part) or None


def with_mark(memo: str | None, line: str | None) -> str | None:
    """A memo and that line; it has to leave room for it."""
    return "\n".join(part for part in (memo, line) if part) or None


def room_beside(line: str | None) -> int:
    """How long a memo may be beside that line."""
    return NOTE_MAX if line is None else NOTE_MAX - len(line) - 1
