"""The same bills from one local API to another, by this project, dlt, singer-sdk, airbyte-cdk and a plain httpx script.

    python -m benchmarks.peers [--records 20000] [--kills 5] [--latency-ms 0] [--only NAME …] [--json]

Each contender moves them once, then runs again with nothing changed, then moves them anew while it is killed (kill -9)
again and again, each time between a write and its answer, and started again. The server is on one core, the contender
on another. Environments are made on first use, beside this machine's other caches (--environments).
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.contenders import CONTENDERS, HERE, Contender, environment
from benchmarks.peers.measuring import Api, Cost, run, served, two_cores
from benchmarks.peers.telling import tell

STARTS = 5
#: A contender that has not come to its end by then does not.
TRIES_BEYOND_KILLS = 3


def main() -> int:
    options = _options()
    cores = two_cores()
    if cores is not None:
        os.sched_setaffinity(0, {cores[0]})
    environments = options.environments.expanduser().absolute()
    results, failed = [], 0
    with served([sys.executable, str(HERE / "server.py"), "--records", str(options.records)]) as api:
        for contender in CONTENDERS:
            if options.only and contender.name not in options.only:
                continue
            core = None if cores is None else cores[1]
            print(f"{contender.name} …", file=sys.stderr, flush=True)
            try:
                python, version = environment(contender, environments)
                results.append(_compete(contender, str(python), api, options, core) | {"version": version})
            except RuntimeError as error:
                failed += 1
                print(error, file=sys.stderr)
    facts = {
        "records": options.records, "latency_ms": options.latency_ms, "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}", "load": round(os.getloadavg()[0], 1),
        "cores": "one for the server, one for the contender" if cores else "shared",
    }  # fmt: skip
    if options.json:
        print(json.dumps({"facts": facts, "contenders": results}))
    else:
        tell(facts, results)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "ml-connector-peers"
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=5, help="0: nobody is killed")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long the APIs take for an answer")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTENDERS], metavar="NAME")
    parser.add_argument("--environments", type=Path, default=cache)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _compete(
    contender: Contender, python: str, api: Api, options: argparse.Namespace, core: int | None
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        work = Path(folder)
        api.reset(latency_ms=options.latency_ms)
        first = _run(contender, python, api, work, core)
        after = api.stats()
        again = _run(contender, python, api, work, core)
        both = api.stats()
        starts = [_start(contender, python, work, core) for _ in range(STARTS)]
    return {
        "name": contender.name,
        "first": _cost(first, options.records) | _books(after),
        "unchanged": _cost(again, options.records)
        | {"calls": both["calls"] - after["calls"], "writes": both["write"] - after["write"]},
        "start_ms": statistics.median(starts) * 1_000,
        "killed": _killed(contender, python, api, options, core) if options.kills else None,
    }  # fmt: skip


def _run(contender: Contender, python: str, api: Api, work: Path, core: int | None) -> Cost:
    """A whole run. Raises RuntimeError with its last words when it fails."""
    cost = run(contender.pipeline(python, work, api.url), work, core=core)
    if not cost.ok:
        raise RuntimeError(f"{contender.name} failed: {(work / 'err').read_text()[-2_000:]}")
    contender.keep(work)
    return cost


def _start(contender: Contender, python: str, work: Path, core: int | None) -> float:
    return run([contender.start(Path(python))], work, core=core).seconds


def _killed(
    contender: Contender, python: str, api: Api, options: argparse.Namespace, core: int | None
) -> dict[str, Any]:
    """Kill it while an answer is on its way, start it again, and so on; then let it come to its end."""
    stalls = [options.records * number // (options.kills + 1) for number in range(1, options.kills + 1)]
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        work = Path(folder)
        api.reset(latency_ms=options.latency_ms, stalls=stalls)
        kills, tries, ended, began = 0, 0, False, time.perf_counter()
        while not ended and tries < options.kills + TRIES_BEYOND_KILLS:
            tries += 1
            cost = run(contender.pipeline(python, work, api.url), work, core=core, kill_when=_stalled(api, kills))
            kills += cost.killed
            if cost.ok:
                contender.keep(work)
                ended = True
        seconds = time.perf_counter() - began
    return {"kills": kills, "ended": ended, "seconds": seconds} | _books(api.stats())


def _stalled(api: Api, before: int) -> Callable[[], bool]:
    """Whether another answer is being kept back."""
    return lambda: bool(api.stats()["stalled"] > before)


def _cost(cost: Cost, records: int) -> dict[str, Any]:
    return {
        "seconds": cost.seconds,
        "records_per_s": records / cost.seconds,
        "cpu_s": cost.cpu_s,
        "cpu_s_per_1000": cost.cpu_s * 1_000 / records,
        "peak_mb": cost.peak_mb,
    }


def _books(stats: dict[str, Any]) -> dict[str, Any]:
    return {name: stats[name] for name in ("calls", "read", "write", "doubled", "lost", "wrong")}


if __name__ == "__main__":
    sys.exit(main())
