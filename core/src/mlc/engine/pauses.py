"""Pairings and flows that a person has stopped for a while: nothing is read or sent, respectively nothing is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from mlc.clock import stamp
from mlc.store.audit import AuditGroup
from mlc.store.migrating import EVERYBODY
from mlc.store.schema import pauses

if TYPE_CHECKING:
    from mlc.engine.session import Session

#: How a whole pairing stands in the table, beside its flows.
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """What was stopped, by whom, and why. ``flow`` is None for the whole pairing."""

    pairing: str
    flow: str | None
    reason: str
    by: str
    at: str
    of_all: bool = False
    """Every pairing is: the tables are being changed."""

    @property
    def sentence(self) -> str:
        what = self.pairing if self.flow is None else f"{self.flow} of {self.pairing}"
        again = self.pairing if self.flow is None else f"{self.pairing} --flow {self.flow}"
        ends = f"To go on: mlc resume {again}"
        if self.of_all:
            ends = f"It goes on after that; if {self.by} was killed, run it again."
        return f"{what} is paused since {self.at[:16]} by {self.by}: {self.reason} {ends}"


def pauses_of(connection: Connection, pairing: str) -> Mapping[str | None, Pause]:
    """What is paused of a pairing: by flow, None being the whole."""
    rows = connection.execute(
        select(pauses).where(pauses.c.pairing.in_((pairing, EVERYBODY))).order_by(pauses.c.flow)
    ).all()
    return {
        row.flow or None: Pause(pairing, row.flow or None, row.reason, row.by, row.at, of_all=row.pairing == EVERYBODY)
        for row in rows
    }


def paused(session: "Session") -> Mapping[str | None, Pause]:
    """What a person has stopped of a session's pairing by now."""
    with session.database.read() as connection:
        return pauses_of(connection, session.pairing.name)


def pause(tx: Connection, pairing: str, flow: str | None, *, reason: str, by: str, now: datetime) -> bool:
    """Stop a pairing or one of its flows; False when it is stopped already, which changes nothing."""
    if flow in pauses_of(tx, pairing):
        return False
    said = reason.strip()
    said += "" if said.endswith((".", "!", "?")) else "."
    tx.execute(insert(pauses).values(pairing=pairing, flow=flow or WHOLE, reason=said, by=by, at=stamp(now)))
    _note(tx, "paused_by_person", pairing, now, flow=flow, reason=said, by=by)
    return True


def resume(tx: Connection, pairing: str, flow: str | None, *, by: str, now: datetime) -> bool:
    """Let it go on; False when it was not stopped."""
    done = tx.execute(delete(pauses).where(pauses.c.pairing == pairing, pauses.c.flow == (flow or WHOLE))).rowcount
    if done:
        _note(tx, "resumed_by_person", pairing, now, flow=flow, by=by)
    return bool(done)


def _note(
    tx: Connection, event: str, pairing: str, now: datetime, *, flow: str | None, by: str, reason: str | None = None
) -> None:
    group = AuditGroup(pairing=pairing)
    group.add(event, flow=flow, by=by, reason=reason)
    group.write(tx, now)
