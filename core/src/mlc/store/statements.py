"""Statements that run for every record: put into the database's own words once, then handed to its driver as they are.

Why not ``connection.execute``: SQLAlchemy looks the statement up and builds a dictionary of parameters for every row,
which for our short rows took longer than the database did. A list for an ``IN`` cost as much again for each of its
values. What runs once a run stays plain SQLAlchemy.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, Insert, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

Row = Mapping[str, Any]
#: Longer lists are asked for as they are, and their statements are not kept.
LONGEST = 1 << 10


class _Prepared(NamedTuple):
    """A statement in one database's words; ``parameters`` puts a row as its driver wants it."""

    text: str
    parameters: Callable[[Row], Any]


class Statement:
    """A statement with named parameters, all of them texts, numbers, bytes or None.

    A parameter for an ``IN`` (``bindparam(…, expanding=True)``) takes a list that is not empty, in ``run``, ``rows``
    and ``found`` alone. Its last value is repeated until the list has one of a few lengths: a statement for each length
    of slice and page took 7 kB each here, and pushed the others out of what SQLite has parsed.

    Args:
        columns: Of an insert without values: those that every row gives.
    """

    def __init__(self, statement: Executable, *, columns: Sequence[str] | None = None) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement  # no id is asked back
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, Any] = {}
        self._prepared: dict[tuple[str, tuple[int, ...]], _Prepared] = {}
        self._lists: tuple[str, ...] = ()
        self._sealed: dict[str, TypeDecorator[Any]] = {}
        """Parameters that go into columns which seal themselves (R6)."""
        selected = statement.selected_columns if isinstance(statement, Select) else ()
        self.names = tuple(str(column.key) for column in selected)
        """Of a ``SELECT``: its columns."""
        self._opened = [
            (place, column.type) for place, column in enumerate(selected) if isinstance(column.type, TypeDecorator)
        ]

    def run(self, tx: Connection, row: Row) -> int:
        """Run it once; how many rows it touched."""
        text, parameters = self._for(tx, row)
        given = parameters(self._closed(tx, row))
        if _goes_straight(tx):
            return int(_straight(tx, text, given, many=False).rowcount)
        return tx.exec_driver_sql(text, given).rowcount

    def run_all(self, tx: Connection, rows: Sequence[Row]) -> int:
        """Run it for every row; there is at least one. How many rows were touched together."""
        text, parameters = self._for(tx, rows[0])
        given = [parameters(self._closed(tx, row)) for row in rows]
        if _goes_straight(tx):
            return int(_straight(tx, text, given, many=True).rowcount)
        return tx.exec_driver_sql(text, given).rowcount

    def rows(self, tx: Connection, row: Row) -> Sequence[Any]:
        """What a ``SELECT`` finds, each row in the order of its columns."""
        text, parameters = self._for(tx, row)
        given = parameters(self._closed(tx, row))
        found: Sequence[Any]
        if _goes_straight(tx):
            found = _straight(tx, text, given, many=False).fetchall()
        else:
            found = tx.exec_driver_sql(text, given).all()
        return [self._open(tx, one) for one in found] if self._opened else found

    def found(self, tx: Connection, row: Row) -> list[dict[str, Any]]:
        """What a ``SELECT`` finds, each row by the names of its columns."""
        return [dict(zip(self.names, one, strict=True)) for one in self.rows(tx, row)]

    def _closed(self, tx: Connection, row: Row) -> Row:
        """The row as its columns want it stored: the driver knows nothing of their types."""
        if not self._sealed:
            return row
        changed = {}
        for name, kind in self._sealed.items():
            value = row.get(name)
            if value is not None and (closed := kind.process_bind_param(value, tx.dialect)) is not value:
                changed[name] = closed
        return {**row, **changed} if changed else row

    def _open(self, tx: Connection, row: Sequence[Any]) -> list[Any]:
        """The row as its columns give it back."""
        opened = list(row)
        for place, kind in self._opened:
            opened[place] = kind.process_result_value(opened[place], tx.dialect)
        return opened

    def _for(self, tx: Connection, row: Row) -> _Prepared:
        name = tx.dialect.name
        if name not in self._compiled:
            self._compile(tx)
        lengths = tuple([_room(len(row[one])) for one in self._lists]) if self._lists else ()
        known = self._prepared.get((name, lengths))
        return known if known is not None else self._prepare(name, lengths, row)

    def _compile(self, tx: Connection) -> None:
        compiled: Any = self._statement.compile(dialect=tx.dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        self._lists = tuple(name for name, bound in compiled.binds.items() if bound.expanding and bound.required)
        self._sealed = {
            name: bound.type for name, bound in compiled.binds.items() if isinstance(bound.type, TypeDecorator)
        }
        self._compiled[tx.dialect.name] = compiled

    def _prepare(self, dialect: str, lengths: tuple[int, ...], row: Row) -> _Prepared:
        if not all(lengths):
            raise ValueError("a prepared statement takes no empty list")
        compiled = self._compiled[dialect]
        fixed = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        lists_given = {name: [None] * length for name, length in zip(self._lists, lengths, strict=True)}
        state = compiled.construct_expanded_state({**fixed, **row, **lists_given})
        lists = {name: state.parameter_expansion[name] for name in self._lists}
        for name in state.parameter_expansion.keys() - set(lists):  # an IN of its own, the same every time
            fixed |= dict(zip(state.parameter_expansion[name], fixed.pop(name), strict=True))
        parameters: Callable[[Row], Any]
        if not compiled.positional:
            parameters = partial(_named, tuple(state.parameters), fixed)
        elif fixed or len(state.positiontup) < 2:
            parameters = partial(_in_order, tuple(state.positiontup), fixed)
        else:
            parameters = itemgetter(*state.positiontup)
        if lists:
            parameters = partial(_spread, lists, parameters)
        prepared = _Prepared(state.statement, parameters)
        if max(lengths, default=0) <= LONGEST:
            self._prepared[dialect, lengths] = prepared
        return prepared


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


def _room(length: int) -> int:
    """The next of 0, 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on."""
    if length <= 2 or length > LONGEST:
        return length
    power = 1 << (length - 1).bit_length()
    return power * 3 // 4 if length <= power * 3 // 4 else power


def _spread(lists: Mapping[str, Sequence[str]], parameters: Callable[[Row], Any], row: Row) -> Any:
    """A list's values under a name each, the last one under all names that are left."""
    spread = dict(row)
    for name, singles in lists.items():
        values = row[name]
        spread.update(zip(singles, chain(values, repeat(values[-1])), strict=False))
    return parameters(spread)
