"""The audit trail: append-only events, hash-chained per committed group (R32).

A group is what one transaction says happened. Its digest covers the digest before it, so that an event that was
changed, removed or slipped in shows; the head is copied into every run's summary, so that a cut tail shows too.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from mlc.clock import stamp
from mlc.store.database import Database
from mlc.store.schema import audit, audit_groups, chains, runs
from mlc.store.statements import Statement

CHAIN = "audit"
log = logging.getLogger("mlc.audit")
#: Column → how the log names it.
_LOGGED = {
    "run_id": "run",
    "pairing": "pairing",
    "record_id": "record",
    "object_type": "object_type",
    "side": "side",
    "external_id": "external_id",
}
GENESIS = hashlib.sha256(b"ml-connector audit").hexdigest()
PAGE = 2_000

_HEAD = Statement(
    select(chains.c.head, chains.c.count, chains.c.events).where(chains.c.name == CHAIN).with_for_update()
)
_MOVE = Statement(
    update(chains)
    .where(chains.c.name == CHAIN)
    .values(head=bindparam("b_head"), count=bindparam("b_count"), events=bindparam("b_events"))
)
_EVENT = Statement(insert(audit), columns=[column.name for column in audit.columns if column.name != "id"])
_GROUP = Statement(insert(audit_groups), columns=("group_no", "digest", "events"))
#: The columns a digest covers, in order.
_COVERED = (
    audit.c.at,
    audit.c.run_id,
    audit.c.pairing,
    audit.c.record_id,
    audit.c.object_type,
    audit.c.event,
    audit.c.side,
    audit.c.external_id,
    audit.c.detail,
)


class AuditGroup:
    """Collects the events of one transaction and writes them as its last statements."""

    def __init__(self, *, run_id: int | None = None, pairing: str | None = None, fence: int | None = None) -> None:
        self.run_id = run_id
        self.pairing = pairing
        self.fence = fence
        self._events: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(
        self,
        event: str,
        *,
        record_id: int | None = None,
        object_type: str | None = None,
        side: str | None = None,
        external_id: str | None = None,
        **detail: object,
    ) -> None:
        """Note one fact. ``detail`` is plain data: never a payload, never a secret."""
        if self.fence is not None:
            detail["fence"] = self.fence
        self._events.append(
            {
                "run_id": self.run_id,
                "pairing": self.pairing,
                "record_id": record_id,
                "object_type": None if object_type is None else str(object_type),
                "event": str(event),
                "side": None if side is None else str(side),
                "external_id": external_id,
                "detail": _json(detail) if detail else "{}",
            }
        )

    def write(self, tx: Connection, at: datetime) -> None:
        """Append the group to the chain. Call it last: on PostgreSQL the head stays locked until the commit."""
        if not self._events:
            return
        if log.isEnabledFor(logging.INFO):
            self._log()
        head, count, events = _locked_head(tx)
        group_no, moment = count + 1, stamp(at)
        for event in self._events:
            event["at"] = moment
            event["group_no"] = group_no
        digest = _digest(head, [tuple(event[column.name] for column in _COVERED) for event in self._events])
        _EVENT.run_all(tx, self._events)
        _GROUP.run(tx, {"group_no": group_no, "digest": digest, "events": len(self._events)})
        _MOVE.run(tx, {"b_head": digest, "b_count": group_no, "b_events": events + len(self._events)})
        self._events = []

    def _log(self) -> None:
        """Each event as a line of the log, where one is kept."""
        for event in self._events:
            facts = {shown: event[name] for name, shown in _LOGGED.items() if event[name] is not None}
            log.info("%s", event["event"], extra=facts | {"detail": event["detail"]})


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What verifying found. ``problem`` is one sentence, None when the chain is whole."""

    ok: bool
    groups: int
    events: int
    head: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    id: int
    group_no: int
    at: str
    run_id: int | None
    pairing: str | None
    record_id: int | None
    object_type: str | None
    event: str
    side: str | None
    external_id: str | None
    detail: Mapping[str, Any]


def chain_head(connection: Connection) -> tuple[str, int]:
    """Digest and number of the last group: what a run summary carries."""
    row = connection.execute(select(chains.c.head, chains.c.count).where(chains.c.name == CHAIN)).first()
    return (GENESIS, 0) if row is None else (str(row[0]), int(row[1]))


def read_events(
    database: Database,
    *,
    record_id: int | None = None,
    run_id: int | None = None,
    pairing: str | None = None,
    external_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[AuditEvent]:
    """Events in the order they were committed, all conditions met. Reads in pages: any number fits in memory."""
    query = select(audit).order_by(audit.c.id).limit(PAGE)
    for column, wanted in (
        (audit.c.record_id, record_id),
        (audit.c.run_id, run_id),
        (audit.c.pairing, pairing),
        (audit.c.external_id, external_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(audit.c.at >= stamp(since))
    if until is not None:
        query = query.where(audit.c.at < stamp(until))
    last = 0
    while True:
        with database.read() as connection:
            rows = connection.execute(query.where(audit.c.id > last)).all()
        for row in rows:
            values = row._asdict()
            yield AuditEvent(**{**values, "detail": json.loads(row.detail)})
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def verify_chain(database: Database) -> ChainReport:
    """Compute every digest again and compare: groups, head, and the heads that run summaries noted."""
    with database.read() as connection:
        head, count = chain_head(connection)
        anchors = {
            row.chain_count: (row.id, row.chain_head)
            for row in connection.execute(
                select(runs.c.id, runs.c.chain_head, runs.c.chain_count).where(runs.c.chain_count.is_not(None))
            )
        }
        digest, groups, events, problem = GENESIS, 0, 0, None
        for number, rows in _groups(connection, count):
            stored = connection.execute(select(audit_groups).where(audit_groups.c.group_no == number)).first()
            digest = _digest(digest, rows)
            if number != groups + 1 or stored is None:
                problem = f"Group {groups + 1} of the audit trail is missing."
            elif stored.digest != digest or stored.events != len(rows):
                problem = f"Group {number} of the audit trail was changed after it was written."
            elif number in anchors and anchors[number][1] != digest:
                problem = f"Run {anchors[number][0]} noted another head for group {number}: the trail was rewritten."
            if problem:
                return ChainReport(False, groups, events, digest, problem)
            groups, events = number, events + len(rows)
        if groups < max(anchors, default=0):
            problem = f"A run summary knows {max(anchors)} groups, the audit trail has {groups}: its tail was cut."
        elif groups != count or digest != head:
            problem = f"The audit trail ends at group {groups}, its head says {count}: its tail was cut or added to."
        return ChainReport(problem is None, groups, events, digest, problem)


def _groups(connection: Connection, count: int) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Groups in the order of their events, each with the values its digest covers; none newer than ``count``."""
    number, rows, last = 0, list[tuple[Any, ...]](), 0
    query = select(audit.c.id, audit.c.group_no, *_COVERED).order_by(audit.c.id).limit(PAGE)
    page: list[Any] = []
    while last == 0 or len(page) == PAGE:
        page = list(connection.execute(query.where(audit.c.id > last)).all())
        for row in page:
            if row.group_no != number:
                if rows:
                    yield number, rows
                number, rows = row.group_no, []
            if number > count:
                return
            rows.append(tuple(row)[2:])
        last = page[-1].id if page else -1
    if rows:
        yield number, rows


def _locked_head(tx: Connection) -> tuple[str, int, int]:
    found = _HEAD.rows(tx, {})
    if not found:
        tx.execute(_first_head(tx))
        found = _HEAD.rows(tx, {})
    head, count, events = found[0]
    return str(head), int(count), int(events)


def _first_head(tx: Connection) -> Any:
    values = {"name": CHAIN, "head": GENESIS, "count": 0, "events": 0}
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_or_leave

        return insert_or_leave(chains).values(values).on_conflict_do_nothing()
    return insert(chains).values(values)


def _digest(previous: str, rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256(f"{previous}\n{_json(rows)}".encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(str(member) for member in value)
    raise TypeError(f"{type(value).__name__} has no place in an audit event")


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
