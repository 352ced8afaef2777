"""``mlc demo quickbooks+basware``: every invoice taken, posted and answered once; payments told once money moved."""

import json

import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc

from .costpage import hold_to_the_page


def test_the_demo_ends_well_and_every_invoice_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlc.engine.soon.FIRST_ASKED_S", 0.3)
    monkeypatch.setattr("mlc.engine.booking.FIRST_ASKED_S", 0.2)
    monkeypatch.setattr("mlc.engine.stagework.PROVISIONAL_S", 0.0)
    asked = ["demo", "quickbooks+basware", "--json", "--records", "20", "--seed", "5"]
    done = CliRunner().invoke(mlc, asked, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert [case for case in told["cases"] if case["expected"] != case["got"]] == []
    assert told["problems"] == []
    assert done.exit_code == 0
    passes = {one["name"]: one for one in told["passes"]}
    names = ["first", "unchanged", "changed", "mended", "refused", "replayed", "void", "twenty", "quiet 1", "quiet 2"]
    names += ["named", "created", "linked", "closed", "at rest", "webhook"]
    assert list(passes) == names
    assert sum(side["write"] for side in passes["unchanged"]["calls"].values()) == 0
    assert (passes["changed"]["flows"]["bill"]["created"], passes["changed"]["flows"]["vendor_credit"]["created"]) == (
        3, 1,
    )  # fmt: skip
    assert passes["first"]["flows"]["purchase_order"]["created"] == 2
    assert passes["refused"]["flows"]["document_report"]["dead"] == 1
    twenty, quiet = (passes[name]["calls"]["left"] for name in ("twenty", "quiet 1"))
    assert passes["twenty"]["flows"]["bill"]["created"] == twenty["write"] == 20
    assert (quiet["read"], twenty["read"]) == (2, 2), "preferences, all lists at once; nothing for what was written"
    assert told["webhook"]["records_told_of"] == 30
    assert told["reconcile"]["balanced"] is True
    hold_to_the_page(told)
