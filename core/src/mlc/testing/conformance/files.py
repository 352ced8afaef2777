"""Small files on disk, as core hands them to ``mlc_push``."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mlc.contract import Attachment, Operation, Write
from mlc.system import ObjectSupport

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"


@contextmanager
def a_file(
    name: str = "conformance.pdf", mime_type: str = "application/pdf", content: bytes = PDF
) -> Iterator[Attachment]:
    """A small file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mlc-conformance-") as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        yield Attachment(name, mime_type, path, len(content), digest)


@contextmanager
def with_file(support: ObjectSupport | None, write: Write) -> Iterator[Write]:
    """The write with a picture, where its type is made together with one."""
    if support is None or not support.needs_file or write.operation is not Operation.CREATE or write.attachment:
        yield write
        return
    with a_file("receipt.png", "image/png", PNG) as picture:
        yield replace(write, attachment=picture)
