"""What a run asks of the database for each record, slice or page is answered by an index, however much is stored."""

import re
from typing import Any

from mlc.store.database import open_database
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.pairings.conftest import World

#: Tables with a row or more for every record that was ever carried.
GROWING = frozenset({"records", "bindings", "registers", "intents", "sightings", "audit", "ours", "theirs"})
#: What all rows of a pairing share: an index entered by these alone leads to everything stored.
SHARED = frozenset({"pairing", "side", "object_type", "read_type", "connection"})
#: Statements that look at all of a pairing on purpose, once a run or once a list, never for each slice or page.
ONCE_A_RUN = (
    r"count\(",
    r"^UPDATE records SET state=\? WHERE records.pairing = \? AND (records.object_type = \? AND )?records.state = \?",
    r"FROM registers AS ours JOIN registers AS theirs",
    r"FROM registers WHERE registers.pairing = \? AND registers.side = \? AND registers.object_type = \?$",
)


def test_no_statement_of_a_run_goes_through_a_table_that_grows(world: World) -> None:
    asked: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        asked.setdefault(statement, parameters[0] if many else parameters)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        world.say("run", "--once", "--accept")
        world.say("run", "--once")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    database = open_database(world.config.parent / "mlc.db")
    try:
        with database.read() as connection:
            plans = {
                " ".join(statement.split()): [
                    str(row[3])
                    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                ]
                for statement, parameters in asked.items()
                if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            }
    finally:
        database.close()
    assert len(plans) > 50
    slow = [
        f"{step}: {statement[:300]}"
        for statement, steps in plans.items()
        if not any(re.search(known, statement) for known in ONCE_A_RUN)
        for step in steps
        if _goes_through_all(step)
    ]
    assert not slow, "\n".join(slow)


def _goes_through_all(step: str) -> bool:
    found = re.match(r"(SCAN|SEARCH) (\w+)(?: .*\((.*)\))?", step)
    if found is None or found[2] not in GROWING:
        return False
    entered = set(re.findall(r"(\w+)[=<>]", found[3] or ""))
    return found[1] == "SCAN" or entered <= SHARED
