"""A command that works on a pairing by itself, while worker processes may be at work on others (R33)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import select

from mlc.clock import Clock, parse_stamp
from mlc.errors import TransientError
from mlc.runner.leases import PREFIX, Lease, process_name
from mlc.runner.work import RUN, Claim, claim_pairing, give_back, plan_work, shared_now
from mlc.store.database import Database
from mlc.store.schema import work

#: A worker lets go of a pairing after each slice: longer than a slice lasts.
WAIT_S = 30.0
LOOK_S = 0.05
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@contextmanager
def alone(database: Database, pairing: str, *, clock: Clock, stop: Callable[[], bool]) -> Iterator[Claim | None]:
    """Hold the claim on a pairing until the block ends; when it is due next stays as it was.

    None on SQLite, where the lock on the file has made sure of it (R31).

    Raises: TransientError when a worker holds it and does not let go.
    """
    if database.is_sqlite:
        yield None
        return
    plan_work(database, {pairing: shared_now(database, clock.now())}, {pairing: _NEVER})
    with Lease(database, process_name()) as lease:
        claim = _wait_for(database, pairing, lease.name, clock, stop)
        try:
            yield claim
        finally:
            give_back(database, claim, due_at=parse_stamp(claim.due_at), failures=claim.failures)


def _wait_for(database: Database, pairing: str, owner: str, clock: Clock, stop: Callable[[], bool]) -> Claim:
    give_up = time.monotonic() + WAIT_S
    while True:
        claim = claim_pairing(database, pairing, owner=owner, local=clock.now(), early=True)
        if claim is not None:
            return claim
        if stop() or time.monotonic() >= give_up:
            raise TransientError(
                f"A worker is at work on {pairing} ({_holder(database, pairing)}); nothing was done. "
                "Try again when its run has ended: mlc status."
            )
        time.sleep(LOOK_S)


def _holder(database: Database, pairing: str) -> str:
    """Who holds a claim, as an operator finds it."""
    with database.read() as connection:
        owner = connection.execute(select(work.c.owner).where(work.c.pairing == pairing, work.c.kind == RUN)).scalar()
    host, _, rest = str(owner or "").removeprefix(PREFIX).partition(":")
    return f"process {rest.partition(':')[0]} on {host}" if rest else "another process"
