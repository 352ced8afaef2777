"""Tokens, the two required headers, quotas, suspension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.oauth import bearer, jwt_of
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

AUDIENCE = "https://api.procurify.com/"
TOKEN_LIFE_S = 86_400
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
    if client not in standin.clients or standin.clients[client] != body.get("client_secret"):
        return _oauth_error(401, "invalid_client", "Client authentication failed.")
    now = standin.clock.stamp()
    scope = f"urn:procurify-api:domain:{standin.tenant} urn:procurify-api:email:{standin.owner_email}"
    claims = {"sub": client, "aud": AUDIENCE, "iat": int(now.timestamp()), "scope": scope, "n": request.number}
    token = jwt_of(claims, key=standin.tenant)
    standin.tokens.issue(token, subject=client, at=now, life_s=TOKEN_LIFE_S)
    return json_response(
        200,
        {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S, "scope": scope},
        {"cache-control": "no-store"},
    )


def admit(standin: ProcurifyStandIn, request: Request) -> None:
    """Turn a request away that lacks a header, a good token, quota or permission; raises Refused."""
    _throttle(standin, request)
    if request.path.startswith(OPEN_PATHS):
        return
    token = bearer(request)
    if token is None:
        raise _unauthorised("Authentication credentials were not provided.")
    if standin.faults.active(Kind.TOKEN_REVOKED, request):
        standin.tokens.revoke()
    grant = standin.tokens.find(token)
    if grant is None or grant.revoked:
        raise _unauthorised("Invalid token.")
    if standin.tokens.good(token, standin.clock.now()) is None:
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
    shrunk = standin.faults.active(Kind.PERMISSION_SHRINK, request)
    request.shrunk = shrunk
    if shrunk is not None and shrunk.status is not None:
        raise _forbidden()


def _throttle(standin: ProcurifyStandIn, request: Request) -> None:
    fault = standin.faults.active(Kind.RATE_LIMIT, request)
    wait: float | None = None
    if fault is not None:
        wait = fault.seconds
    elif standin.limits_enabled:
        wait = standin.window.take(standin.clock.now())
    if wait is None:
        return
    seconds = max(1, round(wait))
    headers = {"retry-after": str(seconds)} if standin.switches["retry_after_header"] else {}
    text = f"Request was throttled. Expected available in {seconds} seconds."
    raise Refused(detail(429, text, headers))


def _unauthorised(text: str) -> Refused:
    return Refused(detail(401, text, {"www-authenticate": 'Bearer realm="api"'}))


def _forbidden(text: str = "You do not have permission to perform this action.") -> Refused:
    return Refused(detail(403, text))
