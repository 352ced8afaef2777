"""Prepared statements: the same answers whichever way they go to the driver, inside the transaction that is open."""

import pytest
from mlc.store.database import Database
from mlc.store.keys import Keys
from mlc.store.schema import chains, registers
from mlc.store.statements import Statement
from sqlalchemy import Connection, bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

ADD = Statement(insert(chains), columns=("name", "head", "count", "events"))
FIND = Statement(select(chains.c.head, chains.c.count).where(chains.c.name == bindparam("b_name")))
AMONG = Statement(
    select(chains.c.name, chains.c.count)
    .where(chains.c.name.in_(bindparam("b_names", expanding=True)), chains.c.events == 0)
    .order_by(chains.c.count)
)
MOVE = Statement(update(chains).where(chains.c.count >= bindparam("b_from")).values(head=bindparam("b_head")))
ROWS = [{"name": name, "head": "h", "count": count, "events": 0} for count, name in enumerate(("one", "two", "three"))]


def _used(tx: Connection) -> list[object]:
    added = ADD.run_all(tx, ROWS)
    moved = MOVE.run(tx, {"b_from": 1, "b_head": "moved"})
    found = [tuple(row) for row in FIND.rows(tx, {"b_name": "two"})]
    return [added, moved, found, list(FIND.rows(tx, {"b_name": "none"}))]


@pytest.mark.parametrize("names", [["two"], ["one", "three"], ["none", "one"], ["three", "two", "one"]])
@pytest.mark.parametrize("listened", [False, True])
def test_a_list_may_be_of_any_length_but_none(database: Database, names: list[str], listened: bool) -> None:
    if listened:
        event.listen(database.engine, "before_cursor_execute", lambda *_: None)
    with database.write() as tx:
        ADD.run_all(tx, ROWS)
        found = AMONG.found(tx, {"b_names": names})
        assert found == [{"name": row["name"], "count": row["count"]} for row in ROWS if row["name"] in names]
        with pytest.raises(ValueError, match="empty"):
            AMONG.rows(tx, {"b_names": []})


def test_lists_of_many_lengths_need_few_statements(database: Database) -> None:
    asked = set()
    event.listen(database.engine, "before_cursor_execute", lambda _1, _2, text, *_: asked.add(text))
    with database.write() as tx:
        ADD.run_all(tx, [{"name": str(count), "head": "h", "count": count, "events": 0} for count in range(1200)])
        asked.clear()
        for length in (*range(1, 101), 1025, 1200):
            names = [str(count) for count in range(length)]
            assert [row[0] for row in AMONG.rows(tx, {"b_names": names})] == names
    assert len(asked) == 16  # up to 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, and the two long ones


def test_what_seals_itself_is_opened_by_a_prepared_statement(database: Database) -> None:
    add = Statement(insert(registers), columns=[column.name for column in registers.columns])
    find = Statement(select(registers.c.external_id, registers.c.summary).where(registers.c.pairing == "p"))
    database.seal_with(lambda: Keys(current=bytes(32)))
    summary = '{"source_id":"V1","tax_number":"DE123"}'
    row = dict.fromkeys(column.name for column in registers.columns) | {
        "pairing": "p", "side": "left", "object_type": "vendor", "external_id": "V1", "live": 1, "looked": 0,
        "seen_at": "2026-01-01T00:00:00Z", "summary": summary,
    }  # fmt: skip
    with database.write() as tx:
        add.run_all(tx, [row])
        assert "DE123" not in str(tx.exec_driver_sql("SELECT summary FROM registers").scalar())
        assert find.found(tx, {}) == [{"external_id": "V1", "summary": summary}]


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
