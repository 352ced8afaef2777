"""What the torture found in BILL's stand-in, laid out so that it strikes every time."""

from __future__ import annotations

import pytest
from mlc_sandbox import torture
from mlc_sandbox.bill.app import BillStandIn
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.faults import Kind


def test_a_limit_that_arrives_unreadable_loses_no_bill() -> None:
    standin = BillStandIn(company=make_company(7, 4))
    standin.limits_enabled = False
    for kind in (Kind.RATE_LIMIT, Kind.REPLY_GARBLED):
        standin.faults.ask(r"POST /connect/v3/bills$", kind, times=2, seconds=1.0)
    told = torture.run("bill", faults=0, records=4, standin=standin)
    assert (told["struck"], told["created"]) == ({"rate_limit": 2, "reply_garbled": 2}, told["records"])
    assert {name: told[name] for name in ("duplicates", "lost", "wrong", "held", "open")} == {
        "duplicates": [], "lost": [], "wrong": [], "held": 0, "open": 0,
    }  # fmt: skip


def test_a_replacement_that_never_arrived_is_not_taken_for_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlc_bill.render_documents._same_lines", lambda rendering, keys: False)
    told = torture.run("bill", faults=18, seed=1, kinds=["drop"], records=8)
    assert told["updated"] > 0
    assert (told["wrong"], told["lost"], told["duplicates"], told["held"], told["open"]) == ([], [], [], 0, 0)
