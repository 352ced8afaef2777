"""Reading Procurify's list filters: ranges, choices, free text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from mlc_sandbox.procurify.values import Wire, calendar_day, wire_moment
from mlc_sandbox.toolkit.http import Query, Refused, json_response

Test = Callable[[Wire], bool]
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})


class Filters:
    """The filters of one request. A value that cannot be read answers 400, or is ignored by switch."""

    def __init__(self, query: Query, switches: Wire, *, ignored: bool = False) -> None:
        self._query = query
        self._strict = switches["invalid_filter"] == "error"
        self._inclusive = bool(switches["filters_inclusive"])
        self._ignored = ignored
        self.tests: list[Test] = []

    def text(self, name: str) -> str | None:
        """The value of a parameter; None when it is absent, empty, or filters are ignored."""
        if self._ignored:
            return None
        return self._query.get(name) or None

    def texts(self, name: str) -> list[str]:
        """Every value under a name, with comma lists taken apart."""
        if self._ignored:
            return []
        return [part for value in self._query.all(name) for part in value.split(",") if part]

    def _read(self, name: str, read: Callable[[str], Any], complaint: str) -> Any:
        text = self.text(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError:
            if self._strict:
                raise Refused(json_response(400, {name: [complaint]})) from None
            return None

    def moment(self, name: str) -> datetime | None:
        """A date-time parameter."""
        found: datetime | None = self._read(name, wire_moment, "Enter a valid date/time.")
        return found

    def day(self, name: str) -> date | None:
        """A date parameter; a date-time is cut to its day."""
        found: date | None = self._read(name, calendar_day, "Enter a valid date.")
        return found

    def whole(self, name: str) -> int | None:
        """An integer parameter."""
        found: int | None = self._read(name, int, "Enter a whole number.")
        return found

    def flag(self, name: str) -> bool | None:
        """A boolean parameter."""
        text = (self.text(name) or "").lower()
        return True if text in _TRUE else False if text in _FALSE else None

    def moments(self, name: str) -> tuple[str | None, str | None]:
        """``<name>_0/_1`` to the second, as wire texts that bound the stored microsecond texts inclusively."""
        low, high = self.moment(f"{name}_0"), self.moment(f"{name}_1")
        step = timedelta(0) if self._inclusive else timedelta(seconds=1)
        return (
            None if low is None else (low + step).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            None if high is None else (high - step).strftime("%Y-%m-%dT%H:%M:%S.999999Z"),
        )

    def days(self, name: str) -> tuple[str | None, str | None]:
        """``<name>_0/_1`` by UTC day, as bounds like those of ``moments``."""
        low, high = self.day(f"{name}_0"), self.day(f"{name}_1")
        step = timedelta(0) if self._inclusive else timedelta(days=1)
        return (
            None if low is None else f"{(low + step).isoformat()}T00:00:00.000000Z",
            None if high is None else f"{(high - step).isoformat()}T23:59:59.999999Z",
        )

    def day_range(self, name: str, get: Callable[[Wire], str | None]) -> None:
        """Keep objects whose date lies in ``<name>_0/_1``; those without the date fall out."""
        low, high = self.days(name)
        if low is not None or high is not None:
            first, last = (low or "")[:10], (high or "9999")[:10]
            self.tests.append(lambda obj: first <= (get(obj) or "")[:10] <= last)

    def choice(self, name: str, get: Callable[[Wire], Any]) -> None:
        """Keep objects whose value is one of those sent (comma list or repeated)."""
        wanted = frozenset(self.texts(name))
        if wanted:
            self.tests.append(lambda obj: str(get(obj)) in wanted)

    def truth(self, name: str, get: Callable[[Wire], Any]) -> None:
        """Keep objects for which something holds, or does not."""
        wanted = self.flag(name)
        if wanted is not None:
            self.tests.append(lambda obj: bool(get(obj)) is wanted)

    def search(self, *gets: Callable[[Wire], str | None]) -> None:
        """Free text in any of the fields, without regard to case."""
        wanted = (self.text("search") or "").lower()
        if wanted:
            self.tests.append(lambda obj: any(wanted in (get(obj) or "").lower() for get in gets))

    def keep(self, test: Test) -> None:
        """Keep objects that pass a test, unless filters are ignored."""
        if not self._ignored:
            self.tests.append(test)

    def passes(self, obj: Wire) -> bool:
        """Whether an object passes every test."""
        return all(test(obj) for test in self.tests)
