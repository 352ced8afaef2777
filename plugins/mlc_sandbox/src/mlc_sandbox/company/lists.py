"""The lists that every seeded company shares, from locations to money accounts."""

from datetime import date
from decimal import Decimal
from itertools import count

from mlc_sandbox.company.masterdata import (
    Account,
    AccountKind,
    Address,
    Currency,
    Department,
    Location,
    MoneyAccount,
    PaymentTerm,
    Tax,
    TaxKind,
)

COMPANY_NAME = "Halden Instruments Inc."
ORGANIZATION_ID = "700001234"
DEPARTMENT_TAG_ID = "4600000000091001"
UNIQUE_FIELD = "cf_source_id"
FREIGHT_ACCOUNT = "6650"
UNMAPPED_ACCOUNT = "6975"
INACTIVE_ACCOUNT = "6980"
HEADER_ACCOUNT = "6000"
CONTROL_ACCOUNT = "2000"
RECODED_ACCOUNT = "6210"


def ledger_id(number: int) -> str:
    """A ledger id in the ledger's own width."""
    return f"46{number:014d}"


def make_currencies() -> tuple[Currency, ...]:
    """Base USD, four more in daily use, and KWD for its three decimals."""
    rows = (
        ("USD", "US Dollar", 2, "1", "1"),
        ("EUR", "Euro", 2, "1.0825", "1.0912"),
        ("GBP", "Pound Sterling", 2, "1.2710", "1.2843"),
        ("CAD", "Canadian Dollar", 2, "0.7325", "0.7281"),
        ("JPY", "Japanese Yen", 0, "0.006712", "0.006648"),
        ("KWD", "Kuwaiti Dinar", 3, "3.2514", "3.2539"),
    )
    return tuple(
        Currency(
            code=code,
            name=name,
            id=number,
            ledger_id=ledger_id(90 + number),
            exponent=exponent,
            rates=((date(2024, 1, 1), Decimal(old)), (date(2026, 1, 1), Decimal(new))),
        )
        for number, (code, name, exponent, old, new) in enumerate(rows, start=1)
    )


def make_locations() -> tuple[Location, ...]:
    """Boston, Dublin and Toronto, one legal entity."""
    rows = (
        (
            "boston",
            "Boston HQ",
            "USD",
            "America/New_York",
            ("410 Harbor Street", "Boston", "MA", "02210", "USA", "US"),
        ),
        (
            "dublin",
            "Dublin",
            "EUR",
            "Europe/Dublin",
            ("7 Grand Canal Quay", "Dublin", "", "D02 A098", "Ireland", "IE"),
        ),
        (
            "toronto",
            "Toronto",
            "CAD",
            "America/Toronto",
            ("88 Queens Quay W", "Toronto", "ON", "M5J 0B8", "Canada", "CA"),
        ),
    )
    return tuple(
        Location(
            key=key,
            id=number,
            name=name,
            currency=currency,
            timezone=zone,
            address=Address(address[0], "", address[1], address[2], address[3], address[4], address[5]),
            external_id=f"LOC-{number}",
            legal_entity=COMPANY_NAME,
            headquarter=number == 1,
            ledger_id=ledger_id(92000 + number),
        )
        for number, (key, name, currency, zone, address) in enumerate(rows, start=1)
    )


def make_departments() -> tuple[Department, ...]:
    """Nine departments, three per location, each with an option of the ledger's reporting tag."""
    rows = (
        ("boston", ("Office", "Engineering", "Plant")),
        ("dublin", ("Sales EMEA", "Support", "Finance EMEA")),
        ("toronto", ("Laboratory", "Field Service", "Warehouse")),
    )
    numbers = count(1)
    departments = []
    for location, names in rows:
        for name in names:
            number = next(numbers)
            departments.append(
                Department(
                    key=name.lower().replace(" ", "-"),
                    id=10 + number,
                    name=name,
                    location=location,
                    external_id=f"DEP-{number:02d}",
                    ledger_tag_option=ledger_id(91100 + number),
                )
            )
    return tuple(departments)


_ACCOUNTS = (
    # code, name, kind, ledger type
    ("1010", "Operating account", AccountKind.ASSET, "bank"),
    ("1400", "Prepaid expenses", AccountKind.ASSET, "other_current_asset"),
    ("1500", "Laboratory equipment", AccountKind.ASSET, "fixed_asset"),
    (CONTROL_ACCOUNT, "Accounts payable", AccountKind.LIABILITY, "accounts_payable"),
    ("3000", "Retained earnings", AccountKind.EQUITY, "equity"),
    ("4000", "Sales", AccountKind.INCOME, "income"),
    ("5000", "Raw materials", AccountKind.EXPENSE, "cost_of_goods_sold"),
    ("5100", "Subcontracting", AccountKind.EXPENSE, "cost_of_goods_sold"),
    (HEADER_ACCOUNT, "Operating expenses", AccountKind.EXPENSE, "expense"),
    ("6100", "Office supplies", AccountKind.EXPENSE, "expense"),
    ("6110", "Cleaning", AccountKind.EXPENSE, "expense"),
    ("6200", "Software", AccountKind.EXPENSE, "expense"),
    (RECODED_ACCOUNT, "Cloud services", AccountKind.EXPENSE, "expense"),
    ("6300", "Travel", AccountKind.EXPENSE, "expense"),
    ("6400", "Professional fees", AccountKind.EXPENSE, "expense"),
    ("6410", "Legal fees", AccountKind.EXPENSE, "expense"),
    ("6500", "Rent", AccountKind.EXPENSE, "expense"),
    ("6510", "Utilities", AccountKind.EXPENSE, "expense"),
    ("6600", "Repairs and maintenance", AccountKind.EXPENSE, "expense"),
    (FREIGHT_ACCOUNT, "Freight and handling", AccountKind.EXPENSE, "expense"),
    ("6700", "Marketing", AccountKind.EXPENSE, "expense"),
    ("6800", "Training", AccountKind.EXPENSE, "expense"),
    ("6950", "Laboratory consumables", AccountKind.EXPENSE, "expense"),
    (UNMAPPED_ACCOUNT, "Customs duty", AccountKind.EXPENSE, "expense"),
    (INACTIVE_ACCOUNT, "Relocation (closed)", AccountKind.EXPENSE, "expense"),
    ("9000", "Sundry", AccountKind.OTHER, "other_expense"),
)
_LEDGER_ONLY = (
    ("2100", "Sales tax payable", AccountKind.LIABILITY, "other_current_liability"),
    ("7900", "Exchange gain or loss", AccountKind.OTHER, "other_expense"),
)
USUAL_ACCOUNTS = (
    "5000", "5100", "6100", "6110", "6200", RECODED_ACCOUNT, "6300", "6400", "6600", "6700", "6800", "6950",
)  # fmt: skip


def make_accounts() -> tuple[Account, ...]:
    """Codes of both systems: most agree, one differs, one lacks the ledger, three cannot be posted to."""
    accounts = [
        Account(
            code=code,
            name=name,
            kind=kind,
            id=200 + number,
            ledger_id=None if code == UNMAPPED_ACCOUNT else ledger_id(40000 + number),
            ledger_type=ledger_type,
            ledger_active=code != INACTIVE_ACCOUNT,
            parent=HEADER_ACCOUNT if code.startswith("6") and code != HEADER_ACCOUNT else None,
            header=code == HEADER_ACCOUNT,
            control=code == CONTROL_ACCOUNT,
            ledger_code="62100" if code == RECODED_ACCOUNT else None,
        )
        for number, (code, name, kind, ledger_type) in enumerate(_ACCOUNTS, start=1)
    ]
    accounts.append(Account("6120", "Stationery (old)", AccountKind.EXPENSE, 299, None, "expense", active=False))
    for number, (code, name, kind, ledger_type) in enumerate(_LEDGER_ONLY, start=1):
        accounts.append(Account(code, name, kind, None, ledger_id(41000 + number), ledger_type))
    return tuple(accounts)


def make_taxes() -> tuple[Tax, ...]:
    """Four standard rates, three kinds of nothing, one that is a cost, and one that no map knows."""
    rows = (
        ("vat20", "VAT 20%", "20", TaxKind.STANDARD, "UK VAT Standard"),
        ("vat23", "VAT 23%", "23", TaxKind.STANDARD, "IE VAT Standard"),
        ("hst13", "HST", "13", TaxKind.STANDARD, "HST Ontario"),
        ("jct10", "Consumption Tax 10%", "10", TaxKind.STANDARD, "JP Consumption Tax"),
        ("zero", "Zero rated", "0", TaxKind.ZERO, "Zero Rate"),
        ("exempt", "Exempt", "0", TaxKind.EXEMPT, "Exempt"),
        ("reverse", "EU Reverse Charge", "0", TaxKind.REVERSE_CHARGE, "EU Reverse Charge"),
        ("sales625", "MA Sales Tax", "6.25", TaxKind.NOT_RECOVERABLE, ""),
        ("vat175", "VAT 17.5% (old)", "17.5", TaxKind.STANDARD, ""),
    )
    return tuple(
        Tax(
            key,
            name,
            Decimal(rate),
            kind,
            number,
            ledger_id(27000 + number) if ledger_name else None,
            ledger_name,
        )
        for number, (key, name, rate, kind, ledger_name) in enumerate(rows, start=1)
    )


def make_terms() -> tuple[PaymentTerm, ...]:
    """The four payment terms in use."""
    rows = (
        ("receipt", "Due on receipt", 0),
        ("net15", "Net 15", 15),
        ("net30", "Net 30", 30),
        ("net45", "Net 45", 45),
    )
    return tuple(PaymentTerm(key, name, days, number) for number, (key, name, days) in enumerate(rows, start=1))


def make_money_accounts() -> tuple[MoneyAccount, ...]:
    """A bank account per currency, a card, and one that nobody has mapped."""
    rows = (
        ("bank-usd", "First Harbor Operating USD", "1010", "USD", "bank"),
        ("bank-eur", "Liffey Bank EUR", "1020", "EUR", "bank"),
        ("bank-gbp", "Thames Bank GBP", "1030", "GBP", "bank"),
        ("bank-cad", "Maple Bank CAD", "1040", "CAD", "bank"),
        ("bank-jpy", "Sumida Bank JPY", "1050", "JPY", "bank"),
        ("card", "Corporate card", "2150", "USD", "credit_card"),
        ("bank-new", "New payroll bank", "1099", "USD", "bank"),
    )
    return tuple(
        MoneyAccount(key, name, code, currency, kind, number, None if key == "bank-new" else ledger_id(43000 + number))
        for number, (key, name, code, currency, kind) in enumerate(rows, start=1)
    )
