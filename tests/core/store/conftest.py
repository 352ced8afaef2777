"""Both kinds of database, each test with one of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlc.errors import StoreError
from mlc.store.database import Database, open_database


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
