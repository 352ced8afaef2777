"""Zoho CRM's status and code → core errors, as tables.

A refusal of a whole request is ``{"code", "message", "details", "status": "error"}``; a write answers row by row, and
its HTTP status says nothing about a single row.

Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/status-codes.html
"""

from collections.abc import Mapping
from typing import Any

from mlc import RejectCause, Rejected
from mlc.errors import (
    AuthError,
    MlcError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from mlc.http import Response

from mlc_zoho.crm.schemas import Row, inner, rows, text

BUSY_S = 2.0
#: Credits come back as the last 24 hours move on; nobody says when enough of them have.
CREDITS_S = 3600.0

DEAD_TOKEN = frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE"})
SCOPE = "OAUTH_SCOPE_MISMATCH"
NOT_THERE = frozenset({"INVALID_MODULE", "FEATURE_NOT_SUPPORTED", "API_NOT_SUPPORTED"})
STALE_TOKEN = frozenset({"EXPIRED_VALUE", "TOKEN_BOUND_DATA_MISMATCH"})

_SENTENCES: Mapping[str, str] = {
    "MANDATORY_NOT_FOUND": "Zoho CRM insists on {field}: give it a value with the connection's setting 'defaults', or "
    "take 'mandatory' off the field.",
    "RECORD_LOCKED": "The record is locked in Zoho CRM: unlock it there.",
    "RECORD_IN_BLUEPRINT": "A blueprint of Zoho CRM has hold of the record: finish its step there.",
    "NO_PERMISSION": "The connected user may not do this in Zoho CRM: give its profile the permission.",
}
_CAUSES: Mapping[str, RejectCause] = {
    "DUPLICATE_DATA": RejectCause.DUPLICATE,
    "NO_PERMISSION": RejectCause.NOT_PERMITTED,
    "RECORD_LOCKED": RejectCause.NOT_PERMITTED,
    "RECORD_IN_BLUEPRINT": RejectCause.NOT_PERMITTED,
    "NOT_ALLOWED": RejectCause.NOT_PERMITTED,
}
_LOOKUPS = frozenset({"Account_Name", "Contact_Name", "Deal_Name", "Product_Name", "Parent_Id"})


def is_dead(response: Response) -> bool:
    """A token that a fresh one may mend. A missing scope is a 401 too, and stays one however often it is renewed."""
    return response.status_code == 401 and SCOPE.encode() not in response.content


def error_for(response: Response, body: Any) -> MlcError | None:
    """The core error of a complete answer; None for a success, and for a write's answer row by row."""
    status = response.status_code
    if isinstance(body, Mapping) and status < 500 and _answers_rows(body):
        return None
    code = text(body, "code") if isinstance(body, Mapping) else None
    message = (text(body, "message") or "") if isinstance(body, Mapping) else ""
    detail = f"{status} {code}: {message[:300]}"
    if status == 429 or (code in ("TOO_MANY_REQUESTS", "LIMIT_EXCEEDED") and "credit" in message.lower()):
        return _limited(response, code, message, detail)
    if status == 401 or code == "NO_PERMISSION":
        return AuthError(_not_allowed(code, body), detail)
    if status >= 500 or code == "INTERNAL_ERROR":
        return TransientError("Zoho CRM had an internal error.", detail, code=code, status=status)
    if status < 300:
        if isinstance(body, Mapping) and text(body, "status") != "error":
            return None
        if not isinstance(body, Mapping):
            return TransientError("Zoho CRM answered something that is no object.", status=status)
    if 300 <= status < 400:
        return TransientError(f"Zoho CRM answered with a redirect ({status}).", status=status)
    if code in NOT_THERE:
        return RejectedError(
            "This edition of Zoho CRM does not have that module, or the API does not reach it.",
            detail, code=code, status=status,
        )  # fmt: skip
    if (status == 404 and code is None) or (code == "INVALID_DATA" and "resource_path_index" in _details(body)):
        return NotFoundError("Zoho CRM does not know that record.", detail, code=code, status=status)
    sentence = f"Zoho CRM: {message}" if message else f"Zoho CRM refused with status {status}, code {code}."
    field = text(_details(body), "api_name") or text(_details(body), "param_name")
    return RejectedError(sentence, detail, code=code, status=status, field=field)


def refused_row(key: str, row: Row) -> Rejected:
    """A row of a write's answer that says no."""
    code, details = text(row, "code") or "", inner(row, "details")
    field = text(details, "api_name")
    said = _SENTENCES.get(code)
    sentence = said.format(field=field or "a field") if said else f"Zoho CRM: {text(row, 'message') or code}"
    if said is None and field is not None:
        sentence += f" ({field})"
    return Rejected(key, sentence, field=field, code=code, cause=_cause(code, field, details))


def _cause(code: str, field: str | None, details: Row) -> RejectCause:
    if code == "INVALID_DATA" and (field == "id" or (field is None and "id" in details)):
        return RejectCause.NOT_FOUND
    if code == "INVALID_DATA" and field in _LOOKUPS:
        return RejectCause.REFERENCE_GONE
    return _CAUSES.get(code, RejectCause.INVALID)


def _answers_rows(body: Row) -> bool:
    """``data`` or ``watch`` with a status per row."""
    return any(text(row, "status") in ("success", "error") for key in ("data", "watch") for row in rows(body, key))


def _details(body: Any) -> Row:
    return inner(body, "details") if isinstance(body, Mapping) else {}


def _not_allowed(code: str | None, body: Any) -> str:
    if code == SCOPE:
        return "The authorisation lacks a scope for this in Zoho CRM: run mlc connect again and accept all of them."
    if code == "NO_PERMISSION":
        named = _details(body).get("permissions")
        missing = ", ".join(str(one) for one in named) if isinstance(named, list) else "a permission"
        return f"The profile of the connected Zoho CRM user lacks {missing}: an administrator can add it."
    return (
        "Zoho CRM refuses the authorisation, with a fresh token too: the user was deactivated, or the consent is of "
        "another organisation. Run mlc connect again."
    )


def _limited(response: Response, code: str | None, message: str, detail: str) -> RateLimitedError:
    """Credits of the last 24 hours used up, or too many requests in process at once."""
    credits = "credit" in message.lower() or response.headers.get("x-api-credits-remaining", "") == "0"
    window, wait_s, sentence = (
        ("day", CREDITS_S, "The API credits of this Zoho CRM organisation are used up for now.")
        if credits
        else ("concurrency", BUSY_S, "Zoho CRM is working on too many calls of this organisation.")
    )
    stated = response.headers.get("retry-after", "")
    if stated.isdigit():
        wait_s = max(wait_s, float(stated))
    return RateLimitedError(
        sentence, detail, retry_after_s=wait_s, window=window, code=code, status=response.status_code
    )
