"""Optimistic locking: a change that was made on an old version is refused. Three spellings of one idea.

``require_version`` is for a version counter or a sync token in the body, ``require_etag`` for ``If-Match``. Both take
``refuse``, which makes the vendor's own answer; without it the answer is 409, or 412 and 428 for ETags.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.wirejson import dumps

#: Makes the answer from what was sent (None: nothing) and what stands now.
Refuse = Callable[[object, object], Response]


def changed_meanwhile(sent: object, now: object) -> Response:
    """The answer to an old version."""
    return json_response(409, {"error": "conflict", "message": f"Version {sent} is not the current one, {now}."})


def precondition(sent: object, now: object) -> Response:
    """The answer to an old or absent ETag."""
    if sent is None:
        return json_response(428, {"error": "precondition_required", "message": "Send If-Match."})
    return json_response(412, {"error": "precondition_failed", "message": "The resource has changed."})


def next_version(obj: dict[str, Any], field: str = "version") -> None:
    """Count a version up in place (of a copy, before it is put); a text stays a text, as a SyncToken is one."""
    old = obj.get(field, 0)
    obj[field] = str(int(old) + 1) if isinstance(old, str) else int(old) + 1


def require_version(sent: object, now: object, *, required: bool = True, refuse: Refuse = changed_meanwhile) -> None:
    """Refuse a change unless it names the version that stands. ``required`` False lets one through that names none.

    Raises: Refused.
    """
    if sent is None and not required:
        return
    if sent is None or str(sent) != str(now):
        raise Refused(refuse(sent, now))


def etag_of(obj: object, *, weak: bool = False) -> str:
    """An ETag that changes with the object's content."""
    text = f'"{hashlib.sha256(dumps(obj)).hexdigest()[:16]}"'
    return f"W/{text}" if weak else text


def require_etag(request: Request, now: str, *, required: bool = True, refuse: Refuse = precondition) -> None:
    """Refuse a change unless ``If-Match`` names the ETag that stands, or is ``*``.

    Raises: Refused.
    """
    sent = request.headers.get("if-match")
    if sent is None and not required:
        return
    given = [one.strip().removeprefix("W/") for one in (sent or "").split(",")]
    if sent is None or ("*" not in given and now.removeprefix("W/") not in given):
        raise Refused(refuse(sent, now))


def not_modified(request: Request, now: str) -> Response | None:
    """304 for a read whose ``If-None-Match`` names the ETag that stands, else None."""
    given = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return Response(304, b"", {"etag": now}) if now.removeprefix("W/") in given else None
