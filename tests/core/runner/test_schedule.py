"""Slots: intervals and cron lines, one catch-up, the nightly sweep."""

from datetime import UTC, datetime, timedelta

import pytest
from mlc.errors import ConfigError
from mlc.runner.schedule import next_sweep, parse_every

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("90s", 90), ("2h", 7_200), ("1d", 86_400), (" 15 M ", 900)]
)
def test_an_interval_counts_from_the_start_of_the_last_run(text: str, seconds: int) -> None:
    assert parse_every(text).after(NOON) == NOON + timedelta(seconds=seconds)


def test_a_cron_line_names_the_next_slot_after_the_last_run() -> None:
    schedule = parse_every("30 6 * * 1-5")
    assert schedule.after(NOON) == datetime(2026, 11, 23, 6, 30, tzinfo=UTC), "the 21st is a Saturday"


@pytest.mark.parametrize("text", ["", "often", "0m", "15", "61 * * * *", "1h30m"])
def test_what_is_neither_is_refused_with_both_forms(text: str) -> None:
    with pytest.raises(ConfigError, match=r"an interval like 15m nor a cron line"):
        parse_every(text)


def test_a_sweep_is_due_once_a_night() -> None:
    assert next_sweep(NOON) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert next_sweep(datetime(2026, 11, 20, 1, 0, tzinfo=UTC)) == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert next_sweep(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
