"""Tokens by OAuth2 client credentials, or HTTP Basic on every call; neither on a pre-signed download.

Client id and secret travel only in the header of the token call. There is no refresh token: one asks again. The scopes
that come back are kept beside the token, since Basware does not say what it does with one that a client lacks.

Vendor doc: https://developer.basware.com/api/authentication (OpenAPI of the token service)
"""

import base64
from collections.abc import Generator
from datetime import timedelta
from urllib.parse import urlsplit

from mlc import Connection, Token, TokenStore
from mlc.errors import AuthError, ConfigError, MlcError, RateLimitedError, TransientError
from mlc.http import Auth, Request, Response, decode
from mlc.oauth import BearerAuth, TokenAuth
from pydantic import SecretStr

from mlc_basware.errors import error_for
from mlc_basware.schemas import number, text
from mlc_basware.scopes import missing_scopes, scopes_of
from mlc_basware.settings import BaswareSecrets, BaswareSettings, host_of

BaswareConnection = Connection[BaswareSettings, BaswareSecrets]

#: Names in ``Token.extra``.
GRANTED = "scope"
LIFE_S = 3600.0
API_ROOTS = ("/v1/", "/v2/")
#: The Network takes HTTP Basic alone, whatever P2P is asked with.
NETWORK_ROOTS = ("/v1/invoices", "/v2/files")


class BaswareAuth(Auth):
    """Signs calls of the API. What a redirect leads to carries its own signature and must not get ours."""

    requires_response_body = True

    def __init__(self, connection: BaswareConnection, tokens: TokenStore) -> None:
        self._inner: BearerAuth | TokenAuth
        if connection.settings.authentication == "basic":
            self._inner = TokenAuth(basic(connection, "username", "password"), scheme="Basic")
        else:
            self._inner = BearerAuth(tokens, lambda stored: mint(connection), margin_s=120.0)
        self._network: TokenAuth | None = None
        if connection.settings.network:
            self._network = TokenAuth(basic(connection, "username", "password"), scheme="Basic")
        endpoint = connection.settings.endpoint
        self._root = "" if endpoint is None else urlsplit(endpoint).path.rstrip("/")

    def prepare(self) -> None:
        """Have a token in hand before a write is noted as sending."""
        if isinstance(self._inner, BearerAuth):
            self._inner.prepare()

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        path = request.url.path.removeprefix(self._root)
        if not path.startswith(API_ROOTS):
            yield request
            return
        if path.startswith(NETWORK_ROOTS):
            if self._network is None:
                yield request
            else:
                yield from self._network.sync_auth_flow(request)
            return
        yield from self._inner.sync_auth_flow(request)

    def __repr__(self) -> str:
        return "<BaswareAuth>"


def basic(connection: BaswareConnection, user: str, password: str) -> SecretStr:
    """``base64(user:password)``. Raises ConfigError where one was not entered."""
    values = [getattr(connection.secrets, name) for name in (user, password)]
    if any(value is None or not value.get_secret_value() for value in values):
        raise ConfigError(
            f"Enter {user} and {password} with mlc connect {connection.name}.", connection=connection.name
        )
    joined = ":".join(value.get_secret_value() for value in values)
    return SecretStr(base64.b64encode(joined.encode()).decode("ascii"))


def mint(connection: BaswareConnection) -> Token:
    """Ask for a token with the scopes that the settings need.

    Raises: AuthError, ConfigError, RateLimitedError, TransientError.
    """
    signed = basic(connection, "client_id", "client_secret").get_secret_value()
    wanted = scopes_of(connection.settings)
    now = connection.now()
    response = connection.http.mint(
        "POST",
        f"https://{host_of(connection.settings)}/v1/tokens",
        data={"grant_type": "client_credentials", "scope": " ".join(wanted)},
        headers={"Authorization": f"Basic {signed}"},
    )
    if not response.is_success:
        raise _refused(connection, response)
    reply = decode(response)
    access = text(reply, "access_token") if isinstance(reply, dict) else None
    if access is None:
        raise TransientError("Basware's token reply carried no token.", connection=connection.name)
    stated = number(reply, "expires_in")
    life = timedelta(seconds=LIFE_S if stated is None or stated <= 0 else float(stated))
    return Token(SecretStr(access), now + life, extra={GRANTED: text(reply, "scope") or ""})


def lacking(connection: BaswareConnection) -> tuple[str, ...]:
    """Scopes that are needed and were not granted; empty where that cannot be told."""
    token = connection.tokens.current()
    granted = "" if token is None or token.extra is None else token.extra.get(GRANTED, "")
    return missing_scopes(connection.settings, granted) if granted else ()


def _refused(connection: BaswareConnection, response: Response) -> MlcError:
    try:
        reply = decode(response)
    except TransientError:
        reply = {}
    code = text(reply, "error") if isinstance(reply, dict) else None
    told = text(reply, "error_description") if isinstance(reply, dict) else None
    host = host_of(connection.settings)
    if code == "invalid_scope" or (response.status_code == 400 and "scope" in (told or "").lower()):
        return AuthError(
            f"Basware refuses the scopes asked for ({told or code}): have them added to the API client, or set scopes "
            "to those it has.",
            connection=connection.name,
        )
    if response.status_code in (400, 401, 403, 422) and (code is not None or response.status_code in (401, 403)):
        return AuthError(
            f"Basware refuses the client id or the client secret at {host}: each region and environment has its own. "
            "Check region and environment, then enter both with mlc connect.",
            code or str(response.status_code),
            connection=connection.name,
        )
    if response.status_code in (404, 405):
        return AuthError(
            f"{host} has no token service of Basware's: check region, environment or base_url of {connection.name}.",
            str(response.status_code),
            connection=connection.name,
        )
    error = error_for(response, now=connection.now())
    if isinstance(error, RateLimitedError | TransientError):
        return error
    if response.status_code == 422:
        return AuthError("Basware's token service does not understand the request.", "422", connection=connection.name)
    return TransientError(
        f"Basware's token service at {host} answered {response.status_code}.",
        status=response.status_code,
        connection=connection.name,
    )
