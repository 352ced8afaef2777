"""A file of records, a stand-in whose system has the strategy, and the connector between them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlc.clock import Clock
from mlc.connections import store_secrets
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.holdstore import open_rows
from mlc.runner.embedded import open_engine
from mlc.store.credentials import Credentials
from mlc_sandbox.company import make_company
from mlc_sandbox.served import Served, serve
from mlc_sandbox.toolkit.server import Server

from faultbench import onceof
from faultbench.filedesk import FileDesk
from faultbench.targets import TARGETS, Target
from faultbench.world import PAIRING, World
from tests.core.writes.drydock import DrydockStandIn

SEED, RECORDS = 7, 12


@dataclass
class StrategyWorld(World):
    """Everything a `World` can do; its source is a file and has no clock."""

    strategy: str = ""

    @property
    def spec(self) -> Target:
        return TARGETS[self.strategy]

    @property
    def desk(self) -> FileDesk:
        return FileDesk(self.home / "desk.json")

    @property
    def vendors(self) -> tuple[Served, ...]:
        return (self.target,)

    @property
    def _run_of(self) -> tuple[Any, ...]:
        return onceof.main, self.home, self.ahead_s, self.strategy, self.target.url

    def decide(self, source_id: str, there: str | None) -> None:
        """What a person says after a look at the target: it is that one, or it is not there and may be sent."""
        plugins = onceof.plugins_of(self.spec, self.home)
        config = onceof.config_of(self.spec, self.home, self.target.url)
        with open_engine(config, plugins=plugins, limits=False) as engine, engine.database.write() as tx:
            (hold,) = (row for row in open_rows(tx, PAIRING) if row["external_id"] == source_id)
            assert hold["code"] == "quarantine", hold["sentence"]
            verb = Verb.POST if there is None else Verb.LINK
            decide_hold(tx, hold, verb, other=there, reason="looked there", by="tests", now=Clock().now())


@contextmanager
def open_strategy_world(folder: Path, strategy: str) -> Iterator[StrategyWorld]:
    """A home that knows its target and its secrets, nothing carried yet."""
    spec = TARGETS[strategy]
    with ExitStack() as stack:
        if spec.system == "drydock":
            served = Served(spec.system, stack.enter_context(Server(DrydockStandIn())).url)
        else:
            served = stack.enter_context(serve((spec.system,), seed=SEED, records=RECORDS))[spec.system]
        if spec.switches:
            served.post("switches", dict(spec.switches))
        world = StrategyWorld(folder, make_company(SEED, RECORDS), served, served, strategy=strategy)
        world.home.mkdir(parents=True, mode=0o700)
        (world.home / "account").write_text(spec.account(served), encoding="utf-8")
        for record in spec.beside(served):
            world.desk.put(record)
        plugins = onceof.plugins_of(spec, world.home)
        config = onceof.config_of(spec, world.home, served.url)
        with open_engine(config, plugins=plugins, limits=False) as engine:
            model = plugins.system(spec.system).secrets.model_validate(dict(spec.secrets))
            store_secrets(Credentials(engine.database, engine.keys, now=Clock().now), spec.system, model)
        yield world
