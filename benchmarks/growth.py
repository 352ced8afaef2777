"""What a run costs when nothing has changed, with 2,000, 20,000 and 200,000 bills bound already.

    python benchmarks/growth.py [--sizes 2000 20000 200000] [--database postgresql+psycopg://user@host/name] [--json]

The engine binds the first 200 bills; the store is filled with copies of what it wrote for them, whose form is compared
row by row. Then, at each size: seconds, CPU, peak memory and calls of one run in a process of its own, and bytes stored
per record. At the end the database is asked how it answers every statement of a run. The exit code is 1 when one goes
through a table that grows, a copy has another form, or the audit's chain does not hold.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from farms import schema_on
from filling import Pattern, forms_of, source_id
from mlc.engine.run import run_pairing
from mlc.runner.embedded import Engine, open_engine
from mlc.store.audit import verify_chain
from peers.ledgers import PAIRING, config, plugins
from peers.measuring import Api, run, served, two_cores
from plans import Asked, listening, plans_of, shortened, slow_ones
from sqlalchemy import text

PATTERN = 200
#: Bills whose rows are compared.
COMPARED = 5


def main() -> int:
    options = _options()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="growth-")))
        database = stack.enter_context(schema_on(options.database)) if options.database else ""
        server = [sys.executable, str(Path(__file__).parent / "peers" / "server.py"), "--records", str(PATTERN)]
        api = stack.enter_context(served(server))
        asked, small = _bind(work, api.url, database)
        results, problems, copies = [], [], 1
        for size in sorted(options.sizes):
            began = time.perf_counter()
            with open_engine(config(work, api.url, database=database), plugins=plugins()) as engine:
                wanted = max(copies, size // PATTERN)
                Pattern(engine.database, PAIRING, size=PATTERN).write(range(copies, wanted))
                copies = wanted
                stored = _bytes(engine) - small
                problems += _other_forms(engine, copies)
            facts = {"records": copies * PATTERN, "filled_in_s": time.perf_counter() - began,
                     "bytes_per_record": stored / max(1, (copies - 1) * PATTERN)}  # fmt: skip
            results.append(facts | _measure(work, api, database))
            if not options.json:
                _tell(results[-1])
        plans, slow = _judge(work, api.url, database, asked)
        problems += slow
    if options.json:
        print(json.dumps({"sizes": results, "statements": plans, "problems": problems}))
    else:
        print(f"{plans} statements of a run, asked for their plans at {results[-1]['records']:,} records: "
              f"{len(slow)} go through a table that grows.")  # fmt: skip
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    parser.add_argument("--database", default="", help="a PostgreSQL; without it SQLite")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _bind(work: Path, url: str, database: str) -> tuple[Asked, int]:
    """Let the engine bind the pattern and run again; what it asked the database, and the bytes stored."""
    with open_engine(config(work, url, database=database), plugins=plugins()) as engine, listening() as asked:
        for _ in range(2):
            with engine.session_alone(PAIRING) as session:
                run_pairing(session, accept=True)
        return dict(asked), _bytes(engine)


def _measure(work: Path, api: Api, database: str) -> dict[str, Any]:
    """One run, after one that meets the filled store for the first time."""
    cores = two_cores()
    command = [sys.executable, str(Path(__file__).parent / "peers" / "ours.py"), str(work), api.url, database]
    for _ in range(2):
        before = api.stats()
        cost = run([command], work, core=cores[1] if cores else None)
        if not cost.ok:
            raise RuntimeError(f"the run failed: {(work / 'err').read_text()[-2_000:]}")
    after = api.stats()
    return {"seconds": cost.seconds, "cpu_s": cost.cpu_s, "peak_mb": cost.peak_mb,
            "calls": after["calls"] - before["calls"], "writes": after["write"] - before["write"]}  # fmt: skip


def _tell(result: dict[str, Any]) -> None:
    print(
        f"{result['records']:>9,} bound, nothing changed: {result['seconds']:6.2f} s  {result['cpu_s']:6.2f} CPU s  "
        f"{result['peak_mb']:6.1f} MB peak  {result['calls']:3} calls, {result['writes']} writes  "
        f"{result['bytes_per_record']:8,.0f} bytes stored per record  (filled in {result['filled_in_s']:.0f} s); "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _bytes(engine: Engine) -> int:
    """What the store takes on the disk, its write-ahead log folded in."""
    database = engine.database
    if database.path is None:
        with database.read() as connection:
            told = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            return int(connection.execute(text(told + "current_schema()::regnamespace")).scalar_one())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.path.stat().st_size


def _other_forms(engine: Engine, copies: int) -> list[str]:
    """What bulk-made rows have and engine-made ones have not, or the other way round; an audit that does not hold."""
    made = forms_of(engine.database, [source_id(number) for number in range(COMPARED)])
    problems = []
    if copies > 1:
        last = (copies - 1) * PATTERN
        copied = forms_of(engine.database, [source_id(last + number) for number in range(COMPARED)])
        problems += [f"copies have another form in {name}" for name, rows in made.items() if rows != copied[name]]
    chain = verify_chain(engine.database)
    return problems if chain.problem is None else [*problems, chain.problem]


def _judge(work: Path, url: str, database: str, asked: Asked) -> tuple[int, list[str]]:
    """Statements asked for their plans, and the steps that go through all."""
    with open_engine(config(work, url, database=database), plugins=plugins()) as engine:
        plans = plans_of(engine.database, asked)
    for statement, steps in plans.items():
        for step in steps:
            if step.startswith("TOOK"):
                print(f"{step}: {shortened(statement)}", file=sys.stderr)
    return len(plans), slow_ones(plans)


if __name__ == "__main__":
    sys.exit(main())
