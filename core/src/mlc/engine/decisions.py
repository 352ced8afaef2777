"""What people decide about records that wait: stored, applied by every later decide, and the record is woken."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from mlc.accounting.holdcodes import CLEARED_BY, OBSERVED, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.alerts import clear_alerts
from mlc.engine.intents import Change, apply_changes, load_intents
from mlc.engine.registers import drop_provisional
from mlc.engine.states import IntentState, RecordState
from mlc.errors import ConfigError
from mlc.records import ObjectType
from mlc.store.audit import AuditGroup
from mlc.store.schema import bindings, decisions, holds, intents, records, registers


class Verb(StrEnum):
    """What a person may say about a held record, in the words of the command line."""

    RETRY = "retry"
    SKIP = "skip"
    LINK = "link"
    CREATE = "create"
    ADOPT = "adopt"
    ACCEPT = "accept"
    REPAIR = "repair"
    POST = "post"
    VOID = "void"
    MOVE = "move"
    REVERSE = "reverse"
    NOT_A_DUPLICATE = "not-a-duplicate"


#: These name another document or party; ``link`` and ``adopt`` both bind the record to it.
_NAMES_ANOTHER = {Verb.LINK: "link", Verb.ADOPT: "link", Verb.NOT_A_DUPLICATE: "not_a_duplicate"}
#: Ours is written as its own: what was linked before is not it. A link of a merge names somebody on the side of birth.
_MAKES_ANEW = frozenset({Verb.CREATE, Verb.POST, Verb.REPAIR})
_MERGES = frozenset({HoldCode.VANISHED, HoldCode.MERGED_ELSEWHERE})
_ONCE = (Verb.ACCEPT, Verb.REPAIR, Verb.POST, Verb.VOID, Verb.MOVE)
_SHOWN = ("input", "other_input")
"""A reversal changes what the target shows, step by step: its verdict is for what the source shows."""
_ALWAYS = frozenset({Verb.RETRY, Verb.SKIP})
_TWINS = frozenset({HoldCode.NEAR_TWIN, HoldCode.NUMBER_CONFLICT, HoldCode.POSSIBLE_DUPLICATE})
_PEOPLE = frozenset({ObjectType.VENDOR.value, ObjectType.CUSTOMER.value, ObjectType.CONTACT.value})
_PARTIES = frozenset({HoldCode.MISSING_VENDOR, HoldCode.AMBIGUOUS, HoldCode.NAME_TAKEN, HoldCode.VENDOR_INACTIVE})


def verbs_for(code: HoldCode, object_type: str | None = None) -> list[Verb]:
    """What may be said about a hold of a record of this type, the usual first."""
    found = [Verb(word) for word in CLEARED_BY[code] if word in set(Verb)]
    if code is HoldCode.VANISHED and object_type in _PEOPLE:  # merged into somebody, which nothing showed
        found.append(Verb.LINK)
    if code in _TWINS:
        found.append(Verb.NOT_A_DUPLICATE)
    return list(dict.fromkeys([*found, *sorted(_ALWAYS)]))


def decide_hold(
    tx: Connection,
    hold: RowMapping,
    verb: Verb,
    *,
    other: str | None = None,
    reason: str | None = None,
    by: str,
    now: datetime,
) -> None:
    """Store what a person decided about one open hold and let its record be decided again.

    Args:
        hold: A row of ``holdstore.open_rows``.
        other: The other side's document or party, for link, adopt and not-a-duplicate. The last link said of a record
            is the one that counts; create, post and repair take it back.

    Raises: ConfigError naming what may be said instead, also where a record is to be bound to an id that neither side
    has shown.
    """
    code = HoldCode(hold["code"])
    allowed = verbs_for(code, hold["object_type"])
    if verb not in allowed:
        raise ConfigError(f"{code} cannot be settled by {verb}; it can by {', '.join(allowed)}.")
    if verb is Verb.MOVE and hold["object_type"] == ObjectType.PAYMENT.value:
        raise ConfigError("A payment keeps the day its money moved: open the period and say retry, or skip it.")
    record_id = hold["record_id"]
    if verb in _NAMES_ANOTHER:
        other = other or _only_candidate(hold)
        if other is None:
            raise ConfigError(
                f"Say which one: mlc held {verb} {record_id} OTHER-ID; mlc held show {record_id} lists them."
            )
        if verb is not Verb.NOT_A_DUPLICATE:
            refuse_unseen(tx, hold, other)
            if code in _PARTIES:
                record_id = _party_record(tx, hold)
            _take_links_back(tx, record_id, code)
        _store(tx, hold["pairing"], record_id, _NAMES_ANOTHER[verb], other, reason, by, now)
    elif verb is Verb.CREATE:
        record_id = _party_record(tx, hold)
        _take_links_back(tx, record_id, code)
        _store(tx, hold["pairing"], record_id, verb.value, code.value, reason, by, now)
    elif verb is not Verb.RETRY:
        if verb in _MAKES_ANEW:
            _take_links_back(tx, record_id, code)
        _store(tx, hold["pairing"], record_id, verb.value, code.value, reason, by, now)
    _give_up_writes(tx, hold["pairing"], hold["record_id"], retrying=verb is Verb.RETRY, now=now)
    _wake(tx, {hold["record_id"], record_id}, hold["id"], stamp(now))
    if verb in (Verb.LINK, Verb.CREATE) and record_id != hold["record_id"]:
        _carry_after_all(tx, record_id)
    if code in OBSERVED and verb is not Verb.RETRY:
        tx.execute(update(holds).where(holds.c.id == hold["id"]).values(cleared_at=stamp(now), cleared_by=by))
        clear_alerts(tx, code.value, [f"{hold['pairing']}:{hold['waits_key']}"], stamp(now))
    group = AuditGroup(pairing=hold["pairing"])
    group.add(
        "decided_by_person", record_id=record_id, verb=verb.value, code=code.value, other=other, reason=reason, by=by
    )
    group.write(tx, now)


def revive(tx: Connection, rows: Sequence[RowMapping], *, by: str, now: datetime, event: str) -> int:
    """Let records be decided again from their stored input, except those with an open write. Returns how many."""
    ids = [row["id"] for row in rows if row["state"] != RecordState.WRITING.value and row["input"] is not None]
    if ids:
        tx.execute(update(records).where(records.c.id.in_(ids)).values(state=RecordState.PENDING.value))
        tx.execute(delete(decisions).where(decisions.c.record_id.in_(ids), decisions.c.kind == Verb.SKIP.value))
        group = AuditGroup(pairing=rows[0]["pairing"])
        for id in ids:
            group.add(event, record_id=id, by=by)
        group.write(tx, now)
    return len(ids)


def skip_record(tx: Connection, row: RowMapping, *, reason: str, by: str, now: datetime) -> None:
    """A person gives a record up for good; what was written stays."""
    _store(tx, row["pairing"], row["id"], Verb.SKIP.value, row["state"], reason, by, now)
    tx.execute(update(records).where(records.c.id == row["id"]).values(state=RecordState.SKIPPED.value, reason=reason))
    group = AuditGroup(pairing=row["pairing"])
    group.add("decided_by_person", record_id=row["id"], verb=Verb.SKIP.value, reason=reason, by=by)
    group.write(tx, now)


def _store(
    tx: Connection, pairing: str, record_id: int, kind: str, subject: str, reason: str | None, by: str, now: datetime
) -> None:
    same = (decisions.c.record_id == record_id) & (decisions.c.kind == kind) & (decisions.c.subject == subject)
    values: dict[str, Any] = {"reason": reason, "by": by, "at": stamp(now)}
    if tx.execute(update(decisions).where(same).values(**values)).rowcount == 0:
        tx.execute(insert(decisions).values(pairing=pairing, record_id=record_id, kind=kind, subject=subject, **values))


def _take_links_back(tx: Connection, record_id: int, code: HoldCode) -> None:
    if code not in _MERGES:
        linked = (decisions.c.record_id == record_id) & (decisions.c.kind == _NAMES_ANOTHER[Verb.LINK])
        tx.execute(delete(decisions).where(linked))


def refuse_unseen(tx: Connection, hold: RowMapping, other: str) -> None:
    """Bind nothing to an id that no list has shown: a slip of the finger would stay for good. What we tell a source is
    in no list."""
    if hold["object_type"] == ObjectType.DOCUMENT_REPORT.value or other in _candidates(hold):
        return
    pairing = hold["pairing"]
    for table in (registers, bindings, records):
        found = select(table.c.external_id).where(table.c.pairing == pairing, table.c.external_id == other)
        if tx.execute(found.limit(1)).first() is not None:
            return
    raise ConfigError(
        f"Neither side of {pairing} has shown anything with the id {other}; mlc held show {hold['record_id']} lists "
        f"what it may be. What was made just now is known after: mlc run {pairing} --once"
    )


def _candidates(hold: RowMapping) -> list[str]:
    detail = json.loads(hold["detail"]) if hold["detail"] else {}
    return [str(candidate["id"]) for candidate in detail.get("candidates") or ()]


def _only_candidate(hold: RowMapping) -> str | None:
    ids = _candidates(hold)
    return ids[0] if len(ids) == 1 else None


def _party_record(tx: Connection, hold: RowMapping) -> int:
    """A document that waits for its vendor or customer: the answer is theirs."""
    kind, _, source_id = hold["waits_key"].partition(":")
    if hold["object_type"] in _PEOPLE or kind not in _PEOPLE:
        return int(hold["record_id"])
    found = tx.execute(
        select(records.c.id).where(
            records.c.pairing == hold["pairing"],
            records.c.side == hold["side"],
            records.c.object_type == kind,
            records.c.external_id == source_id,
        )
    ).scalar()
    if found is None:
        raise ConfigError(f"The {kind} {source_id} has not been read yet; run mlc run {hold['pairing']} first.")
    return int(found)


def _give_up_writes(tx: Connection, pairing: str, record_id: int, *, retrying: bool, now: datetime) -> None:
    """A write that a person had to judge gives way to the decision.

    Raises: ConfigError when only trying again was said: that could write it twice.
    """
    held = load_intents(tx, intents.c.record_id == record_id, intents.c.state == IntentState.HELD.value)
    if held and retrying:
        raise ConfigError(
            f"Nobody knows whether the write of record {record_id} arrived: look there, then say link {record_id} "
            f"OTHER-ID if it did, post {record_id} if it did not."
        )
    apply_changes(tx, [Change(one, IntentState.SUPERSEDED, {"error": "a person decided"}) for one in held], stamp(now))
    drop_provisional(tx, pairing, held)


def _wake(tx: Connection, record_ids: set[int], hold_id: int, now: str) -> None:
    tx.execute(update(holds).where(holds.c.id == hold_id).values(woken_at=now))
    waiting = [RecordState.HELD.value, RecordState.UNMATCHED.value]
    tx.execute(
        update(records)
        .where(records.c.id.in_(record_ids), records.c.state.in_(waiting))
        .values(state=RecordState.PENDING.value)
    )


def _carry_after_all(tx: Connection, record_id: int) -> None:
    """A party that was left alone until a person answered for a document that waits for it."""
    left_alone = (records.c.id == record_id) & (records.c.state == RecordState.NOT_CARRIED.value)
    tx.execute(update(records).where(left_alone).values(state=RecordState.PENDING.value))


def forget_verdicts(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What a person decided about a difference holds for what both sides showed then: a later change is asked anew.

    Skipped, linked and "not a duplicate" stay. Call it before the rows are stored.

    Args:
        rows: What is about to be stored of records that are known: ``b_id`` and ``input`` or ``other_input``.
    """
    new = {row["b_id"]: row for row in rows}
    if not new:
        return
    about = (decisions.c.record_id.in_(list(new))) & (
        decisions.c.kind.in_([verb.value for verb in (*_ONCE, Verb.REVERSE)])
    )
    decided = set(tx.execute(select(decisions.c.record_id).where(about)).scalars())
    if not decided:
        return
    seen = select(records.c.id, records.c.input, records.c.other_input).where(records.c.id.in_(decided))
    before = tx.execute(seen).mappings().all()
    for kinds, names in ((_ONCE, _SHOWN), ((Verb.REVERSE,), ("input",))):
        changed = [
            row["id"]
            for row in before
            if any(_content(row[name]) != _content(new[row["id"]].get(name, row[name])) for name in names)
        ]
        if changed:
            said = decisions.c.kind.in_([verb.value for verb in kinds])
            tx.execute(delete(decisions).where(said, decisions.c.record_id.in_(changed)))


def _content(text: str | None) -> dict[str, Any]:
    """A stored record without when and how it was read: versions may be too coarse to tell two edits apart."""
    shown: dict[str, Any] = json.loads(text) if text else {}
    shown.pop("source", None)
    return shown


def wakes_itself(hold: RowMapping) -> bool:
    """Whether the cure alone lets the record go on, without a word from a person."""
    return str(hold["waits_kind"]) != Waits.PERSON.value
