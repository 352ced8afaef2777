"""What an organisation's metadata says: its licence, modules and fields, read once an hour while a process lives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from weakref import WeakKeyDictionary

from mlc import Memory
from mlc.errors import RejectedError

from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import NOT_THERE
from mlc_zoho.crm.keys import fitted
from mlc_zoho.crm.modules import STAMPS, Module
from mlc_zoho.crm.schemas import Row, flag, inner, rows, text

KNOWN_FOR = timedelta(hours=1)
#: Fields that one list call names.
FIELDS_MOST = 50
_PLAIN = frozenset({"text", "email", "phone", "website", "integer", "bigint", "double", "currency", "autonumber",
                    "picklist"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One field as the metadata tells of it."""

    api_name: str
    label: str
    data_type: str
    custom: bool
    unique: bool
    mandatory: bool
    length: int | None
    values: tuple[str, ...]


Facts = Mapping[str, Fact]


@dataclass(slots=True)
class Known:
    at: datetime
    fields: dict[str, Facts] = field(default_factory=dict)
    mandatory: dict[str, tuple[str, ...]] = field(default_factory=dict)
    product: str | None = None
    home: Row | None = None


# What is not there is asked for at every run: an administrator may have made it since.
_KNOWN: WeakKeyDictionary[Memory, Known] = WeakKeyDictionary()


def facts_of(connection: CrmConnection, module: str) -> Facts:
    """The fields of a module by API name.

    Raises: RejectedError with a sentence when this edition does not have the module.
    """
    known = known_of(connection)
    if module not in known.fields:
        known.fields[module] = _read(connection, module)
    return known.fields[module]


def read_fields(connection: CrmConnection, module: Module) -> tuple[str, ...]:
    """The fields that are read of a module, with its custom ones where they are wanted; at most fifty."""
    facts = facts_of(connection, module.api_name)
    wanted = [*STAMPS, *(name for name in module.fields if name in facts)]
    return tuple(dict.fromkeys([*wanted, *custom_fields(connection, module)]))[:FIELDS_MOST]


def custom_fields(connection: CrmConnection, module: Module) -> Mapping[str, str]:
    """API name → label of the custom fields that are carried along."""
    if not module.custom:
        return {}
    facts = facts_of(connection, module.api_name)
    return {fact.api_name: fact.label for fact in facts.values() if fact.custom and fact.data_type in _PLAIN}


def _read(connection: CrmConnection, module: str) -> Facts:
    client = CrmClient(connection)
    try:
        found = {fact.api_name: fact for row in client.fields(module) if (fact := _fact(row)) is not None}
    except RejectedError as error:
        if error.code in NOT_THERE:
            error.sentence = f"This edition of Zoho CRM has no module {module}, or the API does not reach it."
        raise
    return MappingProxyType(found)


def _fact(row: Row) -> Fact | None:
    name = text(row, "api_name")
    if name is None:
        return None
    picked = (text(one, "actual_value") or text(one, "display_value") for one in rows(row, "pick_list_values"))
    return Fact(
        name,
        text(row, "field_label") or name,
        text(row, "data_type") or "",
        flag(row, "custom_field"),
        bool(inner(row, "unique")),
        flag(row, "system_mandatory"),
        length if isinstance(length := row.get("length"), int) and length > 0 else None,
        tuple(value for value in picked if value is not None),
    )


def mandatory_of(connection: CrmConnection, module: str) -> tuple[str, ...]:
    """Fields that a layout in use makes mandatory, those that Zoho itself insists on among them."""
    known = known_of(connection)
    if module not in known.mandatory:
        known.mandatory[module] = _mandatory(connection, module)
    return known.mandatory[module]


def known_of(connection: CrmConnection) -> Known:
    """What was read within the last hour; a run that begins later sees what an administrator changed."""
    now = connection.now()
    known = _KNOWN.get(connection.memory)
    if known is None or now - known.at >= KNOWN_FOR:
        known = Known(now)
        _KNOWN[connection.memory] = known
    return known


def forget(connection: CrmConnection) -> None:
    """Zoho refused something: what is known of its fields may be out of date."""
    _KNOWN.pop(connection.memory, None)


def home_of(connection: CrmConnection) -> Row:
    """The organisation: edition, licences, currency, time zone."""
    known = known_of(connection)
    if known.home is None:
        known.home = next(iter(CrmClient(connection).organisation().rows), {})
    return known.home


def _mandatory(connection: CrmConnection, module: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for layout in CrmClient(connection).layouts(module):
        if text(layout, "status") in (None, "active"):
            for section in rows(layout, "sections"):
                found.update((text(one, "api_name") or "", None) for one in rows(section, "fields") if _needed(one))
    return tuple(name for name in found if name)


def _needed(row: Row) -> bool:
    return flag(row, "required") and not flag(row, "read_only") and not flag(row, "field_read_only")


def key_in(connection: CrmConnection, module: Module, key: str) -> str:
    """Our key as it stands in the module's unique field."""
    fact = facts_of(connection, module.api_name).get(connection.settings.unique_field)
    return fitted(key, module.object_type, None if fact is None else fact.length)
