"""How the database answers what a run asks: by an index that leads to few rows, or by going through what is stored."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlc.store.database import Database
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

#: Tables with a row or more for every record that was ever carried.
GROWING = frozenset({"records", "bindings", "registers", "intents", "sightings", "audit", "ours", "theirs"})
#: What all rows of a pairing share: an index entered by these alone leads to everything stored.
SHARED = frozenset({"pairing", "side", "object_type", "read_type", "connection"})
#: Statements that look at all of a pairing on purpose, once a run or once a list, never for each slice or page. The
#: last one is asked once, when a flow is accepted.
ONCE_A_RUN = (
    r"count\(",
    r"^UPDATE records SET state=\S+ WHERE records.pairing = \S+ AND (records.object_type = \S+ AND )?records.state = ",
    r"FROM registers WHERE registers.pairing = \S+ AND registers.side = \S+ AND registers.object_type = \S+$",
    r"FROM registers WHERE .* AND registers.record_id IS NULL AND \(registers.issue_date IS NULL OR .* LIMIT",
)
#: Indexes of unsettled writes alone: few, however much was sent.
OF_FEW = frozenset({"uq_intents_open", "uq_intents_natural"})
#: What PostgreSQL may go through: reading so many rows is cheaper than looking each one up.
FEW = 5_000
Asked = dict[str, Any]


@contextmanager
def listening() -> Iterator[Asked]:
    """Every statement that is asked meanwhile, each with the values of one time."""
    asked: Asked = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked.setdefault(statement, parameters[0] if many else parameters)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plans_of(database: Database, asked: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each statement, its spaces made one, and the steps of its plan.

    SQLite tells before it does anything. What PostgreSQL does depends on how much there is, so there each statement is
    carried out and taken back, and only steps that went through more than ``FEW`` rows are told; and with ``TOOK n s``
    what took longer than a second.
    """
    plans = {}
    if not database.is_sqlite:
        with database.write() as tx:
            tx.exec_driver_sql("ANALYZE")  # as it does by itself after a while
    with database.read() as connection:
        for statement, parameters in asked.items():
            plans[" ".join(statement.split())] = _steps(connection, statement, parameters, sqlite=database.is_sqlite)
    return plans


def slow_ones(plans: Mapping[str, list[str]], *, known: tuple[str, ...] = ONCE_A_RUN) -> list[str]:
    """Steps that go through a table that grows, each with its statement; those that may are left out."""
    return [
        f"{step}: {shortened(statement)}"
        for statement, steps in plans.items()
        if not any(re.search(pattern, statement) for pattern in known)
        for step in steps
        if goes_through_all(step)
    ]


def shortened(statement: str) -> str:
    """Without what is selected: it matters where it is looked for."""
    return re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", statement)[:600]


def goes_through_all(step: str) -> bool:
    """A step as SQLite or PostgreSQL tells it: no index, or one that is entered by what all rows share."""
    found = re.match(r"(SCAN|SEARCH) (\w+)(?: .*?\((.*)\))?", step)
    if found is None or found[2] not in GROWING:
        return False
    used = re.search(r"USING (?:COVERING )?INDEX (\w+)", step)
    if used is not None and used[1] in OF_FEW:
        return False
    entered = set(re.findall(r"(\w+) ?(?:[=<>]|IS )", found[3] or ""))
    return found[1] == "SCAN" or entered <= SHARED


def _steps(connection: Connection, statement: str, parameters: Any, *, sqlite: bool) -> list[str]:
    if sqlite:
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()]
    with connection.begin_nested() as carried_out:
        told = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
        carried_out.rollback()
    took_s = told[0]["Execution Time"] / 1_000
    return [*_nodes(told[0]["Plan"]), *([f"TOOK {took_s:.1f} s"] if took_s > 1 else [])]


def _nodes(node: dict[str, Any]) -> Iterator[str]:
    """PostgreSQL's nodes that went through many rows: ``SCAN table`` or ``SEARCH table (CONDITION)``, as SQLite has
    it."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if table and (node["Actual Rows"] + removed) * node["Actual Loops"] > FEW:
        entered = node.get("Index Cond") or node.get("Recheck Cond")
        yield f"SEARCH {table} ({entered})" if entered and kind != "Seq Scan" else f"SCAN {table}"
    for below in node.get("Plans", ()):
        yield from _nodes(below)
