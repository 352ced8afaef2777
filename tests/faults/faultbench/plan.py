"""The fault plan: what a seed does to a vendor's answers, and to the machines. Shared by both ways of running."""

import random
from collections import Counter

from faultbench.vendorcases import MATCH
from faultbench.world import World

#: Slow answers are slower than the deadline of a request (``TIMING``), and commit all the same.
LATE_S = 1.2
TOO_SLOW_S = 2.6
WRITES = (*MATCH.values(), "POST|PUT /purchaseorders")
#: Committed, and the answer is lost; committed, and 502 is answered; reset before; late; past the deadline; refused.
ANSWERS = ("commit_then_drop", "commit_then_500", "drop", "commit_late", "delay", "status")
#: What happens to processes and servers of distributed running, and how often relative to each other.
MACHINES = {
    "kill worker": 6,
    "kill scheduler": 2,
    "flush Redis": 2,
    "restart Redis": 2,
    "restart PostgreSQL": 2,
    "clock jump": 3,
    "messages twice and in disorder": 4,
}


class Plan:
    """Draws from a seed, and counts what struck."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.struck: Counter[str] = Counter()

    def lay(self, world: World, *, number: int = 1) -> None:
        """Faults that lie in wait for the target's next writes, now and then for reads of the source."""
        for _ in range(number):
            kind = self.chance.choice(ANSWERS)
            options = {"times": self.chance.randint(1, 3)}
            if kind == "commit_late":
                options["seconds"] = round(self.chance.uniform(0.1, LATE_S - 0.2), 2)
            elif kind == "delay":
                options |= {"seconds": TOO_SLOW_S, "times": 1}
            elif kind == "status":
                options |= {"status": self.chance.choice((500, 502, 503))}
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

    def machine(self, without: frozenset[str]) -> str:
        """What happens to a machine next."""
        kinds = [kind for kind in MACHINES if kind not in without]
        return self.chance.choices(kinds, [MACHINES[kind] for kind in kinds])[0]
