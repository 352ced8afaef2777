"""Files that bills point to, behind links that look like storage URLs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlc_sandbox.company import attachment_content
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.toolkit.http import Request, Response, text_response
from mlc_sandbox.toolkit.oauth import bearer
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn


@route("GET", "/media/invoices/{uuid}/{name}")
def download(standin: ProcurifyStandIn, request: Request, uuid: str, name: str) -> Response:
    """The bytes of a file. Who may fetch them is a switch."""
    rule = standin.switches["attachment_auth"]
    if rule == "refused" and "authorization" in request.headers:
        return text_response(400, "Only one auth mechanism allowed")
    if rule == "bearer":
        token = bearer(request)
        if token is None or standin.tokens.good(token) is None:
            return detail(403, "Forbidden")
    expires = request.query.get("expires")
    if standin.switches["attachment_url_life_s"] and (
        expires is None or not expires.isdigit() or int(expires) < standin.clock.now().timestamp()
    ):
        return text_response(403, "Request has expired")
    if uuid not in standin.file_types:
        return text_response(404, "No such key")
    return Response(200, content_of(standin, uuid), {"content-type": standin.file_types[uuid]})


def content_of(standin: ProcurifyStandIn, uuid: str) -> bytes:
    """The bytes of a file: those given, or made from its uuid."""
    return standin.files[uuid] if uuid in standin.files else attachment_content(uuid)


def attachment(
    standin: ProcurifyStandIn,
    uuid: str,
    name: str,
    *,
    mimetype: str = "application/pdf",
    content: bytes | None = None,
    created_at: str,
) -> Wire:
    """A file reference as bills carry it; the file can be fetched from then on."""
    standin.file_types[uuid] = mimetype
    if content is not None:
        standin.files[uuid] = content
    data = content_of(standin, uuid)
    return {
        "id": standin.number("attachments"),
        "uuid": uuid,
        "file": f"/media/invoices/{uuid}/{name.replace(' ', '_')}",
        "name": name,
        "description": "",
        "user": 1,
        "mimetype": mimetype,
        "length": len(data),
        "sha1_hash": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "created_at": created_at,
    }
