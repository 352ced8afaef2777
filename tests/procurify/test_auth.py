"""The token: how it is asked for, kept, replaced once, and what a refusal says."""

import json

import pytest
from mlc import FetchMode
from mlc.errors import AccessSuspendedError, AuthError, RateLimitedError, TransientError
from mlc.http import Response
from mlc.records import ObjectType
from mlc_procurify.auth import ProcurifyConnection

from mlc_procurify import plugin

from .conftest import Tenant, answer, listing


def fetch(connection: ProcurifyConnection) -> None:
    plugin.mlc_fetch(connection, ObjectType.ACCOUNT, None, FetchMode.CHANGES)


def test_the_token_request_names_audience_and_grant(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([])
    fetch(connection)
    (request,) = tenant.token_requests
    assert str(request.url) == "https://northwind.procurify.com/oauth/token"
    assert json.loads(request.content) == {
        "client_id": "app-1",
        "client_secret": "s3cret-of-app-1",
        "audience": "https://api.procurify.com/",
        "grant_type": "client_credentials",
    }
    assert "authorization" not in request.headers


def test_one_token_serves_many_calls(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([])
    for _ in range(3):
        fetch(connection)
    assert len(tenant.token_requests) == 1
    assert {request.headers["authorization"] for request in tenant.requests} == {"Bearer token-1"}


def test_a_401_is_answered_by_one_fresh_token(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: object) -> Response:
        return answer({"detail": "Expired."}, 401) if len(tenant.requests) == 1 else listing([])

    tenant.handler = handler
    fetch(connection)
    assert [request.headers["authorization"] for request in tenant.requests] == ["Bearer token-1", "Bearer token-2"]


def test_a_401_after_a_fresh_token_means_that_access_is_lost(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"detail": "Authentication credentials were not provided."}, 401)
    with pytest.raises(AccessSuspendedError, match="fresh token"):
        fetch(connection)
    assert len(tenant.requests) == 2
    assert len(tenant.token_requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"error": "invalid_client"}, AuthError, "client ID and secret"),
        (400, {"error": "invalid_request"}, AuthError, "client ID and secret"),
        (404, {}, AuthError, "no Procurify at northwind"),
        (429, {}, RateLimitedError, "wait 60 s"),
        (503, {}, TransientError, "503"),
        (200, {"token_type": "Bearer"}, TransientError, "holds no token"),
    ],
)
def test_a_refused_token_says_what_to_do(
    tenant: Tenant, connection: ProcurifyConnection, status: int, body: object, error: type[Exception], words: str
) -> None:
    tenant.token_handler = lambda request: answer(body, status)
    with pytest.raises(error, match=words) as caught:
        fetch(connection)
    assert "s3cret" not in f"{caught.value} {getattr(caught.value, 'detail', '')}"
    assert tenant.requests == []
