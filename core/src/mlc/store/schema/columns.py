"""What all tables share. Ids of rows are integers; every instant is text in ISO 8601 UTC with microseconds, which
sorts as
time on both databases. Amounts are text, because SQLite has no decimal type.
"""

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, text

metadata = MetaData()
_WHERE = "where"
#: BIGINT on PostgreSQL, INTEGER on SQLite so that the row id is the key.
Id = BigInteger().with_variant(Integer(), "sqlite")


def key() -> "Column[int]":
    """A row id that the database gives."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows of which this is true. PostgreSQL is told when its tables are made: naming it here would
    load its whole dialect into every process."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={_WHERE: where})


def make_tables(connection: Connection) -> None:
    """All tables, in an empty database."""
    if connection.dialect.name == "postgresql":
        for index in [index for table in metadata.tables.values() for index in table.indexes]:
            if _WHERE in index.info:
                index.dialect_options["postgresql"]["where"] = text(index.info[_WHERE])
    metadata.create_all(connection, checkfirst=False)
