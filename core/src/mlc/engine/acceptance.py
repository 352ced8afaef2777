"""A flow only plans until a person accepts it (pairings 0.1)."""

from sqlalchemy import insert, select

from mlc.clock import stamp
from mlc.engine.alerts import raise_alert
from mlc.engine.customers import synced_by_another
from mlc.engine.lacking import lacks_of, why_off
from mlc.engine.session import Session
from mlc.records import ObjectType
from mlc.store.schema import acceptances

_PEOPLE = frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT})


def accept_flows(session: Session, by: str) -> None:
    """Accept every flow that can go. Of one that a side lacks something for, nobody has seen a plan (R24)."""
    lacks = lacks_of(session)
    now = session.clock.now()
    with session.database.write() as tx:
        known = set(
            tx.execute(select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)).scalars()
        )
        audit = session.audit()
        for flow in session.pairing.flows:
            if flow.name not in known and why_off(flow, lacks) is None:
                tx.execute(
                    insert(acceptances).values(pairing=session.pairing.name, flow=flow.name, by=by, at=stamp(now))
                )
                audit.add("accepted_by_person", flow=flow.name, by=by)
        audit.write(tx, now)


def accepted_flows(session: Session) -> set[str]:
    """Flows that a person accepted. People whom another program keeps in step stay in plan (R27)."""
    people = {flow.name for flow in session.pairing.flows if flow.object in _PEOPLE}
    with session.database.read() as connection:
        found = set(
            connection.execute(
                select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)
            ).scalars()
        )
        another = synced_by_another(session, connection) if people & found else None
    if another is None:
        return found
    name = session.pairing.name
    sentence = (
        f"{name}: the vendor's own sync keeps customers in step with {another} already; customers and contacts are "
        "only planned here until it is switched off."
    )
    raise_alert(session, "synced_elsewhere", name, sentence)
    return found - people
