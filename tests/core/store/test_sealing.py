"""R6: tax numbers and payloads are unreadable at rest, and nobody who reads the tables through mlc notices."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import StoreError
from mlc.store.database import Database, open_database
from mlc.store.keys import Keys
from mlc.store.resealing import reseal, unsealed
from mlc.store.schema import intents, records, registers
from sqlalchemy import func, insert, select, update

NOW = "2026-11-20T10:00:00.000000+00:00"
OLD, NEW = Keys(b"1" * 32), Keys(b"2" * 32, (b"1" * 32,))
PARTY = '{"source":{"system":"books","source_id":"77"},"name":"Müller","tax_number":"DE 811 \\"907\\" 980","note":"x"}'
BILL = '{"source":{"system":"books","source_id":"5"},"bill_number":"A-1"}'
PAYLOAD = b'{"contact":{"vat":"DE811907980"}}'


@pytest.fixture
def database(where: str) -> Iterator[Database]:
    opened = open_database(where)
    opened.seal_with(lambda: OLD)
    with opened.write() as tx:
        tx.execute(insert(records).values(**record("77", "vendor", PARTY)))
        tx.execute(insert(records).values(**record("5", "bill", BILL)))
        tx.execute(insert(intents).values(**intent()))
    yield opened
    opened.close()


def record(id: str, kind: str, text: str) -> dict[str, Any]:
    fixed = {"pairing": "main", "side": "left", "state": "pending", "seen_at": NOW, "changed_at": NOW}
    return fixed | {"object_type": kind, "read_type": kind, "external_id": id, "input": text, "other_input": text}


def intent() -> dict[str, Any]:
    texts = ("id", "pairing", "connection", "part", "record_key", "payload_digest", "source_id")
    fixed = dict.fromkeys(texts, "x") | {"side": "right", "object_type": "vendor", "operation": "create"}
    fixed |= {"state": "sending", "strategy": "search", "source_side": "left", "created_at": NOW, "updated_at": NOW}
    return fixed | {"record_id": 1, "payload": PAYLOAD, "rendered": PARTY, "source_input": PARTY}


def stored(database: Database) -> bytes:
    """Everything as another program sees it."""
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        found = b""
        for table in ("records", "intents", "registers"):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                found += b"|".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
        return found
    finally:
        raw.close()


def test_neither_tax_number_nor_payload_is_readable_in_the_tables(database: Database) -> None:
    seen = stored(database)
    assert b"811" not in seen
    assert b"Mu" in seen or "Müller".encode() in seen, "the rest of a record stays readable"
    assert BILL.encode() in seen, "a record without one is stored as it is"


def test_whoever_reads_through_the_tables_sees_what_was_written(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(select(records.c.input).order_by(records.c.id)).scalars().all() == [PARTY, BILL]
        row = connection.execute(select(intents.c.payload, intents.c.rendered, intents.c.source_input)).one()
    assert tuple(row) == (PAYLOAD, PARTY, PARTY)


def test_the_same_number_is_never_sealed_to_the_same_text(database: Database) -> None:
    assert stored(database).count(b"sealed:1:") == 5, "two columns of the record, two of the write, and its payload"
    sealed = stored(database).split(b'"tax_number":"')[1:]
    assert len({part[:80] for part in sealed}) == len(sealed)


def test_a_number_that_is_moved_to_another_party_does_not_open(database: Database) -> None:
    with database.engine.begin() as connection:
        moved = """replace(input, '"source_id":"77"', '"source_id":"78"')"""
        connection.exec_driver_sql(f"UPDATE records SET input = {moved}")
    with database.read() as connection, pytest.raises(StoreError, match="damaged or belongs elsewhere"):
        connection.execute(select(records.c.input)).all()


def test_without_its_keys_a_database_neither_shows_nor_takes_any(database: Database, where: str) -> None:
    keyless = open_database(where)
    with keyless.read() as connection, pytest.raises(StoreError, match="opened without its keys"):
        connection.execute(select(records.c.input)).all()
    with pytest.raises(StoreError, match="opened without its keys"), keyless.write() as tx:
        tx.execute(update(records).values(other_input=PARTY))
    with keyless.read() as connection:
        assert connection.execute(select(func.count()).select_from(records)).scalar_one() == 2
    keyless.close()


def test_a_new_key_seals_everything_anew_and_the_old_one_is_needed_no_more(database: Database) -> None:
    with database.write() as tx:
        row = {"pairing": "main", "side": "left", "object_type": "vendor", "external_id": "77", "seen_at": NOW}
        tx.execute(insert(registers).values(**row, summary=PARTY))
    database.seal_with(lambda: NEW)
    assert unsealed(database, NEW.current_id) == 6
    assert reseal(database, NEW.current_id) == 6
    assert (unsealed(database, NEW.current_id), reseal(database, NEW.current_id)) == (0, 0)
    database.seal_with(lambda: Keys(NEW.current))
    with database.read() as connection:
        assert connection.execute(select(records.c.input).where(records.c.id == 1)).scalar() == PARTY
        assert connection.execute(select(intents.c.payload)).scalar() == PAYLOAD
        assert connection.execute(select(registers.c.summary)).scalar() == PARTY


def test_what_an_older_version_left_in_clear_is_read_and_then_sealed(tmp_path: Path) -> None:
    opened = open_database(tmp_path / "mlc.db")
    with opened.engine.begin() as connection:
        values = record("77", "vendor", PARTY)
        marks = ", ".join("?" * len(values))
        connection.exec_driver_sql(
            f"INSERT INTO records ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
        )
    opened.seal_with(lambda: OLD)
    with opened.read() as connection:
        assert connection.execute(select(records.c.input)).scalar() == PARTY
    assert reseal(opened, OLD.current_id) == 2
    assert b"811" not in stored(opened)
    opened.close()


def test_a_process_finds_a_key_that_was_put_in_front_while_it_ran(database: Database) -> None:
    keys = [OLD]
    database.seal_with(lambda: keys[0])
    with database.read() as connection:
        connection.execute(select(records.c.input)).all()
    other = Database(database.engine, database.path)
    keys[0] = NEW
    other.seal_with(lambda: NEW)
    reseal(other, NEW.current_id)
    database.seal_with(lambda: keys[0])
    with database.read() as connection:
        assert connection.execute(select(records.c.input).where(records.c.id == 1)).scalar() == PARTY


def test_no_key_is_shown_with_what_it_sealed(database: Database) -> None:
    assert base64.b64encode(OLD.current) not in stored(database)
    assert OLD.current not in stored(database)
