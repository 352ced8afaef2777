"""What is told of documents that were taken: posted, given back, paid; made from what is stored (R28)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from sqlalchemy import Connection, select, text, update

from mlc.accounting.handover import GIVEN_BACK, Answer, Known, PaymentShown, Progress, is_in_the_ledger, next_answer
from mlc.accounting.situation import Verdict
from mlc.clock import stamp
from mlc.engine.departmentparts import department_of
from mlc.engine.plans import Entry, load_entries
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tellings import Telling, make_report, tellings_of
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow
from mlc.records import ObjectType, PayableDocument, ReportKind, load_record
from mlc.store.schema import UNTOLD, holds, records, tellings

AT_ONCE = 200


def make_answers(session: Session, reports: Flow) -> int:
    """Make what is to be told of documents that were taken: posted, given back, paid. Returns how many were made."""
    made, last = 0, 0
    while True:
        with session.database.read() as connection:
            ids = _due(connection, session, last)
            rows = list(connection.execute(select(records).where(records.c.id.in_(ids))).mappings())
            entries = load_entries(connection, session.pairing.name, rows)
            before = tellings_of(connection, ids)
            given_back = _given_back(connection, ids)
            beside = _beside(connection, session, ids)
        if not ids:
            return made
        last = ids[-1]
        answers: list[tuple[Entry, Answer, Telling]] = []
        silent: list[int] = []
        for entry in entries:
            telling = before[entry.id]
            shown = _together(entry, beside.get(entry.id, []))
            answer, telling = _answer(session, reports, entry, shown, telling, given_back.get(entry.id))
            if answer is not None:
                answers.append((entry, answer, telling))
            elif _is_answered(telling):
                silent.append(entry.id)
        now = stamp(session.clock.now())
        with session.database.write() as tx:
            for entry, answer, telling in answers:
                make_report(tx, session, reports, entry, answer, telling, now)
            tx.execute(update(tellings).where(tellings.c.record_id.in_(silent)).values(due=0))
        made += len(answers)


def _due(connection: Connection, session: Session, after: int) -> list[int]:
    query = select(tellings.c.record_id).where(
        tellings.c.pairing == session.pairing.name, text(UNTOLD), tellings.c.record_id > after
    )
    return list(connection.execute(query.order_by(tellings.c.record_id).limit(AT_ONCE)).scalars())


def _given_back(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The sentences of holds that only people over there can clear."""
    query = select(holds.c.record_id, holds.c.sentence).where(
        holds.c.record_id.in_(ids),
        holds.c.cleared_at.is_(None),
        holds.c.code.in_([code.value for code in GIVEN_BACK]),
    )
    return {row.record_id: row.sentence for row in connection.execute(query.order_by(holds.c.id.desc()))}


def _answer(
    session: Session,
    reports: Flow,
    entry: Entry,
    shown: PayableDocument | None,
    telling: Telling,
    given_back: str | None,
) -> tuple[Answer | None, Telling]:
    if entry.state is RecordState.SKIPPED:
        reasons = next(iter(entry.decided.get(Verdict.SKIP.value, {}).values()), "")
        given_back = f"Not posted, as a person decided{': ' + reasons if reasons else ''}."
    bound = entry.target
    known = Known(
        told=telling.told,
        ledger=session.system(reports.source).title,
        shown=shown,
        voucher=None if bound is None else bound.external_id,
        given_back=given_back if entry.state in (RecordState.HELD, RecordState.SKIPPED) else None,
        paid=telling.paid,
        payments=dict(telling.payments),
        today=session.clock.now().date(),
    )
    answer = next_answer(known)
    lower = answer is not None and answer.paid_total is not None and answer.paid_total < telling.paid
    if answer is not None and lower and answer.reversal_reference is None and telling.payments:
        telling = replace(telling, payments=_looked_at(session, reports, telling.payments))
        answer = next_answer(replace(known, payments=dict(telling.payments)))
    return answer, telling


def _looked_at(session: Session, reports: Flow, payments: Mapping[str, PaymentShown]) -> dict[str, PaymentShown]:
    """Less is paid than before, and no list has said why yet: which of the payments is not there any more?"""
    standing_ids = [key for key, one in payments.items() if not one.gone]
    if not standing_ids or not session.plugins.answers(session.system(reports.source).name, "mlc_read"):
        return dict(payments)
    read = session.read(reports.source, ObjectType.PAYMENT, standing_ids)
    gone = {row.id for row in read if row.deleted is not None}
    return {key: replace(one, gone=one.gone or key in gone) for key, one in payments.items()}


def _shown(entry: Entry) -> PayableDocument | None:
    base = entry.target.base if entry.target is not None else None
    shown = entry.other_input or base
    if shown is None or is_gone_in_target(shown):
        return None
    return cast(PayableDocument, load_record(entry.object_type, shown))


def _beside(connection: Connection, session: Session, ids: Sequence[int]) -> dict[int, list[Entry]]:
    """What these documents were posted as beside their first record: one per department, differences after a close."""
    query = select(records).where(records.c.adjusts.in_(ids), records.c.object_type == ObjectType.BILL.value)
    rows = list(connection.execute(query.order_by(records.c.id)).mappings())
    found: dict[int, list[Entry]] = {}
    for entry in load_entries(connection, session.pairing.name, rows):
        if entry.adjusts is not None:
            found.setdefault(entry.adjusts, []).append(entry)
    return found


def _together(entry: Entry, beside: Sequence[Entry]) -> PayableDocument | None:
    """A document as the ledger shows it, all its records taken together; None while one of them cannot be told of."""
    shown = _shown(entry)
    if shown is None:
        return None
    for part in beside:
        other = _shown(part) if part.target is not None else None
        if department_of(part) is None and (other is None or not is_in_the_ledger(other)):
            continue  # a difference is told once it is posted
        if other is None or not is_in_the_ledger(other):
            return other
        sums = {name: _sum(shown, other, name) for name in ("total", "balance", "credit_applied")}
        shown = shown.model_copy(update=sums)
    return shown


def _sum(one: PayableDocument, other: PayableDocument, name: str) -> Decimal | None:
    amounts = [getattr(one, name), getattr(other, name)]
    return (
        None
        if None in amounts and name != "credit_applied"
        else sum((each or Decimal(0) for each in amounts), Decimal(0))
    )


def _is_answered(telling: Telling) -> bool:
    """Nothing is on its way, and nothing is owed until the document changes in the ledger or is offered again."""
    if telling.told.progress is Progress.ELSEWHERE:
        return True
    return telling.told.progress is Progress.DONE and telling.told.kind is not ReportKind.TAKEN
