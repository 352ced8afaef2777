"""Writing one record: every check first, then the store."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.zoho_crm import lines
from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record, folded
from mlc_sandbox.zoho_crm.fields import Field, Module
from mlc_sandbox.zoho_crm.refusals import RowRefused, bad_value, mandatory
from mlc_sandbox.zoho_crm.values import taken

#: Sent along by clients, no fields of any record.
NO_FIELDS: Final = frozenset({"id", "$append_values", "Tag", "Layout"})


def create(crm: Crm, module: Module, sent: Record, cause: Cause, *, path: str = "$.data[0]") -> Record:
    """A new record. Raises RowRefused."""
    record = _checked(crm, module, sent, None, path)
    if module.api_name == "Invoices":
        record.setdefault("Invoice_Number", str(crm.number("invoice_numbers")))
    return crm.save(module, record, cause)


def update(crm: Crm, module: Module, key: str, sent: Record, cause: Cause, *, path: str = "$.data[0]") -> Record:
    """What was sent over what stands there. Raises RowRefused."""
    before = crm.get(module.api_name, key)
    if before is None:
        raise RowRefused("INVALID_DATA", "the id given seems to be invalid", {"id": key})
    refuse_held(crm, module, before, sent, cause)
    record = _checked(crm, module, sent, before, path)
    same = all(record.get(name) == before.get(name) for name in {*record, *before})
    return crm.save(module, record, cause, bump=crm.switches["unchanged_update_bumps"] or not same)


def refuse_held(crm: Crm, module: Module, before: Record, sent: Record | None, cause: Cause) -> None:
    """Raises RowRefused for a record that is locked, or whose fields a blueprint guards; people may go on."""
    if cause.get("kind") == "ui":
        return
    if crm.switches["locks"] and before.get("$locked"):
        action = "delete" if sent is None else "update"
        raise RowRefused("RECORD_LOCKED", "record is locked", {"id": before["id"], "action": action})
    guarded = set(before.get("$blueprint") or ()) & set(sent or before)
    if guarded:
        details = {"id": before["id"], "api_name": sorted(guarded)[0]}
        raise RowRefused("RECORD_IN_BLUEPRINT", "record is in blueprint", details)


def _checked(crm: Crm, module: Module, sent: Record, before: Record | None, path: str) -> Record:
    if not isinstance(sent, dict):
        raise bad_value("data", path, expected_data_type="jsonobject")
    record: Record = dict(before) if before is not None else {"id": crm.new_id()}
    known = crm.fields(module)
    for name, value in sent.items():
        if name in NO_FIELDS or name.startswith("$"):
            continue
        one = known.get(name)
        where = f"{path}.{name}"
        if one is None:
            if crm.switches["unknown_field"] == "refuse":
                raise bad_value(name, where)
            continue
        if one.read_only:
            continue
        if one.data_type == "subform":
            record[name] = lines.rows_of(crm, one, value, before, where)
        else:
            record[name] = taken(crm, one, value, where)
    for one in known.values():
        if one.needed and record.get(one.api_name) in (None, "", []) and (before is None or one.api_name in sent):
            raise mandatory(one.api_name, f"{path}.{one.api_name}")
    for one in module.uniques():
        _refuse_duplicate(crm, module, one, record, path)
    return lines.totalled(module, record)


def _refuse_duplicate(crm: Crm, module: Module, one: Field, record: Record, path: str) -> None:
    value = record.get(one.api_name)
    if value is None:
        return
    others = [key for key in crm.find(module.api_name, one.api_name, value) if key != record["id"]]
    if others:
        raise duplicate(crm, module, one.api_name, others, path)


def duplicate(crm: Crm, module: Module, api_name: str, others: list[str], path: str) -> RowRefused:
    """The refusal that names the record that has the value already."""
    holder = crm.get(module.api_name, others[0]) or {}
    owner = holder.get("Owner", {"id": crm.user_id})
    told = {
        "id": others[0],
        "Owner": {"id": owner["id"], "name": crm.name_of("users", owner["id"])},
        "module": {"api_name": module.api_name, "id": module.id},
    }
    details = {"api_name": api_name, "json_path": f"{path}.{api_name}", "duplicate_record": told,
               "more_records": len(others) > 1}  # fmt: skip
    return RowRefused("DUPLICATE_DATA", "duplicate data", details)


def matched(crm: Crm, module: Module, sent: Record, checked: list[str], path: str) -> tuple[str, str] | None:
    """The record that an upsert means, and the field it was found by: the first field with a match decides.

    Raises: RowRefused when several records match.
    """
    for name in checked:
        value = sent.get(name)
        if folded(value) in (None, ""):
            continue
        found = crm.find(module.api_name, name, value)
        if len(found) > 1:
            raise duplicate(crm, module, name, found, path)
        if found:
            return found[0], name
    return None


def check_fields(crm: Crm, module: Module, asked: Any) -> list[str]:
    """The fields by which an upsert looks for duplicates, in order; the system's own first where none were named.

    Raises: RowRefused for one that can hold no key.
    """
    uniques = [one.api_name for one in module.uniques()]
    allowed = [module.check_field, *uniques] if module.check_field else uniques
    if asked is None:
        return allowed
    if not isinstance(asked, list) or not asked:
        raise bad_value("duplicate_check_fields", "$.duplicate_check_fields", expected_data_type="jsonarray")
    for at, name in enumerate(asked):
        if name not in allowed:
            raise bad_value("duplicate_check_fields", f"$.duplicate_check_fields[{at}]", supported_values=allowed)
    return list(asked)
