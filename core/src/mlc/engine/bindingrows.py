"""Rows for bindings: where a record lives on each side, and what that side last showed (R15, R16)."""

import json
from dataclasses import dataclass
from typing import Any

from mlc.contract import Operation, SourceRecord
from mlc.engine.changeset import ChangeSet
from mlc.engine.intents import IMAGE_PART, Intent
from mlc.engine.plans import Entry
from mlc.recipes import Side
from mlc.records import MoneyDocument, ObjectType, Record, dump_record


@dataclass(frozen=True)
class BindingRows:
    """Adds rows to a change set; all of them are written in its one transaction."""

    pairing: str
    rows: ChangeSet

    def target(
        self, intent: Intent, external_id: str, version: str | None, seen: Record | None, shown: str | None, now: str
    ) -> None:
        """The document is in the target: its binding, with what the target showed (``shown``: as text) as that side's
        base."""
        lines = line_map(intent, seen)
        common = {
            "version": version,
            "base": shown,
            "lines": json.dumps(lines) if lines else None,
            "mapper_version": intent.mapper_version,
            "unverified": int(seen is None),
            "confirmed_at": now,
        }
        which = {"b_record": intent.record_id, "b_side": intent.side.value, "b_part": "main"}
        if intent.operation is not Operation.CREATE or external_id == intent.parent_id:
            # Written anew under a key of ours, what was gone stands there under the id that it had.
            if not lines and intent.operation is not Operation.CREATE:
                del common["lines"]  # a change that sent none of its lines leaves those that are bound
            self.rows.moved.append(which | common)
            return
        if intent.parent_id is not None:
            self.rows.replaced.append(which | {"role": "alias", "moved_to": external_id})
        self.rows.bindings.append(self._row(intent, external_id, "main") | common)

    def found(self, intent: Intent, row: SourceRecord, seen: Record, now: str) -> None:
        """Refused, as an exact twin is there: that one is bound, as both sides agree on it."""
        self.target(intent, row.id, row.version, seen, dump_record(seen), now)
        self.origin(intent, intent.source_version, intent.source_input, now)
        self.rows.found.append(intent.record_id)
        self.rows.wake(intent.object_type, intent.source_id, row.id)

    def origin(
        self, intent: Intent, version: str | None, base: str | None, now: str, *, unverified: bool = False
    ) -> None:
        """The side the record was born on is in step with what was just written.

        ``unverified``: it was written to that very side, which did not show what it made of it (R13).
        """
        self._origin(
            side=intent.source_side,
            object_type=intent.object_type,
            external_id=intent.source_id,
            record_id=intent.record_id,
            version=version,
            base=base,
            mapper_version=intent.mapper_version,
            unverified=int(unverified),
            confirmed_at=now,
        )

    def part(self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str) -> None:
        """A call beside the document: bound once, so that it is never repeated. Lines that it brought are the
        document's."""
        if intent.part != "main" and intent.operation is Operation.CREATE:
            self.rows.bindings.append(
                self._row(intent, external_id, intent.part)
                | {"version": version, "mapper_version": intent.mapper_version, "confirmed_at": now}
                | {"base": None, "lines": None, "unverified": 0}
            )
        if isinstance(seen, MoneyDocument) and intent.part != IMAGE_PART:
            lines = line_map(intent, seen)
            self.rows.moved.append(
                ({"lines": json.dumps(lines)} if lines else {})
                | {
                    "b_record": intent.record_id,
                    "b_side": intent.side.value,
                    "b_part": "main",
                    "version": version,
                    "base": dump_record(seen),
                    "confirmed_at": now,
                }
            )

    def adopted(
        self, entry: Entry, external_id: str, *, version: str | None, base: str | None, mapper_version: str, now: str
    ) -> None:
        """An exact twin, bound as it stands: both sides' present values are their bases (R20)."""
        side = entry.side.other
        self.rows.bindings.append(
            {
                "pairing": self.pairing,
                "side": side.value,
                "object_type": entry.object_type.value,
                "external_id": external_id,
                "part": "main",
                "record_id": entry.id,
                "version": version,
                "base": base,
                "lines": None,
                "mapper_version": mapper_version,
                "unverified": 0,
                "confirmed_at": now,
                "adopted": 1,
            }
        )
        self.rows.claimed.append((self.pairing, side, entry.object_type, external_id, entry.id))
        self._origin(
            side=entry.side,
            object_type=entry.object_type,
            external_id=entry.external_id,
            record_id=entry.id,
            version=entry.version,
            base=entry.input,
            mapper_version=mapper_version,
            unverified=0,
            confirmed_at=now,
        )

    def adopted_part(
        self,
        entry: Entry,
        external_id: str,
        part: str,
        *,
        side: Side,
        version: str | None,
        mapper_version: str,
        now: str,
    ) -> None:
        """A further record of the same party on a side, bound as it stands."""
        row: dict[str, Any] = {"pairing": self.pairing, "side": side.value, "object_type": entry.object_type.value}
        row |= {"external_id": external_id, "part": part, "record_id": entry.id, "version": version, "base": None}
        row |= {"lines": None, "mapper_version": mapper_version, "unverified": 0, "confirmed_at": now, "adopted": 1}
        self.rows.bindings.append(row)
        self.rows.claimed.append((self.pairing, side, entry.object_type, external_id, entry.id))

    def rebased(
        self, record_id: int, side: Side, *, version: str | None, base: str | None, mapper_version: str
    ) -> None:
        """What a side shows now is what it showed when both were last in step."""
        self.rows.moved.append(
            {
                "b_record": record_id,
                "b_side": side.value,
                "b_part": "main",
                "version": version,
                "base": base,
                "mapper_version": mapper_version,
            }
        )

    def _origin(self, *, side: Side, object_type: ObjectType, **values: Any) -> None:
        common = {"pairing": self.pairing, "side": side.value, "object_type": object_type.value, "part": "main"}
        self.rows.origins.append(common | values)

    def _row(self, intent: Intent, external_id: str, part: str) -> dict[str, Any]:
        return {
            "pairing": self.pairing,
            "side": intent.side.value,
            "object_type": intent.object_type.value,
            "external_id": external_id,
            "part": part,
            "record_id": intent.record_id,
        }


def line_map(intent: Intent, seen: Record | None) -> dict[str, str]:
    """Our line keys → the target's line ids, by the order they were sent in."""
    lines = getattr(seen, "lines", ())
    if len(lines) != len(intent.line_keys):
        return {}
    return {key: line.line_id for key, line in zip(intent.line_keys, lines, strict=True) if line.line_id}
