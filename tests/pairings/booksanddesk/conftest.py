"""Opens offices: the books of QuickBooks, Basware's desk, and the real engine between them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mlc.engine import booking, soon, stagework
from mlc.plugins import Plugins

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("accountsoffice")

from accountsoffice import Office, open_office  # noqa: E402

Opener = Callable[..., Office]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)
    monkeypatch.setattr(soon, "FIRST_ASKED_S", 0.3)
    monkeypatch.setattr(booking, "FIRST_ASKED_S", 0.2)


@pytest.fixture
def opening(tmp_path: Path, plugins: Plugins) -> Iterator[Opener]:
    """Opens one; keyword arguments as of ``open_office``."""
    with ExitStack() as stack:

        def opened(**how: Any) -> Office:
            return stack.enter_context(open_office(tmp_path, plugins, **how))

        yield opened
