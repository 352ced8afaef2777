"""A folder with inbox, outbox and archive, and a connection to it. Files in it are old enough to be read."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlc import Connection, FetchMode, Page, Secrets
from mlc.records import ObjectType
from mlc.testing import open_test_connection
from mlc_csv import plugin
from mlc_csv.settings import CsvSettings

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
Files = Connection[CsvSettings, Secrets]


@dataclass(frozen=True)
class Box:
    """The folder as people see it."""

    path: Path

    @property
    def inbox(self) -> Path:
        return self.path / "inbox"

    @property
    def outbox(self) -> Path:
        return self.path / "outbox"

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    def drop(self, name: str, text: str, *, age_s: float = 60.0, checksum: bool = False) -> Path:
        """Somebody puts a file into the inbox, so long ago."""
        path = self.inbox / name
        path.write_bytes(text.encode())
        moment = (NOW - timedelta(seconds=age_s)).timestamp()
        os.utime(path, (moment, moment))
        if checksum:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            (self.inbox / f"{name}.sha256").write_text(f"{digest}  {name}\n")
        return path

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.path / folder).iterdir())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    for name in ("inbox", "outbox", "archive"):
        (tmp_path / name).mkdir()
    return Box(tmp_path)


@pytest.fixture
def connect(box: Box) -> Iterator[Callable[..., Files]]:
    """A connection to the folder, with these settings."""
    opened: list[Files] = []

    def make(**settings: Any) -> Files:
        given = {"folder": str(box.path), "currency": "EUR", **settings}
        opened.append(open_test_connection("csv", settings=given, secrets={}, now=lambda: NOW))
        return opened[-1]

    yield make
    for connection in opened:
        connection.http.close()


@pytest.fixture
def files(connect: Callable[..., Files]) -> Files:
    return connect()


@pytest.fixture
def fetch() -> Callable[..., Page]:
    """One page of a kind."""

    def one(
        connection: Files, kind: ObjectType, cursor: str | None = None, mode: FetchMode = FetchMode.CHANGES
    ) -> Page:
        page: Page = plugin.mlc_fetch(connection, kind, cursor, mode)
        return page

    return one


@pytest.fixture
def bills_header() -> str:
    return "vendor_id,bill_number,issue_date,amount\n"
