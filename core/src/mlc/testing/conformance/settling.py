"""How core settles an uncertain create, strategy by strategy, in short: look, and send again only what is not there."""

from typing import TYPE_CHECKING

from mlc.connection import AnyConnection
from mlc.contract import Accepted, Created, RejectCause, Rejected, Strategy, Updated
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.writing import Draft, Pushed

if TYPE_CHECKING:
    from mlc.testing.conformance.bench import Bench

#: Said instead of an id by a connector that saw before sending that nothing is left to do.
THERE = "there already"
#: Sent again without a look-up, because the vendor or the caller's key sees to it.
BLIND = frozenset({Strategy.REPLAY_KEY, Strategy.CALLER_KEY})


def once(bench: "Bench", connection: AnyConnection, made: Draft) -> str:
    """Bring it about that the record is there once; its external id, empty when that cannot be told."""
    looks = bench.answers("mlc_find") and made.strategy not in BLIND
    if looks:
        found = writing.hits(bench, connection, made)
        if found:
            return found[0].id
    pushed = writing.send(bench, connection, made.object_type, made.main)
    if pushed.external_id is not None:
        return pushed.external_id
    if isinstance(pushed.outcome, Accepted):
        return pushed.outcome.task
    return _refused(bench, connection, made, pushed)


def _refused(bench: "Bench", connection: AnyConnection, made: Draft, pushed: Pushed) -> str:
    """A duplicate is a question: the answer is the record that is there (R11)."""
    duplicate = isinstance(pushed.outcome, Rejected) and pushed.outcome.cause is RejectCause.DUPLICATE
    if duplicate and made.strategy in BLIND and pushed.calls == []:
        return THERE
    if duplicate and bench.answers("mlc_find"):
        found = writing.hits(bench, connection, made)
        if found:
            return found[0].id
    raise AssertionError(f"{made.object_type}: not written: {pushed}")


def count(bench: "Bench", connection: AnyConnection, made: Draft) -> int | None:
    """How many of it are found now; None where the system cannot look records of that type up."""
    if not bench.answers("mlc_find") or not bench.system.can(made.object_type, Capability.FIND):
        return None
    return len(writing.hits(bench, connection, made))


def is_settled(pushed: Pushed) -> bool:
    """Whether one push alone tells that it is there."""
    return isinstance(pushed.outcome, Created | Updated | Accepted)
