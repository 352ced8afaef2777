"""What this company can do, asked at each run; and who we are there. Reads only: preferences at each run; company,
payables accounts and the rates of the currencies in the settings when what is known of them is old."""

from collections.abc import Iterable

from mlc import Identity, Probe
from mlc.errors import ConfigError
from mlc.records import DimensionKind, ObjectType

from mlc_quickbooks import captures, rates
from mlc_quickbooks.auth import QuickBooksConnection, ends, warnings
from mlc_quickbooks.company import Company, company, doubt_company, payables_accounts
from mlc_quickbooks.render_parts import CLASSES, DEPARTMENTS, MULTICURRENCY, PAYABLE, US
from mlc_quickbooks.schemas import Row, flag, ref_id, text

#: The period lock guards every posting there.
BOOKS = "books"


def probe(connection: QuickBooksConnection) -> Probe:
    """Base currency, edition, closing date, what is switched on, payables accounts, rates."""
    captures.begin_pass(connection)
    home = company(connection, fresh=True)
    return Probe(
        entity_id=home.realm,
        entity_name=home.name,
        base_currency=home.currency,
        time_zone=home.time_zone,
        plan=home.edition,
        edition=(home.country or "US").lower(),
        locks={BOOKS: home.closed} if home.closed is not None else {},
        tax_recoverable=not home.is_us,
        exchange_rates=rates.for_probe(connection, home),
        dimensions_off=_switched_off(home),
        line_dimensions=frozenset({ObjectType.BILL} if connection.settings.post_as == "journal" else ()),
        extra={**_switches(home), **_payables(connection, home)},
    )


def ping(connection: QuickBooksConnection) -> Identity:
    """The company, read anew, and how long its authorisation will last."""
    doubt_company(connection)
    home = company(connection, fresh=True)
    token = connection.tokens.current()
    details = {
        "environment": connection.settings.environment,
        "company": home.realm,
        "country": home.country or "not stated",
        "departments (locations)": "on" if home.departments else "off",
        "classes": home.classes,
        "account numbers": "on" if home.numbers else "off",
    }
    if connection.settings.post_as == "journal":
        details["bills are posted as"] = "journal entries: QuickBooks knows no due date and checks no number"
    if home.subscription is not None:
        details["subscription"] = home.subscription
    if token is not None and token.refresh_expires_at is not None:
        details["unused, the authorisation ends"] = token.refresh_expires_at.date().isoformat()
    end = None if token is None else ends(token)
    if end is not None:
        details["for good, the authorisation ends"] = end.date().isoformat()
    for place, sentence in enumerate(warnings(token, connection.now()), start=1):
        details["reconnect" if place == 1 else f"reconnect {place}"] = sentence
    return Identity(
        account=home.name or home.realm,
        organisation=f"{home.name} ({home.realm})" if home.name else home.realm,
        plan=home.edition,
        clock_skew_s=home.skew_s,
        details=details,
    )


def _switched_off(home: Company) -> dict[DimensionKind, str]:
    """What Preferences have off, with the remedy: a document would lose it without a word."""
    where = "switch it on there (the gear, Account and settings, Advanced, Categories), or take it out of the settings"
    found = {}
    if not home.departments:
        found[DimensionKind.DEPARTMENT] = f"location tracking is off in QuickBooks; {where}."
    if home.classes == "off":
        found[DimensionKind.CLASS] = f"class tracking is off in QuickBooks; {where}."
    return found


def _switches(home: Company) -> dict[str, str]:
    return {
        US: "yes" if home.is_us else "no",
        MULTICURRENCY: "on" if home.foreign else "off",
        DEPARTMENTS: "on" if home.departments else "off",
        CLASSES: home.classes,
        "account_numbers": "on" if home.numbers else "off",
        "closed_until": home.closed.isoformat() if home.closed is not None else "",
        "journal_numbers": _known(home.warns_of_doubles, "unique", "not checked"),
        "order_numbers": _known(home.custom_numbers, "ours", "given by QuickBooks"),
    }


def _known(value: bool | None, yes: str, no: str) -> str:
    return "unknown" if value is None else (yes if value else no)


def _payables(connection: QuickBooksConnection, home: Company) -> dict[str, str]:
    """The payables account, by currency where there are several.

    Raises: ConfigError when the setting names none of them.
    """
    found = _active(payables_accounts(connection))
    wanted = connection.settings.payable_account
    if wanted is not None:
        chosen = _named(wanted, found) or _named(wanted, found := _active(payables_accounts(connection, fresh=True)))
        if chosen is None:
            names = ", ".join(f"{text(row, 'Name')} ({text(row, 'Id')})" for row in found) or "none"
            raise ConfigError(
                f"payable_account is {wanted!r}, which is none of the payables accounts there: {names}.",
                connection=connection.name,
            )
        return {PAYABLE: text(chosen, "Id") or ""}
    by_currency: dict[str, list[str]] = {}
    for row in found:
        currency = ref_id(row, "CurrencyRef") or home.currency or ""
        by_currency.setdefault(currency, []).append(text(row, "Id") or "")
    chosen_ids = {f"{PAYABLE}:{currency}": ids[0] for currency, ids in by_currency.items() if len(ids) == 1}
    if len(found) == 1:
        chosen_ids[PAYABLE] = text(found[0], "Id") or ""
    return chosen_ids


def _active(found: Iterable[Row]) -> list[Row]:
    return [row for row in found if flag(row, "Active") is not False]


def _named(wanted: str, found: Iterable[Row]) -> Row | None:
    """The one account that goes by this id, number or name."""
    chosen = [row for row in found if wanted in (text(row, "Id"), text(row, "AcctNum"), text(row, "Name"))]
    return chosen[0] if len(chosen) == 1 else None
