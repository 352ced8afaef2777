"""The judge. It reads the stand-ins' logs and objects, and nothing of the connector's own.

Every moment of the ledger's log is looked at, not only its end: a duplicate that is voided again was payable meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Obj = Mapping[str, Any]

UNIQUE_FIELD = "cf_source_id"
NUMBERS = {
    "bills": "bill_number",
    "vendorcredits": "vendor_credit_number",
    "purchaseorders": "purchaseorder_number",
    "vendorpayments": "reference_number",
}
AMOUNTS = {"vendorpayments": "amount"}
GONE = frozenset({"void", "cancelled"})


def unique_value(obj: Obj) -> str:
    """What the connector wrote into the unique field, empty where the organisation has none."""
    return str((obj.get("custom_field_hash") or {}).get(UNIQUE_FIELD) or "")


def natural_key(kind: str, obj: Obj) -> tuple[str, ...] | None:
    """What makes two documents the same one to an accountant; None for a document that nothing tells apart."""
    number = str(obj.get(NUMBERS[kind]) or "").strip().casefold()
    amount = Decimal(str(obj.get(AMOUNTS.get(kind, "total"), 0)))
    if not number and kind != "vendorpayments":
        return None
    settled = ",".join(sorted(str(part.get("bill_id")) for part in obj.get("bills") or ()))
    return (kind, str(obj.get("vendor_id")), number, f"{amount.normalize():f}", str(obj.get("date")), settled)


@dataclass
class Moments:
    """The ledger as it stood after each entry of its log."""

    problems: list[str] = field(default_factory=list)
    created: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What requests created: type → ids."""
    _now: dict[tuple[str, str], Obj] = field(default_factory=dict)
    _keys: dict[tuple[str, str], list[tuple[str, ...]]] = field(default_factory=dict)
    _groups: dict[tuple[str, ...], set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _voided: dict[tuple[str, ...], str] = field(default_factory=dict)

    def replay(self, log: Iterable[Obj]) -> "Moments":
        """Walk through the log."""
        for entry in log:
            if entry["type"] in NUMBERS:
                self._entry(entry)
        return self

    def _entry(self, entry: Obj) -> None:
        kind, id, after = entry["type"], str(entry["id"]), entry["after"]
        what, at = (kind, id), f"#{entry['sequence']} {entry['op']} {kind} {id}"
        ours = entry["cause"].get("kind") == "request"
        for key in self._keys.pop(what, ()):
            self._groups[key].discard(what)
        if after is None:
            self._now.pop(what, None)
            return
        born = what not in self._now
        self._now[what] = after
        if born and ours:
            self.created[kind].add(id)
        keys = [key for key in (natural_key(kind, after), self._own_key(kind, after)) if key is not None]
        if str(after.get("status")) in GONE:
            if id in self.created[kind]:
                self._voided |= dict.fromkeys(keys, id)
            return
        self._keys[what] = keys
        for key in keys:
            self._groups[key].add(what)
            self._judge(key, at, born=born and ours)
        if ours and len(after.get("documents") or ()) > 1:
            self.problems.append(f"{at}: the image is there {len(after['documents'])} times")

    @staticmethod
    def _own_key(kind: str, obj: Obj) -> tuple[str, ...] | None:
        value = unique_value(obj)
        return (kind, "unique", value) if value else None

    def _judge(self, key: tuple[str, ...], at: str, *, born: bool) -> None:
        alike = self._groups[key]
        if len(alike) > 1 and any(id in self.created[kind] for kind, id in alike):
            self.problems.append(f"{at}: {key} stands {len(alike)} times: {', '.join(id for _, id in sorted(alike))}")
        if born and key in self._voided:
            self.problems.append(f"{at}: {key} was void ({self._voided[key]}) and was created again")


def live(objects: Iterable[Obj]) -> list[Obj]:
    """Documents that count."""
    return [obj for obj in objects if str(obj.get("status")) not in GONE]


def same_in_the_end(got: Mapping[str, Sequence[Obj]], wanted: Mapping[str, Sequence[Obj]]) -> list[str]:
    """Compare two ledgers by what an accountant sees: what is missing, what is too much, what differs."""
    problems = []
    for kind in NUMBERS:
        ours, theirs = _register(kind, got.get(kind, ())), _register(kind, wanted.get(kind, ()))
        for key in sorted(set(ours) | set(theirs)):
            if ours.get(key) != theirs.get(key):
                problems.append(f"{kind} {key}: {ours.get(key) or 'missing'} instead of {theirs.get(key) or 'nothing'}")
    return problems


def _register(kind: str, objects: Iterable[Obj]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for obj in objects:
        number = f"{obj.get('vendor_name')} {obj.get(NUMBERS[kind])}"
        amount = Decimal(str(obj.get(AMOUNTS.get(kind, "total"), 0)))
        state = "gone" if str(obj.get("status")) in GONE else "live"
        owed = Decimal(str(obj.get("balance") or 0)) if kind == "bills" and state == "live" else Decimal(0)
        files = len(obj.get("documents") or ())
        found[number].append(
            f"{state} {amount.normalize():f} on {obj.get('date')}, owed {owed.normalize():f}, files {files}"
        )
    return {key: sorted(rows) for key, rows in found.items()}
