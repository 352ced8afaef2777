"""Closed periods: dates compared as dates with the last closed day of the ledger's lock (R41)."""

from collections.abc import Iterable
from datetime import date, timedelta

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.recipes import Policy
from mlc.tenants import Probe


def is_locked(day: date | None, area: str | None, probe: Probe) -> bool:
    """True when this day is closed; False when no lock guards the area or there is no date."""
    closed_to = None if area is None else probe.locks.get(area)
    return closed_to is not None and day is not None and day <= closed_to


def first_open_day(day: date, area: str | None, probe: Probe) -> date:
    """The day itself when it is open, else the first one after the lock."""
    closed_to = None if area is None else probe.locks.get(area)
    return day if closed_to is None or day > closed_to else closed_to + timedelta(days=1)


def period_key(area: str, probe: Probe) -> str:
    """What a hold on this lock waits for: ``purchases:2026-03-31``; another date there wakes it."""
    return f"{area}:{probe.locks[area].isoformat()}"


def lock_hold(
    day: date | None,
    area: str | None,
    probe: Probe,
    policy: Policy,
    *,
    name: str,
    creating: bool = False,
    code: HoldCode = HoldCode.CLOSED_PERIOD,
) -> Hold | None:
    """The hold for one date in a closed period; None when it is open, or when a create may be moved (``next_open``).

    ``name`` is the document as the sentence names it, e.g. ``Bill HP-2209 of Harbour Paper``.
    """
    if area is None or day is None or not is_locked(day, area, probe):
        return None
    if creating and policy.closed_period == "next_open":
        return None
    closed_to = probe.locks[area]
    sentence = (
        f"{name}: its ledger date {day.isoformat()} is in a closed period; "
        f"{area} are closed up to and including {closed_to.isoformat()}."
    )
    return Hold(code, sentence, Waits.PERIOD, period_key(area, probe), {"date": day.isoformat(), "area": area})


def any_locked(days: Iterable[date | None], area: str | None, probe: Probe) -> bool:
    return any(is_locked(day, area, probe) for day in days)
