"""Lists that a flow writes, both sides read raw: what is wanted and not there, what stands there and is over (R42)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError
from sqlalchemy import select

from mlc.accounting.listrows import ListRow, full_name_of, label_of
from mlc.contract import FetchMode
from mlc.engine.keeping import is_kept
from mlc.engine.listindex import counterparts
from mlc.engine.listwants import ListWants
from mlc.engine.reconcile.findings import Finding, Kind
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.errors import MappingError, PluginError
from mlc.recipes import Flow, Side
from mlc.records import ListEntry, ObjectType
from mlc.store.schema import records

#: Entries in these states are told as held or dead already.
_TOLD = (RecordState.HELD.value, RecordState.DEAD.value)


@dataclass(frozen=True, slots=True)
class ListJudgement:
    """One entry: what it is counted as, and what is to be said of it."""

    object_type: ObjectType
    count: str
    finding: Finding | None = None


def judge_lists(session: Session) -> Iterator[ListJudgement]:
    """Every wanted entry of every list that is written, and what is over here and active there.

    Raises: AuthError, TransientError, PluginError when a side cannot be read to its end.
    """
    for flow in session.pairing.flows:
        if is_kept(session, flow):
            yield from _judge(session, flow)


def _judge(session: Session, flow: Flow) -> Iterator[ListJudgement]:
    own = _read(session, flow.source, flow.reads)
    there = _read(session, flow.target, flow.object)
    with session.database.read() as connection:
        bound = counterparts(connection, session, flow.source, flow.object)
        rows = [ListRow(key, entry, full_name_of(entry, own), entry.active) for key, entry in own.items()]
        wants = ListWants(session, connection, flow, rows)
        query = select(records.c.external_id, records.c.state).where(
            records.c.pairing == session.pairing.name,
            records.c.side == flow.source.value,
            records.c.object_type == flow.object.value,
        )
        states = {row.external_id: row.state for row in connection.execute(query)}
    for key, entry in own.items():
        seen = there.get(bound.get(key, ""))
        wanted = not wants.is_over(entry) and (seen is not None or wants.unwanted(entry) is None)
        if seen is not None:
            if wanted == seen.active:
                yield ListJudgement(flow.object, "matched" if wanted else "not_carried")
            else:
                yield ListJudgement(flow.object, "differing", _status(flow, entry, wanted=wanted, active=seen.active))
        elif states.get(key) in _TOLD:
            yield ListJudgement(flow.object, str(states[key]))
        elif wanted and states.get(key) != RecordState.SKIPPED.value:
            kind = Kind.MISSING_RIGHT if flow.source is Side.LEFT else Kind.MISSING_LEFT
            yield ListJudgement(flow.object, kind.value, _found(flow, kind, entry, "wanted", None, "it is not there"))


def _status(flow: Flow, entry: ListEntry, *, wanted: bool, active: bool) -> Finding:
    words = {True: "active", False: "inactive"}
    return _found(flow, Kind.STATUS, entry, words[wanted], words[active], "its status differs")


def _found(flow: Flow, kind: Kind, entry: ListEntry, ours: str, theirs: str | None, why: str) -> Finding:
    what = f"{flow.object.value.replace('_', ' ').capitalize()} {label_of(entry)}"
    left, right = (ours, theirs) if flow.source is Side.LEFT else (theirs, ours)
    return Finding(kind, what, left, right, why=why)


def _read(session: Session, side: Side, kind: ObjectType) -> dict[str, ListEntry]:
    """A list, whole and raw; rows that no mapping understands are told by the run that read them."""
    found: dict[str, ListEntry] = {}
    cursor: str | None = None
    visited: set[str] = set()
    while True:
        page = session.fetch(side, kind, cursor, FetchMode.SWEEP)
        for row in page.records:
            if row.deleted is not None and not row.payload:
                continue
            try:
                found[row.id] = cast(ListEntry, session.map(side, kind, row.payload))
            except (MappingError, ValidationError):
                continue
        cursor = page.next_cursor
        if cursor is None:
            return found
        if cursor in visited:
            raise PluginError(f"{session.system(side).name}: the list of {kind} pages in a circle.")
        visited.add(cursor)
