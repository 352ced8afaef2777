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
from mlc.errors import ConfigError
from mlc.recipes import DepartmentSplit, FlowMode, Policy, Side
from mlc.records import DimensionKind, ObjectType
from mlc.store.database import Database, open_database
from mlc.store.schema import probes
from sqlalchemy import select

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BILLS = SimpleNamespace(object=ObjectType.BILL, mode=FlowMode.WRITE, source=Side.LEFT, target=Side.RIGHT)


class Bench:
    """Two tenants, and sessions on them as a process opens them one after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.memories = {side: Memory() for side in Side}
        self.now = NOON
        self.asked: list[str] = []
        self.off: dict[DimensionKind, str] = {}

    def session(self, policy: Policy | None = None, flows: tuple[Any, ...] = ()) -> Session:
        made = SimpleNamespace(
            database=self.database,
            clock=SimpleNamespace(now=lambda: self.now),
            connections={side: SimpleNamespace(memory=self.memories[side]) for side in Side},
            pairing=SimpleNamespace(
                name="p", connection=lambda side: side.value, policy=policy or Policy(), flows=flows
            ),
            probes={},
            probed_at=None,
            call=self._call,
        )
        return cast(Session, made)

    def _call(self, side: Side, hook: str) -> Probe:
        assert hook == "mlc_probe"
        self.asked.append(side.value)
        return Probe(locks={"books": date(2026, 10, len(self.asked))}, dimensions_off=self.off)


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


def test_a_pairing_that_maps_what_is_off_is_refused_whoever_asked(bench: Bench) -> None:
    """Two pairings share their connections, and one of them wants classes: it writes no bill without them."""
    bench.off = {DimensionKind.CLASS: "class tracking is off there."}
    upkeep.probe_sides(bench.session())
    wants = {"policy": Policy(department_split=DepartmentSplit.CLASS), "flows": (BILLS,)}
    for look in (upkeep.probe_if_old, upkeep.probe_sides, upkeep.probe_if_old):
        with pytest.raises(ConfigError, match="class tracking is off there"):
            look(bench.session(**wants))
    assert len(bench.asked) == 4
