from collections.abc import Callable

import pytest
from mlc import Connection
from mlc.errors import AuthError, ConfigError, RateLimitedError, TransientError
from mlc.records import ObjectType
from mlc_zoho.books.client import BooksClient
from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.organisation import client_for, currency_code, organisation
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets

from .conftest import NOW, Script, plain_json, reply

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
BILLS = ENTITIES[ObjectType.BILL]


def two_organisations() -> dict[str, object]:
    found = plain_json("organizations")
    found["organizations"].append({"organization_id": "700005678", "name": "Harbour Paper Inc"})
    return dict(found)


def test_the_only_organisation_is_found_once(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills", {"code": 0, "bills": []})
    connection = connect(data_centre="in")
    client_for(connection).page(BILLS, {}, page=1)
    client_for(connection).page(BILLS, {}, page=2)
    assert len(script.asked("GET /books/v3/organizations")) == 1
    assert "organization_id" not in script.asked("GET /books/v3/organizations")[0].url.params
    asked = script.asked("GET /books/v3/bills")[1].url
    assert (asked.host, asked.params["organization_id"], asked.params["page"]) == ("www.zohoapis.in", "700001234", "2")
    assert asked.params["per_page"] == "200"


def test_several_organisations_have_to_be_chosen_from(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/organizations", two_organisations())
    with pytest.raises(ConfigError) as raised:
        organisation(connect())
    for told in ("700001234", "Harbour Paper Ltd", "700005678", "Harbour Paper Inc"):
        assert told in raised.value.sentence
    assert organisation(connect(organization_id="700005678")).name == "Harbour Paper Inc"


def test_a_wrong_organisation_is_refused_at_once(connect: Connect) -> None:
    with pytest.raises(AuthError, match="123 is wrong"):
        organisation(connect(organization_id="123"))


def test_an_organisation_refused_later_is_named(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills", {"code": 6041, "message": "This user is not associated"}, status=400)
    with pytest.raises(AuthError, match="700001234"):
        client_for(connect()).page(BILLS, {}, page=1)


def test_a_list_without_page_context_is_whole(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills", {"code": 0, "bills": [{"bill_id": "1"}]})
    listing = client_for(connect()).page(BILLS, {}, page=1)
    assert (len(listing.rows), listing.more) == (1, False)


def test_page_context_may_come_as_a_list(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills", {"code": 0, "bills": [], "page_context": [{"page": 1, "has_more_page": True}]})
    assert client_for(connect()).page(BILLS, {}, page=1).more


@pytest.mark.parametrize("body", ["<html>maintenance</html>", "", '{"code":0,"bi', "[]"])
def test_a_garbled_answer_is_passing(connect: Connect, script: Script, body: str) -> None:
    connection = connect()
    client = client_for(connection)
    script.on("GET /books/v3/bills", body)
    with pytest.raises(TransientError):
        client.page(BILLS, {}, page=1)


def test_the_daily_counter_is_told_to_the_ledger(
    connect: Connect, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect()
    told: list[tuple[str, int | None, float | None]] = []

    def observe(window: str, *, remaining: int | None = None, reset_s: float | None = None) -> None:
        told.append((window, remaining, reset_s))

    monkeypatch.setattr(connection.http.quota, "observe", observe)
    headers = {"X-Rate-Limit-Limit": "5000", "X-Rate-Limit-Remaining": "4321", "X-Rate-Limit-Reset": "600"}
    script.on("GET /books/v3/organizations", plain_json("organizations"), headers=headers)
    BooksClient(connection).organizations()
    assert told == [("day", 4321, 600.0)]


def test_a_spent_day_is_told_with_its_end(connect: Connect, script: Script) -> None:
    body = {
        "code": 45,
        "message": "The API call for this organization has exceeded the maximum call rate limit of 5000.",
    }
    script.on("GET /books/v3/organizations", reply(body, status=429, headers={"X-Rate-Limit-Reset": "77"}))
    with pytest.raises(RateLimitedError) as raised:
        BooksClient(connect()).organizations()
    assert (raised.value.window, raised.value.retry_after_s, raised.value.connection) == ("day", 77.0, "books")


def test_currency_codes_are_looked_up_once_and_only_if_needed(connect: Connect, script: Script) -> None:
    data = plain_json("masterdata")
    script.on("GET /books/v3/settings/currencies", {"code": 0, "currencies": [data["base_currency"], data["currency"]]})
    connection = connect()
    assert currency_code(connection, "4600000000000097") == "EUR"
    assert script.asked("GET /books/v3/settings/currencies") == []
    assert [currency_code(connection, "4600000000000101") for _ in range(3)] == ["NOK"] * 3
    assert len(script.asked("GET /books/v3/settings/currencies")) == 1


def test_stamps_carry_the_organisations_offset(connect: Connect) -> None:
    assert organisation(connect()).stamp(NOW) == "2026-02-12T14:30:00+0530"
