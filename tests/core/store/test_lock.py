"""One engine per SQLite database, whatever becomes of the process that was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlc.errors import ExitCode, StoreError
from mlc.store.database import open_database
from mlc.store.lock import engine_lock

HOLD = """
import sys, time
from mlc.store.database import open_database
from mlc.store.lock import engine_lock
database = open_database(sys.argv[1])
with engine_lock(database):
    print("held", flush=True)
    time.sleep(60)
"""
FORK = """
import os, sys, time
from mlc.store.database import open_database
from mlc.store.lock import engine_lock
database = open_database(sys.argv[1])
with engine_lock(database):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
    print("held", flush=True)
    os._exit(0)
"""


def _holder(where: Path, script: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", script, str(where)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_engine_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    holder = _holder(tmp_path / "mlc.db", HOLD)
    try:
        with pytest.raises(StoreError, match=f"Process {holder.pid} already works on") as caught, engine_lock(database):
            pass
        assert caught.value.exit_code is ExitCode.USAGE
    finally:
        holder.kill()
        holder.communicate()
    database.close()


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    holder = _holder(tmp_path / "mlc.db", HOLD)
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    with engine_lock(database):
        pass
    database.close()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    holder = _holder(tmp_path / "mlc.db", FORK)
    holder.wait()
    deadline = time.monotonic() + 5
    while True:  # the child lets go as soon as it runs, which may be a moment after its parent ended
        try:
            with engine_lock(database):
                break
        except StoreError:
            assert time.monotonic() < deadline, "the child kept its parent's lock"
            time.sleep(0.02)
    assert holder.stdout is not None
    holder.stdout.close()
    database.close()


def test_the_same_process_can_take_the_lock_again_after_it_gave_it_up(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    for _ in range(2):
        with engine_lock(database):
            assert (tmp_path / "mlc.db.lock").read_text() == str(os.getpid())
    database.close()


def test_postgresql_lets_several_engines_work(postgres_url: str) -> None:
    database = open_database(postgres_url)
    with engine_lock(database), engine_lock(database):
        pass
    database.close()
