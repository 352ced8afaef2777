"""One record as both sides show it, field by field."""

import json
from typing import Any

from sqlalchemy import Connection, select

from mlc.store.schema import bindings, records

#: Of no use to somebody who compares two documents.
_HIDDEN = frozenset({"source", "object_type", "raw", "hash", "custom_fields", "external_key"})
_LINES = frozenset({"lines", "charges", "taxes", "allocations", "attachments", "contacts", "addresses"})


def both_sides(connection: Connection, record_id: int) -> list[dict[str, Any]]:
    """Rows of ``field``, ``source``, ``target``; fields that neither side fills are left out."""
    row = connection.execute(select(records).where(records.c.id == record_id)).mappings().one()
    bound = connection.execute(
        select(bindings.c.external_id, bindings.c.base).where(
            bindings.c.record_id == record_id, bindings.c.side != row["side"], bindings.c.part == "main"
        )
    ).first()
    there = row["other_input"] or (bound.base if bound is not None else None)
    source, target = _flat(row["input"]), _flat(there)
    found = [{"field": "id", "source": row["external_id"], "target": None if bound is None else bound.external_id}]
    for name in dict.fromkeys([*source, *target]):
        if source.get(name) is not None or target.get(name) is not None:
            found.append({"field": name, "source": source.get(name), "target": target.get(name)})
    return found


def _flat(text: str | None) -> dict[str, Any]:
    """A stored record as one value per field; lines have one row each."""
    flat: dict[str, Any] = {}
    for name, value in (json.loads(text) if text else {}).items():
        if name in _HIDDEN or value in (None, [], {}):
            continue
        if name in _LINES and isinstance(value, list):
            flat |= {f"{name} {number}": _line(one) for number, one in enumerate(value, 1)}
        else:
            flat[name] = _told(value)
    return flat


def _line(value: Any) -> str:
    if not isinstance(value, dict):
        return _told(value)
    wanted = ("name", "description", "quantity", "unit_price", "amount", "net_amount", "account", "email")
    return ", ".join(_told(value[name]) for name in wanted if value.get(name) not in (None, [], {}))


def _told(value: Any) -> str:
    if isinstance(value, dict):
        named = value.get("name") or value.get("code") or value.get("source_id")
        return str(named) if named is not None else ", ".join(_told(one) for one in value.values() if one is not None)
    if isinstance(value, list):
        return ", ".join(_told(one) for one in value)
    return str(value)
