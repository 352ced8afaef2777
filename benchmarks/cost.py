"""Count, instead of time, what a first run costs per record: the same figures on a busy machine as on an idle one.

    python benchmarks/cost.py --records 300 1200 [--seed 7] [--json]

Prints Python calls of the engine's own thread, SQL statements, and steps of SQLite's machine, each per
record. Give two sizes: what grows with the number of records goes through what is stored.
"""

import argparse
import cProfile
import json
import pstats
import sys
from typing import TYPE_CHECKING, Any

import engine  # the file beside this one
from sqlalchemy import event
from sqlalchemy.engine import Engine

if TYPE_CHECKING:
    from mlc.engine.runreport import RunReport
    from mlc.engine.session import Session

STEPS = 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[300, 1200], help="bills after go-live")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [_cost(records, options.seed) for records in options.records]
    for result in results:
        if options.json:
            print(json.dumps(result))
        else:
            told = "  ".join(f"{value:>9.1f} {name}" for name, value in result.items() if name != "records")
            print(f"{result['records']:>7.0f} records, each: {told}")
    return 0


def _cost(records: int, seed: int) -> dict[str, float]:
    counted = {"sqlite steps": 0.0}

    def step() -> int:
        counted["sqlite steps"] += STEPS
        return 0

    def connected(raw: Any, _record: object) -> None:
        raw.set_progress_handler(step, STEPS)

    def run(session: "Session") -> "RunReport":
        before = counted["sqlite steps"]
        profile = cProfile.Profile()
        report = profile.runcall(engine._run, session)
        stats: Any = pstats.Stats(profile)
        first["python calls"] = float(stats.total_calls)
        first["statements"] = float(sum(calls for (_, _, name), (_, calls, *_) in stats.stats.items() if _asks(name)))
        first["sqlite steps"] = counted["sqlite steps"] - before
        return report

    first: dict[str, float] = {}
    options = argparse.Namespace(records=records, seed=seed, all=False, images=False)
    event.listen(Engine, "connect", connected)
    try:
        passes = engine.measure(options, first_run=run)
    finally:
        event.remove(Engine, "connect", connected)
    done = int(passes[0]["records"])  # type: ignore[call-overload]
    return {"records": float(done)} | {name: value / done for name, value in first.items()}


def _asks(name: str) -> bool:
    """Whether this is the driver's own call. Who listened to SQLAlchemy would change what is measured."""
    return name.startswith(("<method 'execute' of 'sqlite3", "<method 'executemany' of 'sqlite3"))


if __name__ == "__main__":
    sys.exit(main())
