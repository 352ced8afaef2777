"""Checks: a document's file comes whole, and goes with one request."""

import hashlib

from mlc.contract import Attachment, Created, Operation, Updated, Write
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.files import PDF, a_file
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of


class AttachingChecks(Supplied):
    def test_a_documents_file_is_fetched_whole(self) -> None:
        kinds = [support.object_type for support in self.bench.need(Capability.ATTACH)]
        if not self.bench.answers("mlc_attachment"):
            not_applicable("the connector fetches no files.")
        self.bench.need_a_vendor()
        connection = self.bench.open()
        for kind in kinds:
            for record in self.bench.readable(kind):
                for reference in getattr(record, "attachments", ()):
                    document = record.source.source_id
                    file = self.bench.call(connection, "mlc_attachment", document_id=document, attachment=reference)
                    try:
                        self._assert_whole(kind, file)
                    finally:
                        file.path.unlink(missing_ok=True)
                    return
        not_shown("no document that was read has a file.")

    def test_a_file_is_added_with_one_request(self) -> None:
        kinds = [
            support.object_type for support in self.bench.need(Capability.ATTACH) if Capability.CREATE in support.can
        ]
        if not kinds:
            not_applicable("the connector adds no files.")
        self.bench.need_calls()
        for kind in kinds:
            connection = self.bench.open()
            made = writing.draft(self.bench, connection, kind)
            if made is None:
                not_shown(f"no {kind} could be made; supply to_create().")
            pushed = writing.send(self.bench, connection, kind, made.main)
            assert pushed.external_id is not None, f"{kind}: {pushed}"
            with a_file() as file:
                write = Write(
                    f"file-{self.bench.number()}", Operation.CREATE, b"", made.main.record_key, part="image",
                    action="attachment", parent_id=pushed.external_id, attachment=file,
                )  # fmt: skip
                tap_of(connection).clear()
                added = writing.send(self.bench, connection, kind, write)
            assert isinstance(added.outcome, Created | Updated), f"{kind}: the file was not added: {added}"
            assert len(added.calls) == 1, f"{kind}: {len(added.calls)} mutating requests for one file"
            assert PDF in added.calls[0].body, f"{kind}: the file that was sent is another one"

    def _assert_whole(self, kind: ObjectType, file: Attachment) -> None:
        content = file.path.read_bytes()
        assert content, f"{kind}: the file is empty"
        assert file.size == len(content), f"{kind}: {len(content)} bytes came, {file.size} are claimed"
        assert file.sha1 == hashlib.sha1(content, usedforsecurity=False).hexdigest(), f"{kind}: its digest is another"
        assert file.filename
        assert "/" in file.mime_type
