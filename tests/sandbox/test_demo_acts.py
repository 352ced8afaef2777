"""Passes after the third, and when a demo is as it should be."""

from __future__ import annotations

from typing import Any

import pytest
from mlc_sandbox.company import make_company, make_payables_company, make_selling_company
from mlc_sandbox.demo import Demo
from mlc_sandbox.demopasses import FIGURES, Pass
from mlc_sandbox.demostory import Story, what_it_has
from mlc_sandbox.scenarios import CaseResult, zoho_books_bill, zoho_books_zoho_crm
from mlc_sandbox.scenarios.contract import Act, acts_of


def ran(name: str, *, updated: int = 0, writes: int = 0) -> Pass:
    figures = {"contact": {**dict.fromkeys(FIGURES, 0), "updated": updated}}
    return Pass(name, figures, {"left": {"read": 1, "write": 0}, "right": {"read": 1, "write": writes}}, 0.1, [])


def demo(*later: Pass, sent: int = 3, batches: bool = False, silent: frozenset[str] | None = None) -> Demo:
    passes = (ran("first", updated=9, writes=9), ran("unchanged"), ran("changed", updated=3, writes=sent), *later)
    case = CaseResult("a", "posted", "posted")
    names = frozenset({"unchanged"}) if silent is None else silent
    return Demo("a+b", 1, passes, (case,), {}, 3, names, batches)


def test_runs_of_an_act_are_numbered() -> None:
    assert Act("merged", ()).passes() == ["merged"]
    assert Act("quiet", (), runs=3).passes() == ["quiet 1", "quiet 2", "quiet 3"]


def test_scenario_without_later_has_no_further_pass() -> None:
    assert acts_of(zoho_books_bill, make_payables_company(1, 5)) == ()  # type: ignore[arg-type]
    acts = acts_of(zoho_books_zoho_crm, make_selling_company(1, 5))  # type: ignore[arg-type]
    assert [(act.name, len(act.changes), act.runs, act.silent) for act in acts] == [
        ("won", 1, 1, False),
        ("merged", 2, 1, False),
        ("conflict", 80, 1, False),
        ("quiet", 0, 10, True),
    ]


def test_fewer_calls_than_changes_are_right_only_where_one_call_writes_many() -> None:
    assert demo().ok
    assert not demo(sent=2).ok
    assert demo(sent=2, batches=True).ok
    assert not demo(sent=4, batches=True).ok


def test_silent_run_that_wrote_something_fails_the_demo() -> None:
    silent = frozenset({"unchanged", "quiet 1", "quiet 2"})
    assert demo(ran("conflict", updated=40, writes=2), ran("quiet 1"), ran("quiet 2"), silent=silent).ok
    assert not demo(ran("quiet 1"), ran("quiet 2", updated=1, writes=1), silent=silent).ok
    assert not demo(ran("quiet 1", writes=1), silent=silent).ok


@pytest.mark.parametrize(
    ("company", "words"),
    [
        (make_company(1, 20), "60 vendors"),
        (make_payables_company(1, 20), "bills in the books"),
        (make_selling_company(1, 20), "21 customers, 200 prospects, 69 deals and 47 invoices"),
    ],
)
def test_story_says_what_the_company_has(company: Any, words: str) -> None:
    assert words in what_it_has(company)


def test_story_tells_of_each_further_pass(capsys: pytest.CaptureFixture[str]) -> None:
    Story().acted("quiet", [], 10)
    Story().acted("merged", ["a", "b"], 1)
    told = capsys.readouterr().out
    assert "Quiet: nobody touches anything, then 10 runs." in told
    assert "Merged: 2 edits by people, then 1 run." in told
