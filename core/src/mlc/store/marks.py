"""Moments by a clock that nobody sets: the database server's, on SQLite the machine's count since it was started."""

from datetime import timedelta

from sqlalchemy import Connection, text

from mlc.clock import Clock

_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_SERVER = text(
    "SELECT extract(epoch FROM pg_postmaster_start_time()), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)


def mark_of_now(connection: Connection, clock: Clock) -> str | None:
    """This moment as it is noted with a write: microseconds, and the start that they belong to. None where the platform
    names no start of the machine: there the clock of the day has to do."""
    if connection.dialect.name == "sqlite":
        boot, now = clock.boot_id(), clock.boottime() * _SECOND // _MICROSECOND
        if boot is None:
            return None
    else:
        boot, now = connection.execute(_SERVER).one()
    return f"{now + clock.skipped() // _MICROSECOND} {boot}"


def time_between(mark: str | None, later: str | None) -> timedelta | None:
    """What has passed from one mark to the other; None when a start, or a clock that was set back, lies between."""
    if mark is None or later is None:
        return None
    (before, _, boot), (now, _, same) = mark.partition(" "), later.partition(" ")
    passed = (int(now) - int(before)) * _MICROSECOND
    return passed if boot == same and passed >= timedelta() else None
