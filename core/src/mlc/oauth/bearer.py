"""Puts an access token on requests, and a fresh one when the vendor calls it dead."""

from collections.abc import Callable, Generator

from mlc.connection import Token, TokenStore
from mlc.http import Auth, Request, Response

UNAUTHORISED = 401


def _is_unauthorised(response: Response) -> bool:
    return response.status_code == UNAUTHORISED


class BearerAuth(Auth):
    """Signs with ``Authorization: <scheme> <access token>``.

    After a complete answer for which ``is_dead`` is true it obtains a fresh token and sends the same request once more;
    a write only after a 401, because any other status does not prove that it was not carried out (R2).

    Args:
        mint: makes the token request with ``connection.http.mint``; gets the stored token, None when there is none.
        margin_s: how long before its end a token is replaced.
    """

    requires_response_body = True

    def __init__(
        self,
        tokens: TokenStore,
        mint: Callable[[Token | None], Token],
        *,
        scheme: str = "Bearer",
        margin_s: float = 300.0,
        is_dead: Callable[[Response], bool] = _is_unauthorised,
    ) -> None:
        self._tokens = tokens
        self._mint = mint
        self._scheme = scheme
        self._margin_s = margin_s
        self._is_dead = is_dead

    def prepare(self) -> None:
        """Have a valid access token in hand, so that the next request does not wait for one."""
        self._tokens.obtain(self._mint, margin_s=self._margin_s)

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        token = self._tokens.obtain(self._mint, margin_s=self._margin_s)
        self._sign(request, token)
        response = yield request
        if not self._is_dead(response):
            return
        fresh = self._tokens.obtain(self._mint, margin_s=self._margin_s, stale=token.access)
        may_repeat = request.extensions.get("read", False) or response.status_code == UNAUTHORISED
        if may_repeat and fresh.access != token.access:
            self._sign(request, fresh)
            yield request

    def _sign(self, request: Request, token: Token) -> None:
        request.headers["Authorization"] = f"{self._scheme} {token.access.get_secret_value()}"

    def __repr__(self) -> str:
        return f"<BearerAuth {self._scheme}>"
