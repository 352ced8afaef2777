"""The benchmarks that need nothing but this project, one after the other: ``python -m benchmarks``.

Those of several processes need PostgreSQL and Redis, and those of peers other people's packages: see README.md.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUNS = (
    ("startup.py",),
    ("cost.py", "--records", "300", "1200"),
    ("engine.py", "--records", "2000"),
    ("engine.py", "--records", "20000"),
    ("growth.py",),
    ("torture.py", "--faults", "60"),
    ("webhooks.py",),
    ("lost_answers.py",),
    ("fuzz_receiver.py", "--requests", "20000"),
)


def main() -> int:
    for script, *arguments in RUNS:
        print(f"\n== {script} {' '.join(arguments)}", flush=True)
        done = subprocess.run([sys.executable, str(HERE / script), *arguments], check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
