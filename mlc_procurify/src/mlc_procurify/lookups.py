"""Find vendors by the other system's id or by name. Filters may be ignored there, so every row is compared here."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from mlc import FindKey, SourceRecord
from mlc.errors import NotFoundError
from mlc.records import ObjectType

from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import Client
from mlc_procurify.pages import crawl, currency_names, record
from mlc_procurify.sources import VENDORS, Row
from mlc_procurify.values import as_text
from mlc_procurify.vendors import normal_name


def find(connection: ProcurifyConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    """Candidates per key. Only vendors can be looked up; anything else finds nothing.

    Raises: AccessSuspendedError, AuthError, RateLimitedError, TransientError.
    """
    if object_type is not ObjectType.VENDOR:
        return [[] for _ in keys]
    client = Client(connection)
    return [_vendors(connection, client, key) for key in keys]


def _vendors(connection: ProcurifyConnection, client: Client, key: FindKey) -> list[SourceRecord]:
    rows: dict[str, Row] = {}
    for row in _candidates(connection, client, key):
        number = VENDORS.identify(row)
        if number is not None:
            rows.setdefault(number, row)
    currencies = currency_names(client, connection.settings, tuple(rows.values()))
    return [record(VENDORS, row, currencies=currencies) for row in rows.values()]


def _candidates(connection: ProcurifyConnection, client: Client, key: FindKey) -> Iterator[Row]:
    """Vendors by their own id, then by the other system's id, then by name."""
    if key.external_id:
        with suppress(NotFoundError):
            yield client.vendor(key.external_id)
        return
    codes = [code for code in dict.fromkeys((key.number, key.reference)) if code]
    for code in codes:
        for row in crawl(client, VENDORS, connection.settings, (("external_id", code),)):
            if as_text(row.get("external_id")) == code:
                yield row
    if key.name:
        yield from _named(connection, client, key.name)


def _named(connection: ProcurifyConnection, client: Client, name: str) -> Iterator[Row]:
    """Vendors of that name. Whether the name filter minds case is not documented: free text is tried after it."""
    wanted, found = normal_name(name), False
    for parameter in ("name", "search"):
        for row in crawl(client, VENDORS, connection.settings, ((parameter, name),)):
            if normal_name(as_text(row.get("name"))) == wanted:
                found = True
                yield row
        if found:
            return
