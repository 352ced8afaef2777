"""When a pairing is due again."""

from datetime import UTC, datetime, timedelta

from mlc.engine.runreport import RunReport
from mlc.runner.pace import due_after, due_after_failure
from mlc.runner.schedule import parse_every

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUARTERLY = parse_every("15m")


def _minutes(moment: datetime) -> float:
    return (moment - NOON).total_seconds() / 60


def _report(*, next_look: datetime | None = None) -> RunReport:
    return RunReport("main", 1, NOON, next_look=next_look)


def test_a_run_is_followed_by_the_next_slot() -> None:
    assert _minutes(due_after(_report(), QUARTERLY, NOON + timedelta(minutes=1))) == 15


def test_missed_slots_are_made_up_for_once() -> None:
    late = NOON + timedelta(minutes=50)
    assert due_after(_report(), QUARTERLY, late) == late, "at once, and not once for each slot that the run took"


def test_an_uncertain_write_is_looked_up_before_the_next_slot() -> None:
    report = _report(next_look=NOON + timedelta(minutes=2))
    assert _minutes(due_after(report, QUARTERLY, NOON + timedelta(minutes=1))) == 2


def test_a_failure_is_tried_again_before_the_next_slot_with_growing_pauses() -> None:
    assert [_minutes(due_after_failure(QUARTERLY, NOON, failures)) for failures in (1, 2, 3)] == [0.5, 1, 2]
    assert _minutes(due_after_failure(QUARTERLY, NOON, 20)) == 15
