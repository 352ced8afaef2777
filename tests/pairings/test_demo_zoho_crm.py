"""``mlc demo zoho-books+zoho-crm``: every case as the pairing's contract has it, forty conflicts, ten silent runs."""

import json
from pathlib import Path

from click.testing import CliRunner
from mlc.cli.main import mlc


def test_people_are_merged_both_ways_and_ten_more_runs_write_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    asked = ["demo", "zoho-books+zoho-crm", "--json", "--records", "12", "--seed", "3", "--keep", str(kept)]
    done = CliRunner().invoke(mlc, asked, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert told["problems"] == []
    assert told["ok"] is True
    assert done.exit_code == 0
    passes = {one["name"]: one for one in told["passes"]}
    assert list(passes)[:6] == ["first", "unchanged", "changed", "won", "merged", "conflict"]
    assert passes["first"]["flows"]["customer"]["adopted"] == 14
    assert passes["first"]["flows"]["contact"]["adopted"] == 85
    assert passes["conflict"]["flows"]["contact"]["updated"] == 40
    written = {name: sum(side["write"] for side in one["calls"].values()) for name, one in passes.items()}
    assert written["unchanged"] == 0
    assert [written[f"quiet {number}"] for number in range(1, 11)] == [0] * 10
    assert told["webhook"]["records_told_of"] == 45
    assert told["webhook"]["records_lost_on_the_way"] == 5
    listing = ["--config", str(kept / "mlc.toml"), "status", "--unlinked"]
    unlinked = json.loads(CliRunner().invoke(mlc, [*listing, "--json"], catch_exceptions=False).stdout)["unlinked"]
    assert {one["kept_in"] for one in unlinked} == {"zoho-books", "zoho-crm"}, "a person removed on each side"
    table = CliRunner().invoke(mlc, listing, catch_exceptions=False)
    assert table.exit_code == 0
    assert all(one["email"] in table.stdout for one in unlinked)
    both = CliRunner().invoke(mlc, [*listing, "--period", "2026-03"])
    assert (both.exit_code, "ask for one" in both.output) == (2, True)
