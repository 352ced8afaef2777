"""What the system that handed documents over was told of each, as stored: every report is a record of its own (R28)."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, insert, or_, select, update

from mlc.accounting.handover import Answer, PaymentShown, Progress, Standing, Told, standing_of
from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.situation import Verdict
from mlc.engine.currencyparts import PAYABLES
from mlc.engine.planning import verdicts
from mlc.engine.plans import Entry
from mlc.engine.session import Session
from mlc.engine.states import PROVISIONAL, RecordState
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import DocumentReport, ObjectType, PayableDocument, Record, Ref, ReportKind, SourceMeta, dump_record
from mlc.store.schema import records, tellings
from mlc.system import Capability

REPORT = ObjectType.DOCUMENT_REPORT
#: Report codes are made from what they are about: the same report has the same code, whoever makes it.
_CODES = uuid.UUID("5d0c4f0e-0d0b-5b0a-9c3f-6f1b2a7e4c11")
_PROGRESS = {
    RecordState.IN_STEP: Progress.DONE,
    RecordState.SKIPPED: Progress.DONE,
    RecordState.DEAD: Progress.REFUSED,
    RecordState.NOT_CARRIED: Progress.ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What was told of one document. ``paid`` and ``payments`` are of the ledger's side."""

    record_id: int
    report_id: int
    told: Told
    made: int
    taken_at: str
    paid: Decimal
    payments: Mapping[str, PaymentShown]


def report_flow(session: Session, flow: Flow) -> Flow | None:
    """The flow of reports that answers for this flow's documents; None where nobody wants to be told of them.

    A flow of payments is told of where its target takes no payments.
    """
    if flow.object in PAYABLES:
        told = flow.source
    elif tells_of_payments(session, flow):
        told = flow.target
    else:
        return None
    answering = (one for one in session.pairing.flows if one.object is REPORT and one.target is told)
    found = next((one for one in answering if one.mode is FlowMode.WRITE), None)
    return found if found is not None and session.system(told).can(REPORT, Capability.CREATE) else None


def tells_of_payments(session: Session, flow: Flow) -> bool:
    """Payments that are written nowhere: what they settle is told of the documents."""
    return flow.object is ObjectType.PAYMENT and session.system(flow.target).support(flow.object) is None


def is_queue(session: Session, side: Side, kind: ObjectType) -> bool:
    """A list of documents that are handed over: what is answered leaves it, so absence from it says nothing."""
    mine = (flow for flow in session.pairing.flows if flow.source is side and flow.reads is kind)
    return any(flow.object in PAYABLES and report_flow(session, flow) is not None for flow in mine)


def standing(entry: Entry, record: Record, told: Told | None) -> Standing:
    """Whether this document may be posted, or has to be taken first."""
    status = record.export_status if isinstance(record, PayableDocument) else None
    return standing_of(status, settled_version(entry.version), told)


def is_blocked(record: Record, entry: Entry) -> bool:
    """Its system forbids paying it, and no person has said that it is carried all the same."""
    accepted = verdicts(entry.decided).get(HoldCode.PAYMENT_BLOCKED) is Verdict.ACCEPT
    return isinstance(record, PayableDocument) and bool(record.payment_blocked) and not accepted


def settled_version(version: str | None) -> str | None:
    """A version without the mark that it may still change under the same name."""
    return None if version is None else version.removesuffix(PROVISIONAL)


# -------------------------------------------------------------------- read


def tellings_of(connection: Connection, record_ids: Iterable[int]) -> dict[int, Telling]:
    """What was told of these documents; a document that nothing was told of is left out."""
    ids = list(record_ids)
    if not ids:
        return {}
    query = select(tellings, records.c.state).join(records, records.c.id == tellings.c.report_id)
    rows = connection.execute(query.where(tellings.c.record_id.in_(ids))).mappings()
    return {row["record_id"]: _telling(row) for row in rows}


def _telling(row: RowMapping) -> Telling:
    progress = _PROGRESS.get(RecordState(row["state"]), Progress.UNDER_WAY)
    return Telling(
        record_id=row["record_id"],
        report_id=row["report_id"],
        told=Told(ReportKind(row["told"]), progress, row["version"]),
        made=row["made"],
        taken_at=row["taken_at"],
        paid=Decimal(row["paid"] or 0),
        payments=_payments(row["payments"]),
    )


def _payments(text: str | None) -> dict[str, PaymentShown]:
    found = json.loads(text) if text else {}
    return {
        key: PaymentShown(
            **one
            | {
                "on": date.fromisoformat(one["on"]) if one["on"] else None,
                "waits": Decimal(one["waits"]) if one.get("waits") else None,
            }
        )
        for key, one in found.items()
    }


def payments_text(payments: Mapping[str, PaymentShown]) -> str:
    return json.dumps({key: asdict(one) for key, one in payments.items()}, default=str)


# -------------------------------------------------------------------- written


def make_report(
    tx: Connection, session: Session, reports: Flow, entry: Entry, answer: Answer, before: Telling | None, now: str
) -> None:
    """Store a report, to be sent by its flow, and note it on the document. What it says more than a refused one
    before it, that one need not say any more."""
    made = 1 if before is None else before.made + 1
    record = _report(session, reports, entry, answer, made)
    done = tx.execute(
        insert(records).values(
            pairing=session.pairing.name,
            object_type=REPORT.value,
            side=reports.source.value,
            external_id=record.report_code,
            read_type=REPORT.value,
            state=RecordState.PENDING.value,
            version=str(made),
            input=dump_record(record),
            number=f"{answer.kind.value}: {entry.number or entry.external_id}",
            party=entry.party,
            currency=record.currency,
            seen_at=now,
            changed_at=now,
        )
    )
    values: dict[str, Any] = {
        "told": answer.kind.value,
        "report_id": _id_of(done),
        "made": made,
        "due": 1,
    }
    if answer.kind is ReportKind.TAKEN:
        values |= {"version": settled_version(entry.version), "taken_at": now}
    if answer.kind is ReportKind.PAID:
        values |= {"paid": f"{answer.paid_total:f}"}
    if before is None:
        tx.execute(insert(tellings).values(record_id=entry.id, pairing=session.pairing.name, **values))
        return
    if answer.kind is ReportKind.PAID:
        said = {key: replace(one, told=one.gone) for key, one in before.payments.items()}
        values |= {"payments": payments_text(said)}
        tx.execute(
            update(records)
            .where(records.c.id == before.report_id, records.c.state == RecordState.DEAD.value)
            .values(state=RecordState.NOT_CARRIED.value, reason="a later report says what it said")
        )
    tx.execute(update(tellings).where(tellings.c.record_id == entry.id).values(**values))


def _id_of(done: "CursorResult[Any]") -> int:
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def _report(session: Session, reports: Flow, entry: Entry, answer: Answer, made: int) -> DocumentReport:
    document = entry.source()
    assert isinstance(document, PayableDocument)
    code = uuid.uuid5(_CODES, "|".join((session.pairing.name, entry.external_id, answer.kind.value, str(made))))
    return DocumentReport(
        source=SourceMeta(system=session.system(reports.source).name, source_id=str(code)),
        report_code=str(code),
        kind=answer.kind,
        document=Ref(record_type=entry.read_type, source_id=entry.external_id, code=entry.number),
        message=answer.message,
        on=answer.on,
        voucher_number=answer.voucher_number,
        payment_blocked=bool(document.payment_blocked),
        paid_total=answer.paid_total,
        currency=document.currency,
        payment_number=answer.payment_number,
        payment_method=answer.payment_method,
        reversal_reference=answer.reversal_reference,
    )


def code_after(code: str, refusals: int) -> str:
    """The code under which a report leaves: another one after every refusal, for none is used twice."""
    return code if refusals == 0 else str(uuid.uuid5(_CODES, f"{code}|{refusals}"))


def mark_due(tx: Connection, record_ids: Sequence[int]) -> None:
    """Something about these documents changed in the ledger: there may be something to tell."""
    if record_ids:
        parts = select(records.c.adjusts).where(records.c.id.in_(record_ids), records.c.adjusts.is_not(None))
        mine = or_(tellings.c.record_id.in_(record_ids), tellings.c.record_id.in_(parts))
        tx.execute(update(tellings).where(mine).values(due=1))
