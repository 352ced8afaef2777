"""The ledger's own exchange rates, day by day: read only for the currencies that the settings name.

QuickBooks answers for one currency and day at a time, and each answer is a metered read: days that are over are asked
for once a day and process, today's once an hour, however often a connection is opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from mlc import Memory, Page, SourceRecord
from mlc.errors import MappingError, NotFoundError, RejectedError
from mlc.wire import plain

from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.company import Company, company
from mlc_quickbooks.schemas import Row, money
from mlc_quickbooks.sources import payload_of

TODAY_FOR = timedelta(hours=1)
PAST_FOR = timedelta(days=1)


@dataclass(slots=True)
class _Known:
    rows: dict[tuple[str, date], Row | None] = field(default_factory=dict)
    today_at: datetime | None = None
    past_at: datetime | None = None


_KNOWN: WeakKeyDictionary[Memory, _Known] = WeakKeyDictionary()


def fetch(connection: QuickBooksConnection) -> Page:
    """All rates of the window; the list has neither pages nor a filter."""
    home = company(connection)
    found = []
    for currency, on, row in _rows(connection, home):
        payload = payload_of(None, home, {"SourceCurrencyCode": currency, "AsOfDate": on.isoformat(), **row})
        found.append(SourceRecord(f"{currency}@{on}", plain(money(row, "Rate") or Decimal(0)), payload))
    return Page(tuple(found), watermark=connection.now().astimezone(UTC).isoformat())


def for_probe(connection: QuickBooksConnection, home: Company) -> dict[str, str]:
    """Base units per unit: ``EUR@2026-10-01`` for each day of the window, ``EUR`` for the last one."""
    found: dict[str, str] = {}
    for currency, on, row in _rows(connection, home):
        try:
            rate = money(row, "Rate")
        except MappingError:
            continue
        if rate is not None and rate > 0:
            found[f"{currency}@{on}"] = found[currency] = plain(rate)
    return found


def _rows(connection: QuickBooksConnection, home: Company) -> Iterator[tuple[str, date, Row]]:
    """Currency, day and QuickBooks' answer; days without a rate are left out."""
    if not home.foreign:
        return
    now = connection.now()
    known = _KNOWN.setdefault(connection.memory, _Known())
    today = now.astimezone(ZoneInfo(home.time_zone)).date()
    if known.past_at is None or now - known.past_at >= PAST_FOR:
        known.rows, known.past_at = {}, now
    if known.today_at is None or now - known.today_at >= TODAY_FOR:
        known.rows = {key: row for key, row in known.rows.items() if key[1] < today}
        known.today_at = now
    client, rows = QuickBooksClient(connection), known.rows
    for currency in connection.settings.currencies:
        if currency == home.currency:
            continue
        for back in range(connection.settings.rate_days - 1, -1, -1):
            key = (currency, today - timedelta(days=back))
            if key in rows:
                row = rows[key]
            else:
                row = rows[key] = _read(client, *key)
            if row is not None:
                yield *key, row


def _read(client: QuickBooksClient, currency: str, on: date) -> Row | None:
    try:
        return client.exchange_rate(currency, on.isoformat())
    except (NotFoundError, RejectedError):
        return None
