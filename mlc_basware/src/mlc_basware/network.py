"""Basware Network, as far as its documents could be read: one e-invoice by its id, its files, sending one.

It stands apart: HTTP Basic alone, addresses and error bodies of its own. How new documents are listed is not known, so
no flow reads or sends any; a picture that P2P does not export is fetched from here, by the ``bumid`` of its invoice.
Every request has an id, by which Basware finds it; what makes a send happen once is ``clientToken`` in its body.

Vendor doc: https://network-developer.basware.com/api-v1, JSON schemas of /invoices
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

from mlc.errors import MlcError, NotFoundError, RejectedError, TransientError
from mlc.http import Headers, Response, decode

from mlc_basware.auth import NETWORK_ROOTS, BaswareConnection
from mlc_basware.client import ANYTHING, JSON, explained
from mlc_basware.errors import error_for
from mlc_basware.schemas import Row, inner, rows, text
from mlc_basware.settings import network_host
from mlc_basware.wire import Body, encode

logger = logging.getLogger("mlc_basware.network")

REQUEST_ID = "X-BW-REQUEST-ID"
INVOICES, FILES = "v1/invoices", "v2/files"
IMAGE = "imageFile"
#: Asked for where nothing else is wanted than an answer.
NOBODY = "00000000-0000-4000-8000-000000000000"


def read(connection: BaswareConnection, bum_id: str) -> Row:
    """One document: ``version``, ``data``, ``fileRefs``, ``links``.

    Raises: NotFoundError, RateLimitedError, RejectedError, TransientError.
    """
    body = _checked(connection, _get(connection, f"{INVOICES}/{quote(bum_id, safe='')}"))
    if not isinstance(body, Mapping):
        raise TransientError("Basware Network answered a document with something that is none.")
    return body


def send(
    connection: BaswareConnection, client_token: UUID, data: Mapping[str, Any], files: Sequence[tuple[str, str]] = ()
) -> str:
    """Send an invoice, inside a permit; ``files``: (refId, fileType). The same ``client_token`` sends nothing twice.

    Returns: its id in the Network. Raises: RateLimitedError, RejectedError, TransientError.
    """
    body: Body = {"clientToken": str(client_token), "data": data}
    if files:
        body["fileRefs"] = [{"refId": ref, "fileType": kind} for ref, kind in files]
    url = f"https://{network_host(connection.settings)}/{INVOICES}"
    content = encode(body)
    answer = _checked(connection, connection.http.post(url, content=content, headers={**JSON, **_named(url)}))
    told = text(answer, "bumId") if isinstance(answer, Mapping) else None
    if told is None:
        raise TransientError("Basware Network took an invoice and told no id; send it again with the same token.")
    return told


def download_image(connection: BaswareConnection, bum_id: str, into: Path, *, max_bytes: int) -> Headers:
    """The picture of a document, as a file. Raises: NotFoundError where it has none, TransientError."""
    document = read(connection, bum_id)
    ref = next((text(one, "refId") for one in rows(document, "fileRefs") if text(one, "fileType") == IMAGE), None)
    if ref is None:
        raise NotFoundError("Basware Network has no picture of this invoice.", bum_id, system=connection.system)
    url = _file_address(connection, document, ref)
    try:
        return connection.http.download(url, into=into, max_bytes=max_bytes, headers={**ANYTHING, **_named(url)})
    except TransientError as error:
        raise explained(connection, error) from error


def trouble(connection: BaswareConnection) -> str | None:
    """Why the Network cannot be used; None when it answers. A document that nobody has is asked for."""
    try:
        read(connection, NOBODY)
    except NotFoundError:
        return None
    except MlcError as error:
        return f"Basware Network: {error.sentence}"
    return None


def _file_address(connection: BaswareConnection, document: Row, ref: str) -> str:
    """Where a file lies: the document's own link, as long as it leads to the Network; else the form of version 2."""
    host = network_host(connection.settings)
    for link in rows(document, "links"):
        parts = urlsplit(text(link, "href") or "")
        if ref in parts.path.split("/") and parts.hostname in (None, host) and parts.path.startswith(NETWORK_ROOTS):
            return f"https://{host}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    return f"https://{host}/{FILES}/{quote(ref, safe='')}"


def _get(connection: BaswareConnection, path: str) -> Response:
    url = f"https://{network_host(connection.settings)}/{path}"
    return connection.http.get(url, headers={**JSON, **_named(url)})


def _named(url: str) -> dict[str, str]:
    """The header that names this request, a new name each time, noted beside its path."""
    name = str(uuid4())
    logger.info("%s %s: %s", REQUEST_ID, name, urlsplit(url).path)
    return {REQUEST_ID: name}


def _checked(connection: BaswareConnection, response: Response) -> Any:
    if response.status_code in (401, 403):
        raise RejectedError(  # an add-on's login is not worth pausing P2P's connection
            "Basware Network refuses the user or the password: enter those of the Network with mlc connect "
            f"{connection.name}, as username and password; or do without it: network = false.",
            status=response.status_code,
            connection=connection.name,
        )
    error = error_for(response, now=connection.now())
    if error is None:
        return decode(response)
    error.connection = connection.name
    if isinstance(error, RejectedError):
        raise _told(response, error) from error
    raise error


def _told(response: Response, error: RejectedError) -> RejectedError:
    """The Network's own words, and the first field it names."""
    try:
        body = decode(response)
    except TransientError:
        return error
    said = inner(body, "errors") if isinstance(body, Mapping) else {}
    first: Row = next(iter(rows(said, "validationErrors")), {})
    told = ": ".join(part for part in (text(first, "fieldId"), text(first, "fieldMessage")) if part)
    message = told or text(said, "message")
    if message is None:
        return error
    return RejectedError(
        f"Basware Network refused it: {message}", text(said, "info"), code=text(said, "code"),
        field=text(first, "fieldId"), status=error.status, connection=error.connection,
    )  # fmt: skip
