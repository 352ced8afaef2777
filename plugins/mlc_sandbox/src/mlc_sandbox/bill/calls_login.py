"""Login, session, organisations, logout and MFA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.bill.admission import API
from mlc_sandbox.bill.forms import Form, form_of
from mlc_sandbox.bill.logins import Login, Session
from mlc_sandbox.bill.refusals import Problem, Refusal, refused
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

SMS_CODE = "123456"
DEVICE_LENGTH = 40  # 49 characters were refused, 19 accepted


@route("GET", f"{API}/health", kind="auth")
def health(standin: B, request: Request) -> Response:
    told = {"appId": "connect", "appEnv": standin.switches["environment"], "appVersion": "3.0", "bdcRegion": "us"}
    return json_response(200, told)


@route("POST", f"{API}/login", kind="auth")
def log_in(standin: B, request: Request) -> Response:
    form = form_of(standin, request)
    key = form.text("devKey", required=True) or ""
    name = form.text("username", required=True) or ""
    organization = form.text("organizationId", required=True) or ""
    password = form.text("password", required="consoleApiToken" not in form) or ""
    remember, device = form.text("rememberMeId"), form.text("device")
    form.done(also=("consoleApiToken",))
    _check_key(standin, key)
    standin.quotas.login(key)
    login = _check_password(standin, name, password)
    if standin.store.get("organizations", organization) is None or organization not in login.organizations:
        raise refused(400, "BDC_1123")
    trusted = standin.logins.remembered(login, remember, device)
    session = standin.logins.open(login, key, organization, trusted=trusted)
    told = {"sessionId": session.id, "organizationId": organization, "userId": login.user_id}
    return json_response(200, {**told, "trusted": session.trusted})


def _check_key(standin: B, key: str) -> None:
    status = standin.switches["bad_login_status"]
    if key not in standin.logins.developer_keys:
        raise refused(status, "BDC_1102")
    if not standin.logins.developer_keys[key]:
        raise refused(status, "BDC_1103")


def _check_password(standin: B, name: str, password: str) -> Login:
    status, most = standin.switches["bad_login_status"], int(standin.switches["lock_after"])
    login = standin.logins.by_name.get(name)
    if login is None or login.revoked:
        raise refused(status, "BDC_1101")
    if most and login.failures >= most:
        raise refused(status, "BDC_1110")
    if login.password != password:
        login.failures += 1
        raise refused(status, "BDC_1101")
    login.failures = 0
    return login


@route("GET", f"{API}/login/session", kind="auth")
def read_session(standin: B, request: Request) -> Response:
    caller = standin.caller
    told = {"organizationId": caller.organization_id, "userId": caller.user_id}
    return json_response(200, {**told, "mfaStatus": "DISABLED", "mfaBypass": False})


@route("GET", f"{API}/login/organizations", kind="auth")
def list_organizations(standin: B, request: Request) -> Response:
    reachable = _session(standin).login.organizations
    rows = [
        {"id": one["id"], "name": one["name"]} for one in standin.store.all("organizations") if one["id"] in reachable
    ]
    start = (max(1, int(request.query.get("page", "1") or 1)) - 1) * 100
    return json_response(200, {"results": rows[start : start + 100]})


@route("POST", f"{API}/logout", kind="auth")
def log_out(standin: B, request: Request) -> Response:
    standin.logins.sessions.pop(_session(standin).id, None)
    return Response(200)


@route("POST", f"{API}/mfa/challenge", kind="auth")
def challenge(standin: B, request: Request) -> Response:
    session = _mfa_session(standin)
    made = standin.logins.secret("chl_")
    session.login.challenges.add(made)
    return json_response(200, {"challengeId": made})


@route("POST", f"{API}/mfa/challenge/validate", kind="auth")
def validate(standin: B, request: Request) -> Response:
    session = _mfa_session(standin)
    form = form_of(standin, request)
    asked, token = form.text("challengeId", required=True), form.text("token", required=True)
    device = _device(form)
    form.text("machineName")
    remember = form.flag("rememberMe")
    form.done()
    if asked not in session.login.challenges or token != SMS_CODE:
        raise refused(400, "BDC_1356", "The MFA code is expired or wrong.")
    session.login.challenges.discard(str(asked))
    session.trusted = True
    told = {"rememberMeId": standin.logins.remember(session.login, device)} if remember else {}
    return json_response(200, told)


@route("POST", f"{API}/mfa/step-up", kind="auth")
def step_up(standin: B, request: Request) -> Response:
    session = _mfa_session(standin)
    form = form_of(standin, request)
    remember, device = form.text("rememberMeId", required=True), _device(form)
    form.done()
    session.trusted = session.trusted or standin.logins.remembered(session.login, remember, device)
    return json_response(200, {"trusted": session.trusted})


def _device(form: Form) -> str:
    device = form.text("device", required=True) or ""
    if len(device) > DEVICE_LENGTH:
        raise Refusal(
            400, Problem(f"device: Maximum length cannot be greater than {DEVICE_LENGTH} characters.", "BDC_1143")
        )
    return device


def _mfa_session(standin: B) -> Session:
    session = _session(standin)
    if session.login.sync:
        status, code = standin.switches["token_refused"]
        raise refused(status, code)
    return session


def _session(standin: B) -> Session:
    session = standin.caller.session
    if session is None:
        raise refused(401, "BDC_1109")
    return session
