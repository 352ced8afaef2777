"""What the company can do, who we are there, what is declared of it."""

from datetime import date

import pytest
from mlc import QuotaScope, QuotaWindow
from mlc.errors import ConfigError, MappingError
from mlc.testing.connecting import tokens_of
from mlc_quickbooks.probe import ping, probe
from mlc_quickbooks.settings import QuickBooksSettings, monthly_reads, shared
from pydantic import ValidationError

from mlc_quickbooks import description
from tests.quickbooks_connector.conftest import INFO, PAYABLES, PREFERENCES, REALM, answered, later


def test_a_probe_says_what_is_switched_on(books, connection):
    found = probe(connection)
    assert (found.entity_id, found.base_currency, found.edition, found.tax_recoverable) == (REALM, "USD", "us", False)
    assert found.locks == {"books": date(2026, 3, 31)}
    assert found.extra == {
        "us": "yes", "multicurrency": "on", "departments": "on", "classes": "line", "account_numbers": "on",
        "closed_until": "2026-03-31", "journal_numbers": "unique", "order_numbers": "unknown",
        "payable_account": "33", "payable_account:USD": "33",
    }  # fmt: skip
    before = len(books.requests)
    probe(connection)
    assert len(books.requests) - before == 1, "the closing date may have moved, the rest is known"


def test_another_edition_recovers_its_tax(books):
    books.on(f"GET companyinfo/{REALM}", {"CompanyInfo": {**INFO, "Country": "GB"}})
    books.on("GET preferences", {"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "GBP"}}}})
    found = probe(books.connect(time_zone="Europe/London"))
    assert (found.edition, found.tax_recoverable, found.time_zone, found.locks) == ("gb", True, "Europe/London", {})
    assert (found.extra["classes"], found.extra["departments"], found.extra["closed_until"]) == ("off", "off", "")


def test_a_closing_date_that_cannot_be_read_opens_nothing(books, connection):
    odd = {**PREFERENCES, "AccountingInfoPrefs": {"BookCloseDate": "31/03/2026"}}
    books.on("GET preferences", {"Preferences": odd})
    with pytest.raises(MappingError, match="closing date"):
        probe(connection)


def test_several_payables_accounts_need_a_word(books):
    euro = {**PAYABLES, "Id": "34", "Name": "A/P EUR", "CurrencyRef": {"value": "EUR"}}
    books.on("query Account", answered("Account", PAYABLES, euro))
    extra = probe(books.connect()).extra
    assert (extra["payable_account:EUR"], extra.get("payable_account")) == ("34", None)
    books.on("query Account", answered("Account", PAYABLES, {**euro, "CurrencyRef": {"value": "USD"}}))
    assert "payable_account:USD" not in probe(books.connect()).extra
    assert probe(books.connect(payable_account="A/P EUR")).extra["payable_account"] == "34"
    with pytest.raises(ConfigError, match=r"none of the payables accounts there: .*A/P EUR \(34\)"):
        probe(books.connect(payable_account="2000"))


def test_rates_come_with_their_days(books):
    books.on("GET exchangerate", {"ExchangeRate": {"SourceCurrencyCode": "EUR", "Rate": 1.17}})
    found = probe(books.connect(currencies=["EUR"], rate_days=2))
    assert found.exchange_rates == {"EUR@2026-05-03": "1.17", "EUR@2026-05-04": "1.17", "EUR": "1.17"}


def test_ping_says_who_we_are_and_when_it_ends(books):
    identity = ping(books.connect())
    assert (identity.account, identity.organisation) == ("Demo Company", f"Demo Company ({REALM})")
    assert identity.details["unused, the authorisation ends"] == "2026-08-13"
    assert "reconnect" not in identity.details
    assert identity.clock_skew_s == 0
    connection = books.connect()
    ping(connection)
    old = books.connect(now=later(days=95))
    held = tokens_of(connection).current()
    tokens_of(old)._token = type(held)(held.access, later(days=96), held.refresh, held.refresh_expires_at, held.extra)
    assert "dies on 2026-08-13" in ping(old).details["reconnect"]


def test_limits_are_declared_and_the_month_is_the_settings(books):
    quotas = {(quota.window, quota.counts): quota for quota in description.system().quotas}
    assert quotas[QuotaWindow.MINUTE, "all"].limit == 500
    assert (quotas[QuotaWindow.MONTH, "read"].limit, quotas[QuotaWindow.MONTH, "read"].scope) == (
        500_000,
        QuotaScope.APP,
    )
    own = QuickBooksSettings(realm_id="7", workspace="w", monthly_reads=1_000_000)
    assert shared(own) == {QuotaScope.APP: "production:w", QuotaScope.TENANT: "production:w:7"}
    assert monthly_reads(own) == 1_000_000
    assert monthly_reads(QuickBooksSettings(environment="sandbox")) > 10**8


@pytest.mark.parametrize("wrong", [{"currencies": ["Euro"]}, {"realm_id": "abc"}, {"page_size": 5000}, {"rate": 1}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        QuickBooksSettings(**wrong)
