"""What the ledger's stand-in shows after a run: its objects and its log, looked up by what they came from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Record = Mapping[str, Any]
ID_OF = {
    "bills": "bill_id",
    "vendorcredits": "vendor_credit_id",
    "purchaseorders": "purchaseorder_id",
    "vendorpayments": "payment_id",
}
NUMBER_OF = {
    "bills": "bill_number",
    "vendorcredits": "vendor_credit_number",
    "purchaseorders": "purchaseorder_number",
    "vendorpayments": "reference_number",
}


def decimal(value: object) -> Decimal:
    """A number as any JSON form of it says; nothing at all is zero."""
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)


def unique_value(record: Record, api_name: str) -> str:
    """What a record carries in the custom field of that name, in either of the forms it is shown in."""
    hashed = record.get("custom_field_hash") or {}
    if hashed.get(api_name):
        return str(hashed[api_name])
    for shown in record.get("custom_fields") or ():
        if shown.get("api_name") == api_name:
            return str(shown.get("value") or "")
    return ""


@dataclass
class LedgerView:
    """Objects by type and id; creations by request, which are the connector's; what people typed last."""

    unique_field: str
    objects: dict[str, dict[str, Record]] = field(default_factory=dict)
    created: dict[str, dict[str, Record]] = field(default_factory=dict)
    typed: dict[tuple[str, str], Record] = field(default_factory=dict)
    _by_unique: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _by_number: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _by_party: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    claimed: set[tuple[str, str]] = field(default_factory=set)

    def find(self, type: str, *, ids: Sequence[str], contact: str = "", numbers: Sequence[str] = ()) -> list[str]:
        """Ids of what the connector created for a record, known by its unique value or its party and number.

        ``ids`` are the record's own at the source; the unique value is one of them, or ends with one after a colon.
        """
        found = dict.fromkeys(key for id in ids for key in self._by_unique.get((type, id), ()))
        for number in numbers:
            for key in self._by_number.get((type, contact, number), ()):
                if not unique_value(self.created[type][key], self.unique_field):
                    found[key] = None
        self.claimed.update((type, key) for key in found)
        return list(found)

    def created_of(self, type: str, contact: str) -> dict[str, Record]:
        """What the connector created of that type for one party."""
        return {key: self.created[type][key] for key in self._by_party.get((type, contact), ())}

    def unclaimed(self) -> list[tuple[str, str]]:
        """Creations that no record was found to be the cause of."""
        everything = ((type, key) for type in ID_OF for key in self.created[type])
        return [pair for pair in everything if pair not in self.claimed]


def read_ledger(objects: Mapping[str, Iterable[Record]], log: Iterable[object], *, unique_field: str) -> LedgerView:
    """Index the stand-in's objects and operation log (entries as JSON or as objects)."""
    view = LedgerView(unique_field)
    for type, id_key in ID_OF.items():
        view.objects[type] = {str(record[id_key]): record for record in objects.get(type, ())}
        view.created[type] = {}
    for entry in log:
        op, type, key, cause, after = (_part(entry, name) for name in ("op", "type", "id", "cause", "after"))
        if type not in ID_OF or after is None:
            continue
        if cause.get("kind") != "request":
            view.typed[type, str(key)] = after
        elif op == "create":
            view.created[type][str(key)] = after
    for type, records in view.created.items():
        for key, record in records.items():
            value = unique_value(record, unique_field)
            if value:
                view._by_unique[type, value.rpartition(":")[2]].append(key)
            party = str(record.get("vendor_id"))
            view._by_number[type, party, str(record.get(NUMBER_OF[type]))].append(key)
            view._by_party[type, party].append(key)
    return view


def _part(entry: Any, name: str) -> Any:
    return entry[name] if isinstance(entry, Mapping) else getattr(entry, name)
