"""Files: uploaded as multipart, downloaded through a link that lives a quarter of an hour."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.quickbooks import writing
from mlc_sandbox.quickbooks.attachables import TYPES
from mlc_sandbox.quickbooks.calls import ROOT, deed_of, once, told
from mlc_sandbox.quickbooks.refusals import Refusal
from mlc_sandbox.quickbooks.wire import Record
from mlc_sandbox.toolkit.http import Request, Response, text_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.wirejson import loads

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

MOST_BYTES: Final = 100 * 1024 * 1024
LINK_S: Final = 900
_PART: Final = re.compile(r"file_(metadata|content)_(\w+)")


@route("POST", f"{ROOT}/upload")
def upload(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """Pairs of ``file_metadata_01`` and ``file_content_01``. Raises Refusal 6030, 6040, 6041."""
    if len(request.body) > MOST_BYTES:
        raise Refusal("6030", f"At most {MOST_BYTES} bytes")
    metadata, contents = _parts(request)
    if not contents:
        raise Refusal("6041", "No part file_content_01")

    def work() -> Response:
        answers = [
            _saved(standin, request, realm, metadata.get(key, {}), *content) for key, content in contents.items()
        ]
        return told(standin, {"AttachableResponse": answers})

    return once(standin, request, realm, work)


def _saved(
    standin: QuickBooksStandIn, request: Request, realm: str, sent: Any, name: str, kind: str, data: bytes
) -> Record:
    if not isinstance(sent, dict):
        raise Refusal("6040", "file_metadata is no Attachable")
    body = {"FileName": name, **{key: value for key, value in sent.items() if value not in (None, "")}}
    if str(body["FileName"]).rpartition(".")[2].lower() not in TYPES:
        raise Refusal("6041", f"{body['FileName']}: this file type is not supported")
    deed = deed_of(standin, request, realm, "Attachable")
    deed.file = {"Size": len(data), "ContentType": body.get("ContentType") or kind}
    try:
        made = writing.write(deed, {key: value for key, value in body.items() if key not in ("Id", "SyncToken")})
    except Refusal as refusal:
        return {"Fault": refusal.fault()}
    standin.files[realm, made["Id"]] = data
    return {"Attachable": standin.view(request, realm, "Attachable", made)}


def _parts(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str, str, bytes]]]:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise Refusal("1050", "Content-Type has to be multipart/form-data")
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body.lstrip(b"\r\n"))
    metadata: dict[str, Any] = {}
    contents: dict[str, tuple[str, str, bytes]] = {}
    found = message.get_payload()
    for part in found if isinstance(found, list) else ():
        if not isinstance(part, Message):
            continue
        named = _PART.fullmatch(str(part.get_param("name", "", header="content-disposition")))
        if named is None:
            continue
        data = _bytes(part)
        if named[1] == "metadata":
            try:
                metadata[named[2]] = loads(data)
            except ValueError:
                raise Refusal("6040", "file_metadata is no JSON") from None
        else:
            contents[named[2]] = (part.get_filename() or "", part.get_content_type(), data)
    return metadata, contents


def _bytes(part: Message) -> bytes:
    """The content, decoded where it says that it is base64."""
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""


@route("GET", f"{ROOT}/download/{{id}}")
def download(standin: QuickBooksStandIn, request: Request, realm: str, id: str) -> Response:
    """The link, as plain text."""
    if (realm, id) not in standin.files or standin.books.get(realm, "Attachable", id) is None:
        raise Refusal("610")
    return text_response(200, temporary(standin, request, realm, id))


def temporary(standin: QuickBooksStandIn, request: Request, realm: str, id: str) -> str:
    """A link that works without a token, for about 15 minutes."""
    until = int(standin.clock.now().timestamp()) + LINK_S
    return f"{request.base_url}/files/{realm}/{id}?until={until}&sig={_signature(realm, id, until)}"


def _signature(realm: str, id: str, until: int) -> str:
    return hashlib.sha256(f"{realm}/{id}/{until}".encode()).hexdigest()[:24]


@route("GET", "/files/{realm}/{id}", kind="read")
def content(standin: QuickBooksStandIn, request: Request, realm: str, id: str) -> Response:
    """The bytes behind a link."""
    until = request.query.get("until") or "0"
    good = until.isdigit() and request.query.get("sig") == _signature(realm, id, int(until))
    if not good or int(until) < standin.clock.now().timestamp() or (realm, id) not in standin.files:
        return text_response(403, "AccessDenied")
    return Response(200, standin.files[realm, id], {"content-type": "application/octet-stream"})
