"""One, two and four worker processes against forty pairings: how work scales, and that no pairing is run twice at once.

    python benchmarks/workers.py [--pairings 40] [--records 3] [--workers 1 2 4] [--latency-ms 300] [--threads 4]
        [--database postgresql+psycopg://user@host/name] [--redis redis://127.0.0.1:6379/15]

Each number of workers gets a farm and a schema of its own, which is dropped; servers are started where none are named.
Stand-ins are served from this process. They take 300 ms for an answer, as accounting systems on the internet do:
workers then wait most of the time, and more of them help until the cores are busy, which is told beside the figures.
The exit code is 1 when a pairing was run twice at once (read from the fences in the audit), or a bill is doubled.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from farms import Farmed, farmed, fences_turned_back, finished, servers, until


@dataclass(frozen=True)
class Cost:
    """``cores``: how many were busy, the stand-ins' share included."""

    seconds: float
    cores: float


def main() -> int:
    options = _options()
    bad, first = 0, 0.0
    with tempfile.TemporaryDirectory() as home, servers(Path(home), options.database, options.redis) as (kept, queue):
        for count in options.workers:
            with tempfile.TemporaryDirectory() as folder, farmed(
                Path(folder), plots=options.pairings, records=options.records, database=kept, broker=queue
            ) as works:  # fmt: skip
                _slow_down(works, options.latency_ms / 1_000)
                cost = _work(works, count, options)
                twice, doubled = fences_turned_back(works.engine), works.farm.doubled()
                written = works.farm.written
            first = first or cost.seconds
            bad += len(twice) + len(doubled)
            print(
                f"{count} workers: {options.pairings} pairings in {cost.seconds:.1f} s, {written} records written "
                f"({written / cost.seconds:.1f}/s), {first / cost.seconds:.2f} times the first; "
                f"{cost.cores:.2f} cores busy; {len(twice)} pairings run twice at once, {len(doubled)} bills doubled; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    return 1 if bad else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="")
    parser.add_argument("--redis", default="")
    parser.add_argument("--pairings", type=int, default=40)
    parser.add_argument("--records", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--threads", type=int, default=4, help="of each worker")
    parser.add_argument("--latency-ms", type=float, default=300.0, help="how long a stand-in takes for an answer")
    parser.add_argument("--within", type=float, default=900.0, help="seconds for each number of workers")
    return parser.parse_args()


def _slow_down(works: Farmed, seconds: float) -> None:
    for plot in works.farm.plots:
        for served in plot.served.values():
            served.post("faults", {"match": "*", "kind": "delay", "seconds": seconds, "times": None})


def _work(works: Farmed, count: int, options: argparse.Namespace) -> Cost:
    spent, began = _cpu_s(), time.monotonic()
    processes: list[subprocess.Popen[bytes]] = [works.scheduler()]
    try:
        processes += [works.worker(threads=options.threads) for _ in range(count)]
        until(lambda: len(finished(works.engine)) == len(works.farm.plots), within_s=options.within)
        seconds = time.monotonic() - began
    finally:
        works.end(processes)
    return Cost(seconds, (_cpu_s() - spent) / seconds)


def _cpu_s() -> float:
    """Of this process and of those that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    sys.exit(main())
