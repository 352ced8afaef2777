"""What idling costs: CPU and memory of ``mlc run`` and of one worker with 500 pairings that are not due.

    python benchmarks/idle.py [--pairings 500] [--seconds 20]
        [--database postgresql+psycopg://user@host/name --redis redis://127.0.0.1:6379/15]

Each is a process of its own. The worker, which needs PostgreSQL, is measured where a database is named.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from farms import schema_on

READY_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairings", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--database", default="")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/15")
    parser.add_argument("--as", dest="role", choices=("run", "worker"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        return _idle(options)
    with ExitStack() as stack:
        _measure("run", options, "")
        if options.database:
            _measure("worker", options, stack.enter_context(schema_on(options.database)))
        else:
            print("worker: not measured, no --database was given")
    return 0


def _measure(role: str, options: argparse.Namespace, database: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--as", role, "--folder", folder, "--pairings", str(options.pairings)]
        command += ["--database", database, "--redis", options.redis]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "idle\n":
                raise RuntimeError(f"{role} did not become idle")
            time.sleep(5)
            cpu, began = _cpu_s(process.pid), time.monotonic()
            time.sleep(options.seconds)
            spent = (_cpu_s(process.pid) - cpu) / (time.monotonic() - began)
            print(
                f"{role:<7} {options.pairings} pairings: {spent:.2%} of a core, {_memory_mb(process.pid):.0f} MB; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        finally:
            process.terminate()
            process.communicate(timeout=90)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _idle(options: argparse.Namespace) -> int:
    """The process that is measured: nothing is due before an hour has passed."""
    from mlc.clock import Clock
    from mlc.runner.brokers import redis_broker
    from mlc.runner.embedded import open_engine
    from mlc.runner.leases import process_name
    from mlc.runner.pace import schedules
    from mlc.runner.serving import keep_running, work_until
    from mlc.runner.signals import stopping
    from mlc.runner.work import plan_work
    from mlc.runner.worklog import Log
    from quiet import Quiet, config_of, plugins_of

    names = [f"p{number:03}" for number in range(options.pairings)]
    broker = options.redis if options.role == "worker" else None
    config = config_of(options.folder, names, database=options.database, broker=broker)
    with (
        open(os.devnull, "w") as nowhere,
        stopping() as stop,
        open_engine(config, plugins=plugins_of(Quiet()), limits=False) as engine,
    ):
        log = Log(as_json=True, stream=nowhere)
        later = {name: one.after(Clock().now()) for name, one in schedules(engine, names).items()}
        plan_work(engine.database, later, later)
        print("idle", flush=True)
        if options.role == "worker":
            work_until(
                engine, redis_broker(config, engine.database), names,
                threads=8, stop=stop, log=log, by="benchmark", owner=process_name(),
            )  # fmt: skip
        else:
            keep_running(engine, names, threads=8, stop=stop, listener=log, by="benchmark")
    return 0


if __name__ == "__main__":
    sys.exit(main())
