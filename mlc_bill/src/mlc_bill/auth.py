"""Logins and sessions of AP & AR, and the token of Spend & Expense.

A session is valid only with the developer key it was made with; both travel as headers, the key also in the login's
body. 200 logins an hour per developer key are all there are, for every organisation of it together.

Vendor doc: https://developer.bill.com/reference/login, https://developer.bill.com/docs/bill-keys-tokens
"""

from collections.abc import Generator
from datetime import timedelta

from mlc import Connection, Token, TokenStore
from mlc.errors import AuthError, ConfigError, MlcError, RateLimitedError, RejectedError, TransientError
from mlc.http import Auth, Request, Response, decode
from mlc.oauth import SessionAuth, TokenAuth
from pydantic import SecretStr

from mlc_bill.errors import HOUR_REACHED, MFA, UNTRUSTED, error_for, is_dead, problems, until_next_hour
from mlc_bill.schemas import flag, text
from mlc_bill.settings import BillSecrets, BillSettings, host_of, idle_s

BillConnection = Connection[BillSettings, BillSecrets]

#: A call that carries this header, whatever its value, is signed with the Spend & Expense token.
SPEND_HEADER = "apiToken"
#: A call that carries this header leaves unsigned, and without the header.
UNSIGNED = "X-Mlc-Unsigned"
WRONG_PASSWORD = "BDC_1101"  # noqa: S105 - a code


class BillAuth(Auth):
    """Two credentials side by side: a session for AP & AR, the API token for Spend & Expense."""

    requires_response_body = True

    def __init__(self, connection: BillConnection, tokens: TokenStore) -> None:
        key = connection.secrets.dev_key
        self._session = SessionAuth(
            tokens,
            lambda stored: login(connection),
            sign=lambda token: {"sessionId": token.access.get_secret_value(), "devKey": key.get_secret_value()},
            idle_s=idle_s(connection.settings),
            is_dead=is_dead,
        )
        token = connection.secrets.api_token
        self._spend = None if token is None else TokenAuth(token, header=SPEND_HEADER, scheme=None)

    def prepare(self) -> None:
        """Have a session in hand before a write is noted as sending."""
        self._session.prepare()

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        if request.headers.pop(UNSIGNED, None) is not None:
            yield request  # a storage that is none of BILL's gateways: no credential leaves for it
            return
        if SPEND_HEADER not in request.headers:
            yield from self._session.sync_auth_flow(request)
            return
        if self._spend is None:
            raise no_api_token()
        yield from self._spend.sync_auth_flow(request)

    def __repr__(self) -> str:
        return "<BillAuth>"


def no_api_token() -> ConfigError:
    return ConfigError("Spend & Expense needs a token of its own: enter api_token with mlc connect.")


def login(connection: BillConnection) -> Token:
    """Log in to the connection's organisation.

    Raises: AuthError, ConfigError, RateLimitedError (the hour's logins are used up), TransientError.
    Vendor doc: https://developer.bill.com/reference/login
    """
    settings, secrets = connection.settings, connection.secrets
    body = {
        "devKey": secrets.dev_key.get_secret_value(),
        "username": secrets.username.get_secret_value(),
        "password": secrets.password.get_secret_value(),
        "organizationId": settings.organization_id,
    }
    if secrets.remember_me_id is not None:
        if settings.device is None:
            raise ConfigError("remember_me_id needs device, the name it was made for.", connection=connection.name)
        body |= {"rememberMeId": secrets.remember_me_id.get_secret_value(), "device": settings.device}
    now = connection.now()
    response = connection.http.mint("POST", f"https://{host_of(settings)}/connect/v3/login", json=body)
    if not response.is_success:
        raise _refused(connection, response)
    reply = decode(response)
    session = text(reply, "sessionId") if isinstance(reply, dict) else None
    if session is None:
        raise TransientError("BILL's login reply carried no session.", connection=connection.name)
    reached = text(reply, "organizationId")
    if reached not in (None, settings.organization_id):
        raise ConfigError(
            f"BILL logged in to organisation {reached}, not to {settings.organization_id}.", connection=connection.name
        )
    extra = {"user_id": text(reply, "userId") or "", "trusted": "yes" if flag(reply, "trusted") else "no"}
    return Token(SecretStr(session), now + timedelta(seconds=idle_s(settings)), extra=extra)


def _refused(connection: BillConnection, response: Response) -> MlcError:
    """What a refused login means for the operator."""
    found = problems(response)
    codes = {problem.code for problem in found}
    if HOUR_REACHED in codes:
        return RateLimitedError(
            "The logins of this hour for this developer key are used up; BILL takes more from the next full hour.",
            "200 an hour, for all organisations of one key",
            retry_after_s=until_next_hour(response, connection.now()),
            window="mint",
            code=HOUR_REACHED,
            status=response.status_code,
            connection=connection.name,
        )
    if UNTRUSTED in codes:
        return AuthError(MFA, UNTRUSTED, connection=connection.name)
    # Without a code a 401 tells, and so do words; a page of a gateway's does not, and must pause nobody.
    told = response.status_code == 401 or (
        response.status_code in (400, 403) and any(problem.message for problem in found)
    )
    if WRONG_PASSWORD in codes or (told and not any(codes)):
        detail = ", ".join(sorted(code for code in codes if code)) or str(response.status_code)
        return AuthError(_WRONG[connection.settings.login], detail, connection=connection.name)
    error = error_for(response, now=connection.now())
    if isinstance(error, RejectedError):
        return AuthError(f"BILL refused the login. {error.sentence}", error.detail, connection=connection.name)
    return TransientError("BILL's login gave no answer.", connection=connection.name) if error is None else error


_WRONG = {
    "sync_token": "BILL no longer accepts the sync token: it was revoked, or mistyped. Make a new one in BILL under "
    "Settings, Sync & Integrations, Tokens, and enter its name and value with mlc connect.",
    "user": "BILL refuses the user name or the password: the password was changed, or mistyped. Enter the new one with "
    "mlc connect.",
}
