"""Answers to creates are lost after BILL has stored the record: every bill and vendor is there once."""

from pathlib import Path

import pytest
from mlc.plugins import Plugins
from mlc_sandbox.demolost import lose_answers


@pytest.mark.parametrize(("kind", "times"), [("bills", 5), ("vendors", 3)])
def test_what_was_stored_before_its_answer_was_lost_is_there_once(
    tmp_path: Path, plugins: Plugins, kind: str, times: int
) -> None:
    found = lose_answers(tmp_path, plugins, times=times, records=1, kind=kind)
    assert (found.struck, found.doubled, found.missing) == (times, (), ())
    assert found.lookups >= 1
