"""Puts a token on requests that never changes: an API token that a person made in the vendor's settings."""

from collections.abc import Generator

from pydantic import SecretStr

from mlc.http import Auth, Request, Response


class TokenAuth(Auth):
    """Signs with ``<header>: <scheme> <token>``; without a scheme, with the token alone. Nothing is ever sent again."""

    def __init__(self, token: SecretStr, *, header: str = "Authorization", scheme: str | None = "Bearer") -> None:
        self._token = token
        self._header = header
        self._scheme = scheme

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        token = self._token.get_secret_value()
        request.headers[self._header] = token if self._scheme is None else f"{self._scheme} {token}"
        yield request

    def __repr__(self) -> str:
        return f"<TokenAuth {self._header}>"
