"""What each answer means: by its fault, whatever its status and casing."""

import pytest
from mlc import RejectCause
from mlc.errors import (
    AccessSuspendedError,
    AuthError,
    ClosedPeriodError,
    ConflictError,
    DuplicateError,
    NotFoundError,
    RateLimitedError,
    ReferenceMissingError,
    RejectedError,
    TransientError,
)
from mlc_quickbooks.errors import error_for, problems, rejected

from tests.quickbooks_connector.conftest import fault, gateway_fault, reply

INACTIVE = "Something you're trying to use has been made inactive. Check the fields with accounts, customers, items."
DELETED = "Object Not Found : Another user has deleted this transaction."


def judged(body, status=400, **headers):
    return error_for(reply(body, status, **headers), body)


@pytest.mark.parametrize(
    ("code", "status", "detail", "kind"),
    [
        ("500", 400, "Unsupported Operation", RejectedError),
        ("600", 400, "Duplicate request id", DuplicateError),
        ("610", 400, INACTIVE, ReferenceMissingError),
        ("610", 400, DELETED, NotFoundError),
        ("620", 400, "cannot be linked", RejectedError),
        ("2020", 400, "Required parameter Line is missing in the request", RejectedError),
        ("2050", 400, "String length is either shorter or longer", RejectedError),
        ("2300", 400, "debits differ", RejectedError),
        ("2500", 400, "Invalid Reference Id", ReferenceMissingError),
        ("4001", 400, "Invalid query", RejectedError),
        ("5010", 400, "You and somebody were working on this at the same time", ConflictError),
        ("5020", 400, "Permission denied", RejectedError),
        ("6140", 400, "Duplicate Document Number Error", DuplicateError),
        ("6190", 400, "Subscription period has ended", AccessSuspendedError),
        ("6200", 400, "Account period has closed", ClosedPeriodError),
        ("6210", 400, "closed with a password", ClosedPeriodError),
        ("6240", 400, "The name supplied already exists.", DuplicateError),
        ("6430", 400, "wrong account type", ReferenceMissingError),
        ("77777", 400, "nobody told us", RejectedError),
        ("10000", 400, "An unexpected error occurred", TransientError),
        ("10000", 200, "An unexpected error occurred", TransientError),
        ("2020", 200, "a fault inside a success", RejectedError),
        ("6000", 500, "with status 500 nothing is certain", TransientError),
        ("3200", 401, "Token expired", AuthError),
        ("120", 401, "Authorization Failure", AuthError),
        ("3001", 429, "Throttled", RateLimitedError),
    ],
)  # fmt: skip
def test_codes_decide(code, status, detail, kind):
    assert type(judged(fault(code, detail), status)) is kind


def test_the_gateways_casing_is_read_too():
    assert type(judged(gateway_fault("3100", 403), 403)) is AuthError
    assert "realm_id" in judged(gateway_fault("3100", 403), 403).sentence
    throttled = judged({"fault": {"error": [{"code": "003001", "message": "ThrottleExceeded"}]}}, 429)
    assert type(throttled) is RateLimitedError
    assert throttled.retry_after_s == 60
    assert judged({}, 429, **{"Retry-After": "90"}).retry_after_s == 90
    assert judged({}, 429, **{"Retry-After": "soon"}).retry_after_s == 60


def test_a_success_needs_an_object_without_a_fault():
    assert judged({"Bill": {}}, 200) is None
    assert type(judged([], 200)) is TransientError
    assert type(judged({"Fault": {}}, 200)) is TransientError
    assert type(judged({"Fault": {"type": "SystemFault", "Error": [{"code": "1"}]}}, 200)) is TransientError


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RejectedError), (403, AuthError), (404, NotFoundError), (408, TransientError), (500, TransientError)],
)
def test_without_a_fault_the_status_decides(status, kind):
    assert type(judged({}, status)) is kind


def test_errors_carry_what_support_asks_for():
    error = judged(fault("2020", "Required param missing", "Required parameter Line is missing; x"), intuit_tid="1-abc")
    assert error.sentence == "QuickBooks: Required parameter Line is missing."
    assert (error.code, error.request_id, error.status) == ("2020", "1-abc", 400)
    assert len(problems(fault("1"))) == 1


@pytest.mark.parametrize(
    ("code", "detail", "creating", "cause"),
    [
        ("6240", "exists", True, RejectCause.DUPLICATE),
        ("600", "duplicate request id", True, RejectCause.DUPLICATE),
        ("6200", "closed", True, RejectCause.CLOSED_PERIOD),
        ("610", DELETED, False, RejectCause.NOT_FOUND),
        ("610", DELETED, True, RejectCause.REFERENCE_GONE),
        ("610", INACTIVE, False, RejectCause.REFERENCE_GONE),
        ("5020", "Permission denied", True, RejectCause.NOT_PERMITTED),
        ("6540", "deposited", False, RejectCause.NOT_PERMITTED),
        ("2020", "missing", True, RejectCause.INVALID),
    ],
)
def test_refusals_of_a_record_have_a_cause(code, detail, creating, cause):
    outcome = rejected("w1", judged(fault(code, detail)), creating=creating)
    assert (outcome.key, outcome.cause, outcome.code) == ("w1", cause, code)


def test_a_passing_trouble_is_no_refusal():
    assert rejected("w1", judged({}, 500), creating=True) is None
    assert rejected("w1", judged(fault("5010")), creating=False) is None
