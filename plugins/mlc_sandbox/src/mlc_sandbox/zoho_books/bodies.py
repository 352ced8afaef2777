"""Request bodies: JSON, the historic ``JSONString`` form field, and multipart with file parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.wirejson import loads
from mlc_sandbox.zoho_books.refusals import BAD_JSON, Refusal

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_FIELD = re.compile(r'[; ]name="([^"]*)"')
_FILENAME = re.compile(r'filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class FilePart:
    """One uploaded file."""

    field: str
    name: str
    content: bytes


def parsed_body(request: Request) -> Any:
    """The JSON value of a write. Raises Refusal (code 1038) when there is none or it is not well formed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        said: str | bytes | None = request.form().get("JSONString")
    elif kind == "multipart/form-data":
        said = fields_of(request).get("JSONString")
    else:
        said = request.body
    if not said:
        raise _malformed()
    try:
        return loads(said)
    except ValueError:
        raise _malformed() from None


def object_body(request: Request) -> dict[str, Any]:
    """The body as a JSON object."""
    body = parsed_body(request)
    if not isinstance(body, dict):
        raise _malformed()
    return body


def optional_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object, empty where none was sent: for actions that need no body."""
    return object_body(request) if request.body.strip() else {}


def files_of(request: Request, field: str) -> list[FilePart]:
    """File parts under that name, in the order sent."""
    return [part for part in _parts(request) if part.field == field and part.name]


def fields_of(request: Request) -> dict[str, str]:
    """Parts of a multipart body that are not files."""
    return {part.field: part.content.decode("utf-8", "replace") for part in _parts(request) if not part.name}


def _parts(request: Request) -> list[FilePart]:
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    if boundary is None:
        return []
    chunks = (b"\r\n" + request.body).split(b"\r\n--" + boundary.group(1).encode("latin-1"))
    return [_part(chunk) for chunk in chunks[1:-1]]


def _part(chunk: bytes) -> FilePart:
    head, _, content = chunk.partition(b"\r\n\r\n")
    said = head.decode("utf-8", "replace")
    field, name = _FIELD.search(said), _FILENAME.search(said)
    return FilePart(field.group(1) if field else "", name.group(1) if name else "", content)


def _malformed() -> Refusal:
    return Refusal(BAD_JSON, "JSON is not well formed")
