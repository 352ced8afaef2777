"""Logs are JSON, carry run, pairing and record, and no secret."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlc.logs import log_as_json
from mlc.runner.worklog import Log
from mlc.store.audit import AuditGroup
from mlc.store.database import open_database

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger("mlc")
    before = (root.handlers, root.level, root.propagate)
    made = io.StringIO()
    log_as_json("INFO", stream=made, secrets=["correct-horse-battery"])
    yield made
    root.handlers, root.propagate = before[0], before[2]
    root.setLevel(before[1])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_audit_event_is_a_line_with_run_pairing_and_record(stream: io.StringIO, tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    with database.write() as tx:
        group = AuditGroup(run_id=7, pairing="main")
        group.add("created", record_id=12, object_type="bill", side="right", external_id="460", intent="abc")
        group.write(tx, NOW)
    database.close()
    (line,) = lines(stream)
    assert {name: line[name] for name in ("message", "run", "pairing", "record", "object_type", "level")} == {
        "message": "created",
        "run": 7,
        "pairing": "main",
        "record": 12,
        "object_type": "bill",
        "level": "info",
    }


@pytest.mark.parametrize(
    "text",
    [
        "it said correct-horse-battery",
        "Authorization: Bearer abcdef0123456789",
        "https://api.example.com/x?access_token=abcdef0123456789",
        '{"client_secret": "abcdef0123456789"}',
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef0123456789",
    ],
)
def test_no_secret_reaches_the_log_wherever_it_stands(stream: io.StringIO, text: str) -> None:
    log = logging.getLogger("mlc.test")
    log.info("told: %s", text, extra={"detail": {"inner": [text]}})
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    written = stream.getvalue()
    assert len(lines(stream)) == 2
    assert "correct-horse-battery" not in written
    assert "abcdef0123456789" not in written


def test_structlog_is_not_loaded_until_logs_are_asked_for() -> None:
    code = (
        "import sys\nfrom mlc.cli.main import main\n"
        "try:\n    main(['run', '--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit('structlog' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_processes_say_what_happens_as_lines_of_json_or_as_text() -> None:
    spoken, written = io.StringIO(), io.StringIO()
    for log in (Log(as_json=True, stream=spoken), Log(as_json=False, stream=written)):
        log.say("run.taken_over", "main: token=abcdef0123456789", level="warning", pairing="main", fence=3, run=None)
        log.handler.handle(
            logging.makeLogRecord({"name": "redis", "levelno": 30, "levelname": "WARNING", "msg": "gone"})
        )
    first, second = lines(spoken)
    assert {name: first[name] for name in ("message", "level", "logger", "pairing", "fence")} == {
        "message": "run.taken_over",
        "level": "warning",
        "logger": "mlc.runner",
        "pairing": "main",
        "fence": 3,
    }
    assert "run" not in first
    assert second["message"] == "gone"
    text = written.getvalue().splitlines()
    assert len(text) == 2
    assert "main: token=" in text[0]
    assert "abcdef" not in spoken.getvalue() + written.getvalue()
