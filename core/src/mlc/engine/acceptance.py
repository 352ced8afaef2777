"""A flow only plans until a person accepts it (pairings 0.1)."""

from sqlalchemy import insert, select

from mlc.clock import stamp
from mlc.engine.session import Session
from mlc.store.schema import acceptances


def accept_flows(session: Session, by: str) -> None:
    now = session.clock.now()
    with session.database.write() as tx:
        known = set(
            tx.execute(select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)).scalars()
        )
        audit = session.audit()
        for flow in session.pairing.flows:
            if flow.name not in known:
                tx.execute(
                    insert(acceptances).values(pairing=session.pairing.name, flow=flow.name, by=by, at=stamp(now))
                )
                audit.add("accepted_by_person", flow=flow.name, by=by)
        audit.write(tx, now)


def accepted_flows(session: Session) -> set[str]:
    with session.database.read() as connection:
        return set(
            connection.execute(
                select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)
            ).scalars()
        )
