"""How many writes share a commit: some rounds of what the system takes at once, more where it answers fast."""

from mlc.engine.sending import LEAVE_WITHIN_S
from mlc.engine.session import Session
from mlc.recipes import Flow, Side

ROUNDS, MOST_ROUNDS = 4, 16
#: A group of more than ``ROUNDS`` should have left in so long, well before its writes no longer may.
GROUP_S = LEAVE_WITHIN_S / 5


class GroupSize:
    """Of one flow's groups. What a group costs beside its writes was a tenth of everything a record costs."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self._session = session
        self._flow = flow
        self._rounds = ROUNDS
        self._was_late = False

    def on(self, side: Side) -> int:
        """The most writes of the next group; a single round after any write was held up (R3)."""
        system = self._session.system(side)
        support = system.support(self._flow.object)
        rounds = 1 if self._was_late else max(self._rounds, support.batch_size if support is not None else 1)
        return system.concurrency * rounds

    def decided(self, side: Side, *, first: int, largest: int) -> int:
        """How many records to decide at once, ``first`` of them before anything was sent: as many times more as groups
        have grown, in whole groups. They leave in no more time than the first ones did, and share their commits."""
        grown = first if self._was_late else max(first, min(largest, first * self._rounds // ROUNDS))
        return grown // self.on(side) * self.on(side) or grown

    def late(self) -> None:
        """A write could not leave in time: groups stay small from now on."""
        self._was_late = True

    def took(self, side: Side, requests: int, seconds: float) -> None:
        """So long took a group: the next one gets as many rounds as fit into ``GROUP_S``."""
        rounds = -(-requests // self._session.system(side).concurrency)
        self._rounds = max(ROUNDS, min(MOST_ROUNDS, int(GROUP_S * rounds / max(seconds, 0.001))))
