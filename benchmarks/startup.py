"""How long ``mlc --help`` takes, from the shell's point of view: the median and the best of 20 starts."""

import statistics
import subprocess
import sys
import time

STARTS = 20


def main() -> int:
    command = [sys.executable, "-c", "import sys; sys.argv = ['mlc', '--help']; from mlc.cli.main import main; main()"]
    times = []
    for _ in range(STARTS + 2):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - began) * 1000)
    warm = times[2:]
    print(f"mlc --help: median {statistics.median(warm):.0f} ms, best {min(warm):.0f} ms of {STARTS} starts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
