"""Transaction locks → the last closed day per area. Pure.

The vendor's list names a lock's scope by a number, whose meaning it does not document, and by a word. A scope that no
word explains is taken to close everything: a document held for nothing is better than one posted into a closed period.
"""

from collections.abc import Sequence
from datetime import date

from mlc_zoho.books.schemas import Row, day, text

PURCHASES, BANKING, SALES, PAYMENTS = "purchases", "banking", "sales", "payments"

_WORDS = (("purchase", PURCHASES), ("bank", BANKING), ("sale", SALES))
_ELSEWHERE = ("accountant", "inventory", "payroll")
_OFF = frozenset({"disabled", "unlocked", "inactive", "deleted", "open"})


def locks_of(found: Sequence[Row]) -> dict[str, date]:
    """Area → last closed day. ``payments`` is closed where purchases or banking are: Zoho asks for both to be open."""
    closed: dict[str, date] = {}
    for row in found:
        until = day(row, "transaction_lock_date") or day(row, "end_date")
        if until is None or _is_off(row):
            continue
        for area in _areas(row):
            closed[area] = max(until, closed.get(area, until))
    both = [closed[area] for area in (PURCHASES, BANKING) if area in closed]
    if both:
        closed[PAYMENTS] = max(both)
    return closed


def _is_off(row: Row) -> bool:
    return any((text(row, key) or "").lower() in _OFF for key in ("transaction_lock_status", "lock_status", "status"))


def _areas(row: Row) -> tuple[str, ...]:
    words = " ".join(text(row, key) or "" for key in ("transaction_lock_module", "lock_scope_formatted", "lock_module"))
    named = tuple(area for word, area in _WORDS if word in words.lower())
    if not named and any(word in words.lower() for word in _ELSEWHERE):
        return ()
    return named or (PURCHASES, BANKING, SALES)
