"""What benchmarks conclude from: the served APIs' own books, and the fences in the audit."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from mlc.store.audit import AuditGroup
from mlc.store.database import Database, open_database

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "peers"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from farms import fences_turned_back
from mapping import map_bill
from peers.server import Books, source_bill

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def sent(number: int, **changes: Any) -> bytes:
    return json.dumps(map_bill(source_bill(number)) | changes).encode()


def test_the_server_counts_copies_losses_and_wrong_bills_itself() -> None:
    books = Books(4)
    for number in (0, 1, 1):
        books.post(sent(number))
    assert {name: books.stats()[name] for name in ("doubled", "lost", "wrong")} == {"doubled": 1, "lost": 2, "wrong": 0}
    books.post(sent(2, total_minor=1))
    books.post(sent(3, vendor_ref="V00099"))
    assert {name: books.stats()[name] for name in ("doubled", "lost", "wrong")} == {"doubled": 1, "lost": 0, "wrong": 2}


def test_a_write_whose_answer_is_kept_back_was_carried_out() -> None:
    books = Books(4)
    books.reset({"stalls": "2"})
    assert [books.post(sent(number))[1] for number in (0, 1, 2)] == [False, True, False]
    assert books.stats()["distinct"] == 3
    assert books.stats()["stalled"] == 1


@pytest.mark.parametrize(("fences", "twice"), [((1, 1, 2, 3), []), ((1, 2, 1), ["p"])])
def test_an_earlier_fence_after_a_later_one_means_that_two_held_a_pairing(
    tmp_path: Path, fences: tuple[int, ...], twice: list[str]
) -> None:
    database: Database = open_database(tmp_path / "mlc.db")
    try:
        for fence in fences:
            group = AuditGroup(pairing="p", fence=fence)
            group.add("created", record_id=1)
            with database.write() as tx:
                group.write(tx, NOW)
        assert fences_turned_back(Mock(database=database)) == twice
    finally:
        database.close()


def test_an_audit_without_fences_proves_nothing(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    try:
        with pytest.raises(RuntimeError, match="no fence"):
            fences_turned_back(Mock(database=database))
    finally:
        database.close()
