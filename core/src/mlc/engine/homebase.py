"""Both sides' bases after the other side's answer was written back to where a record was born (R16)."""

from html import unescape
from typing import TypeGuard

from sqlalchemy import Connection, select, update

from mlc.accounting.mergefields import Mergeable, is_known, names_of, value_of, with_values
from mlc.contract import Operation
from mlc.engine.intents import Intent
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Side
from mlc.records import Contact, Customer, Party, Record, Vendor, dump_record, load_record
from mlc.store.schema import bindings, records

_OUR_ID = "external_code"
"""Our id over there is written to the record's own side; that side never showed it as a value of its own."""


def our_id(party: Mergeable, there: str) -> dict[str, object]:
    """The other side's id goes into an empty field for it, so that the match survives without us."""
    if isinstance(party, Vendor) and party.known(_OUR_ID) and not party.external_code:
        return {_OUR_ID: there}
    return {}


def home_base(intent: Intent, seen: Record | None) -> tuple[str | None, bool]:
    """The base of a party's own side after a write to it, and whether something that changed there still waits.

    What was in step is as that side shows it now; what it had changed itself, and nobody carried yet, keeps its base.
    """
    if intent.source_input is None or intent.rendered is None or seen is None:
        return intent.source_input, False
    base, sent = load_record(intent.object_type, intent.source_input), intent.rendered
    if not (_merges(base) and _merges(sent) and _merges(seen)):
        return intent.source_input, False
    waiting = {name for name in names_of(base) if value_of(base, name) != value_of(sent, name)}
    kept = {name: value_of(base, name) for name in waiting if is_known(base, name)}
    return dump_record(with_values(seen, kept)), bool(waiting)


def first_base(intent: Intent, seen: Record | None) -> tuple[str | None, bool]:
    """The base of the target's side after a write whose answer got lost, and whether somebody changed it meanwhile.

    It is as that side shows it now. Only of a person or customer that was made, and that shows another text than was
    sent, it is what was sent: so the edit of what nobody had seen yet counts as one, and is carried. What the vendor
    itself makes of a text is no edit: another case, other signs, a shorter text, none at all.
    """
    if seen is None:
        return None, False
    sent = intent.rendered
    if intent.operation is not Operation.CREATE or not (_is_person(sent) and _is_person(seen)):
        return dump_record(seen), False
    edited: dict[str, str | None] = {}
    for name in (one for one in names_of(sent) if one != _OUR_ID):
        ours, shown = value_of(sent, name), value_of(seen, name)
        told = is_known(sent, name) and is_known(seen, name) and isinstance(shown, str)
        if told and (ours is None or isinstance(ours, str)) and not _is_made_of(shown, ours):
            edited[name] = ours
    return dump_record(with_values(seen, edited)), bool(edited)


def _is_person(record: Record | None) -> TypeGuard[Contact | Customer]:
    return isinstance(record, Contact | Customer)


def _is_made_of(shown: str, sent: str | None) -> bool:
    """Whether this is the beginning of what was sent, by its letters and digits."""
    return _letters(sent or "").startswith(_letters(shown))


def _letters(text: str) -> str:
    return "".join(sign for sign in unescape(text).casefold() if sign.isalnum())


def status_waits(intent: Intent) -> bool:
    """Whether a party's status has changed and still has to follow what was written: it takes a call of its own."""
    if not isinstance(intent.rendered, Party) or intent.source_input is None:
        return False
    base = load_record(intent.object_type, intent.source_input)
    return isinstance(base, Party) and base.status is not intent.rendered.status


def carry_answers(tx: Connection, pairing: str, intent: Intent) -> bool:
    """What the other side answered is here now: those fields are in step there, as it showed them; no others are.

    Call it before the own side's base is moved: the fields that were written are those in which it is behind.

    Returns:
        True when that side shows something else that its base does not have, e.g. what a person accepted.
    """
    if intent.source_input is None:
        return False
    sides = bindings.c.side.in_([side.value for side in Side])  # so that the index leads to the record
    where = (bindings.c.pairing == pairing) & sides & (bindings.c.record_id == intent.record_id)
    where &= (bindings.c.part == "main") & (bindings.c.role == "primary")
    rows = tx.execute(select(bindings.c.side, bindings.c.base).where(where, bindings.c.base.is_not(None)))
    found = {row.side: load_record(intent.object_type, row.base) for row in rows}
    own, other = found.get(intent.side.value), found.get(intent.side.other.value)
    if own is None or other is None:
        return False
    sent = load_record(intent.object_type, intent.source_input)
    if not (_merges(sent) and _merges(own) and _merges(other)):
        return False
    names = [name for name in names_of(sent) if name != _OUR_ID and is_known(sent, name)]
    carried = {name: value_of(sent, name) for name in names if value_of(sent, name) != value_of(own, name)}
    base = with_values(other, carried)
    if carried:
        there = bindings.c.side == intent.side.other.value
        tx.execute(update(bindings).where(where, there).values(base=dump_record(base)))
    shown = tx.execute(select(records.c.other_input).where(records.c.id == intent.record_id)).scalar()
    if shown is None or is_gone_in_target(shown):
        return shown is not None
    now = load_record(intent.object_type, shown)
    kept = [name for name in type(now).model_fields if name != "source"]
    return any(getattr(now, name) != getattr(base, name) for name in kept)


def _merges(record: Record) -> TypeGuard[Mergeable]:
    return isinstance(record, Party | Contact)
