"""Delivery: records that are due become decisions, intents, requests and bindings; works from the store alone (R22)."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import RowMapping, and_, exists, or_, select, update

from mlc.clock import parse_stamp, stamp
from mlc.contract import Attachment, Operation, RenderedPart
from mlc.engine import registers as register
from mlc.engine.booking import Booking
from mlc.engine.holdcodes import Hold, HoldCode, Waits
from mlc.engine.holdstore import clear_holds
from mlc.engine.intents import (
    IMAGE_PART,
    Intent,
    insert_intents,
    intents_of,
    load_intents,
    mark_sending,
    record_key,
    strategy_for,
)
from mlc.engine.planning import Planner, make_planner
from mlc.engine.plans import Action, Plan, load_entries
from mlc.engine.sending import LEAVE_WITHIN_S, Fate, Result, send
from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.errors import AuthError, MlcError
from mlc.recipes import Flow, Side
from mlc.records import AttachmentRef, Bill, ObjectType, Record, VendorCredit, dump_record, load_record
from mlc.store.schema import intents, records, registers
from mlc.system import Capability
from mlc.testing.steps import step

SLICE = 50
#: A run that is only waiting for a quota window waits at most this long, in steps of a second.
PATIENCE_S = 65.0
TIMEOUTS_IN_A_ROW = 3
CONFLICT_ROUNDS = 5
PARTIES = frozenset({ObjectType.VENDOR, ObjectType.CUSTOMER})


class Delivery:
    """One flow's due records, delivered."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.tally = Tally()
        self.stopped: str | None = None
        self.paused: str | None = None
        self._planner: Planner = make_planner(session, flow)
        self._unanswered = 0
        self._conflicts: list[Intent] = []
        self._adopted_parties = False
        self._counter: int | None = None

    def run(self) -> Tally:
        """Deliver until nothing of the flow is due, or the run is told to stop."""
        self._send_ready()
        for _round in range(CONFLICT_ROUNDS):
            self._deliver_due()
            if self._adopted_parties:
                # Bound just now: what the other side answers for, and our id there, may go back.
                self._adopted_parties = False
                self._deliver_due()
            if not self._conflicts or self._ended():
                break
            self._read_again()
        else:
            self._hold_conflicts()
        return self.tally

    def _deliver_due(self) -> None:
        last = 0
        while not self._ended():
            plans = self.plan_slice(last)
            if not plans:
                break
            last = plans[-1].entry.id
            step("deliver.planned")
            self._carry_out(plans)
            self.session.progress("deliver", flow=self.flow.name, tally=self.tally)
        self._send_ready()

    def _read_again(self) -> None:
        """The target had changed since it was read: look at it, then decide again (R7)."""
        for intent in self._conflicts:
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
        self._conflicts = []

    def _hold_conflicts(self) -> None:
        """Changed there five times in a row while we were writing: a person has to look."""
        booking = Booking(self.session, self.session.clock.now(), self.tally)
        for intent in self._conflicts:
            sentence = f"{intent.record_key}: the target kept changing while it was written; look at it there."
            hold = Hold(HoldCode.FLAPPING, sentence, Waits.PERSON, intent.record_key)
            booking.hold(intent.record_id, hold, intent)
            booking.record(intent.record_id, RecordState.HELD, reason=sentence)
        self._book(booking)

    def _ended(self) -> bool:
        return self.stopped is not None or self.paused is not None or self.session.stop()

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
        self._adopt([plan for plan in plans if plan.action is Action.ADOPT], booking)
        for plan in plans:
            self._settle_plan(plan, booking)
        held = [(plan.entry.id, plan.hold.code.value) for plan in plans if plan.hold is not None]
        with self.session.database.write() as tx:
            tx.execute(update(records).where(records.c.id.in_([plan.entry.id for plan in plans])).values(dirty=0))
            clear_holds(tx, [plan.entry.id for plan in plans], by="decided again", now=stamp(now), but=held)
            booking.write(tx)
            booking.write_audit(tx)
        self._write(writes)

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
            booking.rebase(entry.id, entry.side, version=entry.version, base=entry.input, mapper_version=version)
        if plan.rebase_target and entry.target is not None and entry.other_input is not None:
            booking.rebase(
                entry.id,
                entry.side.other,
                version=entry.other_version,
                base=entry.other_input,
                mapper_version=version,
            )

    def _adopt(self, plans: Sequence[Plan], booking: Booking) -> None:
        """Bind exact twins as they stand; each is read whole once, so that a later edit can be told."""
        if not plans:
            return
        target = self.flow.target
        support = self.session.system(target).support(self.flow.object)
        ids = [plan.adopt for plan in plans if plan.adopt is not None]
        whole = {}
        if support is not None and not support.complete_in_list and self.flow.object is not ObjectType.VENDOR:
            whole = {row.id: row for row in self.session.read(target, self.flow.object, ids)}
        listed = self._listed(target, ids)
        version = self.session.mapper_version(self.flow)
        for plan in plans:
            assert plan.adopt is not None
            entry = plan.entry
            row = whole.get(plan.adopt)
            seen = self.session.map(target, self.flow.object, row.payload) if row is not None and row.payload else None
            if row is None and plan.adopt in listed:
                seen = listed[plan.adopt][1]
            booking.adopt(
                record_id=entry.id,
                side=target,
                object_type=self.flow.object,
                external_id=plan.adopt,
                version=row.version if row is not None else listed.get(plan.adopt, (None, None))[0],
                base=dump_record(seen) if seen is not None else None,
                mapper_version=version,
            )
            booking.bind_source(entry, version)
            self.tally.adopted += 1
            booking.record(
                entry.id,
                RecordState.IN_STEP,
                reason=plan.reason,
                dirty=int(self.flow.object in PARTIES),
                **({"other_input": dump_record(seen)} if seen is not None else {}),
            )
            self._adopted_parties = self._adopted_parties or self.flow.object in PARTIES
            booking.note(
                "adopted",
                record_id=entry.id,
                object_type=entry.object_type.value,
                side=target.value,
                external_id=plan.adopt,
                by=plan.adopt_by,
            )

    def _listed(self, side: Side, ids: Sequence[str]) -> dict[str, tuple[str | None, Record | None]]:
        """Version and list row of parties, as the register holds them."""
        with self.session.database.read() as connection:
            rows = connection.execute(
                select(registers.c.external_id, registers.c.version, registers.c.summary).where(
                    registers.c.pairing == self.session.pairing.name,
                    registers.c.side == side.value,
                    registers.c.object_type == self.flow.object.value,
                    registers.c.external_id.in_(ids),
                )
            ).all()
        return {
            row.external_id: (row.version, load_record(self.flow.object, row.summary) if row.summary else None)
            for row in rows
        }

    # ---------------------------------------------------------------- writing

    def _write(self, plans: Sequence[Plan]) -> None:
        if not plans:
            return
        batch: list[tuple[Plan, list[Intent]]] = []
        for plan in plans:
            batch.append((plan, self._intents(plan)))
        width = self.session.system(plans[0].side).concurrency
        pending: Booking | None = None
        for start in range(0, len(batch), width):
            if self._ended():
                break
            pending = self._send_group(batch[start : start + width], pending)
        self._book(pending)
        self._note_counter()
        self._send_ready()

    def _intents(self, plan: Plan) -> list[Intent]:
        system = self.session.system(plan.side)
        support = system.support(self.flow.object)
        assert support is not None
        strategy = strategy_for(
            self.flow.object,
            declared=support.strategy,
            unique_fields=self.session.probe(plan.side).unique_fields,
        )
        key = record_key(self.session.system(plan.entry.side).name, plan.entry)
        image = self._image_part(plan)
        if image is not None:
            plan = replace(plan, parts=(*plan.parts, image))
        return intents_of(plan, key=key, strategy=strategy, mapper_version=self.session.mapper_version(self.flow))

    def _image_part(self, plan: Plan) -> RenderedPart | None:
        """The document's first picture or PDF goes after it, once (pairings 1, flow 7)."""
        if not self.flow.with_image or plan.operation is not Operation.CREATE or not isinstance(plan.rendered, Bill):
            return None
        if not self.session.system(plan.side).can(self.flow.object, Capability.ATTACH):
            return None
        if not any(file.is_image_of_document for file in plan.rendered.attachments):
            return None
        return RenderedPart(IMAGE_PART, Operation.CREATE, b"", after="main", action="attachment")

    def _send_group(self, group: Sequence[tuple[Plan, list[Intent]]], before: Booking | None) -> Booking:
        """Book what came before and note this group as ``sending`` in one durable commit, then let it leave (R2)."""
        firsts = [made[0] for _plan, made in group]
        step("intent.sending.before")
        leave_before = self.session.clock.boottime() + LEAVE_WITHIN_S
        now = self.session.clock.now()
        text = stamp(now)
        with self.session.database.write() as tx:
            if before is not None:
                before.write(tx)
            sending = [replace(first, state=IntentState.SENDING, attempt=1, fence=1, sent_at=text) for first in firsts]
            followers = [later for _plan, made in group for later in made[1:]]
            insert_intents(
                tx,
                [*sending, *followers],
                pairing=self.session.pairing.name,
                connection=self.session.pairing.connection(firsts[0].side),
                run_id=self.session.run_id,
                now=text,
            )
            tx.execute(
                update(records)
                .where(records.c.id.in_([plan.entry.id for plan, _made in group]))
                .values(state=RecordState.WRITING.value)
            )
            self._list_provisional(tx, group, text)
            self._counter = self.session.guard.advance(tx)
            if before is not None:
                before.write_audit(tx)
        step("intent.sending.committed")
        self.tally.lost_fields += sum(len(plan.losses) for plan, _made in group)
        booking = Booking(self.session, now, self.tally)
        for plan, _made in group:
            booking.tell_plan(plan)
        return self._leave(sending, booking, leave_before)

    def _list_provisional(self, tx: object, group: Sequence[tuple[Plan, list[Intent]]], now: str) -> None:
        rows = []
        for plan, made in group:
            if plan.operation is Operation.CREATE and plan.rendered is not None:
                rows.append(
                    register.describe(plan.rendered)
                    | {
                        "pairing": self.session.pairing.name,
                        "side": plan.side.value,
                        "object_type": self.flow.object.value,
                        "external_id": register.provisional_id(made[0].id),
                        "version": None,
                        "seen_at": now,
                        "record_id": plan.entry.id,
                    }
                )
        register.put_rows(tx, rows)  # type: ignore[arg-type]

    def _leave(self, sending: Sequence[Intent], booking: Booking, leave_before: float) -> Booking:
        def one(intent: Intent) -> Result:
            return send(self.session, intent, intent.as_write(), leave_before=leave_before)

        results = self.session.in_parallel(sending[0].side, one, list(sending))
        step("outcome.before")
        booking.now = self.session.clock.now()
        for result in results:
            booking.add(result)
            self._watch(result)
        return booking

    def _watch(self, result: Result) -> None:
        """Stop hammering: refused credentials pause the flow, time-outs in a row open the breaker (R34)."""
        if result.fate is Fate.PAUSED:
            self.paused = result.reason
        if result.fate is Fate.CONFLICT:
            self._conflicts.append(result.intent)
        self._unanswered = self._unanswered + 1 if result.fate is Fate.UNCERTAIN else 0
        if self._unanswered >= TIMEOUTS_IN_A_ROW:
            name = self.session.pairing.connection(result.intent.side)
            self.stopped = (
                f"{name} left {self._unanswered} writes in a row without an answer; "
                "the flow goes on at the next run, after each of them was looked up."
            )

    def _book(self, booking: Booking | None) -> None:
        if booking is None:
            return
        with self.session.database.write() as tx:
            booking.write(tx)
            booking.write_audit(tx)
        step("outcome.committed")

    # ---------------------------------------------------------------- what waits as planned

    def _send_ready(self) -> None:
        """Send planned intents whose time has come: later parts, and writes that surely were not sent before."""
        waited = 0.0
        while not self._ended():
            ready = self._ready()
            if not ready:
                return
            now = self.session.clock.now()
            due = [intent for intent in ready if intent.due_at is None or parse_stamp(intent.due_at) <= now]
            if not due:
                first = min(parse_stamp(intent.due_at) for intent in ready if intent.due_at is not None)
                pause = (first - now).total_seconds()
                if waited + pause > PATIENCE_S:
                    self.stopped = f"{len(ready)} writes wait for a quota until {first:%H:%M:%S} UTC; run again then."
                    return
                nap = min(1.0, max(0.02, pause))
                self.session.progress("wait", seconds=pause)
                time.sleep(nap)
                waited += nap
                continue
            self._send_planned(due)

    def _ready(self) -> list[Intent]:
        with self.session.database.read() as connection:
            return load_intents(
                connection,
                intents.c.pairing == self.session.pairing.name,
                intents.c.object_type == self.flow.object.value,
                intents.c.source_side == self.flow.source.value,
                intents.c.state == IntentState.PLANNED.value,
                or_(intents.c.after_part.is_(None), intents.c.parent_id.is_not(None)),
            )

    def _send_planned(self, due: Sequence[Intent]) -> None:
        width = self.session.system(self.flow.target).concurrency
        pending: Booking | None = None
        for start in range(0, len(due), width):
            if self._ended():
                break
            with self._files(due[start : start + width]) as files:
                group = [intent for intent in due[start : start + width] if self._has_file(intent, files)]
                if not group:
                    continue
                step("intent.sending.before")
                leave_before = self.session.clock.boottime() + LEAVE_WITHIN_S
                now = self.session.clock.now()
                with self.session.database.write() as tx:
                    if pending is not None:
                        pending.write(tx)
                    sending = mark_sending(tx, group, stamp(now))
                    self._counter = self.session.guard.advance(tx)
                    if pending is not None:
                        pending.write_audit(tx)
                step("intent.sending.committed")
                booking = Booking(self.session, now, self.tally)

                def one(
                    intent: Intent, files: dict[str, Attachment] = files, leave_before: float = leave_before
                ) -> Result:
                    write = replace(intent.as_write(), attachment=files.get(intent.id))
                    return send(self.session, intent, write, leave_before=leave_before)

                results = self.session.in_parallel(sending[0].side, one, sending)
                booking.now = self.session.clock.now()
                for result in results:
                    booking.add(result)
                    self._watch(result)
                pending = booking
        self._book(pending)
        self._note_counter()

    def _note_counter(self) -> None:
        if self._counter is not None:
            self.session.guard.note(self._counter)
            self._counter = None

    def _has_file(self, intent: Intent, files: dict[str, Attachment]) -> bool:
        return intent.part != IMAGE_PART or intent.id in files

    @contextlib.contextmanager
    def _files(self, group: Sequence[Intent]) -> Iterator[dict[str, Attachment]]:
        """Fetch the images of a group before anything is noted as sending; a missing one never blocks its bill."""
        files: dict[str, Attachment] = {}
        try:
            for intent in group:
                if intent.part == IMAGE_PART:
                    file = self._fetch_image(intent)
                    if file is not None:
                        files[intent.id] = file
            yield files
        finally:
            for file in files.values():
                Path(file.path).unlink(missing_ok=True)

    def _fetch_image(self, intent: Intent) -> Attachment | None:
        document = intent.rendered
        if not isinstance(document, Bill | VendorCredit):
            return None
        image: AttachmentRef = next(file for file in document.attachments if file.is_image_of_document)
        try:
            found = self.session.call(
                self.flow.source,
                "mlc_attachment",
                document_id=document.source.source_id,
                attachment=image,
            )
        except AuthError:
            raise
        except MlcError as error:
            now = self.session.clock.now()
            with self.session.database.write() as tx:
                booking = Booking(self.session, now, self.tally)
                booking.supersede(intent, f"the image could not be fetched: {error.sentence}")
                booking.write(tx)
                booking.write_audit(tx)
            return None
        assert isinstance(found, Attachment)
        return found
