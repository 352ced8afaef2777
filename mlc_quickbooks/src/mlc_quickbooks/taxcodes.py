"""Tax codes, which change data capture does not know, are read whole: once an hour and process, not in every pass."""

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from mlc import Memory, Page

from mlc_quickbooks.auth import QuickBooksConnection

KEPT_FOR = timedelta(hours=1)

_KNOWN: WeakKeyDictionary[Memory, tuple[Page, datetime]] = WeakKeyDictionary()


def kept(connection: QuickBooksConnection) -> Page | None:
    """The whole list as it was read within the hour, None when it has to be read."""
    known = _KNOWN.get(connection.memory)
    return known[0] if known is not None and abs(connection.now() - known[1]) <= KEPT_FOR else None


def keep(connection: QuickBooksConnection, page: Page) -> None:
    """Note a page that is the whole list; a part of it says nothing."""
    if page.next_cursor is None:
        _KNOWN[connection.memory] = page, connection.now()


def forget(connection: QuickBooksConnection) -> None:
    """A code of it was perhaps refused."""
    _KNOWN.pop(connection.memory, None)
