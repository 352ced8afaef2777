"""The ledger's own exchange rate for a ledger date: the latest that begins on it or before; never today's instead."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlc import Probe
from mlc.engine.ledgerdata import LedgerData
from mlc.recipes import Policy, Side
from mlc.records import ObjectType, Ref
from mlc.store.database import Database, open_database

DATED = {"EUR": "1.20", "EUR@2026-09-01": "1.10", "EUR@2026-10-15": "1.15", "GBP": "1.30"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "mlc.db")
    yield database
    database.close()


def rate(database: Database, currency: str, on: date, rates: Mapping[str, str] = DATED) -> Decimal | None:
    probe = Probe(base_currency="USD", exchange_rates=rates)
    session = SimpleNamespace(
        pairing=SimpleNamespace(name="main", policy=Policy(), flows=()),
        probe=lambda side: {Side.RIGHT: probe}[side],
    )
    with database.read() as connection:
        found = LedgerData(session, connection, Side.RIGHT).rate(currency, on)  # type: ignore[arg-type]
    return found.value if found is not None else None


@pytest.mark.parametrize(
    ("on", "value"),
    [
        (date(2026, 9, 1), "1.10"),
        (date(2026, 10, 14), "1.10"),
        (date(2026, 10, 15), "1.15"),
        (date(2026, 11, 20), "1.15"),
    ],
)
def test_the_rate_is_the_latest_that_holds_on_the_ledger_date(database: Database, on: date, value: str) -> None:
    assert rate(database, "EUR", on) == Decimal(value)


def test_a_day_before_the_first_dated_rate_has_none_and_is_not_given_todays(database: Database) -> None:
    assert rate(database, "EUR", date(2026, 8, 31)) is None


def test_a_ledger_that_dates_no_rates_gives_its_present_one(database: Database) -> None:
    assert rate(database, "GBP", date(2026, 8, 31)) == Decimal("1.30")


def test_a_currency_the_ledger_does_not_know_has_no_rate(database: Database) -> None:
    assert rate(database, "JPY", date(2026, 10, 1)) is None


def test_a_list_that_a_later_slice_asks_for_first_is_read_then(database: Database) -> None:
    kept = SimpleNamespace(object=ObjectType.ACCOUNT, keeps_list=True)
    session = SimpleNamespace(
        database=database,
        pairing=SimpleNamespace(name="main", policy=Policy(), flows=(kept,)),
        probe=lambda side: Probe(base_currency="USD"),
    )
    with database.read() as connection:
        data = LedgerData(session, connection, Side.RIGHT)  # type: ignore[arg-type]
    account = Ref(record_type=ObjectType.ACCOUNT, source_id="6100", code="6100")
    assert data.account(account, ()) is None, "the first slice, which had no account to look for, is over"
