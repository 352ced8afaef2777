"""Tokens, the two required headers, quotas, suspension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.limits import Quota, take_quota
from mlc_sandbox.toolkit.oauth import bearer, jwt_of
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.tokencalls import unauthorised
from mlc_sandbox.toolkit.tokenserver import TokenRefused, TokenRules
from mlc_sandbox.toolkit.views import shrunk_for

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

AUDIENCE = "https://api.procurify.com/"
TOKEN_LIFE_S = 86_400
RULES = TokenRules(access_life_s=TOKEN_LIFE_S)
OPEN_PATHS = ("/oauth/token", "/media/")


def detail(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """An error in the framework's own shape."""
    return json_response(status, {"detail": text}, headers)


def _oauth_error(status: int, error: str, description: str) -> Response:
    return json_response(status, {"error": error, "error_description": description})


@route("POST", "/oauth/token", kind="auth")
def issue_token(standin: ProcurifyStandIn, request: Request) -> Response:
    """Client credentials against the list of applications; a token lives 24 hours by the stand-in's clock."""
    try:
        body: Any = request.json()
    except ValueError:
        return _oauth_error(400, "invalid_request", "The body must be JSON.")
    if not isinstance(body, dict):
        return _oauth_error(400, "invalid_request", "The body must be a JSON object.")
    if body.get("grant_type") != "client_credentials":
        return _oauth_error(400, "unsupported_grant_type", "Only client_credentials is supported here.")
    if body.get("audience") != AUDIENCE:
        return _oauth_error(403, "access_denied", f"Service not found: {body.get('audience')}")
    client = str(body.get("client_id", ""))
    try:
        standin.tokens.check_client(client, str(body.get("client_secret")))
    except TokenRefused:
        return _oauth_error(401, "invalid_client", "Client authentication failed.")
    now = standin.clock.stamp()
    scope = f"urn:procurify-api:domain:{standin.tenant} urn:procurify-api:email:{standin.owner_email}"
    claims = {"sub": client, "aud": AUDIENCE, "iat": int(now.timestamp()), "scope": scope, "n": request.number}
    token = jwt_of(claims, key=standin.tenant)
    standin.tokens.client_credentials(subject=client, text=token)
    return json_response(
        200,
        {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S, "scope": scope},
        {"cache-control": "no-store"},
    )


def admit(standin: ProcurifyStandIn, request: Request) -> None:
    """Turn a request away that lacks a header, a good token, quota or permission; raises Refused."""
    take_quota(standin, request, Quota(standin.window, lambda _request, wait_s: _throttled(standin, wait_s)))
    if request.path.startswith(OPEN_PATHS):
        return
    token = bearer(request)
    if token is None:
        raise _unauthorised("Authentication credentials were not provided.")
    if standin.faults.active(Kind.TOKEN_REVOKED, request):
        standin.tokens.revoke_all()
    grant = standin.tokens.access.find(token)
    if grant is None or grant.revoked:
        raise _unauthorised("Invalid token.")
    if standin.tokens.good(token) is None:
        raise _unauthorised("Token has expired.")
    if request.headers.get("x-procurify-client") != "api":
        status = int(standin.switches["missing_client_header"])
        if status == 401:
            raise _unauthorised("Authentication credentials were not provided.")
        if status != 200:
            raise _forbidden()
    suspended = standin.switches["suspended"]
    if suspended == 401:
        raise _unauthorised("Invalid token.")
    if suspended:
        raise _forbidden("Access to this API has been suspended.")
    asked = f"{request.method} {request.path}"
    if any(re.search(pattern, asked) for pattern in standin.switches["forbidden"]):
        raise _forbidden()
    shrunk = shrunk_for(standin, request)
    if shrunk is not None and shrunk.status is not None:
        raise _forbidden()


def _throttled(standin: ProcurifyStandIn, wait_s: float) -> Response:
    seconds = max(1, round(wait_s))
    headers = {"retry-after": str(seconds)} if standin.switches["retry_after_header"] else {}
    return detail(429, f"Request was throttled. Expected available in {seconds} seconds.", headers)


def _unauthorised(text: str) -> Refused:
    return unauthorised({"detail": text})


def _forbidden(text: str = "You do not have permission to perform this action.") -> Refused:
    return Refused(detail(403, text))
