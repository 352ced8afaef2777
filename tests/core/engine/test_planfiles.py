"""A stored plan is read line by line: how long it is does not show in memory (R39)."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlc.engine.planfiles import StoredPlan, draft_plan, end_plan, read_plan
from mlc.engine.planitems import PlanItem
from mlc.engine.planlines import Chosen
from mlc.errors import ConfigError
from mlc.store.keys import Keys

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEYS = Keys(b"k" * 32, ())
#: A plan of LINES is about 7 MB of text, and more once it is read whole.
LINES = 20_000
ROOM = 2_000_000


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    with draft_plan(path, pairing="main", keys=KEYS) as draft:
        for flow, numbers in (("vendors", range(0)), ("bills", range(LINES))):
            draft.begin_flow(flow)
            for number in numbers:
                draft.line(line(flow, number))
            draft.end_flow({"counts": {"create": len(numbers)}})
        end_plan(draft, configuration={"bills": "1"}, now=NOW, valid=timedelta(days=1))
    return path


def line(flow: str, number: int) -> dict[str, object]:
    basis = dict.fromkeys(("configuration", "source", "target", "binding", "people"), f"{number:040}")
    what = f"Bill {number} — naïve"
    return {"record": number, "flow": flow, "action": "create", "id": f"i{number}", "basis": basis, "what": what}


@contextmanager
def read(path: Path, now: datetime = NOW) -> Iterator[StoredPlan]:
    found = read_plan(path, keys=KEYS, now=now)
    try:
        yield found
    finally:
        found.lines.close()


def test_a_long_plan_is_read_and_gone_through_in_little_memory(plan: Path) -> None:
    assert plan.stat().st_size > 3 * ROOM
    tracemalloc.start()
    try:
        with read(plan) as stored:
            assert sum(len(batch) for batch in stored.lines.batches()) == LINES
            peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < ROOM, f"{peak:,} bytes at most"


def test_a_line_is_found_by_its_record_and_chosen_when_it_would_be_decided_so_again(plan: Path) -> None:
    with read(plan) as stored:
        lines, chosen = stored.lines, Chosen(stored.lines)
        assert (stored.pairing, stored.made_at) == ("main", NOW)
        assert lines.line(7) == line("bills", 7)
        assert lines.line(LINES) is None
        lines.decided_now(7, PlanItem("i7", {"source": "a"}), waits=None)
        lines.decided_now(8, PlanItem("another", {"source": "b"}), waits="until noon")
        assert (lines.waits(7), lines.waits(8), lines.waits(9)) == (None, "until noon", None)
        assert (list(chosen), len(chosen), 7 in chosen, 8 in chosen) == ([7], 1, True, False)
        assert chosen.get(7) == PlanItem("i7", line("bills", 7)["basis"])  # type: ignore[arg-type]
        assert lines.now(8) == PlanItem("another", {"source": "b"})
        assert lines.now(9) is None


@pytest.mark.parametrize("cut", [1, 40, 3_000_000])
def test_a_plan_that_was_cut_or_lengthened_is_refused(plan: Path, tmp_path: Path, cut: int) -> None:
    whole, other = plan.read_bytes(), tmp_path / "other.json"
    other.touch(0o600)
    for changed in (whole[:-cut], whole[:-cut] + b"x" + whole[-cut:], whole + b" " * cut):
        other.write_bytes(changed)
        with pytest.raises(ConfigError, match="was changed since it was written"), read(other):
            pass


def test_a_plan_is_refused_when_its_time_is_over(plan: Path) -> None:
    with pytest.raises(ConfigError, match="was valid until"), read(plan, NOW + timedelta(days=2)):
        pass
