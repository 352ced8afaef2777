"""What all tables share. Ids of rows are integers; every instant is text in ISO 8601 UTC with microseconds, which
sorts as
time on both databases. Amounts are text, because SQLite has no decimal type.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData

metadata = MetaData()
#: BIGINT on PostgreSQL, INTEGER on SQLite so that the row id is the key.
Id = BigInteger().with_variant(Integer(), "sqlite")


def key() -> "Column[int]":
    """A row id that the database gives."""
    return Column("id", Id, primary_key=True, autoincrement=True)
