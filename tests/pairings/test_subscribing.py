"""Setting webhooks up as an operator does, and noticing when they stop."""

from datetime import timedelta

import mlc.runner.embedded as embedded
import pytest
from mlc.config import load_config
from mlc.errors import ConfigError
from mlc.runner.subscribers import Subscribers
from mlc.store.inbox import put_test
from mlc.store.schema import alerts
from sqlalchemy import select

from .conftest import World


def served(world: World) -> None:
    world.config.write_text(world.config.read_text() + '\n[serve]\nurl = "https://hooks.example.com"\n')


def test_the_steps_name_the_address_and_the_secret_and_a_silent_source_is_told(world: World) -> None:
    served(world)
    code, told = world.say("connect", "zoho-books", "--webhooks", "--wait", "0")
    assert (code, told["url"]) == (0, "https://hooks.example.com/webhooks/zoho-books")
    assert any(told["url"] in step for step in told["steps"])
    assert any("webhook_secret" in step for step in told["steps"])
    code, text = world.tell("connect", "zoho-books", "--webhooks", "--wait", "0.1")
    assert code == 1
    assert "Nothing came." in text
    with pytest.raises(ConfigError, match="sends no webhooks"):
        world.tell("connect", "procurify", "--webhooks")
    config = load_config(world.config, plugins=world.plugins)
    with embedded.open_engine(config, plugins=world.plugins) as engine:
        subscribers, now = Subscribers(engine), engine.clock.now()
        subscribers.look()
        with engine.database.write() as tx:
            put_test(tx, "zoho-books", now - timedelta(days=10))
        for _ in range(3):
            subscribers.look()
        with engine.database.read() as connection:
            raised = connection.execute(select(alerts.c.code, alerts.c.cause, alerts.c.cleared_at)).all()
        assert [tuple(row) for row in raised] == [("webhooks_quiet", "zoho-books", None)], "told once"
        with engine.database.write() as tx:
            put_test(tx, "zoho-books", now)
        subscribers.look()
        with engine.database.read() as connection:
            assert connection.execute(select(alerts.c.cleared_at)).scalar_one() is not None
    shown = next(row for row in world.say("connections")[1] if row["connection"] == "zoho-books")
    assert shown["webhooks"].startswith("last ")
