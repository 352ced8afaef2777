"""``mlc demo``: one command, no account, and an exit code that says whether everything came out as it should."""

import json
from pathlib import Path

from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc_sandbox.scenarios.contract import scenario_names


def test_the_demo_ends_well_and_its_second_pass_writes_nothing(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    done = CliRunner().invoke(
        mlc, ["demo", "--json", "--records", "40", "--seed", "7", "--keep", str(keep)], catch_exceptions=False
    )
    told = json.loads(done.stdout)
    assert [case for case in told["cases"] if case["expected"] != case["got"]] == []
    assert told["ok"] is True
    assert done.exit_code == 0
    assert list(told) == ["recipe", "seed", "ok", "passes", "cases", "reconcile", "problems"]
    first, unchanged, changed = told["passes"]
    assert [one["name"] for one in told["passes"]] == ["first", "unchanged", "changed"]
    assert first["flows"]["bill"]["created"] > 0
    assert sum(side["write"] for side in unchanged["calls"].values()) == 0
    assert sum(side["write"] for side in changed["calls"].values()) == 12
    assert told["reconcile"]["balanced"] is True
    assert (keep / "mlc.toml").is_file()
    again = CliRunner().invoke(mlc, ["demo", "--keep", str(keep)])
    assert again.exit_code == 2
    assert "is there already" in again.output
    assert "name a new folder" in again.output
    assert "demo-secret" not in (keep / "mlc.toml").read_text()


def test_the_demo_tells_a_story_in_a_pipe() -> None:
    done = CliRunner().invoke(mlc, ["demo", "--records", "20", "--seed", "3"], catch_exceptions=False)
    for sentence in (
        "First, the plan: nothing has been sent yet.",
        "Second run: nothing has changed, so nothing may be written.",
        "12 records change at the source.",
        "Both sides compared, and every difference is explained.",
        "cases came out as they should.",
    ):
        assert sentence in done.output
    assert done.exit_code == 0, done.output


def test_a_demo_of_an_unknown_recipe_names_those_that_there_are() -> None:
    done = CliRunner().invoke(mlc, ["demo", "nothing+nowhere"])
    assert done.exit_code == 2
    assert scenario_names()[0] in done.output
