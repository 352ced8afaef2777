"""One run of a contender, measured: on a core of its own, with the CPU and memory of its whole tree of processes."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOK_S = 0.005
SAMPLE_S = 0.05
#: Nobody is told of what is measured.
SILENT = {"DO_NOT_TRACK": "1", "RUNTIME__DLTHUB_TELEMETRY": "false"}


@dataclass(frozen=True)
class Cost:
    """Of one run. ``ok`` False: a process of it failed. ``killed``: it was us."""

    seconds: float
    cpu_s: float
    peak_mb: float
    ok: bool
    killed: bool = False


class Api:
    """The served APIs, asked for their books."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stats(self) -> dict[str, Any]:
        return self._ask("/_bench/stats")

    def reset(self, *, latency_ms: float = 0.0, stalls: Sequence[int] = ()) -> None:
        """Begin anew. The writes of these numbers are carried out and not answered for five seconds."""
        self._ask(f"/_bench/reset?latency_ms={latency_ms}&stalls={','.join(map(str, stalls))}")

    def _ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


def two_cores() -> tuple[int, int] | None:
    """One for the server and us, one for the contender; None where there is one, or it cannot be chosen."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (cores[0], cores[1]) if len(cores) > 1 else None


@contextmanager
def served(command: list[str]) -> Iterator[Api]:
    """The local APIs in a process of their own, beside us."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Api(json.loads(process.stdout.readline())["url"])
        finally:
            process.kill()


def run(
    pipeline: Sequence[Sequence[str]], work: Path, *, core: int | None, kill_when: Callable[[], bool] | None = None
) -> Cost:
    """Run the commands, each one's output the next one's input, to their end, or until ``kill_when`` (kill -9)."""

    def alone() -> None:
        os.setsid()
        if core is not None:
            os.sched_setaffinity(0, {core})

    began = time.perf_counter()
    processes: list[subprocess.Popen[bytes]] = []
    with open(work / "out", "wb") as out, open(work / "err", "wb") as err:
        feed: Any = subprocess.DEVNULL
        for number, command in enumerate(pipeline):
            last = number == len(pipeline) - 1
            processes.append(
                subprocess.Popen(
                    command, stdin=feed, stdout=out if last else subprocess.PIPE, stderr=err, cwd=work,
                    preexec_fn=alone, env=os.environ | SILENT | {"DLT_DATA_DIR": str(work)},
                )
            )  # fmt: skip
            if feed is not subprocess.DEVNULL:
                feed.close()
            feed = processes[-1].stdout
        return _watch([process.pid for process in processes], began, kill_when)


def _watch(pids: list[int], began: float, kill_when: Callable[[], bool] | None) -> Cost:
    cpu, peak, ok, killed = 0.0, 0.0, True, False
    running, looked = list(pids), 0.0
    while running:
        for pid in list(running):
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                running.remove(pid)
                cpu += usage.ru_utime + usage.ru_stime
                peak = max(peak, usage.ru_maxrss / 1024)
                ok = ok and os.waitstatus_to_exitcode(status) == 0
        now = time.perf_counter()
        if now - looked > SAMPLE_S:
            looked = now
            peak = max(peak, sum(map(_memory_mb, _tree(running))))
            if not killed and kill_when is not None and running and kill_when():
                killed = True
                for pid in running:
                    os.killpg(pid, signal.SIGKILL)
        time.sleep(LOOK_S)
    return Cost(time.perf_counter() - began, cpu, peak, ok, killed)


def _tree(pids: Sequence[int]) -> list[int]:
    """These processes and all below them; where the system does not tell, these alone."""
    found, todo = [], list(pids)
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _memory_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0
