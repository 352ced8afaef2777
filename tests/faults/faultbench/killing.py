"""Random kills at random moments, with a vendor that loses answers, until everything is settled; then the judge."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultbench.checker import live, same_in_the_end
from faultbench.people import People
from faultbench.plan import LATEST_S, Plan
from faultbench.world import FAR_AHEAD_S, KILLED, LONG_TIMING, SWITCHES, World, open_world
from tests.forking import Running

#: Starting and reading the lists takes this share of a run; most kills come after it, while something leaves.
READING_SHARE = 0.4
#: A machine's clock is wrong by at most this; further, and tokens expire by the dozen.
JUMP_S = 120.0
#: So many faults lie in wait for one run at most.
MANY = 5
#: So often people and faults rest until nothing is on its way.
PAUSES = 0.1
DONE = frozenset({"void", "payment"})
DOCUMENTS = ("bills", "vendorcredits", "purchaseorders", "vendorpayments")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one torture came to."""

    name: str
    struck: Counter[str]
    """What struck, by kind."""
    shifts: int
    """How often people worked at each source."""
    documents: int
    problems: tuple[str, ...]


class Office:
    """People who do not wait for the connector. The same seed does the same, whatever becomes of it."""

    def __init__(self, people: People, chance: random.Random) -> None:
        self.people = people
        self._chance = chance
        self._open: list[str] = []

    def work(self) -> None:
        """One to four things at the source."""
        for _ in range(self._chance.randint(1, 4)):
            wanted = self._chance.choice(("create", "create", "image", "update", "update", "void", "payment"))
            if wanted in ("create", "image") or not self._open:
                self._open.append(self.people.new_bill(image=wanted == "image"))
                continue
            uuid = self._chance.choice(self._open)
            if wanted in DONE:
                self._open.remove(uuid)
            {"update": self.people.correct, "void": self.people.deny, "payment": self.people.pay}[wanted](uuid)


def torture(
    folder: Path,
    *,
    strategy: str,
    faults: int,
    seed: int,
    records: int = 20,
    tell: Callable[[int], None] = lambda done: None,
) -> Verdict:
    """Until so many faults have struck, then compare the ledger with one that nothing happened to."""
    plan, shifts = Plan(f"{seed}/{strategy}"), 0
    chance = plan.chance
    with open_world(
        folder / strategy, records=records, seed=seed, switches=SWITCHES[strategy], timing=LONG_TIMING
    ) as world:
        people = People(world)
        office = Office(people, random.Random(seed))
        world.settle()
        usual_s = 0.8
        while plan.struck.total() < faults:
            office.work()
            shifts += 1
            jumped = _disturb(world, plan)
            began = time.monotonic()
            process = world.begin()
            early = chance.random() < 0.2
            share = chance.uniform(0.0, READING_SHARE) if early else chance.uniform(READING_SHARE, 1.0)
            killed = _kill_after(world, process, usual_s * share if chance.random() < 0.8 else 60.0)
            world.ahead_s -= jumped
            if killed:
                plan.struck["kill"] += 1
            else:
                usual_s = 0.7 * usual_s + 0.3 * (time.monotonic() - began)
            if chance.random() < PAUSES:
                _let_time_pass(world, plan)
            tell(plan.struck.total())
        _let_time_pass(world, plan)
        last = world.settle(rounds=12)
        problems = people.problems()
        again = world.run()
        if again.writes:
            problems.append(f"a run with nothing to do sent {again.writes} writes")
        if (broken := world.chain_problem()) is not None:
            problems.append(f"the audit trail is broken: {broken}")
        if last.report["open"].get("held"):
            problems.append(f"{last.report['open']['held']} writes wait for a person")
        got, held = world.target.objects(), [str(row["sentence"]) for row in world.all_holds()]
    wanted = undisturbed(folder / f"{strategy}-undisturbed", strategy, seed, records, shifts)
    problems += same_in_the_end(only_live(got), only_live(wanted))
    if problems:
        problems += [f"it says: {sentence}" for sentence in held]
    documents = sum(len(live(got.get(kind, ()))) for kind in DOCUMENTS)
    return Verdict(strategy, plan.struck, shifts, documents, tuple(problems))


def _kill_after(world: World, process: Running, seconds: float) -> bool:
    """Whether it was still at work by then."""
    process.wait(seconds)
    process.kill()
    return world.end(process).code == KILLED


def _let_time_pass(world: World, plan: Plan) -> None:
    """Nothing is on its way any more, and every quarantine is over."""
    plan.lift(world)
    time.sleep(LATEST_S)
    world.go_ahead(FAR_AHEAD_S)


def _disturb(world: World, plan: Plan) -> float:
    """New faults for the next run; how far its clock is wrong."""
    if plan.chance.random() < 0.5:
        plan.lift(world)
    if plan.chance.random() < 0.8:
        plan.lay(world, number=plan.chance.randint(1, MANY))
    if plan.chance.random() < 0.9:
        return 0.0
    plan.struck["clock jump"] += 1
    jumped = plan.chance.uniform(-JUMP_S, JUMP_S)
    world.ahead_s += jumped
    return jumped


def undisturbed(folder: Path, strategy: str, seed: int, records: int, shifts: int) -> dict[str, Any]:
    """The same company and the same people, carried without any trouble."""
    with open_world(folder, records=records, seed=seed, switches=SWITCHES[strategy], timing=LONG_TIMING) as world:
        world.settle()
        office = Office(People(world), random.Random(seed))
        for _ in range(shifts):
            office.work()
        world.settle()
        return world.target.objects()


def only_live(objects: dict[str, Any]) -> dict[str, Any]:
    """A withdrawn bill may have been posted and voided, or never posted: only what counts is compared."""
    return {kind: live(rows) for kind, rows in objects.items()}
