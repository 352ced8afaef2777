"""Calls of a token server as RFC 6749 has them: token, consent, revocation. A stand-in routes its paths here.

.. code-block:: python

    @route("POST", "/oauth/token", kind="auth")
    def token(self, request: Request) -> Response:
        return answer_token(self.tokens, request)
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode

from mlc_sandbox.toolkit.http import Refused, Request, Response, html_response, json_response, redirect
from mlc_sandbox.toolkit.oauth import basic
from mlc_sandbox.toolkit.tokenserver import Minted, TokenRefused, TokenServer

GRANTS = ("authorization_code", "refresh_token", "client_credentials")
NO_STORE = {"cache-control": "no-store"}


def answer_token(tokens: TokenServer, request: Request, *, grants: Collection[str] = GRANTS) -> Response:
    """The token endpoint: a form or JSON body, the client in the body or in a Basic header."""
    try:
        sent = sent_with(request)
        check_sender(tokens, request, sent)
        grant = sent.get("grant_type", "")
        if grant not in grants:
            raise TokenRefused("unsupported_grant_type")
        return json_response(200, told(_granted(tokens, grant, sent)), NO_STORE)
    except TokenRefused as refused:
        return refusal(refused)


def told(minted: Minted) -> dict[str, object]:
    """The body of a granted token request."""
    body: dict[str, object] = {
        "access_token": minted.access,
        "token_type": "Bearer",
        "expires_in": int(minted.life_s),
    }
    if minted.refresh:
        body["refresh_token"] = minted.refresh
    if minted.scopes:
        body["scope"] = " ".join(minted.scopes)
    return body


def refusal(refused: TokenRefused) -> Response:
    """The body of a refused one: 401 for a client that is not known, 429 when throttled, else 400."""
    if refused.error == "throttled":
        wait = {"retry-after": str(max(1, round(refused.wait_s)))}
        return json_response(429, {"error": "slow_down", "error_description": "Too many token requests."}, wait)
    return json_response(401 if refused.standard == "invalid_client" else 400, {"error": refused.standard}, NO_STORE)


def answer_consent(tokens: TokenServer, request: Request, *, granted: bool = True) -> Response:
    """The consent page, answered at once: the browser goes back with a code and the state, or with the refusal."""
    asked = dict(request.query.items())
    back = asked.get("redirect_uri", "")
    if asked.get("client_id") not in tokens.clients or not back.startswith(("http://", "https://")):
        return html_response(400, "<h1>Unknown client or redirect URI</h1>")
    if asked.get("response_type") != "code":
        answer = {"error": "unsupported_response_type"}
    elif not granted:
        answer = {"error": "access_denied"}
    else:
        scopes = tuple(asked.get("scope", "").replace(",", " ").split())
        answer = {"code": tokens.consent(scopes, redirect_uri=back)}
    return back_to(back, answer, state=asked.get("state"))


def back_to(uri: str, answer: dict[str, str], *, state: str | None) -> Response:
    """Send the browser back with an answer and the state it came with."""
    pairs = answer if state is None else {**answer, "state": state}
    return redirect(302, f"{uri}{'&' if '?' in uri else '?'}{urlencode(pairs)}")


def answer_revocation(tokens: TokenServer, request: Request) -> Response:
    """Revocation as RFC 7009 has it: 200 whether or not the token was known."""
    try:
        sent = sent_with(request)
        check_sender(tokens, request, sent)
    except TokenRefused as refused:
        return refusal(refused)
    tokens.revoke(sent.get("token", ""))
    return json_response(200, {})


def sent_with(request: Request) -> dict[str, str]:
    """The parameters of a token request, from the query, a form or a JSON object. Raises TokenRefused."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {**dict(request.query.items()), **request.form()}
    try:
        body = request.json()
    except ValueError:
        raise TokenRefused("invalid_request") from None
    if not isinstance(body, dict):
        raise TokenRefused("invalid_request")
    return {str(key): str(value) for key, value in body.items()}


def check_sender(tokens: TokenServer, request: Request, sent: dict[str, str]) -> None:
    """The client of a token request, from its Basic header or its parameters. Raises TokenRefused."""
    client_id, secret = basic(request) or (sent.get("client_id", ""), sent.get("client_secret", ""))
    tokens.check_client(client_id, secret)


def _granted(tokens: TokenServer, grant: str, sent: dict[str, str]) -> Minted:
    if grant == "authorization_code":
        return tokens.exchange(sent.get("code", ""), redirect_uri=sent.get("redirect_uri", ""))
    if grant == "refresh_token":
        return tokens.refresh(sent.get("refresh_token", ""))
    scopes = tuple(sent.get("scope", "").replace(",", " ").split())
    return tokens.client_credentials(scopes, subject=sent.get("client_id", ""))


def unauthorised(body: object, *, realm: str = "api") -> Refused:
    """A 401 with the vendor's own body."""
    return Refused(json_response(401, body, {"www-authenticate": f'Bearer realm="{realm}"'}))
