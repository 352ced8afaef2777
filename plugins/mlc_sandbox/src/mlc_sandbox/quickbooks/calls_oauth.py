"""The token server's calls: discovery, consent, tokens, revocation."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlc_sandbox.quickbooks.tokens import Minted, TokenRefused
from mlc_sandbox.toolkit.http import Request, Response, html_response, json_response
from mlc_sandbox.toolkit.oauth import basic
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.tokencalls import back_to

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

HARD_EXPIRY = "x-include-refresh-token-hard-expires-in"
TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Asked:
    """An app that waits on the consent screen."""

    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str | None


@route("GET", "/.well-known/openid_configuration", kind="auth")
@route("GET", "/.well-known/openid_configuration/", kind="auth")
@route("GET", "/.well-known/openid_sandbox_configuration", kind="auth")
@route("GET", "/.well-known/openid_sandbox_configuration/", kind="auth")
def discovery(standin: QuickBooksStandIn, request: Request) -> Response:
    """Where everything is. The list of scopes leaves those of the API out, as the vendor's does."""
    root = request.base_url
    body = {
        "issuer": "https://oauth.platform.intuit.com/op/v1",
        "authorization_endpoint": f"{root}/connect/oauth2",
        "token_endpoint": f"{root}{TOKEN_PATH}",
        "userinfo_endpoint": f"{root}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{root}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{root}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }
    return json_response(200, body)


@route("GET", "/connect/oauth2", kind="auth")
def authorize(standin: QuickBooksStandIn, request: Request) -> Response:
    """The consent screen: answered at once, or by a person (``consents``), as the switch ``consent`` has it."""
    sent = dict(request.query.items())
    uri = sent.get("redirect_uri", "")
    if sent.get("client_id") not in standin.tokens.clients or not redirect_allowed(uri, standin.switches):
        return html_response(400, "<h1>The redirect_uri query parameter value is invalid</h1>")
    if sent.get("response_type") != "code" or not sent.get("scope"):
        return html_response(400, "<h1>Sorry, but undefined didn't connect</h1>")
    asked = Asked(sent["client_id"], tuple(sent["scope"].split()), uri, sent.get("state"))
    if standin.switches["consent"] == "ask":
        standin.consents.append(asked)
        return html_response(200, f"<h1>Connect {escape(asked.client_id)} to a company?</h1>")
    granted = standin.switches["consent"] == "granted"
    return decided(standin, asked, granted=granted, realm=standin.switches["consent_realm"])


def decided(standin: QuickBooksStandIn, asked: Asked, *, granted: bool, realm: str = "") -> Response:
    """The browser goes back: with a code and the company, or with the refusal."""
    if not granted:
        return back_to(asked.redirect_uri, {"error": "access_denied"}, state=asked.state)
    chosen = realm or standin.realm_id
    code = standin.tokens.consent(chosen, asked.scopes, asked.redirect_uri)
    return back_to(asked.redirect_uri, {"code": code, "realmId": chosen}, state=asked.state)


def redirect_allowed(uri: str, switches: dict[str, Any]) -> bool:
    """To the letter one of those registered; in production https and no IP address."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if switches["redirect_https"]:
        try:
            ipaddress.ip_address(parts.hostname)
        except ValueError:
            pass
        else:
            return False
        if parts.scheme != "https":
            return False
    return not switches["redirect_uris"] or uri in switches["redirect_uris"]


@route("POST", TOKEN_PATH, kind="auth")
def token(standin: QuickBooksStandIn, request: Request) -> Response:
    """A form, and the client in a Basic header."""
    tokens, sent = standin.tokens, request.form()
    try:
        tokens.check_client(basic(request))
        grant = sent.get("grant_type")
        if grant == "authorization_code":
            minted = tokens.exchange(sent.get("code", ""), sent.get("redirect_uri", ""))
        elif grant == "refresh_token":
            value = sent.get("refresh_token", "")
            together = standin.refreshing.together(request, value)
            minted = tokens.refresh(value, together=together)
        else:
            raise TokenRefused("unsupported_grant_type")
    except TokenRefused as refused:
        body = {"error": refused.error}
        if refused.description:
            body["error_description"] = refused.description
        return json_response(401 if refused.error == "invalid_client" else 400, body)
    return json_response(200, _told(minted, hard=request.headers.get(HARD_EXPIRY, "").lower() == "true"))


def _told(minted: Minted, *, hard: bool) -> dict[str, Any]:
    body = {
        "token_type": "bearer",
        "access_token": minted.access,
        "expires_in": 3600,
        "refresh_token": minted.refresh,
        "x_refresh_token_expires_in": minted.refresh_s,
    }
    return {**body, "x_refresh_token_hard_expires_in": minted.hard_s} if hard else body


@route("POST", "/v2/oauth2/tokens/revoke", kind="auth")
def revoke(standin: QuickBooksStandIn, request: Request) -> Response:
    """Either token ends the permission for its company."""
    try:
        standin.tokens.check_client(basic(request))
    except TokenRefused:
        return json_response(401, {"error": "invalid_client"})
    try:
        sent = request.json()
    except ValueError:
        sent = request.form()
    told = sent.get("token") if isinstance(sent, dict) else None
    if not told or not standin.tokens.revoke(str(told)):
        return json_response(400, {"error": "invalid_request"})
    return Response(200)


class Refreshing:
    """Which refreshes are under way: two at once with one value end its chain."""

    def __init__(self) -> None:
        self._under_way: dict[int, str] = {}
        self._answered: set[int] = set()
        self._second: set[int] = set()

    def arrived(self, request: Request) -> None:
        """A request is complete."""
        if request.path == TOKEN_PATH and request.is_write:
            self._under_way[request.number] = request.form().get("refresh_token", "")

    def left(self, request: Request) -> None:
        """Its reply leaves."""
        self._under_way.pop(request.number, None)
        self._answered.discard(request.number)
        self._second.discard(request.number)

    def together(self, request: Request, value: str) -> bool:
        """Whether another one with this value was answered while this one was under way."""
        others = {number for number, other in self._under_way.items() if other == value and number != request.number}
        second = request.number in self._second or bool(others & self._answered)
        self._answered.add(request.number)
        self._second |= others - self._answered
        return second
