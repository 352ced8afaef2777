"""A database and keys of its own for each test."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import Database, open_database

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return Keys(b"k" * 32)


@pytest.fixture
def credentials(database, keys) -> Credentials:
    return Credentials(database, keys, now=lambda: NOW)
