"""Insert, or leave what is there: both databases have ``ON CONFLICT``, SQLAlchemy has it per dialect."""

from typing import Any

from sqlalchemy import Connection, Table


def insert_or_leave(tx: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one of its unique keys is taken. Returns True when it was inserted."""
    statement = _dialect(tx)(table).values(**values).on_conflict_do_nothing()
    return tx.execute(statement.returning(*table.primary_key.columns)).first() is not None


def insert_or_change(
    tx: Connection, table: Table, *, keys: tuple[str, ...], change: dict[str, Any], **values: Any
) -> None:
    """Insert a row, or change the one that has the same keys."""
    statement = _dialect(tx)(table).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=change))


def _dialect(tx: Connection) -> Any:
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert
