"""QuickBooks' faults → core errors, as tables.

A fault comes in two casings (the gateway's is lower case), with any status, 200 included: the body decides. Codes
decide first; a code that nobody has told us of is a refusal that needs a person, never a blind retry.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlc import RejectCause, Rejected
from mlc.errors import (
    AccessSuspendedError,
    AuthError,
    ClosedPeriodError,
    ConflictError,
    DuplicateError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    ReferenceMissingError,
    RejectedError,
    TransientError,
    VendorError,
)
from mlc.http import Response

from mlc_quickbooks.schemas import Row, inner, rows, text

THROTTLED_S = 60.0
TOKEN_DEAD = "3200"  # noqa: S105 - a code
NO_ADMIN, NOT_AUTHORISED, SUBSCRIPTION = "120", "3100", "6190"
THROTTLED = frozenset({"3001", "003001"})
STALE = "5010"
SYSTEM_ERROR = "10000"
#: 600: QuickBooks has seen our request id, so the write may be done already.
DUPLICATES = frozenset({"600", "6140", "6240"})
CLOSED = frozenset({"6200", "6210"})
GONE = "610"
REFERENCES = frozenset({"2500", "6150", "6430"})
NOT_PERMITTED = frozenset({"5020", "5030", "6480", "6540"})
_DELETED = re.compile(r"deleted this transaction|object not found$", re.IGNORECASE)
_INACTIVE = re.compile(r"made inactive|accounts, customers", re.IGNORECASE)

_CONNECTIONS = {
    NO_ADMIN: "The person who authorised this connection is no longer an administrator of the QuickBooks company: "
    "somebody who is has to run mlc connect.",
    NOT_AUTHORISED: "QuickBooks does not let this app into the company: the authorisation was withdrawn, or realm_id "
    "or environment belongs to another one. Check both, then run mlc connect again.",
}
_EXPIRED = "QuickBooks refuses the access token, a fresh one too: the authorisation has ended. Run mlc connect again."
_SUSPENDED = (
    "The subscription of this QuickBooks company has ended: it takes no writes until the company subscribes again."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a fault. ``kind`` is the fault's type in capitals, without ``FAULT``."""

    code: str
    message: str
    detail: str
    element: str | None
    kind: str

    @property
    def sentence(self) -> str:
        said = self.detail if self.detail and self.detail != self.message else self.message
        words = (said or f"code {self.code}").split(";")[0].strip()
        return f"QuickBooks: {words[:400].rstrip('.')}."

    @property
    def certain(self) -> bool:
        """Whether it says that the request was not carried out; a system fault says nothing about that."""
        return self.code != SYSTEM_ERROR and not self.kind.startswith("SYSTEM")


def problems(body: Any) -> list[Problem]:
    """The errors of a fault of either casing; empty when there is none."""
    if not isinstance(body, Mapping):
        return []
    fault = inner(body, "Fault") or inner(body, "fault")
    kind = (text(fault, "type") or "").upper().removesuffix("FAULT")
    found = [_problem(one, kind) for one in [*rows(fault, "Error"), *rows(fault, "error")]]
    if not found and (isinstance(body.get("Fault"), Mapping) or isinstance(body.get("fault"), Mapping)):
        return [Problem("", "a fault without an error", "", None, kind)]
    return found


def _problem(row: Row, kind: str) -> Problem:
    code = (text(row, "code") or "").strip()
    return Problem(
        code.lstrip("0") or code,
        text(row, "Message") or text(row, "message") or "",
        text(row, "Detail") or text(row, "detail") or "",
        text(row, "element") or None,
        kind,
    )


def error_for(response: Response, body: Any) -> MlcError | None:
    """The core error of a complete answer, None when it is a success."""
    status = response.status_code
    found = problems(body)
    if not found and 200 <= status < 300:
        return None if isinstance(body, Mapping) else TransientError("QuickBooks answered something that is no object.")
    first = found[0] if found else Problem("", "", "", None, "")
    error = _classified(status, first)
    if isinstance(error, RateLimitedError):
        error.retry_after_s = max(error.retry_after_s, _stated_wait(response))
    error.request_id = response.headers.get("intuit_tid")
    return error


def _classified(status: int, first: Problem) -> MlcError:
    code = first.code
    detail = f"{status}, code {code or 'none'}: {(first.detail or first.message)[:300]}"
    if status == 429 or code in THROTTLED:
        return RateLimitedError(
            "QuickBooks takes no more calls of this company for a minute.",
            detail,
            retry_after_s=THROTTLED_S,
            window="minute",
            code=code or None,
            status=status,
        )
    if code in _CONNECTIONS:
        return AuthError(_CONNECTIONS[code], detail)
    if status == 401 or code == TOKEN_DEAD:
        return AuthError(_EXPIRED, detail)
    if code == SUBSCRIPTION:
        return AccessSuspendedError(_SUSPENDED, detail)
    if not code:
        return _uncoded(status, detail)
    if status >= 500 or not first.certain:
        return TransientError("QuickBooks had an internal error.", detail, code=code, status=status)
    return _kind(first)(first.sentence, detail, code=code, field=first.element, status=status)


def _kind(first: Problem) -> type[VendorError]:
    code, said = first.code, f"{first.message} {first.detail}"
    if code == STALE:
        return ConflictError
    if code in DUPLICATES:
        return DuplicateError
    if code in CLOSED:
        return ClosedPeriodError
    if code == GONE:
        return ReferenceMissingError if _INACTIVE.search(said) and not _DELETED.search(said) else NotFoundError
    if code in REFERENCES:
        return ReferenceMissingError
    return RejectedError


def _uncoded(status: int, detail: str) -> MlcError:
    """An answer without a fault, or with an empty one: only the status speaks."""
    if status == 403:
        return AuthError(_CONNECTIONS[NOT_AUTHORISED], detail)
    if status == 404:
        return NotFoundError("QuickBooks has nothing at this address.", detail, status=status)
    if 400 <= status < 500 and status not in (408, 425):
        return RejectedError(f"QuickBooks refused with status {status}.", detail, code=str(status), status=status)
    return TransientError("QuickBooks had an internal error.", detail, status=status)


def rejected(key: str, error: VendorError, *, creating: bool) -> Rejected | None:
    """The outcome of a classified refusal of one record; None when the error says nothing about the record."""
    cause = next((cause for kind, cause in _CAUSES if type(error) is kind), None)
    if cause is None:
        return None
    if cause is RejectCause.NOT_FOUND and creating:
        cause = RejectCause.REFERENCE_GONE
    if error.code in NOT_PERMITTED:
        cause = RejectCause.NOT_PERMITTED
    return Rejected(key, error.sentence, field=error.field, code=error.code, cause=cause, request_id=error.request_id)


_CAUSES: tuple[tuple[type[VendorError], RejectCause], ...] = (
    (DuplicateError, RejectCause.DUPLICATE),
    (ClosedPeriodError, RejectCause.CLOSED_PERIOD),
    (ReferenceMissingError, RejectCause.REFERENCE_GONE),
    (NotFoundError, RejectCause.NOT_FOUND),
    (RejectedError, RejectCause.INVALID),
)


def is_dead(response: Response) -> bool:
    """A 401 that a fresh token may mend: not one that says that the person has lost the right."""
    return response.status_code == 401 and f'"{NO_ADMIN}"'.encode() not in response.content[:2000]


def _stated_wait(response: Response) -> float:
    stated = response.headers.get("retry-after", "")
    return float(stated) if stated.isdigit() else 0.0
