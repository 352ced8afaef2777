"""A channel's life under the engine: made, renewed well before its end, made again after a gap, which is caught up."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from mlc.clock import parse_stamp, stamp
from mlc.operating import ServeConfig
from mlc.plugins import Found, Plugins, load_plugins
from mlc.recipes import Policy
from mlc.records import ObjectType
from mlc.runner.subscribers import Subscribers
from mlc.runner.work import plan_work
from mlc.store.schema import audit, work
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.torture.bench import PAIRING, Bench, open_bench
from mlc_sandbox.torture.desk import NAME, Desk
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn
from sqlalchemy import select, update

LATER = timedelta(minutes=15)
DAY_S = 86_400.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An engine before an organisation without records; its address is a public one."""
    standin, loaded = ZohoCrmStandIn(), load_plugins()
    standin.limits_enabled = False
    both = Plugins([*loaded.found, Found(NAME, Desk([ObjectType.CUSTOMER]))], loaded.recipes.values())
    access = standin.access()
    with (
        Server(standin) as server,
        open_bench(
            tmp_path, standin, url=server.url, system="zoho-crm", plugins=both, settings=access.settings,
            secrets=access.secrets,
        ) as made,
    ):  # fmt: skip
        made.configure((), Policy())
        served = ServeConfig(url="https://hooks.example")
        made.engine.config = made.engine.config.model_copy(update={"serve": served})
        yield made


def look(bench: Bench) -> tuple[list[str], bool]:
    """One look: what was changed, and whether the pairing, due later, is due at once now."""
    engine = bench.engine
    now = engine.clock.now()
    plan_work(engine.database, {PAIRING: now}, {PAIRING: now})
    with engine.database.write() as tx:
        tx.execute(update(work).values(due_at=stamp(now + LATER)))
    with engine.database.read() as connection:
        before = len(connection.execute(select(audit.c.id)).all())
    Subscribers(engine).look()
    with engine.database.read() as connection:
        events = connection.execute(select(audit.c.event, audit.c.detail).order_by(audit.c.id)).all()[before:]
        due = parse_stamp(connection.execute(select(work.c.due_at)).scalar_one())
    return [json.loads(one.detail)["change"] for one in events if one.event == "subscription"], due < now + LATER / 2


def life(bench: Bench) -> timedelta:
    ends = (datetime.fromisoformat(one["channel_expiry"]) for one in bench.standin.store.all("channels"))
    return max(ends) - bench.engine.clock.now()


def test_a_channel_outlives_its_week_and_a_gap_is_caught_up_at_once(bench: Bench) -> None:
    assert look(bench) == (["made"], True)
    assert timedelta(days=5) < life(bench) <= timedelta(days=6)
    assert look(bench) == ([], False)
    for _ in range(4):
        bench.go_ahead(2.5 * DAY_S)
        changes, caught_up = look(bench)
        assert changes in ([], ["renewed"])
        assert not caught_up
        assert life(bench) > timedelta(days=2), "renewed well before it lapses"
    bench.go_ahead(life(bench).total_seconds() + 7_200)
    assert look(bench) == (["made"], True), "what changed in the two hours without a channel is looked for now"
    assert timedelta(days=5) < life(bench) <= timedelta(days=6)
