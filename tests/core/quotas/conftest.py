"""Time moved by hand, and a database for the long windows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from mlc.store.database import Database, open_database


class Hands:
    """A clock moved by hand; sleeping moves it too."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def boottime(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, 0, tzinfo=UTC) + timedelta(seconds=self.at - 1000.0)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()
