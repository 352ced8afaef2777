"""What this organisation can do, asked at each run; and who we are there.

A probe costs two calls (organisations, locks); once an hour also the currencies, and one call for the rates of each
foreign
one. Once per process one harmless call per module asks for the unique field. Reads only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import uuid4
from weakref import WeakKeyDictionary

from mlc import Capability, Identity, Memory, Probe
from mlc.errors import AuthError, NotFoundError, TransientError, VendorError
from mlc.records import ObjectType
from mlc.wire import plain

from mlc_zoho.auth import data_centre, granted_scopes
from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.entities import ENTITIES, UPSERTED
from mlc_zoho.books.locks import locks_of
from mlc_zoho.books.organisation import Organisation, choose, organisation
from mlc_zoho.books.schemas import Row, flag, money, rows, text
from mlc_zoho.books.settings import REVERSING, SCOPES
from mlc_zoho.scopes import missing

#: Calls a day by the words of the plan's name. Vendor doc: https://www.zoho.com/books/api/v3/introduction/#api-call-limit
DAILY_CALLS = {
    "FREE": 1000,
    "STANDARD": 2000,
    "PROFESSIONAL": 5000,
    "PREMIUM": 10000,
    "ELITE": 10000,
    "ULTIMATE": 10000,
}
KNOWN_FOR = timedelta(hours=1)
_US = frozenset({"us", "usa", "u.s.a", "u.s.a.", "u.s.", "united states", "united states of america"})


@dataclass(slots=True)
class _Known:
    """What changes seldom, read once an hour while a process lives."""

    at: datetime
    unique: frozenset[ObjectType] | None = None
    currencies: tuple[Row, ...] | None = None
    rates: Mapping[str, str] = field(default_factory=dict)
    edition: str | None = None


_KNOWN: WeakKeyDictionary[Memory, _Known] = WeakKeyDictionary()


def probe(connection: BooksConnection) -> Probe:
    """Plan, base currency, zone, currencies, locks, unique fields, edition."""
    home = organisation(connection, fresh=True)
    client = BooksClient(connection, home.id)
    known = _with_currencies(connection, client)
    if known.unique is None:
        known.unique = _unique_fields(connection, client)
    if known.edition is None:
        known.edition = _edition(connection, client, home)
    locks, locks_known = _locks(client)
    return Probe(
        entity_id=home.id,
        entity_name=home.name,
        base_currency=home.currency,
        time_zone=home.time_zone,
        plan=home.plan,
        edition=known.edition,
        daily_calls=daily_calls(home.plan),
        unique_fields=known.unique,
        locks=locks,
        tax_recoverable=known.edition != "us",
        exchange_rates=known.rates,
        refused=_refused(connection),
        extra=_extra(home, known.currencies or (), locks_known=locks_known),
    )


def _with_currencies(connection: BooksConnection, client: BooksClient) -> _Known:
    known = _known(connection)
    if known.currencies is None:
        known.currencies = tuple(client.page(ENTITIES[ObjectType.CURRENCY], {}, page=1).rows)
        known.rates = _rates(client, known.currencies)
    return known


def known_rates(connection: BooksConnection, client: BooksClient) -> Mapping[str, str]:
    """The ledger's rates as the probe has them, read again when they are an hour old."""
    return _with_currencies(connection, client).rates


def ping(connection: BooksConnection) -> Identity:
    """The connected user's organisations; the configured one has to be among them (a token sees all of the user's)."""
    listing = BooksClient(connection).organizations()
    home = choose(connection, listing.rows)
    skew = (connection.now() - listing.at).total_seconds() if listing.at is not None else None
    email = next((text(row, "email") for row in listing.rows if text(row, "organization_id") == home.id), None)
    centre = data_centre(connection, connection.tokens.current())
    listed = {text(row, "organization_id") or "": text(row, "name") or "" for row in listing.rows}
    return Identity(
        account=email or home.name,
        organisation=f"{home.name} ({home.id})",
        plan=home.plan,
        permissions_missing=missing_scopes(granted_scopes(connection)),
        clock_skew_s=skew,
        details={"data centre": centre.title, **{f"organisation {key}": name for key, name in listed.items()}},
    )


def daily_calls(plan: str | None) -> int | None:
    """The plan's calls a day; None for a plan nobody has told us of."""
    name = (plan or "").upper()
    return next((calls for word, calls in DAILY_CALLS.items() if word in name), None)


def missing_scopes(granted: frozenset[str]) -> tuple[str, ...]:
    """Scopes that every pairing needs and the token lacks; none when Zoho did not say what it has."""
    return tuple(scope for scope in missing(SCOPES, granted) if scope != REVERSING)


def _refused(connection: BooksConnection) -> dict[ObjectType, dict[Capability, str]]:
    if not missing((REVERSING,), granted_scopes(connection)):
        return {}
    sentence = (
        f"This authorisation of Zoho Books does not allow taking a payment off its bills ({REVERSING}): renew it with "
        f"mlc connect {connection.name}, then say mlc held reverse."
    )
    return {ObjectType.PAYMENT: {Capability.REVERSE: sentence}}


def _known(connection: BooksConnection) -> _Known:
    now = connection.now()
    known = _KNOWN.get(connection.memory)
    if known is None or now - known.at >= KNOWN_FOR:
        known = _KNOWN[connection.memory] = _Known(now)
    return known


def _rates(client: BooksClient, currencies: tuple[Row, ...]) -> dict[str, str]:
    """The ledger's rates, base units per unit: ``EUR`` today's, ``EUR@2026-10-01`` the one that holds from that day."""
    found = {}
    for row in currencies:
        code, currency_id = text(row, "currency_code"), text(row, "currency_id")
        if code is None or currency_id is None or flag(row, "is_base_currency") is True:
            continue
        today = money(row, "exchange_rate")
        if today:
            found[code] = plain(today)
        for dated in client.exchange_rates(currency_id):
            begins, rate = text(dated, "effective_date"), money(dated, "rate")
            if begins is not None and rate:
                found[f"{code}@{begins}"] = plain(rate)
    return found


def _extra(home: Organisation, currencies: tuple[Row, ...], *, locks_known: bool) -> dict[str, str]:
    """Currency ids and precisions by code, as render wants them."""
    extra = {"locks": "known" if locks_known else "not readable"}
    if home.precision is not None and home.currency is not None:
        extra[f"precision:{home.currency}"] = str(home.precision)
    if home.currency is not None and home.currency_id is not None:
        extra[f"currency:{home.currency}"] = home.currency_id
    for row in currencies:
        code, currency_id, precision = (
            text(row, "currency_code"),
            text(row, "currency_id"),
            text(row, "price_precision"),
        )
        if code is not None and currency_id is not None:
            extra[f"currency:{code}"] = currency_id
        if code is not None and precision is not None:
            extra[f"precision:{code}"] = precision
    return extra


def _locks(client: BooksClient) -> tuple[Mapping[str, date], bool]:
    """Period locks by area. Not readable (role or plan): none known; Zoho itself still refuses what is locked."""
    try:
        return locks_of(client.transaction_locks()), True
    except (AuthError, VendorError) as error:
        if isinstance(error, VendorError) and _passes(error):
            raise
        return {}, False


def _unique_fields(connection: BooksConnection, client: BooksClient) -> frozenset[ObjectType]:
    """Object types whose unique field is there and refuses duplicates, by the setting or by asking once per module."""
    chosen = connection.settings.unique_fields
    if chosen != "auto":
        return frozenset(entity.object_type for entity in UPSERTED) if chosen == "on" else frozenset()
    answers: dict[str, bool] = {}
    for entity in UPSERTED:
        if entity.path not in answers:
            answers[entity.path] = _has_unique_field(connection, client, entity.object_type)
    return frozenset(entity.object_type for entity in UPSERTED if answers[entity.path])


def _has_unique_field(connection: BooksConnection, client: BooksClient, object_type: ObjectType) -> bool:
    """Zoho documents no list of custom fields. Looking up a value that nothing holds tells: no record, or no field."""
    try:
        client.knows_unique_field(ENTITIES[object_type], connection.settings.unique_field, f"mlc-probe-{uuid4().hex}")
    except NotFoundError:
        return True
    except (AuthError, VendorError) as error:
        if isinstance(error, VendorError) and _passes(error):
            raise
    return False


def _passes(error: VendorError) -> bool:
    """A passing trouble, which says nothing about what the organisation can do."""
    return isinstance(error, TransientError) or error.status is None


def _edition(connection: BooksConnection, client: BooksClient, home: Organisation) -> str | None:
    """The edition, lower case. Zoho has no documented field: the setting, the list's row, or the address decide."""
    if connection.settings.edition is not None:
        return connection.settings.edition
    if home.country is not None:
        return "us" if home.country.strip().lower() in _US else home.country.strip().lower()
    if home.currency != "USD":
        return None
    country = next((text(place, "country") for place in rows(client.organization(), "address")), None)
    if country is None:
        return "us"
    return "us" if country.strip().lower() in _US else country.strip().lower()
