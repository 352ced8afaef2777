"""Runs as processes of their own, forked from one that has everything imported: a run costs what it does, no start.

``multiprocessing``'s fork server is started once per process of tests. A forked run can be killed, stopped and gone on
with like any process; what it prints goes to files.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

#: What the server imports before the first fork; the engine would import its planners at their first use.
PRELOADED = ["faultbench.once", *(f"mlc.engine.{kind}plans" for kind in ("document", "party", "payment"))]
_CONTEXT = multiprocessing.get_context("forkserver")


class Running:
    """A run that was begun."""

    def __init__(self, what: Callable[..., int], *given: Any, environ: Mapping[str, str], files: Path) -> None:
        self._said = files.with_suffix(".out"), files.with_suffix(".err")
        _serve()
        self._process = _CONTEXT.Process(target=_work, args=(what, given, dict(environ), *map(str, self._said)))
        self._process.start()

    @property
    def pid(self) -> int:
        """Of the process itself."""
        assert self._process.pid is not None
        return self._process.pid

    def at_work(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        self._process.join(seconds)
        return not self.at_work()

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()

    def end(self, seconds: float) -> tuple[int, str, str]:
        """Wait for its end: exit code, and what it printed to stdout and stderr."""
        if not self.wait(seconds):
            self.kill()
            self.wait(seconds)
            raise TimeoutError(f"process {self.pid} was still at work after {seconds} s")
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        out, err = (path.read_text(encoding="utf-8") if path.exists() else "" for path in self._said)
        for path in self._said:
            path.unlink(missing_ok=True)
        return code, out, err


def _work(what: Callable[..., int], given: tuple[Any, ...], environ: dict[str, str], out: str, err: str) -> None:
    """In the forked process."""
    from mlc.testing import steps

    os.environ.clear()
    os.environ.update(environ)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with open(path, "wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    steps._PLAN, steps._VISITED = environ.get("MLC_TEST_STEP"), environ["MLC_TEST_STEPS_VISITED"]
    sys.exit(what(*given))


def _serve() -> None:
    """Start the server, unless it runs. Steps are chosen at their import: there they have to be on."""
    with _environ(MLC_TEST_STEPS_VISITED=os.devnull, PYTHONPATH=os.pathsep.join(filter(None, sys.path))):
        _CONTEXT.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()


@contextmanager
def _environ(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
