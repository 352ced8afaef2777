"""The picture of an invoice: asked for under its invoice, redirected to a signed address that lives 15 minutes; by
setting from the Network where P2P exports none.

Vendor doc: P2P OpenAPI 26.06, accountingDocuments/{invoiceId}/attachments
"""

import hashlib
import logging
import mimetypes
import tempfile
from pathlib import Path
from urllib.parse import quote

from mlc import Attachment
from mlc.errors import ConfigError, NotFoundError, TransientError
from mlc.records import AttachmentRef

from mlc_basware import SYSTEM, network
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import DOCUMENTS
from mlc_basware.mapping_documents import NETWORK, images

logger = logging.getLogger("mlc_basware.attachments")

MOST_BYTES = 10 * 1024 * 1024
PLAIN = "application/octet-stream"


def download(connection: BaswareConnection, invoice_id: str, wanted: AttachmentRef) -> Attachment:
    """Stream the file into a temporary file, which the caller removes. The invoice is asked again: a picture may have
    become confidential since.

    Raises: NotFoundError (no such file, or a confidential one), RejectedError (too large), TransientError.
    """
    client = BaswareClient(connection)
    invoice = client.one(DOCUMENTS, invoice_id)
    shown = images(invoice, network=connection.settings.network)
    if not connection.settings.attachments or wanted.source_id not in {one.source_id for one in shown}:
        raise NotFoundError("The picture of this invoice is not among those Basware hands out.", system=SYSTEM)
    with tempfile.NamedTemporaryFile(prefix="mlc-", delete=False) as spool:
        into = Path(spool.name)
    try:
        if wanted.source_id.startswith(NETWORK):
            headers = network.download_image(
                connection, wanted.source_id.removeprefix(NETWORK), into, max_bytes=MOST_BYTES
            )
        else:
            path = f"{DOCUMENTS.url}/{quote(invoice_id, safe='')}/attachments/{quote(wanted.source_id, safe='')}"
            headers = client.download(path, into, max_bytes=MOST_BYTES)
        name = Path(wanted.filename or wanted.source_id).name
        stated = headers.get("content-type", "").partition(";")[0].strip()
        with into.open("rb") as file:
            digest = hashlib.file_digest(file, "sha1").hexdigest()
        size = into.stat().st_size
    except ConfigError as error:  # a host that nobody declared: it is asked for again, and by then may be
        into.unlink(missing_ok=True)
        logger.warning("%s: %s", connection.name, error.sentence)
        raise TransientError(error.sentence, system=SYSTEM, connection=connection.name) from error
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    guessed = mimetypes.guess_type(name)[0]
    return Attachment(
        filename=name, mime_type=stated if "/" in stated and stated != PLAIN else guessed or PLAIN,
        path=into, size=size, sha1=digest,
    )  # fmt: skip
