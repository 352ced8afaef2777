"""A process that ends hands back the calls that it had set aside and not made (R34)."""

from pathlib import Path

from mlc.http import CallKind
from mlc.runner.embedded import open_engine
from mlc.store.database import open_database
from mlc.store.schema import quotas
from mlc.system import Quota, QuotaWindow, Secrets, Settings, System
from sqlalchemy import select

from benchmarks.quiet import Quiet, config_of, plugins_of


def test_an_engine_that_ends_gives_unspent_calls_back(tmp_path: Path) -> None:
    system = System(
        name="vendor",
        title="Vendor",
        version="1",
        settings=Settings,
        secrets=Secrets,
        grants=(),
        objects=(),
        hosts=lambda _: (),
        quotas=(Quota(QuotaWindow.DAY, 10_000),),
    )
    config = config_of(tmp_path, ["p1"])
    with open_engine(config, plugins=plugins_of(Quiet())) as engine:
        engine.ledger.gate("acme", system).reserve(CallKind.READ).spend()
    database = open_database(config.database)
    with database.counters.read() as connection:
        assert connection.execute(select(quotas.c.used)).scalar_one() == 1
    database.close()
