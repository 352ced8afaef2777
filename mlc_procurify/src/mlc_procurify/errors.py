"""Procurify's refusals → core errors. The API document describes none; the shapes are Django REST framework's."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mlc import RejectCause, Rejected
from mlc.errors import (
    AccessSuspendedError,
    AuthError,
    ConflictError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from mlc.http import Response

from mlc_procurify import SYSTEM

RETRY_AFTER_S = 60.0
LONGEST_RETRY_AFTER_S = 3600.0
TEXT_MAX = 300
SUSPENDED = (
    "Procurify refuses this integration: {why}. Its access may be suspended, or the user who owns the application was "
    "deactivated. Nothing more is sent; ask your Procurify administrator, then connect again."
)

#: A complete refusal of one write, by status: cause, and the sentence when Procurify gives none.
REFUSALS = {
    400: (RejectCause.INVALID, "Procurify did not accept the values"),
    403: (RejectCause.NOT_PERMITTED, "the role of the integration's user does not allow this"),
    404: (RejectCause.NOT_FOUND, "Procurify does not know this record"),
    405: (RejectCause.NOT_PERMITTED, "Procurify's API does not offer this"),
    409: (RejectCause.CONFLICT, "it was changed in Procurify in the meantime"),
    413: (RejectCause.INVALID, "the request is too large"),
    415: (RejectCause.INVALID, "Procurify did not accept the format"),
    422: (RejectCause.INVALID, "Procurify did not accept the values"),
}
#: Words in a 400's text that say more than the status.
WORDS = (
    (re.compile(r"already exists|must be unique|duplicate", re.IGNORECASE), RejectCause.DUPLICATE),
    (re.compile(r"version|has been modified|out of date|stale", re.IGNORECASE), RejectCause.CONFLICT),
    (re.compile(r"invalid pk|does not exist|not found", re.IGNORECASE), RejectCause.REFERENCE_GONE),
    (re.compile(r"permission", re.IGNORECASE), RejectCause.NOT_PERMITTED),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """The first complaint of an error body, without the values that were sent."""

    text: str | None
    field: str | None = None


def problem(response: Response) -> Problem:
    """Read an error body of any shape: ``detail``, ``message``, field lists, a list, HTML or nothing."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return Problem(None)
    return _complaint(body)


def _complaint(body: Any, field: str | None = None) -> Problem:
    if isinstance(body, str):
        return Problem(body[:TEXT_MAX], field)
    if isinstance(body, list):
        return _complaint(body[0], field) if body else Problem(None, field)
    if not isinstance(body, Mapping) or not body:
        return Problem(None, field)
    for key in ("detail", "message", "error_description", "error", "non_field_errors"):
        if key in body:
            return _complaint(body[key], field)
    key, value = next(iter(body.items()))
    return _complaint(value, str(key) if field is None else f"{field}.{key}")


def request_id(response: Response) -> str | None:
    found = response.headers.get("x-request-id") or response.headers.get("x-procurify-request-id")
    return None if found is None else str(found)


def retry_after_s(response: Response) -> float:
    """Seconds of ``Retry-After`` (a number, or a date against the answer's ``Date``); 60 without one, at most 3600."""
    text = response.headers.get("retry-after")
    if text is None:
        return RETRY_AFTER_S
    if text.strip().isdigit():
        return min(float(text), LONGEST_RETRY_AFTER_S)
    until, now = http_date(text), http_date(response.headers.get("date"))
    if until is None or now is None:
        return RETRY_AFTER_S
    return min(max(1.0, (until - now).total_seconds()), LONGEST_RETRY_AFTER_S)


def http_date(text: str | None) -> datetime | None:
    """An HTTP date as aware UTC; None for nothing or anything else."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def raise_for(response: Response, *, what: str) -> None:
    """Turn any status but 2xx into the core error that says what happens next.

    Args:
        what: what was asked for, for the sentence, e.g. ``the list of bills``.

    Raises: AccessSuspendedError (401, which comes after a fresh token was tried), AuthError, NotFoundError,
        ConflictError, RateLimitedError, RejectedError, TransientError.
    """
    if response.is_success:
        return
    raise _error(response, what)


def _error(response: Response, what: str) -> MlcError:
    status, said = response.status_code, problem(response)
    named = {"system": SYSTEM, "request_id": request_id(response)}
    if status == 401:
        return AccessSuspendedError(SUSPENDED.format(why="it does not accept a fresh token"), said.text, **named)
    if status == 403:
        sentence = (
            f"Procurify does not let the integration's user read {what}. Give that user's role the permission, "
            "then connect again."
        )
        return AuthError(sentence, said.text, **named)
    if status == 429:
        wait_s = retry_after_s(response)
        sentence = f"Procurify asks us to wait {wait_s:.0f} s before the next call."
        return RateLimitedError(sentence, said.text, retry_after_s=wait_s, window="second", status=status, **named)
    sentence = f"Procurify answered {status} for {what}."
    kinds: dict[int, type[NotFoundError] | type[ConflictError]] = {404: NotFoundError, 409: ConflictError}
    if status in kinds:
        return kinds[status](sentence, said.text, status=status, **named)
    if 400 <= status < 500 and status not in (408, 425):
        complaint = f" It says: {said.text}" if said.text else ""
        return RejectedError(sentence + complaint, said.text, field=said.field, status=status, **named)
    return TransientError(sentence, said.text, status=status, **named)


def suspended(response: Response) -> AccessSuspendedError:
    """For a 403 where every user has access: to the integration's own user."""
    why = "it does not even let us read our own user"
    return AccessSuspendedError(
        SUSPENDED.format(why=why), problem(response).text, system=SYSTEM, request_id=request_id(response)
    )


def rejected(response: Response, *, key: str, what: str) -> Rejected:
    """The outcome of a write that was refused whole. Statuses that do not refuse the record are raised.

    Raises: AccessSuspendedError, RateLimitedError, TransientError.
    """
    status = response.status_code
    if status not in REFUSALS:
        raise _error(response, what)
    cause, otherwise = REFUSALS[status]
    said = problem(response)
    if status == 400 and said.text:
        cause = next((better for words, better in WORDS if words.search(said.text)), cause)
    return Rejected(
        key=key,
        reason=f"{what}: {said.text or otherwise}",
        field=said.field,
        code=str(status),
        cause=cause,
        request_id=request_id(response),
    )
