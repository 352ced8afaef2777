"""Measure the engine: the seeded company's records from one stand-in to the other, with write-ahead log and audit on.

    python benchmarks/engine.py --records 20000 [--all] [--images] [--seed 7] [--profile] [--json]

The stand-ins run in one process of their own (on the second core where there is one), their quotas opened. Prints
records per second over the whole first run, CPU seconds per 1,000 records of this process and of the stand-ins' (which
bound the rate, too), peak memory, calls, and what a second, unchanged run costs. A record counts when it was created,
adopted or held: every one was read, mapped and decided.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlc.engine.runreport import RunReport
    from mlc.engine.session import Session

FIRST, UNCHANGED = "first", "unchanged"


def main() -> int:
    options = _options()
    results = measure(options, first_run=_profiled if options.profile else _run)
    if options.json:
        print(json.dumps(results))
    else:
        for result in results:
            print(
                f"{result['pass']:<10} {result['records']:>7} records  {result['seconds']:>8.2f} s  "
                f"{result['records_per_s']:>8.1f} records/s  {result['cpu_s_per_1000']:>6.3f} CPU s per 1,000 "
                f"(stand-ins {result['stand_ins_cpu_s_per_1000']:.3f})  "
                f"{result['peak_mb']:>6.1f} MB peak  calls {result['calls']}"
            )
    return 0


def measure(options: argparse.Namespace, *, first_run: "Callable[[Session], RunReport]") -> list[dict[str, object]]:
    """Both passes, the first one by ``first_run``."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    stand_ins = _start(options, cores)
    try:
        if len(cores) > 1:
            os.sched_setaffinity(0, {cores[0]})
        ready = [json.loads(stand_ins.stdout.readline()) for _ in range(2)]
        return _passes(options, ready, first_run, lambda: _cpu_of(stand_ins.pid))
    finally:
        stand_ins.kill()
        stand_ins.wait()


def _cpu_of(pid: int) -> float:
    """CPU seconds another process has used; 0 where the system does not tell."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2_000, help="bills after go-live")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--all", action="store_true", help="orders, credits and payments too, not only bills")
    parser.add_argument("--images", action="store_true", help="send each bill's image too")
    parser.add_argument("--profile", action="store_true", help="print where the first run spends its time")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _start(options: argparse.Namespace, cores: list[int]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mlc_sandbox", "procurify", "zoho-books", "--no-limits"]
    command += ["--seed", str(options.seed), "--records", str(options.records)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if len(cores) > 1:
        os.sched_setaffinity(process.pid, {cores[1]})
    return process


def _passes(
    options: argparse.Namespace,
    ready: list[dict[str, str]],
    first_run: "Callable[[Session], RunReport]",
    stand_ins_cpu: "Callable[[], float]",
) -> list[dict[str, object]]:
    from mlc.collector import collect_rarely
    from mlc.config import load_config
    from mlc.plugins import load_plugins
    from mlc.runner.embedded import open_session

    collect_rarely()  # as ``mlc`` itself does
    urls = {one["system"]: one["url"] for one in ready}
    results = []
    with tempfile.TemporaryDirectory(prefix="mlc-bench-") as home:
        os.environ["MLC_HOME"] = home
        config_file = Path(home, "mlc.toml")
        config_file.write_text(_config(options, urls), encoding="utf-8")
        os.environ.update(BENCH_SECRET="demo-secret", BENCH_REFRESH="1000.demo.refresh")
        plugins = load_plugins()
        config = load_config(config_file, plugins=plugins)
        for name in (FIRST, UNCHANGED):
            began, cpu, theirs = time.perf_counter(), time.process_time(), stand_ins_cpu()
            with open_session(config, "bench", plugins=plugins, limits=False) as session:
                report = (first_run if name == FIRST else _run)(session)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            parts = ("created", "adopted", "held") if name == FIRST else ("unchanged",)
            records = sum(flow[part] for flow in report.flows.values() for part in parts)
            results.append(
                {
                    "pass": name,
                    "records": records,
                    "seconds": seconds,
                    "records_per_s": records / seconds,
                    "cpu_s_per_1000": cpu * 1000 / records,
                    "stand_ins_cpu_s_per_1000": (stand_ins_cpu() - theirs) * 1000 / records,
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "calls": report.calls,
                    "flows": report.flows,
                }
            )
    return results


def _run(session: "Session") -> "RunReport":
    from mlc.engine.run import run_pairing

    return run_pairing(session, accept=True)


def _profiled(session: "Session") -> "RunReport":
    import cProfile
    import pstats

    profile = cProfile.Profile()
    report = profile.runcall(_run, session)
    pstats.Stats(profile).sort_stats("tottime").print_stats(48)
    return report


def _config(options: argparse.Namespace, urls: dict[str, str]) -> str:
    from mlc_sandbox.company import make_company
    from mlc_sandbox.scenarios.procurify_zoho_books import settings

    chosen = settings(make_company(options.seed, 20))  # the maps are the same, and this process stays small
    taxes = ", ".join(f'{{ name = "{t["name"]}", rate = {t["rate"]}, to = "{t["to"]}" }}' for t in chosen["taxes"])
    tables = {
        name: "\n".join(f'"{key}" = "{value}"' for key, value in chosen[name].items())
        for name in ("money_accounts", "accounts")
    }
    return f"""
[connections.procurify]
system = "procurify"
subdomain = "northwind"
endpoint = "{urls["procurify"]}"
client_id = "demo-client"
client_secret = {{ env = "BENCH_SECRET" }}

[connections.books]
system = "zoho-books"
endpoint = "{urls["zoho-books"]}"
organization_id = "{chosen["organization_id"]}"
client_id = "1000.DEMO"
client_secret = {{ env = "BENCH_SECRET" }}
refresh_token = {{ env = "BENCH_REFRESH" }}

[pairings.bench]
recipe = "procurify+zoho-books"
left = "procurify"
right = "books"
since = {chosen["since"]}
freight_account = "{chosen["freight_account"]}"
purchase_tax = "code"
taxes = [{taxes}]
[pairings.bench.money_accounts]
{tables["money_accounts"]}
[pairings.bench.accounts]
{tables["accounts"]}
{"" if options.all else _OFF}
[pairings.bench.flows.bills]
with_image = {str(options.images).lower()}
"""


_OFF = "\n".join(f'[pairings.bench.flows.{flow}]\nmode = "off"' for flow in ("purchase-orders", "credits", "payments"))


if __name__ == "__main__":
    sys.exit(main())
