"""Orders for matching as they stand in P2P after a demo: open or closed, each line with its net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlc_sandbox.scenarios.ledgerview import Record, decimal


def in_p2p(desk: Mapping[str, Iterable[Record]], number: str) -> str:
    """``closed, lines 200 closed, 400 deleted``; how many there are, where it is not one."""
    found = [row for row in desk.get("matchingOrders", ()) if row["orderNumber"] == number]
    if len(found) != 1:
        return f"{len(found)} of them"
    lines = [one for one in desk["matchingOrderLines"] if one["orderExternalCode"] == found[0]["externalCode"]]
    told = [f"{decimal(one['netSum']).normalize():f} {_word(one)}" for one in sorted(lines, key=_by_number)]
    return f"{_word(found[0])}, lines {', '.join(told)}"


def _word(row: Record) -> str:
    return "deleted" if row.get("isDeleted") else "closed" if row.get("isClosed") else "open"


def _by_number(row: Record) -> str:
    return str(row["lineNumber"])
