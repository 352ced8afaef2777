"""What tenants can do is asked at the start of a run, and by notices only when that is a quarter of an hour ago."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc import Probe
from mlc.connection import Memory
from mlc.engine import upkeep
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.store.database import Database, open_database
from mlc.store.schema import probes
from sqlalchemy import select

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Bench:
    """Two tenants, and sessions on them as a process opens them one after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.memories = {side: Memory() for side in Side}
        self.now = NOON
        self.asked: list[str] = []

    def session(self) -> Session:
        made = SimpleNamespace(
            database=self.database,
            clock=SimpleNamespace(now=lambda: self.now),
            connections={side: SimpleNamespace(memory=self.memories[side]) for side in Side},
            pairing=SimpleNamespace(name="p", connection=lambda side: side.value),
            probes={},
            probed_at=None,
            call=self._call,
        )
        return cast(Session, made)

    def _call(self, side: Side, hook: str) -> Probe:
        assert hook == "mlc_probe"
        self.asked.append(side.value)
        return Probe(locks={"books": date(2026, 10, len(self.asked))})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(upkeep, "tell_flows_off", lambda session: None)
    opened = open_database(tmp_path / "mlc.db")
    yield Bench(opened)
    opened.close()


def test_a_session_of_the_same_process_knows_what_another_asked(bench: Bench) -> None:
    run, follower = bench.session(), bench.session()
    upkeep.probe_sides(run)
    bench.now += timedelta(minutes=15)
    upkeep.probe_if_old(follower)
    assert bench.asked == ["left", "right"]
    assert (follower.probes, follower.probed_at) == (run.probes, NOON), "so a write knows how old the locks are"


def test_what_is_older_than_a_quarter_of_an_hour_is_asked_again(bench: Bench) -> None:
    upkeep.probe_sides(bench.session())
    bench.now += timedelta(minutes=15, seconds=1)
    follower = bench.session()
    upkeep.probe_if_old(follower)
    assert bench.asked == ["left", "right"] * 2
    assert follower.probed_at == bench.now
    bench.now += timedelta(minutes=16)
    upkeep.probe_if_old(follower)
    assert len(bench.asked) == 6, "of its own session as well"


def test_another_process_or_a_clock_that_went_back_asks_both(bench: Bench) -> None:
    upkeep.probe_sides(bench.session())
    bench.memories[Side.RIGHT] = Memory()
    upkeep.probe_if_old(bench.session())
    assert len(bench.asked) == 4
    bench.now -= timedelta(minutes=1)
    upkeep.probe_if_old(bench.session())
    assert len(bench.asked) == 6


def test_the_start_of_a_run_always_asks(bench: Bench) -> None:
    upkeep.probe_sides(bench.session())
    upkeep.probe_sides(bench.session())
    assert len(bench.asked) == 4
    with bench.database.read() as connection:
        answer = json.loads(connection.execute(select(probes.c.answer).where(probes.c.connection == "right")).scalar())
    assert answer["locks"] == {"books": "2026-10-04"}
