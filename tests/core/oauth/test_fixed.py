"""API tokens that never change."""

import pytest
from mlc.http import MockTransport, Request, Response, VendorClient
from mlc.oauth import TokenAuth
from pydantic import SecretStr

TOKEN = SecretStr("t0ken-of-a-person")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (TokenAuth(TOKEN), "authorization", "Bearer t0ken-of-a-person"),
        (TokenAuth(TOKEN, header="X-Api-Key", scheme=None), "x-api-key", "t0ken-of-a-person"),
        (TokenAuth(TOKEN, scheme="Token"), "authorization", "Token t0ken-of-a-person"),
    ],
)
def test_the_token_stands_where_the_vendor_wants_it(auth: TokenAuth, header: str, value: str) -> None:
    asked: list[Request] = []
    transport = MockTransport(lambda request: asked.append(request) or Response(401))
    client = VendorClient("main", "books", hosts=["api.example.com"], auth=auth, transport=transport)
    assert client.get("https://api.example.com/v1/me").status_code == 401
    (request,) = asked
    assert request.headers[header] == value


def test_the_token_does_not_show() -> None:
    assert "t0ken" not in repr(TokenAuth(TOKEN))
