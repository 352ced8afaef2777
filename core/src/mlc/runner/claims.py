"""What this process holds of the work, also what it holds without having heard of it (R30).

A database that goes away as it commits leaves two questions open: did it give us the pairing we asked for, and did it
take back the one that we let go? Both are asked again until it answers; meanwhile nobody else would work on them, for
this process lives.
"""

import threading
from collections import Counter
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from mlc.clock import Clock
from mlc.runner.work import Claim, claim_pairing, give_back, let_go
from mlc.store.database import Database


class Claims:
    """The claims of one process, whichever of its threads works under them."""

    def __init__(self, database: Database, owner: str, clock: Clock) -> None:
        self.owner = owner
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        """Pairings that are being asked for, or worked on."""
        self._unheard: set[str] = set()
        self._kept: list[tuple[Claim, datetime, int]] = []

    def take(self, pairing: str, *, early: bool = False) -> Claim | None:
        """The claim on a pairing that is due, None when it is not or somebody works on it.

        Raises: StoreError, SQLAlchemyError.
        """
        with self._lock:
            self._busy[pairing] += 1
        claim = None
        try:
            claim = claim_pairing(self._database, pairing, owner=self.owner, local=self._clock.now(), early=early)
        except SQLAlchemyError:
            with self._lock:
                self._unheard.add(pairing)
            raise
        finally:
            if claim is None:
                self._ended(pairing)
        return claim

    def give_back(self, claim: Claim, *, due_at: datetime, failures: int) -> None:
        """Let go of a pairing until it is due again: now, or when the database answers again."""
        try:
            give_back(self._database, claim, due_at=due_at, failures=failures)
        except SQLAlchemyError:
            with self._lock:
                self._kept.append((claim, due_at, failures))
        finally:
            self._ended(claim.pairing)

    def catch_up(self) -> None:
        """Give back what could not be given back when the database did not answer, and what it may have given us."""
        with self._lock:
            kept, self._kept = self._kept, []
        for claim, due_at, failures in kept:
            with self._lock:
                self._busy[claim.pairing] += 1
            self.give_back(claim, due_at=due_at, failures=failures)
        with self._lock:  # nobody asks for one of them meanwhile
            for pairing in [name for name in self._unheard if not self._busy[name]]:
                try:
                    let_go(self._database, pairing, self.owner)
                except SQLAlchemyError:
                    return
                self._unheard.discard(pairing)

    def _ended(self, pairing: str) -> None:
        with self._lock:
            self._busy[pairing] -= 1
