"""The torture of distributed running: several pairings, processes and servers that die; then the judge."""

import random
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from mlc.store.audit import verify_chain

from faultbench.checker import live, same_in_the_end
from faultbench.killing import DOCUMENTS, JUMP_S, Office, Verdict, only_live, undisturbed
from faultbench.mail import Mail, receiving
from faultbench.people import People
from faultbench.plan import ANSWERS, LATEST_S, MACHINES, Plan, WriteFaults
from faultbench.servers import Absent, Postgres, Redis
from faultbench.station import Station, open_station, own_schema
from faultbench.world import FAR_AHEAD_S, SWITCHES

#: Between the first write that is seen and what happens to a machine.
LULL_S = (0.0, 0.3)
#: So long a write is waited for before something happens to a machine, and a fault to strike before one does.
WRITE_WITHIN_S = 1.5
IN_THE_MIDDLE = ("kill worker", "restart Redis", "restart PostgreSQL")
STRIKE_WITHIN_S = 2.0


def torture_many(
    folder: Path,
    *,
    faults: int,
    seed: int,
    pairings: int = 4,
    records: int = 6,
    server: str = "",
    tell: Callable[[int], None] = lambda done: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Verdict:
    """Until so many faults have struck; then every ledger is compared with one that nothing happened to.

    Args:
        server: A PostgreSQL to use where no cluster of our own can be started; it is not restarted then.

    Raises: Absent when there is no Redis, or no PostgreSQL of either kind.
    """
    plan = Plan(f"{seed}/many")
    with ExitStack() as stack:
        redis = Redis(folder)
        redis.start()
        stack.callback(redis.kill)
        stack.callback(redis.client.close)
        postgres, url = _postgres(stack, folder, server, say)
        station = stack.enter_context(
            open_station(
                folder / "home", pairings=pairings, records=records, seed=seed,
                redis=redis, database_url=url, postgres=postgres,
            )
        )  # fmt: skip
        offices = [
            Office(People(world), random.Random(seed + number)) for number, world in enumerate(station.worlds.values())
        ]
        station.settle()
        mail = stack.enter_context(receiving(station))
        shifts = _disturb(station, offices, mail, plan, faults=faults, tell=tell, say=say)
        station.set_clock(station.ahead_s)
        for ledger in station.ledgers:
            plan.take_up(ledger)
        time.sleep(LATEST_S)
        station.go_ahead(FAR_AHEAD_S)
        say("no more faults: until everything is settled")
        station.settle()
        problems = _problems(station, [office.people for office in offices])
        held = station.held()
        got = [world.target.objects() for world in station.worlds.values()]
    strategies = tuple(SWITCHES)
    for number, objects in enumerate(got):
        say(f"the same company undisturbed: {number + 1} of {len(got)}")
        wanted = undisturbed(
            folder / f"undisturbed-{number}",
            strategies[number % len(strategies)],
            seed + number,
            records,
            shifts[number],
        )
        problems += [f"p{number:02}: {one}" for one in same_in_the_end(only_live(objects), only_live(wanted))]
    if problems:
        problems += [f"it says: {sentence}" for sentence in held]
    documents = sum(len(live(objects.get(kind, ()))) for objects in got for kind in DOCUMENTS)
    return Verdict("distributed", plan.struck, sum(shifts), documents, tuple(problems))


def _postgres(stack: ExitStack, folder: Path, server: str, say: Callable[[str], None]) -> tuple[Postgres | None, str]:
    try:
        made = Postgres(folder / "postgres")
        for above in (folder, folder.parent):  # the server is somebody else; nothing is taken from anybody
            above.chmod(stat.S_IMODE(above.stat().st_mode) | 0o055)
        made.start()
    except Absent as error:
        if not server:
            raise
        say(f"SKIPPED: PostgreSQL is not restarted, {error}.")
        return None, stack.enter_context(own_schema(server))
    stack.callback(made.end)
    return made, made.url


def _disturb(
    station: Station,
    offices: Sequence[Office],
    mail: Mail,
    plan: Plan,
    *,
    faults: int,
    tell: Callable[[int], None],
    say: Callable[[str], None],
) -> list[int]:
    """People work while every kind of fault strikes, each about as often as the others; how often each office worked.

    Answers are struck when workers write, machines at our word: they wait for the answers, though not for ever.
    """
    machines = [kind for kind in MACHINES if station.postgres or kind != "restart PostgreSQL"]
    shifts = [0] * len(offices)
    for ledger in station.ledgers:
        ledger.faults = WriteFaults()
    while plan.struck.total() < faults:
        for number, office in enumerate(offices):
            office.work()
            shifts[number] += 1
        give_up = time.monotonic() + STRIKE_WITHIN_S
        while time.monotonic() < give_up:
            station.bring_forward()
            for ledger in station.ledgers:
                plan.keep_laid(ledger)
            if min(plan.struck[kind] for kind in ANSWERS) >= min(plan.struck[kind] for kind in machines):
                break
            time.sleep(0.1)
        ahead = plan.average(ANSWERS) >= plan.average(machines)
        for _ in range(2 if ahead else 1):
            kind = plan.rarest(machines)
            if kind in IN_THE_MIDDLE:
                _wait_for_a_write(station)
            time.sleep(plan.chance.uniform(*LULL_S))
            plan.struck[_strike(station, mail, plan, kind)] += 1
        for sentence in station.mind():
            say(f"{sentence}; another was started")
        tell(plan.struck.total())
    return shifts


def _wait_for_a_write(station: Station) -> None:
    """Until workers are in the middle of something, so that what happens next happens to it."""
    before, give_up = station.written(), time.monotonic() + WRITE_WITHIN_S
    while station.written() == before and time.monotonic() < give_up:
        station.bring_forward()
        time.sleep(0.1)


def _strike(station: Station, mail: Mail, plan: Plan, kind: str) -> str:
    """One thing that happens to a machine; what it is called."""
    if kind in ("kill worker", "kill scheduler"):
        station.kill(kind.removeprefix("kill "), plan.chance)
    elif kind == "flush Redis":
        station.redis.client.flushall()
    elif kind == "restart Redis":
        station.redis.kill()
        time.sleep(plan.chance.uniform(0.0, 1.0))
        station.redis.start()
    elif kind == "restart PostgreSQL":
        assert station.postgres is not None
        station.postgres.restart()
    elif kind == "clock jump":
        station.set_clock(station.ahead_s + plan.chance.uniform(-JUMP_S, JUMP_S))
        time.sleep(plan.chance.uniform(*LULL_S))
        station.set_clock(station.ahead_s)
    else:
        mail.disorder(plan.chance)
    return kind


def _problems(station: Station, everybody: list[People]) -> list[str]:
    found = []
    for people in everybody:
        plot = next(name for name, world in station.worlds.items() if world is people.world)
        found += [f"{plot}: {problem}" for problem in people.problems()]
    before = [len(world.target.get("log?cause=request")) for world in station.worlds.values()]
    station.settle()
    after = [len(world.target.get("log?cause=request")) for world in station.worlds.values()]
    if before != after:
        found.append(f"a run with nothing to do wrote {sum(after) - sum(before)} times")
    report = verify_chain(station.database)
    if not report.ok:
        found.append(f"the audit trail is broken: {report.problem}")
    if station.stuck():
        found.append(f"{station.stuck()} writes wait for a person")
    return found
