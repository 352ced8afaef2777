"""From a page's rows to what is worth storing: known versions cost nothing, changed ones are read whole where
needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, select

from mlc.contract import SourceRecord
from mlc.engine.currencyparts import PREFIX
from mlc.engine.scope import ListScope
from mlc.errors import MappingError, RateLimitedError
from mlc.recipes import Flow
from mlc.records import MoneyDocument, Record
from mlc.records.codec import readable_problems
from mlc.store.schema import bindings, records, registers
from mlc.store.statements import Statement


class Known(NamedTuple):
    """What the store knows of one external id. ``observed_version``: of a bound document, looked at but not written.

    ``unverified``: it was written, and nobody has seen the result yet (R13).
    """

    record_id: int | None = None
    record_version: str | None = None
    bound_to: int | None = None
    bound_version: str | None = None
    observed_version: str | None = None
    unverified: bool = False
    register_version: str | None = None
    is_part: bool = False
    """Another currency of a party, and nothing else: it is listed, and decided with the party alone."""

    @property
    def is_new(self) -> bool:
        """Neither a record of this pairing nor bound to one."""
        return self.record_id is None and self.bound_to is None and not self.is_part

    def has(self, row: SourceRecord) -> bool:
        """True when this very version was stored before: it costs nothing more."""
        if row.deleted is not None:
            return False
        if self.record_id is not None and self.bound_to in (None, self.record_id):
            return self.record_version == row.version
        if self.bound_to is not None:
            return not self.unverified and row.version in (self.bound_version, self.observed_version)
        return self.register_version == row.version


@dataclass(frozen=True)
class Reading:
    """One row that is to be stored. ``problem`` is why it could not be mapped."""

    row: SourceRecord
    record: Record | None
    full: bool
    flow: Flow | None
    known: Known
    problem: str | None = None


def look_up(connection: Connection, scope: ListScope, ids: Sequence[str]) -> dict[str, Known]:
    """What is known of these ids, in one query per table for the whole page."""
    if not ids:
        return {}
    # Plain tuples fetched at once: most of what an unchanged row costs is finding that it is one.
    asked = {
        "b_pairing": scope.pairing.name,
        "b_side": scope.side.value,
        "b_type": scope.object_type.value,
        "b_ids": ids,
    }
    own: dict[str, tuple[int | None, str | None]] = {
        external_id: (record_id, version) for external_id, record_id, version in _OWN.rows(connection, asked)
    }
    bound: dict[str, tuple[int | None, str | None, str | None, bool]] = {
        external_id: (record_id, version, observed, bool(unverified))
        for external_id, record_id, version, observed, unverified in _BOUND.rows(connection, asked)
    }
    parts = {external_id for (external_id,) in _PARTS.rows(connection, asked)}
    listed: dict[str, str | None] = {}
    if scope.keeps_register:
        listed = dict(_LISTED.rows(connection, asked))
    known = {}
    for external_id in ids:
        bound_to, bound_version, observed_version, unverified = bound.get(external_id, _NOT_BOUND)
        known[external_id] = Known(
            *own.get(external_id, _NOT_OURS),
            bound_to,
            bound_version,
            observed_version,
            unverified,
            listed.get(external_id),
            external_id in parts and bound_to is None,
        )
    return known


def _of_list(table: Table, object_type: Any) -> ColumnElement[bool]:
    """The rows of one list, as many of them as are asked for."""
    return and_(
        table.c.pairing == bindparam("b_pairing"),
        table.c.side == bindparam("b_side"),
        object_type == bindparam("b_type"),
        table.c.external_id.in_(bindparam("b_ids", expanding=True)),
    )


_OWN = Statement(
    select(records.c.external_id, records.c.id, records.c.version).where(_of_list(records, records.c.read_type))
)
_BOUND = Statement(
    select(
        bindings.c.external_id,
        bindings.c.record_id,
        bindings.c.version,
        records.c.other_version,
        bindings.c.unverified,
    )
    .join(records, records.c.id == bindings.c.record_id)
    .where(_of_list(bindings, bindings.c.object_type), bindings.c.part == "main", bindings.c.role == "primary")
)
_PARTS = Statement(
    select(bindings.c.external_id).where(_of_list(bindings, bindings.c.object_type), bindings.c.part.like(PREFIX + "%"))
)
_LISTED = Statement(
    select(registers.c.external_id, registers.c.version).where(_of_list(registers, registers.c.object_type))
)
_NOT_OURS: tuple[int | None, str | None] = (None, None)
_NOT_BOUND: tuple[int | None, str | None, str | None, bool] = (None, None, None, False)


@dataclass(frozen=True)
class Readings:
    """What a page was worth. ``whole`` is False when reads had to stop: the page is listed again for the rest."""

    readings: list[Reading]
    calls: int
    whole: bool = True
    refused: RateLimitedError | None = None


def read_changed(scope: ListScope, rows: Sequence[SourceRecord], known: dict[str, Known]) -> Readings:
    """Readings of rows whose version is new."""
    firsts = [map_row(scope, row, known[row.id]) for row in rows]
    firsts = [one for one in firsts if not is_outside(scope, one.record, one.known)]
    wanted = [reading.row.id for reading in firsts if _needs_detail(scope, reading)]
    found, whole, refused = scope.session.read_until_refused(scope.side, scope.object_type, wanted)
    details = {row.id: row for row in found}
    left_out = set() if whole else set(wanted) - details.keys()
    readings = [
        reading if reading.row.id not in details else map_row(scope, details[reading.row.id], reading.known)
        for reading in firsts
        if reading.row.id not in left_out
    ]
    return Readings(readings, len(details), whole, refused)


def is_outside(scope: ListScope, record: Record | None, known: Known) -> bool:
    """A document of a company that this pairing may not see: as if it were not there. One that is known stays so."""
    return known.is_new and record is not None and scope.is_outside(record)


def map_row(scope: ListScope, row: SourceRecord, known: Known) -> Reading:
    """One row through map; what cannot be mapped becomes a problem of this record alone."""
    if row.deleted is not None and not row.payload:
        return Reading(row, None, full=True, flow=None, known=known)
    try:
        record = scope.session.map(scope.side, scope.object_type, row.payload)
    except MappingError as error:
        return Reading(row, None, full=row.complete, flow=None, known=known, problem=error.sentence)
    except ValidationError as error:
        problem = "; ".join(readable_problems(error))
        return Reading(row, None, full=row.complete, flow=None, known=known, problem=problem)
    return Reading(row, record, full=row.complete, flow=scope.flow_of(record), known=known)


def _needs_detail(scope: ListScope, reading: Reading) -> bool:
    if reading.row.complete or reading.row.deleted is not None or reading.problem is not None:
        return False
    if reading.known.bound_to is not None:
        return True
    record = reading.record
    if not scope.is_source or record is None:
        return scope.is_foreign_payment(record)
    if not isinstance(record, MoneyDocument):
        return True
    if scope.is_before_go_live(record) or reading.flow is None:
        return False
    return scope.is_posted(record, reading.flow)
