"""Cursors and watermarks as JSON text: where a pass began, and which row of which list came last."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from mlc.errors import PluginError

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass over lists stands.

    ``since``: what changed before it is of no interest, None for everything. ``start``: where the next pass begins,
    QuickBooks' clock on the first page less the overlap. ``part``: which of several lists. ``after``: the next page
    holds what was changed at or after this moment; ``seen``: ids of that very moment that have come already.
    ``gone``: change data capture was too full: stubs of deleted ones are looked for at the end of the pass.
    ``skip``: so many rows of that moment have come, where it fills whole pages.
    """

    since: datetime | None = None
    start: datetime | None = None
    part: int = 0
    after: datetime | None = None
    seen: tuple[str, ...] = ()
    gone: bool = False
    skip: int = 0

    def text(self) -> str:
        """As an opaque cursor."""
        stored = {
            "since": _stamp(self.since), "start": _stamp(self.start), "part": self.part, "after": _stamp(self.after),
            "seen": list(self.seen), "gone": self.gone, "skip": self.skip,
        }  # fmt: skip
        return json.dumps(stored, separators=(",", ":"))

    def watermark(self) -> str:
        """Where the next pass starts; without QuickBooks' clock where this one did."""
        return (self.start or self.since or BEGINNING).isoformat()


def read_position(cursor: str | None) -> Position:
    """The inverse of both; None is the beginning. Raises PluginError for text that is neither."""
    if cursor is None:
        return Position()
    try:
        if not cursor.startswith("{"):
            return Position(since=datetime.fromisoformat(cursor))
        stored = json.loads(cursor)
        return Position(
            _moment(stored["since"]),
            _moment(stored["start"]),
            int(stored["part"]),
            _moment(stored["after"]),
            tuple(str(one) for one in stored["seen"]),
            bool(stored["gone"]),
            int(stored["skip"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PluginError("The stored cursor is not one of QuickBooks'.", str(error)) from error


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
