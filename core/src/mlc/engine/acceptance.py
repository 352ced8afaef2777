"""A flow only plans until a person accepts it (pairings 0.1)."""

from sqlalchemy import Connection, func, insert, select, update

from mlc.clock import stamp
from mlc.engine.alerts import raise_alert
from mlc.engine.arrivals import DOCUMENTS, forget_arrivals
from mlc.engine.customers import synced_by_another
from mlc.engine.lacking import lacks_of, why_off
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType
from mlc.store.alerts import take_back_in
from mlc.store.schema import acceptances, alerts, records

CARRIED_ELSEWHERE = "carried_elsewhere"
_PEOPLE = frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT})


def accept_flows(session: Session, by: str) -> list[str]:
    """Accept every flow that can go. Of one that a side lacks something for, nobody has seen a plan (R24).

    Who accepts while it is told that somebody else carries a flow's documents has looked at those (R27).

    Returns:
        Flows of documents that are accepted from now on, and of which no such thing was told: there may have been no
        plan, or an old one.
    """
    lacks = lacks_of(session)
    now, unseen = session.clock.now(), []
    with session.database.write() as tx:
        known = set(
            tx.execute(select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)).scalars()
        )
        told = _told(tx, session)
        audit = session.audit()
        for flow in session.pairing.flows:
            if flow.name not in known and why_off(flow, lacks) is None:
                tx.execute(
                    insert(acceptances).values(pairing=session.pairing.name, flow=flow.name, by=by, at=stamp(now))
                )
                audit.add("accepted_by_person", flow=flow.name, by=by)
                if flow.object in DOCUMENTS and flow.name not in told:
                    unseen.append(flow.name)
            elif flow.name not in known or flow.name not in told:
                continue
            if flow.name in told:
                _note_seen(tx, session, flow)
                audit.add("twins_accepted_by_person", flow=flow.name, by=by)
        audit.write(tx, now)
    return unseen


def _told(tx: Connection, session: Session) -> set[str]:
    """Flows of which it is told that somebody else carries their documents."""
    causes = {cause_of(session, flow): flow.name for flow in session.pairing.flows if flow.object in DOCUMENTS}
    is_open = (alerts.c.code == CARRIED_ELSEWHERE) & alerts.c.cleared_at.is_(None)
    return {causes[one] for one in tx.execute(select(alerts.c.cause).where(is_open)).scalars() if one in causes}


def _note_seen(tx: Connection, session: Session, flow: Flow) -> None:
    """What is known by now counts no more when it is found in the target."""
    newest = tx.execute(select(func.max(records.c.id))).scalar() or 0
    of_flow = (acceptances.c.pairing == session.pairing.name) & (acceptances.c.flow == flow.name)
    tx.execute(update(acceptances).where(of_flow).values(seen=newest))
    forget_arrivals(tx, session, flow)
    take_back_in(tx, CARRIED_ELSEWHERE, [cause_of(session, flow)], session.clock.now())


def cause_of(session: Session, flow: Flow) -> str:
    """What such an alert is about."""
    return f"{session.pairing.name}:{flow.name}"


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
