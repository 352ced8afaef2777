"""OAuth 2.0 at Zoho: consent in a browser, self-client code, refresh token; the bearer that signs API calls.

Shared by all Zoho products. Refresh tokens neither rotate nor expire, but the 21st consent of a user kills the oldest,
and ten access tokens in ten minutes lock the refresh token out for the rest of those minutes.

Vendor doc: https://www.zoho.com/books/api/v3/oauth/, https://www.zoho.com/accounts/protocol/oauth/web-apps/
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from mlc import Connection, Secrets, Settings, Token, TokenStore
from mlc.errors import AuthError, ConfigError, MlcError, RateLimitedError, TransientError
from mlc.http import Auth, Response, decode
from mlc.oauth import BearerAuth
from pydantic import SecretStr

from mlc_zoho.datacentres import REDIRECTED_FROM_US, DataCentre, by_accounts_server, by_api_domain, by_code
from mlc_zoho.settings import ZohoSecrets, ZohoSettings

ZohoConnection = Connection[ZohoSettings, ZohoSecrets]

SCHEME = "Zoho-oauthtoken"
MARGIN_S = 300
LIFE_S = 3600
THROTTLE_S = 600
DEFAULT_CODE = "us"
_FILES = ("/attachment", "/receipt")


def bearer(
    connection: ZohoConnection, tokens: TokenStore, *, is_dead: Callable[[Response], bool] | None = None
) -> Auth:
    """Sign calls with ``Zoho-oauthtoken``; a 401 (code 14 or 57) gets one fresh token and one more try.

    Zoho answers code 57 both to a dead token and to a missing permission; after the second one it is the permission.

    Args:
        is_dead: whether a fresh token may mend an answer; default: as Zoho Books says it.
    """
    return BearerAuth(
        tokens,
        lambda stored: refresh(connection, stored),
        scheme=SCHEME,
        margin_s=MARGIN_S,
        is_dead=_is_dead if is_dead is None else is_dead,
    )


def _is_dead(response: Response) -> bool:
    """A dead token is 401; code 14 was also seen inside a 200. The content of a file is not at hand here."""
    if response.status_code == 401:
        return True
    if response.status_code != 200 or response.request.url.path.endswith(_FILES):
        return False
    return response.content[:16].replace(b" ", b"").startswith(b'{"code":14,')


def authorize_url(settings: Settings, secrets: Secrets, redirect_uri: str, state: str, *, scopes: Sequence[str]) -> str:
    """Where the operator's browser goes. Without a data centre it starts in the United States and is sent on by Zoho.

    Vendor doc: https://www.zoho.com/accounts/protocol/oauth/multi-dc/client-authorization.html
    """
    zoho, known = _typed(settings, secrets)
    code = zoho.data_centre if zoho.data_centre not in REDIRECTED_FROM_US else DEFAULT_CODE
    base = zoho.endpoint.rstrip("/") if zoho.endpoint else _centre(code or DEFAULT_CODE).accounts
    query = {
        "response_type": "code",
        "client_id": known.client_id.get_secret_value(),
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
    }
    return f"{base}/oauth/v2/auth?{urlencode(query)}"


def exchange(connection: ZohoConnection, callback: Mapping[str, str], redirect_uri: str | None) -> Token:
    """Turn the callback's code, or a self-client code, into a token. The code lives a minute: call it at once.

    Args:
        callback: ``code``, from a browser ``accounts-server`` and ``location`` too; a refusal is ``error``.
        redirect_uri: None for a self-client code.

    Raises: AuthError, ConfigError, TransientError, RateLimitedError.
    Vendor doc: https://www.zoho.com/books/api/v3/oauth/ (step 3), https://www.zoho.com/accounts/protocol/oauth/self-client/
    """
    if "error" in callback:
        raise _said(connection, callback["error"])
    if not callback.get("code"):
        raise ConfigError("Zoho's answer carried no code: start the authorisation again.", connection=connection.name)
    form = {"grant_type": "authorization_code", "code": callback["code"]}
    if redirect_uri is not None:
        form["redirect_uri"] = redirect_uri
    return _request(connection, _callback_centre(connection, callback), form, keep=None)


def refresh(connection: ZohoConnection, stored: Token | None) -> Token:
    """Mint an access token from the stored refresh token, or from the one in the secrets.

    Raises: AuthError when there is none or it is refused, RateLimitedError when throttled, ConfigError, TransientError.
    Vendor doc: https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html
    """
    kept = stored.refresh if stored is not None else None
    token = kept or connection.secrets.refresh_token
    if token is None:
        raise AuthError(
            "There is no refresh token yet: run mlc connect for this connection.", connection=connection.name
        )
    form = {"grant_type": "refresh_token", "refresh_token": token.get_secret_value()}
    return _request(connection, data_centre(connection, stored), form, keep=kept)


def data_centre(connection: ZohoConnection, token: Token | None) -> DataCentre:
    """The account's data centre: the setting, else what the consent found out, else the United States."""
    found = (token.extra or {}).get("data_centre") if token is not None else None
    return _centre(connection.settings.data_centre or found or DEFAULT_CODE)


def api_host(connection: ZohoConnection) -> str:
    """The API host, e.g. ``https://www.zohoapis.eu``."""
    known = connection.settings.data_centre
    return data_centre(connection, None if known else connection.tokens.current()).api


def granted_scopes(connection: ZohoConnection) -> frozenset[str]:
    """The scopes of the stored token, empty when Zoho did not say."""
    token = connection.tokens.current()
    stated = (token.extra or {}).get("scope", "") if token is not None else ""
    return frozenset(stated.replace(",", " ").split())


def _request(
    connection: ZohoConnection, centre: DataCentre, form: Mapping[str, str], *, keep: SecretStr | None
) -> Token:
    data = {
        **form,
        "client_id": connection.secrets.client_id.get_secret_value(),
        "client_secret": connection.secrets.client_secret.get_secret_value(),
    }
    now = connection.now()
    reply = _checked(connection, connection.http.mint("POST", f"{centre.accounts}/oauth/v2/token", data=data))
    given = reply.get("refresh_token")
    stated = by_api_domain(str(reply.get("api_domain", "")))
    found = stated if stated is not None else centre
    extra = {"data_centre": found.code, "accounts_server": centre.accounts, "api_domain": found.api}
    if reply.get("scope"):
        extra["scope"] = str(reply["scope"])
    return Token(
        access=SecretStr(str(reply["access_token"])),
        expires_at=now + timedelta(seconds=min(int(reply.get("expires_in", LIFE_S)), LIFE_S)),
        refresh=SecretStr(str(given)) if given else keep,
        extra=extra,
    )


def _checked(connection: ZohoConnection, response: Response) -> dict[str, Any]:
    """The token reply as a dict; refusals often come as HTTP 200 with ``{"error": …}``."""
    if response.status_code >= 500:
        raise TransientError("Zoho's accounts server is out of order.", status=response.status_code)
    reply = decode(response)
    if isinstance(reply, dict) and reply.get("error"):
        raise _said(connection, str(reply["error"]))
    if not isinstance(reply, dict) or not reply.get("access_token"):
        raise TransientError("Zoho's token reply carried no access token.", status=response.status_code)
    return reply


def _said(connection: ZohoConnection, error: str) -> MlcError:
    """What Zoho's error word means for the operator."""
    if error.lower() == "access denied":
        return RateLimitedError(
            "Zoho has blocked new access tokens for ten minutes: more than ten were asked for in ten minutes.",
            retry_after_s=THROTTLE_S,
            code=error,
            connection=connection.name,
        )
    if error in _CONFIGURATION:
        return ConfigError(_CONFIGURATION[error], f"token endpoint said {error}", connection=connection.name)
    sentence = _RECONNECT.get(error, "Zoho refused the authorisation: run mlc connect for this connection again.")
    return AuthError(sentence, f"token endpoint said {error[:80]}", connection=connection.name)


_DEAD = (
    "Zoho no longer accepts this authorisation (used, revoked, pushed out by newer ones, or of another data centre): "
    "run mlc connect again."
)
_RECONNECT = {
    "invalid_code": _DEAD,
    "invalid_grant": _DEAD,
    "invalid_client": "Zoho does not know this client_id in this data centre: check client_id and data_centre.",
    "invalid_client_secret": "Zoho refused client_secret (it was made anew, or belongs to another data centre): "
    "copy it from the Zoho API console.",
    "access_denied": "Access was refused in the browser: run mlc connect again and accept.",
}
_CONFIGURATION = {
    "invalid_redirect_uri": "The redirect URI differs from the one registered in the Zoho API console.",
}


def _callback_centre(connection: ZohoConnection, callback: Mapping[str, str]) -> DataCentre:
    settings = connection.settings
    server = callback.get("accounts-server")
    found = by_accounts_server(server) if server else by_code(callback.get("location", ""))
    if found is None and server and not _is_endpoint(server, settings.endpoint):
        raise ConfigError(
            "Zoho named an accounts server that is not one of its data centres; nothing was sent there.",
            connection=connection.name,
        )
    if found is None:
        found = by_code(callback.get("location", "")) or _centre(settings.data_centre or DEFAULT_CODE)
    if settings.data_centre not in (None, found.code):
        raise ConfigError(
            f"data_centre is {settings.data_centre}, but this Zoho account lives in {found.code} ({found.title}).",
            connection=connection.name,
        )
    return found


def _is_endpoint(server: str, endpoint: str | None) -> bool:
    return endpoint is not None and urlsplit(server).netloc == urlsplit(endpoint).netloc


def _centre(code: str) -> DataCentre:
    centre = by_code(code)
    if centre is None:
        raise ConfigError(f"data_centre {code!r} is none of Zoho's.")
    return centre


def _typed(settings: Settings, secrets: Secrets) -> tuple[ZohoSettings, ZohoSecrets]:
    if not isinstance(settings, ZohoSettings) or not isinstance(secrets, ZohoSecrets):
        raise ConfigError("These settings are not those of a Zoho connection.")
    return settings, secrets
