"""BILL's codes → what happens next. The code decides, whatever the status."""

import pytest
from mlc.errors import (
    AuthError,
    DuplicateError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from mlc.http import Response
from mlc_bill.errors import error_for, is_dead, rejected

from .conftest import NOW, problem, reply


def said(status, *codes, message="No.", **options):
    body = [entry for code in codes for entry in problem(code, message)]
    return error_for(reply(body, status), now=NOW, **options)


@pytest.mark.parametrize("status", [400, 403, 422, 429, 503])
def test_an_hour_used_up_waits_for_the_next_full_hour_under_any_status(status):
    error = said(status, "BDC_1144")
    assert isinstance(error, RateLimitedError)
    assert error.window == "hour"
    assert 40 * 60 <= error.retry_after_s <= 40 * 60 + 2, "it is 10:20 on BILL's clock"


def test_without_bills_clock_our_own_decides_how_long():
    error = error_for(Response(422, json=problem("BDC_1144")), now=NOW.replace(minute=59))
    assert 60 <= error.retry_after_s <= 62


def test_too_many_at_once_is_a_short_wait():
    error = said(422, "BDC_1322")
    assert (type(error), error.window, error.retry_after_s) == (RateLimitedError, "concurrency", 2.0)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (422, "BDC_1171", DuplicateError, "has this number already"),
        (404, "BDC_1120", NotFoundError, "no such record"),
        (403, "BDC_1145", RejectedError, "refuses this to the connected user"),
        (400, "BDC_1143", RejectedError, "Maximum length"),
        (404, "BDC_1121", RejectedError, "BILL: invoiceNumber"),
        (500, None, TransientError, "internal error"),
        (400, "BDC_1001", TransientError, "internal error"),
        (302, None, TransientError, "internal error"),
        (400, "BDC_1102", AuthError, "developer key"),
        (401, "BDC_1109", AuthError, "a session that was made a moment ago"),
        (423, "BDC_1107", RateLimitedError, "locked this organisation"),
    ],
)
def test_each_code_has_its_kind(status, code, kind, words):
    message = "invoiceNumber: Maximum length cannot be greater than 21 characters."
    error = said(status, *([code] if code else []), message=message)
    assert type(error) is kind
    assert words in error.sentence


def test_a_field_is_named_by_the_message():
    error = said(400, "BDC_1143", message="invoiceNumber: Maximum length cannot be greater than 21 characters.")
    assert (error.field, error.code) == ("invoiceNumber", "BDC_1143")
    error = error_for(
        reply([{"message": "address: must not be null"}, {"message": "name: must not be blank"}], 400), now=NOW
    )
    assert error.field == "address"
    assert "must not be blank" in error.sentence


def test_of_several_problems_the_one_that_decides_counts():
    assert isinstance(said(422, "BDC_1143", "BDC_1144"), RateLimitedError)
    assert isinstance(said(422, "BDC_1143", "BDC_1171"), DuplicateError)


def test_an_untrusted_session_is_told_from_an_expired_one():
    untrusted = reply(problem("BDC_1361", "Session is untrusted, MFA needed."), 403)
    expired = reply(problem("BDC_1361", "Session expired."), 403)
    assert (is_dead(untrusted), is_dead(expired)) == (False, True)
    refused = rejected("w1", error_for(untrusted, now=NOW), creating=True)
    assert refused.cause == "not_permitted"
    assert "second factor (MFA)" in refused.reason


def test_a_wrong_developer_key_is_no_dead_session():
    assert not is_dead(reply(problem("BDC_1102"), 401))


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad gateway</html>", b"null", b'"text"', b"[1, 2]", b'{"message": "x"}', b"["]
)
def test_any_body_of_an_error_is_survived(body):
    for status in (400, 401, 403, 404, 422, 429, 500, 502):
        assert error_for(Response(status, content=body), now=NOW) is not None


def test_a_429_waits_as_long_as_it_says():
    error = error_for(Response(429, headers={"Retry-After": "7"}), now=NOW, spend=True)
    assert (error.retry_after_s, error.window) == (7, "minute")
    assert error_for(Response(429, headers={"Retry-After": "soon"}), now=NOW).retry_after_s == 60


def test_a_refusal_of_one_record_is_an_outcome_and_nothing_else_is():
    assert rejected("w", said(422, "BDC_1171"), creating=True).cause == "duplicate"
    assert rejected("w", said(404, "BDC_1120"), creating=False).cause == "not_found"
    assert rejected("w", said(404, "BDC_1120"), creating=True).cause == "reference_gone"
    assert rejected("w", said(500), creating=True) is None


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
@pytest.mark.parametrize("body", [b"", b"<html>Blocked</html>", b'[{"code":"BDC_11', b"\xff\xfe"])
def test_a_refusal_that_cannot_be_read_may_be_a_limit_and_refuses_no_record(status, body):
    error = error_for(Response(status, content=body), now=NOW)
    assert type(error) is TransientError
    assert rejected("w", error, creating=True) is None


def test_a_refusal_without_code_or_words_says_nothing_about_the_record():
    assert type(error_for(reply([{}], 422), now=NOW)) is TransientError
    assert type(error_for(reply([{"message": "name: must not be blank"}], 422), now=NOW)) is RejectedError
    assert type(error_for(reply([], 404), now=NOW)) is NotFoundError
