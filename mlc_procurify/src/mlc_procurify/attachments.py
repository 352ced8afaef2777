"""Download one invoice file of a bill. Links may expire, so the bill is read again for a fresh one."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mlc import Attachment
from mlc.errors import NotFoundError, TransientError
from mlc.records import AttachmentRef

from mlc_procurify import SYSTEM
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import HEADERS, Client

MOST_BYTES = 10 * 1024 * 1024


def download(connection: ProcurifyConnection, bill_uuid: str, wanted: AttachmentRef) -> Attachment:
    """Stream the file into a temporary file, which the caller removes.

    Credentials go to the tenant's own host only; other hosts must be named in ``attachment_hosts``.

    Raises: NotFoundError (no such file, or its host is not allowed), TransientError (also for a wrong checksum).
    """
    files = Client(connection).bill_files(bill_uuid)
    found = next((file for file in files if file.get("uuid") == wanted.source_id), None)
    link = found.get("file") if found else None
    if not isinstance(link, str) or not link:
        raise NotFoundError("The file is no longer attached to the bill in Procurify.", system=SYSTEM)
    url, own = _address(connection, link)
    with tempfile.NamedTemporaryFile(prefix="mlc-", delete=False) as spool:
        path = Path(spool.name)
    try:
        connection.http.download(
            url, into=path, max_bytes=MOST_BYTES, authenticated=own, headers=HEADERS if own else None
        )
        size, sha1 = _measured(path)
        if wanted.sha1 and wanted.sha1.casefold() != sha1:
            raise TransientError("The file from Procurify is not the one its checksum names.", system=SYSTEM)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Attachment(
        filename=wanted.filename or wanted.source_id,
        mime_type=wanted.mime_type or "application/octet-stream",
        path=path,
        size=size,
        sha1=sha1,
    )


def _address(connection: ProcurifyConnection, link: str) -> tuple[str, bool]:
    """The address to call, and whether it is the tenant's own. A stand-in's own address counts as the tenant's."""
    settings = connection.settings
    parts = urlsplit(link)
    endpoint = urlsplit(settings.endpoint) if settings.endpoint else None
    if not parts.netloc or (endpoint is not None and parts.netloc == endpoint.netloc):
        path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
        if endpoint is not None:
            path = path.removeprefix(endpoint.path.rstrip("/"))
        return urlunsplit(("https", settings.host, path, parts.query, "")), True
    if parts.scheme == "https" and parts.netloc == settings.host:
        return link, True
    if parts.scheme == "https" and parts.netloc in settings.attachment_hosts:
        return link, False
    raise NotFoundError(
        f"Procurify keeps the file on {parts.netloc}, which this connection may not call. "
        "Add the host to attachment_hosts to allow it.",
        system=SYSTEM,
    )


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha1").hexdigest()
