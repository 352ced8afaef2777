"""The company's facts that every record needs: base currency, edition, closing date, what is switched on.

Each is a metered read, so each is kept for as long as it may be old: what hardly ever changes (CompanyInfo, the
payables accounts) an hour, preferences, which hold the closing date, until the next probe and 15 minutes at most. After
a write that QuickBooks refused the next probe reads all of it again. They are kept per process, however often a
connection is opened.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlc import Memory
from mlc.errors import MappingError

from mlc_quickbooks.auth import QuickBooksConnection, realm_of
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.entities import ACCOUNT
from mlc_quickbooks.queries import ANY_ACTIVE, equals, select
from mlc_quickbooks.schemas import Row, day, flag, inner, ref_id, rows, text

PAYABLES = "Accounts Payable"
#: Facts grow old while a worker lives: switches in the preferences are seen by then.
KEPT_FOR = timedelta(minutes=15)
#: What hardly ever changes: name, country, edition, and which accounts are payables.
SELDOM_KEPT_FOR = timedelta(hours=1)
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


@dataclass(slots=True)
class _Known:
    """What was read, each with our clock when it was."""

    info: tuple[Row, datetime] | None = None
    payables: tuple[tuple[Row, ...], datetime] | None = None
    chosen: tuple[Row, datetime] | None = None
    skew_s: float | None = None
    doubted: bool = False


_KNOWN: WeakKeyDictionary[Memory, _Known] = WeakKeyDictionary()


def company(connection: QuickBooksConnection, *, fresh: bool = False) -> Company:
    """The connected company; ``fresh``: with its preferences as they are now.

    Raises: AuthError, ConfigError, RateLimitedError, TransientError, MappingError for an unreadable closing date.
    """
    now, known, client = connection.now(), _known(connection), QuickBooksClient(connection)
    if fresh and known.doubted:
        known.info, known.payables, known.doubted = None, None, False
    if known.info is None or abs(now - known.info[1]) > SELDOM_KEPT_FOR:
        known.info = client.company(), now
    if fresh or known.chosen is None or abs(now - known.chosen[1]) > KEPT_FOR:
        chosen, at = client.preferences()
        known.chosen = chosen, now
        known.skew_s = None if at is None else (connection.now().astimezone(UTC) - at).total_seconds()
    journal = connection.settings.post_as == "journal"
    owed = tuple(text(row, "Id") or "" for row in payables_accounts(connection)) if journal else ()
    return _company(connection, known.info[0], known.chosen[0], skew_s=known.skew_s, payables=owed)


def payables_accounts(connection: QuickBooksConnection, *, fresh: bool = False) -> tuple[Row, ...]:
    """The payables accounts, inactive ones too. Raises AuthError, RateLimitedError, TransientError."""
    now, known = connection.now(), _known(connection)
    if fresh or known.payables is None or abs(now - known.payables[1]) > SELDOM_KEPT_FOR:
        statement = select(ACCOUNT.name, [equals("AccountType", PAYABLES), ANY_ACTIVE])
        listed = QuickBooksClient(connection).query(ACCOUNT.name, statement).rows
        known.payables = tuple(row for row in listed if text(row, "AccountType") == PAYABLES), now
    return known.payables[0]


def doubt_company(connection: QuickBooksConnection) -> None:
    """Something was refused, or a person asks: the next time that all should be fresh, nothing kept is believed."""
    _known(connection).doubted = True


def _known(connection: QuickBooksConnection) -> _Known:
    return _KNOWN.setdefault(connection.memory, _Known())


def _company(
    connection: QuickBooksConnection, info: Row, chosen: Row, *, skew_s: float | None, payables: tuple[str, ...]
) -> Company:
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
        skew_s=skew_s,
        payables=payables,
    )


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
