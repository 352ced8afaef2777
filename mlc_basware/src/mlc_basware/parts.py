"""What mappings of several types share: provenance, references, field tables. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import Completeness, DimensionValue, ObjectType, Ref, SourceMeta

from mlc_basware import SYSTEM
from mlc_basware.entities import Resource, places
from mlc_basware.schemas import Row, moment, rows, text
from mlc_basware.settings import BaswareSettings
from mlc_basware.versions import version_of

#: Canonical field, Basware's key, reader.
FieldTable = Sequence[tuple[str, str, Callable[[Row, str], Any]]]
EXTERNAL_CODE = "externalCode"


@dataclass(frozen=True, slots=True)
class MapContext:
    """What map knows beside the payload."""

    connection: str
    settings: BaswareSettings


def take(row: Row, table: FieldTable) -> dict[str, Any]:
    """The fields that the row carries; what it does not carry stays unset."""
    return {name: read(row, key) for name, key, read in table if key in row}


def source_meta(row: Row, context: MapContext, resource: Resource, *, complete: bool = True) -> SourceMeta:
    """Where the record was read, and which version of it. Raises MappingError for a row without its id."""
    key = resource.id
    code = text(row, key)
    if code is None:
        raise MappingError(f"Basware sent a record of {resource.path} without its {key}.", field=key, system=SYSTEM)
    external = text(row, EXTERNAL_CODE)
    return SourceMeta(
        system=SYSTEM,
        connection_id=context.connection,
        entity_id=text(row, "companyCode"),
        record_type=resource.path,
        source_id=resource.prefix + code,
        source_ids={} if external is None else {EXTERNAL_CODE: external},
        source_version=version_of(row),
        source_updated_at=moment(row, "lastUpdated"),
        completeness=Completeness.FULL if complete else Completeness.SUMMARY,
    )


def needed(row: Row, key: str, what: str) -> str:
    """A text that a record cannot be without. Raises MappingError."""
    found = text(row, key)
    if found is None:
        raise MappingError(f"Basware sent {what} without its {key}.", field=key, system=SYSTEM)
    return found


def ref(row: Row, record_type: ObjectType, key: str, *, name: str | None = None) -> Ref | None:
    """A reference by business code, which is the id; None when the row has none there."""
    code = text(row, key)
    if code is None:
        return None
    return Ref(record_type=record_type, source_id=code, code=code, name=text(row, name) if name else None)


def currency(row: Row, key: str) -> str | None:
    """A currency code of three letters; Basware's schema allows others, which say nothing. Raises MappingError."""
    found = text(row, key)
    if found is None:
        return None
    if len(found) != 3 or not found.isalpha() or not found.isascii():
        raise MappingError(f"Basware sent no currency in {key}: {found[:10]!r}.", field=key, system=SYSTEM)
    return found.upper()


def name_in(row: Row, key: str, language: str) -> str | None:
    """A name in this language, else in English, else in the first there is."""
    found = {text(one, "language"): text(one, "translation") for one in rows(row, key)}
    return found.get(language) or found.get("en-US") or next((name for name in found.values() if name), None)


def active_in(row: Row, settings: BaswareSettings) -> bool:
    """Whether any of our companies may use it; entries that say nothing count as active."""
    ours = [one for one in rows(row, "companies") if text(one, "companyCode") in settings.company_codes]
    return not ours or any(one.get("active") is not False for one in ours)


def coding_dimensions(row: Row, settings: BaswareSettings) -> tuple[DimensionValue, ...]:
    """Cost centre, project and ``dimCode1-10`` of a posting line as the map of dimensions names them.

    A dimension list ACC_LIST_n is taken for ``dimCode<n>``, n up to 10.
    """
    found = []
    seen: set[str] = set()
    for place in places(settings):
        keys = {"costCenters": "costCenterCode", "projects": "projectCode"}
        path = place.resource.path
        key = keys.get(path, f"dimCode{path.removeprefix('lists/ACC_LIST_')}")
        code = text(row, key)
        if code is None or key in seen:
            continue
        seen.add(key)
        name = text(row, key.replace("Code", "Name"))
        kind, prefix = place.kind, place.resource.prefix
        found.append(DimensionValue(kind=kind, set_id=place.set_name, source_id=prefix + code, code=code, name=name))
    return tuple(found)


def minus(amount: Decimal | None) -> Decimal | None:
    """The other sign; never a negative zero."""
    if amount is None:
        return None
    return -amount if amount else abs(amount)
