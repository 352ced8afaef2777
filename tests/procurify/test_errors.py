"""Refusals and what becomes of them."""

import json

import pytest
from mlc import FetchMode, RejectCause
from mlc.errors import (
    AccessSuspendedError,
    AuthError,
    ConflictError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from mlc.http import Request, Response
from mlc.records import ObjectType
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.errors import problem, raise_for, rejected, retry_after_s

from mlc_procurify import plugin

from .conftest import HTTP_DATE, Tenant, answer


def reply(status: int, body: object = None, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, content=content, headers={"Date": HTTP_DATE, **headers})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RejectedError),
        (401, AccessSuspendedError),
        (403, AuthError),
        (404, NotFoundError),
        (405, RejectedError),
        (408, TransientError),
        (409, ConflictError),
        (429, RateLimitedError),
        (500, TransientError),
        (502, TransientError),
        (302, TransientError),
    ],
)
def test_each_status_says_what_happens_next(status: int, error: type[MlcError]) -> None:
    with pytest.raises(MlcError) as caught:
        raise_for(reply(status, {"detail": "No."}, **{"X-Request-Id": "r-1"}), what="the list of bills")
    assert type(caught.value) is error
    assert caught.value.request_id == "r-1"
    assert caught.value.system == "procurify"
    assert caught.value.sentence.endswith(".")


def test_success_passes() -> None:
    raise_for(reply(204, b""), what="anything")


@pytest.mark.parametrize(
    ("body", "text", "field"),
    [
        ({"detail": "Not found."}, "Not found.", None),
        ({"message": "Nope"}, "Nope", None),
        ({"name": ["This field is required."]}, "This field is required.", "name"),
        ({"non_field_errors": ["Wrong."]}, "Wrong.", None),
        ({"payment_term_ref": {"name": ["Too long."]}}, "Too long.", "payment_term_ref.name"),
        (["First.", "Second."], "First.", None),
        (b"<html>oops</html>", None, None),
        ({}, None, None),
        (b"", None, None),
    ],
)
def test_the_first_complaint_is_found_in_any_shape(body: object, text: str | None, field: str | None) -> None:
    found = problem(reply(400, body))
    assert (found.text, found.field) == (text, field)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 60.0),
        ("5", 5.0),
        ("999999", 3600.0),
        ("Tue, 10 Mar 2026 12:00:30 GMT", 60.0),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 1.0),
        ("soon", 60.0),
    ],
)
def test_retry_after_is_a_number_or_a_date_or_a_minute(header: str | None, seconds: float) -> None:
    headers = {} if header is None else {"Retry-After": header}
    assert retry_after_s(reply(429, {}, **headers)) == seconds


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, {"name": ["Enter a name."]}, RejectCause.INVALID),
        (400, {"name": ["vendor with this name already exists."]}, RejectCause.DUPLICATE),
        (400, {"currency": ['Invalid pk "9" - object does not exist.']}, RejectCause.REFERENCE_GONE),
        (400, {"version": ["The version is stale."]}, RejectCause.CONFLICT),
        (403, {"detail": "No permission."}, RejectCause.NOT_PERMITTED),
        (404, {"detail": "Not found."}, RejectCause.NOT_FOUND),
        (405, {"detail": "Method not allowed."}, RejectCause.NOT_PERMITTED),
        (409, {}, RejectCause.CONFLICT),
    ],
)
def test_a_refused_write_is_classified(status: int, body: object, cause: RejectCause) -> None:
    outcome = rejected(reply(status, body), key="w1", what="Vendor not written")
    assert (outcome.key, outcome.cause, outcome.code) == ("w1", cause, str(status))
    assert outcome.reason.startswith("Vendor not written: ")


@pytest.mark.parametrize("status", [401, 429, 500, 302])
def test_what_refuses_no_record_is_raised(status: int) -> None:
    with pytest.raises(MlcError):
        rejected(reply(status, {}), key="w1", what="Vendor not written")


def test_a_403_on_our_own_user_means_that_access_is_lost(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"detail": "You do not have permission."}, 403)
    with pytest.raises(AccessSuspendedError, match="own user"):
        plugin.mlc_ping(connection)


@pytest.mark.parametrize(("me", "error"), [(200, AuthError), (403, AccessSuspendedError)])
def test_after_a_403_our_own_user_tells_a_missing_permission_from_lost_access(
    tenant: Tenant, connection: ProcurifyConnection, me: int, error: type[MlcError]
) -> None:
    def handler(request: Request) -> Response:
        return answer({"data": {}}, me if request.url.path == "/api/v3/users/me/" else 403)

    tenant.handler = handler
    with pytest.raises(MlcError) as caught:
        plugin.mlc_fetch(connection, ObjectType.BILL, None, FetchMode.CHANGES)
    assert type(caught.value) is error
    assert len(tenant.requests) == 2


def test_a_403_elsewhere_names_the_missing_permission(tenant: Tenant, connection: ProcurifyConnection) -> None:
    with pytest.raises(AuthError, match="role the permission") as caught:
        raise_for(reply(403, {"detail": "No."}), what="the list of payments")
    assert not isinstance(caught.value, AccessSuspendedError)
    assert "the list of payments" in caught.value.sentence
