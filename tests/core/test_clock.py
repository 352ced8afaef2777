"""Instants as the tables hold them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from mlc.clock import Clock, parse_stamp, stamp


def test_an_instant_is_stored_in_utc_with_microseconds() -> None:
    there = datetime(2026, 11, 20, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(there) == "2026-11-20T10:00:00.000000+00:00"
    assert parse_stamp(stamp(there)) == there


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        stamp(datetime(2026, 11, 20))  # noqa: DTZ001


def test_the_real_clock_is_aware_and_its_boot_time_never_goes_back() -> None:
    clock = Clock()
    assert clock.now().tzinfo is UTC
    assert clock.boottime() <= clock.boottime()
