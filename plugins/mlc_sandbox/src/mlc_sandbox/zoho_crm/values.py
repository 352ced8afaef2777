"""Whether a value may stand in a field, and how it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_crm.crm import Crm
from mlc_sandbox.zoho_crm.fields import JSON_TYPES, NUMBERS, TEXTS, Field
from mlc_sandbox.zoho_crm.refusals import bad_value

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"[0-9A-Za-z+().,\-/#*; ]*")


def taken(crm: Crm, one: Field, value: Any, path: str) -> Any:
    """The value as it is stored; None empties a field.

    Raises: RowRefused (INVALID_DATA) with the details of this kind of failure.
    """
    if value is None or (value == "" and one.data_type not in ("subform", "boolean")):
        return None
    if one.data_type in TEXTS:
        return _text(crm, one, value, path)
    if one.data_type in NUMBERS:
        return _number(one, value, path)
    return _OTHERS.get(one.data_type, _as_sent)(crm, one, value, path)


def _expected(one: Field) -> str:
    return JSON_TYPES.get(one.data_type, "text" if one.data_type in TEXTS else one.data_type)


def _wrong(one: Field, path: str) -> Exception:
    return bad_value(one.api_name, path, expected_data_type=_expected(one))


def _text(crm: Crm, one: Field, sent: Any, path: str) -> str:
    if not isinstance(sent, str):
        raise _wrong(one, path)
    value: str = sent
    if len(value) > one.length:
        if crm.switches["text_too_long"] != "cut":
            raise bad_value(one.api_name, path, maximum_length=one.length)
        value = value[: one.length]
    if one.data_type == "email" and not _EMAIL.fullmatch(value):
        raise _wrong(one, path)
    if one.data_type == "phone" and not _PHONE.fullmatch(value):
        raise _wrong(one, path)
    refused = crm.switches["unknown_picklist_value"] == "refuse"
    if one.data_type == "picklist" and one.values and refused and value not in one.values:
        raise bad_value(one.api_name, path, supported_values=list(one.values), expected_data_type="picklist")
    return value


def _number(one: Field, value: Any, path: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(one, path)
    if one.data_type in ("integer", "bigint"):
        if value != int(value):
            raise _wrong(one, path)
        if one.data_type == "integer" and len(str(abs(int(value)))) > min(one.length, 9):
            raise bad_value(one.api_name, path, maximum_length=min(one.length, 9))
        return int(value)
    if len(str(abs(int(value)))) > one.length:
        raise bad_value(one.api_name, path, maximum_length=one.length)
    return value


def _boolean(crm: Crm, one: Field, value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(one, path)
    return value


def _day(crm: Crm, one: Field, value: Any, path: str) -> str:
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise _wrong(one, path) from None


def _moment(crm: Crm, one: Field, value: Any, path: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        raise _wrong(one, path) from None
    return crm.told(moment)


def _lookup(crm: Crm, one: Field, value: Any, path: str) -> dict[str, Any]:
    key = value.get("id") if isinstance(value, dict) else value
    if not isinstance(key, str) or not key.isdigit():
        raise _wrong(one, path)
    if one.to == "users":
        if key not in (crm.user_id, crm.person_id):
            raise bad_value(one.api_name, path)
        return {"id": key}
    to = one.to
    if to == "*":
        asked = value.get("module") if isinstance(value, dict) else None
        to = str(asked.get("api_name", "")) if isinstance(asked, dict) else str(asked or "")
    if crm.get(to, key) is None:
        raise bad_value(one.api_name, path)
    return {"id": key, **({"module": to} if one.to == "*" else {})}


def _several(crm: Crm, one: Field, value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(one, path)
    if one.values and set(value) - set(one.values):
        raise bad_value(one.api_name, path, supported_values=list(one.values))
    return value


def _as_sent(crm: Crm, one: Field, value: Any, path: str) -> Any:
    return value


_OTHERS: Final[dict[str, Callable[[Crm, Field, Any, str], Any]]] = {
    "boolean": _boolean,
    "date": _day,
    "datetime": _moment,
    "lookup": _lookup,
    "ownerlookup": _lookup,
    "multiselectpicklist": _several,
}
