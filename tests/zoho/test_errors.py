from typing import Any

import pytest
from mlc import RejectCause
from mlc.errors import (
    AuthError,
    ClosedPeriodError,
    DuplicateError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
    VendorError,
)
from mlc.http import Response
from mlc_zoho.books.errors import error_for, rejected

DUPLICATE_BILL = "A bill with this number has already been created for this vendor. Please check and try again."


def failed(status: int, body: Any, **headers: str) -> MlcError | None:
    return error_for(Response(status, headers=headers), body, organization_id="700001234")


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, 2, "Invalid value passed for filter_by", RejectedError),
        (400, 4, "Invalid value passed for line_items", RejectedError),
        (404, 5, "Invalid URL Passed", RejectedError),
        (405, 37, "The HTTP method is not allowed", RejectedError),
        (400, 1038, "JSON is not well formed", RejectedError),
        (400, 108004, "Account mismatch", RejectedError),
        (400, 999999, "Something new", RejectedError),
        (200, 15, "Something is wrong", RejectedError),
        (401, 14, "Invalid value passed for authtoken", AuthError),
        (200, 14, "Invalid value passed for authtoken", AuthError),
        (401, 57, "You are not authorized to perform this operation", AuthError),
        (400, 6041, "This user is not associated with the CompanyID/CompanyName:700001234.", AuthError),
        (500, 1000, "Internal error", TransientError),
        (503, 0, "", TransientError),
        (404, 1002, "Bill does not exist.", NotFoundError),
        (400, 1002, "Invoice does not exist.", NotFoundError),
        (400, 3062, "The contact Lake already exists. Please specify a different name.", DuplicateError),
        (400, 1001, "Item already exists", DuplicateError),
        (400, 36004, DUPLICATE_BILL, DuplicateError),
        (400, 110, "Transactions are locked on or before 31 Jan 2026.", ClosedPeriodError),
        (400, 111, "You cannot change it because of the transaction lock.", ClosedPeriodError),
    ],
)
def test_codes_and_texts_become_what_happens_next(status: int, code: int, message: str, kind: type[MlcError]) -> None:
    error = failed(status, {"code": code, "message": message})
    assert type(error) is kind


@pytest.mark.parametrize("status", [200, 201])
def test_code_zero_is_success(status: int) -> None:
    assert failed(status, {"code": 0, "message": "success"}) is None
    assert failed(status, {"code": "0", "message": "success"}) is None
    assert failed(status, {"reporting_tags": []}) is None


def test_code_zero_with_a_bad_status_is_no_success() -> None:
    assert failed(400, {"code": 0, "message": ""}) is not None
    assert type(failed(404, {"message": "gone"})) is NotFoundError


@pytest.mark.parametrize(
    ("code", "headers", "window", "wait_s"),
    [
        (44, {}, "minute", 60.0),
        (44, {"retry-after": "90"}, "minute", 90.0),
        (45, {"x-rate-limit-reset": "5400"}, "day", 5400.0),
        (45, {}, "day", 3600.0),
        (1070, {}, "concurrency", 2.0),
    ],
)
def test_three_limits_three_reactions(code: int, headers: dict[str, str], window: str, wait_s: float) -> None:
    error = failed(429, {"code": code, "message": "limit"}, **headers)
    assert isinstance(error, RateLimitedError)
    assert (error.window, error.retry_after_s, error.code) == (window, wait_s, str(code))


def test_a_429_without_a_known_code_shuts_the_minute() -> None:
    error = failed(429, {"code": 7, "message": "slow down"})
    assert isinstance(error, RateLimitedError)
    assert error.window == "minute"


def test_the_wrong_organisation_is_named() -> None:
    error = failed(400, {"code": 6041, "message": "This user is not associated"})
    assert error is not None
    assert "700001234" in error.sentence
    assert "organization_id" in error.sentence


@pytest.mark.parametrize(
    ("error", "creating", "cause"),
    [
        (DuplicateError("x"), True, RejectCause.DUPLICATE),
        (ClosedPeriodError("x"), True, RejectCause.CLOSED_PERIOD),
        (NotFoundError("x"), False, RejectCause.NOT_FOUND),
        (NotFoundError("x"), True, RejectCause.REFERENCE_GONE),
        (RejectedError("x"), True, RejectCause.INVALID),
    ],
)
def test_a_refusal_of_one_record_is_an_outcome(error: VendorError, creating: bool, cause: RejectCause) -> None:
    outcome = rejected("w", error, creating=creating)
    assert outcome is not None
    assert outcome.cause is cause


def test_trouble_that_is_not_the_records_is_no_outcome() -> None:
    assert rejected("w", TransientError("x"), creating=True) is None
    assert rejected("w", RateLimitedError("x", retry_after_s=1), creating=True) is None
