"""The event table: what a change at the source, or in the target, does to a document already written (pairings 0.3)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from mlc.accounting.adjusting import Unpostable, adjustment, offered
from mlc.accounting.changes import CODING, HARD, SOFT, changed_fields, compared, drift, owner_of, source_fields, word_of
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, name_of, number_of, person_key
from mlc.accounting.periods import is_locked, lock_hold, period_key
from mlc.accounting.situation import (
    Accepts,
    Cancel,
    Create,
    Decision,
    Difference,
    Nothing,
    Situation,
    Update,
    Verdict,
    Void,
    Want,
)
from mlc.accounting.wants import wants
from mlc.recipes import Owner
from mlc.records import DocumentStatus, OrderStatus, PurchaseOrder

_COMPARABLE: Mapping[str, Callable[[TradeDocument], object]] = {
    "amount": lambda document: document.total,
    "number": number_of,
    "issue_date": lambda document: document.ledger_date,
    "due_date": lambda document: document.due_date,
}
_VOIDED = (DocumentStatus.VOID, OrderStatus.CANCELLED)


def bound_document(now: Situation) -> Decision:
    """A document that is in the target and still wanted: gone there, in correction, edited there, or changed here."""
    decision = _bound_document(now)
    return _kept_apart(now, decision) if now.adjusted and isinstance(decision, Update | Create) else decision


def _bound_document(now: Situation) -> Decision:
    if now.facts.gone:
        return _gone_in_target(now)
    if now.want is Want.CORRECTION:
        return _in_correction(now)
    edited = _drift(now)
    if edited:
        return _drifted(now, edited)
    if now.verdicts.get(HoldCode.POSTED_DIFFERS) is Verdict.REPAIR:
        ours = source_fields(now.flow.owners, now.flow.source)
        return _closed_hold(now, _phrase(ours)) or Update(ours)
    return _changed(now)


def void_or_cancel(now: Situation) -> Decision:
    """Denied, withdrawn or void, said explicitly."""
    if now.facts.gone:
        return Nothing("it is void on both sides")
    said = now.verdicts.get(HoldCode.VOID_BLOCKED)
    if said is Verdict.ACCEPT:
        return Nothing("a person accepted that it stays in the target", Accepts.SOURCE)
    if said is Verdict.POST:
        return _posted_apart(now, void_blocked(now, "it is void at the source"), voiding=True)
    if _base_want(now) is Want.VOID and now.want is Want.VOID and Verdict.VOID not in now.verdicts.values():
        return Nothing("it stays in the target, as a person accepted")
    why = "it is void at the source" if now.want is Want.VOID else "a person asked to void it"
    if isinstance(now.record, PurchaseOrder):
        if now.facts.billed or now.facts.closed or not now.facts.can_void:
            return void_blocked(now, why)
        return Cancel(why)
    return Void(why) if _free(now) and now.facts.can_void and not now.adjusted else void_blocked(now, why)


def void_blocked(now: Situation, why: str) -> Hold:
    """The hold that says what stands in the way of voiding."""
    sentence = f"{name_of(now.record)}: {why}, but in the target {_obstacle(now)}, so it was not voided there."
    if _locked(now) and now.lock_area is not None and now.lock_area in now.probe.locks:
        key = period_key(now.lock_area, now.probe)
        return Hold(HoldCode.VOID_BLOCKED, sentence, Waits.PERIOD, key, offered(now, voiding=True))
    return Hold(HoldCode.VOID_BLOCKED, sentence, Waits.PERSON, person_key(now.record), offered(now, voiding=True))


def changes_to_write(now: Situation) -> frozenset[str]:
    """What changed at the source and is the source's to change."""
    return frozenset(field for field in _all_changes(now) if _owner(now, field) is Owner(now.flow.source.value))


def _gone_in_target(now: Situation) -> Decision:
    verdict = now.verdicts.get(HoldCode.GONE_IN_TARGET)
    if verdict in (Verdict.REPAIR, Verdict.POST):
        return Create()
    if verdict in (Verdict.ACCEPT, Verdict.VOID):
        return Nothing("a person accepted that it is gone in the target", Accepts.BOTH)
    how = "voided or cancelled" if now.facts.void else "deleted"
    ours = _base_want(now) is Want.VOID or (isinstance(now.record, PurchaseOrder) and _base_want(now) is Want.SETTLED)
    if _base_gone(now) and not ours:
        return Nothing("it is gone in the target, as a person accepted")
    who = "it was voided when the source voided it" if _base_gone(now) else f"somebody {how} it in the target"
    sentence = f"{name_of(now.record)}: {who}, and the source still has it; it is not created again by itself."
    return Hold(HoldCode.GONE_IN_TARGET, sentence, Waits.PERSON, person_key(now.record))


def _in_correction(now: Situation) -> Decision:
    verdict = now.verdicts.get(HoldCode.IN_CORRECTION)
    if verdict is Verdict.VOID:
        return void_or_cancel(now)
    if verdict is Verdict.ACCEPT:
        return Nothing("a person accepted that it is being corrected at the source", keeps_bases=True)
    sentence = f"{name_of(now.record)}: it was sent back for correction at the source; the target keeps what it has."
    return Hold(HoldCode.IN_CORRECTION, sentence, Waits.PERSON, person_key(now.record))


def _drift(now: Situation) -> list[Difference]:
    if now.base_target is None or now.target_now is None:
        return []
    edited = drift(now.base_target, now.target_now, now.flow.owners, source=now.flow.source)
    return [one for one in edited if not _arrived(now, one.field)]


def _arrived(now: Situation, field: str) -> bool:
    """The source changed it to what the target shows: ours that got there unseen, or two people who agree (R7)."""
    text = _COMPARABLE.get(field)
    shown = now.target_now
    if text is None or shown is None or field not in changes_to_write(now):
        return False
    return text(now.record) is not None and text(now.record) == text(shown)


def _drifted(now: Situation, edited: list[Difference]) -> Decision:
    verdict = now.verdicts.get(HoldCode.DRIFT)
    if verdict is Verdict.ACCEPT:
        return Nothing("a person accepted the target's values", Accepts.TARGET)
    if verdict is Verdict.REPAIR:
        blocked = _closed_hold(now, _phrase(difference.field for difference in edited))
        return blocked or Update(frozenset(difference.field for difference in edited) | changes_to_write(now))
    told = "; ".join(f"{word_of(one.field)} was {one.ours or 'empty'}, is {one.theirs or 'empty'}" for one in edited)
    sentence = f"{name_of(now.record)}: somebody changed it in the target: {told}."
    detail = {one.field: {"ours": one.ours, "theirs": one.theirs} for one in edited}
    return Hold(HoldCode.DRIFT, sentence, Waits.PERSON, person_key(now.record), detail)


def _changed(now: Situation) -> Decision:
    asked = frozenset(field for field in _all_changes(now) if _owner(now, field) is Owner.HOLD)
    mine = changes_to_write(now)
    if not mine and not asked:
        return Nothing("both sides are in step")
    if asked:
        return _ask(
            now, HoldCode.CHANGED_AFTER_POSTING, asked, mine | asked, "which this pairing never changes by itself"
        )
    if _free(now):
        return _moved_into_closed(now, mine) or Update(mine)
    if mine & HARD:
        return _ask(now, _hard_code(now), mine & HARD, mine, f"but in the target {_obstacle(now)}")
    if mine & CODING:
        code = HoldCode.CHANGED_AFTER_POSTING
        return _ask(now, code, mine & CODING, mine, f"but in the target {_obstacle(now)}")
    return _soft(now, mine & SOFT)


def _soft(now: Situation, soft: frozenset[str]) -> Decision:
    """Memo where allowed; a due date once a payment is scheduled asks a person."""
    if "due_date" in soft and now.facts.money_moved:
        why = f"but in the target {_obstacle(now)}"
        return _ask(now, HoldCode.CHANGED_AFTER_PAYMENT, frozenset({"due_date"}), soft, why)
    if _locked(now):
        if "due_date" in soft:
            return _closed_hold(now, "due date") or Nothing("its period is closed", keeps_bases=True)
        return Nothing("only texts changed at the source, and its period is closed", keeps_bases=True)
    return Update(soft) if soft else Nothing("only texts changed at the source, and it is posted", keeps_bases=True)


def _ask(now: Situation, code: HoldCode, shown: frozenset[str], write: frozenset[str], why: str) -> Decision:
    verdict = now.verdicts.get(code)
    if verdict is Verdict.ACCEPT:
        return Nothing("a person accepted the difference", Accepts.SOURCE)
    if _locked(now) and code is HoldCode.CHANGED_AFTER_CLOSE:
        if verdict is Verdict.POST:
            return _posted_apart(now, _hold_changed(now, code, shown, why))
        return _closed_hold(now, _phrase(shown)) or _hold_changed(now, code, shown, why)
    if verdict is Verdict.REPAIR:
        return _closed_hold(now, _phrase(shown)) or Update(write)
    return _hold_changed(now, code, shown, why)


def _hold_changed(now: Situation, code: HoldCode, shown: frozenset[str], why: str) -> Hold:
    base = now.base_source
    values = {field: compared(field, base, now.record) for field in sorted(shown)}
    told = "; ".join(
        word_of(field) + ("" if base is None else f" was {was or 'empty'}, is {there or 'empty'}")
        for field, (was, there) in values.items()
    )
    detail = {field: {"was": was, "is": there} for field, (was, there) in values.items()}
    sentence = f"{name_of(now.record)}: it changed at the source ({told}), {why}."
    return Hold(code, sentence, Waits.PERSON, person_key(now.record), detail)


def _closed_hold(now: Situation, what: str) -> Hold | None:
    """``changed_after_close`` while the period is closed: wakes when it is opened again."""
    if not _locked(now):
        return None
    sentence = f"{name_of(now.record)}: its {what} changed, but {_obstacle(now)}."
    if now.lock_area is not None and now.lock_area in now.probe.locks:
        key = period_key(now.lock_area, now.probe)
        return Hold(HoldCode.CHANGED_AFTER_CLOSE, sentence, Waits.PERIOD, key, offered(now))
    return Hold(HoldCode.CHANGED_AFTER_CLOSE, sentence, Waits.PERSON, person_key(now.record), offered(now))


def _posted_apart(now: Situation, hold: Hold, *, voiding: bool = False) -> Decision:
    """The difference as a document of its own; where none can say it, the hold with the reason."""
    try:
        return adjustment(now, voiding=voiding)
    except Unpostable as error:
        return replace(hold, sentence=f"{hold.sentence} It cannot be posted as a difference: {error}.")


def _kept_apart(now: Situation, decision: Update | Create) -> Decision:
    """Differences of it stand in the target as documents of their own: written in place, they would count twice."""
    apart, code = "differences of it stand in the target as documents of their own", HoldCode.CHANGED_AFTER_CLOSE
    if isinstance(decision, Create):
        sentence = f"{name_of(now.record)}: it is gone in the target and {apart}; put it right there, then accept."
        return Hold(HoldCode.GONE_IN_TARGET, sentence, Waits.PERSON, person_key(now.record))
    asking = HARD | CODING | {"due_date"}
    fields = changes_to_write(now) & asking
    if not decision.fields & asking:
        return Nothing(f"only texts changed at the source, and {apart}", keeps_bases=True)
    if now.verdicts.get(code) is Verdict.ACCEPT:
        return Nothing("a person accepted the difference", Accepts.SOURCE)
    hold = _hold_changed(now, code, fields or decision.fields, f"and {apart}, so it is not changed in place")
    return _posted_apart(now, hold) if now.verdicts.get(code) is Verdict.POST else hold


def _moved_into_closed(now: Situation, fields: frozenset[str]) -> Hold | None:
    if "issue_date" not in fields:
        return None
    return lock_hold(now.record.ledger_date, now.lock_area, now.probe, now.policy, name=name_of(now.record))


def _hard_code(now: Situation) -> HoldCode:
    if _locked(now):
        return HoldCode.CHANGED_AFTER_CLOSE
    if now.facts.approved_by_person and not now.facts.money_moved:
        return HoldCode.CHANGED_AFTER_APPROVAL
    return HoldCode.CHANGED_AFTER_POSTING


def _obstacle(now: Situation) -> str:
    facts = now.facts
    reasons = (
        (facts.filed, "it is in a filed tax return"),
        (_locked(now), "its period is closed"),
        (facts.paid, "it is paid"),
        (facts.part_paid, "it is part paid"),
        (facts.scheduled, "its payment is scheduled"),
        (bool(now.adjusted), "differences of it stand as documents of their own"),
        (facts.billed, "something of it was billed"),
        (facts.approved_by_person, "a person approved it"),
        (not facts.can_void, "documents of this kind cannot be voided"),
    )
    return next((text for applies, text in reasons if applies), "it can no longer be changed")


def _base_gone(now: Situation) -> bool:
    base = now.base_target
    return base is not None and (getattr(base, "status", None) in _VOIDED or base.source.deleted is not None)


def _base_want(now: Situation) -> Want | None:
    """What the source asked for when both sides were last in step."""
    return None if now.base_source is None else wants(now.base_source, now.flow)


def _free(now: Situation) -> bool:
    billed = isinstance(now.record, PurchaseOrder) and now.facts.billed
    return now.facts.free and not _locked(now) and not billed


def _locked(now: Situation) -> bool:
    """Closed by the facts, or by the lock for the date that the target shows (the source's when it was not read)."""
    shown = now.target_now or now.base_target
    day = now.record.ledger_date if shown is None else shown.ledger_date
    return now.facts.closed or is_locked(day, now.lock_area, now.probe)


def _all_changes(now: Situation) -> frozenset[str]:
    if now.changed is not None:
        return now.changed
    return frozenset() if now.base_source is None else changed_fields(now.record, now.base_source)


def _owner(now: Situation, field: str) -> Owner:
    return owner_of(field, now.flow.owners, now.flow.source)


def _phrase(fields: Iterable[str]) -> str:
    return ", ".join(word_of(field) for field in sorted(fields))
