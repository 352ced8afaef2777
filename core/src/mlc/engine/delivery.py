"""Delivery: records that are due become decisions, intents, requests and bindings; works from the store alone (R22)."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.contract import Operation
from mlc.engine.adjustments import adjust, insert_adjustments
from mlc.engine.adoption import PARTIES, adopt
from mlc.engine.booking import Booking
from mlc.engine.departmentparts import write_parts
from mlc.engine.dispatch import TIMEOUTS_IN_A_ROW, Dispatcher
from mlc.engine.due import due_ids, next_due
from mlc.engine.firstattempts import begin_anew, wait_for_first
from mlc.engine.freshness import read_anew
from mlc.engine.holdstore import clear_decided, clear_holds
from mlc.engine.mergedhome import book_merge
from mlc.engine.paidplans import note_settled
from mlc.engine.planitems import basis_of
from mlc.engine.planning import Planner, make_planner, shows_writes_under_way, verdicts
from mlc.engine.plans import Action, Plan, load_entries
from mlc.engine.refused import as_it_counts
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tally import Tally
from mlc.engine.verifying import verify_posted
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Payment, dump_record
from mlc.store.schema import records
from mlc.testing.steps import step

SLICE = 50
#: Where the target answers fast, a slice grows up to this: two of them are in memory at a time.
GROWN_SLICE = 100
#: Where one request carries many writes, a slice fills it up to this.
LARGEST_SLICE = 200
CONFLICT_ROUNDS = 5
#: Doubled after each round in which the target kept changing; never more than a second.
BACK_OFF_S = 0.1
#: How old a slice may be that was decided ahead.
AHEAD = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The slice after this record, decided before the answers of the one before were in."""

    after: int
    plans: list[Plan]
    at: datetime


class Delivery:
    """One flow's due records, delivered."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.tally = Tally()
        self._dispatcher = Dispatcher(session, flow, self.tally)
        self._planner: Planner = make_planner(session, flow)
        self._adopted_parties = self._wrote_home = self._reversing = self._made_entries = False
        self.rounds = 0
        self.waiting: dict[int, datetime] = {}  # records to which something from before may still arrive → until when
        # Of what is merged both ways, the source is written to as well.
        supports = (session.system(side).support(flow.object) for side in Side)
        batch = max((support.batch_size for support in supports if support is not None), default=1)
        self._slice = max(SLICE, min(LARGEST_SLICE, batch))
        self._ahead: _Ahead | None = None
        self._reached = 0

    def run(self, *, conflicts_before: int = 0) -> Tally:
        """Deliver until nothing of the flow is due, or the run is told to stop.

        ``conflicts_before``: rounds that earlier slices began again because the target had changed.
        """
        self.rounds = conflicts_before
        self._dispatcher.send_ready()
        while True:
            self._deliver_due()
            while self._adopted_parties or self._wrote_home or self._reversing or self._made_entries:
                # Bound just now: what the other side answers for, and our id there, may go back. Written back just now:
                # what still differs is decided, before a later change takes a person's word away.
                # Of a reversal, one step is done: the next one is decided from what it left.
                # Made just now: what stands under it in its list may go.
                self._adopted_parties = self._wrote_home = self._reversing = self._made_entries = False
                self._deliver_due()
            if not self._dispatcher.conflicts or self.stopped is not None or self.paused is not None:
                break
            self.rounds += 1
            if self.rounds >= CONFLICT_ROUNDS:
                self._hold_conflicts()
                break
            time.sleep(min(1.0, BACK_OFF_S * 2**self.rounds))
            self._read_again()
            if self.session.stop():
                break
        return self.tally

    def _deliver_due(self) -> None:
        last, self._ahead = 0, None
        while not self._dispatcher.ended:
            before = last
            last, plans = self._next_slice(last)
            if last == before:
                break
            if not plans:
                continue
            step("deliver.planned")
            self._carry_out(plans)
            self.session.sweep.after(len(plans))
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
    def next_look(self) -> datetime | None:
        """When the first of those that wait goes on."""
        return min(self.waiting.values(), default=None)

    @property
    def stopped(self) -> str | None:
        """Why no more leaves in this run, in a sentence."""
        return self._dispatcher.stopped

    @property
    def is_broken(self) -> bool:
        """The side left too many writes in a row without an answer: nothing more goes there in this run (R34)."""
        return self._dispatcher.unanswered >= TIMEOUTS_IN_A_ROW

    @property
    def paused(self) -> str | None:
        """Why the connection needs its credentials renewed."""
        return self._dispatcher.paused

    # ---------------------------------------------------------------- planning

    def plan_slice(self, after: int, *, provisional: bool = False) -> list[Plan]:
        """Decide the next records. Reads the store, asks no vendor, writes nothing."""
        with self.session.database.read() as connection:
            rows = next_due(connection, self.session, self.flow, after=after, most=self._most())
            entries = as_it_counts(connection, load_entries(connection, self.session.pairing.name, rows))
            self._planner.begin_slice(connection, planning_only=provisional)
            plans = [self._planner.plan(entry) for entry in entries]
            return wait_for_first(connection, self.session, self.flow, plans)

    def _most(self) -> int:
        """Records of the next slice; more where the target answers fast, unless the run itself is cut so short."""
        if self.session.slice is not None:
            return self._slice
        return self._dispatcher.groups.decided(self.flow.target, first=self._slice, largest=GROWN_SLICE)

    def _next_slice(self, after: int) -> tuple[int, list[Plan]]:
        """The next plans, and how far they reach: while a stored plan is applied, only of its lines, as they were."""
        ahead, self._ahead = self._ahead, None
        plans = ahead.plans if ahead is not None and self._still_holds(ahead, after) else self.plan_slice(after)
        if read_anew(self.session, self.flow, plans):
            self._planner = make_planner(self.session, self.flow)  # it knows what was there before
            plans = self.plan_slice(after)
        unseen = [plan.entry.id for plan in plans if plan.entry.unverified]
        if unseen and verify_posted(self.session, unseen):
            plans = self.plan_slice(after)
        self._reached = reached = plans[-1].entry.id if plans else after
        only = self.session.only
        if only is None or self.flow.object is ObjectType.DOCUMENT_REPORT:  # they follow from what was chosen
            return reached, plans
        version = self.session.mapper_version(self.flow)
        return reached, [
            replace(plan, item=item.id)
            for plan in plans
            if (item := only.get(plan.entry.id)) is not None and item.basis == basis_of(plan.entry, version)
        ]

    def _plan_ahead(self) -> None:
        """Decide the next slice while the last answers of this one are awaited (decision 19)."""
        # What is wrong here is wrong again when the slice is due, and then nobody's answer waits to be booked.
        with suppress(Exception):
            now = self.session.clock.now()
            self._ahead = _Ahead(self._reached, self.plan_slice(self._reached), now)

    def _still_holds(self, ahead: "_Ahead", after: int) -> bool:
        """Young, and of the records that are due now."""
        if ahead.after != after or self.session.clock.now() - ahead.at > AHEAD:
            return False
        planned = [plan.entry.id for plan in ahead.plans]
        with self.session.database.read() as connection:
            due = due_ids(connection, self.session, self.flow, after=after, most=max(1, len(planned)))
        return due == planned

    # ---------------------------------------------------------------- carrying out

    def _carry_out(self, plans: Sequence[Plan]) -> None:
        now = self.session.clock.now()
        booking = Booking(self.session, now, self.tally)
        writes = [plan for plan in plans if plan.action is Action.WRITE]
        adopted = [plan for plan in plans if plan.action is Action.ADOPT]
        adopt(self.session, self.flow, adopted, booking)
        self._adopted_parties = self._adopted_parties or bool(adopted and self.flow.object in PARTIES)
        self._wrote_home = self._wrote_home or any(plan.side is self.flow.source for plan in writes)
        self._made_entries = self._made_entries or bool(writes and self.flow.keeps_list)
        self._reversing = (
            any(plan.operation is Operation.VOID and isinstance(plan.rendered, Payment) for plan in writes)
            or self._reversing
        )
        for plan in plans:
            self._settle_plan(plan, booking)
        adjusted = [adjust(self.session, plan, booking) for plan in plans if plan.action is Action.ADJUST]
        held = [(record_id, hold.code.value) for record_id, _intent, hold in booking.rows.holds]
        decided = [(plan.entry.id, code) for plan in plans for code in verdicts(plan.entry.decided)]
        decidable = [plan.entry.id for plan in plans if plan.until is None]
        with self.session.database.write() as tx:
            done = [plan.entry.id for plan in plans if plan.action is not Action.WRITE and plan.until is None]
            if done:
                tx.execute(update(records).where(records.c.id.in_(done)).values(dirty=0))
            begin_anew(tx, self.session, {plan.entry.id for plan in plans if plan.until is not None})
            clear_holds(tx, decidable, by="decided again", now=stamp(now), but=held)
            clear_decided(tx, decided, stamp(now))
            booking.write(tx)
            insert_adjustments(tx, adjusted)
            for plan in plans:
                write_parts(tx, plan, self.session.pairing.name, stamp(now))
            note_settled(tx, plans)
            booking.write_audit(tx)
        ahead = self.session.slice is None and shows_writes_under_way(self.flow)
        self._dispatcher.write(writes, meanwhile=self._plan_ahead if ahead else None)

    def _settle_plan(self, plan: Plan, booking: Booking) -> None:
        entry = plan.entry
        if plan.merged is not None:
            book_merge(booking, entry, plan.merged)
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
            case Action.WAIT if plan.until is not None:
                self.waiting[entry.id] = plan.until
                if entry.state is not RecordState.HELD:
                    booking.record(entry.id, entry.state, reason=plan.reason)
            case Action.WRITE | Action.ADOPT | Action.ADJUST | Action.WAIT:
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
