"""Both kinds of database, each test with one of its own."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlc.errors import StoreError
from mlc.store.database import Database, connect_database, open_database
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

SERVER = os.environ.get("MLC_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    try:
        database = connect_database(SERVER)
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        database.close()
    except (SQLAlchemyError, StoreError) as error:
        pytest.skip(
            f"SKIPPED: no PostgreSQL server answers at {SERVER} ({type(error).__name__}); set MLC_TEST_POSTGRES."
        )
    return SERVER


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A schema of its own on the server, empty."""
    schema = f"mlc_{uuid.uuid4().hex[:12]}"
    server = connect_database(postgres_server)
    with server.write() as tx:
        tx.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{postgres_server}?options=-csearch_path%3D{schema}"
    with server.write() as tx:
        tx.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database can be made."""
    if request.param == "sqlite":
        return str(tmp_path / "mlc.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(where: str) -> Iterator[Database]:
    opened = open_database(where)
    yield opened
    opened.close()


@pytest.fixture
def refused() -> Callable[[str], str]:
    """The sentence with which opening fails."""

    def opening(where: str) -> str:
        with pytest.raises(StoreError) as caught:
            open_database(where)
        return caught.value.sentence

    return opening
