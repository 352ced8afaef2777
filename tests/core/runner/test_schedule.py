"""Slots: intervals and cron lines, the operator's time zone, jitter, one catch-up, the nightly sweep."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from mlc.errors import ConfigError
from mlc.runner.schedule import next_sweep, parse_every, schedule_of

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CLOCKS_BACK = datetime(2026, 10, 25, tzinfo=UTC)
CLOCKS_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("90s", 90), ("2h", 7_200), ("1d", 86_400), (" 15 M ", 900)]
)
def test_slots_of_an_interval_are_the_same_wherever_they_are_counted(text: str, seconds: int) -> None:
    schedule = parse_every(text)
    slot = schedule.after(NOON)
    assert NOON < slot <= NOON + timedelta(seconds=seconds)
    assert schedule.after(slot) == slot + timedelta(seconds=seconds)
    assert {schedule.after(slot + timedelta(seconds=past)) for past in (0, 1, seconds - 1)} == {schedule.after(slot)}
    assert schedule.latest(slot) == slot == schedule.latest(slot + timedelta(seconds=seconds - 1))


def test_a_cron_line_names_the_next_slot_after_the_last_run() -> None:
    schedule = parse_every("30 6 * * 1-5")
    assert schedule.after(NOON) == datetime(2026, 11, 23, 6, 30, tzinfo=UTC), "the 21st is a Saturday"
    assert schedule.latest(NOON) == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    assert schedule.latest(datetime(2026, 11, 23, 6, 30, 0, 7, tzinfo=UTC)) == schedule.after(NOON)


def test_a_cron_line_means_the_operators_hours() -> None:
    schedule = schedule_of("books", every="0 6 * * *", jitter="0s", zone=BERLIN)
    assert schedule.after(NOON) == datetime(2026, 11, 21, 5, 0, tzinfo=UTC), "winter"
    assert schedule.after(NOON + timedelta(days=200)) == datetime(2027, 6, 9, 4, 0, tzinfo=UTC), "summer"


@pytest.mark.parametrize("begin", [CLOCKS_BACK, CLOCKS_FORWARD])
@pytest.mark.parametrize("line", ["30 2 * * *", "*/15 * * * *", "0 */2 * * *", "0 0 * * *"])
@pytest.mark.parametrize("jitter", ["0s", "50s"])
def test_a_clock_change_neither_repeats_nor_loses_a_slot(line: str, begin: datetime, jitter: str) -> None:
    schedule = schedule_of("books", every=line, jitter=jitter, zone=BERLIN)
    moment = begin - timedelta(hours=6)
    slots = [schedule.latest(moment)]
    while moment < begin + timedelta(hours=30):
        assert schedule.after(moment) > moment, "or the pairing would run without end"
        if schedule.latest(moment) != slots[-1]:
            slots.append(schedule.latest(moment))
        assert schedule.latest(moment) <= moment < schedule.after(schedule.latest(moment))
        moment += timedelta(minutes=7)
    assert slots == sorted(set(slots))
    if line == "30 2 * * *":
        days = [slot.astimezone(BERLIN).date() for slot in slots]
        assert days == sorted(set(days)), "once a day, also on the day with two half past twos"


def test_jitter_moves_every_slot_of_a_pairing_by_the_same_time() -> None:
    plain = parse_every("0 6 * * *")
    one = schedule_of("one", every="0 6 * * *", jitter="10m")
    again = schedule_of("one", every="0 6 * * *", jitter="10m")
    moved = one.after(NOON) - plain.after(NOON)
    assert timedelta() <= moved < timedelta(minutes=10)
    assert again == one
    assert one.after(one.after(NOON)) - plain.after(plain.after(NOON)) == moved
    assert one.latest(one.after(NOON)) == one.after(NOON)


def test_many_pairings_are_spread_over_their_interval() -> None:
    minutes = [
        (schedule_of(f"pairing {number}", every="15m").after(NOON) - NOON).total_seconds() // 60
        for number in range(500)
    ]
    busiest = max(minutes.count(minute) for minute in set(minutes))
    assert len(set(minutes)) >= 15
    assert busiest < 60, "500 in 15 minutes are 33 a minute when they are even"


def test_slots_missed_while_nothing_ran_are_made_up_for_once() -> None:
    schedule = parse_every("15m")
    assert schedule.due(None, NOON) == NOON, "never ran"
    assert schedule.due(NOON - timedelta(days=3), NOON) == NOON, "one catch-up"
    assert schedule.due(NOON, NOON + timedelta(seconds=5)) == NOON + timedelta(minutes=15)


@pytest.mark.parametrize("text", ["", "often", "0m", "15", "61 * * * *", "1h30m"])
def test_what_is_neither_is_refused_with_both_forms(text: str) -> None:
    with pytest.raises(ConfigError, match=r"an interval like 15m nor a cron line"):
        parse_every(text)


def test_a_jitter_that_is_no_length_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'jitter = "some" is no length like 30s'):
        schedule_of("books", every="15m", jitter="some")


def test_a_sweep_is_due_once_a_night() -> None:
    assert next_sweep(NOON) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert next_sweep(datetime(2026, 11, 20, 1, 0, tzinfo=UTC)) == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert next_sweep(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert next_sweep(NOON, BERLIN) == datetime(2026, 11, 21, 1, 0, tzinfo=UTC), "the operator's night"
