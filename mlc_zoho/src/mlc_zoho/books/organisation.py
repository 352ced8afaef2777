"""The organisation a connection works in: found once per connection, with its time zone, currency and plan."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlc.errors import AuthError, ConfigError
from mlc.http import VendorClient
from mlc.records import ObjectType

from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.schemas import Row, text, whole


@dataclass(frozen=True, slots=True)
class Organisation:
    """``country`` is what the row of the list says, often nothing."""

    id: str
    name: str
    plan: str | None
    time_zone: str
    currency: str | None
    currency_id: str | None
    precision: int | None
    country: str | None

    @property
    def zone(self) -> tzinfo:
        """Its time zone; UTC when this machine does not know the name."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return UTC

    def stamp(self, at: datetime) -> str:
        """A moment as Zoho writes it: to the second, with the organisation's offset, ``2026-02-03T10:11:12+0530``."""
        return at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S%z")

    def mark(self) -> dict[str, str | None]:
        """What payloads carry of it, so that map needs no call."""
        return {"id": self.id, "currency_code": self.currency, "currency_id": self.currency_id}


# One entry per live HTTP client, dropped with it: what was found out stays true for the life of a connection.
_FOUND: WeakKeyDictionary[VendorClient, Organisation] = WeakKeyDictionary()
_CURRENCIES: WeakKeyDictionary[VendorClient, dict[str, str]] = WeakKeyDictionary()


def organisation(connection: BooksConnection, *, fresh: bool = False) -> Organisation:
    """The organisation of the settings, or the only one there is.

    Raises: ConfigError that lists them when there are several, AuthError when the configured one is none of them.
    """
    found = _FOUND.get(connection.http)
    if found is None or fresh:
        found = choose(connection, BooksClient(connection).organizations().rows)
        _FOUND[connection.http] = found
    return found


def client_for(connection: BooksConnection) -> BooksClient:
    """A client whose calls carry the organisation id."""
    return BooksClient(connection, organisation(connection).id)


def choose(connection: BooksConnection, found: list[Row]) -> Organisation:
    """Pick the connection's organisation out of the user's list."""
    wanted = connection.settings.organization_id
    listed = ", ".join(f"{text(row, 'organization_id')} ({text(row, 'name')})" for row in found)
    if wanted is not None:
        row = next((row for row in found if text(row, "organization_id") == wanted), None)
        if row is None:
            raise AuthError(
                f"The organisation id {wanted} is wrong: the connected Zoho user is not in that organisation. "
                f"There {'are' if found else 'is'}: {listed or 'none'}.",
                system=connection.system,
                connection=connection.name,
            )
        return parse(row)
    if len(found) != 1:
        raise ConfigError(
            f"organization_id is missing: this Zoho user has {len(found)} organisations: {listed or 'none'}. Set one.",
            system=connection.system,
            connection=connection.name,
        )
    return parse(found[0])


def parse(row: Row) -> Organisation:
    """A row of the list of organisations."""
    return Organisation(
        id=text(row, "organization_id") or "",
        name=text(row, "name") or "",
        plan=text(row, "plan_name"),
        time_zone=text(row, "time_zone") or "UTC",
        currency=text(row, "currency_code"),
        currency_id=text(row, "currency_id"),
        precision=whole(row, "price_precision"),
        country=text(row, "version") or text(row, "country_code") or text(row, "country"),
    )


def currency_code(connection: BooksConnection, currency_id: str) -> str | None:
    """The ISO code of a currency id; the list of currencies is read at most once per connection, and only if needed."""
    home = organisation(connection)
    if currency_id == home.currency_id:
        return home.currency
    known = _CURRENCIES.get(connection.http)
    if known is None or currency_id not in known:
        listing = client_for(connection).page(ENTITIES[ObjectType.CURRENCY], {}, page=1)
        known = {str(row.get("currency_id")): str(row.get("currency_code")) for row in listing.rows}
        _CURRENCIES[connection.http] = known
    return known.get(currency_id)
