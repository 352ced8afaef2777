"""Claims and leases, on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlc.errors import OvertakenError, StoreError
from mlc.runner.leases import Lease, bury, living
from mlc.runner.work import Claim, bring_forward, claim_pairing, due_pairings, give_back, plan_work
from mlc.store.audit import AuditGroup, verify_chain
from mlc.store.database import Database, open_database
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    where = tmp_path / "mlc.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_database(where)
    plan_work(opened, {"main": LONG_AGO, "later": FAR}, {"main": FAR, "later": FAR})
    yield opened
    opened.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url)
    plan_work(opened, {"main": LONG_AGO}, {"main": FAR})
    yield opened
    opened.close()


def _claim(database: Database, owner: str = "me", pairing: str = "main") -> Claim | None:
    return claim_pairing(database, pairing, owner=owner, local=datetime.now(UTC))


def _due(database: Database, owner: str = "me") -> list[str]:
    return due_pairings(database, owner=owner, local=datetime.now(UTC))


def test_only_what_is_due_is_claimed_and_by_one(database: Database) -> None:
    with Lease(database, "me"):
        assert _due(database) == ["main"]
        claim = _claim(database)
        assert claim is not None
        assert not claim.taken_over
        assert _claim(database) is None, "another thread of the same process"
        assert _claim(database, pairing="later") is None
        assert _due(database) == []
        give_back(database, claim, due_at=LONG_AGO, failures=0)
        again = _claim(database)
        assert again is not None
        assert again.fence == claim.fence + 1


def test_whoever_brings_it_forward_meanwhile_is_heard(database: Database) -> None:
    with Lease(database, "me"):
        claim = _claim(database)
        assert claim is not None
        give_back(database, claim, due_at=FAR, failures=0)
        assert _due(database) == []
        with database.write() as tx:
            bring_forward(tx, "main", LONG_AGO)
        claim = _claim(database)
        assert claim is not None
        with database.write() as tx:
            tx.execute(text("UPDATE work SET due_at = :soon"), {"soon": "2026-02-01T00:00:00.000000+00:00"})
        give_back(database, claim, due_at=FAR, failures=0)
        assert "main" in _due(database)


def test_nothing_is_written_under_a_claim_that_was_taken_over(postgres: Database) -> None:
    with Lease(postgres, "first"):
        claim = _claim(postgres, "first")
        assert claim is not None
        fenced = postgres.fenced(claim.check)
        with fenced.write() as tx:
            tx.execute(text("DELETE FROM slots"))
        bury(postgres, "first")
        with Lease(postgres, "second"):
            taken = _claim(postgres, "second")
            assert taken is not None
            assert taken.taken_over
            with pytest.raises(OvertakenError), fenced.write() as tx:
                tx.execute(text("DELETE FROM slots"))
            give_back(postgres, claim, due_at=FAR, failures=0)
            assert _claim(postgres, "third") is None, "what was given back was not ours any more"


def test_a_lapsed_holder_whose_fence_nobody_took_carries_on(postgres: Database) -> None:
    with Lease(postgres, "slow", ttl_s=0.0) as lease:
        claim = _claim(postgres, "slow")
        assert claim is not None
        assert living(postgres) == []
        with postgres.fenced(claim.check).write() as tx:
            tx.execute(text("DELETE FROM slots"))
        Lease(postgres, lease.name).beat()
        assert living(postgres) == ["slow"] or living(postgres) == []
        assert _claim(postgres, "other") is None


def test_whoever_freezes_inside_a_transaction_keeps_its_rows_from_nobody(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlc.store.database.FROZEN_MS", 200)
    claim = _claim(postgres, "frozen")
    assert claim is not None

    def freeze() -> None:
        with postgres.fenced(claim.check).write() as frozen:
            audit = AuditGroup()
            audit.add("frozen")
            audit.write(frozen, LONG_AGO)  # the head of the trail, which everybody needs
            thawed.wait(30)

    thawed, ended = threading.Event(), threading.Event()

    def freeze_until_told() -> None:
        with pytest.raises(SQLAlchemyError):
            freeze()
        ended.set()

    thread = threading.Thread(target=freeze_until_told)
    thread.start()
    taken = None
    while taken is None:
        taken = _claim(postgres, "other")
    assert taken.taken_over
    with postgres.fenced(taken.check).write() as tx:
        audit = AuditGroup()
        audit.add("goes_on")
        audit.write(tx, LONG_AGO)
    thawed.set()
    thread.join()
    assert ended.is_set(), "what it did not commit is undone"
    assert verify_chain(postgres).events == 1


def test_twenty_claimers_and_one_winner(postgres: Database) -> None:
    won: list[Claim] = []
    go = threading.Event()

    def try_it(number: int) -> None:
        go.wait()
        claim = _claim(postgres, f"owner-{number}")
        if claim is not None:
            won.append(claim)

    leases = [Lease(postgres, f"owner-{number}") for number in range(20)]
    for lease in leases:
        lease.beat()
    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_on_sqlite_everybody_else_is_dead(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    plan_work(database, {"main": LONG_AGO}, {"main": FAR})
    assert _claim(database, "before the crash") is not None
    claim = _claim(database, "after it")
    assert claim is not None
    assert claim.taken_over
    database.close()


def test_a_migrated_database_is_left_alone(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        _claim(database)


def test_a_shorter_schedule_brings_what_is_planned_forward(database: Database) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    plan_work(database, {"later": tomorrow}, {"later": LONG_AGO})
    assert "later" in _due(database)
