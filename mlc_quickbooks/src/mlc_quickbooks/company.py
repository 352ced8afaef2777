"""The company's facts that every record needs: base currency, edition, whether accounts have numbers. Two metered
calls, kept for the life of a connection's client and read again by each probe."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlc.errors import MappingError
from mlc.http import VendorClient

from mlc_quickbooks.auth import QuickBooksConnection, realm_of
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.entities import ACCOUNT
from mlc_quickbooks.queries import ANY_ACTIVE, equals, select
from mlc_quickbooks.schemas import Row, day, flag, inner, ref_id, rows, text

#: Facts grow old while a worker lives: switches in the preferences are seen by then.
PAYABLES = "Accounts Payable"
KEPT_FOR = timedelta(minutes=15)
_US = frozenset({"US", "USA", "UNITED STATES"})


@dataclass(frozen=True, slots=True)
class Company:
    """``classes``: ``line``, ``document`` or ``off``. ``closed``: the last closed day. ``skew_s``: our clock less
    theirs. ``payables``: ids of the payables accounts, only where bills are posted as journal entries."""

    realm: str
    name: str | None
    country: str | None
    currency: str | None
    foreign: bool
    numbers: bool
    departments: bool
    classes: str
    closed: date | None
    edition: str | None
    subscription: str | None
    time_zone: str
    warns_of_doubles: bool | None
    custom_numbers: bool | None
    skew_s: float | None
    payables: tuple[str, ...] = ()

    @property
    def is_us(self) -> bool:
        return (self.country or "US").strip().upper() in _US

    def mark(self) -> dict[str, Any]:
        """What payloads carry of it, so that map needs no call."""
        found = {"realm": self.realm, "currency": self.currency, "numbers": self.numbers, "us": self.is_us}
        return {**found, "payables": list(self.payables)} if self.payables else found


@dataclass(frozen=True, slots=True)
class _Known:
    company: Company
    at: datetime


_KNOWN: WeakKeyDictionary[VendorClient, _Known] = WeakKeyDictionary()


def company(connection: QuickBooksConnection, *, fresh: bool = False) -> Company:
    """The connected company. Raises AuthError, ConfigError, RateLimitedError, TransientError."""
    now = connection.now()
    known = _KNOWN.get(connection.http)
    if fresh or known is None or abs(now - known.at) > KEPT_FOR:
        known = _KNOWN[connection.http] = _Known(_read(connection), now)
    return known.company


def _read(connection: QuickBooksConnection) -> Company:
    client = QuickBooksClient(connection)
    info, at = client.company()
    chosen = client.preferences()
    accounting, currencies = inner(chosen, "AccountingInfoPrefs"), inner(chosen, "CurrencyPrefs")
    stated = {text(pair, "Name") or "": text(pair, "Value") or "" for pair in rows(info, "NameValue")}
    other = {
        text(pair, "Name") or "": text(pair, "Value") or "" for pair in rows(inner(chosen, "OtherPrefs"), "NameValue")
    }
    return Company(
        realm=realm_of(connection),
        name=text(info, "CompanyName"),
        country=text(info, "Country"),
        currency=ref_id(currencies, "HomeCurrency"),
        foreign=flag(currencies, "MultiCurrencyEnabled") is True,
        numbers=flag(accounting, "UseAccountNumbers") is True,
        departments=flag(accounting, "TrackDepartments") is True,
        classes=_classes(accounting),
        closed=_closed(accounting),
        edition=stated.get("OfferingSku"),
        subscription=stated.get("SubscriptionStatus"),
        time_zone=_zone(connection.settings.time_zone or text(info, "DefaultTimeZone")),
        warns_of_doubles=_switch(other, "WarnDuplicateJournalNumber"),
        custom_numbers=_switch(other, "VendorAndPurchasesPrefs.UseCustomTxnNumbers"),
        skew_s=None if at is None else (connection.now().astimezone(UTC) - at).total_seconds(),
        payables=_payables(client) if connection.settings.post_as == "journal" else (),
    )


def _payables(client: QuickBooksClient) -> tuple[str, ...]:
    statement = select(ACCOUNT.name, [equals("AccountType", PAYABLES), ANY_ACTIVE])
    return tuple(text(row, "Id") or "" for row in client.query(ACCOUNT.name, statement).rows)


def _classes(accounting: Row) -> str:
    if flag(accounting, "ClassTrackingPerTxnLine") is True:
        return "line"
    return "document" if flag(accounting, "ClassTrackingPerTxn") is True else "off"


def _closed(accounting: Row) -> date | None:
    """The closing date; one that cannot be read is said by name, since a closed period must not look open."""
    try:
        return day(accounting, "BookCloseDate")
    except MappingError as error:
        raise MappingError(
            "QuickBooks' closing date (BookCloseDate) cannot be read, so nothing is known to be open.",
            error.sentence,
            field="BookCloseDate",
        ) from error


def _switch(stated: dict[str, str], name: str) -> bool | None:
    for key, value in stated.items():
        if key == name or key.endswith("." + name.rpartition(".")[2]):
            return {"true": True, "false": False}.get(value.lower())
    return None


def _zone(name: str | None) -> str:
    if name is None:
        return "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
    return name
