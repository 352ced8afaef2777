"""A record as a caller sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlc_sandbox.zoho_crm.crm import Crm, Record
from mlc_sandbox.zoho_crm.fields import Field, Module


def whole(crm: Crm, module: Module, record: Record) -> Record:
    """Every field, rows of a subform included."""
    told: Record = {"id": record["id"]}
    for one in crm.fields(module).values():
        told[one.api_name] = value_of(crm, one, record)
    return told


def chosen(crm: Crm, module: Module, record: Record, names: Iterable[str]) -> Record:
    """The fields asked for, in a list's form: rows of a subform are not among them, nor names that nobody knows."""
    known = crm.fields(module)
    told: Record = {}
    for name in names:
        one = known.get(name)
        if one is not None and one.data_type != "subform":
            told[name] = value_of(crm, one, record)
    return {**told, "id": record["id"]}


def value_of(crm: Crm, one: Field, record: Record) -> Any:
    """One field's value, with the names of what it points to; None where it is empty."""
    value = record.get(one.api_name)
    if value is None:
        return False if one.data_type == "boolean" else None
    if one.data_type == "ownerlookup":
        return {"name": crm.name_of("users", value["id"]), "id": value["id"]}
    if one.data_type == "lookup":
        to = value.get("module") or one.to
        told = {"name": crm.name_of(to, value["id"]), "id": value["id"]}
        return {**told, "module": {"api_name": to, "id": crm.modules[to].id}} if one.to == "*" else told
    if one.data_type == "subform":
        return [_line(crm, one, row) for row in value]
    return value


def _line(crm: Crm, one: Field, row: Record) -> Record:
    told: Record = {"id": row["id"]}
    for column in one.columns:
        told[column.api_name] = value_of(crm, column, row)
    return told
