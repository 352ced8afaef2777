"""Signs with a session that a login brought and that dies when nobody uses it for a while."""

from collections.abc import Callable, Generator, Mapping

from mlc.connection import Token, TokenStore
from mlc.http import Auth, Request, Response

UNAUTHORISED = 401


class SessionAuth(Auth):
    """Puts a session on requests as headers, and logs in anew when the vendor calls it dead.

    All workers share one session: whoever uses it prolongs it for everybody. No call is made only to keep it alive: a
    login when it is needed again costs less. After a complete answer for which ``is_dead`` is true it logs in once and
    sends the same request once more; a write only after a 401, because any other status does not prove that it was not
    carried out (R2).

    Args:
        mint: logs in with ``connection.http.mint``; the token's ``access`` is the session, its end the idle time.
        sign: the headers that a session travels in.
        idle_s: how long the vendor lets a session of this kind lie unused.
        margin_s: how long before its end a session is not trusted any more.
    """

    requires_response_body = True

    def __init__(
        self,
        tokens: TokenStore,
        mint: Callable[[Token | None], Token],
        *,
        sign: Callable[[Token], Mapping[str, str]],
        idle_s: float,
        is_dead: Callable[[Response], bool],
        margin_s: float = 30.0,
    ) -> None:
        self._tokens = tokens
        self._mint = mint
        self._sign = sign
        self._idle_s = idle_s
        self._is_dead = is_dead
        self._margin_s = margin_s

    def prepare(self) -> None:
        """Have a session in hand, so that the next request does not wait for a login."""
        self._tokens.obtain(self._mint, margin_s=self._margin_s)

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        token = self._tokens.obtain(self._mint, margin_s=self._margin_s)
        request.headers.update(self._sign(token))
        response = yield request
        if not self._is_dead(response):
            if response.is_success:
                self._tokens.prolong(token.access, idle_s=self._idle_s)
            return
        fresh = self._tokens.obtain(self._mint, margin_s=self._margin_s, stale=token.access)
        may_repeat = request.extensions.get("read", False) or response.status_code == UNAUTHORISED
        if may_repeat and fresh.access != token.access:
            request.headers.update(self._sign(fresh))
            yield request

    def __repr__(self) -> str:
        return "<SessionAuth>"
