"""Processes of their own, forked from one that has everything imported: a run costs what it does, no start.

``multiprocessing``'s fork server is started once per process of tests. What was forked can be killed, stopped and gone
on with like any process; what it prints goes to files.
"""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

#: What the server imports before the first fork; what it does not find, it leaves out.
PRELOADED = ["tests.warm", "faultbench.once", "faultbench.onceof"]
_CONTEXT = multiprocessing.get_context("forkserver")


class Running:
    """A function at work in a process of its own.

    Args:
        what: Takes ``given``, returns the exit code.
        environ: All of its environment.
        files: Path, without suffix, of the files that its output goes to until it ends.
        stdin: What it reads.
    """

    def __init__(
        self, what: Callable[..., int], *given: Any, environ: Mapping[str, str], files: Path, stdin: str = ""
    ) -> None:
        self._input, *self._said = (files.with_suffix(suffix) for suffix in (".in", ".out", ".err"))
        self._input.write_text(stdin, encoding="utf-8")
        _serve()
        streams = str(self._input), *map(str, self._said)
        self._process = _CONTEXT.Process(target=_work, args=(what, given, dict(environ), streams))
        self._process.start()
        #: Of the process itself.
        self.pid = int(self._process.pid or 0)

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

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

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
        for path in (self._input, *self._said):
            path.unlink(missing_ok=True)
        return code, out, err


def command(folder: Path, *words: str) -> int:
    """``mlc`` with these words, called in that folder: to be given to `Running`."""
    from mlc.cli.main import main

    os.chdir(folder)
    sys.argv = ["mlc", *words]
    main()
    return 0


def _work(what: Callable[..., int], given: tuple[Any, ...], environ: dict[str, str], streams: tuple[str, ...]) -> None:
    """In the forked process."""
    from mlc.testing import steps

    os.environ.clear()
    os.environ.update(environ)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if packages := environ.get("PYTHONPATH"):
        sys.path[:0] = packages.split(os.pathsep)
        importlib.invalidate_caches()
    steps._PLAN, steps._VISITED = environ.get("MLC_TEST_STEP"), environ.get("MLC_TEST_STEPS_VISITED")
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
