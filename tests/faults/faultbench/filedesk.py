"""The source of the strategies' worlds: records in a file, which a test changes and every process of a run reads."""

import hashlib
import json
import os
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from mlc import Attachment, Connection, hookimpl
from mlc.records import AttachmentRef, ObjectType, Record
from mlc_sandbox.torture.desk import Desk

KINDS = (ObjectType.ACCOUNT, ObjectType.VENDOR, ObjectType.PURCHASE_ORDER, ObjectType.BILL)
PICTURE = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


class FileDesk(Desk):
    """A desk whose records outlive the process."""

    def __init__(self, path: Path) -> None:
        super().__init__(KINDS)
        self._path = path
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._changes = int(kept["changes"])
            for kind, rows in kept["rows"].items():
                self._rows[ObjectType(kind)] = {id: (int(change), str(text)) for id, (change, text) in rows.items()}

    def put(self, record: Record) -> None:
        super().put(record)
        kept = json.dumps({"changes": self._changes, "rows": self._rows})
        beside = self._path.with_suffix(".new")
        beside.write_text(kept, encoding="utf-8")
        beside.replace(self._path)

    @hookimpl
    def mlc_attachment(
        self, connection: Connection[Any, Any], document_id: str, attachment: AttachmentRef
    ) -> Attachment:
        handle, name = mkstemp(suffix=".pdf", dir=self._path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(PICTURE)
        digest = hashlib.sha1(PICTURE, usedforsecurity=False).hexdigest()
        return Attachment("invoice.pdf", "application/pdf", Path(name), len(PICTURE), digest)
