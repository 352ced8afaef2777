"""Delivery: records that are due become decisions, intents, requests and bindings; works from the store alone (R22)."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, and_, exists, or_, select, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.adoption import PARTIES, adopt
from mlc.engine.booking import Booking
from mlc.engine.dispatch import Dispatcher
from mlc.engine.holdstore import clear_decided, clear_holds
from mlc.engine.planning import Planner, make_planner, verdicts
from mlc.engine.plans import Action, Plan, load_entries
from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Flow
from mlc.records import dump_record
from mlc.store.schema import intents, records
from mlc.testing.steps import step

SLICE = 50
#: A run that is only waiting for a quota window waits at most this long, in steps of a second.
PATIENCE_S = 65.0
TIMEOUTS_IN_A_ROW = 3
CONFLICT_ROUNDS = 5


class Delivery:
    """One flow's due records, delivered."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.tally = Tally()
        self._dispatcher = Dispatcher(session, flow, self.tally)
        self._planner: Planner = make_planner(session, flow)
        self._adopted_parties = False

    def run(self) -> Tally:
        """Deliver until nothing of the flow is due, or the run is told to stop."""
        self._dispatcher.send_ready()
        for _round in range(CONFLICT_ROUNDS):
            self._deliver_due()
            if self._adopted_parties:
                # Bound just now: what the other side answers for, and our id there, may go back.
                self._adopted_parties = False
                self._deliver_due()
            if not self._dispatcher.conflicts or self._dispatcher.ended:
                break
            self._read_again()
        else:
            self._hold_conflicts()
        return self.tally

    def _deliver_due(self) -> None:
        last = 0
        while not self._dispatcher.ended:
            plans = self.plan_slice(last)
            if not plans:
                break
            last = plans[-1].entry.id
            step("deliver.planned")
            self._carry_out(plans)
            self.session.progress("deliver", flow=self.flow.name, tally=self.tally)
        self._dispatcher.send_ready()

    def _read_again(self) -> None:
        """The target had changed since it was read: look at it, then decide again (R7)."""
        for intent in self._dispatcher.conflicts:
            if intent.external_id is None:
                continue
            row = self.session.read(intent.side, intent.object_type, [intent.external_id])[0]
            if row.deleted is not None:
                continue
            seen = dump_record(self.session.map(intent.side, intent.object_type, row.payload))
            shown = {"other_input": seen, "other_version": row.version}
            if intent.side is self.flow.source:
                shown = {"input": seen, "version": row.version}
            with self.session.database.write() as tx:
                tx.execute(update(records).where(records.c.id == intent.record_id).values(**shown))
        self._dispatcher.conflicts = []

    def _hold_conflicts(self) -> None:
        """Changed there five times in a row while we were writing: a person has to look."""
        booking = Booking(self.session, self.session.clock.now(), self.tally)
        for intent in self._dispatcher.conflicts:
            sentence = f"{intent.record_key}: the target kept changing while it was written; look at it there."
            hold = Hold(HoldCode.FLAPPING, sentence, Waits.PERSON, intent.record_key)
            booking.hold(intent.record_id, hold, intent)
            booking.record(intent.record_id, RecordState.HELD, reason=sentence)
        booking.commit()

    @property
    def stopped(self) -> str | None:
        """Why no more leaves in this run, in a sentence."""
        return self._dispatcher.stopped

    @property
    def paused(self) -> str | None:
        """Why the connection needs its credentials renewed."""
        return self._dispatcher.paused

    # ---------------------------------------------------------------- planning

    def due(self) -> object:
        """The condition under which a record of this flow is to be decided."""
        open_intent = exists().where(
            intents.c.record_id == records.c.id,
            intents.c.part == "main",
            intents.c.state.in_([state.value for state in OPEN_INTENTS]),
        )
        return and_(
            records.c.pairing == self.session.pairing.name,
            records.c.object_type == self.flow.object.value,
            records.c.side == self.flow.source.value,
            or_(
                records.c.state == RecordState.PENDING.value,
                and_(
                    records.c.dirty == 1,
                    records.c.state.in_([RecordState.IN_STEP.value, RecordState.HELD.value]),
                ),
            ),
            ~open_intent,
        )

    def plan_slice(self, after: int, *, provisional: bool = False) -> list[Plan]:
        """Decide the next records. Reads the store, asks no vendor, writes nothing."""
        with self.session.database.read() as connection:
            rows: Sequence[RowMapping] = list(
                connection.execute(
                    select(records)
                    .where(self.due(), records.c.id > after)  # type: ignore[arg-type]
                    .order_by(records.c.id)
                    .limit(SLICE)
                ).mappings()
            )
            entries = load_entries(connection, self.session.pairing.name, rows)
            self._planner.begin_slice(connection, planning_only=provisional)
            return [self._planner.plan(entry) for entry in entries]

    # ---------------------------------------------------------------- carrying out

    def _carry_out(self, plans: Sequence[Plan]) -> None:
        now = self.session.clock.now()
        booking = Booking(self.session, now, self.tally)
        writes = [plan for plan in plans if plan.action is Action.WRITE]
        adopted = [plan for plan in plans if plan.action is Action.ADOPT]
        adopt(self.session, self.flow, adopted, booking)
        self._adopted_parties = self._adopted_parties or bool(adopted and self.flow.object in PARTIES)
        for plan in plans:
            self._settle_plan(plan, booking)
        held = [(record_id, hold.code.value) for record_id, _intent, hold in booking.rows.holds]
        decided = [(plan.entry.id, code) for plan in plans for code in verdicts(plan.entry.decided)]
        with self.session.database.write() as tx:
            done = [plan.entry.id for plan in plans if plan.action is not Action.WRITE]
            tx.execute(update(records).where(records.c.id.in_(done)).values(dirty=0))
            clear_holds(tx, [plan.entry.id for plan in plans], by="decided again", now=stamp(now), but=held)
            clear_decided(tx, decided, stamp(now))
            booking.write(tx)
            booking.write_audit(tx)
        self._dispatcher.write(writes)

    def _settle_plan(self, plan: Plan, booking: Booking) -> None:
        entry = plan.entry
        facts = {"record_id": entry.id, "object_type": entry.object_type.value, "external_id": entry.external_id}
        match plan.action:
            case Action.HOLD:
                assert plan.hold is not None
                booking.hold(entry.id, plan.hold)
                booking.record(entry.id, RecordState.HELD, reason=plan.hold.sentence)
            case Action.SETTLE:
                assert plan.state is not None
                if plan.state is RecordState.DEAD:
                    self.tally.dead += 1
                if plan.state is not entry.state or plan.reason != entry.reason:
                    booking.note(plan.state.value, reason=plan.reason, **facts)
                booking.record(entry.id, plan.state, reason=plan.reason)
            case Action.NOTHING:
                self._rebase(plan, booking)
                booking.record(entry.id, RecordState.IN_STEP, reason=plan.reason)
                booking.note("unchanged", reason=plan.reason, **facts)
            case Action.WRITE | Action.ADOPT:
                pass

    def _rebase(self, plan: Plan, booking: Booking) -> None:
        """Nothing to write: what both sides show now is what they showed when last in step."""
        entry = plan.entry
        version = self.session.mapper_version(self.flow)
        if entry.origin is not None and plan.rebase_source:
            booking.bound.rebased(entry.id, entry.side, version=entry.version, base=entry.input, mapper_version=version)
        if plan.rebase_target and entry.target is not None and entry.other_input is not None:
            booking.bound.rebased(
                entry.id,
                entry.side.other,
                version=entry.other_version,
                base=entry.other_input,
                mapper_version=version,
            )
