"""Kills ``mlc run`` at random moments while the vendor loses answers, and counts what was doubled, lost or wrong: none.

``python benchmarks/torture.py --kills 300 --seed 1``; the last line is the verdict, the exit code 1 when anything is
wrong. ``--matrix`` runs every numbered step, operation and fault on its own instead.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FAULTS = Path(__file__).resolve().parents[1] / "tests" / "faults"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300, help="kill -9 so many runs, half of them per strategy")
    parser.add_argument(
        "--seed", type=int, default=None, help="the same seed makes the same company, people and faults"
    )
    parser.add_argument("--records", type=int, default=20, help="bills of the seeded company")
    parser.add_argument("--matrix", action="store_true", help="the whole matrix of steps, operations and faults")
    asked = parser.parse_args()
    if asked.matrix:
        return subprocess.run([sys.executable, "-m", "pytest", str(FAULTS), "-m", "torture"], check=False).returncode
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    sys.path.insert(0, str(FAULTS))
    return kill(asked.kills, seed, asked.records)


def kill(kills: int, seed: int, records: int) -> int:
    """Torture both strategies; tell the verdict."""
    from faultbench.killing import torture
    from faultbench.world import SWITCHES

    began = time.monotonic()
    verdicts = []
    for number, strategy in enumerate(SWITCHES):
        share = kills // 2 + (kills % 2 if number == 0 else 0)
        with tempfile.TemporaryDirectory(prefix="mlc-torture-") as folder:
            verdict = torture(Path(folder), strategy=strategy, kills=share, seed=seed, records=records, tell=_tell)
        verdicts.append(verdict)
        print(f"{strategy}: {verdict.kills} kills in {verdict.runs} runs, {verdict.struck} answers lost, "
              f"{verdict.documents} documents stand, {len(verdict.problems)} problems")  # fmt: skip
        for problem in verdict.problems:
            print(f"  {problem}")
    problems = sum(len(verdict.problems) for verdict in verdicts)
    killed, lost = sum(verdict.kills for verdict in verdicts), sum(verdict.struck for verdict in verdicts)
    documents = sum(verdict.documents for verdict in verdicts)
    print(
        f"{killed} kills and {lost} lost or late answers over {documents} documents "
        f"(seed {seed}, {time.monotonic() - began:.0f} s): {problems or 'no'} duplicates, losses or wrong amounts."
    )
    return 1 if problems else 0


def _tell(done: int) -> None:
    if done and done % 25 == 0:
        print(f"  {done} kills", flush=True)


if __name__ == "__main__":
    sys.exit(main())
