"""The doctor asks Redis whether it keeps what it is given."""

import json
from pathlib import Path

from click.testing import CliRunner
from mlc.cli.examine import Level
from mlc.cli.main import mlc

from .conftest import Redis


def _broker(folder: Path, database: str, url: str, *, more: str = "") -> tuple[str, str]:
    """The level and the sentence of what the doctor finds of the broker."""
    path = folder / "mlc.toml"
    path.write_text(f'home = "."\ndatabase = "{database}"\nbroker = "{url}"\n{more}', encoding="utf-8")
    done = CliRunner().invoke(mlc, ["--config", str(path), "--json", "doctor", "--offline"])
    (found,) = [one for one in json.loads(done.stdout) if one["what"] == "broker"]
    return found["level"], found["sentence"]


def test_a_redis_without_an_append_only_file_is_told_of(redis_server: Redis, tmp_path: Path, postgres_url: str) -> None:
    assert _broker(tmp_path, postgres_url, redis_server.url)[0] == Level.FINE
    redis_server.client.config_set("appendonly", "no")
    try:
        level, sentence = _broker(tmp_path, postgres_url, redis_server.url)
        assert level == Level.WRONG
        assert "appendonly yes" in sentence
        assert "broker_may_forget = true" in sentence
        level, sentence = _broker(tmp_path, postgres_url, redis_server.url, more="broker_may_forget = true\n")
        assert level == Level.FINE
    finally:
        redis_server.client.config_set("appendonly", "yes")


def test_a_redis_that_is_not_there_is_told_of(tmp_path: Path, postgres_url: str) -> None:
    level, sentence = _broker(tmp_path, postgres_url, "redis://127.0.0.1:1/0")
    assert level == Level.WRONG
    assert "127.0.0.1:1" in sentence
