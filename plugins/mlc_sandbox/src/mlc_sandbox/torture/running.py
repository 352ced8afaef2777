"""The torture itself: three waves of writes, each struck by faults drawn from a seed, each run until it is settled."""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from mlc.plugins import Found as FoundPlugin
from mlc.plugins import Plugins, load_plugins
from mlc.records import Account, ObjectType, Vendor

from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.torture.bench import Bench, open_bench
from mlc_sandbox.torture.counting import judge, tally
from mlc_sandbox.torture.desk import NAME, Desk
from mlc_sandbox.torture.subjects import PUSHED, Found, Subject, kind_of, marker, subject_of

#: Faults that strike writes. ``429`` is the vendor's own refusal, by its stand-in.
KINDS = (
    Kind.COMMIT_THEN_DROP,
    Kind.COMMIT_LATE,
    Kind.DROP,
    Kind.TRUNCATE,
    Kind.REPLY_GARBLED,
    Kind.REDIRECT_WRITE,
    Kind.RATE_LIMIT,
    Kind.TOKEN_REVOKED,
)
RECORDS = 12
COMPANY = 20
LATE_S = 0.5
DEADLINE_S = 3.0
_REDIRECTS = (302, 307, 308)


class NothingToPush(Exception):
    """This system cannot be tortured: it has no stand-in, creates nothing, or has nothing that a bill could name."""


def run(
    system_name: str,
    *,
    faults: int = 24,
    seed: int = 1,
    kinds: Sequence[str] = KINDS,
    records: int = RECORDS,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    standin: StandIn | None = None,
    plugins: Plugins | None = None,
) -> dict[str, Any]:
    """Push records of one system's plugin through core into its stand-in, under faults, and count what is there.

    Creates ``records`` of them, then changes half and voids a quarter, then changes some again while others are new.

    Args:
        faults: How many faults lie in wait for writes, spread over the waves; 0 for none.
        seed: Draws the faults; the same seed draws the same.
        settings, secrets: Of the connection, without ``endpoint``; by default what the stand-in says it accepts.
        standin: Instead of the one in ``mlc.sandboxes``, seeded with a company.

    Returns:
        ``ok``; counts ``records``, ``created``, ``updated``, ``voided`` (changes that requests made), ``runs``,
        ``struck`` per kind, ``held``, ``open``; the sentences ``duplicates``, ``lost``, ``wrong``, ``crashes``.

    Raises: NothingToPush, PluginError, ConfigError.
    """
    began = time.monotonic()
    loaded = load_plugins() if plugins is None else plugins
    system = loaded.system(system_name)
    if kind_of(system) is None:
        raise NothingToPush(f"{system.title} creates neither {' nor '.join(PUSHED)}.")
    standin = _seeded(system_name) if standin is None else standin
    desk = Desk([*PUSHED, ObjectType.ACCOUNT, ObjectType.CURRENCY])
    both = Plugins([*loaded.found, FoundPlugin(NAME, desk)], loaded.recipes.values())
    access = standin.access()
    with (
        tempfile.TemporaryDirectory(prefix="mlc-torture-") as folder,
        Server(standin) as server,
        open_bench(
            Path(folder),
            standin,
            url=server.url,
            system=system_name,
            plugins=both,
            settings=access.settings if settings is None else settings,
            secrets=access.secrets if secrets is None else secrets,
        ) as bench,
    ):
        subject = _look(bench, seed=seed)
        struck, left = _waves(bench, desk, subject, faults=faults, seed=seed, kinds=kinds, records=records)
        wanted = desk.all(subject.kind)
        held = bench.held()
        count = judge(wanted, bench.shown(subject.kind, whole=True), standin.log.entries(), held=held)
        changes = tally(standin.log.entries(), [marker(subject.kind, seed, number) for number in range(2 * records)])
    return {
        "system": system_name,
        "object": subject.kind.value,
        "seed": seed,
        "ok": count.ok and left == 0 and not standin.crashes,
        "records": len(wanted),
        "created": changes["create"],
        "updated": changes["update"],
        "voided": sum(1 for record in wanted if subject.end is not None and record == subject.end(record)),
        "changes": sum(changes.values()),
        "runs": bench.runs,
        "struck": dict(struck),
        "held": len(held),
        "open": left,
        "duplicates": count.duplicates,
        "lost": count.lost,
        "wrong": count.wrong,
        "crashes": list(standin.crashes),
        "trouble": bench.trouble,
        "seconds": round(time.monotonic() - began, 1),
    }


def _seeded(system_name: str) -> StandIn:
    """The installed stand-in with a small company in it, its quotas open."""
    try:
        made = stand_in_class(system_name)
    except click.BadParameter as error:
        raise NothingToPush(f"{error.message}.") from error
    standin = made(company=make_company(7, COMPANY))
    standin.limits_enabled = False
    return standin


def _look(bench: Bench, *, seed: int) -> Subject:
    """Read what the target has, and make the pairing that fits it."""
    system = bench.engine.plugins.system(bench.system)
    kind = kind_of(system)
    assert kind is not None
    today = bench.clock.now().date()
    first = Subject(kind, lambda number: (_ for _ in ()).throw(AssertionError), lambda record, _n: record, None)
    bench.configure(first.flows(system, deadline_s=DEADLINE_S), first.policy(today))
    found = Found(base_currency=bench.probe().base_currency)
    if kind is ObjectType.BILL:
        vendors = cast(Sequence[Vendor], bench.shown(ObjectType.VENDOR, whole=False))
        accounts: Sequence[Account] = ()
        if system.support(ObjectType.ACCOUNT) is not None:
            accounts = cast(Sequence[Account], bench.shown(ObjectType.ACCOUNT, whole=False))
        found = Found(vendors, accounts, found.base_currency)
    subject = subject_of(system, found, today=today, seed=seed)
    if subject is None:
        raise NothingToPush(f"The stand-in of {system.title} has no vendor or no account that a bill could name.")
    bench.configure(subject.flows(system, deadline_s=DEADLINE_S), subject.policy(today))
    return subject


def _waves(
    bench: Bench, desk: Desk, subject: Subject, *, faults: int, seed: int, kinds: Sequence[str], records: int
) -> tuple[Counter[str], int]:
    """Creates; changes and voids; both at once. Returns what struck, and what is still open."""
    drawn = random.Random(seed)
    struck: Counter[str] = Counter()
    for record in subject.beside:
        desk.put(record)
    bench.settle(late_s=0.0)
    made = {number: subject.make(number) for number in range(records)}
    waves = [
        list(range(records)),
        drawn.sample(range(records), records * 3 // 4),
        [*range(records, records + records // 2), *drawn.sample(range(records), records // 2)],
    ]
    left = 0
    for wave, numbers in enumerate(waves):
        for place, number in enumerate(numbers):
            if number not in made:
                made[number] = subject.make(number)
            elif wave > 0 and subject.end is not None and place % 3 == 2:
                made[number] = subject.end(made[number])
            elif wave > 0 and (subject.end is None or made[number] != subject.end(made[number])):
                made[number] = subject.change(made[number], 10 * wave + place)
            desk.put(made[number])
        _lay_in_wait(bench.standin, drawn, kinds, count=faults // len(waves), writes=len(numbers))
        left = bench.settle(late_s=2 * LATE_S)
        for fault in bench.standin.faults.all():
            struck[fault.kind.value] += fault.struck
        bench.standin.faults.clear()
    return struck, bench.settle(late_s=0.0) if left else 0


def _lay_in_wait(standin: StandIn, drawn: random.Random, kinds: Sequence[str], *, count: int, writes: int) -> None:
    """Ask for ``count`` faults, each of which strikes one write of the wave."""
    match = f"WRITE {writes_of(standin)}"
    for _number in range(count):
        kind = Kind(drawn.choice(list(kinds)))
        options: dict[str, Any] = {"after": drawn.randrange(max(1, writes - 1))}
        if kind is Kind.COMMIT_LATE:
            options["seconds"] = LATE_S
        elif kind is Kind.RATE_LIMIT:
            options["seconds"] = 1.0
        elif kind is Kind.REDIRECT_WRITE:
            options |= {"status": drawn.choice(_REDIRECTS), "commit": drawn.random() < 0.5}
        with standin.lock:
            standin.faults.ask(match, kind, **options)


def writes_of(standin: StandIn) -> str:
    """A pattern of every path that takes a write, token calls left out."""
    templates = {route.template for route in standin.router.routes() if route.kind == "write"}
    patterns = sorted(re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(template)) for template in templates)
    return f"^(?:{'|'.join(patterns)})$"
