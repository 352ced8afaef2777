"""What several folders of tests need: a PostgreSQL schema of one's own, and the files that wait much first."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from mlc.collector import collect_rarely
from mlc.errors import StoreError
from mlc.store.database import Database, connect_database
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

SERVER = os.environ.get("MLC_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")

#: Where stores of tests are made, if the machine has it and it is large: every commit waits for the disk elsewhere.
MEMORY, MEMORY_MIN = Path("/dev/shm"), 4 * 1024**3

#: Files whose tests mostly wait, for leases, quarantines and processes: begun first, or everybody waits for them.
WAIT_MUCH = ("tests/running/", "tests/faults/", "tests/core/oauth/test_kills", "tests/certify/", "tests/packaging/")


def pytest_configure() -> None:
    """Once for all: what every one of the hundreds of processes that tests start would pay for by itself."""
    # Where compiled files are forbidden, compiling all modules anew is a third of what starting takes.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    collect_rarely()
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_MIN:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(WAIT_MUCH))


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
    with closing(server), _made(server, schema):
        # No test pulls this server's plug: nothing has to wait for its disk.
        yield f"{postgres_server}?options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"


@contextmanager
def _made(server: Database, schema: str) -> Iterator[None]:
    """Taken away whatever becomes of its test."""
    with server.write() as tx:
        tx.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield
    finally:
        with server.write() as tx:
            tx.execute(text(f"DROP SCHEMA {schema} CASCADE"))
