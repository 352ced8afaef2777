"""What is concluded of a write that never left, and what a plugin is told of the version it was decided upon."""

from dataclasses import fields, replace
from typing import Any

import pytest
from mlc.contract import NotSent, Operation, RejectCause, Rejected, Strategy
from mlc.engine.intents import Intent
from mlc.engine.sending import Fate, conclude
from mlc.engine.states import PROVISIONAL
from mlc.http import Verdict


@pytest.fixture
def intent() -> Intent:
    values: dict[str, Any] = dict.fromkeys(one.name for one in fields(Intent))
    own = {"id": "i1", "operation": Operation.UPDATE, "strategy": Strategy.UNIQUE_FIELD, "payload": b"{}"}
    return Intent(**(values | own))


def test_what_was_changed_there_before_anything_left_is_decided_again(intent: Intent) -> None:
    """A plugin that looks before it sends a batch tells which records stand in its way; the others go without them."""
    stale = Rejected("i1", "changed there", cause=RejectCause.CONFLICT)
    assert conclude(intent, Verdict.SURELY_NOT_SENT, stale, None).fate is Fate.CONFLICT
    other = conclude(intent, Verdict.SURELY_NOT_SENT, NotSent("i1", 0.0), None)
    assert (other.fate, other.retry_after_s) == (Fate.RETRY, 0.0)
    wrong = Rejected("i1", "no such thing")
    assert conclude(intent, Verdict.SURELY_NOT_SENT, wrong, None).fate is Fate.REJECTED


def test_a_plugin_gets_its_own_version_back_without_our_mark(intent: Intent) -> None:
    for stored, told in ((f"V7{PROVISIONAL}", "V7"), ("V7", "V7"), (None, None)):
        assert replace(intent, expected_version=stored).as_write().expected_version == told
