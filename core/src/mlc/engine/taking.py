"""Documents are taken from the system that hands them over before they are posted, stored first of all (R28)."""

from datetime import timedelta

from sqlalchemy import select, text

from mlc.accounting.handover import Answer, Standing
from mlc.accounting.situation import Verdict, Want
from mlc.accounting.wants import wants
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.due import next_due
from mlc.engine.plans import Entry, load_entries
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tellings import Telling, is_blocked, make_report, report_flow, standing, tellings_of
from mlc.recipes import Flow
from mlc.records import Bill, ReportKind, VendorCredit
from mlc.store.schema import UNTOLD, alerts, records, tellings, watermarks

AT_ONCE = 200
#: What was taken and is neither posted nor held after this is looked for in the whole list of its system.
STUCK = timedelta(hours=1)
ELSEWHERE = "taken_elsewhere"


def take_first(session: Session, flow: Flow) -> int:
    """Make ``taken`` of every due document that is offered and would be carried; warn of those that another program
    took. Returns how many are to be taken."""
    reports = report_flow(session, flow)
    if reports is None:
        return 0
    made, last = 0, 0
    warned = _warned(session)
    while True:
        with session.database.read() as connection:
            rows = next_due(connection, session, flow, after=last, most=AT_ONCE)
            entries = load_entries(connection, session.pairing.name, rows)
            before = tellings_of(connection, [entry.id for entry in entries])
        if not entries:
            return made
        last = entries[-1].id
        only = session.only
        untaken = []
        for entry in entries:
            stands = _stands(session, flow, entry, before.get(entry.id))
            if stands is Standing.UNTAKEN and (only is None or entry.id in only):
                untaken.append(entry)
            _warn(session, flow, entry, stands, warned)
        now = stamp(session.clock.now())
        with session.database.write() as tx:
            for entry in untaken:
                taken = Answer(ReportKind.TAKEN, "Taken.")
                make_report(tx, session, reports, entry, taken, before.get(entry.id), now)
        made += len(untaken)


def _stands(session: Session, flow: Flow, entry: Entry, telling: Telling | None) -> Standing:
    """Where a due document stands; ``free`` for whatever is not to be carried as it is."""
    record = entry.source()
    if not isinstance(record, Bill | VendorCredit) or entry.adjusts is not None or Verdict.SKIP.value in entry.decided:
        return Standing.FREE
    if wants(record, flow) not in (Want.POST, Want.SETTLED):
        return Standing.FREE
    since, day = session.pairing.policy.since, record.ledger_date
    if entry.target is None and since is not None and day is not None and day < since:
        return Standing.FREE
    if is_blocked(record, entry):
        return Standing.FREE
    return standing(entry, record, None if telling is None else telling.told)


def _warned(session: Session) -> set[str]:
    with session.database.read() as connection:
        query = select(alerts.c.cause).where(
            alerts.c.pairing == session.pairing.name, alerts.c.code == ELSEWHERE, alerts.c.cleared_at.is_(None)
        )
        return set(connection.execute(query).scalars())


def warn_of_others(session: Session, flow: Flow) -> None:
    """Another program was faster than our first attempt to take a document."""
    report = records.alias()
    query = (
        select(records.c.external_id, records.c.number)
        .join(tellings, tellings.c.record_id == records.c.id)
        .join(report, report.c.id == tellings.c.report_id)
        .where(
            tellings.c.pairing == session.pairing.name,
            text(UNTOLD),
            tellings.c.told == ReportKind.TAKEN.value,
            report.c.state == RecordState.NOT_CARRIED.value,
            records.c.object_type == flow.object.value,
        )
    )
    with session.database.read() as connection:
        found = connection.execute(query).all()
    for row in found:
        _raise(session, flow, row.external_id, row.number or row.external_id)


def _raise(session: Session, flow: Flow, external_id: str, label: str) -> None:
    name = session.pairing.connection(flow.source)
    sentence = f"{label} was taken from {name} by another program; it is not posted from here."
    raise_alert(session, ELSEWHERE, f"{session.pairing.name}:{external_id}", sentence)


def _warn(session: Session, flow: Flow, entry: Entry, stands: Standing, warned: set[str]) -> None:
    cause = f"{session.pairing.name}:{entry.external_id}"
    if stands is Standing.THEIRS and cause not in warned:
        _raise(session, flow, entry.external_id, entry.label)
    elif stands is not Standing.THEIRS and cause in warned:
        take_back(session, ELSEWHERE, cause)


def is_stuck(session: Session, flow: Flow) -> bool:
    """Whether something was taken an hour ago and is neither posted nor held, and its list was not read whole since."""
    reports = report_flow(session, flow)
    if reports is None:
        return False
    before = stamp(session.clock.now() - STUCK)
    with session.database.read() as connection:
        swept = connection.execute(
            select(watermarks.c.swept_at).where(
                watermarks.c.pairing == session.pairing.name,
                watermarks.c.side == flow.source.value,
                watermarks.c.object_type == flow.reads.value,
            )
        ).scalar()
        if swept is None or swept > before:
            return False
        stuck = select(tellings.c.record_id).join(records, records.c.id == tellings.c.record_id)
        moving = (RecordState.PENDING.value, RecordState.WRITING.value)
        return (
            connection.execute(
                stuck.where(
                    tellings.c.pairing == session.pairing.name,
                    text(UNTOLD),
                    tellings.c.told == ReportKind.TAKEN.value,
                    tellings.c.taken_at <= before,
                    records.c.state.in_(moving),
                    records.c.object_type == flow.object.value,
                ).limit(1)
            ).first()
            is not None
        )
