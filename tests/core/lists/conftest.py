"""Opens counters: a ledger, a system that needs its lists, and the real engine between them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mlc.engine import stagework

sys.path.insert(0, str(Path(__file__).parent))

from chests import Chest
from counters import Counter, open_counter


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Callable[..., Counter]]:
    """Opens a counter; keyword arguments are the target's, ``toml`` goes into the pairing's table.

    ``before``: the counter that is closed, and whose systems and database are gone on with.
    """
    with ExitStack() as last:

        def make(*, toml: str = "", before: Counter | None = None, **of_target: Any) -> Counter:
            last.close()
            source = Chest("source") if before is None else before.source
            target = Chest("target", **of_target) if before is None else before.target
            return open_counter(tmp_path, last, toml=toml, source=source, target=target)

        yield make
