"""Statements that run for every record: put into the database's own words once, then handed to its driver as they are.

Why not ``connection.execute``: SQLAlchemy looks the statement up and builds a dictionary of parameters for every row,
which for our short rows took longer than the database did. What runs once a slice stays plain SQLAlchemy.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

Row = Mapping[str, Any]


class Statement:
    """A statement with named parameters, all of them texts, numbers, bytes or None; no expanding ``IN``.

    Args:
        columns: Of an insert without values: those that every row gives.
    """

    def __init__(self, statement: Executable, *, columns: Sequence[str] | None = None) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement  # no id is asked back
        self._columns = None if columns is None else list(columns)
        self._prepared: dict[str, tuple[str, Callable[[Row], Any]]] = {}
        self._sealed: dict[str, TypeDecorator[Any]] = {}
        """Parameters that go into columns which seal themselves (R6)."""

    def run(self, tx: Connection, row: Row) -> int:
        """Run it once; how many rows it touched."""
        text, parameters = self._for(tx)
        given = parameters(self._closed(tx, row))
        if _goes_straight(tx):
            return int(_straight(tx, text, given, many=False).rowcount)
        return tx.exec_driver_sql(text, given).rowcount

    def run_all(self, tx: Connection, rows: Sequence[Row]) -> int:
        """Run it for every row; there is at least one. How many rows were touched together."""
        text, parameters = self._for(tx)
        given = [parameters(self._closed(tx, row)) for row in rows]
        if _goes_straight(tx):
            return int(_straight(tx, text, given, many=True).rowcount)
        return tx.exec_driver_sql(text, given).rowcount

    def rows(self, tx: Connection, row: Row) -> Sequence[Sequence[Any]]:
        """What a ``SELECT`` finds, each row in the order of its columns."""
        text, parameters = self._for(tx)
        given = parameters(self._closed(tx, row))
        if _goes_straight(tx):
            found: list[tuple[Any, ...]] = _straight(tx, text, given, many=False).fetchall()
            return found
        return tx.exec_driver_sql(text, given).all()

    def _closed(self, tx: Connection, row: Row) -> Row:
        """The row as its columns want it stored: the driver knows nothing of their types."""
        if not self._sealed:
            return row
        changed = {
            name: kind.process_bind_param(row[name], tx.dialect) for name, kind in self._sealed.items() if name in row
        }
        return {**row, **changed}

    def _for(self, tx: Connection) -> tuple[str, Callable[[Row], Any]]:
        known = self._prepared.get(tx.dialect.name)
        return known if known is not None else self._prepare(tx)

    def _prepare(self, tx: Connection) -> tuple[str, Callable[[Row], Any]]:
        compiled: Any = self._statement.compile(dialect=tx.dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        fixed = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        self._sealed = {
            name: bound.type for name, bound in compiled.binds.items() if isinstance(bound.type, TypeDecorator)
        }
        names = tuple(compiled.positiontup) if compiled.positional else None
        parameters: Callable[[Row], Any]
        if names is None:
            parameters = partial(_named, tuple(compiled.binds), fixed)
        elif fixed or len(names) < 2:
            parameters = partial(_in_order, names, fixed)
        else:
            parameters = itemgetter(*names)
        self._prepared[tx.dialect.name] = compiled.string, parameters
        return self._prepared[tx.dialect.name]


def _goes_straight(tx: Connection) -> bool:
    """SQLite's driver is called directly, unless somebody listens to what is asked: SQLAlchemy's way to it took five
    times as long as a search by an index."""
    return tx.dialect.name == "sqlite" and not tx.dispatch.before_cursor_execute


def _straight(tx: Connection, text: str, given: Any, *, many: bool) -> Any:
    """The driver's cursor, inside the transaction that SQLAlchemy began."""
    if not tx.in_transaction():
        tx.begin()
    driver: Any = tx.connection.dbapi_connection
    try:
        return (driver.executemany if many else driver.execute)(text, given)
    except driver.Error as error:
        raise DBAPIError.instance(text, None, error, driver.Error, dialect=tx.dialect) from error


def _in_order(names: tuple[str, ...], fixed: Row, row: Row) -> tuple[Any, ...]:
    return tuple([row[name] if name in row else fixed[name] for name in names])


def _named(names: tuple[str, ...], fixed: Row, row: Row) -> dict[str, Any]:
    return {name: row[name] if name in row else fixed[name] for name in names}
