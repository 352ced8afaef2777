"""``mlc demo zoho-books+bill``: every case as the pairing's contract has it, once by runs and once by webhooks."""

import json

from click.testing import CliRunner
from mlc.cli.main import mlc


def test_the_demo_ends_well_and_webhooks_bring_each_bill_once() -> None:
    asked = ["demo", "zoho-books+bill", "--json", "--records", "12", "--seed", "11"]
    done = CliRunner().invoke(mlc, asked, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert [case for case in told["cases"] if case["expected"] != case["got"]] == []
    assert told["ok"] is True
    assert done.exit_code == 0
    first, unchanged, changed, webhook = told["passes"]
    assert [one["name"] for one in told["passes"]] == ["first", "unchanged", "changed", "webhook"]
    assert first["flows"]["bill"]["adopted"] == 3
    assert sum(side["write"] for side in unchanged["calls"].values()) == 0
    assert sum(side["write"] for side in changed["calls"].values()) == 18
    assert webhook["flows"]["bill"]["created"] >= 5
    assert told["webhook"]["records_told_of"] == 45
    assert told["webhook"]["records_lost_on_the_way"] == 5
    assert told["reconcile"]["balanced"] is True
