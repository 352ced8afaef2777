from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from mlc import Connection
from mlc.errors import AuthError, TransientError
from mlc.records import ObjectType
from mlc_zoho.books import plugin
from mlc_zoho.books.locks import locks_of
from mlc_zoho.books.probe import daily_calls, missing_scopes
from mlc_zoho.books.settings import SCOPES, BooksSettings
from mlc_zoho.settings import ZohoSecrets

from .conftest import Script, live_token, plain_json

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
GONE = {"code": 1002, "message": "Bill does not exist."}
UNIQUE = {
    ObjectType.VENDOR,
    ObjectType.CUSTOMER,
    ObjectType.PURCHASE_ORDER,
    ObjectType.BILL,
    ObjectType.PAYMENT,
    ObjectType.EXPENSE,
}


@pytest.fixture
def tenant(script: Script) -> Script:
    data = plain_json("masterdata")
    script.on("GET /books/v3/settings/currencies", {"code": 0, "currencies": [data["base_currency"], data["currency"]]})
    script.on(
        f"GET /books/v3/settings/currencies/{data['currency']['currency_id']}/exchangerates",
        {"code": 0, "exchange_rates": [{"effective_date": "2026-10-01", "rate": 0.091}]},
    )
    script.on("GET /books/v3/transactionlocks", {"code": 0, "transaction_locks": []})
    return script


def organisation_in(script: Script, **facts: Any) -> None:
    found = plain_json("organizations")
    found["organizations"][0].update(facts)
    script.on("GET /books/v3/organizations", found)


def test_a_probe_tells_plan_currencies_and_zone(connect: Connect, tenant: Script) -> None:
    probe = plugin.mlc_probe(connection=connect(unique_fields="on"))
    assert (probe.entity_id, probe.base_currency, probe.time_zone) == ("700001234", "EUR", "Asia/Kolkata")
    assert (probe.plan, probe.daily_calls) == ("PROFESSIONAL", 5000)
    assert probe.extra["currency:NOK"] == "4600000000000101"
    assert probe.extra["currency:EUR"] == "4600000000000097"
    assert probe.exchange_rates == {"NOK": "0.087", "NOK@2026-10-01": "0.091"}
    assert probe.tax_recoverable
    assert probe.unique_fields == UNIQUE


def test_a_second_probe_costs_two_calls(connect: Connect, tenant: Script) -> None:
    connection = connect()
    plugin.mlc_probe(connection=connection)
    before = len(tenant.requests)
    plugin.mlc_probe(connection=connection)
    assert [request.url.path for request in tenant.requests[before:]] == [
        "/books/v3/organizations", "/books/v3/transactionlocks",
    ]  # fmt: skip


def test_the_unique_field_is_asked_for_once_per_module_and_changes_nothing(connect: Connect, tenant: Script) -> None:
    tenant.on("PUT /books/v3/bills", GONE, status=404)
    tenant.on("PUT /books/v3/contacts", {"code": 2, "message": "Invalid value passed for cf_source_id"}, status=400)
    tenant.on("PUT /books/v3/vendorpayments", {"code": 57, "message": "not authorized"}, status=401)
    tenant.on("POST /oauth/v2/token", {"access_token": "1000.x", "expires_in": 3600})
    probe = plugin.mlc_probe(connection=connect())
    assert probe.unique_fields == {ObjectType.BILL}
    asked = tenant.asked("PUT /books/v3/bills")
    assert len(asked) == 1
    assert asked[0].content == b"{}"
    assert "x-upsert" not in asked[0].headers
    assert asked[0].headers["x-unique-identifier-value"].startswith("mlc-probe-")
    assert len(tenant.asked("PUT /books/v3/contacts")) == 1


def test_passing_trouble_says_nothing_about_the_unique_field(connect: Connect, tenant: Script) -> None:
    tenant.on("PUT /books/v3/contacts", {"code": 1000, "message": "Internal error"}, status=500)
    with pytest.raises(TransientError):
        plugin.mlc_probe(connection=connect())


def test_the_unique_field_can_be_switched_off(connect: Connect, tenant: Script) -> None:
    probe = plugin.mlc_probe(connection=connect(unique_fields="off"))
    assert probe.unique_fields == frozenset()
    assert all(request.method == "GET" for request in tenant.requests)


def test_locks_are_told_per_area() -> None:
    rows: list[dict[str, Any]] = [
        {"transaction_lock_date": "2026-01-31", "lock_scope": 2, "lock_scope_formatted": "Purchases"},
        {"transaction_lock_date": "2026-02-15", "lock_scope": 3, "lock_scope_formatted": "Banking"},
        {"transaction_lock_date": "2026-03-31", "lock_scope_formatted": "Sales", "transaction_lock_status": "disabled"},
        {"transaction_lock_date": "2026-03-31", "lock_scope_formatted": "Accountant"},
        {"transaction_lock_date": "", "lock_scope": 0},
    ]
    assert locks_of(rows) == {
        "purchases": date(2026, 1, 31), "banking": date(2026, 2, 15), "payments": date(2026, 2, 15),
    }  # fmt: skip


@pytest.mark.parametrize("row", [{"lock_scope": 0, "lock_scope_formatted": "All"}, {"lock_scope": 4}])
def test_a_lock_of_unclear_scope_closes_everything(row: dict[str, Any]) -> None:
    found = locks_of([{**row, "transaction_lock_date": "2026-01-31", "lock_status": "locked"}])
    assert set(found) == {"purchases", "banking", "sales", "payments"}


def test_locks_that_may_not_be_read_are_told_as_such(connect: Connect, tenant: Script) -> None:
    tenant.on("GET /books/v3/transactionlocks", {"code": 57, "message": "not authorized"}, status=401)
    tenant.on("POST /oauth/v2/token", {"access_token": "1000.x", "expires_in": 3600})
    probe = plugin.mlc_probe(connection=connect(unique_fields="on"))
    assert (probe.locks, probe.extra["locks"]) == ({}, "not readable")


@pytest.mark.parametrize(
    ("facts", "settings", "recoverable"),
    [
        ({"currency_code": "USD"}, {}, False),
        ({"currency_code": "USD", "country": "U.S.A"}, {}, False),
        ({"currency_code": "USD", "country": "Ecuador"}, {}, True),
        ({"currency_code": "USD"}, {"edition": "global"}, True),
        ({"currency_code": "GBP", "version": "uk"}, {}, True),
    ],
)
def test_tax_is_not_recoverable_in_the_united_states_edition(
    connect: Connect, tenant: Script, facts: dict[str, str], settings: dict[str, str], recoverable: bool
) -> None:
    organisation_in(tenant, **facts)
    tenant.on("GET /books/v3/organizations/700001234", {"code": 0, "organization": {"address": {"country": "U.S.A"}}})
    probe = plugin.mlc_probe(connection=connect(unique_fields="on", **settings))
    assert probe.tax_recoverable is recoverable


def test_the_address_decides_where_the_list_names_no_country(connect: Connect, tenant: Script) -> None:
    organisation_in(tenant, currency_code="USD")
    tenant.on("GET /books/v3/organizations/700001234", {"code": 0, "organization": {"address": {"country": "Panama"}}})
    probe = plugin.mlc_probe(connection=connect(unique_fields="on"))
    assert (probe.edition, probe.tax_recoverable) == ("panama", True)


@pytest.mark.parametrize(
    ("plan", "calls"),
    [("FREE", 1000), ("Standard", 2000), ("PROFESSIONAL", 5000), ("Premium", 10000), ("Ultimate", 10000), ("New", None),
     (None, None)],
)  # fmt: skip
def test_the_plan_sets_the_days_calls(plan: str | None, calls: int | None) -> None:
    assert daily_calls(plan) == calls


def test_ping_says_who_we_are_and_what_is_missing(connect: Connect) -> None:
    token = live_token(scope="ZohoBooks.settings.READ ZohoBooks.bills.ALL", data_centre="in")
    identity = plugin.mlc_ping(connection=connect(token=token))
    assert identity.account == "books@harbour.example"
    assert identity.organisation == "Harbour Paper Ltd (700001234)"
    assert identity.clock_skew_s == 0
    assert "ZohoBooks.contacts.READ" in identity.permissions_missing
    assert not any("bills" in scope for scope in identity.permissions_missing)
    assert identity.details["data centre"] == "India"


def test_ping_refuses_an_organisation_that_is_not_the_users(connect: Connect) -> None:
    with pytest.raises(AuthError, match="999"):
        plugin.mlc_ping(connection=connect(organization_id="999"))


def test_a_full_scope_misses_nothing() -> None:
    assert missing_scopes(frozenset({"ZohoBooks.fullaccess.all"})) == ()
    assert missing_scopes(frozenset()) == ()
    assert missing_scopes(frozenset(SCOPES)) == ()
