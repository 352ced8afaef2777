"""What vendors refuse, lose or garble: one sentence with the connection and the remedy, and the right exit code."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from mlc.errors import ExitCode
from mlc_sandbox.served import Served

from .conftest import Installation

ONCE = ("run", "main", "--once", "--accept")
Fault = Callable[..., None]


def test_a_wrong_secret_pauses_the_connection_with_where_to_look(mlc: Installation) -> None:
    mlc.environ["BUY_SECRET"] = "wrong"
    first = mlc.say(*ONCE)
    assert first.code == ExitCode.CREDENTIALS
    assert first.sentence().startswith("main: buying: Procurify does not accept the client ID and secret. Look under ")
    again = mlc.say(*ONCE)
    assert again.code == ExitCode.CREDENTIALS
    assert again.sentence().startswith("main: buying is paused. Procurify does not accept")
    assert again.sentence().endswith(" To go on: mlc connect buying")
    status = mlc.say("status")
    assert status.code == ExitCode.NEEDS_A_PERSON
    assert "failed" in status.out
    assert "mlc connect buying" in status.out
    mlc.environ["BUY_SECRET"] = "demo-secret"
    assert mlc.say("connect", "buying", "--stdin").code == ExitCode.DONE
    assert mlc.say("ping", "buying").code == ExitCode.DONE


def test_a_wrong_zoho_secret_is_told_with_where_to_copy_it(mlc: Installation) -> None:
    mlc.environ["BOOKS_SECRET"] = "wrong"
    told = mlc.say("ping", "books")
    assert told.code == ExitCode.CREDENTIALS
    assert "books (zoho-books): Zoho refused client_secret" in told.sentence()
    assert "API console" in told.sentence()


def test_a_missing_secret_says_how_to_give_it(mlc: Installation) -> None:
    del mlc.books["client_secret"]
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.CREDENTIALS
    assert told.sentence() == "main: books has no usable client_secret; run: mlc connect books"


def test_a_subdomain_that_nobody_has_is_told(mlc: Installation, fault: Fault) -> None:
    fault("procurify", "/oauth/token", "status", status=404, body={"detail": "Not found."})
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.CREDENTIALS
    assert "There is no Procurify at northwind.procurify.com; check the subdomain" in told.sentence()


def test_a_wrong_organisation_is_told_with_those_there_are(mlc: Installation) -> None:
    mlc.books["organization_id"] = "700009999"
    for words in (ONCE, ("ping", "books")):
        told = mlc.say(*words)
        assert told.code == ExitCode.CREDENTIALS
        assert "organisation id 700009999 is wrong" in told.sentence()
        assert "700001234" in told.sentence()


def test_a_revoked_refresh_token_asks_for_a_new_authorisation(mlc: Installation) -> None:
    mlc.environ["BOOKS_REFRESH"] = "1000.revoked"
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.CREDENTIALS
    assert told.sentence().startswith("main: books: Zoho no longer accepts this authorisation")
    assert "mlc connect" in told.sentence()
    assert "1000.revoked" not in told.err + told.out


def test_a_spent_day_is_told_with_when_calls_go_on_and_not_asked_again(
    mlc: Installation, fault: Fault, vendors: Mapping[str, Served]
) -> None:
    fault("zoho-books", "/books/v3/organizations", "rate_limit", body={"code": 45})
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.UNAVAILABLE
    assert told.sentence().startswith("main: books: Today's calls of this Zoho Books organisation are used up.")
    assert "Calls go on in " in told.sentence()
    before = vendors["zoho-books"].get("calls")
    again = mlc.say(*ONCE)
    assert again.code == ExitCode.UNAVAILABLE
    assert again.sentence().startswith("main: The day limit of books is used up; calls go on in ")
    assert vendors["zoho-books"].get("calls") == before


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("html", {"status": 200}, "a web page where JSON was expected"),
        ("html", {"status": 502}, ""),
        ("reply_garbled", {}, "a body that is not whole JSON"),
        ("truncate", {}, "broke before the answer was complete"),
        ("drop", {}, ""),
        ("status", {"status": 503, "body": {"message": "down"}}, ""),
    ],
)
@pytest.mark.parametrize(("system", "name"), [("procurify", "buying"), ("zoho-books", "books")])
def test_an_answer_that_is_none_is_an_outage(
    mlc: Installation, fault: Fault, system: str, name: str, kind: str, options: dict[str, Any], said: str
) -> None:
    fault(system, "/api/v[23]/|/books/v3/", kind, **options)
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.UNAVAILABLE
    assert told.sentence().startswith(f"main: {name}: ")
    assert said in told.sentence()
    assert told.sentence().endswith("Nothing is lost: try again later.")


def test_an_outage_is_never_taken_for_a_missing_unique_field(mlc: Installation, fault: Fault) -> None:
    fault("zoho-books", "/books/v3/bills", "html", status=200)
    told = mlc.say("ping", "books")
    assert told.code == ExitCode.UNAVAILABLE
    assert "a web page where JSON was expected" in told.sentence()


def test_a_vendor_that_is_not_there_is_told_with_its_host(mlc: Installation) -> None:
    mlc.books["endpoint"] = "http://127.0.0.1:9"
    told = mlc.say(*ONCE)
    assert told.code == ExitCode.UNAVAILABLE
    assert told.sentence().startswith("main: books: 127.0.0.1 cannot be reached; check ")
    doctor = mlc.say("doctor")
    assert doctor.code == ExitCode.NEEDS_A_PERSON
    assert "127.0.0.1 port 9 does not answer" in doctor.out


def test_a_record_that_cannot_be_read_is_a_dead_letter_and_the_run_goes_on(
    mlc: Installation, fault: Fault, vendors: Mapping[str, Served]
) -> None:
    since = str(mlc.pairing["since"])
    bills = [
        bill
        for bill in vendors["procurify"].get("objects/bills")
        if bill["status"] == 2 and bill["invoice_date"][:10] >= since
    ]
    strange, dateless, good = bills[:3]
    for bill, change in ((strange, {"status": 99}), (dateless, {"invoice_date": "yesterday"})):
        body = {"data": {**bill, **change}}
        fault("procurify", f"GET /api/v2/ap/bills/{bill['uuid']}/", "status", status=200, body=body)
    mlc.pairing["flows"] = {
        name: {"mode": "off"} for name in ("vendors-back", "purchase-orders", "credits", "payments")
    }
    ran = mlc.say(*ONCE)
    assert ran.code == ExitCode.NEEDS_A_PERSON
    assert "2 records were given up on: mlc dead says why." in ran.out
    dead = mlc.say("dead")
    assert dead.code == ExitCode.NEEDS_A_PERSON
    assert "its status '99' is not known to this version" in dead.out
    assert "'yesterday' where a date belongs" in dead.out
    posted = {bill["bill_number"] for bill in vendors["zoho-books"].get("objects/bills")}
    assert good["invoice_number"] in posted
    assert not posted & {strange["invoice_number"], dateless["invoice_number"]}


def test_a_code_that_has_run_out_asks_for_a_new_one(mlc: Installation) -> None:
    told = mlc.say("connect", "books", "--code", "1000.old")
    assert told.code == ExitCode.CREDENTIALS
    assert "mlc connect" in told.sentence()
