"""Invoices that fall overdue by the clock alone: no list shows a change, so each new day looks once, without a call."""

from datetime import UTC, datetime, time

from sqlalchemy import select, update

from mlc.clock import stamp
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow
from mlc.store.schema import records, registers, runs

_WHOLE = ("done", "needs_a_person")


def wake_overdue(session: Session, flow: Flow) -> int:
    """What is shown and still owed is decided again in the first runs of a day, until one of them went to its end."""
    began = datetime.combine(session.clock.now().astimezone(UTC).date(), time(), UTC)
    with session.database.write() as tx:
        looked = tx.execute(
            select(runs.c.id)
            .where(
                runs.c.pairing == session.pairing.name,
                runs.c.started_at >= stamp(began),
                runs.c.outcome.in_(_WHOLE),
            )
            .limit(1)
        ).first()
        if looked is not None:
            return 0
        owed = select(registers.c.record_id).where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == flow.target.value,
            registers.c.object_type == flow.object.value,
            registers.c.live == 1,
            registers.c.balance != "0",
        )
        return tx.execute(
            update(records)
            .where(
                records.c.pairing == session.pairing.name,
                records.c.object_type == flow.object.value,
                records.c.side == flow.source.value,
                records.c.state == RecordState.IN_STEP.value,
                records.c.dirty == 0,
                records.c.id.in_(owed),
            )
            .values(dirty=1)
        ).rowcount
