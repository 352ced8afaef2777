"""Both stand-ins, an installation in an empty folder, and the real command."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mlc_sandbox.company import make_company
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from mlc_sandbox.served import Served, serve

from tests.forking import Running, command

SEED, RECORDS = 7, 3
SECRETS = {
    "BUY_ID": "demo-client",
    "BUY_SECRET": "demo-secret",
    "BOOKS_ID": "1000.DEMO",
    "BOOKS_SECRET": "demo-secret",
    "BOOKS_REFRESH": "1000.demo.refresh",
}


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(key))} = {toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass
class Told:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """The one line on stderr."""
        lines = [line for line in self.err.splitlines() if line and not line.startswith("Warning: ")]
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass
class Installation:
    """A configuration that works, to break in one place."""

    home: Path
    buying: dict[str, Any]
    books: dict[str, Any]
    pairing: dict[str, Any]
    environ: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    _runs: int = 0

    @property
    def path(self) -> Path:
        return self.home / "mlc.toml"

    def write(self) -> None:
        lines = []
        for name, table in (
            ("connections.buying", self.buying),
            ("connections.books", self.books),
            ("pairings.main", self.pairing),
        ):
            lines += ["", f"[{name}]", *(f"{key} = {toml(value)}" for key, value in table.items())]
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLC_", "BUY_", "BOOKS_"))}
        return kept | {"MLC_HOME": str(self.home)} | self.environ

    def start(self, *words: str) -> Running:
        """Start the command and go on."""
        self._runs += 1
        files = self.home.parent / f"{self.home.name}-said-{self._runs}"
        return Running(command, self.home, *words, environ=self._environ(), files=files)

    def say(self, *words: str, write: bool = True) -> Told:
        """Run the command to its end. No traceback, whatever happens."""
        if write:
            self.write()
        code, out, err = self.start(*words).end(90)
        assert "Traceback" not in err + out, err
        assert "did not expect" not in err, err
        return Told(code, out, err)


@pytest.fixture(scope="session")
def vendors() -> Iterator[dict[str, Served]]:
    with serve(("procurify", "zoho-books"), seed=SEED, records=RECORDS) as served:
        yield served


@pytest.fixture
def fault(vendors: dict[str, Served]) -> Iterator[Callable[..., None]]:
    """Ask a stand-in to be faulty until the test ends."""
    struck = []

    def ask(system: str, match: str, kind: str, **options: Any) -> None:
        struck.append(system)
        vendors[system].post("faults", {"match": match, "kind": kind, "times": None, **options})

    yield ask
    for system in set(struck):
        vendors[system]._ask("DELETE", "faults")


@pytest.fixture
def mlc(vendors: dict[str, Served], tmp_path: Path) -> Installation:
    company = make_company(SEED, RECORDS)
    given = scenario.pairing(company)
    return Installation(
        home=tmp_path,
        buying={
            "system": "procurify",
            "subdomain": "northwind",
            "endpoint": vendors["procurify"].url,
            "client_id": {"env": "BUY_ID"},
            "client_secret": {"env": "BUY_SECRET"},
        },
        books={
            "system": "zoho-books",
            "organization_id": "700001234",
            "endpoint": vendors["zoho-books"].url,
            "client_id": {"env": "BOOKS_ID"},
            "client_secret": {"env": "BOOKS_SECRET"},
            "refresh_token": {"env": "BOOKS_REFRESH"},
        },
        pairing={"recipe": "procurify+zoho-books", "left": "buying", "right": "books", **given},
    )
