"""Zoho Books' status, code and message → core errors, as tables.

Success is ``code == 0`` in the body, not HTTP 2xx alone. Codes decide first, texts second; what neither knows is a
refusal that needs a person, never a blind retry.

Vendor doc: https://www.zoho.com/books/api/v3/errors/ (names 0, 1000 and 1002; the others were seen in the field)
"""

import re
from collections.abc import Mapping
from typing import Any

from mlc import RejectCause, Rejected
from mlc.errors import (
    AuthError,
    ClosedPeriodError,
    DuplicateError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
    VendorError,
)
from mlc.http import Response

BLOCKED_S = 60.0
BUSY_S = 2.0
DAY_UNKNOWN_S = 3600.0

DUPLICATE_CODES = frozenset({1001, 3062})
GONE = 1002
DUPLICATE_TEXT = re.compile(
    r"already (?:been created|exists?|been used|in use)|has already been|duplicate|not unique", re.IGNORECASE
)
CLOSED_TEXT = re.compile(
    r"transaction lock|locked (?:on or before|until|period|till)|are locked|is locked|lock date"
    r"|accounting period .*(?:closed|locked)|closed period|books? (?:are|is) closed|\bfiled\b",
    re.IGNORECASE,
)
GONE_TEXT = re.compile(r"does not exist|doesn't exist|has been deleted|could not be found", re.IGNORECASE)

_PERMISSION = (
    "Zoho Books refuses this to the connected user, with a fresh token too: the user's role, or a scope of the "
    "authorisation, is missing. Check the role in Zoho Books, then run mlc connect again."
)


def error_for(response: Response, body: Any, *, organization_id: str | None = None) -> MlcError | None:
    """The core error of a complete answer, None when it is a success."""
    status = response.status_code
    code = _code(body)
    if code in (0, None) and status < 300 and isinstance(body, Mapping):
        return None
    message = str(body.get("message", "")) if isinstance(body, Mapping) else ""
    named = None if code is None else str(code)
    if code in (44, 45, 1070) or status == 429:
        return _limited(response, code, message)
    if code == 6041:
        return AuthError(
            f"The organisation id {organization_id or '(none)'} is wrong: the connected Zoho user is not in that "
            "organisation. Set organization_id to one that mlc ping lists.",
            _detail(code, message),
        )
    if code in (14, 57) or status == 401:
        return AuthError(_PERMISSION, _detail(code, message))
    if status >= 500 or code == 1000:
        return TransientError("Zoho Books had an internal error.", _detail(code, message), code=named, status=status)
    if status < 300 and not isinstance(body, Mapping):
        return TransientError("Zoho Books answered something that is no object.", status=status)
    kind = _kind(code, status, message)
    sentence = f"Zoho Books: {message}" if message else f"Zoho Books refused with status {status}, code {code}."
    return kind(sentence, _detail(code, message), code=named, status=status)


def rejected(key: str, error: VendorError, *, creating: bool) -> Rejected | None:
    """The outcome of a classified refusal of one record; None when the error says nothing about the record."""
    cause = next((cause for kind, cause in _CAUSES if type(error) is kind), None)
    if cause is None:
        return None
    if cause is RejectCause.NOT_FOUND and creating:
        cause = RejectCause.REFERENCE_GONE
    return Rejected(key, error.sentence, field=error.field, code=error.code, cause=cause)


_CAUSES: tuple[tuple[type[VendorError], RejectCause], ...] = (
    (DuplicateError, RejectCause.DUPLICATE),
    (ClosedPeriodError, RejectCause.CLOSED_PERIOD),
    (NotFoundError, RejectCause.NOT_FOUND),
    (RejectedError, RejectCause.INVALID),
)


def _kind(code: int | None, status: int, message: str) -> type[VendorError]:
    if code in DUPLICATE_CODES or DUPLICATE_TEXT.search(message):
        return DuplicateError
    if CLOSED_TEXT.search(message):
        return ClosedPeriodError
    if code == GONE or (status == 404 and code is None) or (status == 404 and GONE_TEXT.search(message)):
        return NotFoundError
    return RejectedError


def _limited(response: Response, code: int | None, message: str) -> RateLimitedError:
    """Three limits, three reactions: wait a minute, wait for the next day, wait a moment.

    Vendor doc: https://www.zoho.com/books/api/v3/introduction/#api-call-limit
    """
    if code == 45:
        window, wait_s, sentence = (
            "day",
            reset_s(response),
            "Today's calls of this Zoho Books organisation are used up.",
        )
    elif code == 1070:
        window, wait_s, sentence = (
            "concurrency",
            BUSY_S,
            "Zoho Books is working on too many calls of this organisation.",
        )
    else:
        window, wait_s, sentence = "minute", BLOCKED_S, "More than 100 calls in a minute reached Zoho Books."
    stated = response.headers.get("retry-after", "")
    if code != 45 and stated.isdigit():
        wait_s = max(wait_s, float(stated))
    return RateLimitedError(
        sentence,
        _detail(code, message),
        retry_after_s=wait_s,
        window=window,
        code=None if code is None else str(code),
        status=response.status_code,
    )


def reset_s(response: Response) -> float:
    """Seconds until the daily counter resets, as the header says; an hour when it does not."""
    stated = response.headers.get("x-rate-limit-reset", "")
    return float(stated) if stated.isdigit() and int(stated) > 0 else DAY_UNKNOWN_S


def _code(body: Any) -> int | None:
    stated = body.get("code") if isinstance(body, Mapping) else None
    if isinstance(stated, str) and stated.lstrip("-").isdigit():
        return int(stated)
    return stated if isinstance(stated, int) else None


def _detail(code: int | None, message: str) -> str:
    return f"code {code}: {message[:300]}"
