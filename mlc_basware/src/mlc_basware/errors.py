"""Basware's statuses and codes → core errors, as a table.

Bodies: ``{"requestId", "hasErrors", "errors": [{"externalCode", "type", "code", "message", "info"}]}``; the
notification service says ``errorMessages``, the gateway ``message``. 404 of a list means "nothing there": the client
decides. What no table knows is a refusal that needs a person, never a blind retry.

Vendor doc: https://developer.basware.com/en/api/p2p/manual (error handling), P2P OpenAPI 26.06
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mlc import RejectCause, Rejected
from mlc.errors import (
    AuthError,
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

from mlc_basware.schemas import rows, text

WAIT_S = 30.0
LONGEST_WAIT_S = 3_600.0
BUSY_S = 5.0
NOT_PERMITTED = frozenset({"ACCESS_TOKEN_VALIDATION_ERROR", "CREDENTIAL_VALIDATION_ERROR", "403"})
#: Codes of Basware's own trouble behind the gateway: nothing was decided about the record.
PASSING = frozenset({"SNS_PUBLISH_ERROR", "SQS_PUBLISH_ERROR"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error body."""

    code: str | None
    message: str
    external_code: str | None = None
    info: str | None = None


def problems(response: Response) -> list[Problem]:
    """What an error body says; empty for a body that is no JSON."""
    try:
        body: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, Mapping):
        return []
    found = [
        Problem(text(one, "code"), text(one, "message") or "", text(one, "externalCode"), text(one, "info"))
        for key in ("errors", "errorMessages")
        for one in rows(body, key)
    ]
    if not found:
        said = text(body, "message") or (body["detail"] if isinstance(body.get("detail"), str) else None)
        found = [] if said is None else [Problem(None, said)]
    return found


def error_for(response: Response, *, now: datetime) -> MlcError | None:
    """The error an answer stands for; None for a success."""
    status = response.status_code
    if response.is_success:
        return None
    found = problems(response)
    first = found[0] if found else Problem(None, "")
    told = first.message or f"status {status}"
    request_id = request_id_of(response)
    facts: dict[str, Any] = {"status": status, "code": first.code or str(status), "request_id": request_id}
    if status == 401:
        return AuthError(
            "Basware refuses the credentials of this connection: check region, environment and the API client, then "
            "run mlc connect.",
            "401",
            request_id=request_id,
        )
    if status == 429:
        return RateLimitedError(
            "Basware wants fewer calls for a while.", retry_after_s=wait_of(response, now=now), **facts
        )
    if status == 403:
        return RejectedError(
            "Basware refuses this call to the API client: have its scopes or rights extended.", told, **facts
        )
    if status == 404:
        return NotFoundError("Basware has no such record.", told, **facts)
    if status >= 500 or status < 400 or first.code in PASSING:
        return TransientError(f"Basware answered {status}; nothing can be concluded from it.", told, **facts)
    if status == 409 or first.code == "CONFLICT_IN_POST":
        return ConflictError(f"Basware sees a conflict: {told}", first.external_code, **facts)
    if first.code == "ENTITY_NOT_FOUND":
        return ReferenceMissingError(f"Basware does not know what it points to: {told}", first.info, **facts)
    if not found:
        return RejectedError(f"Basware refused the call with {status} and no word.", **facts)
    return RejectedError(f"Basware refused it: {told}", first.info, field=_field(first), **facts)


def rejected(key: str, error: VendorError) -> Rejected | None:
    """A complete refusal of one record as an outcome; None for what says nothing about the record."""
    if error.status is None or not 400 <= error.status < 500:
        return None
    causes: tuple[tuple[type[VendorError], RejectCause], ...] = (
        (NotFoundError, RejectCause.NOT_FOUND),
        (ReferenceMissingError, RejectCause.REFERENCE_GONE),
        (DuplicateError, RejectCause.DUPLICATE),
        (RejectedError, RejectCause.NOT_PERMITTED if error.code in NOT_PERMITTED else RejectCause.INVALID),
    )
    for kind, cause in causes:
        if isinstance(error, kind):
            return Rejected(key, error.sentence, error.field, error.code, cause, request_id=error.request_id)
    return None


def wait_of(response: Response, *, now: datetime) -> float:
    """Seconds to wait as stated, in either form; a cautious guess for anything else."""
    stated = response.headers.get("retry-after", "").strip()
    if stated.isdigit():
        return float(max(1, int(stated)))
    try:
        until = parsedate_to_datetime(stated)
    except (TypeError, ValueError):
        return WAIT_S
    if until.tzinfo is None:
        return WAIT_S
    return min(max((until - now).total_seconds(), 1.0), LONGEST_WAIT_S)


def request_id_of(response: Response) -> str | None:
    """The id of a call, under which its outcome is told later."""
    found: str | None = response.headers.get("x-amzn-requestid")
    return found or None


def clock_of(response: Response) -> datetime | None:
    """Basware's clock when it answered."""
    try:
        return parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError):
        return None


def _field(problem: Problem) -> str | None:
    """``info`` names a field now and then; a sentence is none."""
    info = problem.info
    return info if info is not None and " " not in info.strip() else None
