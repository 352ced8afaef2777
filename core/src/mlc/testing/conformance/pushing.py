"""Checks: one push is one request, a write is never there twice, and what is not known is not claimed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mlc.connection import AnyConnection
from mlc.contract import Accepted, Created, RejectCause, Rejected, Strategy, Updated
from mlc.errors import ConflictError
from mlc.http import CallKind, Response, Verdict
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import settling, writing
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.conformance.writing import Draft
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Fault, Trouble

#: Answers to a write that prove nothing.
PROVING_NOTHING: tuple[tuple[str, Callable[[], Response]], ...] = (
    ("a 500", lambda: Response(500, json={})),
    ("a 502 page", lambda: Response(502, html="<html>Bad gateway</html>")),
    ("a page with status 200", lambda: Response(200, html="<html>Maintenance</html>")),
    ("an empty body with status 200", lambda: Response(200, content=b"")),
    ("JSON that is no object", lambda: Response(200, json=[])),
    ("a redirect", lambda: Response(302, headers={"Location": "/"})),
    ("a redirect that keeps the method", lambda: Response(307, headers={"Location": "/"})),
)


class PushingChecks(Supplied):
    def test_a_push_is_exactly_one_mutating_request(self) -> None:
        self.bench.need(Capability.CREATE)
        self.bench.need_calls()
        for connection, made in self._drafts():
            pushed = writing.send(self.bench, connection, made.object_type, made.main)
            assert len(pushed.calls) == 1, f"{made.object_type}: {len(pushed.calls)} mutating requests in one push"
            done = isinstance(pushed.outcome, Created | Accepted)
            assert done, f"{made.object_type}: a good record was not created: {pushed}"

    def test_outcomes_carry_the_key_of_their_write(self) -> None:
        for connection, made in self._drafts():
            pushed = writing.send(self.bench, connection, made.object_type, made.main)
            keys = [outcome.key for outcome in pushed.outcomes]
            assert keys == [made.main.key], f"{made.object_type}: outcomes have the keys {keys}"

    def test_the_payload_is_sent_byte_for_byte(self) -> None:
        self.bench.need_calls()
        for connection, made in self._drafts():
            support = self.bench.system.support(made.object_type)
            if support is not None and support.needs_file:
                continue  # where its file was put is known only then, and the body has to name it
            pushed = writing.send(self.bench, connection, made.object_type, made.main)
            assert pushed.calls, f"{made.object_type}: nothing was sent"
            support = self.bench.system.support(made.object_type)
            framed = support is not None and support.framed
            body = pushed.calls[0].body
            same = made.main.payload in body if framed else body == made.main.payload
            assert same or not made.main.payload, f"{made.object_type}: other bytes were sent than those of the write"

    def test_every_part_of_a_record_is_a_push_of_its_own(self) -> None:
        for connection, made in self._drafts():
            if len(made.writes) < 2:
                continue
            first = writing.send(self.bench, connection, made.object_type, made.main)
            assert first.external_id is not None, f"{made.object_type}: {first}"
            for pushed in writing.finish(self.bench, connection, made, first.external_id):
                one = len(pushed.calls) == 1 and isinstance(pushed.outcome, Created | Updated | Accepted)
                assert one, f"{made.object_type}, part {pushed.write.part}: {pushed}"
            return
        not_applicable("every record that was tried is one request.")

    def test_a_created_record_shows_what_the_vendor_posted(self) -> None:
        for connection, made in self._drafts():
            pushed = writing.send(self.bench, connection, made.object_type, made.main)
            if not isinstance(pushed.outcome, Created) or pushed.outcome.seen is None:
                continue
            wanted, seen = getattr(made.record, "total", None), getattr(pushed.outcome.seen, "total", None)
            assert wanted is None or seen is None or wanted == seen, f"{made.object_type}: {wanted} became {seen}"

    def test_the_same_write_again_creates_nothing(self) -> None:
        for connection, made in self._drafts():
            if made.strategy is Strategy.HOLD:
                continue
            first = settling.once(self.bench, connection, made)
            again = settling.once(self.bench, connection, made)
            there = settling.count(self.bench, connection, made)
            assert there in (None, 1), f"{made.object_type}: {there} records after the same write twice"
            same = again in (first, settling.THERE)
            assert same, f"{made.object_type}: {first} the first time, {again} the second"

    def test_a_create_whose_answer_is_lost_is_settled_by_its_strategy(self) -> None:
        self._settled_after(lambda: Trouble(Fault.DROP_AFTER, kind=CallKind.WRITE), lost=False)

    def test_a_create_answered_with_an_error_after_it_was_done_is_settled(self) -> None:
        response = PROVING_NOTHING[0][1]
        self._settled_after(lambda: Trouble(Fault.ANSWER_AFTER, kind=CallKind.WRITE, response=response), lost=False)

    def test_a_create_that_never_arrived_is_sent_again(self) -> None:
        response = PROVING_NOTHING[0][1]
        self._settled_after(lambda: Trouble(Fault.ANSWER, kind=CallKind.WRITE, response=response), lost=True)

    def test_an_answer_that_proves_nothing_is_no_success(self) -> None:
        self.bench.need_calls()
        for connection, made in self._drafts():
            for what, response in PROVING_NOTHING:
                tap = tap_of(connection)
                tap.clear()
                tap.add(Trouble(Fault.ANSWER, kind=CallKind.WRITE, response=response))
                pushed = writing.send(self.bench, connection, made.object_type, made.main)
                claimed = isinstance(pushed.outcome, Created | Updated | Accepted)
                assert not claimed, f"{made.object_type}: after {what} it says {pushed.outcome}"
                known = isinstance(pushed.outcome, Rejected) and pushed.verdict is Verdict.UNCERTAIN
                assert not known, f"{made.object_type}: after {what} it says that the vendor refused"

    def test_a_write_is_never_sent_again_by_the_connector(self) -> None:
        self.bench.need_calls()
        for connection, made in self._drafts():
            for trouble in (
                Trouble(Fault.ANSWER, CallKind.WRITE, response=lambda: Response(503, json={}), times=None),
                Trouble(Fault.ANSWER, CallKind.WRITE, response=self.rate_limited, times=None),
                Trouble(Fault.DROP_BEFORE, CallKind.WRITE, times=None),
            ):
                tap = tap_of(connection)
                tap.clear()
                tap.add(trouble)
                pushed = writing.send(self.bench, connection, made.object_type, made.main)
                assert len(pushed.calls) <= 1, f"{made.object_type}: a write was sent {len(pushed.calls)} times"
                tap.clear()

    def test_a_write_after_a_dead_token_happens_once(self) -> None:
        self.bench.need_calls()
        for connection, made in self._drafts():
            tap = tap_of(connection)
            tap.clear()
            tap.add(Trouble(Fault.ANSWER, kind=CallKind.WRITE, response=self.unauthorised))
            writing.send(self.bench, connection, made.object_type, made.main)
            assert len(tap.of(CallKind.WRITE)) <= 2
            settling.once(self.bench, connection, made)
            there = settling.count(self.bench, connection, made)
            assert there in (None, 1), f"{made.object_type}: {there} records after one 401"

    def test_a_refusal_names_what_is_wrong(self) -> None:
        for connection, made in self._drafts():
            broken = replace(made.main, payload=b"{}")
            pushed = writing.send(self.bench, connection, made.object_type, broken)
            refused = pushed.outcome
            assert isinstance(refused, Rejected), f"{made.object_type}: an empty record was not rejected: {pushed}"
            assert refused.reason.strip()
            assert refused.field or refused.code, f"{made.object_type}: neither field nor code: {refused.reason}"

    def test_one_bad_write_does_not_spoil_its_batch(self) -> None:
        batching = [support for support in self.bench.need(Capability.CREATE) if support.batch_size > 1]
        if not batching:
            not_applicable("the system takes one write per request.")
        connection = self.bench.open()
        for support in batching:
            good, bad = (writing.draft(self.bench, connection, support.object_type) for _ in range(2))
            if good is None or bad is None:
                continue
            writes = [good.main, replace(bad.main, payload=b"{}")]
            with connection.http.permit("batch"):
                outcomes = self.bench.call(connection, "mlc_push", object_type=support.object_type, writes=writes)
            by_key = {outcome.key: outcome for outcome in outcomes}
            assert isinstance(by_key.get(good.main.key), Created | Accepted), f"{by_key}"
            assert isinstance(by_key.get(bad.main.key), Rejected), f"{by_key}"

    def test_an_update_changes_its_field(self) -> None:
        seen = False
        for support in self.bench.need(Capability.UPDATE):
            kind = support.object_type
            connection, external_id = self._written(kind)
            (row,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            change = writing.update(self.bench, connection, row, kind, row.version)
            if change is None:
                continue
            seen = True
            self.bench.let_time_pass()
            pushed = writing.send(self.bench, connection, kind, change[0])
            assert isinstance(pushed.outcome, Updated | Accepted), f"{kind}: {pushed}"
            (after,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            assert after.version != row.version, f"{kind}: a change does not show in the version"
        if not seen:
            not_shown("no record could be changed; supply to_change().")

    def test_a_stale_version_is_a_conflict(self) -> None:
        seen = False
        for support in self.bench.need(Capability.UPDATE):
            kind = support.object_type
            connection, external_id = self._written(kind)
            (row,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            change = writing.update(self.bench, connection, row, kind, row.version)
            if change is None:
                continue
            seen = True
            self.bench.let_time_pass()
            first = writing.send(self.bench, connection, kind, change[0])
            assert first.error is None, f"{kind}: {first}"
            (now,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            second = writing.update(self.bench, connection, now, kind, row.version)
            assert second is not None
            late = writing.send(self.bench, connection, kind, second[0])
            refused = isinstance(late.outcome, Rejected) and late.outcome.cause is RejectCause.CONFLICT
            conflict = isinstance(late.error, ConflictError) or refused
            assert conflict, f"{kind}: it changed since it was read, and was overwritten: {late}"
        if not seen:
            not_shown("no record could be changed; supply to_change().")

    def test_a_void_takes_the_record_back(self) -> None:
        for support in self.bench.need(Capability.VOID):
            kind = support.object_type
            connection, external_id = self._written(kind)
            (row,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            write = writing.void(self.bench, connection, row, kind)
            pushed = writing.send(self.bench, connection, kind, write)
            assert isinstance(pushed.outcome, Updated | Accepted), f"{kind}: {pushed}"
            (after,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            status = (
                "gone"
                if after.deleted is not None
                else str(getattr(self.bench.map(kind, after.payload), "status", None))
            )
            assert status in ("gone", "void", "cancelled", "closed"), f"{kind}: after a void it is {status}"

    def test_a_mutating_request_without_a_permit_is_never_tried(self) -> None:
        self.bench.need_a_vendor()
        connection = self.bench.open()
        for hook in ("mlc_ping", "mlc_probe"):
            if self.bench.answers(hook):
                self.bench.call(connection, hook)
        assert not tap_of(connection).of(CallKind.WRITE)

    # ---------------------------------------------------------------- inside

    def _drafts(self) -> Iterator[tuple[AnyConnection, Draft]]:
        """A fresh record of each type that can be created."""
        creating = self.bench.need(Capability.CREATE)
        self.bench.need_a_vendor()
        seen = False
        for support in creating:
            connection = self.bench.open()
            self.bench.probe(connection)
            made = writing.draft(self.bench, connection, support.object_type)
            if made is not None:
                seen = True
                tap_of(connection).clear()
                yield connection, made
        if not seen:
            not_shown("no record could be made; supply to_create().")

    def _settled_after(self, trouble: Callable[[], Trouble], *, lost: bool) -> None:
        self.bench.need_calls()
        seen = False
        for connection, made in self._drafts():
            if made.strategy is Strategy.HOLD:
                continue
            seen = True
            tap_of(connection).add(trouble())
            pushed = writing.send(self.bench, connection, made.object_type, made.main)
            what = f"{made.object_type} ({made.strategy})"
            assert pushed.verdict is Verdict.UNCERTAIN, f"{what}: {pushed}"
            claimed = isinstance(pushed.outcome, Created | Updated | Accepted)
            assert not claimed, f"{what}: it claims {pushed.outcome} without an answer"
            tap_of(connection).clear()
            before = settling.count(self.bench, connection, made)
            found = settling.once(self.bench, connection, made)
            assert found, f"{what}: it was not settled"
            there = settling.count(self.bench, connection, made)
            assert there in (None, 1), f"{what}: {there} records"
            assert before is None or before == (0 if lost else 1), f"{what}: {before} found while it was uncertain"
        if not seen:
            not_applicable("uncertain writes of this system are left to a person.")

    def _written(self, kind: ObjectType) -> tuple[AnyConnection, str]:
        """A record of ours to change: a new one, else one that is there."""
        self.bench.need_a_vendor()
        connection = self.bench.open()
        if self.bench.system.can(kind, Capability.CREATE):
            made = writing.draft(self.bench, connection, kind)
            if made is not None:
                pushed = writing.send(self.bench, connection, kind, made.main)
                assert pushed.external_id is not None, f"{kind}: {pushed}"
                return connection, pushed.external_id
        rows = self.bench.rows(kind)
        if not rows:
            not_shown(f"there is no {kind} to change.")
        return connection, rows[0].id
