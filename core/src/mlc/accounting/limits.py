"""Blast-radius limits of one run of one flow (R24): beyond them nothing is sent until a person accepts the plan."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from mlc.recipes import Limits


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run would do. ``bound``: records of the flow so far. ``usual_creates``: of a usual day, if known."""

    creates: int = 0
    updates: int = 0
    voids: int = 0
    vanished: int = 0
    bound: int = 0
    usual_creates: int | None = None


def check_limits(counts: Counts, limits: Limits) -> str | None:
    """One sentence naming what would be exceeded, None when the run may go on."""
    void_limit = _larger(limits.voids_min, limits.voids_share, counts.bound)
    update_limit = _larger(limits.updates_min, limits.updates_share, counts.bound)
    found = []
    if counts.voids > void_limit:
        found.append(f"void {counts.voids} of {counts.bound} records (limit {void_limit})")
    if counts.vanished > void_limit:
        found.append(f"treat {counts.vanished} of {counts.bound} records as vanished (limit {void_limit})")
    if counts.updates > update_limit:
        found.append(f"change {counts.updates} of {counts.bound} records (limit {update_limit})")
    if counts.usual_creates is not None:
        create_limit = max(limits.creates_min, limits.creates_factor * counts.usual_creates)
        if counts.creates > create_limit:
            usual = f"limit {create_limit}, a usual day has {counts.usual_creates}"
            found.append(f"create {counts.creates} records ({usual})")
    if not found:
        return None
    return f"This run would {', and '.join(found)}. Nothing was sent; look at the plan and accept it to go on."


def _larger(floor: int, share: Decimal, bound: int) -> int:
    return max(floor, int((share * bound).to_integral_value(rounding=ROUND_CEILING)))
