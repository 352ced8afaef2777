"""Writes and reads under injected faults, then the count: nothing twice, nothing lost.

Each fault strikes one request; core's own rules (R1, and the strategy that the system declares) settle what follows.
What counts in the end is the vendor's own log where it keeps one, and what a clean connection finds.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlc.connection import AnyConnection
from mlc.contract import Accepted, Created, FetchMode, Rejected, Strategy
from mlc.errors import MlcError
from mlc.http import CallKind, Response, Verdict
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.settling import BLIND
from mlc.testing.conformance.writing import Draft
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Fault, Tap, Trouble

if TYPE_CHECKING:
    from mlc.testing.conformance.bench import Bench

#: Tries after which an uncertain write counts as lost.
TRIES = 40
#: A write meets a fault at every one of its requests with this probability.
HAZARD = 0.6
Made = Callable[[], Trouble]


@dataclass(slots=True)
class Damage:
    """What became of it. ``ok`` only when nothing was doubled, lost or left open."""

    faults: int = 0
    seed: int = 0
    written: int = 0
    duplicates: int = 0
    lost: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    types: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    struck: Callable[[int], None] = field(default=lambda faults: None, repr=False, compare=False)
    """Is told how many faults have struck so far."""

    @property
    def ok(self) -> bool:
        return self.duplicates == 0 and self.lost == 0 and not self.problems

    def as_json(self) -> dict[str, object]:
        return {
            "faults": self.faults,
            "seed": self.seed,
            "written": self.written,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "kinds": dict(sorted(self.kinds.items())),
            "types": list(self.types),
            "left_out": list(self.left_out),
            "problems": self.problems[:10],
            "ok": self.ok,
        }


def torture(bench: "Bench", faults: int, *, seed: int, struck: Callable[[int], None]) -> Damage:
    """Inject so many faults into creating and reading; the same seed, the same faults."""
    damage = Damage(seed=seed, struck=struck)
    dice = random.Random(seed)
    connection = bench.open()
    bench.probe(connection)
    kinds = [support.object_type for support in bench.supports(Capability.CREATE)]
    tried = {kind: _first(bench, connection, kind) for kind in kinds}
    usable = [kind for kind in kinds if tried[kind]]
    damage.types = tuple(kind.value for kind in usable)
    damage.left_out = tuple(kind.value for kind in kinds if not tried[kind])
    for kind in usable:
        before = bench.vendor.created()
        worth = _worth(bench, connection, kind)
        creates = _writes(bench, connection, kind, faults * 3 // 4 // len(usable), dice, damage)
        after = bench.vendor.created()
        if before is not None and after is not None:
            _weigh(after - before - worth * (creates + 1), damage)
    _reads(bench, connection, faults - damage.faults, dice, damage)
    return damage


def _first(bench: "Bench", connection: AnyConnection, kind: ObjectType) -> bool:
    """Whether records of this type can be made here, and settled by a machine."""
    made = writing.draft(bench, connection, kind)
    return made is not None and made.strategy is not Strategy.HOLD


def _worth(bench: "Bench", connection: AnyConnection, kind: ObjectType) -> int:
    """How many creates the vendor's log shows for one record that is written undisturbed."""
    before = bench.vendor.created() or 0
    made = writing.draft(bench, connection, kind)
    if made is not None:
        writing.send(bench, connection, kind, made.main)
    return (bench.vendor.created() or 0) - before


def _weigh(difference: int, damage: Damage) -> None:
    """The vendor's own log against what we meant to write."""
    if difference > 0:
        damage.problems.append(f"the vendor's log has {difference} more creates than records were written")
        damage.duplicates += difference
    elif difference < 0:
        damage.problems.append(f"the vendor's log has {-difference} fewer creates than records were written")
        damage.lost += -difference


def _writes(
    bench: "Bench", connection: AnyConnection, kind: ObjectType, share: int, dice: random.Random, damage: Damage
) -> int:
    """Write records of one type until its share of faults has struck. Returns how many creates they should be."""
    start, creates = damage.faults, 0
    while damage.faults - start < share:
        made = writing.draft(bench, connection, kind)
        if made is None:
            return creates
        creates += 1
        damage.written += 1
        tap = tap_of(connection)
        settled = _settle(bench, connection, made, dice, damage)
        tap.clear()
        if settled is None:
            damage.lost += 1
            damage.problems.append(f"{kind} {made.main.record_key} was never settled")
        if bench.system.can(kind, Capability.FIND):
            _judge(len(writing.hits(bench, connection, made)), kind, made, damage)
    return creates


def _judge(there: int, kind: ObjectType, made: Draft, damage: Damage) -> None:
    if there > 1:
        damage.duplicates += there - 1
        damage.problems.append(f"{kind} {made.main.record_key} is there {there} times")
    elif there == 0:
        damage.lost += 1
        damage.problems.append(f"{kind} {made.main.record_key} is not there")


def _settle(bench: "Bench", connection: AnyConnection, made: Draft, dice: random.Random, damage: Damage) -> str | None:
    """Send under faults until it is known to be there; what may have happened is looked up before it is sent again."""
    tap, uncertain = tap_of(connection), False
    for attempt in range(TRIES):
        calm = attempt >= TRIES // 2
        try:
            if uncertain and made.strategy not in BLIND:
                with _Hazard(tap, dice, damage, CallKind.READ, calm=calm, bench=bench):
                    found = writing.hits(bench, connection, made)
                if found:
                    return found[0].id
                uncertain = False
            with _Hazard(tap, dice, damage, CallKind.WRITE, calm=calm, bench=bench):
                pushed = writing.send(bench, connection, made.object_type, made.main)
        except MlcError:
            continue
        if pushed.verdict is Verdict.ANSWERED_2XX and isinstance(pushed.outcome, Created | Accepted):
            return pushed.external_id or "accepted"
        if isinstance(pushed.outcome, Created | Accepted):
            damage.problems.append(f"{made.object_type}: {pushed.outcome} was claimed while it was {pushed.verdict}")
        if uncertain and isinstance(pushed.outcome, Rejected) and not pushed.calls:
            return "there already"
        uncertain = uncertain or pushed.verdict in (Verdict.UNCERTAIN, Verdict.ANSWERED_2XX)
        if isinstance(pushed.outcome, Rejected) and pushed.calls and not uncertain:
            damage.problems.append(f"{made.object_type}: refused for no reason of its own: {pushed.outcome.reason}")
            return None
    return None


def _reads(bench: "Bench", connection: AnyConnection, faults: int, dice: random.Random, damage: Damage) -> None:
    """Passes under faults see what a clean pass sees. A page that fails is asked for again, from its own cursor."""
    readable = [support.object_type for support in bench.supports(Capability.READ)]
    clean = {kind: _ids(bench, bench.open(), kind) for kind in readable}
    tap, aim, barren = tap_of(connection), damage.faults + faults, 0
    while damage.faults < aim and barren < TRIES:
        struck = damage.faults
        for kind in readable:
            seen = _pass_under_faults(bench, connection, kind, tap, dice, damage)
            missing = clean[kind] - seen
            if missing:
                damage.lost += len(missing)
                damage.problems.append(f"{kind}: a pass under faults left out {sorted(missing)[:3]}")
            if damage.faults >= aim:
                return
        barren = barren + 1 if damage.faults == struck else 0


def _pass_under_faults(
    bench: "Bench", connection: AnyConnection, kind: ObjectType, tap: Tap, dice: random.Random, damage: Damage
) -> set[str]:
    cursor, seen, failures = None, set[str](), 0
    while True:
        try:
            with _Hazard(tap, dice, damage, CallKind.READ, calm=failures > TRIES, bench=bench):
                page = bench.call(connection, "mlc_fetch", object_type=kind, cursor=cursor, mode=FetchMode.CHANGES)
        except MlcError:
            failures += 1
            continue
        seen |= {row.id for row in page.records}
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor


def _ids(bench: "Bench", connection: AnyConnection, kind: ObjectType) -> set[str]:
    return {row.id for page in bench.walk(connection, kind) for row in page.records if row.deleted is None}


class _Hazard:
    """One fault, or none, for what is called inside."""

    def __init__(
        self, tap: Tap, dice: random.Random, damage: Damage, kind: CallKind, *, calm: bool, bench: "Bench"
    ) -> None:
        self._tap = tap
        self._damage = damage
        self._trouble: Trouble | None = None
        self._name = ""
        if not calm and dice.random() < HAZARD:
            menu = _menu(bench, kind)
            self._name = dice.choice(sorted(menu))
            self._trouble = menu[self._name]()

    def __enter__(self) -> None:
        self._tap.clear()
        if self._trouble is not None:
            self._tap.add(self._trouble)

    def __exit__(self, *_: object) -> None:
        if self._trouble is not None and self._trouble.struck:
            self._damage.faults += self._trouble.struck
            self._damage.kinds[self._name] += self._trouble.struck
            self._damage.struck(self._damage.faults)
        self._tap.clear()


def _menu(bench: "Bench", kind: CallKind) -> dict[str, Made]:
    """Everything that can go wrong with one request."""
    author = bench.author
    menu: dict[str, Made] = {
        "refused connection": lambda: Trouble(Fault.DROP_BEFORE, kind),
        "lost answer": lambda: Trouble(Fault.DROP_AFTER, kind),
        "500": lambda: Trouble(Fault.ANSWER, kind, response=lambda: Response(500, json={})),
        "web page": lambda: Trouble(Fault.ANSWER, kind, response=_page),
        "cut answer": lambda: Trouble(Fault.TRUNCATE, kind),
        "429": lambda: Trouble(Fault.ANSWER, kind, response=author.rate_limited),
        "dead token": lambda: Trouble(Fault.ANSWER, kind, response=author.unauthorised),
    }
    if kind is CallKind.WRITE:
        menu["500 after it was done"] = lambda: Trouble(
            Fault.ANSWER_AFTER, kind, response=lambda: Response(500, json={})
        )
        menu["redirect after it was done"] = lambda: Trouble(
            Fault.ANSWER_AFTER, kind, response=lambda: Response(307, headers={"Location": "/"})
        )
        menu["page after it was done"] = lambda: Trouble(Fault.ANSWER_AFTER, kind, response=_page)
    return menu


def _page() -> Response:
    return Response(200, html="<html>Down for maintenance</html>")
