"""This project: the whole engine, with write-ahead log, bindings and audit; on SQLite, if no other database is named.

    python ours.py WORK URL [DATABASE]

As ``mlc run`` would, it runs again while a write is uncertain, until all are settled.
"""

import sys
import time
from pathlib import Path

from mlc.collector import collect_rarely

#: How long a write waits to be settled before this gives up.
PATIENCE_S = 120.0


def main() -> int:
    collect_rarely()  # before anything large is imported, as ``mlc`` itself does
    from ledgers import PAIRING, config, plugins
    from mlc.engine.run import run_pairing
    from mlc.runner.embedded import open_engine

    work, url = Path(sys.argv[1]), sys.argv[2]
    database = sys.argv[3] if len(sys.argv) > 3 else ""
    give_up = time.monotonic() + PATIENCE_S
    with open_engine(config(work, url, database=database), plugins=plugins()) as engine:
        while True:
            with engine.session_alone(PAIRING) as session:
                report = run_pairing(session, accept=True)
            if not report.uncertain or time.monotonic() > give_up:
                break
            time.sleep(0.5)
    print(report.flows)
    return 0 if not report.uncertain else 1


if __name__ == "__main__":
    sys.exit(main())
