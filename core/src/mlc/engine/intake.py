"""Intake: what a side shows, made durable page by page, before anything is decided (R22)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mlc.clock import stamp
from mlc.contract import FetchMode, SourceRecord
from mlc.engine.inside import gone_from
from mlc.engine.intakerows import IntakeRows
from mlc.engine.readings import Known, look_up, read_changed
from mlc.engine.returning import offer_to_open_creates
from mlc.engine.scope import BOTH_WAYS, ListScope
from mlc.engine.session import Session
from mlc.errors import PluginError
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import bindings, pages, watermarks
from mlc.testing.steps import step

#: Stands for the cursor of a sweep that was read to its end: what it did not show is still to be looked at.
ENDED = "mlc:ended"


@dataclass
class IntakeCounts:
    """What a pass saw. ``foreign`` are payments of the side that does not pay; ``unlisted``: rows that its own count
    has more; ``finished``: it came to its last page."""

    rows: int = 0
    changed: int = 0
    read: int = 0
    dead: int = 0
    unlisted: int = 0
    finished: bool = False
    began: str = ""
    foreign: list[str] = field(default_factory=list)


class Intake:
    """One side's list of one object type, read from the watermark on."""

    def __init__(self, session: Session, side: Side, object_type: ObjectType) -> None:
        self.session = session
        self.scope = ListScope.of(session, side, object_type)
        self.counts = IntakeCounts()
        self._pass_id = ""
        self._is_last_try = False
        self._is_first = False
        self._before = 0
        self._again = False

    def run(self, mode: FetchMode = FetchMode.CHANGES) -> IntakeCounts:
        """Read to the last page; a pass that was cut short goes on at its page.

        A list that has more rows than it showed is read once more: records moved between its pages (R23).
        """
        cursor = self._begin(mode)
        if cursor == ENDED:
            self.conclude()  # before the look: where that fails once more, the next sweep has to do
            self.counts.finished = True
            return self.counts
        if not self._read(cursor, mode) and not self._is_last_try and not self.session.stop():
            self._is_last_try = True
            self._read(cursor, mode)
        return self.counts

    def conclude(self) -> None:
        """What a sweep did not show was looked at: nothing of it is left to do."""
        with self.session.database.write() as tx:
            tx.execute(delete(pages).where(self.scope.where(pages), pages.c.mode == FetchMode.SWEEP.value))

    def _read(self, cursor: str | None, mode: FetchMode) -> bool:
        """Read from a cursor to the end. Returns False when the list's own count says that rows were missed."""
        seen: set[int] = set()
        visited: set[str] = set()
        total: int | None = None
        scope = self.scope
        while True:
            page = self.session.fetch(scope.side, scope.object_type, cursor, mode)
            step("intake.page.read")
            total = page.total if page.total is not None else total
            seen.update(hash(row.id) for row in page.records)
            rows = list({row.id: row for row in page.records}.values())
            rows += gone_from(scope, page.complete_of, {row.id for row in rows})
            self.counts.rows += len(rows)
            last = page.next_cursor is None
            missed = max(0, total - len(seen) - self._before) if total is not None and last else 0
            self._again = missed > 0 and not self._is_last_try
            whole = self._take(rows, page.next_cursor, None if self._again else page.watermark, mode)
            step("intake.page.committed")
            self.session.progress("intake", side=scope.side, object_type=scope.object_type, rows=self.counts.rows)
            if not whole:
                return True
            if page.next_cursor is None:
                self.counts.unlisted = missed
                self.counts.finished = missed == 0 or self._is_last_try
                return missed == 0
            if self.session.stop():
                return True
            if page.next_cursor in visited:
                system = self.session.system(scope.side).name
                raise PluginError(f"{system}: the list of {scope.object_type} pages in a circle; nothing was skipped.")
            visited.add(page.next_cursor)
            cursor = page.next_cursor

    def _begin(self, mode: FetchMode) -> str | None:
        scope, now = self.scope, stamp(self.session.clock.now())
        with self.session.database.write() as tx:
            open_pass = tx.execute(select(pages).where(scope.where(pages), pages.c.mode == mode.value)).first()
            mark = tx.execute(select(watermarks.c.value).where(scope.where(watermarks))).scalar()
            self._is_first = mark is None and mode is not FetchMode.SWEEP
            self.counts.began = now if open_pass is None else open_pass.started_at
            if open_pass is not None:
                self._pass_id = open_pass.pass_id
                if open_pass.cursor is not None:
                    self._is_last_try = True
                    self._before = int(open_pass.seen)
                    return str(open_pass.cursor)
            else:
                self._pass_id = uuid.uuid4().hex
                tx.execute(
                    insert(pages).values(
                        pairing=scope.pairing.name,
                        side=scope.side.value,
                        object_type=scope.object_type.value,
                        mode=mode.value,
                        pass_id=self._pass_id,
                        started_at=now,
                    )
                )
            return None if mark is None or mode is FetchMode.SWEEP else str(mark)

    def _take(
        self, rows: Sequence[SourceRecord], next_cursor: str | None, watermark: str | None, mode: FetchMode
    ) -> bool:
        """Store a page; False when only a part of it could be read, and it has to be listed again for the rest."""
        scope = self.scope
        with self.session.database.read() as connection:
            known = look_up(connection, scope, [row.id for row in rows])
        rows = self._but_ours(rows, known)
        found = read_changed(scope, [row for row in rows if not known[row.id].has(row)], known)
        self.counts.changed += len(found.readings)
        self.counts.read += found.calls
        moment = self.session.clock.now()
        stored = IntakeRows(scope, self._pass_id, stamp(moment))
        stored.add(found.readings)
        self.counts.dead += len(stored.dead)
        self.counts.foreign += stored.foreign
        with self.session.database.write() as tx:
            audit = self.session.audit()
            stored.write(tx, audit)
            if mode is FetchMode.SWEEP and rows and found.whole:  # by a clock that was set back, too
                self._mark_swept(tx, [row.id for row in rows], max(stamp(moment), self.counts.began))
            if found.whole and next_cursor is not None:
                self._turn_page(tx, next_cursor, len(rows), mode)
            elif found.whole:
                self._finish(tx, watermark, mode, stamp(moment))
            audit.write(tx, moment)
        self.session.sweep.after(len(found.readings))
        if found.refused is not None:
            raise found.refused
        return found.whole

    def _but_ours(self, rows: Sequence[SourceRecord], known: Mapping[str, Known]) -> list[SourceRecord]:
        """Without what is a create of ours whose answer is still out: it is no record born here (R17)."""
        if not (self.scope.is_source and self.scope.object_type in BOTH_WAYS):
            return list(rows)
        unknown = [row for row in rows if row.deleted is None and known[row.id].is_new]
        ours = offer_to_open_creates(self.scope, unknown, ()).ours
        return [row for row in rows if row.id not in ours]

    def _turn_page(self, tx: Connection, next_cursor: str, rows: int, mode: FetchMode) -> None:
        tx.execute(
            update(pages)
            .where(self.scope.where(pages), pages.c.mode == mode.value)
            .values(cursor=next_cursor, seen=pages.c.seen + rows)
        )

    def _finish(self, tx: Connection, watermark: str | None, mode: FetchMode, now: str) -> None:
        """Everything seen is durable, no more is claimed: the next pass starts where the vendor's clock stood."""
        scope = self.scope
        here = scope.where(pages) & (pages.c.mode == mode.value)
        ends = mode is FetchMode.SWEEP and not self._again
        tx.execute(update(pages).where(here).values(cursor=ENDED) if ends else delete(pages).where(here))
        values: dict[str, Any] = {"completed_at": now}
        if mode is FetchMode.SWEEP:
            values["swept_at"] = now
        elif self._is_first:
            values |= {"swept_at": now, "value": watermark}
        elif watermark is not None:
            values["value"] = watermark
        if tx.execute(update(watermarks).where(scope.where(watermarks)).values(**values)).rowcount == 0:
            tx.execute(
                insert(watermarks).values(
                    pairing=scope.pairing.name,
                    side=scope.side.value,
                    object_type=scope.object_type.value,
                    **values,
                )
            )

    def _mark_swept(self, tx: Connection, ids: Sequence[str], now: str) -> None:
        tx.execute(
            update(bindings)
            .where(
                bindings.c.pairing == self.scope.pairing.name,
                bindings.c.side == self.scope.side.value,
                bindings.c.external_id.in_(ids),
            )
            .values(seen_at=now)
        )
