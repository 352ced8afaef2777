"""R36: a database that was restored or copied writes nothing until somebody says which one counts."""

import shutil
from pathlib import Path

import pytest
from mlc.errors import StoreError
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
        bench.run()
        bench.run()
        assert [len(people.documents(uuid)) for uuid in (before, *bills)] == [1, 1, 1, 1]
        assert len(people.payments(paid)) == 1
        assert {bench.state(uuid) for uuid in (before, *bills)} == {"in_step"}
        bench.run()
        assert bench.wrote_nothing()


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
