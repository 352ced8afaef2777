"""Lose the answers to new bills after BILL has stored them, and count duplicates and the look-ups it took.

    python benchmarks/lost_answers.py [--times 100] [--records 300] [--seed 11]

BILL has no idempotency key and no field for ours: an unanswered ``POST /bills`` is looked up in the list of the
vendor's bills. The exit code is 1 when a bill is there twice or not at all.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from mlc.plugins import load_plugins
from mlc_sandbox.demolost import lose_answers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100, help="answers to lose")
    parser.add_argument("--records", type=int, default=300, help="bills of the seeded company")
    parser.add_argument("--seed", type=int, default=11)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlc-lost-") as folder:
        found = lose_answers(Path(folder), load_plugins(), times=asked.times, records=asked.records, seed=asked.seed)
    print(f"{found.struck} answers lost; {found.posted} bills posted in {found.runs} runs")
    print(
        f"{len(found.doubled)} there twice, {len(found.missing)} missing: {[*found.doubled, *found.missing] or 'none'}"
    )
    print(f"{found.lookups} extra look-ups, {found.lookups / max(1, found.struck):.2f} per lost answer")
    return 1 if found.doubled or found.missing else 0


if __name__ == "__main__":
    sys.exit(main())
