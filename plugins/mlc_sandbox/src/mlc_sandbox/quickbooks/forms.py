"""What was sent, as it is stored: unknown properties refused, each value checked against its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from mlc_sandbox.quickbooks.refusals import Refusal, unsupported
from mlc_sandbox.quickbooks.schema import COMMON, ENTITIES, Fields
from mlc_sandbox.quickbooks.wire import Record, number, value_of

ADDRESS: Final[Fields] = {
    "Id": "ro", "Lat": "ro", "Long": "ro", **{f"Line{line}": "s500" for line in range(1, 6)}, "City": "s255",
    "Country": "s255", "CountrySubDivisionCode": "s255", "PostalCode": "s30", "CountryCode": "s30", "Note": "s500",
    "PostalCodeSuffix": "s30", "Tag": "s100",
}  # fmt: skip
_MOST_ADDRESS: Final = 2000
_MAIL: Final = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIGITS: Final = 15


def sent_of(sent: Any) -> Record:
    """The body of a write. Raises Refusal when it is no JSON object."""
    if not isinstance(sent, dict):
        raise Refusal("2010", "Property Name:The request body is not an object of the entity")
    return sent


def cleaned(kind: str, sent: Record, switches: Mapping[str, Any]) -> Record:
    """The writable properties of an entity that were sent with a value; an empty text counts as none."""
    return fitting({**COMMON, **ENTITIES[kind]}, sent, switches)


def fitting(fields: Fields, sent: Record, switches: Mapping[str, Any], path: str = "") -> Record:
    """The same for any object. Raises Refusal."""
    if not isinstance(sent, dict):
        raise Refusal("2120", f"{path or 'The entity'} has to be an object", element=path.rstrip("."))
    kept: Record = {}
    for name, value in sent.items():
        kind = fields.get(name)
        if kind is None:
            if switches["unknown_properties"] == "refuse":
                raise unsupported(path + name)
            continue
        if kind == "ro" or value is None or value == "":
            continue
        made = _value(kind, path + name, value, switches)
        if made is not None:
            kept[name] = made
    return kept


def text(name: str, value: Any, most: int) -> str:
    """A text. Raises Refusal 2040, 2050, 2120."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Refusal("2120", f"{name} has to be a text", element=name)
    told = str(value).strip()
    if _CONTROL.search(told):
        raise Refusal("2040", f"{name} holds characters that are not supported", element=name)
    if len(told) > most:
        said = f"String length specified does not match the supported length. Min:0 Max:{most} supported."
        raise Refusal("2050", f"{said} Supplied length:{len(told)}", element=name)
    return told


def _value(kind: str, name: str, value: Any, switches: Mapping[str, Any]) -> Any:
    if kind.startswith("s"):
        return text(name, value, int(kind[1:])) or None
    if kind.startswith("e:"):
        if value not in kind[2:].split("|"):
            raise Refusal("2170", f"{value} is no value of {name}: {kind[2:]}", element=name)
        return value
    return _READERS[kind](name, value, switches)


def _boolean(name: str, value: Any, switches: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise Refusal("2230", f"{name} has to be true or false", element=name)
    return value


def _decimal(name: str, value: Any, switches: Mapping[str, Any]) -> Any:
    made = number(value)
    if made is None or len(made.as_tuple().digits) + max(0, int(made.as_tuple().exponent)) > _DIGITS:
        raise Refusal("2110", f"{name} is no decimal of at most {_DIGITS} digits", element=name)
    return made


def _whole(name: str, value: Any, switches: Mapping[str, Any]) -> int:
    made = number(value)
    if made is None or made != int(made):
        raise Refusal("2090", f"{name} is no whole number", element=name)
    return int(made)


def _day(name: str, value: Any, switches: Mapping[str, Any]) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise Refusal("2060", f"{name}: {value} is no date of the form YYYY-MM-DD", element=name) from None


def _ref(name: str, value: Any, switches: Mapping[str, Any]) -> Record | None:
    if not isinstance(value, dict):
        raise Refusal("2120", f"{name} has to be a reference", element=name)
    told = value_of(value)
    if not told:
        return None
    return {"value": told, **({"type": value["type"]} if value.get("type") else {})}


def _address(name: str, value: Any, switches: Mapping[str, Any]) -> Record | None:
    kept = fitting(ADDRESS, _object(name, value), switches, f"{name}.")
    if sum(len(kept.get(f"Line{line}", "")) for line in range(1, 6)) > _MOST_ADDRESS:
        raise Refusal("2050", f"The lines of {name} are longer than {_MOST_ADDRESS} together", element=name)
    return kept or None


def _phone(name: str, value: Any, switches: Mapping[str, Any]) -> Record | None:
    fields = {"FreeFormNumber": "s30", "Id": "ro", "Tag": "ro", "Default": "ro", "DeviceType": "ro"}
    return fitting(fields, _object(name, value), switches, f"{name}.") or None


def _email(name: str, value: Any, switches: Mapping[str, Any]) -> Record | None:
    kept = fitting({"Address": "s100", "Id": "ro", "Default": "ro", "Tag": "ro"}, _object(name, value), switches)
    if kept and not all(_MAIL.fullmatch(one.strip()) for one in kept["Address"].split(",")):
        raise Refusal("2210", "The email address is not in a supported format", element=name)
    return kept or None


def _web(name: str, value: Any, switches: Mapping[str, Any]) -> Record | None:
    fields = {"URI": "s1000", "Id": "ro", "Default": "ro", "Tag": "ro"}
    return fitting(fields, _object(name, value), switches, f"{name}.") or None


def _lines(name: str, value: Any, switches: Mapping[str, Any]) -> list[Record]:
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise Refusal("2120", f"{name} has to be a list of lines", element=name)
    return value


def _any(name: str, value: Any, switches: Mapping[str, Any]) -> Any:
    if not isinstance(value, (dict, list)):
        raise Refusal("2120", f"{name} has to be an object or a list", element=name)
    return value or None


def _object(name: str, value: Any) -> Record:
    if not isinstance(value, dict):
        raise Refusal("2120", f"{name} has to be an object", element=name)
    return value


_READERS: Final = {
    "b": _boolean, "d": _decimal, "i": _whole, "day": _day, "ref": _ref, "addr": _address, "phone": _phone,
    "email": _email, "web": _web, "lines": _lines, "x": _any,
}  # fmt: skip
