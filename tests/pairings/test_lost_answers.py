"""Answers to new bills are lost after BILL has stored them: every bill is there once."""

from pathlib import Path

from mlc.plugins import Plugins
from mlc_sandbox.demolost import lose_answers


def test_a_bill_whose_answer_was_lost_is_there_once(tmp_path: Path, plugins: Plugins) -> None:
    found = lose_answers(tmp_path, plugins, times=5, records=1)
    assert (found.struck, found.doubled, found.missing) == (5, (), ())
    assert found.lookups >= 1
