"""Two and four worker processes against forty pairings: how work scales, and that no pairing is run twice at once.

    python benchmarks/workers.py --database postgresql+psycopg://user@host/name [--redis redis://127.0.0.1:6379/15]
        [--pairings 40] [--records 4] [--workers 2 4]

Each number of workers gets a farm and a schema of its own, which is dropped. Stand-ins are served from this process.
The exit code is 1 when a pairing was run twice at once (read from the fences in the audit), or a bill is doubled.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from farms import Farmed, farmed, fences_turned_back, finished, until


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/15")
    parser.add_argument("--pairings", type=int, default=40)
    parser.add_argument("--records", type=int, default=4)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--within", type=float, default=150.0, help="seconds for each number of workers")
    options = parser.parse_args()
    bad, first = 0, 0.0
    for count in options.workers:
        with tempfile.TemporaryDirectory() as folder, farmed(
            Path(folder), plots=options.pairings, records=options.records, database=options.database,
            broker=options.redis,
        ) as works:  # fmt: skip
            seconds = _work(works, count, options.within)
            twice, doubled = fences_turned_back(works.engine), works.farm.doubled()
            written = works.farm.written
        first = first or seconds
        bad += len(twice) + len(doubled)
        print(
            f"{count} workers: {options.pairings} pairings in {seconds:.1f} s, {written} records written "
            f"({written / seconds:.1f}/s), {first / seconds:.2f} times the first; "
            f"{len(twice)} pairings run twice at once, {len(doubled)} bills doubled; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    return 1 if bad else 0


def _work(works: Farmed, count: int, within_s: float) -> float:
    processes: list[subprocess.Popen[bytes]] = [works.scheduler()]
    began = time.monotonic()
    try:
        processes += [works.worker() for _ in range(count)]
        until(lambda: len(finished(works.engine)) == len(works.farm.plots), within_s=within_s)
        return time.monotonic() - began
    finally:
        works.end(processes)


if __name__ == "__main__":
    sys.exit(main())
