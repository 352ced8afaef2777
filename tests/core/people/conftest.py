"""Opens offices: a ledger, a sales desk and the real engine between them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from mlc.engine import stagework

sys.path.insert(0, str(Path(__file__).parent))

from offices import Office, open_office


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Opens an office; keyword arguments are the desk's."""
    with ExitStack() as stack:
        yield lambda **of_desk: open_office(tmp_path, stack, **of_desk)
