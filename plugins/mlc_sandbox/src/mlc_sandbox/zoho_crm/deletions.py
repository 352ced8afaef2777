"""Records that go: into the recycle bin, for good, or into another record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record
from mlc_sandbox.zoho_crm.fields import Module
from mlc_sandbox.zoho_crm.records import refuse_held
from mlc_sandbox.zoho_crm.refusals import RowRefused

BIN_LIFE: Final = timedelta(days=60)
LISTED_LIFE: Final = timedelta(days=120)


def delete(crm: Crm, module: Module, key: str, cause: Cause, *, kind: str = "recycle") -> Record:
    """Take a record out; what points to it points nowhere. Raises RowRefused when there is none, or it is held."""
    before = crm.get(module.api_name, key)
    if before is None:
        raise RowRefused("INVALID_DATA", "the id given seems to be invalid", {"id": key})
    refuse_held(crm, module, before, None, cause)
    for other, child, name in pointing(crm, module.api_name, key):
        crm.save(other, {**child, name: None}, cause)
    crm.remove(module, key, cause)
    _list(crm, module, before, kind, cause)
    return before


def _list(crm: Crm, module: Module, record: Record, kind: str, cause: Cause) -> None:
    now = crm.now()
    entry = {
        "id": record["id"],
        "module": module.api_name,
        "display_name": record.get(module.name_field),
        "type": kind,
        "deleted_by": {"id": crm.person_id if cause.get("kind") == "ui" else crm.user_id},
        "created_by": record["Created_By"],
        "deleted_time": crm.told(now),
        "at": now.timestamp(),
        "record": record,
    }
    crm.store.put("deleted", record["id"], entry, cause)


def restore(crm: Crm, module: Module, key: str, cause: Cause) -> Record:
    """Out of the bin again, under the same id. Raises KeyError when it is not in there."""
    entry = crm.store.get("deleted", key)
    if entry is None or entry["type"] != "recycle" or entry["module"] != module.api_name:
        raise KeyError(f"{module.api_name} {key} in the recycle bin")
    crm.store.remove("deleted", key, cause)
    return crm.save(module, dict(entry["record"]), cause)


def purge(crm: Crm, module: Module, key: str, cause: Cause) -> Record:
    """For good, as when a person asks to be forgotten: nothing but the id stays on a list."""
    entry = crm.store.get("deleted", key)
    if entry is None:
        delete(crm, module, key, cause, kind="permanent")
        entry = crm.store.get("deleted", key)
    assert entry is not None
    told = {**entry, "type": "permanent", "display_name": None, "record": {"id": key}}
    return crm.store.put("deleted", key, told, cause)


def listed(crm: Crm, module: Module, kind: str) -> list[Record]:
    """The deleted records of a module that the vendor still tells of, latest first."""
    now = crm.clock.now().timestamp()
    rows = []
    for entry in crm.store.all("deleted"):
        if entry["module"] != module.api_name:
            continue
        age = timedelta(seconds=now - entry["at"])
        type_ = "permanent" if entry["type"] == "recycle" and age > BIN_LIFE else entry["type"]
        if age <= LISTED_LIFE and kind in ("all", type_) and type_ != "no":
            rows.append({**entry, "type": type_})
    return sorted(rows, key=lambda row: (row["at"], row["id"]), reverse=True)


def shown(crm: Crm, entry: Record) -> Record:
    """A deleted record as it is listed."""
    named = {name: {**entry[name], "name": crm.name_of("users", entry[name]["id"])}
             for name in ("deleted_by", "created_by")}  # fmt: skip
    keys = ("id", "display_name", "type", "deleted_time")
    return {**{key: entry[key] for key in keys}, **named}


def pointing(crm: Crm, module: str, key: str) -> Iterator[tuple[Module, Record, str]]:
    """Every record with a lookup on this one, with the module it is of and the lookup's name."""
    for other in list(crm.modules.values()):
        for one in other.fields.values():
            if one.data_type != "lookup" or one.to not in (module, "*"):
                continue
            for child in crm.find(other.api_name, one.api_name, {"id": key}):
                record = crm.get(other.api_name, child)
                if record is not None:
                    yield other, record, one.api_name


def merge(crm: Crm, module: Module, winner_key: str, loser_key: str, cause: Cause, keep: Any = None) -> Record:
    """The winner keeps its values and takes the loser's where it has none; children follow, the loser goes.

    Args:
        keep: Names of fields in which the loser's value is the one that stays.
    """
    winner, loser = crm.get(module.api_name, winner_key), crm.get(module.api_name, loser_key)
    if winner is None or loser is None or winner_key == loser_key:
        raise KeyError(f"two {module.api_name} to merge")
    for other, child, name in list(pointing(crm, module.api_name, loser_key)):
        crm.save(other, {**child, name: {**child[name], "id": winner_key}}, cause)
    chosen = set(keep or ())
    for one in module.fields.values():
        if one.read_only or one.data_type == "subform" or loser.get(one.api_name) is None:
            continue
        if one.api_name in chosen or winner.get(one.api_name) in (None, ""):
            winner = {**winner, one.api_name: loser[one.api_name]}
    crm.remove(module, loser_key, cause)
    _list(crm, module, loser, str(crm.switches["merge_loser_listed"]), cause)
    return crm.save(module, dict(winner), cause)
