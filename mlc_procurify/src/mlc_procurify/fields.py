"""Field tables: what differs in name only, and stays unset when it was not on the wire."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mlc.errors import MappingError
from pydantic import BaseModel, ValidationError

from mlc_procurify import SYSTEM

WireT = TypeVar("WireT", bound=BaseModel)


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """``name`` is the canonical field, ``wire`` the attribute of the wire model."""

    name: str
    wire: str
    convert: Callable[[Any], Any] = _same


def taken(source: BaseModel, fields: Iterable[Field]) -> dict[str, Any]:
    """The canonical values of the fields that were on the wire, empty ones as None."""
    return {
        field.name: field.convert(getattr(source, field.wire))
        for field in fields
        if field.wire in source.model_fields_set
    }


def shown(wire: BaseModel, values: Mapping[str, Any], origins: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The values without empty ones whose ``origins`` were not all on the wire: those stay unset."""
    seen = wire.model_fields_set
    return {
        name: value
        for name, value in values.items()
        if value not in (None, ()) or seen.issuperset(origins.get(name, ()))
    }


def needed(value: str | None, field: str, *, what: str) -> str:
    """A value without which there is no record. Raises MappingError."""
    if value is None:
        raise MappingError(f"Procurify's {what} has no {field}.", field=field, system=SYSTEM)
    return value


def parsed(model: type[WireT], payload: Mapping[str, Any], *, what: str) -> WireT:
    """A payload in the wire's shape.

    Raises: MappingError that names the first field out of shape.
    """
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(
            f"Procurify's {what} has a field {place} that cannot be read: {first['msg']}.", field=place, system=SYSTEM
        ) from None
