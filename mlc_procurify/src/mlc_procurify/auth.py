"""The client-credentials token: a day long, no refresh token, asked for again before it ends."""

from datetime import timedelta

from mlc import Connection, Token, TokenStore
from mlc.errors import AuthError, RateLimitedError, TransientError
from mlc.http import Auth, decode
from mlc.oauth import BearerAuth
from pydantic import SecretStr

from mlc_procurify import SYSTEM
from mlc_procurify.errors import problem, request_id, retry_after_s
from mlc_procurify.settings import ProcurifySecrets, ProcurifySettings

#: Names the API for the token endpoint; it is never called.
AUDIENCE = "https://api.procurify.com/"
LIFETIME_S = 86400

ProcurifyConnection = Connection[ProcurifySettings, ProcurifySecrets]


def bearer(connection: ProcurifyConnection, tokens: TokenStore) -> Auth:
    """Sign with the stored token; after a complete 401 ask for one fresh token and send again, once."""
    return BearerAuth(tokens, lambda stored: request_token(connection))


def request_token(connection: ProcurifyConnection) -> Token:
    """Ask for a token with the application's id and secret.

    Raises: AuthError, RateLimitedError, TransientError.
    Vendor doc: https://developer.procurify.com (tag oauth, read 2026-08)
    """
    response = connection.http.mint(
        "POST",
        f"https://{connection.settings.host}/oauth/token",
        json={
            "client_id": connection.secrets.client_id.get_secret_value(),
            "client_secret": connection.secrets.client_secret.get_secret_value(),
            "audience": AUDIENCE,
            "grant_type": "client_credentials",
        },
    )
    status = response.status_code
    if status == 429:
        wait_s = retry_after_s(response)
        raise RateLimitedError(
            f"Procurify asks us to wait {wait_s:.0f} s before the next token.",
            retry_after_s=wait_s,
            window="second",
            status=status,
            system=SYSTEM,
            connection=connection.name,
        )
    if 400 <= status < 500:
        raise AuthError(
            _refusal(status, connection.settings.subdomain),
            problem(response).text,
            system=SYSTEM,
            connection=connection.name,
            request_id=request_id(response),
        )
    if status != 200:
        raise TransientError(
            f"Procurify answered {status} to the request for a token.",
            status=status,
            system=SYSTEM,
            connection=connection.name,
            request_id=request_id(response),
        )
    body = decode(response)
    access = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(access, str) or not access:
        raise TransientError("Procurify's token reply holds no token.", system=SYSTEM, connection=connection.name)
    lives_s = body.get("expires_in", LIFETIME_S)
    seconds = int(lives_s) if isinstance(lives_s, int) and lives_s > 0 else LIFETIME_S
    return Token(
        access=SecretStr(access),
        expires_at=connection.now() + timedelta(seconds=seconds),
        extra={"scope": str(body.get("scope", ""))},
    )


def _refusal(status: int, subdomain: str) -> str:
    if status == 404:
        return f"There is no Procurify at {subdomain}.procurify.com; check the subdomain in the connection's settings."
    return (
        "Procurify does not accept the client ID and secret. Look under Settings > Integrations > API; when the secret "
        "is lost, make a new application there, then connect again."
    )
