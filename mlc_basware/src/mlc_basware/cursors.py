"""Cursors and watermarks as JSON text: where a pass began, which list it is in, and Basware's own cursor there."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from mlc.errors import PluginError

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass stands.

    ``since``: the filter, None for everything. ``start``: where the next pass begins, by Basware's first answer.
    ``part``: which of several lists. ``page``: Basware's continuation token there. ``seen``: how far the register of
    suppliers was told, by its name and number.
    """

    since: datetime | None = None
    start: datetime | None = None
    part: int = 0
    page: str | None = None
    seen: str | None = None

    def text(self) -> str:
        """As an opaque cursor."""
        known: dict[str, str | int | None] = {
            "since": _stamp(self.since),
            "start": _stamp(self.start),
            "part": self.part,
            "page": self.page,
        }
        if self.seen is not None:
            known["seen"] = self.seen
        return json.dumps(known, separators=(",", ":"))

    def watermark(self) -> str:
        """Where the next pass starts: Basware's clock less the overlap; without it where this one did."""
        start = (self.start or self.since or BEGINNING).isoformat()
        return start if self.seen is None else f"{start} {self.seen}"


def read_position(cursor: str | None) -> Position:
    """The inverse of both; None is the beginning.

    Raises: PluginError for text that is neither.
    """
    if cursor is None:
        return Position()
    try:
        if not cursor.startswith("{"):
            mark, _, seen = cursor.partition(" ")
            return Position(since=datetime.fromisoformat(mark), seen=seen or None)
        stored = json.loads(cursor)
        since, start = _moment(stored["since"]), _moment(stored["start"])
        return Position(since, start, int(stored["part"]), stored["page"], stored.get("seen"))
    except (ValueError, KeyError, TypeError) as error:
        raise PluginError("The stored cursor is not one of Basware's.", str(error)) from error


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
