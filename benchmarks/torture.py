"""Kills processes and servers at random moments while vendors lose answers, and counts what was doubled, lost or wrong.

``python benchmarks/torture.py --faults 300 --seed 1`` does it to ``mlc run`` on one machine, with ``--distributed`` to
workers and schedulers on Redis and PostgreSQL. The judge reads the stand-ins' logs and nothing of the connector's own.
The last line is the verdict, the exit code 1 when anything is wrong. ``--matrix`` runs every numbered step, operation
and fault on its own instead.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faultbench.killing import Verdict

FAULTS = Path(__file__).resolve().parents[1] / "tests" / "faults"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=300, help="until at least so many have struck")
    parser.add_argument(
        "--seed", type=int, default=None, help="the same seed makes the same company, people and faults"
    )
    parser.add_argument("--records", type=int, default=20, help="bills of each seeded company")
    parser.add_argument("--distributed", action="store_true", help="workers and a scheduler, on Redis and PostgreSQL")
    parser.add_argument("--pairings", type=int, default=4, help="companies of a distributed torture")
    parser.add_argument("--matrix", action="store_true", help="the whole matrix of steps, operations and faults")
    asked = parser.parse_args()
    if asked.matrix:
        return subprocess.run([sys.executable, "-m", "pytest", str(FAULTS), "-m", "torture"], check=False).returncode
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    _say(f"seed {seed}")
    sys.path[:0] = [str(FAULTS), str(FAULTS.parents[1])]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends, too
    began = time.monotonic()
    try:
        verdicts = _many(asked, seed) if asked.distributed else _alone(asked, seed)
    except BaseException:
        _say(f"It ended early; repeat it with {_again(asked, seed)}")
        raise
    return _tell(verdicts, seed=seed, again=_again(asked, seed), took_s=time.monotonic() - began)


def _alone(asked: argparse.Namespace, seed: int) -> list["Verdict"]:
    """One process on SQLite: half of the faults for each way of settling."""
    from faultbench.killing import torture
    from faultbench.world import SWITCHES

    verdicts = []
    for number, strategy in enumerate(SWITCHES):
        share = asked.faults // 2 + (asked.faults % 2 if number == 0 else 0)
        with tempfile.TemporaryDirectory(prefix="mlc-torture-") as folder:
            verdicts.append(
                torture(Path(folder), strategy=strategy, faults=share, seed=seed, records=asked.records,
                        tell=Progress(strategy, share))
            )  # fmt: skip
    return verdicts


def _many(asked: argparse.Namespace, seed: int) -> list["Verdict"]:
    """Workers and a scheduler."""
    from faultbench.many import torture_many
    from faultbench.servers import Absent

    server = os.environ.get("MLC_TEST_POSTGRES", "")
    with tempfile.TemporaryDirectory(prefix="mlc-torture-") as folder:
        try:
            return [
                torture_many(Path(folder), faults=asked.faults, seed=seed, records=asked.records,
                             pairings=asked.pairings, server=server, tell=Progress("distributed", asked.faults),
                             say=_say)
            ]  # fmt: skip
        except Absent as error:
            sys.exit(f"SKIPPED: {error}; install it, or name a PostgreSQL in MLC_TEST_POSTGRES.")


class Progress:
    """Tells how far it is: in place on a terminal, now and then elsewhere."""

    def __init__(self, name: str, wanted: int) -> None:
        self._name, self._wanted, self._told, self._began = name, wanted, 0, time.monotonic()

    def __call__(self, done: int) -> None:
        line = (
            f"{self._name}: {min(done, self._wanted)} of {self._wanted} faults, {time.monotonic() - self._began:.0f} s"
        )
        if sys.stdout.isatty():
            print(f"\r{line}\033[K", end="\n" if done >= self._wanted else "", flush=True)
        elif done - self._told >= 25:
            self._told = done
            _say(f"  {line}")


def _tell(verdicts: list["Verdict"], *, seed: int, again: str, took_s: float) -> int:
    for verdict in verdicts:
        _say(f"{verdict.name}: {verdict.struck.total()} faults, {verdict.documents} documents stand, "
             f"{len(verdict.problems)} problems")  # fmt: skip
        for problem in verdict.problems:
            _say(f"  {problem}")
    problems = sum(len(verdict.problems) for verdict in verdicts)
    if problems:
        _say(f"Repeat it with {again}")
    struck = sum(verdict.struck.total() for verdict in verdicts)
    documents = sum(verdict.documents for verdict in verdicts)
    kinds = sum((verdict.struck for verdict in verdicts), Counter())
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    _say(
        f"{struck} faults ({counted}) over {documents} documents (seed {seed}, {took_s:.0f} s): "
        f"{problems or 'no'} duplicates, losses or wrong amounts."
    )
    return 1 if problems else 0


def _again(asked: argparse.Namespace, seed: int) -> str:
    more = f" --distributed --pairings {asked.pairings}" if asked.distributed else ""
    return f"python benchmarks/torture.py --seed {seed} --faults {asked.faults} --records {asked.records}{more}"


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
