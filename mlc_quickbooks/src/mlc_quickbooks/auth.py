"""OAuth 2.0 at Intuit: a person's consent per company, rotating refresh tokens with two clocks.

A refresh token dies after about 100 days without use and, for good, five years after the consent. Its value changes
about once a day; the old one then kills the whole chain when it is used again, so core refreshes one at a time and
stores what came back before it is used (R35). The company's id (realm) comes only with the redirect, and is kept with
the tokens.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0,
https://blogs.a.intuit.com/2025/11/12/important-changes-to-refresh-token-policy
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mlc import Connection, Secrets, Settings, Token, TokenStore
from mlc.errors import AuthError, ConfigError, MlcError, RateLimitedError, TransientError
from mlc.http import Auth, Response, decode
from mlc.oauth import BearerAuth
from pydantic import SecretStr

from mlc_quickbooks.discovery import token_endpoint
from mlc_quickbooks.errors import THROTTLED_S, is_dead
from mlc_quickbooks.schemas import text
from mlc_quickbooks.settings import CONSENT_HOST, QuickBooksSecrets, QuickBooksSettings, typed

QuickBooksConnection = Connection[QuickBooksSettings, QuickBooksSecrets]

SCOPE = "com.intuit.quickbooks.accounting"
MARGIN_S = 300
LIFE_S = 3600
#: Idle life of a refresh token where the answer does not state it.
IDLE_S = 100 * 86_400
#: Years after a consent at which every chain ends.
HARD = timedelta(days=5 * 365)
WARN_BEFORE = timedelta(days=14)
WARN_HARD_BEFORE = timedelta(days=60)
REALM, CONSENTED, HARD_END = "realm_id", "consented_at", "ends_at"


def bearer(connection: QuickBooksConnection, tokens: TokenStore) -> Auth:
    """Sign calls; a complete 401 gets one fresh token and one more try."""
    return BearerAuth(tokens, lambda stored: refresh(connection, stored), margin_s=MARGIN_S, is_dead=is_dead)


def authorize_url(settings: Settings, secrets: Secrets, redirect_uri: str, state: str) -> str:
    """Where the operator's browser goes; the same for production and sandbox."""
    own = typed(settings)
    if not isinstance(secrets, QuickBooksSecrets):
        raise ConfigError("These secrets are not those of a QuickBooks connection.")
    base = own.endpoint.rstrip("/") if own.endpoint else f"https://{CONSENT_HOST}"
    query = {
        "client_id": secrets.client_id.get_secret_value(),
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{base}/connect/oauth2?{urlencode(query)}"


def exchange(connection: QuickBooksConnection, callback: Mapping[str, str], redirect_uri: str | None) -> Token:
    """Turn the callback's code into a token, once: a second try with the same code ends the chain.

    Args:
        callback: ``code`` and ``realmId``; a refusal is ``error``.

    Raises: AuthError, ConfigError (another company than realm_id), TransientError, RateLimitedError.
    """
    if callback.get("error"):
        raise AuthError(f"Consent was refused: {callback['error'][:80]}.", connection=connection.name)
    code, realm = callback.get("code"), callback.get("realmId")
    if not code or not realm or not realm.isdigit():
        raise ConfigError(
            "The address that the browser ended at lacks its code or realmId: paste all of it, or start again.",
            connection=connection.name,
        )
    wanted = connection.settings.realm_id
    if wanted not in (None, realm):
        raise ConfigError(
            f"The company that was chosen has the realm {realm}, but realm_id is {wanted}: choose the other company, "
            "or change realm_id.",
            connection=connection.name,
        )
    form = {"grant_type": "authorization_code", "code": code}
    if redirect_uri is not None:
        form["redirect_uri"] = redirect_uri
    return _request(connection, form, realm=realm, stored=None)


def refresh(connection: QuickBooksConnection, stored: Token | None) -> Token:
    """Mint an access token from the stored refresh token, or from the one in the secrets.

    Raises: AuthError when there is none or it is refused (for good: nothing is tried again), TransientError,
    RateLimitedError.
    """
    kept = stored.refresh if stored is not None else None
    token = kept or connection.secrets.refresh_token
    if token is None:
        raise AuthError(
            "There is no refresh token yet: run mlc connect for this connection.", connection=connection.name
        )
    form = {"grant_type": "refresh_token", "refresh_token": token.get_secret_value()}
    return _request(connection, form, realm=_realm(connection, stored), stored=stored, kept=token)


def realm_of(connection: QuickBooksConnection) -> str:
    """The company's id: from the consent, else the setting.

    Raises: ConfigError when neither says it, or when they differ.
    """
    found = _realm(connection, connection.tokens.current())
    if found is None:
        raise ConfigError(
            "The company is not known: run mlc connect for this connection, or set realm_id.",
            connection=connection.name,
        )
    return found


def known_realm(connection: QuickBooksConnection) -> str | None:
    """The same without a complaint, and without any call."""
    token = connection.tokens.current()
    stated = (token.extra or {}).get(REALM) if token is not None else None
    return connection.settings.realm_id or stated


def ends(token: Token) -> datetime | None:
    """When the chain of refresh tokens ends for good, five years after the consent; None when nobody knows."""
    stated = (token.extra or {}).get(HARD_END)
    return None if not stated else datetime.fromisoformat(stated)


def warnings(token: Token | None, now: datetime) -> list[str]:
    """What a person should know in time of both clocks."""
    if token is None:
        return []
    found = []
    end = ends(token)
    idle = token.refresh_expires_at
    if end is not None and end - now < WARN_HARD_BEFORE:
        found.append(
            f"The authorisation ends for good on {end.date()}, five years after the consent: run mlc connect before."
        )
    elif idle is not None and idle - now < WARN_BEFORE:
        found.append(f"The refresh token dies on {idle.date()} unless it is used before.")
    return found


def _realm(connection: QuickBooksConnection, token: Token | None) -> str | None:
    stated = (token.extra or {}).get(REALM) if token is not None else None
    wanted = connection.settings.realm_id
    if stated and wanted not in (None, stated):
        raise ConfigError(
            f"realm_id is {wanted}, but this connection was authorised for the company {stated}: run mlc connect and "
            "choose the other company, or change realm_id.",
            connection=connection.name,
        )
    return stated or wanted


def _request(
    connection: QuickBooksConnection,
    form: Mapping[str, str],
    *,
    realm: str | None,
    stored: Token | None,
    kept: SecretStr | None = None,
) -> Token:
    secrets = connection.secrets
    pair = f"{secrets.client_id.get_secret_value()}:{secrets.client_secret.get_secret_value()}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Accept": "application/json",
        "x-include-refresh-token-hard-expires-in": "true",
    }
    url = token_endpoint(connection.http, connection.settings)
    now = connection.now()
    reply = _checked(connection, connection.http.mint("POST", url, data=dict(form), headers=headers))
    given = text(reply, "refresh_token")
    extra = dict((stored.extra if stored is not None else None) or {})
    if realm is not None:
        extra[REALM] = realm
    if stored is None and form["grant_type"] == "authorization_code":
        extra[CONSENTED] = now.isoformat()
    hard = _seconds(reply, "x_refresh_token_hard_expires_in")
    if hard is not None:
        extra[HARD_END] = (now + hard).isoformat()
    elif HARD_END not in extra and CONSENTED in extra:
        extra[HARD_END] = (datetime.fromisoformat(extra[CONSENTED]) + HARD).isoformat()
    idle = now + (_seconds(reply, "x_refresh_token_expires_in") or timedelta(seconds=IDLE_S))
    end = datetime.fromisoformat(extra[HARD_END]) if HARD_END in extra else None
    return Token(
        access=SecretStr(str(reply["access_token"])),
        expires_at=now + (_seconds(reply, "expires_in") or timedelta(seconds=LIFE_S)),
        refresh=SecretStr(given) if given else kept,
        refresh_expires_at=idle if end is None else min(idle, end),
        extra=extra,
    )


def _seconds(reply: Mapping[str, Any], key: str) -> timedelta | None:
    stated = text(reply, key)
    return timedelta(seconds=int(stated)) if stated is not None and stated.isdigit() else None


def _checked(connection: QuickBooksConnection, response: Response) -> Mapping[str, Any]:
    """The token reply as a dict."""
    status = response.status_code
    if status == 429:
        raise RateLimitedError(
            "Intuit's token endpoint takes no more calls now.", retry_after_s=THROTTLED_S, window="mint", status=status
        )
    if status >= 500:
        raise TransientError("Intuit's token endpoint is out of order.", status=status)
    reply = decode(response)
    said = text(reply, "error") if isinstance(reply, Mapping) else None
    if said is not None:
        raise _refused(connection, said)
    if status >= 400:
        raise _refused(connection, str(status)) if status in (400, 401, 403) else _odd(status)
    if not isinstance(reply, Mapping) or not text(reply, "access_token"):
        raise TransientError("Intuit's token reply carried no access token.", status=status)
    return reply


def _odd(status: int) -> MlcError:
    return TransientError("Intuit's token endpoint gave no answer.", status=status)


def _refused(connection: QuickBooksConnection, error: str) -> MlcError:
    sentence = _REFUSALS.get(error, "Intuit refused the authorisation: run mlc connect for this connection again.")
    return AuthError(sentence, f"token endpoint said {error[:80]}", connection=connection.name)


_REFUSALS = {
    "invalid_grant": "Intuit no longer accepts this authorisation: withdrawn, unused for 100 days, older than five "
    "years, or its token was used by somebody else too. Run mlc connect again.",
    "invalid_client": "Intuit refuses client_id or client_secret: copy both from developer.intuit.com, from the key "
    "pair of this environment.",
    "access_denied": "Access was refused in the browser: run mlc connect again and accept.",
}
