"""The same pairing with PostgreSQL as its database: the same records, the same silence, a chain that verifies."""

import json
from datetime import UTC, datetime

import pytest
from mlc.errors import TransientError
from mlc.runner import alone
from mlc.runner.leases import Lease
from mlc.runner.work import claim_pairing, plan_work
from mlc.store.audit import verify_chain
from mlc.store.database import open_database
from mlc.store.schema import audit, intents
from sqlalchemy import delete, insert, select

from tests.pairings.conftest import World


def test_a_pairing_on_postgresql_writes_once_and_is_silent_afterwards(world: World, postgres_url: str) -> None:
    use_server(world, postgres_url)
    _code, first = world.say("run", "--once", "--accept")
    written = world.writes()
    assert written > 0
    _code, second = world.say("run", "--once")
    assert world.writes() == written
    assert first != second
    database = open_database(postgres_url)
    try:
        report = verify_chain(database)
    finally:
        database.close()
    assert report.ok, report.problem
    assert report.groups > 0


def test_a_run_by_hand_leaves_alone_what_a_worker_is_sending(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "WAIT_S", 0.2)
    use_server(world, postgres_url)
    now = datetime.now(UTC)
    pairing = "demo"
    database = open_database(postgres_url)
    try:
        plan_work(database, {pairing: now}, {pairing: now})
        with Lease(database, "process:ledger1:77:a0"):
            assert claim_pairing(database, pairing, owner="process:ledger1:77:a0", local=now) is not None
            with database.write() as tx:
                tx.execute(insert(intents).values(sending(pairing)))
            code, said = world.tell("run", "--once", "--accept")
            assert (code, f"A worker is at work on {pairing} (process 77 on ledger1)" in said) == (4, True), said
            with pytest.raises(TransientError, match=f"A worker is at work on {pairing}"):
                world.tell("plan", pairing)
            with database.read() as connection:
                assert connection.execute(select(intents.c.state)).scalars().all() == ["sending"]
            assert world.writes() == 0
            with database.write() as tx:
                tx.execute(delete(intents))
        world.say("run", "--once", "--accept")
        assert world.writes() > 0, "the worker is gone"
        with database.read() as connection:
            done = connection.execute(select(audit.c.detail).where(audit.c.run_id.is_not(None))).scalars().all()
        assert {json.loads(detail).get("fence") for detail in done} == {2}
    finally:
        database.close()


def use_server(world: World, url: str) -> None:
    """Keep the world's records on a server."""
    text = world.config.read_text(encoding="utf-8")
    text = text.replace('home = "."', 'home = "elsewhere"')  # a home knows one database
    world.config.write_text(f'database = "{url}"\n' + text, encoding="utf-8")
    world.keep_secrets()


def sending(pairing: str) -> dict[str, object]:
    """A create that is on its way."""
    texts = ("id", "connection", "part", "record_key", "payload_digest", "source_id", "created_at", "updated_at")
    fixed = {"pairing": pairing, "side": "right", "object_type": "bill", "record_id": 1, "operation": "create"}
    return dict.fromkeys(texts, "x") | fixed | {"state": "sending", "strategy": "search", "source_side": "left"}
