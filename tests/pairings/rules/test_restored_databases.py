"""R36: a database that was restored or copied writes nothing until somebody says which one counts."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mlc.contract import FetchMode, Operation
from mlc.engine import dispatch, run
from mlc.engine.course import Course, Order
from mlc.engine.intents import Intent
from mlc.engine.lookahead import plan_pairing
from mlc.engine.run import run_slice
from mlc.engine.session import Session
from mlc.engine.slices import Slice
from mlc.engine.stages import Stage, StageKind
from mlc.engine.stagework import do_stage
from mlc.errors import StoreError, TransientError
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.database import open_database
from mlc.store.instance import InstanceGuard
from rulebench.bench import FAR_S, Bench
from rulebench.people import People

from .conftest import Opener


def test_a_restored_database_refuses_to_write_and_posts_nothing_twice_after_recover(
    opening: Opener, tmp_path: Path
) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        backup = tmp_path / "backup"
        backup.mkdir()
        before = people.posted_bill()
        bench.leave()
        bench.copy_database(backup)
        bills = people.posted_bills(3)
        people.reprice(before, "61.00")
        paid = bills[0]
        people.pay(paid)
        bench.run()
        bench.leave()
        for name in ("mlc.db-wal", "mlc.db-shm"):
            (bench.folder / name).unlink(missing_ok=True)
        shutil.copy(backup / "mlc.db", bench.folder / "mlc.db")
        with pytest.raises(StoreError, match="mlc recover"):
            bench.run()
        assert bench.wrote_nothing()
        bench.leave()
        bench.say("recover", "--yes")
        bench.pass_time(FAR_S)
        bench.run()
        bench.run()
        assert [len(people.documents(uuid)) for uuid in (before, *bills)] == [1, 1, 1, 1]
        assert len(people.payments(paid)) == 1
        assert {bench.state(uuid) for uuid in (before, *bills)} == {"in_step"}
        bench.run()
        assert bench.wrote_nothing()

        bench.configure(limits={"creates_min": 4, "creates_factor": 0})
        uuids = [people.bill() for _ in range(5)]
        plan = bench.run(accept=False).plans["bills"]
        assert "create 5 records (limit 4" in str(plan.limit), "although fewer than five days are known"
        assert [people.documents(uuid) for uuid in uuids] == [[]] * 5


def test_a_copied_database_refuses_to_write_from_its_new_place(opening: Opener, tmp_path: Path) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.leave()
        elsewhere = tmp_path / "elsewhere"
        shutil.copytree(bench.folder, elsewhere, ignore=shutil.ignore_patterns("elsewhere"))
        bench.copy_database(elsewhere)
        here, bench.folder = bench.folder, elsewhere
        uuid = people.bill()
        with pytest.raises(StoreError, match="copied or moved"):
            bench.run()
        assert people.documents(uuid) == []
        bench.leave()
        bench.folder = here
        bench.run()
        assert len(people.documents(uuid)) == 1


def test_a_database_that_was_lost_is_not_begun_anew_unasked(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.posted_bill()
        bench.leave()
        for name in ("mlc.db", "mlc.db-wal", "mlc.db-shm"):
            (bench.folder / name).unlink(missing_ok=True)
        with pytest.raises(StoreError, match="was the database lost"):
            bench.run()
        assert len(people.documents(uuid)) == 1


class Traffic:
    """Lists that were read from their first row to their last, and creates, in the order in which it happened."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, Side, ObjectType]] = []
        self._whole: set[tuple[Side, ObjectType]] = set()
        fetch, send = Session.fetch, dispatch.send_batch

        def fetching(session: Session, side: Side, kind: ObjectType, cursor: str | None, mode: FetchMode) -> Any:
            page = fetch(session, side, kind, cursor, mode)
            if cursor is None:
                self._whole.add((side, kind))
            if page.next_cursor is None and (side, kind) in self._whole:
                self.seen.append(("listed", side, kind))
            return page

        def sending(session: Session, batch: Sequence[Intent], **more: Any) -> Any:
            self.seen += [("create", one.side, one.object_type) for one in batch if one.operation is Operation.CREATE]
            return send(session, batch, **more)

        patched.setattr(Session, "fetch", fetching)
        patched.setattr(dispatch, "send_batch", sending)

    def creates(self) -> list[tuple[Side, ObjectType]]:
        return [(side, kind) for what, side, kind in self.seen if what == "create"]

    def unlisted_creates(self) -> list[tuple[Side, ObjectType]]:
        """Creates of a kind that had not been listed whole before them."""
        return [
            (side, kind)
            for place, (what, side, kind) in enumerate(self.seen)
            if what == "create" and ("listed", side, kind) not in self.seen[:place]
        ]


def back_up(bench: Bench) -> Path:
    """A copy of the database as it is."""
    bench.leave()
    backup = bench.folder / "backup"
    backup.mkdir()
    bench.copy_database(backup)
    return backup


def restore(bench: Bench, backup: Path, *, after_s: float = FAR_S) -> None:
    """Put the backup in the database's place, say that it counts, and let some time go by."""
    bench.leave()
    for name in ("mlc.db-wal", "mlc.db-shm"):
        (bench.folder / name).unlink(missing_ok=True)
    shutil.copy(backup / "mlc.db", bench.folder / "mlc.db")
    database = open_database(bench.folder / "mlc.db")
    InstanceGuard(database, bench.folder).recover(bench.clock)
    database.close()
    bench.pass_time(after_s)


def a_slice(bench: Bench, *, until: StageKind | None = None) -> None:
    """Go on with the run that is under way, or begin one; ``until``: cut it before its first stage of that kind."""
    with bench.session() as session:
        session.slice = Slice(stop=lambda: False, writes=lambda: 0, seconds=600)
        if until is not None:

            def up_to(session: Session, course: Course, stage: Stage) -> bool:
                return stage.kind is not until and do_stage(session, course, stage)

            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(run, "do_stage", up_to)
                course = run_slice(session, Order(by="tests"))
        else:
            course = run_slice(session, Order(by="tests"))
    assert course is not None
    assert bool(course.stages) is (until is not None)
    bench.pass_time(2.0)


def test_after_recover_nothing_is_created_before_its_list_was_read_whole(
    opening: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        backup = back_up(bench)
        lost = people.posted_bill()
        restore(bench, backup)
        fresh = people.bill()
        traffic = Traffic(monkeypatch)
        bench.run(accept=False)
        assert (Side.RIGHT, ObjectType.BILL) in traffic.creates()
        assert traffic.unlisted_creates() == []
        assert [len(people.documents(uuid)) for uuid in (lost, fresh)] == [1, 1]


def test_a_run_that_the_backup_was_taken_in_is_begun_anew(opening: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had read its lists already: what was created after the backup is in none of them."""
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuid = people.bill()
        a_slice(bench, until=StageKind.DELIVER)
        backup = back_up(bench)
        bench.run()
        assert len(people.documents(uuid)) == 1
        restore(bench, backup)
        fresh = people.bill()
        traffic = Traffic(monkeypatch)
        a_slice(bench)
        assert traffic.creates(), "the new bill"
        assert traffic.unlisted_creates() == []
        assert [len(people.documents(one)) for one in (uuid, fresh)] == [1, 1]


def test_after_recover_the_limits_hold_and_only_a_person_lifts_them(opening: Opener) -> None:
    with opening(policy={"limits": {"voids_min": 1, "voids_share": "0.01"}}) as bench:
        people = People(bench)
        bench.run()
        bills = people.posted_bills(3)
        backup = back_up(bench)
        people.posted_bill()
        restore(bench, backup)
        for uuid in bills:
            people.deny(uuid)
        report = bench.run(accept=False)
        assert "void 3 of" in (report.plans["bills"].limit or "")
        assert not [one for one in bench.written(type="bills") if one["op"] == "void"]
        bench.run(accept=True)
        assert {people.documents(uuid)[0]["status"] for uuid in bills} == {"void"}


def test_a_write_that_was_in_doubt_in_the_backup_already_waits_from_the_recovery_on(opening: Opener) -> None:
    """The database that was lost may have sent it again since, a moment ago."""
    with opening(switches={"unique_field": False, "bill_number_unique": "no"}) as bench:
        people = People(bench)
        bench.run()
        uuid = people.bill()
        bench.fault("POST /bills$", "drop")
        bench.run()
        assert [one["source_id"] for one in bench.intents("uncertain")] == [uuid]
        backup = back_up(bench)
        bench.pass_time(FAR_S)
        bench.fault("POST /bills$", "commit_then_drop")
        bench.fault("READ /bills$", "list_lag", seconds=120)
        bench.run()
        bench.run()
        assert len(people.documents(uuid)) == 1
        restore(bench, backup, after_s=0.0)
        with pytest.raises(TransientError, match="was recovered at"):
            bench.run()
        with bench.session() as session, pytest.raises(TransientError, match="was recovered at"):
            plan_pairing(session)
        bench.pass_time(FAR_S)
        bench.settle()
        assert len(people.documents(uuid)) == 1
        assert bench.state(uuid) == "in_step"


@pytest.mark.parametrize("kind", ["list_lag", "commit_late"])
def test_what_was_sent_just_before_the_recovery_and_is_not_shown_yet_is_not_sent_again(
    opening: Opener, kind: str
) -> None:
    """The backup knows nothing of it, and no list does: only time tells."""
    with opening(switches={"unique_field": False, "bill_number_unique": "no"}) as bench:
        people = People(bench)
        bench.run()
        backup = back_up(bench)
        uuid = people.bill()
        if kind == "list_lag":
            bench.fault("READ /bills$", kind, seconds=120)
        else:
            bench.fault("POST /bills$", kind, seconds=120)
        bench.run()
        restore(bench, backup, after_s=0.0)
        with pytest.raises(TransientError, match="may not be shown yet where it went"):
            bench.run()
        assert len(bench.written(type="bills")) == 0, "and nothing was read that would be believed later"
        bench.pass_time(FAR_S)
        bench.settle()
        assert len(people.documents(uuid)) == 1
        assert bench.state(uuid) == "in_step"
