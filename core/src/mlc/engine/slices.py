"""How much of a run is done at once: a slice ends between two writes, and the next goes on from the store (R30)."""

import time
from collections.abc import Callable
from datetime import datetime

SLICE_S = 5.0
SLICE_WRITES = 50
#: What a read may wait inside a slice; whoever must wait longer is put back with a due time.
NAP_S = 1.0
#: A slice is put back for at most so long; a run that would wait longer ends, and the next one tries again.
PUT_BACK_S = 65.0


class Slice:
    """Says when it is over: its time is up, it has written enough, somebody asked us to stop, or it has to wait.

    Args:
        writes: Counts the writes that have left so far, of this slice and before.
    """

    def __init__(
        self,
        *,
        stop: Callable[[], bool],
        writes: Callable[[], int],
        seconds: float = SLICE_S,
        most: int = SLICE_WRITES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.resume_at: datetime | None = None
        """When the run goes on; None: at once."""
        self._stop = stop
        self._writes = writes
        self._monotonic = monotonic
        self._until = monotonic() + seconds
        self._enough = writes() + most

    def over(self) -> bool:
        """Read between two writes, two pages, two look-ups."""
        return (
            self.resume_at is not None
            or self._stop()
            or self._monotonic() >= self._until
            or self._writes() >= self._enough
        )

    def put_back(self, until: datetime) -> None:
        """The rest has to wait: nobody's thread waits with it."""
        if self.resume_at is None or until < self.resume_at:
            self.resume_at = until
