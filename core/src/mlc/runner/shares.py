"""Fair shares: at most a quarter of the threads may be inside calls of one connection (R30)."""

import threading
from collections import Counter
from collections.abc import Sequence


class Shares:
    """Who is inside, and who waits outside. Nobody waits in a thread."""

    def __init__(self, threads: int) -> None:
        self._most = max(1, threads // 4)
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._waiting: dict[str, tuple[str, ...]] = {}

    def enter(self, pairing: str, connections: Sequence[str]) -> bool:
        """True when there is room for the pairing at all its connections; else it is remembered for ``leave``."""
        with self._lock:
            if not self._fits(connections):
                self._waiting[pairing] = tuple(connections)
                return False
            self._waiting.pop(pairing, None)
            self._inside.update(connections)
            return True

    def try_enter(self, connections: Sequence[str]) -> bool:
        """As ``enter``, for who comes back by itself."""
        with self._lock:
            fits = self._fits(connections)
            if fits:
                self._inside.update(connections)
            return fits

    def leave(self, connections: Sequence[str]) -> list[str]:
        """Make room. Returns the pairings that waited and fit now, first come first; they are to be nudged."""
        with self._lock:
            self._inside.subtract(connections)
            self._inside += Counter()
            before, called = self._inside.copy(), []
            for pairing, wanted in list(self._waiting.items()):
                if self._fits(wanted):
                    del self._waiting[pairing]
                    self._inside.update(wanted)
                    called.append(pairing)
            self._inside = before
            return called

    def _fits(self, connections: Sequence[str]) -> bool:
        return all(self._inside[name] < self._most for name in set(connections))
