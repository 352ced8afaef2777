"""Settling uncertain writes: what was seen decides; absent is said only after quarantine (R3, R4, R7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.contract import Operation, SourceRecord, Strategy
from mlc.engine.booking import Booking
from mlc.engine.currencyparts import is_currency_part
from mlc.engine.evidence import find_key, is_applied, is_exact, names_key
from mlc.engine.intents import Change, Intent, load_intents
from mlc.engine.quarantine import is_looked_up, left_of_quarantine, sent_mark_of
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.engine.turns import key_has_expired
from mlc.recipes import Flow
from mlc.records import ObjectType, dump_record
from mlc.store.schema import bindings, intents, sightings
from mlc.testing.steps import step

#: A part whose document is not settled yet waits so long for it, or for a person.
FOLLOWING = timedelta(minutes=1)


@dataclass(frozen=True)
class Settlement:
    """What settling did: how many are known now, and how many still wait and until when.

    ``reached``: the last one that was looked at when the slice was over, None when all were.
    """

    settled: int = 0
    waiting: int = 0
    next_look: datetime | None = None
    reached: str | None = None


class Settler:
    """Looks up every uncertain write of one flow."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.tally = Tally()

    def run(self, *, after: str = "") -> Settlement:
        """Look at each uncertain intent beyond ``after`` once; settle what can be told."""
        with self.session.database.read() as connection:
            waiting = load_intents(
                connection,
                intents.c.pairing == self.session.pairing.name,
                intents.c.object_type == self.flow.object.value,
                intents.c.source_side == self.flow.source.value,
                intents.c.state == IntentState.UNCERTAIN.value,
                intents.c.id > after,
            )
            waiting.sort(key=lambda intent: intent.id)
            seen_before = self._sightings(connection, waiting)
        settled, later = 0, list[datetime]()
        for number, intent in enumerate(waiting):
            if number and self.session.stop():
                return Settlement(settled, len(later), min(later, default=None), waiting[number - 1].id)
            look_again = self._settle(intent, seen_before.get(intent.id, []))
            if look_again is None:
                settled += 1
            else:
                later.append(look_again)
        return Settlement(settled, len(later), min(later, default=None))

    @staticmethod
    def _sightings(connection: Connection, waiting: Sequence[Intent]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if waiting:
            for row in connection.execute(
                select(sightings.c.intent_id, sightings.c.external_id).where(
                    sightings.c.intent_id.in_([intent.id for intent in waiting])
                )
            ):
                found.setdefault(row.intent_id, []).append(row.external_id)
        return found

    def _settle(self, intent: Intent, sighted: list[str]) -> datetime | None:
        """Settle one intent; None when it is settled, else when to look again."""
        if len(set(sighted)) > 1:
            self._hold_duplicate(intent, sorted(set(sighted)))
            return None
        # As it is before the target is asked: an answer from within the quarantine does not say absent.
        left = left_of_quarantine(self.session, self.flow, intent)
        if intent.operation is Operation.CREATE and (intent.part == "main" or is_currency_part(intent.part)):
            return self._settle_create(intent, sighted, left)
        return self._settle_change(intent, left)

    # ---------------------------------------------------------------- creates

    def _settle_create(self, intent: Intent, sighted: list[str], left: timedelta) -> datetime | None:
        if intent.strategy is Strategy.HOLD:
            self._hold(intent, HoldCode.QUARANTINE, "a person has to say whether it arrived")
            return None
        keyed = intent.strategy is Strategy.REPLAY_KEY and not key_has_expired(self.session, self.flow, intent)
        if keyed and not sighted:
            self._send_again(intent, "its key still answers for it", left, surely_absent=False)
            return None
        candidates = self.look(intent, sighted)
        step("settle.looked")
        exact = [row for row in candidates if self.is_ours(intent, row)]
        if len(exact) > 1:
            self._hold_duplicate(intent, [row.id for row in exact])
            return None
        if exact:
            return self._confirm(intent, exact[0], "search")
        if intent.strategy in (Strategy.UNIQUE_FIELD, Strategy.CALLER_KEY):
            self._send_again(intent, "it is not there", left)
            return None
        if candidates:
            names = ", ".join(row.id for row in candidates)
            self._hold(
                intent, HoldCode.NUMBER_CONFLICT, f"the target has {names} with the same number but other values"
            )
            return None
        return self._wait_or_send_again(intent, left)

    def look(self, intent: Intent, sighted: list[str]) -> list[SourceRecord]:
        """Live candidates for a create: what was sighted, else what a search finds and no other record owns."""
        if sighted:
            return [
                row for row in self.session.read(intent.side, intent.object_type, sighted[:1]) if row.deleted is None
            ]
        key = find_key(intent)
        found = cast(
            list[list[SourceRecord]],
            self.session.call(intent.side, "mlc_find", object_type=intent.object_type, keys=[key]),
        )
        return [row for row in found[0] if row.deleted is None and not self._bound(intent, row.id)]

    def _bound(self, intent: Intent, external_id: str) -> bool:
        """An id that belongs to another record is no candidate (R5)."""
        with self.session.database.read() as connection:
            owner = connection.execute(
                select(bindings.c.record_id).where(
                    bindings.c.pairing == self.session.pairing.name,
                    bindings.c.side == intent.side.value,
                    bindings.c.object_type == intent.object_type.value,
                    bindings.c.external_id == external_id,
                )
            ).scalar()
        return owner is not None and owner != intent.record_id

    def is_ours(self, intent: Intent, row: SourceRecord) -> bool:
        """Whether this is what we sent: by our key, else by everything that identifies it."""
        seen = self.session.map(intent.side, intent.object_type, row.payload)
        said = names_key(seen, intent.record_key)
        if said is not None:
            return said
        return intent.rendered is not None and is_exact(intent.rendered, seen)

    def _wait_or_send_again(self, intent: Intent, left: timedelta) -> datetime | None:
        """``search`` may say absent only after quarantine, looked at twice, the second time after that moment (R3)."""
        if left > timedelta() or not is_looked_up(intent):
            return self._look_again(intent, left)
        self._send_again(intent, "it was looked up twice, the second time after quarantine, and is not there", left)
        return None

    def _look_again(self, intent: Intent, left: timedelta) -> datetime:
        now = self.session.clock.now()
        with self.session.database.write() as tx:
            tx.execute(intents.update().where(intents.c.id == intent.id).values(looked_at=stamp(now)))
        return now + max(left, timedelta())

    # ---------------------------------------------------------------- updates, voids and parts

    def _settle_change(self, intent: Intent, left: timedelta) -> datetime | None:
        """Read the target: equal to ours is applied; else, after quarantine, it is decided afresh (R7)."""
        target_id = intent.external_id or intent.parent_id
        if target_id is None and intent.after_part is not None:  # its document is looked up itself
            return self.session.clock.now() + max(left, FOLLOWING)
        if target_id is None:
            self._hold(intent, HoldCode.QUARANTINE, "nothing says what it was to change")
            return None
        row = self.session.read(intent.side, intent.object_type, [target_id])[0]
        step("settle.looked")
        seen = None if row.deleted is not None else self.session.map(intent.side, intent.object_type, row.payload)
        if seen is not None and is_applied(intent, seen):
            return self._confirm(intent, row, "search")
        now = self.session.clock.now()
        if seen is not None and left > timedelta():
            return now + left
        if intent.object_type is ObjectType.PAYMENT and not is_looked_up(intent):
            return self._look_again(intent, left)  # a refund is a create: absent only when looked at twice
        booking = Booking(self.session, now, self.tally)
        if intent.part != "main" and seen is not None:
            booking.rows.changes.append(Change(intent, IntentState.PLANNED, {"due_at": None}))
            booking.note("absent", record_id=intent.record_id, intent=intent.id, part=intent.part)
        else:
            booking.supersede(intent, "it was not applied; decided again")
            # Without its version: the next intake takes it in as changed, register and all.
            side = "input" if intent.side is intent.source_side else "other_input"
            shown = {} if seen is None else {side: dump_record(seen)}
            booking.record(intent.record_id, RecordState.PENDING, **shown)
        self._write(booking)
        return None

    # ---------------------------------------------------------------- consequences

    def _confirm(self, intent: Intent, row: SourceRecord, evidence: str) -> datetime | None:
        """It is there. None when that settles it, else when to ask what became of it."""
        support = self.session.system(intent.side).support(intent.object_type)
        if support is not None and support.shows_refused:
            return self._ask_later(intent, row)
        whole = row
        if not row.complete:
            whole = self.session.read(intent.side, intent.object_type, [row.id])[0]
        seen = self.session.map(intent.side, intent.object_type, whole.payload)
        booking = Booking(self.session, self.session.clock.now(), self.tally)
        booking.confirm(intent, whole.id, whole.version, seen, evidence)
        self._write(booking)
        return None

    def _ask_later(self, intent: Intent, row: SourceRecord) -> datetime:
        """It arrived, and shows whatever became of it: its task got lost with its answer, and is asked for (R9)."""
        now = self.session.clock.now()
        booking = Booking(self.session, now, self.tally)
        booking.rows.changes.append(Change(intent, IntentState.ACCEPTED, {"task": "", "due_at": None}))
        facts = {"record_id": intent.record_id, "intent": intent.id, "attempt": intent.attempt, "part": intent.part}
        booking.note("accepted", **facts, side=intent.side.value, external_id=row.id, evidence="search", task="")
        self._write(booking)
        return now

    def _send_again(self, intent: Intent, why: str, left: timedelta, *, surely_absent: bool = True) -> None:
        now = self.session.clock.now()
        booking = Booking(self.session, now, self.tally)
        values: dict[str, str | None] = {"due_at": None}
        if surely_absent and left <= timedelta():
            values["sent_at"] = None  # surely not there: should the source have moved on, it is decided afresh
        elif surely_absent:  # not there yet: what changes has to wait until it no longer can arrive
            values["late_mark"] = sent_mark_of(self.session, intent)
        booking.rows.changes.append(Change(intent, IntentState.PLANNED, values))
        event = "absent" if surely_absent else "replayed"
        booking.note(event, record_id=intent.record_id, intent=intent.id, attempt=intent.attempt, why=why)
        self._write(booking)

    def _hold(self, intent: Intent, code: HoldCode, why: str) -> None:
        booking = Booking(self.session, self.session.clock.now(), self.tally)
        sentence = f"{intent.object_type.value.replace('_', ' ').capitalize()} {intent.record_key}: {why}."
        booking.rows.changes.append(Change(intent, IntentState.HELD, {}))
        booking.hold(intent.record_id, Hold(code, sentence, Waits.PERSON, intent.record_key), intent)
        booking.record(intent.record_id, RecordState.HELD, reason=sentence)
        self._write(booking)

    def _hold_duplicate(self, intent: Intent, ids: Sequence[str]) -> None:
        self._hold(
            intent,
            HoldCode.POSSIBLE_DUPLICATE,
            f"the target shows it more than once ({', '.join(ids)}); void one there and link the other",
        )

    def _write(self, booking: Booking) -> None:
        with self.session.database.write() as tx:
            booking.write(tx)
            booking.write_audit(tx)
        step("settle.committed")
