"""One organisation: its modules and fields, its records, ids and times."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.index import GroupIndex, SortedIndex
from mlc_sandbox.toolkit.store import Obj, ObjectStore
from mlc_sandbox.zoho_crm.editions import has_module
from mlc_sandbox.zoho_crm.fields import CURRENCY, Field, Module
from mlc_sandbox.zoho_crm.refusals import Refusal, invalid_module
from mlc_sandbox.zoho_crm.standard import OTHERS, standard_modules

Record = dict[str, Any]
Cause = dict[str, Any]
Saved = Callable[[str, str, Record | None, Record | None, Cause], None]
_PREFIX: Final = 5_725_767_000_000_000_000
_CURRENCY_FIELDS: Final = frozenset(one.api_name for one in CURRENCY)


class Crm:
    """What stands behind every call. ``on_saved(module, id, before, after, cause)`` is told of each change."""

    def __init__(self, store: ObjectStore, clock: Clock, switches: dict[str, Any]) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.numbers = Sequences(start=1000)
        self.on_saved: Saved = lambda *_: None
        self.base_currency = "USD"
        self._pretended: datetime | None = None
        self._reserved: deque[str] = deque()
        self.user_id = self.new_id()
        self.person_id = self.new_id()
        self.modules = standard_modules(self.new_id)
        self._groups: dict[tuple[str, str], GroupIndex] = {}
        self._changed: dict[str, SortedIndex] = {}
        self._by_id: dict[str, SortedIndex] = {}
        for module in self.modules.values():
            self._index(module)

    # --- modules and fields ----------------------------------------------------------------------------------------

    def module(self, name: str) -> Module:
        """The module of that API name. Raises Refusal when the organisation does not have it."""
        module = self.modules.get(name)
        custom = module is not None and module.custom
        if (module is not None or name in OTHERS) and not has_module(self.switches, name, custom=custom):
            if self.switches["missing_module"] == "FEATURE_NOT_SUPPORTED":
                raise Refusal("FEATURE_NOT_SUPPORTED", "this feature is not supported in your edition", 403)
            raise invalid_module()
        if module is None:
            raise invalid_module()
        return module

    def fields(self, module: Module) -> dict[str, Field]:
        """The fields that this organisation's records of a module have now."""
        if self.switches["multi_currency"]:
            return module.fields
        return {name: one for name, one in module.fields.items() if name not in _CURRENCY_FIELDS}

    def define_module(self, module: Module, cause: Cause) -> Module:
        """Add a custom module."""
        self.modules[module.api_name] = module
        self._index(module)
        kept = {key: value for key, value in asdict(module).items() if key != "fields"}
        self.store.put("modules", module.api_name, {**kept, "fields": sorted(module.fields)}, cause)
        return module

    def define_field(self, module: Module, one: Field, cause: Cause) -> Field:
        """Add or change a field of a module."""
        module.fields[one.api_name] = one
        self._index_field(module.api_name, one)
        self.store.put("fields", f"{module.api_name}.{one.api_name}", {**asdict(one), "module": module.api_name}, cause)
        return one

    def _index(self, module: Module) -> None:
        name = module.api_name
        self._changed[name] = SortedIndex(self.store, name, key=lambda row: row["$modified"])
        self._by_id[name] = SortedIndex(self.store, name, key=lambda row: row["id"])
        for one in module.fields.values():
            self._index_field(name, one)
        if module.check_field:
            self._index_field(name, module.fields[module.check_field], always=True)

    def _index_field(self, module: str, one: Field, *, always: bool = False) -> None:
        key = (module, one.api_name)
        if key in self._groups or not (always or one.unique or one.data_type == "lookup"):
            return
        field_name = one.api_name
        self._groups[key] = GroupIndex(self.store, module, key=lambda row: folded(row.get(field_name)))

    # --- ids and times ---------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """An id that no record of any module had before, or the one kept for the next."""
        if self._reserved:
            return self._reserved.popleft()
        return str(_PREFIX + self.numbers.next("id"))

    def reserve(self, *ids: str) -> None:
        """The ids handed out next, for seeded records whose ids were decided elsewhere."""
        self._reserved = deque(ids)

    def number(self, kind: str) -> int:
        """The next number of a document."""
        return self.numbers.next(kind)

    def now(self) -> datetime:
        """The organisation's time, or the one pretended while a history is typed in."""
        return (self._pretended or self.clock.now()).replace(microsecond=0)

    def pretend(self, moment: datetime | None) -> None:
        """Let everything saved from now on be as old as ``moment``."""
        self._pretended = moment

    def told(self, moment: datetime) -> str:
        """A time as CRM writes it: to the second, with the organisation's offset."""
        zone = ZoneInfo(str(self.switches["time_zone"]))
        return moment.astimezone(zone).isoformat(timespec="seconds")

    # --- records ---------------------------------------------------------------------------------------------------

    def get(self, module: str, key: object) -> Record | None:
        """A record as stored."""
        return self.store.get(module, key)

    def save(self, module: Module, record: Record, cause: Cause, *, bump: bool = True) -> Record:
        """Store a record and tell of it."""
        name = module.api_name
        before = self.get(name, record["id"])
        now = self.now()
        by = {"id": self.person_id if cause.get("kind") in ("ui", "seed") else self.user_id}
        kept = dict(record)
        if before is None:
            kept.setdefault("Owner", by)
            kept |= {"Created_By": by, "Created_Time": self.told(now)}
        if bump or before is None:
            kept |= {"Modified_By": by, "Modified_Time": self.told(now), "$modified": now.timestamp()}
        if name == "Contacts":
            kept["Full_Name"] = " ".join(part for part in (kept.get("First_Name"), kept.get("Last_Name")) if part)
        self.store.put(name, kept["id"], kept, cause)
        self.on_saved(name, kept["id"], before, kept, cause)
        return kept

    def remove(self, module: Module, key: str, cause: Cause) -> Record | None:
        """Take a record out and tell of it; whether it is listed among the deleted is the caller's matter."""
        before = self.store.remove(module.api_name, key, cause)
        if before is not None:
            self.on_saved(module.api_name, key, before, None, cause)
        return before

    def find(self, module: str, field_name: str, value: Any) -> list[str]:
        """Ids of the records with a value in a unique field, a check field or a lookup."""
        index = self._groups.get((module, field_name))
        return [] if index is None else index.ids(folded(value))

    def is_checked(self, module: str, field_name: str) -> bool:
        """Whether duplicates of a field can be looked for."""
        return (module, field_name) in self._groups

    def changed_since(self, module: str, moment: datetime | None) -> list[str]:
        """Ids in order of their last change, from a moment on."""
        index = self._changed[module]
        return index.ids() if moment is None else index.ids(low=moment.astimezone(UTC).timestamp())

    def by_id(self, module: str) -> list[str]:
        """Ids in their order."""
        return self._by_id[module].ids()

    def name_of(self, module: str, key: str) -> str | None:
        """What a record is called where another one points to it."""
        if module == "users":
            return "Int User" if key == self.user_id else "Ada Person"
        known, record = self.modules.get(module), self.get(module, key)
        return None if known is None or record is None else record.get(known.name_field)


def folded(value: Any) -> Any:
    """A value as duplicates are looked for: texts without case and blanks around them, lookups by id."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, dict):
        return value.get("id")
    return value


def visible_part(obj: Obj) -> Record:
    """A stored record without what only the stand-in needs."""
    return {key: value for key, value in obj.items() if not key.startswith("$")}
