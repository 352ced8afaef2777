"""Moments by a clock that nobody sets: the database server's, on SQLite the machine's count since it was started."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from mlc.clock import Clock

_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_SERVER = text(
    "SELECT extract(epoch FROM pg_postmaster_start_time()), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)


def mark_of_now(connection: Connection, clock: Clock) -> str:
    """This moment as it is noted with a write: microseconds, and the start that they count from. Where the platform
    names no start of the machine, the clock of the day has to do."""
    if connection.dialect.name != "sqlite":
        start, now = connection.execute(_SERVER).one()
    elif (start := clock.boot_id()) is not None:
        now = clock.boottime() * _SECOND // _MICROSECOND
    else:
        return f"{(clock.now() - _FIRST_DAY) // _MICROSECOND} day"
    return f"{now + clock.skipped() // _MICROSECOND} {start}"


def time_between(mark: str | None, later: str) -> timedelta | None:
    """What has passed from one mark to the other; None when a start, or a clock that was set back, lies between."""
    if mark is None:
        return None
    (before, _, start), (now, _, same) = mark.partition(" "), later.partition(" ")
    passed = (int(now) - int(before)) * _MICROSECOND
    return passed if start == same and passed >= timedelta() else None
