"""Transactions: durable, one writer at a time, no lost place."""

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from mlc.errors import ExitCode, StoreError
from mlc.store.database import ATTEMPTS, Database, connect_database, open_database
from mlc.store.schema import chains
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

COUNT = select(chains.c.count)


def _seed(database: Database) -> None:
    with database.write() as tx:
        tx.execute(insert(chains).values(name="test", head="", count=0, events=0))


def _add_one(database: Database) -> None:
    with database.write() as tx:
        count = tx.execute(COUNT.with_for_update()).scalar_one()
        tx.execute(update(chains).values(count=count + 1))


def test_what_was_written_is_read_after_opening_again(where: str) -> None:
    database = open_database(where)
    _seed(database)
    database.close()
    again = open_database(where)
    with again.read() as connection:
        assert connection.execute(COUNT).scalar_one() == 0
    again.close()


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with suppress(RuntimeError), database.write() as tx:
        tx.execute(insert(chains).values(name="test", head="", count=1, events=0))
        raise RuntimeError
    with database.read() as connection:
        assert connection.execute(COUNT).all() == []


def test_threads_that_read_then_write_lose_no_increment(database: Database) -> None:
    _seed(database)
    threads = [threading.Thread(target=lambda: [_add_one(database) for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(COUNT).scalar_one() == 100


def _increment_from_a_process(where: str, times: int, together: Barrier) -> None:
    database = open_database(where)
    together.wait(30)
    for _ in range(times):
        _add_one(database)
    database.close()


def test_processes_that_read_then_write_lose_no_increment(where: str) -> None:
    database = open_database(where)
    _seed(database)
    database.close()
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(3)
    processes = [spawn.Process(target=_increment_from_a_process, args=(where, 40, together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    again = open_database(where)
    with again.read() as connection:
        assert connection.execute(COUNT).scalar_one() == 120
    again.close()


def _open_from_a_process(where: str, together: Barrier) -> None:
    together.wait(30)
    open_database(where).close()


def test_processes_that_make_the_same_database_at_once_all_succeed(where: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(3)
    processes = [spawn.Process(target=_open_from_a_process, args=(where, together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]


def test_a_reader_sees_one_moment_while_somebody_writes(database: Database) -> None:
    _seed(database)
    with database.read() as connection:
        before = connection.execute(COUNT).scalar_one()
        _add_one(database)
        assert connection.execute(COUNT).scalar_one() == before


def test_a_write_inside_a_write_of_the_same_thread_is_refused_at_once(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    with database.write(), pytest.raises(StoreError, match="inside another"), database.write():
        pass
    database.close()


def test_another_process_that_keeps_writing_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlc.store.database.BUSY_TIMEOUT_MS", 50)
    database = open_database(tmp_path / "mlc.db")
    other = sqlite3.connect(tmp_path / "mlc.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is busy: another process has been writing"), database.write():
        pass
    other.close()
    with database.write():
        pass
    database.close()


def test_sqlite_writes_ahead_and_syncs_every_commit(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 10_000
    database.close()


def test_sqlite_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    open_database(tmp_path / "mlc.db").close()
    assert (tmp_path / "mlc.db").stat().st_mode & 0o077 == 0


def test_postgresql_commits_durably(postgres_url: str) -> None:
    database = open_database(postgres_url)
    with database.write() as tx:
        assert tx.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    database.close()


def test_a_writer_that_is_frozen_inside_its_transaction_lets_the_others_go_on(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(postgres_url)
    _seed(database)
    monkeypatch.setattr("mlc.store.database.FROZEN_MS", 300)
    mine = update(chains).where(chains.c.name == "test").values(count=chains.c.count + 1)

    def freeze() -> None:
        with database.write() as frozen:
            frozen.execute(mine)
            with database.write() as other:  # waits until the server has ended the first
                other.execute(mine)
            frozen.execute(mine)

    with pytest.raises(DBAPIError):
        freeze()
    with database.read() as connection:
        assert connection.execute(COUNT).scalar_one() == 1
    database.close()


def test_a_deadlock_runs_the_local_transaction_again(postgres_url: str) -> None:
    database = open_database(postgres_url)
    _seed(database)
    with database.write() as tx:
        tx.execute(insert(chains).values(name="other", head="", count=0, events=0))
    first_has_it, second_has_it = threading.Event(), threading.Event()
    tries = {"first": 0, "second": 0}

    def crossing(me: str, names: tuple[str, str], mine: threading.Event, theirs: threading.Event) -> None:
        def work(tx: object) -> None:
            tries[me] += 1
            for name in names:
                tx.execute(update(chains).where(chains.c.name == name).values(count=chains.c.count + 1))  # type: ignore[attr-defined]
                mine.set()
                theirs.wait(5)

        database.transact(work)

    threads = [
        threading.Thread(target=crossing, args=("first", ("test", "other"), first_has_it, second_has_it)),
        threading.Thread(target=crossing, args=("second", ("other", "test"), second_has_it, first_has_it)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(COUNT.order_by(chains.c.name)).scalars().all() == [2, 2]
    assert min(tries.values()) == 1
    assert max(tries.values()) > 1  # under load the loser may meet the winner twice
    database.close()


def test_a_transaction_is_not_run_again_for_ever(database: Database) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries = []

    def work(_tx: object) -> None:
        tries.append(1)
        raise OperationalError("UPDATE", {}, Deadlock())

    with pytest.raises(OperationalError):
        database.transact(work)
    assert len(tries) == ATTEMPTS


def test_a_new_database_is_made_without_the_tool_that_migrates_older_ones(tmp_path: Path) -> None:
    code = "import sys; from mlc.store.database import open_database; open_database(sys.argv[1]).close(); "
    code += "print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "new.db")], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_folder_in_the_place_of_the_database_is_told_in_a_sentence(
    tmp_path: Path, refused: Callable[[str], str]
) -> None:
    assert refused(str(tmp_path)).startswith(f"The database {tmp_path} cannot be written: Is a directory. ")


def test_something_else_in_the_place_of_the_database_is_told_in_a_sentence(
    tmp_path: Path, refused: Callable[[str], str]
) -> None:
    (tmp_path / "mlc.db").write_text("this is a letter to the tax office\n" * 200)
    assert "cannot be used: file is not a database" in refused(str(tmp_path / "mlc.db"))


def test_tables_of_something_else_are_left_alone(tmp_path: Path, refused: Callable[[str], str]) -> None:
    other = sqlite3.connect(tmp_path / "mlc.db")
    other.execute("CREATE TABLE records (mine TEXT)")
    other.close()
    assert "has tables of something else (records)" in refused(str(tmp_path / "mlc.db"))


def test_a_server_that_does_not_answer_is_told_without_the_password(refused: Callable[[str], str]) -> None:
    sentence = refused("postgresql://someone:hunter2@127.0.0.1:1/test")
    assert "cannot be used" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize("where", ["mysql://root@localhost/test", "sqlite://", "postgresql+asyncpg://x/y"])
def test_a_database_of_another_kind_is_refused(where: str) -> None:
    with pytest.raises(StoreError) as caught:
        connect_database(where)
    assert caught.value.exit_code is ExitCode.USAGE
