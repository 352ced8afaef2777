"""After a key was changed: everything that was sealed with an older one, or not at all, is sealed with the new one."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, Text, and_, bindparam, func, literal, or_, select, type_coerce
from sqlalchemy.sql.elements import ColumnElement

from mlc.store.database import Database
from mlc.store.schema import metadata
from mlc.store.sealing import MARK, SealedBytes, SealedText

BATCH = 200


def reseal(database: Database, current: str, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Seal every row anew that needs it, in short transactions; how many were. May be broken off and run again.

    Args:
        current: The id of the key that seals now.
    """
    done = 0
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SealedText | SealedBytes):
                for more in _reseal_column(database, table, column, current):
                    done += more
                    progress(done)
    return done


def unsealed(database: Database, current: str) -> int:
    """How many values are sealed with an older key, or stand in clear."""
    found = 0
    with database.read() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, SealedText | SealedBytes):
                    query = select(func.count()).select_from(table).where(_stale(column, current))
                    found += int(connection.execute(query).scalar_one())
    return found


def _reseal_column(database: Database, table: Table, column: Column[Any], current: str) -> Iterator[int]:
    keys = list(table.primary_key.columns)
    here = and_(*(key == bindparam(f"b_{key.name}") for key in keys))
    store = table.update().where(here).values({column: bindparam("b_new", type_=column.type)})
    stale = select(*keys, column).where(_stale(column, current)).limit(BATCH).with_for_update()
    while True:
        with database.write() as tx:
            rows = tx.execute(stale).all()
            if not rows:
                return
            names = [*(f"b_{key.name}" for key in keys), "b_new"]
            tx.execute(store, [dict(zip(names, row, strict=True)) for row in rows])
        yield len(rows)


def _stale(column: Column[Any], current: str) -> ColumnElement[bool]:
    """Holds something to seal that is not sealed with the current key."""
    if isinstance(column.type, SealedBytes):
        mark = f"mlc {MARK}{current}:".encode()
        head = func.substr(type_coerce(column, LargeBinary), 1, len(mark))
        return and_(column.is_not(None), func.length(column) > 0, head != literal(mark, LargeBinary))
    text = type_coerce(column, Text)
    filled = or_(text.like('%"tax_number":"_%'), text.like('%"tax_number": "_%'))
    return and_(column.is_not(None), filled, ~text.like(f"%{MARK}{current}:%"))
