"""Who may call: the token service of client credentials, Basic on every call, and scopes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from mlc_sandbox.basware.refusals import empty, message, too_many, unprocessable
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.limits import Quota, take_quota
from mlc_sandbox.toolkit.oauth import basic, bearer
from mlc_sandbox.toolkit.routing import Route, route
from mlc_sandbox.toolkit.tokenserver import TokenRefused
from mlc_sandbox.toolkit.views import shrunk_for
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

CLIENT_ID: Final = "demo-client"
CLIENT_SECRET: Final = "demo-secret"  # noqa: S105 - a stand-in's
USER: Final = "demo-openapi-consultant@harbour.example"
PASSWORD: Final = "Harbour-4711"  # noqa: S105 - a stand-in's
KID: Final = "_A4demoKeyOfTheStandIn"
OPEN: Final = ("/v1/tokens", "/.well-known/", "/presigned/")
_RESOURCES: Final = [
    "accountingDocuments",
    "accounts",
    "advancedPermissions",
    "advancedValidations",
    "contracts",
    "costCenters",
    "errorFeedbacks",
    "exchangeRates",
    "exportedContracts",
    "exportedContractSpends",
    "exportedPurchaseOrders",
    "exportedPurchaseRequisitions",
    "lists",
    "matchingOrders",
    "matchingOrderLines",
    "paymentTerms",
    "projects",
    "purchaseOrders",
    "purchaseRequisitions",
    "purchaseGoodsReceipts",
    "subscriptions",
    "taxCodes",
    "users",
    "vendors",
]
SCOPES: Final = frozenset(
    [
        *(f"{name}.{right}" for name in _RESOURCES for right in ("read", "write", "delete")),
        *(f"{name}.{right}" for name in ("applicationGroups", "companies", "requestStatus") for right in
          ("read", "write")),
        "tasks.read",
        "taskStatus.read",
    ]
)  # fmt: skip
_RIGHTS: Final = {"GET": "read", "DELETE": "delete"}
#: No scope is documented for these: any good token, or Basic, opens them.
_FREE: Final = frozenset({"dataExtracts", "invoices", "files"})


def admit(standin: BaswareStandIn, request: Request, route: Route | None) -> None:
    """Credentials, then the quota, then the scope of the resource. Raises Refused."""
    if request.path.startswith(OPEN):
        if request.path == "/v1/tokens":
            take_quota(standin, request, Quota(standin.window, _throttled(standin)))
        return
    if standin.faults.active(Kind.TOKEN_REVOKED, request) is not None:
        standin.tokens.revoke_all()
    scopes = _scopes_of(standin, request)
    take_quota(standin, request, Quota(standin.window, _throttled(standin)))
    wanted = scope_of(request)
    if scopes is not None and wanted is not None and wanted not in scopes:
        raise message(int(standin.switches["missing_scope_status"]), "Forbidden")
    shrunk = shrunk_for(standin, request)
    if shrunk is not None and shrunk.status is not None:
        raise message(shrunk.status, "Forbidden")


def scope_of(request: Request) -> str | None:
    """The scope that a call needs, None for what no scope is documented of."""
    parts = request.path.split("/")
    resource = parts[2] if len(parts) > 2 else ""
    if resource in _FREE:
        return None
    if resource == "tasks":
        return "tasks.read"
    return f"{resource}.{_RIGHTS.get(request.method, 'write')}"


def _scopes_of(standin: BaswareStandIn, request: Request) -> tuple[str, ...] | None:
    """What the caller may do; None: everything. Raises Refused: 401, on P2P without a body."""
    login = basic(request)
    if login is not None and standin.switches["basic_accepted"]:
        if standin.logins.get(login[0]) == login[1]:
            standin.caller = login[0]
            return None
        raise _unknown(request)
    grant = standin.tokens.good(bearer(request))
    if grant is None:
        raise _unknown(request)
    standin.caller = grant.subject
    scopes: tuple[str, ...] = grant.claims["scopes"]
    return scopes


def _unknown(request: Request) -> Refused:
    if request.path.startswith(("/v1/subscriptions", "/v1/tasks", "/v1/dataExtracts")):
        return message(401, "Unauthorized")
    return empty(401)


def _throttled(standin: BaswareStandIn) -> Callable[[Request, float], Response]:
    return lambda request, wait_s: too_many(request, wait_s if standin.switches["retry_after"] else 0)


@route("POST", "/v1/tokens", kind="auth")
def token(standin: BaswareStandIn, request: Request) -> Response:
    """Client credentials: the client in a Basic header alone, grant type and scopes as a form."""
    client = basic(request)
    if "authorization" not in request.headers:
        return unprocessable((["header", "authorization"], "field required", "value_error.missing"))
    if client is None:
        return json_response(401, {"error": "invalid_client"})
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        missing = [(["body", name], "field required", "value_error.missing") for name in ("grant_type", "scope")]
        return unprocessable(*missing)
    form = request.form()
    for name in ("grant_type", "scope"):
        if not form.get(name, "").strip():
            return _invalid(f"{name} field required")
    try:
        standin.tokens.check_client(*client)
    except TokenRefused:
        return json_response(401, {"error": "invalid_client"})
    if form["grant_type"] != "client_credentials":
        return json_response(400, {"error": "unsupported_grant_type", "error_description": "grant_type not supported"})
    asked = form["scope"].split()
    held = standin.client_scopes.get(client[0], SCOPES)
    granted = tuple(dict.fromkeys(scope for scope in asked if scope in held))
    if len(granted) < len(set(asked)) and (standin.switches["foreign_scope"] == "refuse" or not granted):
        return json_response(400, {"error": "invalid_scope", "error_description": "scope not allowed"})
    minted = standin.tokens.client_credentials(granted, subject=client[0], text=_jwt(standin, client[0], granted))
    body = {"access_token": minted.access, "scope": " ".join(granted), "expires_in": int(minted.life_s)}
    return json_response(200, {**body, "token_type": "Bearer"})


def _invalid(text: str) -> Response:
    return json_response(400, {"error": "invalid_request", "error_description": text})


def _jwt(standin: BaswareStandIn, client: str, scopes: tuple[str, ...]) -> str:
    """A token in the form of Basware's; nobody is meant to verify its signature."""
    now = int(standin.clock.now().timestamp())
    claims = {
        "sub": client, "scope": " ".join(scopes), "auth_time": now, "iss": standin.issuer, "aud": "OpenAPI",
        "exp": now + int(standin.switches["token_life_s"]), "iat": now, "jti": standin.next_id("jti"),
        "bwcid": standin.tenant,
    }  # fmt: skip
    head = {"alg": "RS256", "kid": KID, "typ": "at+jwt"}
    parts = [base64.urlsafe_b64encode(dumps(part)).rstrip(b"=").decode() for part in (head, claims)]
    digest = hashlib.sha512(".".join([standin.nonce, *parts]).encode()).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()])


@route("GET", "/.well-known/openid-configuration", kind="auth")
def configuration(standin: BaswareStandIn, request: Request) -> Response:
    """Where the keys are."""
    return json_response(200, {"issuer": standin.issuer, "jwks_uri": f"{request.base_url}/.well-known/jwks.json"})


@route("GET", "/.well-known/jwks.json", kind="auth")
def keys(standin: BaswareStandIn, request: Request) -> Response:
    """One key, of the right form."""
    modulus = base64.urlsafe_b64encode(hashlib.sha512(KID.encode()).digest() * 4).rstrip(b"=").decode()
    key = {"e": "AQAB", "kid": KID, "kty": "RSA", "n": modulus, "use": "sig", "alg": "RS256"}
    return json_response(200, {"keys": [key]})
