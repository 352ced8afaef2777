"""``mlc demo zoho-books+basware``: every invoice taken, posted and answered once; every case as the contract has it."""

import json

import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc

from .costpage import hold_to_the_page


def test_the_demo_ends_well_and_every_invoice_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlc.engine.soon.FIRST_ASKED_S", 0.3)
    monkeypatch.setattr("mlc.engine.booking.FIRST_ASKED_S", 0.2)
    monkeypatch.setattr("mlc.engine.stagework.PROVISIONAL_S", 0.0)
    asked = ["demo", "zoho-books+basware", "--json", "--records", "20", "--seed", "11"]
    done = CliRunner().invoke(mlc, asked, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert [case for case in told["cases"] if case["expected"] != case["got"]] == []
    assert told["ok"] is True
    assert done.exit_code == 0
    passes = {one["name"]: one for one in told["passes"]}
    acts = ["corrected", "matched", "refused", "twenty", "quiet 1", "quiet 2"]
    assert list(passes) == ["first", "unchanged", "changed", *acts, "webhook"]
    assert sum(side["write"] for side in passes["unchanged"]["calls"].values()) == 0
    first, changed = passes["first"]["flows"], passes["changed"]["flows"]
    posted = first["bill"]["created"] + first["bill"]["adopted"] + first["vendor_credit"]["created"]
    assert first["document_report"]["created"] >= 2 * posted, "each was taken and answered"
    assert (changed["bill"]["created"], changed["vendor_credit"]["created"]) == (1, 1)
    assert changed["document_report"]["created"] == 8
    assert passes["refused"]["flows"]["document_report"]["dead"] == 1
    assert told["webhook"]["records_lost_on_the_way"] == 3
    assert told["webhook"]["written_by_the_poll"] == 3
    assert told["reconcile"]["balanced"] is True
    hold_to_the_page(told)
