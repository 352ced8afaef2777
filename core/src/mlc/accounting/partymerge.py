"""Parties are merged field by field, each side against its own base (R16); nothing unset is compared or written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.mergefields import Mergeable, compared, has_field, is_known, value_of
from mlc.accounting.partyrows import PartyMerge
from mlc.recipes import Owner, Side
from mlc.records import Contact, Party

_NEVER_MERGED = frozenset({"source", "extensions", "balance", "custom_fields", "category"})
"""Computed, or a system's own."""


def merge_party(
    left_now: Mergeable,
    left_base: Mergeable | None,
    right_now: Mergeable,
    right_base: Mergeable | None,
    owners: Mapping[str, Owner],
    *,
    remit_changes: str = "hold",
    remit_fields: Collection[str] = (),
    repaired: Collection[HoldCode] = (),
    source: Side = Side.LEFT,
) -> PartyMerge:
    """What to write on each side. A side without a base has changed nothing: it was bound as it stands.

    Args:
        owners: Canonical field → owner; a field that is not named is ``never``.
        remit_changes: ``hold`` or ``apply``, for fields whose owner is ``remit``.
        remit_fields: Owned fields that money or reminders go to: changed by the side that does not own them, they are
            held under the remit rule.
        repaired: What a person said is to be written, from the owner's side, else from ``source``.
    """
    merge = _Merge(left_now, left_base, right_now, right_base, remit_changes, remit_fields, repaired, source)
    for name, owner in owners.items():
        if name not in _NEVER_MERGED and has_field(left_now, name) and has_field(right_now, name):
            merge.field(name, owner)
    return PartyMerge(merge.left_changes, merge.right_changes, tuple(merge.holds))


@dataclass
class _Merge:
    left_now: Mergeable
    left_base: Mergeable | None
    right_now: Mergeable
    right_base: Mergeable | None
    remit_changes: str
    remit_fields: Collection[str]
    repaired: Collection[HoldCode]
    source: Side
    left_changes: dict[str, object] = field(default_factory=dict)
    right_changes: dict[str, object] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)

    def field(self, name: str, owner: Owner) -> None:
        left = _changed(self.left_now, self.left_base, name)
        right = _changed(self.right_now, self.right_base, name)
        if not left and not right:
            return
        known = is_known(self.left_now, name) and is_known(self.right_now, name)
        if known and compared(self.left_now, name) == compared(self.right_now, name):
            return
        if owner in (Owner.LEFT, Owner.RIGHT):
            self.owned(name, Side(owner.value), changed={Side.LEFT: left, Side.RIGHT: right})
        elif owner is Owner.MERGE:
            self.merged(name, left=left, right=right)
        elif owner is Owner.REMIT and left and self.remit_changes == "apply" and not right:
            self.carry(name, Side.LEFT)
        elif owner is Owner.REMIT:
            self.hold(HoldCode.REMIT_CHANGE, name, "whoever is paid is never changed by itself")
        elif owner is Owner.ONCE and name == "name" and isinstance(self.left_now, Party | Contact):
            self.hold(HoldCode.DRIFT, name, "a renamed party may be another one")
        elif owner is Owner.HOLD:
            self.hold(HoldCode.DRIFT, name, "this pairing asks a person about it")

    def owned(self, name: str, owner: Side, *, changed: Mapping[Side, bool]) -> None:
        if changed[owner.other]:
            why = f"it belongs to the {owner.value} side and was changed on the {owner.other}"
            code = HoldCode.REMIT_CHANGE if name in self.remit_fields else HoldCode.DRIFT
            self.hold(code, name, why, ours=owner)
        elif changed[owner]:
            self.carry(name, owner)

    def merged(self, name: str, *, left: bool, right: bool) -> None:
        if left and right:
            self.hold(HoldCode.DRIFT, name, "it was changed on both sides, each to something else")
        else:
            self.carry(name, Side.LEFT if left else Side.RIGHT)

    def carry(self, name: str, source: Side) -> None:
        now, other = (self.left_now, self.right_now) if source is Side.LEFT else (self.right_now, self.left_now)
        value = value_of(now, name)
        if is_known(other, name) and compared(other, name) == compared(now, name):
            return
        (self.right_changes if source is Side.LEFT else self.left_changes)[name] = value

    def hold(self, code: HoldCode, name: str, why: str, *, ours: Side | None = None) -> None:
        if code in self.repaired:
            self.carry(name, ours or self.source)
            return
        left, right = (_text(compared(party, name)) for party in (self.left_now, self.right_now))
        told = f"{name.replace('_', ' ')} is {left} on the left and {right} on the right"
        sentence = f"{_noun(self.left_now)} {_label(self.left_now)}: {told}; {why}."
        detail = {name: {"left": left, "right": right}}
        key = f"{_noun(self.left_now).lower()}:{self.left_now.source.source_id}"
        self.holds.append(Hold(code, sentence, Waits.PERSON, key, detail))


def _changed(now: Mergeable, base: Mergeable | None, name: str) -> bool:
    if base is None or not is_known(now, name) or not is_known(base, name):
        return False
    return compared(now, name) != compared(base, name)


def _text(value: object) -> str:
    if value is None or value == ():
        return "empty"
    if isinstance(value, tuple):
        return "; ".join(_text(item[1]) if _is_pair(item) else _text(item) for item in value)
    return str(value)


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)


def _noun(party: Mergeable) -> str:
    return type(party).__name__


def _label(party: Mergeable) -> str:
    return getattr(party, "name", None) or party.source.source_id
