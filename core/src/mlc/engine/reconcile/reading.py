"""Both sides' lists, read raw and fresh into the spool; nothing comes from bindings or earlier runs (R42)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pydantic import ValidationError
from sqlalchemy import select

from mlc.contract import FetchMode, SourceRecord
from mlc.engine.lacking import lacks_of, why_off
from mlc.engine.reconcile.rows import COMPARED, Compared, Listed, party_key, row_of
from mlc.engine.reconcile.spool import Spool
from mlc.engine.registers import name_key
from mlc.engine.scope import is_outside
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tellings import is_queue, tells_of_payments
from mlc.errors import MappingError, PluginError
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import Bill, Expense, Invoice, ObjectType, Payment, PurchaseOrder, VendorCredit
from mlc.records.codec import readable_problems
from mlc.store.schema import records

AT_ONCE = 100
_LEFT_ALONE = (RecordState.NOT_CARRIED, RecordState.BEFORE_GO_LIVE)
_MODELS = (PurchaseOrder, Bill, VendorCredit, Payment, Invoice, Expense)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that no mapping understands: its amount is unknown, so nothing can be said about its total."""

    side: Side
    object_type: ObjectType
    external_id: str
    why: str


@dataclass
class Sweep:
    """What reading both sides came to, beyond the rows themselves."""

    rows: int = 0
    outside: int = 0
    """Documents of a kind that the flow does not carry: seen, not compared."""
    unreadable: list[Unreadable] = field(default_factory=list)


def compared_flows(session: Session) -> list[Flow]:
    """The flows whose documents are compared."""
    lacks = lacks_of(session)
    return [
        flow
        for flow in session.pairing.flows
        if flow.object in COMPARED
        and flow.mode is not FlowMode.OFF
        and why_off(flow, lacks) is None
        and not tells_of_payments(session, flow)
    ]


def lists_of(session: Session) -> dict[tuple[Side, ObjectType], None]:
    """Every list to read, once: a flow's own on its source side, its object type's on the other."""
    wanted: dict[tuple[Side, ObjectType], None] = {}
    for flow in compared_flows(session):
        for side, kind in ((flow.source, flow.reads), (flow.target, flow.object)):
            if session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    return wanted


def sweep(session: Session, spool: Spool) -> Sweep:
    """Read every list to its end.

    Raises: AuthError, TransientError, PluginError when a side cannot be read; half a list proves nothing.
    """
    done = Sweep()
    for side, read_type in lists_of(session):
        for page in _pages(session, side, read_type):
            rows = [row for one in page if (row := _row(session, side, read_type, one, done)) is not None]
            spool.add(
                rows,
                name_key=[name_key(row.party_name) if row.party_name else None for row in rows],
                party=[party_key(row.party_name) for row in rows],
            )
            done.rows += len(page)
            session.progress("intake", side=side, object_type=read_type, rows=done.rows)
    return done


def _pages(session: Session, side: Side, read_type: ObjectType) -> Iterator[list[SourceRecord]]:
    """Documents that were handed over and answered are in no list any more: each is read by its id."""
    left = _carried(session, side, read_type) if is_queue(session, side, read_type) else set()
    for rows in _listed(session, side, read_type):
        left.difference_update(row.id for row in rows)
        yield rows
    ids = sorted(left)
    for start in range(0, len(ids), AT_ONCE):
        yield session.read(side, read_type, ids[start : start + AT_ONCE])


def _carried(session: Session, side: Side, read_type: ObjectType) -> set[str]:
    query = select(records.c.external_id).where(
        records.c.pairing == session.pairing.name,
        records.c.side == side.value,
        records.c.read_type == read_type.value,
        records.c.adjusts.is_(None),
        records.c.state.not_in([state.value for state in _LEFT_ALONE]),
    )
    with session.database.read() as connection:
        return set(connection.execute(query).scalars())


def _listed(session: Session, side: Side, read_type: ObjectType) -> Iterator[list[SourceRecord]]:
    cursor: str | None = None
    visited: set[str] = set()
    while True:
        page = session.fetch(side, read_type, cursor, FetchMode.SWEEP)
        rows = list(page.records)
        bare = [row.id for row in rows if _lacks_total(session, side, read_type, row)]
        whole = {row.id: row for row in session.read(side, read_type, bare)} if bare else {}
        yield [whole.get(row.id, row) for row in rows]
        cursor = page.next_cursor
        if cursor is None:
            return
        if cursor in visited:
            raise PluginError(f"{session.system(side).name}: the list of {read_type} pages in a circle.")
        visited.add(cursor)


def _lacks_total(session: Session, side: Side, read_type: ObjectType, row: SourceRecord) -> bool:
    """Only a list that does not even state totals costs a call per document."""
    support = session.system(side).support(read_type)
    if row.complete or row.deleted is not None or support is None or support.complete_in_list:
        return False
    try:
        record = session.map(side, read_type, row.payload)
    except (MappingError, ValidationError):
        return False
    return (record.amount if isinstance(record, Payment) else getattr(record, "total", None)) is None


def _row(session: Session, side: Side, read_type: ObjectType, one: SourceRecord, done: Sweep) -> Listed | None:
    if one.deleted is not None and not one.payload:
        return None
    try:
        record = session.map(side, read_type, one.payload)
    except MappingError as error:
        done.unreadable.append(Unreadable(side, read_type, one.id, error.sentence))
        return None
    except ValidationError as error:
        done.unreadable.append(Unreadable(side, read_type, one.id, "; ".join(readable_problems(error))))
        return None
    if not isinstance(record, _MODELS) or is_outside(session.pairing, side, record):
        return None
    flow = session.source_flow(side, read_type, record.object_type)
    flow = None if flow is None or flow.mode is FlowMode.OFF else flow
    if flow is None and not _receives(session, side, record.object_type):
        done.outside += 1
        return None
    category = getattr(record, "category", None)
    foreign = flow is not None and flow.categories and category is not None and category not in flow.categories
    if foreign and not _receives(session, side, record.object_type):  # else it may be one that we wrote there
        done.outside += 1
        return None
    return replace(
        row_of(
            record,
            side=side,
            read_type=read_type,
            flow=flow,
            version=one.version,
            deleted=one.deleted is not None,
            number_max=_number_max(session, side, record) if flow is not None else None,
        ),
        external_id=one.id,
        aside=bool(foreign),
    )


def _receives(session: Session, side: Side, object_type: ObjectType) -> bool:
    return any(flow.target is side and flow.object is object_type for flow in compared_flows(session))


def _number_max(session: Session, side: Side, record: Compared) -> int | None:
    support = session.system(side.other).support(record.object_type)
    return None if support is None else support.number_max
