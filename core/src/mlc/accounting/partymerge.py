"""Parties are merged field by field, each side against its own base (R16); nothing unset is compared or written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.partyrows import PartyMerge
from mlc.recipes import Owner, Side
from mlc.records import Part, Party, Ref

_NEVER_MERGED = frozenset({"source", "extensions", "balance", "custom_fields", "category"})
"""Computed, or a system's own."""


def merge_party(
    left_now: Party,
    left_base: Party | None,
    right_now: Party,
    right_base: Party | None,
    owners: Mapping[str, Owner],
    *,
    remit_changes: str = "hold",
    repaired: Collection[HoldCode] = (),
    source: Side = Side.LEFT,
) -> PartyMerge:
    """What to write on each side. A side without a base has changed nothing: it was bound as it stands.

    Args:
        owners: Canonical field → owner; a field that is not named is ``never``.
        remit_changes: ``hold`` or ``apply``, for fields whose owner is ``remit``.
        repaired: What a person said is to be written, from the owner's side, else from ``source``.
    """
    merge = _Merge(left_now, left_base, right_now, right_base, remit_changes, repaired, source)
    for name, owner in owners.items():
        if name not in _NEVER_MERGED and name in type(left_now).model_fields and name in type(right_now).model_fields:
            merge.field(name, owner)
    return PartyMerge(merge.left_changes, merge.right_changes, tuple(merge.holds))


@dataclass
class _Merge:
    left_now: Party
    left_base: Party | None
    right_now: Party
    right_base: Party | None
    remit_changes: str
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
        if left and right and _value(self.left_now, name) == _value(self.right_now, name):
            return
        if owner in (Owner.LEFT, Owner.RIGHT):
            self.owned(name, Side(owner.value), changed={Side.LEFT: left, Side.RIGHT: right})
        elif owner is Owner.MERGE:
            self.merged(name, left=left, right=right)
        elif owner is Owner.REMIT and left and self.remit_changes == "apply" and not right:
            self.carry(name, Side.LEFT)
        elif owner is Owner.REMIT:
            self.hold(HoldCode.REMIT_CHANGE, name, "whoever is paid is never changed by itself")
        elif owner is Owner.ONCE and name == "name":
            self.hold(HoldCode.DRIFT, name, "a renamed party may be another one")
        elif owner is Owner.HOLD:
            self.hold(HoldCode.DRIFT, name, "this pairing asks a person about it")

    def owned(self, name: str, owner: Side, *, changed: Mapping[Side, bool]) -> None:
        if changed[owner.other]:
            why = f"it belongs to the {owner.value} side and was changed on the {owner.other}"
            self.hold(HoldCode.DRIFT, name, why, ours=owner)
        elif changed[owner]:
            self.carry(name, owner)

    def merged(self, name: str, *, left: bool, right: bool) -> None:
        if left and right:
            self.hold(HoldCode.DRIFT, name, "it was changed on both sides, each to something else")
        else:
            self.carry(name, Side.LEFT if left else Side.RIGHT)

    def carry(self, name: str, source: Side) -> None:
        now, other = (self.left_now, self.right_now) if source is Side.LEFT else (self.right_now, self.left_now)
        value = getattr(now, name)
        if other.known(name) and _value(other, name) == _value(now, name):
            return
        (self.right_changes if source is Side.LEFT else self.left_changes)[name] = value

    def hold(self, code: HoldCode, name: str, why: str, *, ours: Side | None = None) -> None:
        if code in self.repaired:
            self.carry(name, ours or self.source)
            return
        left, right = (_text(_value(party, name)) for party in (self.left_now, self.right_now))
        told = f"{name.replace('_', ' ')} is {left} on the left and {right} on the right"
        sentence = f"{_noun(self.left_now)} {self.left_now.name}: {told}; {why}."
        detail = {name: {"left": left, "right": right}}
        key = f"{_noun(self.left_now).lower()}:{self.left_now.source.source_id}"
        self.holds.append(Hold(code, sentence, Waits.PERSON, key, detail))


def _changed(now: Party, base: Party | None, name: str) -> bool:
    if base is None or not now.known(name) or not base.known(name):
        return False
    return _value(now, name) != _value(base, name)


def _value(party: Party, name: str) -> object:
    return _plain(getattr(party, name))


def _plain(value: object) -> object:
    """What counts of a value: a reference by its id, text without outer spaces, nothing and empty text alike."""
    if isinstance(value, Ref):
        return value.source_id or value.code or value.name
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Part):
        known = {name: _plain(getattr(value, name)) for name in type(value).model_fields if name != "source_id"}
        return tuple(sorted((name, item) for name, item in known.items() if item is not None))
    return value


def _text(value: object) -> str:
    if value is None or value == ():
        return "empty"
    if isinstance(value, tuple):
        return "; ".join(_text(item[1]) if _is_pair(item) else _text(item) for item in value)
    return str(value)


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)


def _noun(party: Party) -> str:
    return type(party).__name__
