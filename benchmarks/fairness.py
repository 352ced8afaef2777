"""500 pairings on one worker, one tenant throttled and one whose vendor hangs: do the others wait for them?

    python benchmarks/fairness.py [--pairings 500] [--threads 8] [--seconds 75] [--every 30]

The same twice in one process on SQLite, first without and then with the two, and the lag of the others side by side.

A pairing is due at its slots, which begin every ``--every`` seconds on the clock. Its lag is measured once per read of
its left list but the first: from the slot that came first after the read before, to this read. A pairing that is
worked on the moment it is due has a lag of zero; one that missed slots, because nobody had time for it, has a lag of
more than ``--every``.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from mlc.runner.embedded import open_engine
from mlc.runner.schedule import EPOCH
from mlc.runner.serving import keep_running
from mlc.runner.worklog import Log
from quiet import Quiet, config_of, plugins_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairings", type=int, default=500)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--every", type=int, default=30, help="seconds between two runs of a pairing")
    options = parser.parse_args()
    for title, special in (("all well", ()), ("one throttled, one hangs", ("throttled", "hanging"))):
        names = [*special, *(f"p{number:03}" for number in range(options.pairings - len(special)))]
        heard = _run(names, options)
        lags = sorted(
            later - (earlier // options.every + 1) * options.every
            for name, times in heard.items()
            if not name.startswith(("throttled", "hanging"))
            for earlier, later in itertools.pairwise(times)
        )
        read = sum(1 for name in heard if not name.startswith(("throttled", "hanging")))
        lag = (
            f"lag p50 {statistics.median(lags):.2f} s, p99 {lags[int(len(lags) * 0.99)]:.2f} s, max {lags[-1]:.2f} s"
            if lags
            else "no pairing came round twice: give it more --seconds"
        )
        print(f"{title:<25} {read} others read; {lag}; load {os.getloadavg()[0]:.1f}", flush=True)
    return 0


def _run(names: list[str], options: argparse.Namespace) -> dict[str, list[float]]:
    """When each pairing's left list was read: seconds since slots are counted."""
    heard: dict[str, list[float]] = {}
    lock = threading.Lock()

    def on_fetch(connection: str) -> None:
        if connection.endswith("-left"):
            with lock:
                heard.setdefault(connection, []).append(time.time() - EPOCH.timestamp())

    with tempfile.TemporaryDirectory() as folder:
        config = config_of(Path(folder), names, every=f"{options.every}s")
        plugins = plugins_of(Quiet(takes_s=0.01, on_fetch=on_fetch))
        ends = time.monotonic() + options.seconds
        with open_engine(config, plugins=plugins, limits=False) as engine, open(os.devnull, "w") as nowhere:
            keep_running(
                engine, names, threads=options.threads, accept=True,
                stop=lambda: time.monotonic() > ends, listener=Log(as_json=True, stream=nowhere), by="benchmark",
            )  # fmt: skip
    return heard


if __name__ == "__main__":
    sys.exit(main())
