"""A restored or copied database is recognised before it writes."""

import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlc.clock import Clock
from mlc.errors import StoreError
from mlc.store.audit import read_events
from mlc.store.database import Database, open_database
from mlc.store.instance import InstanceGuard, last_recovery
from mlc.store.schema import intents, records, watermarks
from sqlalchemy import Integer, Table, insert, select

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


class TenOClock(Clock):
    def now(self) -> datetime:
        return AT


def _advance(database: Database, home: Path, times: int = 1) -> None:
    guard = InstanceGuard(database, home)
    for _ in range(times):
        with database.write() as tx:
            counter = guard.advance(tx)
        guard.note(counter)


def _filled(table: Table) -> dict[str, object]:
    """Something in every column that must not be empty and is not told apart in the test."""
    told = {"id", "record_id", "state", "sent_at"}
    return {
        column.name: 0 if isinstance(column.type, Integer) else column.name
        for column in table.columns
        if not column.nullable and column.server_default is None and column.name not in told
    }


def _refusal(database: Database, home: Path) -> str:
    with pytest.raises(StoreError) as caught:
        InstanceGuard(database, home).check()
    assert "mlc recover" in caught.value.sentence
    return caught.value.sentence


def test_a_new_database_may_write_and_still_may_later(database: Database, tmp_path: Path) -> None:
    InstanceGuard(database, tmp_path / "home").check()
    _advance(database, tmp_path / "home", 3)
    InstanceGuard(database, tmp_path / "home").check()


def test_a_crash_between_commit_and_note_is_no_reason_to_refuse(database: Database, tmp_path: Path) -> None:
    guard = InstanceGuard(database, tmp_path)
    guard.check()
    with database.write() as tx:
        guard.advance(tx)
    InstanceGuard(database, tmp_path).check()


def test_threads_move_the_counter_of_the_file_forward_only(database: Database, tmp_path: Path) -> None:
    guard = InstanceGuard(database, tmp_path)
    guard.check()

    def moving() -> None:
        for _ in range(20):
            with database.write() as tx:
                counter = guard.advance(tx)
            guard.note(counter)

    threads = [threading.Thread(target=moving) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "instance").read_text().split()[1] == "81"
    assert sorted(path.name for path in tmp_path.iterdir() if "instance" in path.name) == ["instance"]


def test_a_database_restored_from_a_backup_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    InstanceGuard(database, tmp_path).check()
    database.close()
    shutil.copy(tmp_path / "mlc.db", tmp_path / "backup.db")
    database = open_database(tmp_path / "mlc.db")
    _advance(database, tmp_path, 2)
    database.close()
    shutil.copy(tmp_path / "backup.db", tmp_path / "mlc.db")
    restored = open_database(tmp_path / "mlc.db")
    assert "2 steps behind" in _refusal(restored, tmp_path)
    restored.close()


def test_a_home_that_was_copied_as_a_whole_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    database = open_database(home / "mlc.db")
    InstanceGuard(database, home).check()
    database.close()
    shutil.copytree(home, tmp_path / "copy")
    copy = open_database(tmp_path / "copy" / "mlc.db")
    assert "was copied or moved" in _refusal(copy, tmp_path / "copy")
    copy.close()


def test_a_database_beside_another_home_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    InstanceGuard(database, tmp_path / "home").check()
    _advance(database, tmp_path / "home")
    assert "beside another home" in _refusal(database, tmp_path / "elsewhere")
    database.close()


def test_an_empty_database_in_the_place_of_a_lost_one_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    InstanceGuard(database, tmp_path).check()
    database.close()
    for file in tmp_path.glob("mlc.db*"):
        file.unlink()
    fresh = open_database(tmp_path / "mlc.db")
    assert "was the database lost?" in _refusal(fresh, tmp_path)
    fresh.close()


def test_a_damaged_counter_file_is_refused(database: Database, tmp_path: Path) -> None:
    InstanceGuard(database, tmp_path).check()
    (tmp_path / "instance").write_text("garbage")
    assert "cannot be read" in _refusal(database, tmp_path)


def test_recovering_makes_open_intents_uncertain_and_reads_from_the_start(database: Database, tmp_path: Path) -> None:
    guard = InstanceGuard(database, tmp_path)
    guard.check()
    states = ("planned", "sending", "accepted", "uncertain", "held", "confirmed", "rejected")
    with database.write() as tx:
        for number, state in enumerate(states):
            sent = {"sent_at": "before", "sent_mark": "1 here"} if state != "planned" else {}
            tx.execute(insert(intents).values(**_filled(intents), id=state, record_id=number, state=state, **sent))
        tx.execute(insert(watermarks).values(pairing="main", side="left", object_type="bill", completed_at="x"))
    (tmp_path / "instance").write_text("someone else 9\n")
    done = guard.recover(TenOClock())
    assert (done.uncertain, done.watermarks) == (4, 1)
    with database.read() as connection:
        after = {row.id: row for row in connection.execute(select(intents))}
        assert connection.execute(select(watermarks)).all() == []
    assert {row.id for row in after.values() if row.state == "uncertain"} == set(states[:4])
    assert after["held"].state == "held"
    doubted = {(after[state].sent_at, after[state].looked_at, after[state].sent_mark) for state in states[:4]}
    with database.read() as connection:
        recovered = last_recovery(connection)
    assert recovered is not None
    assert recovered.mark is not None
    now = "2026-11-20T10:00:00.000000+00:00"
    assert doubted == {(now, now, recovered.mark)}, "what is lost may have sent each just now"
    assert [event.event for event in read_events(database)] == ["database.recovered"]
    InstanceGuard(database, tmp_path).check()


def test_recovering_leaves_one_create_of_a_number_uncertain_and_decides_the_next_again(
    database: Database, tmp_path: Path
) -> None:
    guard = InstanceGuard(database, tmp_path)
    guard.check()
    alike = {"operation": "create", "natural_key": "v1/0042", "connection": "books", "object_type": "bill"}
    with database.write() as tx:
        for number, state in enumerate(("planned", "sending", "planned")):
            one = alike | {"id": f"i{number}", "record_id": number, "state": state, "part": "main", "pairing": "main"}
            tx.execute(insert(intents).values(**(_filled(intents) | one)))
            record = {"id": number, "state": "writing", "pairing": "main", "external_id": str(number)}
            tx.execute(insert(records).values(**(_filled(records) | record)))
    assert guard.recover(TenOClock()).uncertain == 1
    with database.read() as connection:
        states = connection.execute(select(intents.c.state).order_by(intents.c.id)).scalars().all()
        due = connection.execute(select(records.c.state).order_by(records.c.id)).scalars().all()
    assert (states, due) == (["superseded", "uncertain", "superseded"], ["pending", "writing", "pending"])
