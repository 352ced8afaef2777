"""The organisation's books: records of every kind, ids, clock, and the one door for saving."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.store import ObjectStore
from mlc_sandbox.zoho_books.collections import Cause, Collection, Record
from mlc_sandbox.zoho_books.refusals import MISSING_RECORD, Refusal

FIRST_ID = 4600000005000001  # seeded companies bring ids of their own, below it
ONE = Decimal(1)

# kind: id key, how the vendor names one in a sentence, exact-match lookups kept ready
KINDS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "organizations": ("organization_id", "Organization", ()),
    "contacts": ("contact_id", "Contact", ("contact_name", "contact_number", "contact_type")),
    "chartofaccounts": ("account_id", "Account", ("account_code",)),
    "bills": ("bill_id", "Bill", ("vendor_id", "bill_number", "reference_number")),
    "purchaseorders": (
        "purchaseorder_id",
        "Purchase Order",
        ("vendor_id", "purchaseorder_number", "reference_number"),
    ),
    "vendorcredits": ("vendor_credit_id", "Vendor Credit", ("vendor_id", "vendor_credit_number")),
    "vendorpayments": ("payment_id", "Payment", ("vendor_id", "reference_number")),
    "expenses": ("expense_id", "Expense", ("reference_number",)),
    "invoices": ("invoice_id", "Invoice", ("customer_id", "invoice_number")),
    "customerpayments": ("payment_id", "Payment", ("customer_id", "reference_number")),
    "items": ("item_id", "Item", ("sku",)),
    "taxes": ("tax_id", "Tax", ()),
    "currencies": ("currency_id", "Currency", ("currency_code",)),
    "exchangerates": ("exchange_rate_id", "Exchange rate", ("currency_id",)),
    "locations": ("location_id", "Location", ()),
    "reportingtags": ("tag_id", "Tag", ()),
    "transactionlocks": ("transaction_lock_id", "Transaction lock", ()),
    "customfields": ("customfield_id", "Custom field", ()),
    "documents": ("document_id", "Document", ()),
    "webhooks": ("webhook_id", "Webhook", ()),
    "workflows": ("workflow_id", "Workflow", ()),
}
UNSTAMPED = frozenset(
    ("organizations", "taxes", "currencies", "exchangerates", "reportingtags", "customfields", "webhooks", "workflows")
)


class Books:
    """Everything one organisation has, and what changes when a record is written."""

    def __init__(self, store: ObjectStore, clock: Clock, switches: dict[str, Any]) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.kinds: dict[str, Collection] = {
            kind: Collection(store, kind, id_key=id_key, indexed=indexed)
            for kind, (id_key, _, indexed) in KINDS.items()
        }
        self.outstanding: dict[tuple[str, str], Decimal] = {}
        self.billed: dict[str, Decimal] = {}
        self.order_of_line: dict[str, str] = {}
        self.unique: dict[tuple[str, str], dict[str, str]] = {}
        self.numbers: dict[str, int] = {}
        self.base_currency_id = ""
        self.base_digits = 2
        self.contents: dict[str, bytes] = {}
        self.on_saved: Callable[[str, str, Record, Cause], None] | None = None
        self._last_id = FIRST_ID
        self._reserved: deque[str] = deque()
        self._pretended_s: int | None = None
        self._zone: ZoneInfo = ZoneInfo("UTC")
        self._stamp: tuple[int, str] = (-1, "")
        self._rates: dict[str, tuple[list[str], list[Decimal]]] = {}

    def __getitem__(self, kind: str) -> Collection:
        return self.kinds[kind]

    def forget(self) -> None:
        """Drops everything that follows from records, after they were all deleted."""
        for table in (self.outstanding, self.billed, self.order_of_line, self.unique, self.numbers, self._rates):
            table.clear()
        self.contents.clear()

    # identity and time

    def next_id(self) -> str:
        """A fresh id; ids of different kinds never collide."""
        if self._reserved:
            return self._reserved.popleft()
        self._last_id += 2
        return str(self._last_id)

    def reserve(self, *ids: str) -> None:
        """The ids handed out next, for seeded records whose ids were decided elsewhere."""
        self._reserved = deque(ids)

    def reserved(self) -> tuple[str, ...]:
        """Takes back the ids that were reserved and not handed out yet."""
        kept = tuple(self._reserved)
        self._reserved.clear()
        return kept

    def next_number(self, series: str) -> int:
        """The next auto-generated number of a series."""
        self.numbers[series] = self.numbers.get(series, 0) + 1
        return self.numbers[series]

    def use_time_zone(self, name: str) -> None:
        """Timestamps are told in this zone from now on."""
        self._zone = ZoneInfo(name)
        self._stamp = (-1, "")

    def now_s(self) -> int:
        """The vendor's clock, in whole seconds."""
        if self._pretended_s is not None:
            return self._pretended_s
        return int(self.clock.now().timestamp())

    def pretend(self, moment: datetime | None) -> None:
        """Dates what is saved next to a moment in the past, for seeding; None goes back to the clock."""
        self._pretended_s = None if moment is None else int(moment.timestamp())

    def stamp(self, at_s: int) -> str:
        """A timestamp as the API tells it: the organisation's offset, no colon in it."""
        if self._stamp[0] != at_s:
            moment = datetime.fromtimestamp(at_s, UTC).astimezone(self._zone)
            self._stamp = (at_s, moment.strftime("%Y-%m-%dT%H:%M:%S%z"))
        return self._stamp[1]

    def today(self) -> str:
        """The organisation's own date, ``yyyy-mm-dd``."""
        return self.stamp(self.now_s())[:10]

    # records

    def require(self, kind: str, key: str) -> Record:
        """The record, or the vendor's "does not exist"."""
        record = self.kinds[kind].get(key)
        if record is None:
            status = self.switches["not_found_status"]
            raise Refusal(MISSING_RECORD, f"{KINDS[kind][1]} does not exist.", status)
        return record

    def save(self, kind: str, record: Record, cause: Cause, *, bump: bool = True) -> Record:
        """Stores a new version of a record; ``bump`` moves its modification time to now."""
        shelf = self.kinds[kind]
        key = record[shelf.id_key]
        at_s = self.now_s()
        before = shelf.get(key)
        if kind not in UNSTAMPED:
            if before is None:
                record.setdefault("created_time", self.stamp(at_s))
                record.setdefault("last_modified_time", record["created_time"])
            if bump and before is not None:
                record["last_modified_time"] = self.stamp(at_s)
        self._index_unique(kind, key, before, record)
        shelf.put(record, cause, at_s=at_s, touch=bump)
        if self.on_saved is not None:
            self.on_saved(kind, "created" if before is None else "edited", record, cause)
        return record

    def delete(self, kind: str, key: str, cause: Cause) -> None:
        """Removes a record for good."""
        record = self.require(kind, key)
        self._index_unique(kind, key, record, {})
        self.kinds[kind].remove(key, cause)
        if self.on_saved is not None:
            self.on_saved(kind, "deleted", record, cause)

    def _index_unique(self, kind: str, key: str, before: Record | None, after: Record) -> None:
        old = before.get("custom_field_hash") if before else None
        new = after.get("custom_field_hash")
        if old is new:
            return
        for name, value in (old or {}).items():
            table = self.unique.get((kind, name))
            if table is not None and table.get(str(value)) == key:
                del table[str(value)]
        for name, value in (new or {}).items():
            if value not in (None, ""):
                self.unique.setdefault((kind, name), {})[str(value)] = key

    # money

    def digits(self, currency: Record) -> int:
        """Minor units of a currency as decimals."""
        return int(currency["price_precision"])

    def rate_on(self, currency_id: str, on_day: str) -> Decimal:
        """The organisation's own rate for a day: base units per foreign unit."""
        if currency_id == self.base_currency_id:
            return ONE
        days, rates = self._rates.get(currency_id, ([], []))
        place = bisect_right(days, on_day)
        if place:
            return rates[place - 1]
        if rates:
            return rates[0]
        return Decimal(str(self.require("currencies", currency_id).get("exchange_rate") or 1))

    def add_rate(self, currency_id: str, effective: str, rate: Decimal) -> None:
        """Takes a rate into the table from its effective date on; the same date replaces."""
        days, rates = self._rates.setdefault(currency_id, ([], []))
        place = bisect_right(days, effective)
        if place and days[place - 1] == effective:
            rates[place - 1] = rate
            return
        days.insert(place, effective)
        rates.insert(place, rate)


def days_after(start: str, days: int) -> str:
    """The date that many days after ``start``."""
    return (date.fromisoformat(start) + timedelta(days=days)).isoformat()
