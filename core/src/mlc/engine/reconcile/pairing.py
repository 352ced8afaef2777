"""Pairs and doubles of everything in the spool, one natural key at a time."""

from collections.abc import Iterator
from itertools import groupby

from mlc.engine.reconcile.matching import doubles_in, pair_group
from mlc.engine.reconcile.rows import Listed
from mlc.engine.reconcile.spool import Spool
from mlc.recipes import Policy, Side

_BATCH = 500
_UNPAIRED = "WHERE rows.live = 1 AND rows.key IS NOT NULL AND rows.pair IS NULL"
_SEVERAL = """WHERE rows.live = 1 AND rows.key IS NOT NULL AND (rows.kind, rows.party, rows.key) IN (
    SELECT kind, party, key FROM rows WHERE live = 1 AND key IS NOT NULL GROUP BY kind, party, key, side
    HAVING COUNT(*) > 1)"""
_IN_GROUPS = "ORDER BY rows.kind, rows.party, rows.key"
#: Both live and bound to one record: a pair, whatever their numbers say now. A split document brings its parts along.
_BY_RECORD = """UPDATE rows SET pair = (SELECT MIN(s.id) FROM rows s
    WHERE s.record_id = rows.record_id AND s.kind = rows.kind AND s.born_here = 1 AND s.live = 1)
  WHERE live = 1 AND pair IS NULL AND record_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM rows o WHERE o.record_id = rows.record_id AND o.kind = rows.kind
      AND o.side != rows.side AND o.live = 1)"""
#: One of the two is void or cancelled: they still belong together.
_BY_DEAD_RECORD = """UPDATE rows SET pair = (SELECT MIN(s.id) FROM rows s
    WHERE s.record_id = rows.record_id AND s.kind = rows.kind AND s.born_here = 1)
  WHERE pair IS NULL AND record_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM rows o WHERE o.record_id = rows.record_id AND o.kind = rows.kind
      AND o.side != rows.side)"""
_TAKE = """UPDATE rows SET pair = (SELECT p.pair FROM paired p WHERE p.row_id = rows.id)
  WHERE id IN (SELECT row_id FROM paired)"""
_BOUND_TWICE = """SELECT rows.id FROM rows JOIN bound ON bound.side = rows.side AND bound.kind = rows.kind
    AND bound.external_id = rows.external_id WHERE rows.live = 1 AND bound.role = 'primary'
  GROUP BY rows.id HAVING COUNT(DISTINCT bound.record_id) > 1
  UNION
  SELECT MAX(id) FROM rows WHERE live = 1 AND record_id IS NOT NULL AND part = 0
  GROUP BY record_id, kind, side HAVING COUNT(*) > 1"""
_SAME_KEY = """SELECT MAX(id) FROM rows WHERE live = 1 AND own_key IS NOT NULL
  GROUP BY side, kind, own_key HAVING COUNT(*) > 1"""


def pair_rows(spool: Spool, policy: Policy) -> None:
    """Give every pair one number, and mark the doubles."""
    spool.db.execute("CREATE INDEX rows_record ON rows (record_id, kind)")
    spool.db.execute("CREATE INDEX rows_key ON rows (kind, party, key)")
    spool.db.execute(_BY_RECORD)
    _pair_by_key(spool)
    _mark_doubles(spool, policy)
    spool.db.execute(_BY_DEAD_RECORD)
    spool.db.execute("CREATE INDEX rows_pair ON rows (pair)")


def bound_twice(spool: Spool) -> Iterator[Listed]:
    """Documents that two records claim, and records that claim two documents of one side."""
    yield from spool.select(f"WHERE rows.id IN ({_BOUND_TWICE}) ORDER BY rows.id")


def _pair_by_key(spool: Spool) -> None:
    made: list[tuple[int, int]] = []
    for group in _groups(spool, _UNPAIRED):
        left = [row for row in group if row.side is Side.LEFT]
        for pair in pair_group(left, [row for row in group if row.side is Side.RIGHT]):
            made += [(pair.left.id, pair.left.id), (pair.right.id, pair.left.id)]
        if len(made) > _BATCH:
            spool.many("INSERT INTO paired VALUES (?,?)", made)
            made = []
    spool.many("INSERT INTO paired VALUES (?,?)", made)
    spool.db.execute("CREATE INDEX paired_row ON paired (row_id)")
    spool.db.execute(_TAKE)


def _mark_doubles(spool: Spool, policy: Policy) -> None:
    made: list[tuple[int]] = []
    expected = frozenset(policy.twins_expected)
    for group in _groups(spool, _SEVERAL):
        paired = frozenset(row.id for row in group if row.pair is not None)
        made += [(row.id,) for row in doubles_in(group, paired=paired, since=policy.since, expected=expected)]
    spool.many("INSERT INTO doubled VALUES (?)", made)
    spool.db.execute(f"INSERT INTO doubled {_SAME_KEY}")
    spool.db.execute("UPDATE rows SET doubled = 1 WHERE id IN (SELECT row_id FROM doubled)")


def _groups(spool: Spool, which: str) -> Iterator[list[Listed]]:
    """Live documents, those of one kind, vendor and key together."""
    for _key, rows in groupby(spool.select(f"{which} {_IN_GROUPS}"), key=lambda row: (row.kind, row.party, row.key)):
        yield list(rows)
