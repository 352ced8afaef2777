"""What one process does with its threads: fair shares, slices that are put back, an orderly end."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from mlc.clock import Clock, parse_stamp, stamp
from mlc.engine.followup import FollowUp
from mlc.engine.notices import TakenIn
from mlc.engine.runreport import RunReport
from mlc.engine.session import Session
from mlc.errors import MlcError, PluginError
from mlc.runner import claims as claims_module
from mlc.runner.brokers import local_broker
from mlc.runner.crew import Crew
from mlc.runner.embedded import open_engine
from mlc.runner.pace import schedules
from mlc.runner.scheduler import Scheduler
from mlc.runner.serving import crew_at_work, keep_running
from mlc.runner.work import Claim, shared_now
from mlc.store.schema import notices, runs, slots, work
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from benchmarks.quiet import Quiet, config_of, plugins_of


class Ear:
    """Hears what becomes of runs, and when."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, RunReport | MlcError]] = []
        self.began = time.monotonic()
        self.after: dict[str, float] = {}

    def pairing_ended(self, pairing: str, news: RunReport | MlcError) -> None:
        self.ended.append((pairing, news))
        self.after.setdefault(pairing, time.monotonic() - self.began)

    def slice_ended(self, pairing: str, claim: Claim, seconds: float) -> None:
        pass

    def names(self) -> set[str]:
        return {name for name, _news in self.ended}


def _run(
    folder: Path, quiet: Quiet, names: list[str], stop: Callable[[Ear], bool], *, threads: int = 4, **more: str
) -> Ear:
    ear = Ear()
    give_up = time.monotonic() + 60
    plugins = plugins_of(quiet)
    with open_engine(config_of(folder, names, **more), plugins=plugins) as engine:
        keep_running(
            engine,
            names,
            threads=threads,
            stop=lambda: stop(ear) or time.monotonic() > give_up,
            listener=ear,
            by="tests",
            tick_s=0.05,
        )
    assert time.monotonic() < give_up, f"only {sorted(ear.names())}"
    return ear


def test_what_nobody_expected_is_told_in_a_sentence_and_holds_nobody_up(tmp_path: Path) -> None:
    def stumble(name: str) -> None:
        if name.startswith("odd"):
            raise KeyError("a secret of the plugin's")

    ear = _run(tmp_path, Quiet(on_fetch=stumble), ["odd", "even"], lambda ear: {"odd", "even"} <= ear.names())
    news = next(news for name, news in ear.ended if name == "odd")
    assert isinstance(news, MlcError)
    assert "KeyError" in news.sentence
    assert "mlc --debug run odd --once shows where" in news.sentence
    assert "secret" not in news.sentence


def test_a_hanging_and_a_throttled_tenant_hold_nobody_up(tmp_path: Path) -> None:
    let_go = threading.Event()

    quiet = Quiet(on_fetch=lambda name: let_go.wait(30) if name.startswith("hanging") else None, hangs_s=0.0)
    others = [f"p{number:02}" for number in range(20)]

    def stop(ear: Ear) -> bool:
        if set(others) <= ear.names():
            let_go.set()
            return True
        return False

    ear = _run(tmp_path, quiet, ["hanging", "throttled", *others], stop, threads=2)
    assert set(others) <= ear.names()
    assert "throttled" not in ear.names()


def test_a_quota_puts_the_run_back_and_takes_no_thread(tmp_path: Path) -> None:
    asked: list[str] = []
    ear = _run(tmp_path, Quiet(on_fetch=asked.append), ["throttled", "p1"], lambda ear: "p1" in ear.names(), threads=1)
    assert "throttled" not in ear.names(), "its run is under way, and told when it ends"
    plugins = plugins_of(Quiet())
    with (
        open_engine(config_of(tmp_path, ["throttled"]), plugins=plugins) as engine,
        engine.database.read() as connection,
    ):
        row = connection.execute(select(work).where(work.c.pairing == "throttled")).one()
        assert row.owner is None
        assert row.failures == 0
        under_way = connection.execute(select(runs).where(runs.c.pairing == "throttled")).one()
        assert under_way.finished_at is None
        assert row.due_at > under_way.started_at


def test_at_most_a_quarter_of_the_threads_call_one_connection(tmp_path: Path) -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def fetching(name: str) -> None:
        nonlocal inside, most
        if name != "shared":
            return
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.05)
        with lock:
            inside -= 1

    names = [f"p{number}" for number in range(6)]
    _run(tmp_path, Quiet(on_fetch=fetching), names, lambda ear: set(names) <= ear.names(), threads=8, shared="shared")
    assert most == 2


def test_each_slot_is_run_once(tmp_path: Path) -> None:
    _run(tmp_path, Quiet(), ["p1"], lambda ear: len(ear.ended) >= 3, every="1s")
    opened = open_engine(config_of(tmp_path, ["p1"]), plugins=plugins_of(Quiet()))
    with opened as engine, engine.database.read() as connection:
        taken = connection.execute(select(slots.c.slot, slots.c.run_id)).all()
    assert len(taken) >= 3
    assert len({row.run_id for row in taken}) == len(taken)


def test_a_broken_plugin_ends_the_one_process(tmp_path: Path) -> None:
    def broken(_name: str) -> None:
        raise PluginError("Quiet gave no answer.")

    with pytest.raises(PluginError):
        _run(tmp_path, Quiet(on_fetch=broken), ["p1"], lambda ear: False)


def test_whatever_a_plugin_raises_the_others_go_on(tmp_path: Path) -> None:
    def odd(name: str) -> None:
        if name.startswith("odd"):
            raise ZeroDivisionError("nobody expected this")

    ear = _run(tmp_path, Quiet(on_fetch=odd), ["odd", "p1"], lambda ear: ear.names() == {"odd", "p1"})
    assert any(name == "odd" and isinstance(news, MlcError) for name, news in ear.ended)


class HourAhead(Clock):
    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


@pytest.mark.parametrize(("wait_s", "minutes"), [(0.0, 15.0), (30.0, 0.5)], ids=["its next slot", "put back"])
def test_a_machine_whose_clock_is_ahead_puts_nothing_off(
    tmp_path: Path, postgres_url: str, wait_s: float, minutes: float
) -> None:
    name = "throttled" if wait_s else "main"
    config = config_of(tmp_path, [name], database=postgres_url, every="15m")
    with open_engine(config, plugins=plugins_of(Quiet()), clock=HourAhead()) as engine:
        plan, ear = schedules(engine, [name]), Ear()
        Scheduler(engine, plan, owner="scheduler", nudge=lambda _name: None).prepare()
        crew = Crew(
            engine, plan, owner="me", threads=1, nudge=lambda _name: None, stop=lambda: False, listener=ear, by="tests"
        )
        crew.advance(name)
        assert ear.names() == ({name} if not wait_s else set())
        with engine.database.read() as connection:
            due_at = parse_stamp(connection.execute(select(work.c.due_at)).scalar_one())
        left = due_at - shared_now(engine.database, engine.clock.now())
        assert timedelta() < left <= timedelta(minutes=minutes)


def test_follow_ups_of_a_hanging_tenant_hold_nobody_up_and_take_a_quarter_of_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, lock = threading.Event(), threading.Lock()
    inside, most, followed, slices = 0, 0, list[str](), list[bool]()

    def follow_up(session: Session) -> FollowUp:
        nonlocal inside, most
        name = session.pairing.name
        with lock:
            inside, most = inside + 1, max(most, inside + 1)
            slices.append(session.slice is not None and session.stop == session.slice.over)
        if name == "hanging":
            let_go.wait(60)
        with lock:
            inside -= 1
            followed.append(name)
        return FollowUp(TakenIn())

    monkeypatch.setattr("mlc.runner.followers.follow_up", follow_up)
    names = ["hanging", *(f"p{number}" for number in range(6))]
    ear = Ear()
    with open_engine(config_of(tmp_path, names), plugins=plugins_of(Quiet())) as engine:
        long_ago = stamp(engine.clock.now() - timedelta(hours=1))
        with engine.database.write() as tx:
            rows = [
                {"pairing": name, "side": "left", "object_type": "vendor", "external_id": "1", "event": "changed"}
                | {"noted_at": long_ago, "due_at": long_ago}
                for name in names
            ]
            tx.execute(notices.insert(), rows)
        ended = threading.Event()
        Scheduler(engine, schedules(engine, names), owner="nobody", nudge=lambda _name: None).prepare()
        with crew_at_work(engine, local_broker(), names, threads=8, stop=ended.is_set, listener=ear, by="tests"):
            give_up = time.monotonic() + 30
            while (set(followed) != set(names[1:]) or most < 2) and time.monotonic() < give_up:
                time.sleep(0.02)
            assert set(followed) == set(names[1:]), "the hanging one hangs, the others are followed up"
            ended.set()
            let_go.set()
    assert most == 2
    assert all(slices), "each is bounded like a slice of a run"


@pytest.mark.parametrize("lost", ["claim_pairing", "give_back"])
def test_a_pairing_is_not_kept_by_a_process_that_did_not_hear_the_databases_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The database went away as it committed: what it has of us is ours to give back, or nobody would work on it."""
    asked, lose = getattr(claims_module, lost), iter([True])

    def unheard(*arguments: object, **more: object) -> object:
        if lost == "give_back" and next(lose, False):
            raise OperationalError("UPDATE work", {}, Exception("server closed the connection unexpectedly"))
        answer = asked(*arguments, **more)
        if lost == "claim_pairing" and answer is not None and next(lose, False):
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))
        return answer

    monkeypatch.setattr(claims_module, lost, unheard)

    def stop(ear: Ear) -> bool:
        return sum(isinstance(news, RunReport) for _name, news in ear.ended) >= 2

    _run(tmp_path, Quiet(), ["only"], stop, every="1s")
