"""BILL's codes and statuses → core errors, as a table. The code decides, not the status.

Bodies of errors are bare arrays of ``{code, message, …}``, several at once. What no table knows is a refusal that needs
a person, never a blind retry.

Vendor doc: https://developer.bill.com/docs/common-api-error-codes, https://developer.bill.com/docs/api-rate-limits
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from mlc import RejectCause, Rejected
from mlc.errors import (
    AuthError,
    DuplicateError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
    VendorError,
)
from mlc.http import Response

from mlc_bill.schemas import text

HOUR_REACHED = "BDC_1144"
TOO_MANY_AT_ONCE = "BDC_1322"
DUPLICATE = "BDC_1171"
SESSION_DEAD = "BDC_1109"
UNTRUSTED = "BDC_1361"
LOCKED_OUT = "BDC_1107"
NO_DATA = "BDC_1120"
INTERNAL = "BDC_1001"
BUSY_S = 2.0
BLOCKED_S = 60.0
LOCKED_S = 600.0

MFA = (
    "BILL wants a login that was confirmed by a second factor (MFA) for this, which a program has not: do it in BILL, "
    "or have the connection's user trusted (remember_me_id and device, login = user)."
)
NOT_PERMITTED = {
    "BDC_1145": "BILL refuses this to the connected user (the role or token lacks it, or the organisation has the "
    "feature switched off); check the user's role in BILL.",
    "BDC_1150": "The connected user may not make online payments; nothing was paid.",
    "BDC_1151": "That bank account cannot make online payments; nothing was paid.",
}
CREDENTIALS = {
    "BDC_1102": "BILL does not know this developer key in this environment: production and sandbox have keys of their "
    "own. Check environment, then enter dev_key with mlc connect.",
    "BDC_1103": "BILL has deactivated this developer key: ask BILL, then enter a new dev_key with mlc connect.",
    "BDC_1104": "The terms of this developer key are not accepted yet: accept them in BILL's developer settings.",
    "BDC_1105": "This BILL organisation is not enabled for the API: switch that on in BILL, then run mlc connect.",
    "BDC_1106": "This developer key is of another kind than the login; ask BILL for one for AP & AR.",
    "BDC_1110": "BILL has locked this login after wrong passwords: unlock it in BILL, then run mlc connect.",
    "BDC_1111": "The user of this login is no longer active in BILL: reactivate it, or run mlc connect with another.",
    "BDC_1113": "BILL could not log this user in: check organization_id and the login, then run mlc connect.",
    "BDC_1123": "BILL does not know this organization_id, or the login does not belong to it.",
}
#: ``address: must not be null``, ``invoiceNumber: Maximum length …``: the field stands in front.
_FIELD = re.compile(r"^\s*([A-Za-z][A-Za-z0-9_.\[\]]*)\s*:\s")
_DUPLICATE_TEXT = re.compile(r"already exists|duplicate", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error body."""

    code: str | None
    message: str


def problems(response: Response) -> list[Problem]:
    """What an error body says; empty for a body that is no JSON."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return []
    entries = body if isinstance(body, list) else [body]
    return [
        Problem(text(entry, "code"), text(entry, "message") or "") for entry in entries if isinstance(entry, Mapping)
    ]


def is_dead(response: Response) -> bool:
    """Whether a session has ended: any 401, or the code for it under another status."""
    if response.status_code < 400:
        return False
    found = problems(response)
    codes = {problem.code for problem in found}
    if response.status_code == 401:
        return not codes & CREDENTIALS.keys()
    return SESSION_DEAD in codes or any(one.code == UNTRUSTED and not _is_untrusted(one) for one in found)


def error_for(response: Response, *, now: datetime, spend: bool = False) -> MlcError | None:
    """The core error of a complete answer, None when it is a success.

    Args:
        now: for the wait until the next full hour, where the answer has no clock of its own.
        spend: of Spend & Expense, which has a token and a limit of its own.
    """
    status = response.status_code
    if status < 300:
        return None
    found = problems(response)
    first = _decisive(found)
    code, detail = first.code, f"{first.code or status}: {'; '.join(one.message for one in found)[:300]}"
    limited = _limited(response, code, detail, now=now, spend=spend)
    if limited is not None:
        return limited
    if status >= 500 or status < 400 or code == INTERNAL:
        return TransientError("BILL had an internal error.", detail, code=code, status=status)
    if code in CREDENTIALS:
        return AuthError(CREDENTIALS[code], detail)
    if code == UNTRUSTED and _is_untrusted(first):
        return RejectedError(MFA, detail, code=code, status=status)
    if status == 401 or code in (SESSION_DEAD, UNTRUSTED):
        return _unauthorised(status, code, detail, spend=spend)
    if not _says_something(response, found):
        return TransientError(f"BILL refused with status {status} and nothing that can be read.", status=status)
    return _refusal(status, first, found, detail)


def rejected(key: str, error: VendorError, *, creating: bool) -> Rejected | None:
    """The outcome of a classified refusal of one record; None when the error says nothing about the record."""
    if isinstance(error, DuplicateError):
        cause = RejectCause.DUPLICATE
    elif isinstance(error, NotFoundError):
        cause = RejectCause.REFERENCE_GONE if creating else RejectCause.NOT_FOUND
    elif isinstance(error, RejectedError):
        forbidden = error.code in NOT_PERMITTED or error.code == UNTRUSTED or error.status == 403
        cause = RejectCause.NOT_PERMITTED if forbidden else RejectCause.INVALID
    else:
        return None
    return Rejected(key, error.sentence, field=error.field, code=error.code, cause=cause)


def until_next_hour(response: Response, now: datetime) -> float:
    """Seconds to the full hour on BILL's clock: its limits begin anew there, so that trying earlier is pointless."""
    at = clock_of(response) or now
    return (at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) - at).total_seconds() + 1.0


def clock_of(response: Response) -> datetime | None:
    """BILL's clock when it answered, None when it did not say."""
    try:
        return parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError):
        return None


def _says_something(response: Response, found: Sequence[Problem]) -> bool:
    """The code decides: a refusal that was cut off, or comes from a gateway, may be a limit as well as a mistake."""
    if response.status_code == 404 and response.content.strip() in (b"[]", b"{}"):
        return True
    return any(one.code is not None or one.message.strip() for one in found)


def _decisive(found: Sequence[Problem]) -> Problem:
    """Of several entries the one that says what happens next."""
    known = (HOUR_REACHED, TOO_MANY_AT_ONCE, LOCKED_OUT, SESSION_DEAD, *CREDENTIALS, UNTRUSTED, DUPLICATE)
    ranked = [one for code in known for one in found if one.code == code]
    return next(iter([*ranked, *found]), Problem(None, ""))


def _is_untrusted(problem: Problem) -> bool:
    return "trust" in problem.message.lower() or "mfa" in problem.message.lower()


def _limited(
    response: Response, code: str | None, detail: str, *, now: datetime, spend: bool
) -> RateLimitedError | None:
    status = response.status_code
    if code == HOUR_REACHED:
        wait, window = until_next_hour(response, now), "hour"
        sentence = "The calls of this hour for this developer key are used up; BILL takes more from the next full hour."
    elif code == TOO_MANY_AT_ONCE:
        wait, window = BUSY_S, "concurrency"
        sentence = "BILL is working on as many calls of this organisation as it takes at once."
    elif code == LOCKED_OUT or status == 423:
        wait, window = LOCKED_S, "organisation"
        sentence = "BILL has locked this organisation for some minutes."
    elif status == 429:
        stated = response.headers.get("retry-after", "")
        wait, window = (float(stated) if stated.isdigit() else BLOCKED_S), "minute"
        what = "Spend & Expense" if spend else "BILL"
        sentence = f"{what} takes no more calls for now."
    else:
        return None
    return RateLimitedError(sentence, detail, retry_after_s=wait, window=window, code=code, status=status)


def _unauthorised(status: int, code: str | None, detail: str, *, spend: bool) -> MlcError:
    if spend:
        return AuthError(
            "Spend & Expense no longer accepts the API token: an administrator makes a new one in the "
            "S&E profile; enter api_token with mlc connect.",
            detail,
        )
    if status == 401:
        return AuthError(
            "BILL refuses a session that was made a moment ago: the developer key or the user was changed. "
            "Run mlc connect.",
            detail,
        )
    return TransientError(
        "The BILL session had ended; a new one was made, and the call comes again.", detail, code=code, status=status
    )


def _refusal(status: int, first: Problem, found: Sequence[Problem], detail: str) -> VendorError:
    if first.code == DUPLICATE or (first.code is None and _DUPLICATE_TEXT.search(first.message)):
        return DuplicateError(
            f"BILL has this number already: {first.message}" if first.message else "BILL has this number already.",
            detail,
            code=first.code or DUPLICATE,
            status=status,
        )
    if first.code == NO_DATA or (status == 404 and first.code is None):
        return NotFoundError("BILL has no such record.", detail, code=first.code, status=status)
    if first.code in NOT_PERMITTED:
        return RejectedError(NOT_PERMITTED[first.code], detail, code=first.code, status=status)
    said = "; ".join(one.message.strip() for one in found if one.message) or f"it refused with status {status}."
    field = next((match.group(1) for one in found if (match := _FIELD.match(one.message))), None)
    return RejectedError(f"BILL: {said}", detail, code=first.code or str(status), field=field, status=status)
