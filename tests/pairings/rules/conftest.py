"""Worlds for the rules: one per file for what people do, fresh ones where configuration is the question."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import mlc.runner.embedded as embedded
import pytest
from mlc.engine import dispatch, stagework
from mlc.plugins import Plugins

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("rulebench.people")

from rulebench.bench import Bench, open_bench  # noqa: E402
from rulebench.people import People  # noqa: E402

Opener = Callable[..., AbstractContextManager[Bench]]


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    """Our clock is ahead of the vendors' instead of waiting for old versions; commands wait for no quota."""
    with_limits = embedded.open_engine
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            embedded, "open_engine", lambda *given, **named: with_limits(*given, **named | {"limits": False})
        )
        patched.setattr(stagework, "PROVISIONAL_S", 0.0)
        patched.setattr(dispatch, "PATIENCE_S", 0.2)
        yield


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A pairing that is in step, for all tests of a file."""
    with open_bench(tmp_path_factory.mktemp("rules"), plugins) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    """Who works in the file's world; faults and switches go when the test ends."""
    yield People(bench)
    bench.heal()


@pytest.fixture
def opening(tmp_path: Path, plugins: Plugins) -> Opener:
    """A world of the test's own."""
    return partial(open_bench, tmp_path, plugins)
