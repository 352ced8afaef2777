"""Cursors and watermarks as JSON text: where a pass began, where it is, what it looked up."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mlc.errors import PluginError

from mlc_procurify import SYSTEM

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page is.

    ``since`` is where this pass reads from (None: everything), ``start`` the vendor's clock on its first page (None:
    not yet known, or never said). ``query`` of None is the first page of list number ``part``. ``last`` is a digest of
    the page before, ``currencies`` maps ids to names.
    """

    since: datetime | None = None
    start: datetime | None = None
    part: int = 0
    query: Query | None = None
    last: str | None = None
    currencies: dict[str, str] | None = field(default=None)


def read_cursor(text: str | None) -> Cursor:
    """A page's cursor, a watermark, or the beginning.

    Raises: PluginError for text that is neither.
    """
    if text is None:
        return Cursor()
    try:
        given = json.loads(text)
        query = given.get("query")
        return Cursor(
            since=_moment(given.get("since")),
            start=_moment(given.get("start")),
            part=int(given.get("part", 0)),
            query=None if query is None else tuple((str(name), str(value)) for name, value in query),
            last=given.get("last"),
            currencies=given.get("currencies"),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise PluginError("A stored Procurify cursor cannot be read.", str(error), system=SYSTEM) from error


def write_cursor(cursor: Cursor) -> str:
    """The cursor of a page within a pass."""
    return _text(
        {
            "since": _stamp(cursor.since),
            "start": _stamp(cursor.start),
            "part": cursor.part,
            "query": cursor.query,
            "last": cursor.last,
            "currencies": cursor.currencies,
        }
    )


def write_watermark(cursor: Cursor, *, overlap: timedelta) -> str:
    """Where the next pass starts: the vendor's clock when this one did, minus the overlap.

    A vendor that never said its time leaves the watermark where it was: ours would not do (R23).
    """
    since = cursor.since if cursor.start is None else (cursor.start - overlap).replace(microsecond=0)
    return _text({"since": _stamp(since)})


def digest(ids: list[str]) -> str | None:
    """What tells one page from the next; None for an empty page."""
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16] if ids else None


def _text(values: dict[str, object]) -> str:
    return json.dumps({name: value for name, value in values.items() if value not in (None, 0)}, separators=(",", ":"))


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
