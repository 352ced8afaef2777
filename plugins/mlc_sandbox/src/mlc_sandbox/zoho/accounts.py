"""The accounts server: consent, exchange, refresh, revocation, and the list of data centres."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.toolkit.http import Request, Response, html_response, json_response
from mlc_sandbox.toolkit.oauth import basic
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.toolkit.tokencalls import back_to
from mlc_sandbox.toolkit.tokenserver import TokenRefused
from mlc_sandbox.zoho.datacentres import DATA_CENTRES
from mlc_sandbox.zoho.tokens import ACCESS_LIFE_S, ERRORS, AccountsTokens

#: What the vendor leaves open about it, for every stand-in that it stands before.
SWITCHES: dict[str, Any] = {
    "data_centre": "us",
    "api_domain_style": "www.zohoapis",  # or "api.zoho", as the generic pages show it
    "consent": "granted",  # or "denied": the browser comes back with error=access_denied
    "code_life_s": 60,  # 60 on the Books page, 120 on the Accounts page
    "active_tokens": 10,  # product pages still say 30
    "token_scope_shown": True,
    "token_failure_status": 200,
    "throttle_status_key": True,
    "throttle_prolongs": True,
    "revoke_pages": "both",  # or "books", "accounts"
}
TOO_MANY = "You have made too many requests continuously. Please try again after some time."


class ZohoStandIn(StandIn):
    """A Zoho product with the accounts server in front of it, under one root."""

    tokens: AccountsTokens


@route("GET", "/oauth/serverinfo", kind="auth")
def server_info(standin: ZohoStandIn, request: Request) -> Response:
    located = {centre.code: centre.accounts for centre in DATA_CENTRES.values() if centre.listed}
    return json_response(200, {"result": "success", "locations": located})


@route("GET", "/oauth/v2/auth", kind="auth")
def authorise(standin: ZohoStandIn, request: Request) -> Response:
    """The consent screen, answered at once: the browser goes back with a code, or with the refusal."""
    asked = dict(request.query.items())
    back = asked.get("redirect_uri", "")
    if asked.get("client_id") not in standin.tokens.clients:
        return html_response(400, "<h1>Invalid Client ID</h1>")
    if not back.startswith(("http://", "https://")) or asked.get("response_type") != "code":
        return html_response(400, "<h1>Invalid Redirect Uri</h1>")
    centre = DATA_CENTRES[standin.switches["data_centre"]]
    told: dict[str, str] = {}
    if standin.switches["consent"] == "denied":
        told["error"] = "access_denied"
    else:
        scopes = tuple(scope for scope in asked.get("scope", "").replace(" ", ",").split(",") if scope)
        if not scopes:
            return html_response(400, "<h1>Invalid OAuth Scope</h1>")
        told["code"] = standin.tokens.asked(
            scopes,
            redirect_uri=back,
            offline=asked.get("access_type") == "offline",
            asked_again=asked.get("prompt") == "consent",
        )
        told |= {"location": centre.code, "accounts-server": centre.accounts}
    return back_to(back, told, state=asked.get("state"))


@route("POST", "/oauth/v2/token", kind="auth")
def token(standin: ZohoStandIn, request: Request) -> Response:
    """Parameters come in the query or in a form body."""
    sent = {**dict(request.query.items()), **request.form()}
    try:
        return json_response(200, _granted(standin, sent))
    except TokenRefused as refused:
        return _refused(standin, refused)


def _granted(standin: ZohoStandIn, sent: dict[str, str]) -> dict[str, Any]:
    tokens = standin.tokens
    tokens.check_client(sent.get("client_id", ""), sent.get("client_secret", ""))
    grant = sent.get("grant_type")
    if grant == "authorization_code":
        minted = tokens.exchange(sent.get("code", ""), redirect_uri=sent.get("redirect_uri", ""))
    elif grant == "refresh_token":
        minted = tokens.refresh(sent.get("refresh_token", ""))
    elif grant == "client_credentials":
        if not sent.get("soid"):
            raise TokenRefused("missing_org_info")
        minted = tokens.client_credentials(tuple(sent.get("scope", "").replace(" ", ",").split(",")))
    else:
        raise TokenRefused("unsupported_grant_type")
    told: dict[str, Any] = {"access_token": minted.access}
    if minted.refresh:
        told["refresh_token"] = minted.refresh
    if standin.switches["token_scope_shown"]:
        told["scope"] = " ".join(minted.scopes)
    told |= {"api_domain": api_domain(standin), "token_type": "Bearer", "expires_in": ACCESS_LIFE_S}
    return told


def api_domain(standin: ZohoStandIn) -> str:
    """The API host that a token says it is good for."""
    centre = DATA_CENTRES[standin.switches["data_centre"]]
    if standin.switches["api_domain_style"] == "api.zoho":
        return centre.api.replace("www.zohoapis", "api.zoho")
    return centre.api


def _refused(standin: ZohoStandIn, refused: TokenRefused) -> Response:
    if refused.error == "throttled":
        body = {"error": "Access Denied", "error_description": TOO_MANY}
        if standin.switches["throttle_status_key"]:
            body["status"] = "failure"
        return json_response(400, body)
    return json_response(standin.switches["token_failure_status"], {"error": ERRORS.get(refused.error, refused.error)})


@route("POST", "/oauth/v2/token/revoke", kind="auth")
def revoke(standin: ZohoStandIn, request: Request) -> Response:
    """The variant of the Books page: the token in the query."""
    if standin.switches["revoke_pages"] not in ("both", "books"):
        return standin.no_such_path(request)
    return _revoked(standin, request.query.get("token") or request.form().get("token", ""))


@route("POST", "/oauth/v2/revoke/token", kind="auth")
def revoke_form(standin: ZohoStandIn, request: Request) -> Response:
    """The variant of the Accounts page: Basic client authentication and a form."""
    if standin.switches["revoke_pages"] not in ("both", "accounts"):
        return standin.no_such_path(request)
    client_id, secret = basic(request) or ("", "")
    try:
        standin.tokens.check_client(client_id, secret)
    except TokenRefused as refused:
        return _refused(standin, refused)
    return _revoked(standin, request.form().get("token", ""))


def _revoked(standin: ZohoStandIn, token_: str) -> Response:
    if not standin.tokens.revoke(token_):
        return json_response(200, {"error": "invalid_code"})
    return json_response(200, {"status": "success"})
