"""Both recipes of Basware, whole and over HTTP: P2P on one side, either of the books on the other, mlc between."""

import sys
from collections.abc import Iterator
from pathlib import Path

import mlc.runner.embedded as embedded
import pytest
from mlc.engine import booking, soon, stagework
from mlc.plugins import Plugins

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("halls.hall")

from halls.hall import Hall, open_hall  # noqa: E402
from halls.ledgers import QuickBooks, ZohoBooks  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    """P2P is asked sooner what became of a write; versions are believed at once; no quota is waited for."""
    with_limits = embedded.open_engine
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            embedded, "open_engine", lambda *given, **named: with_limits(*given, **named | {"limits": False})
        )
        patched.setattr(soon, "FIRST_ASKED_S", 0.3)
        patched.setattr(booking, "FIRST_ASKED_S", 0.2)
        patched.setattr(stagework, "PROVISIONAL_S", 0.0)
        yield


@pytest.fixture(scope="module", params=[ZohoBooks, QuickBooks], ids=["zoho-books", "quickbooks"])
def hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Hall]:
    """One pairing in which the lists and vendors are in step; only what a test dates today is carried."""
    with open_hall(tmp_path_factory.mktemp("hall"), plugins, request.param) as opened:
        opened.run()
        yield opened
