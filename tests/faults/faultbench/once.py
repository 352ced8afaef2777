"""One run of a pairing in a process of its own. Prints what it did as a line of JSON.

The clock is ahead of the machine's: a quarantine of minutes passes between two processes without waiting, and what was
written a moment ago is old enough to be believed. A run does not wait for a quota; the next one goes on.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

from mlc.clock import Clock
from mlc.collector import collect_rarely
from mlc.config import Config, load_config
from mlc.engine import dispatch, run, stagework
from mlc.engine.session import Session
from mlc.errors import MlcError
from mlc.plugins import Plugins, load_plugins
from mlc.runner.embedded import open_session
from mlc.store.schema import intents, records
from sqlalchemy import func, select

from faultbench.sabotage import commit_sabotage

PAIRING = "main"
#: Found before the processes part: every run begins with them.
PLUGINS = load_plugins()


class AheadClock(Clock):
    """The real clock, some seconds ahead."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)

    def skipped(self) -> timedelta:
        return self._ahead


def main(home: Path, ahead_s: float) -> int:
    """Run once, accept every plan, report. Returns the exit code of ``mlc run``."""
    return run_once(load_config(home / "mlc.toml", plugins=PLUGINS), PLUGINS, ahead_s)


def run_once(config: Config, plugins: Plugins, ahead_s: float) -> int:
    """The same of a configuration that was read, or made, already."""
    collect_rarely()
    stagework.PROVISIONAL_S = 0.0
    dispatch.PATIENCE_S = 0.5
    try:
        with open_session(config, PAIRING, plugins=plugins, clock=AheadClock(ahead_s), limits=False) as session:
            for connection in session.connections.values():
                connection.http.quota.be_patient(0.5, stop=lambda: False)
            commit_sabotage(session)
            report = run.run_pairing(session, accept=True, by="tests")
            said = report.as_dict() | {"open": still_open(session)}
    except MlcError as error:
        print(error.sentence, file=sys.stderr)
        return int(error.exit_code)
    print(json.dumps(said))
    return 1 if report.needs_a_person else 0


def still_open(session: Session) -> dict[str, int]:
    """What is not settled yet: intents by state, records that are due. Drives the tests; judges nothing."""
    with session.database.read() as connection:
        waiting = connection.execute(
            select(intents.c.state, func.count().label("number"))
            .where(intents.c.state.in_(("planned", "sending", "accepted", "uncertain", "held")))
            .group_by(intents.c.state)
        )
        found = {str(row.state): int(row.number) for row in waiting}
        due = connection.execute(
            select(func.count()).where(records.c.state.in_(("pending", "writing")) | (records.c.dirty == 1))
        ).scalar_one()
    return found | {"due": due}
