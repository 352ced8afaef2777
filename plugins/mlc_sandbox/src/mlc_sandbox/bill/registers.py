"""What the organisations hold: one door for saving, which stamps records and tells who listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from mlc_sandbox.bill.refusals import Refusal, refused
from mlc_sandbox.bill.wire import Cause, Record, instant, make_id
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.index import GroupIndex, SortedIndex
from mlc_sandbox.toolkit.store import ObjectStore

#: Kinds that are listed by time, per organisation.
LISTED: Final = (
    "vendors",
    "bills",
    "payments",
    "vendor_credits",
    "customers",
    "invoices",
    "credit_memos",
    "chart_of_accounts",
    "accounting_classes",
    "departments",
    "employees",
    "items",
    "jobs",
    "locations",
)
_BY_VENDOR: Final = ("bills", "payments", "vendor_credits")
Listener = Callable[[str, str, Record | None, Record, Cause], None]


class Registers:
    """Records of every kind, each with the ``organizationId`` it belongs to."""

    def __init__(self, store: ObjectStore, clock: Clock, switches: dict[str, Any]) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.numbers = Sequences()
        self.versions: dict[str, int] = {}
        self.listeners: list[Listener] = []
        self.pretended: datetime | None = None
        self._by_change = {
            kind: SortedIndex(store, kind, key=lambda row: (row["organizationId"], row["updatedTime"]))
            for kind in LISTED
        }
        self._by_vendor = {
            kind: GroupIndex(store, kind, key=lambda row: (row["organizationId"], row.get("vendorId")))
            for kind in _BY_VENDOR
        }
        self.by_number = GroupIndex(store, "bills", key=lambda row: (row["organizationId"], number_key(row)))
        store.listen(self._count)

    def _count(self, kind: str, id: str, before: Record | None, after: Record | None) -> None:
        self.versions[kind] = self.versions.get(kind, 0) + 1

    def now(self) -> str:
        """The time that a record is stamped with."""
        return instant(self.pretended if self.pretended is not None else self.clock.stamp())

    def new_id(self, kind: str) -> str:
        """An id that was never used."""
        return make_id(kind, self.numbers.next(kind))

    def create(self, kind: str, org: str, record: Record, cause: Cause, *, event: str = "created") -> Record:
        """Store a new record under an id of its own."""
        now = self.now()
        key = record.get("id") or self.new_id(kind)
        made = {"id": key, **record, "organizationId": org, "createdTime": now, "updatedTime": now}
        self.store.put(kind, key, made, cause)
        self._tell(kind, event, None, made, cause)
        return made

    def change(self, kind: str, before: Record, changes: Record, cause: Cause, *, event: str = "updated") -> Record:
        """Store a new version; nothing happens when nothing differs."""
        after = {**before, **changes}
        if after == before:
            return before
        after["updatedTime"] = self.now()
        self.store.put(kind, before["id"], after, cause, op=None if event in ("updated", "created") else event)
        self._tell(kind, event, before, after, cause)
        return after

    def get(self, kind: str, org: str, id: object) -> Record | None:
        """The record as stored, None when there is none in this organisation."""
        found = self.store.get(kind, id)
        return found if found is not None and found["organizationId"] == org else None

    def require(self, kind: str, org: str, id: object) -> Record:
        """The record. Raises Refusal when this organisation has none."""
        found = self.get(kind, org, id)
        if found is None:
            raise self.missing()
        return found

    def missing(self) -> Refusal:
        """An id that nobody has."""
        return refused(self.switches["missing_record_status"], self.switches["missing_record_code"])

    def bad_reference(self, name: str) -> Refusal:
        """A record points to one that is not there."""
        status, code = self.switches["bad_reference"]
        return refused(status, code, f"{name}: Invalid id.")

    def all(self, kind: str, org: str) -> list[Record]:
        """Every record of an organisation, for small kinds and screens."""
        return [row for row in self.store.all(kind) if row["organizationId"] == org]

    def ids(self, kind: str, org: str, *, since: str | None = None, vendor: str | None = None) -> list[str]:
        """Ids of a listed kind: those changed at or after an instant, or those of one vendor."""
        if vendor is not None and kind in self._by_vendor:
            return self._by_vendor[kind].ids((org, vendor))
        return self._by_change[kind].ids(low=(org, since or ""), high=(org, "~"))

    def _tell(self, kind: str, event: str, before: Record | None, after: Record, cause: Cause) -> None:
        for listener in self.listeners:
            listener(kind, event, before, after, cause)


def number_key(bill: Record) -> str:
    """What two bills of one number have in common."""
    return str((bill.get("invoice") or {}).get("invoiceNumber", "")).casefold()
