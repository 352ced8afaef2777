"""A worker is killed in the middle of a pairing: seconds until another one goes on with it.

    python benchmarks/takeover.py --database postgresql+psycopg://user@host/name [--redis redis://127.0.0.1:6379/15]
        [--kills 5] [--records 60]

Killed is kill -9, while the worker holds the claim; gone on with is a claim on that pairing with a later fence.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from farms import Farmed, farmed, fences_turned_back, finished, until
from mlc.store.schema import work
from sqlalchemy import select


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/15")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--records", type=int, default=60)
    options = parser.parse_args()
    waits = []
    with tempfile.TemporaryDirectory() as folder, farmed(
        Path(folder), plots=1, records=options.records, database=options.database, broker=options.redis, every="1s"
    ) as works:  # fmt: skip
        scheduler = works.scheduler()
        workers = [works.worker() for _ in range(2)]
        try:
            for _ in range(options.kills):
                waits.append(_kill(works, workers))
                print(f"resumed after {waits[-1]:.1f} s", flush=True)
            until(lambda: finished(works.engine), within_s=120)
        finally:
            works.end([scheduler, *workers])
        twice = fences_turned_back(works.engine)
        doubled = works.farm.doubled()
    print(
        f"{len(waits)} kills: resumed after {statistics.median(waits):.1f} s (median), {max(waits):.1f} s (longest); "
        f"{len(twice)} pairings run twice at once, {len(doubled)} bills doubled; load {os.getloadavg()[0]:.1f}"
    )
    return 1 if twice or doubled else 0


def _kill(works: Farmed, workers: list) -> float:
    """Kill whoever holds the claim, and put a new worker in its place."""

    def held() -> tuple[str, int] | None:
        with works.engine.database.read() as connection:
            row = connection.execute(select(work.c.owner, work.c.fence)).first()
        return None if row is None or not row.owner else (row.owner, row.fence)

    def holder() -> tuple[object, int] | None:
        found = held()
        if found is None:
            return None
        pid = int(found[0].split(":")[-2])
        mine = next((one for one in workers if one.pid == pid), None)
        return None if mine is None else (mine, found[1])

    victim, fence = until(holder, within_s=60, look_s=0.01)
    victim.kill()
    killed_at = time.monotonic()
    victim.wait()
    until(lambda: (found := held()) is not None and found[1] > fence, within_s=60, look_s=0.02)
    seconds = time.monotonic() - killed_at
    workers[workers.index(victim)] = works.worker()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
