"""What a refusal leads to; "it is there already" is a question, never an answer (R11)."""

from dataclasses import replace
from typing import cast

from mlc.accounting.holdcodes import HoldCode, Waits
from mlc.contract import Operation, RejectCause, Rejected, SourceRecord
from mlc.engine.evidence import find_key, is_exact
from mlc.engine.intents import Intent
from mlc.engine.reportoutcomes import is_report
from mlc.engine.sending import Fate, Result
from mlc.engine.session import Session
from mlc.errors import MlcError
from mlc.records import Record
from mlc.store.schema import bindings

#: Refusals that configuration or the calendar can cure are holds, not dead letters (R25).
HELD: dict[RejectCause, tuple[HoldCode, Waits]] = {
    RejectCause.CLOSED_PERIOD: (HoldCode.CLOSED_PERIOD, Waits.PERIOD),
    RejectCause.DUPLICATE: (HoldCode.NUMBER_CONFLICT, Waits.PERSON),
    RejectCause.REFERENCE_GONE: (HoldCode.MISSING_VENDOR, Waits.REFERENCE),
}


def is_duplicate_refusal(result: Result) -> bool:
    """A create that was refused because the target has such a document."""
    return (
        result.fate is Fate.REJECTED
        and isinstance(result.outcome, Rejected)
        and result.outcome.cause is RejectCause.DUPLICATE
        and result.intent.operation is Operation.CREATE
        and result.intent.part == "main"
        and not is_report(result.intent)
    )


def exact_twin(session: Session, intent: Intent) -> tuple[SourceRecord, Record] | None:
    """The one live, unbound document that equals what was refused; None when there is none, or more than one."""
    if intent.rendered is None:
        return None
    # By its number: the twin that refused ours does not carry our key.
    key = replace(find_key(intent), use_unique_field=False)
    try:
        found = cast(
            list[list[SourceRecord]],
            session.call(intent.side, "mlc_find", object_type=intent.object_type, keys=[key]),
        )[0]
        rows = [row for row in found if row.deleted is None and not _bound(session, intent, row.id)]
        seen = [(row, session.map(intent.side, intent.object_type, row.payload)) for row in rows]
        exact = [(row, record) for row, record in seen if is_exact(intent.rendered, record)]
        if len(exact) != 1:
            return None
        row, record = exact[0]
        if not row.complete:
            row = session.read(intent.side, intent.object_type, [row.id])[0]
            record = session.map(intent.side, intent.object_type, row.payload)
    except MlcError:
        return None
    return row, record


def _bound(session: Session, intent: Intent, external_id: str) -> bool:
    with session.database.read() as connection:
        return (
            connection.execute(
                bindings.select().where(
                    bindings.c.pairing == session.pairing.name,
                    bindings.c.side == intent.side.value,
                    bindings.c.object_type == intent.object_type.value,
                    bindings.c.external_id == external_id,
                )
            ).first()
            is not None
        )
