"""Bindings of a party that was merged away where it was born move to the survivor (R21)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, update

from mlc.accounting.holdcodes import Waits
from mlc.engine.holdstore import clear_holds, wake
from mlc.engine.registers import bind_rows
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow
from mlc.records import ObjectType
from mlc.store.schema import bindings, records

MERGED = "it was merged into {into}, which stands for it now"


@dataclass(frozen=True)
class Succession:
    """Who went into whom. ``heir``: the survivor's record, if the counterpart goes to it; None: it has one of its own.

    ``there``: the counterpart's id on the other side.
    """

    gone: RowMapping
    into: str
    heir: RowMapping | None
    there: str


def follow(tx: Connection, session: Session, flow: Flow, one: Succession, now: str) -> None:
    """The loser keeps an alias, so that whatever names it finds the survivor."""
    pairing, gone = session.pairing.name, one.gone
    own = (bindings.c.pairing == pairing) & (bindings.c.record_id == gone["id"])
    alias = own & (bindings.c.side == flow.source.value) & (bindings.c.part == "main") & (bindings.c.role == "primary")
    values = {"role": "alias", "moved_to": one.into}
    if tx.execute(update(bindings).where(alias).values(**values)).rowcount == 0 and not gone["followed"]:
        lost = _here(session, flow, gone["external_id"], gone["id"], now)
        tx.execute(insert(bindings).values(**lost, **values))
    if one.heir is not None:
        _inherit(tx, session, flow, one, one.heir, now)
    kind, there = flow.object.value, one.there
    wake(tx, pairing, Waits.REFERENCE, {f"{kind}:{key}" for key in (gone["external_id"], one.into, there)}, now)
    _wake_those_of(tx, pairing, flow, {flow.source.value: (gone["external_id"], one.into), flow.target.value: (there,)})


def _here(session: Session, flow: Flow, external_id: str, record_id: int, now: str) -> dict[str, Any]:
    """A binding of a record on the side where it was born."""
    row: dict[str, Any] = {"pairing": session.pairing.name, "side": flow.source.value, "part": "main"}
    row |= {"object_type": flow.object.value, "external_id": external_id, "record_id": record_id}
    return row | {"mapper_version": session.mapper_version(flow), "confirmed_at": now}


def _inherit(tx: Connection, session: Session, flow: Flow, one: Succession, heir: RowMapping, now: str) -> None:
    """Whatever the loser had on the other side is the survivor's, with the base that it had there."""
    pairing, gone = session.pairing.name, one.gone
    own = (bindings.c.pairing == pairing) & (bindings.c.record_id == gone["id"])
    tx.execute(update(bindings).where(own, bindings.c.side == flow.target.value).values(record_id=heir["id"]))
    origin = {"version": heir["version"], "base": heir["input"], "unverified": 0}
    tx.execute(insert(bindings).values(**_here(session, flow, one.into, heir["id"], now), **origin))
    bind_rows(tx, [(pairing, flow.target, flow.object, one.there, heir["id"])])
    settled = {"state": RecordState.NOT_CARRIED.value, "reason": MERGED.format(into=one.into), "dirty": 0}
    emptied: dict[str, Any] = {"other_input": None, "other_version": None, "overrides": None}
    tx.execute(update(records).where(records.c.id == gone["id"]).values(**settled, **emptied, changed_at=now))
    inherited = {"state": RecordState.PENDING.value, "reason": None, "dirty": 1, "changed_at": now}
    inherited |= {name: gone[name] for name in emptied}
    tx.execute(update(records).where(records.c.id == heir["id"]).values(**inherited))
    clear_holds(tx, [gone["id"], heir["id"]], by="merged there", now=now)


def _wake_those_of(tx: Connection, pairing: str, flow: Flow, parties: dict[str, tuple[str, ...]]) -> None:
    """Their people: who seemed to have moved to another customer is where he was."""
    if flow.object is not ObjectType.CUSTOMER:
        return
    for side, ids in parties.items():
        tx.execute(
            update(records)
            .where(
                records.c.pairing == pairing,
                records.c.side == side,
                records.c.object_type == ObjectType.CONTACT.value,
                records.c.state == RecordState.HELD.value,
                records.c.group_key.in_(ids),
            )
            .values(state=RecordState.PENDING.value)
        )
