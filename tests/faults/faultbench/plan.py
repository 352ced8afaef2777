"""The fault plan: what a seed does to a vendor's answers, and to the machines. Shared by both ways of running."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from mlc_sandbox.toolkit.faults import Fault, FaultPlan
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.standin import StandIn

from faultbench.vendorcases import MATCH
from faultbench.world import World

#: Slow answers are slower than the deadline of a request (``TIMING``), and commit all the same.
LATE_S = 1.2
TOO_SLOW_S = 2.6
#: No write takes effect later than this after it was sent; what waits really waits so long.
LATEST_S = TOO_SLOW_S + LATE_S
WRITES = (*MATCH.values(), "POST|PUT /purchaseorders")
#: Committed, and the answer is lost; committed, and 502 is answered; reset before; late; past the deadline; refused.
ANSWERS = ("commit_then_drop", "commit_then_500", "drop", "commit_late", "delay", "status")
#: Of these one at most lies in wait: two on one request would commit it later than the vendor may.
LATE = frozenset({"commit_late", "delay"})
#: What happens to processes and servers of distributed running.
MACHINES = (
    "kill worker",
    "kill scheduler",
    "flush Redis",
    "restart Redis",
    "restart PostgreSQL",
    "clock jump",
    "messages twice and in disorder",
)
#: Every write of a document, its parts and its files.
DOCUMENTS = "POST|PUT /(bills|vendorcredits|purchaseorders|vendorpayments)"
#: Runs ask whether a field is unique by a write that cannot succeed: a fault there strikes nothing.
PROBE = "mlc-probe-"


class WriteFaults(FaultPlan):
    """Faults of a stand-in in this process, that let the probe's writes pass."""

    def transport(self, request: Request) -> Iterable[Fault]:
        probes = any(value.startswith(PROBE) for value in request.headers.values())
        return () if probes else super().transport(request)


class Plan:
    """Draws from a seed, and counts what struck."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.struck: Counter[str] = Counter()
        self.laid: Counter[str] = Counter()
        self._late = False

    def lay(self, world: World, *, number: int = 1) -> None:
        """Faults that lie in wait for the target's next writes, now and then for reads of the source."""
        for _ in range(number):
            kind = self.chance.choice([one for one in ANSWERS if not (one in LATE and self._late)])
            self._late = self._late or kind in LATE
            options = self._options(kind)
            if self.chance.random() < 0.1:
                world.fault("READ", "drop" if kind != "status" else kind, at=world.source, **options)
            else:
                world.fault(self.chance.choice(WRITES), kind, **options)

    def lift(self, world: World) -> None:
        """Take the faults out and count what they struck."""
        for served in (world.source, world.target):
            for fault in served.get("faults"):
                self.struck[fault["kind"]] += fault["struck"]
        world.heal()
        self._late = False

    def rarest(self, kinds: Sequence[str]) -> str:
        """Of these kinds one that struck least often so far, or lies in wait."""
        counts = {kind: self.struck[kind] + self.laid[kind] for kind in kinds}
        fewest = min(counts.values())
        return self.chance.choice([kind for kind in kinds if counts[kind] == fewest])

    def average(self, kinds: Sequence[str]) -> float:
        """How often each of these kinds struck."""
        return sum(self.struck[kind] for kind in kinds) / len(kinds)

    def keep_laid(self, ledger: StandIn) -> None:
        """One fault lies in wait for the next write of this ledger; what struck is counted."""
        with ledger.lock:
            if any(not fault.struck for fault in ledger.faults.all()):
                return
            self.take_up(ledger)
            kind = self.rarest(ANSWERS)
            self.laid[kind] += 1
            ledger.faults.ask(DOCUMENTS, kind, **self._options(kind) | {"times": 1})

    def take_up(self, ledger: StandIn) -> None:
        """Take the faults out and count what they struck."""
        for fault in ledger.faults.all():
            self.laid[str(fault.kind)] -= 1
            self.struck[str(fault.kind)] += fault.struck
        ledger.faults.clear()

    def _options(self, kind: str) -> dict[str, Any]:
        options: dict[str, Any] = {"times": self.chance.randint(1, 3)}
        if kind == "commit_late":
            options["seconds"] = round(self.chance.uniform(0.1, LATE_S - 0.2), 2)
        elif kind == "delay":
            options |= {"seconds": TOO_SLOW_S, "times": 1}
        elif kind == "status":
            options |= {"status": self.chance.choice((500, 502, 503))}
        return options
