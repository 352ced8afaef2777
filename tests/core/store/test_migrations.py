"""Migrations and the schema say the same, on both kinds of database."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from mlc.store import migrations
from mlc.store.database import connect_database, open_database
from mlc.store.migrating import migrate
from mlc.store.migrations import REVISIONS, VERSION_TABLE, upgrade
from mlc.store.schema import metadata
from sqlalchemy import Connection, inspect, text


def _shape(connection: Connection) -> dict[str, object]:
    """Everything that the database itself says of its tables."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
        return {name: sorted(part.strip() for part in re.split(r",\s*|[()]", sql)) for name, sql in rows}
    shape: dict[str, object] = {}
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        columns = [
            (column["name"], str(column["type"]), column["nullable"], _plain(column["default"]))
            for column in inspector.get_columns(table)
        ]
        indexes = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table"
        )
        shape[table] = (
            sorted(columns),
            sorted(
                (name, re.sub(r" ON \S+ ", " ", definition))
                for name, definition in connection.execute(text(indexes), {"table": table})
            ),
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
    return shape


def _plain(default: str | None) -> str | None:
    """Sequences carry the name of their schema."""
    return None if default is None else re.sub(r"'[^']*\.", "'", default)


def test_migrations_build_exactly_the_schema(where: str) -> None:
    migrated = connect_database(where)
    with migrated.write() as tx:
        if tx.dialect.name == "postgresql":  # what compares may think for longer than a worker may be frozen
            tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        upgrade(tx)
        by_migration = _shape(tx)
        differences = compare_metadata(MigrationContext.configure(tx), metadata)
        names = [*metadata.tables, VERSION_TABLE]
        for table in names:
            tx.execute(text(f"DROP TABLE {table}"))
    migrated.close()
    made = open_database(where)
    with made.read() as connection:
        at_once = _shape(connection)
    made.close()
    assert differences == []
    assert by_migration.keys() == at_once.keys()
    for name, shape in at_once.items():
        assert by_migration[name] == shape, name


def test_an_older_database_is_brought_up_to_date(where: str) -> None:
    older = connect_database(where)
    with older.write() as tx:
        tx.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)"))
    migrate(older, at=datetime(2026, 11, 20, tzinfo=UTC))
    older.close()
    database = open_database(where)
    with database.read() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
    database.close()


def test_a_newer_database_is_refused_in_a_sentence(where: str, refused: object) -> None:
    database = open_database(where)
    with database.write() as tx:
        tx.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    database.close()
    sentence = refused(where)  # type: ignore[operator]
    assert "was written by a newer version of mlc (its schema is 9999" in sentence


def test_the_revisions_are_those_of_the_files() -> None:
    folder = Path(migrations.__file__).parent
    script = ScriptDirectory(str(folder))
    assert tuple(revision.revision for revision in reversed(list(script.walk_revisions()))) == REVISIONS


def test_opening_a_database_imports_neither_alembic_nor_what_the_other_database_needs(tmp_path: Path) -> None:
    code = (
        "import sys; from mlc.store.database import open_database; "
        f"open_database({str(tmp_path / 'mlc.db')!r}).close(); open_database({str(tmp_path / 'mlc.db')!r}).close(); "
        "sys.exit(bool({'alembic', 'sqlalchemy.dialects.postgresql'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
