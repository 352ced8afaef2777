"""Prepared statements: the same answers whichever way they go to the driver, inside the transaction that is open."""

import pytest
from mlc.store.database import Database
from mlc.store.schema import chains
from mlc.store.statements import Statement
from sqlalchemy import Connection, bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

ADD = Statement(insert(chains), columns=("name", "head", "count", "events"))
FIND = Statement(select(chains.c.head, chains.c.count).where(chains.c.name == bindparam("b_name")))
MOVE = Statement(update(chains).where(chains.c.count >= bindparam("b_from")).values(head=bindparam("b_head")))
ROWS = [{"name": name, "head": "h", "count": count, "events": 0} for count, name in enumerate(("one", "two", "three"))]


def _used(tx: Connection) -> list[object]:
    added = ADD.run_all(tx, ROWS)
    moved = MOVE.run(tx, {"b_from": 1, "b_head": "moved"})
    found = [tuple(row) for row in FIND.rows(tx, {"b_name": "two"})]
    return [added, moved, found, list(FIND.rows(tx, {"b_name": "none"}))]


@pytest.mark.parametrize("listened", [False, True])
def test_a_statement_says_how_many_rows_it_touched_and_gives_them_in_order(database: Database, listened: bool) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    if listened:
        event.listen(database.engine, "before_cursor_execute", note)
    with database.write() as tx:
        assert _used(tx) == [3, 2, [("moved", 1)], []]
    assert any("chains" in statement for statement in asked) is listened


def test_what_a_statement_wrote_is_undone_with_its_transaction(database: Database) -> None:
    def break_off() -> None:
        with database.write() as tx:
            ADD.run_all(tx, ROWS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with database.read() as connection:
        assert list(FIND.rows(connection, {"b_name": "one"})) == []


def test_a_reader_whose_first_statement_is_a_prepared_one_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        assert list(FIND.rows(connection, {"b_name": "one"})) == []
        with database.write() as tx:
            ADD.run(tx, ROWS[0])
        assert list(FIND.rows(connection, {"b_name": "one"})) == []


def test_a_refusal_of_the_driver_comes_as_sqlalchemy_tells_it(database: Database) -> None:
    with database.write() as tx:
        ADD.run(tx, ROWS[0])

    def add_again() -> None:
        with database.write() as tx:
            ADD.run(tx, ROWS[0])

    with pytest.raises(IntegrityError):
        add_again()
