"""``python -m mlc_sandbox``: serves until stopped and says where."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
from click.testing import CliRunner
from mlc_sandbox.cli import sandbox


def test_a_served_stand_in_says_its_url_in_one_line() -> None:
    command = [sys.executable, "-m", "mlc_sandbox", "procurify", "--records", "40", "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["system"] == "procurify"
        assert httpx.get(f"{said['url']}/_sandbox/limits").json()["enabled"] is False
        assert httpx.get(f"{said['url']}/_sandbox/objects").json()["bills"] > 0
        process.terminate()


def test_an_unknown_system_is_named_with_the_known_ones() -> None:
    result = CliRunner().invoke(sandbox, ["serve", "nobody"])
    assert result.exit_code == 2
    assert "procurify" in result.output
