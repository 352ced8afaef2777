"""Which document of one side is which of the other: by natural key, group by group. Pure.

A record's binding only decides between documents of one key, and pairs those whose number or vendor no longer agree, so
that the disagreement is told instead of two missing documents.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date

from mlc.accounting.twins import RESTART_DAYS
from mlc.engine.reconcile.rows import Listed
from mlc.recipes import Side
from mlc.records import ObjectType

_BLOCKED = frozenset({"dead", "skipped", "before_go_live"})
_ALLOWED = frozenset({"post", "not_a_duplicate"})
"""What a person decides about a document that looks like one that is there already."""


@dataclass(frozen=True, slots=True)
class Pair:
    left: Listed
    right: Listed


def pair_group(left: Sequence[Listed], right: Sequence[Listed]) -> list[Pair]:
    """Pair the documents of one natural key: equal amount, date and currency first, then what is left, by date.

    A document that is bound is paired with nothing but its own record.
    """
    pairs: list[Pair] = []
    ours, theirs = sorted(left, key=_order), sorted(right, key=_order)
    for alike in _ALIKE:
        ours, theirs = _by(alike, ours, theirs, pairs)
    return pairs


def _by(
    alike: Callable[[Listed], Hashable | None], left: list[Listed], right: list[Listed], pairs: list[Pair]
) -> tuple[list[Listed], list[Listed]]:
    waiting: dict[Hashable, list[Listed]] = {}
    for row in right:
        if (mark := alike(row)) is not None:
            waiting.setdefault(mark, []).append(row)
    rest: list[Listed] = []
    taken: set[int] = set()
    for row in left:
        mark = alike(row)
        candidates = waiting.get(mark, []) if mark is not None else []
        found = next((one for one in candidates if _may_pair(row, one)), None)
        if found is None:
            rest.append(row)
            continue
        candidates.remove(found)
        taken.add(found.id)
        pairs.append(Pair(row, found))
    return rest, [row for row in right if row.id not in taken]


def _may_pair(left: Listed, right: Listed) -> bool:
    if (left.bound or right.bound) and left.record_id != right.record_id:
        return False
    return left.kind is ObjectType.PAYMENT or not restarted(left.day, right.day)


_ALIKE: tuple[Callable[[Listed], Hashable | None], ...] = (
    lambda row: row.record_id,
    lambda row: (row.number, row.total, row.day, row.currency),
    lambda row: (row.total, row.day, row.currency),
    lambda row: (row.total, row.currency),
    lambda row: row.kind,
)


def restarted(one: date | None, other: date | None) -> bool:
    """The same number so far apart that it is another document: suppliers restart their numbering."""
    return one is not None and other is not None and abs((one - other).days) > RESTART_DAYS


def doubles_in(
    group: Sequence[Listed],
    *,
    paired: frozenset[int],
    since: date | None,
    expected: frozenset[str] = frozenset(),
) -> list[Listed]:
    """The documents of one natural key that stand on their side once more than they should.

    Args:
        group: Every live document of this key, of both sides.
        paired: Ids of the rows that have a counterpart.
        expected: Vendors, by id or name, of whom twins are expected (``twins_expected``).

    On the side where they are born, those that wait, were given up on or are not final are no doubles: they are not
    carried. On the other side two documents that people typed there, and that nothing of ours meets, are theirs to
    judge. What a person called no duplicate is none. Payments of one amount on one day are doubles only where the
    other side has fewer.
    """
    found: list[Listed] = []
    if any({row.party_id, row.party_name} & expected for row in group):
        return found
    for side in Side:
        rows = [row for row in group if row.side is side and not _waits(row, since)]
        for cluster in _clusters(sorted(rows, key=_order)):
            found += _surplus(cluster, paired)
    return found


def _waits(row: Listed, since: date | None) -> bool:
    if since is not None and row.day is not None and row.day < since:
        return True
    return row.born_here and (row.hold_code is not None or row.state in _BLOCKED or not row.final)


def _clusters(rows: Sequence[Listed]) -> list[list[Listed]]:
    """Documents of one number that are no more than a restart of the numbering apart."""
    clusters: list[list[Listed]] = []
    for row in rows:
        if clusters and not restarted(clusters[-1][0].day, row.day):
            clusters[-1].append(row)
        else:
            clusters.append([row])
    return clusters


def _surplus(cluster: Sequence[Listed], paired: frozenset[int]) -> list[Listed]:
    met = [row for row in cluster if row.id in paired]
    alone = [row for row in cluster if row.id not in paired]
    if len(cluster) < 2 or not (met or any(row.born_here for row in cluster)):
        return []
    if any(row.decided & _ALLOWED for row in cluster):
        return []
    if cluster[0].kind is ObjectType.PAYMENT:
        numbers = {row.number for row in met if row.number}
        return [row for row in alone if not row.born_here and (not row.number or not numbers or row.number in numbers)]
    return alone if met and alone else list(cluster[1:])


def _order(row: Listed) -> tuple[str, int]:
    return (row.day.isoformat() if row.day else "", row.id)
