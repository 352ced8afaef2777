"""Who calls: sessions with their developer key, Spend & Expense tokens, and what each of them may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlc_sandbox.bill.logins import Session
from mlc_sandbox.bill.refusals import Refusal, refused
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.views import shrunk_for

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

API: Final = "/connect/v3"
SPEND: Final = f"{API}/spend"
EVENTS: Final = "/connect-events/v3"
OPEN: Final = frozenset({f"{API}/login", f"{API}/health"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation a request speaks for, and as whom. ``session`` is None for Spend & Expense."""

    organization_id: str
    user_id: str
    session: Session | None = None

    @property
    def spend(self) -> bool:
        """Whether it called with an apiToken."""
        return self.session is None


def caller_of(standin: BillStandIn, request: Request) -> Caller:
    """Check the credentials of a request. Raises Refusal."""
    fault = standin.faults.active("token_revoked", request)
    if fault is not None:
        _revoke(standin, fault.body if isinstance(fault.body, dict) else {})
    if request.path.startswith(SPEND) or (request.path.startswith(EVENTS) and "apitoken" in request.headers):
        caller = _by_token(standin, request)
    else:
        caller = _by_session(standin, request)
    _check_organization(standin, caller)
    shrunk = shrunk_for(standin, request)
    if shrunk is not None and shrunk.status is not None:
        raise refused(shrunk.status, "BDC_1145")
    return caller


def _revoke(standin: BillStandIn, body: dict[str, object]) -> None:
    """Sessions end; with ``login`` the sync tokens are revoked too, with ``spend`` the apiTokens."""
    if body.get("spend"):
        standin.logins.spend_tokens.clear()
        return
    standin.logins.end()
    if body.get("login"):
        for login in standin.logins.by_name.values():
            login.revoked = login.revoked or login.sync


def _by_token(standin: BillStandIn, request: Request) -> Caller:
    token = request.headers.get("apitoken", "")
    if not token:
        raise refused(400 if request.path.startswith(EVENTS) else 401, "BDC_1109", "apiToken is missing.")
    known = standin.logins.spend_tokens.get(token)
    if known is None:
        raise refused(401, "BDC_1109", "apiToken is invalid.")
    return Caller(known[0], known[1])


def _by_session(standin: BillStandIn, request: Request) -> Caller:
    events = request.path.startswith(EVENTS)
    session_id, key = request.headers.get("sessionid", ""), request.headers.get("devkey", "")
    if not session_id or not key:
        if events:
            raise refused(400, "BDC_1108", "Required header sessionId or devKey is missing.")
        raise _told(standin, "missing_headers")
    session = standin.logins.use(session_id)
    if session is None:
        raise _told(standin, "expired_session")
    if session.developer_key != key:
        raise _told(standin, "foreign_devkey")
    if not standin.logins.developer_keys.get(key, False):
        raise refused(401, "BDC_1103")
    free = "/mfa/" in request.path or request.path.endswith(("/login/session", "/logout"))
    if standin.switches["mfa_for"] == "everything" and not free and not (session.trusted or session.login.sync):
        raise refused(403, "BDC_1361")
    return Caller(session.organization_id, session.login.user_id, session)


def _told(standin: BillStandIn, switch: str) -> Refusal:
    """A refusal whose status and code are a switch."""
    status, code = standin.switches[switch]
    return refused(status, code, "Session is expired." if code == "BDC_1361" else None)


def _check_organization(standin: BillStandIn, caller: Caller) -> None:
    organization = standin.store.get("organizations", caller.organization_id)
    if organization is None:
        raise refused(400, "BDC_1123")
    if organization.get("_locked"):
        raise refused(423, "BDC_1107")
    if organization.get("_api_off"):
        raise refused(403, "BDC_1105")


def require_trust(standin: BillStandIn, caller: Caller) -> None:
    """For calls that pay. Raises Refusal: a sync token never may, a user needs a session that has passed MFA."""
    if caller.session is not None and caller.session.login.sync:
        raise _told(standin, "token_refused")
    if standin.switches["environment"] == "production" and not (caller.session and caller.session.trusted):
        raise refused(403, "BDC_1361")
