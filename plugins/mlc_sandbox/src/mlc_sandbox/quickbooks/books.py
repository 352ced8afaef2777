"""What the companies hold: one door for saving, which counts versions, knows who links to whom, tells who listens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.quickbooks.refusals import OBJECT_GONE, Refusal
from mlc_sandbox.quickbooks.schema import NAMES
from mlc_sandbox.quickbooks.wire import Cause, Record, instant, money, ref, stamp, today, value_of
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.store import ObjectStore

#: Called with realm, kind, event (``Create``, ``Update``, ``Delete``, ``Merge``, ``Void``), id, cause, vanished id.
Listener = Callable[[str, str, str, str, Cause, str], None]
_HEAD: Final = ("Id", "SyncToken", "domain", "sparse")
#: How much the vendor's balance rises by a transaction.
_OWED: Final = {"Bill": 1, "VendorCredit": -1, "BillPayment": -1}


@dataclass(slots=True)
class Realm:
    """One company. ``close_password`` guards its closed books; ``subscribed`` False refuses writes with 6190.

    ``administered`` False: the person who consented lost the rights to it, and every call is refused with 120.
    """

    id: str
    name: str
    country: str = "US"
    currency: str = "USD"
    close_password: str = ""
    subscribed: bool = True
    administered: bool = True
    rates: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)
    """Currency → (day, home units for one), oldest first."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is left of a deleted object."""

    realm: str
    kind: str
    id: str
    at: datetime


class Books:
    """Objects of every company, stored by entity; ids count per entity and company, so that they repeat."""

    def __init__(self, store: ObjectStore, clock: Clock, switches: dict[str, Any]) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.numbers = Sequences()
        self.realms: dict[str, Realm] = {}
        self.deleted: list[Deleted] = []
        self.listeners: list[Listener] = []
        self.pretended: datetime | None = None
        self._held: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._links: dict[tuple[str, str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
        self._owed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._named: dict[tuple[str, str, str], dict[tuple[str, str], None]] = defaultdict(dict)
        self._numbered: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        store.listen(self._changed)

    # --- where things are ------------------------------------------------------------------------------------------

    @property
    def first(self) -> str:
        """The realm whose objects are stored under their bare ids."""
        return next(iter(self.realms), "")

    def key(self, realm: str, id: object) -> str:
        """Under what an object is stored: its id, in other companies than the first ``realm:id``."""
        return str(id) if realm == self.first else f"{realm}:{id}"

    def get(self, realm: str, kind: str, id: object) -> Record | None:
        """The object as stored, None when there is none."""
        return self.store.get(kind, self.key(realm, id))

    def require(self, realm: str, kind: str, id: object) -> Record:
        """The object. Raises Refusal 610."""
        found = self.get(realm, kind, id)
        if found is None:
            raise Refusal("610", f"Object Not Found : {OBJECT_GONE.partition(' : ')[2]}")
        return found

    def keys(self, realm: str, kind: str) -> list[str]:
        """Store keys of a company's objects, in order of creation."""
        return list(self._held[realm, kind])

    def all(self, realm: str, kind: str) -> list[Record]:
        """Every object of a company."""
        found = (self.store.get(kind, key) for key in self._held[realm, kind])
        return [one for one in found if one is not None]

    def preferences(self, realm: str) -> Record:
        """The one object of that name."""
        return self.require(realm, "Preferences", "1")

    def named(self, realm: str, kind: str, name: str) -> list[tuple[str, str]]:
        """(entity, id) of those with a name, whatever their case; vendors, customers and employees share one list."""
        return list(self._named[realm, "names" if kind in NAMES else kind, self.bare(name)])

    def numbered(self, realm: str, kind: str, number: str) -> list[Record]:
        """Transactions of one kind with a document number."""
        return [self.require(realm, kind, id) for id in self._numbered[realm, kind, number.casefold()]]

    def linking(self, realm: str, kind: str, id: str) -> list[tuple[str, Record]]:
        """(entity, object) of those whose lines point to a transaction."""
        return [(other, self.require(realm, other, key)) for other, key in self._links[realm, kind, id]]

    def owed(self, realm: str, vendor: str) -> Decimal:
        """A vendor's balance."""
        return money(self._owed[realm, vendor])

    def bare(self, name: str) -> str:
        """A name without the mark of an inactive one, for comparing."""
        return name.removesuffix(str(self.switches["deactivated_suffix"])).casefold()

    # --- saving ----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time that objects are stamped with."""
        return self.pretended if self.pretended is not None else self.clock.now()

    def day(self) -> str:
        """The server's day."""
        return today(self.now()).isoformat()

    def save(
        self, realm: str, kind: str, body: Record, cause: Cause, *, event: str = "", id: str = "", gone: str = ""
    ) -> Record:
        """Store a new object, or the next version of the one with this ``id``."""
        before = self.get(realm, kind, id) if id else None
        now = stamp(self.now())
        key = id or str(self.numbers.next(f"{realm}:{kind}"))
        head: Record = {"domain": "QBO", "sparse": False, "Id": key, "SyncToken": "0"}
        created = now
        if before is not None:
            head["SyncToken"] = str(int(before["SyncToken"]) + 1)
            created = before["MetaData"]["CreateTime"]
        rest = {name: value for name, value in body.items() if name not in _HEAD and name != "MetaData"}
        made = {**rest, **head, "MetaData": {"CreateTime": created, "LastUpdatedTime": now}}
        told = event or ("Create" if before is None else "Update")
        op = told.lower() if told in ("Void", "Merge") else None
        self.store.put(kind, self.key(realm, key), made, {**cause, "realm": realm}, op=op)
        self.tell(realm, kind, told, key, cause, gone)
        return made

    def touch(self, realm: str, kind: str, record: Record, changes: Record, cause: Cause) -> Record:
        """What another transaction changes in this one; a new version where that counts as one."""
        after = {**record, **changes}
        after = {name: value for name, value in after.items() if value is not None}
        if after == record:
            return record
        if self.switches["payment_touches_bill"]:
            return self.save(realm, kind, after, cause, id=record["Id"])
        self.store.put(kind, self.key(realm, record["Id"]), after, {**cause, "realm": realm})
        return after

    def delete(self, realm: str, kind: str, id: str, cause: Cause, *, op: str = "delete") -> None:
        """Take an object out for good; change data capture keeps a stub."""
        self.store.remove(kind, self.key(realm, id), {**cause, "realm": realm}, op=op)
        self.deleted.append(Deleted(realm, kind, id, self.now()))
        if op == "delete":
            self.tell(realm, kind, "Delete", id, cause, "")

    def tell(self, realm: str, kind: str, event: str, id: str, cause: Cause, gone: str) -> None:
        """Let the listeners know, unless a seed did it."""
        if cause.get("kind") != "seed":
            for listener in self.listeners:
                listener(realm, kind, event, id, cause, gone)

    def clear(self) -> None:
        """Forget every company."""
        for kind in list(self.store.types()):
            for key in self.store.ids(kind):
                self.store.remove(kind, key, {"kind": "seed"})
        self.realms.clear()
        self.deleted.clear()
        self.numbers = Sequences()

    # --- pointing --------------------------------------------------------------------------------------------------

    def pointed(self, realm: str, kind: str, reference: Any, *, element: str, same: str = "") -> Record:
        """The active object that a reference names; ``same`` is one that stood there before and may be inactive.

        Raises: Refusal 2500, or 610 for an inactive one.
        """
        id = value_of(reference)
        found = self.get(realm, kind, id)
        if found is None:
            raise Refusal("2500", f"Invalid Reference Id : {kind} element id {id} not found", element=element)
        if not found.get("Active", True) and id != same:
            if self.switches["inactive_reference"] == "610":
                raise Refusal("610", OBJECT_GONE, element=element)
            raise Refusal("2500", f"Invalid Reference Id : {kind} {id} is inactive", element=element)
        return found

    def shown_ref(self, realm: str, kind: str, id: str) -> Record:
        """A reference as answers carry it."""
        found = self.get(realm, kind, id)
        return {"value": id} if found is None else ref(found)

    def rate(self, realm: str, currency: str, day: str) -> Decimal:
        """Home units for one unit of a currency on a day; 1 when nobody knows."""
        known = self.realms[realm].rates.get(currency, [])
        fits = [rate for start, rate in known if start <= day]
        return fits[-1] if fits else known[0][1] if known else Decimal(1)

    # --- what follows the store ------------------------------------------------------------------------------------

    def _changed(self, kind: str, key: str, before: Record | None, after: Record | None) -> None:
        realm = key.partition(":")[0] if ":" in key else self.first
        id = key.rpartition(":")[2]
        for record, step in ((before, -1), (after, 1)):
            if record is None:
                continue
            for target in links_of(record):
                counted = self._links[(realm, *target)]
                counted[kind, id] += step
                if not counted[kind, id]:
                    del counted[kind, id]
            if kind in _OWED and "VendorRef" in record:
                amount = Decimal(record.get("TotalAmt") or 0)
                self._owed[realm, record["VendorRef"]["value"]] += step * _OWED[kind] * amount
            _enter(self._numbered[realm, kind, str(record.get("DocNumber", "")).casefold()], id, step)
            name = record.get("DisplayName") or record.get("FullyQualifiedName") or record.get("Name")
            if name:
                _enter(self._named[realm, "names" if kind in NAMES else kind, self.bare(name)], (kind, id), step)
        if after is None:
            self._held[realm, kind].pop(key, None)
        else:
            self._held[realm, kind][key] = ""


def links_of(record: Record) -> list[tuple[str, str]]:
    """(entity, id) of what the lines of a transaction point to."""
    return [
        (str(link.get("TxnType")), str(link.get("TxnId")))
        for line in record.get("Line", ())
        for link in line.get("LinkedTxn", ())
    ]


def applied(payment: Record, kind: str, id: str) -> Decimal:
    """What a payment's lines put to one transaction."""
    return sum(
        (
            Decimal(line["Amount"])
            for line in payment.get("Line", ())
            if any(link["TxnType"] == kind and link["TxnId"] == id for link in line.get("LinkedTxn", ()))
        ),
        Decimal(0),
    )


def _enter(group: dict[Any, None], what: Any, step: int) -> None:
    if step > 0:
        group[what] = None
    else:
        group.pop(what, None)


def instant_of(deleted: Deleted) -> str:
    """When it was deleted, as MetaData writes it."""
    return stamp(deleted.at)


def later(record: Record, than: datetime) -> bool:
    """Whether a record was changed after a moment."""
    return instant(record["MetaData"]["LastUpdatedTime"]) > than
