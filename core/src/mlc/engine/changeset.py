"""The rows of one transaction, written in an order in which no statement depends on a later one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, not_, or_, select, update

from mlc.accounting.holdcodes import Hold, Waits
from mlc.accounting.situation import Verdict
from mlc.engine import registers as register
from mlc.engine.holdstore import clear_answered, open_holds, wake
from mlc.engine.homebase import carry_answers
from mlc.engine.intents import IMAGE_PART, Change, Intent, apply_changes
from mlc.engine.states import IntentState, RecordState
from mlc.recipes import Side
from mlc.records import ObjectType, Payment
from mlc.store.schema import bindings, decisions, intents, records, registers, sightings
from mlc.store.statements import Statement

Row = dict[str, Any]


@dataclass
class ChangeSet:
    """What is to be written, by table. Keys that begin with ``b_`` say which row is meant."""

    changes: list[Change] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    bindings: list[Row] = field(default_factory=list)
    replaced: list[Row] = field(default_factory=list)
    """Bindings whose document is gone and was written anew: they become aliases (R21)."""
    origins: list[Row] = field(default_factory=list)
    answers: list[Intent] = field(default_factory=list)
    """Writes to where a record was born: what they carried is in step on the other side (R16)."""
    moved: list[Row] = field(default_factory=list)
    records: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    listed: list[Row] = field(default_factory=list)
    claimed: list[tuple[str, Side, ObjectType, str, int]] = field(default_factory=list)
    provisional: list[Intent] = field(default_factory=list)
    paid: list[tuple[Side, str, Decimal]] = field(default_factory=list)
    followers: list[Row] = field(default_factory=list)
    superseded: list[Intent] = field(default_factory=list)
    holds: list[tuple[int, str | None, Hold]] = field(default_factory=list)
    woken: set[str] = field(default_factory=set)
    taken: list[Row] = field(default_factory=list)
    """Ids that were bound just now: what waits under them as a record of its own is decided again."""
    entries: int = 0
    """So many entries of lists are there since: what waits for one under any name is decided again."""
    delayed: list[Row] = field(default_factory=list)
    """Intents whose state stays as it is; they are looked at again at ``due_at``."""
    answered: list[int] = field(default_factory=list)
    """Records whose accepted write was answered: nobody has to look for it any more (R9)."""
    refused: list[Row] = field(default_factory=list)
    """Records whose write the target refused later and shows all the same: they are not due for that (R9)."""
    found: list[int] = field(default_factory=list)
    """Records that were bound to an exact twin, which nobody here wrote (R27)."""
    repaired: list[int] = field(default_factory=list)
    """Records just written: what a person said about writing ours has been done, and is not said of the next time."""

    def wake(self, kind: ObjectType, born_as: str, bound_as: str) -> None:
        """It is on both sides now: whatever waits for it, by its id on either, may go."""
        self.woken |= {f"{kind.value}:{born_as}", f"{kind.value}:{bound_as}", f"document:{born_as}"}

    def pay(self, side: Side, payment: Payment) -> None:
        """What the payment settled is owed no more; the documents' versions may have moved by it."""
        for one in payment.allocations:
            if one.document is not None and one.document.source_id and one.amount is not None:
                self.paid.append((side, one.document.source_id, one.amount))

    def write(self, tx: Connection, pairing: str, now: str) -> None:
        """All of it. The audit group is the caller's, as the transaction's last statements."""
        if self.sightings:
            _INSERT_SIGHTINGS.run_all(tx, self.sightings)
        apply_changes(tx, self.changes, now)
        if self.delayed:
            _DELAY.run_all(tx, self.delayed)
        clear_answered(tx, self.answered, now)
        self._write_parts(tx, now)
        behind = self._write_bindings(tx, pairing)
        self._write_registers(tx, pairing)
        for names, rows in alike(self.records):
            _update_records(names).run_all(tx, [row | {"changed_at": now} for row in rows])
        if self.refused:
            _REFUSE.run_all(tx, self.refused)
        if behind:
            tx.execute(update(records).where(records.c.id.in_(behind)).values(dirty=1))
        if self.overrides:
            _update_records(("overrides",)).run_all(tx, [row | {"changed_at": now} for row in self.overrides])
        for side, external_id, amount in self.paid:
            _pay(tx, pairing, side, external_id, amount)
        if self.repaired:
            _FORGET_REPAIRS.run(tx, {"b_ids": self.repaired})
        if self.taken:
            _TAKE.run_all(tx, [row | {"b_pairing": pairing} for row in self.taken])
        wake(tx, pairing, Waits.REFERENCE, self.woken, now)
        if self.entries:
            wake(tx, pairing, Waits.CONFIG, None, now)
        open_holds(tx, pairing, self.holds, now)

    def _write_parts(self, tx: Connection, now: str) -> None:
        if self.followers:
            _FOLLOW.run_all(tx, [row | {"b_now": now} for row in self.followers])
        for is_main, statement in ((True, _END_FOLLOWERS), (False, _END_THE_REST)):
            ended = [intent.record_id for intent in self.superseded if (intent.part == "main") is is_main]
            if ended:
                statement.run_all(tx, [{"b_record": record_id, "b_now": now} for record_id in ended])

    def _write_bindings(self, tx: Connection, pairing: str) -> list[int]:
        """Returns records whose other side shows more than was carried: they are decided once more."""
        for row in self.replaced:
            _move_bindings(("moved_to", "role")).run(tx, row | {"b_pairing": pairing})
        for names, rows in alike(self.bindings):
            _insert_bindings(names).run_all(tx, rows)
        behind = [intent.record_id for intent in self.answers if carry_answers(tx, pairing, intent)]
        upsert_bindings(tx, self.origins)
        for names, rows in alike(self.moved):
            _move_bindings(names).run_all(tx, [row | {"b_pairing": pairing} for row in rows])
        return behind

    def _write_registers(self, tx: Connection, pairing: str) -> None:
        register.drop_provisional(tx, pairing, self.provisional)
        register.put_rows(tx, self.listed, binding=True)
        register.bind_rows(tx, self.claimed)


def alike(rows: Sequence[Row]) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Rows grouped by the columns they set, since one statement fits one set of columns."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_set_by(tuple(row)), []).append(row)
    return list(groups.items())


@lru_cache(maxsize=256)
def _set_by(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if not name.startswith("b_")))


def upsert_bindings(tx: Connection, rows: Sequence[Row]) -> None:
    """Insert bindings of the side a record was born on, or move the ones that are there."""
    if rows:
        _upsert_bindings(tx.dialect.name).run_all(tx, rows)


def _pay(tx: Connection, pairing: str, side: Side, external_id: str, amount: Decimal) -> None:
    """What was paid is owed no more."""
    where = and_(
        registers.c.pairing == pairing,
        registers.c.side == side.value,
        registers.c.object_type == ObjectType.BILL.value,
        registers.c.external_id == external_id,
    )
    balance = tx.execute(select(registers.c.balance).where(where)).scalar()
    if balance is not None:
        left = register.amount_text(Decimal(balance) - amount)
        tx.execute(update(registers).where(where).values(balance=left))


# -------------------------------------------------------------------- statements, built once

_INSERT_SIGHTINGS = Statement(
    insert(sightings), columns=[column.name for column in sightings.columns if column.name != "id"]
)
_DELAY = Statement(update(intents).where(intents.c.id == bindparam("b_id")).values(due_at=bindparam("due_at")))
_FORGET_REPAIRS = Statement(
    delete(decisions).where(
        decisions.c.record_id.in_(bindparam("b_ids", expanding=True)), decisions.c.kind == Verdict.REPAIR.value
    )
)
_TAKE = Statement(
    update(records)
    .where(
        records.c.pairing == bindparam("b_pairing"),
        records.c.side == bindparam("b_side"),
        records.c.object_type == bindparam("b_type"),
        records.c.external_id == bindparam("b_external"),
        or_(*(records.c.state == state.value for state in (RecordState.HELD, RecordState.UNMATCHED))),
    )
    .values(state=RecordState.PENDING.value)
)
_REFUSE = Statement(
    update(records)
    .where(
        records.c.id == bindparam("b_id"),
        records.c.version == bindparam("b_source"),
        or_(
            records.c.other_version.is_(None),
            *(records.c.other_version == bindparam(name) for name in ("b_before", "b_shown", "b_young")),
        ),
    )
    .values(dirty=0, other_version=bindparam("b_shown"))
)
_FOLLOW = Statement(
    update(intents)
    .where(
        intents.c.record_id == bindparam("b_record"),
        or_(*(intents.c.state == state.value for state in (IntentState.PLANNED, IntentState.UNCERTAIN))),
        intents.c.after_part == bindparam("b_after"),
    )
    .values(parent_id=bindparam("b_parent"), updated_at=bindparam("b_now"))
)
_WAITING = and_(
    intents.c.record_id == bindparam("b_record"),
    or_(
        intents.c.state == IntentState.PLANNED.value,
        and_(intents.c.state == IntentState.UNCERTAIN.value, intents.c.parent_id.is_(None)),
    ),
)
_ENDED = {"state": IntentState.SUPERSEDED.value, "updated_at": bindparam("b_now")}
#: The image of a document that is there is made with it and never again: it does not end with a later change.
_IS_THERE = and_(intents.c.part == IMAGE_PART, intents.c.parent_id.is_not(None))
_END_FOLLOWERS = Statement(
    update(intents).where(_WAITING, intents.c.after_part.is_not(None), not_(_IS_THERE)).values(_ENDED)
)
#: What comes after a part that is not the first: further lines behind lines that were refused.
_END_THE_REST = Statement(update(intents).where(_WAITING, intents.c.after_part != "main").values(_ENDED))


@cache
def _update_records(names: tuple[str, ...]) -> Statement:
    columns: dict[str, Any] = {name: bindparam(name) for name in (*names, "changed_at")}
    return Statement(update(records).where(records.c.id == bindparam("b_id")).values(columns))


@cache
def _insert_bindings(names: tuple[str, ...]) -> Statement:
    return Statement(insert(bindings), columns=names)


@cache
def _move_bindings(names: tuple[str, ...]) -> Statement:
    return Statement(
        update(bindings)
        .where(
            bindings.c.pairing == bindparam("b_pairing"),
            bindings.c.side == bindparam("b_side"),
            bindings.c.record_id == bindparam("b_record"),
            bindings.c.part == bindparam("b_part"),
            bindings.c.role == "primary",
        )
        .values({name: bindparam(name) for name in names})
    )


@cache
def _upsert_bindings(dialect: str) -> Statement:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
    statement = upsert(bindings)
    named = ["pairing", "side", "object_type", "external_id", "part"]
    moving = ["version", "base", "mapper_version", "unverified", "confirmed_at"]
    moved = statement.on_conflict_do_update(
        index_elements=named, set_={name: statement.excluded[name] for name in moving}
    )
    return Statement(moved, columns=[*named, "record_id", *moving])
