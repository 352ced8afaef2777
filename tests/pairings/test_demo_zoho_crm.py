"""``mlc demo zoho-books+zoho-crm``: every case as the pairing's contract has it, forty conflicts, ten silent runs."""

import json

from click.testing import CliRunner
from mlc.cli.main import mlc


def test_people_are_merged_both_ways_and_ten_more_runs_write_nothing() -> None:
    asked = ["demo", "zoho-books+zoho-crm", "--json", "--records", "12", "--seed", "3"]
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
