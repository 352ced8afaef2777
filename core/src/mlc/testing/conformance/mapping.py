"""Checks: what is read is understood exactly, and what cannot be understood is named."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from mlc.errors import MappingError
from mlc.records import Completeness, ObjectType, Record, dump_record, load_record
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.fetching import FAR_ZONE, in_zone, leaves
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of

#: What stands where it should not: each leaf of a payload is replaced by each of these once.
ODD: tuple[Any, ...] = (None, "", "zz-unknown", -1, [], {}, True)
LEAVES_MAX = 60
_NUMBER = 999_999
#: Fields of a record that come back as they were sent, where both sides know them.
COMPARED = (
    "bill_number", "po_number", "invoice_number", "name", "issue_date", "due_date", "posting_date", "delivery_date",
    "currency", "total", "subtotal", "tax_total", "memo", "payment_date", "amount", "reference", "website",
)  # fmt: skip
LINE_COMPARED = ("quantity", "unit_price", "line_net_amount", "description")


class MappingChecks(Supplied):
    def test_samples_map_to_records_of_this_system(self) -> None:
        for kind, sample in self.bench.samples().items():
            record = self.bench.map(kind, sample.full)
            read_at = record.source.system
            assert read_at == self.system, f"{kind}: the record says it was read at {read_at!r}"
            assert record.source.source_id.strip()
            assert load_record(record.object_type, dump_record(record)) == record

    def test_amounts_are_decimals_and_moments_are_aware(self) -> None:
        for kind, sample in self.bench.samples().items():
            for path, value in leaves(self.bench.map(kind, sample.full).model_dump()):
                assert not isinstance(value, float), f"{kind}: {path} is a float"
                if isinstance(value, datetime):
                    assert value.tzinfo is not None, f"{kind}: {path} has no time zone"

    def test_mapping_is_pure(self) -> None:
        for kind, sample in self.bench.samples().items():
            connection = self.bench.open()
            before = deepcopy(dict(sample.full))
            one, other = (
                self.bench.call(connection, "mlc_map", object_type=kind, payload=dict(sample.full)) for _ in range(2)
            )
            assert one == other, f"{kind}: the same payload maps to two different records"
            assert dict(sample.full) == before, f"{kind}: map changed its payload"
            assert not tap_of(connection).calls, f"{kind}: map called the vendor"

    def test_unknown_fields_are_ignored(self) -> None:
        for kind, sample in self.bench.samples().items():
            with_more = self.bench.map(kind, _extended(sample.full))
            same = _values(with_more) == _values(self.bench.map(kind, sample.full))
            assert same, f"{kind}: a field that is new there changes the record"

    def test_an_unknown_enumeration_value_maps(self) -> None:
        seen = False
        for kind, sample in self.bench.samples().items():
            keys = self.enums.get(kind, ("status",) if "status" in sample.full else ())
            for key in keys:
                seen = True
                odd = _NUMBER if isinstance(sample.full.get(key), int) else "zz-unknown"
                try:
                    self.bench.map(kind, {**sample.full, key: odd})
                except MappingError as error:
                    raise AssertionError(f"{kind}: an unknown {key} cannot be read: {error}") from error
        if not seen:
            not_applicable("no payload holds an enumeration.")

    def test_a_payload_without_its_id_is_refused_by_name(self) -> None:
        for kind, sample in self.bench.samples().items():
            named = []
            for key in sample.full:
                if str(key).startswith("_"):
                    continue
                try:
                    self.bench.map(kind, {name: value for name, value in sample.full.items() if name != key})
                except MappingError as error:
                    named.append(error)
            assert named, f"{kind}: a record is made even of a payload without its id"
            assert all(error.field for error in named), f"{kind}: an error does not name its field"

    def test_an_empty_payload_is_refused(self) -> None:
        for kind in self.bench.samples():
            with pytest.raises(MappingError) as refused:
                self.bench.map(kind, {})
            assert refused.value.field, f"{kind}: the error of an empty payload names no field"

    def test_odd_values_are_read_or_refused_but_never_crash(self) -> None:
        for kind, sample in self.bench.samples().items():
            for what, odd in _spoiled(sample.full):
                try:
                    self.bench.map(kind, odd)
                except MappingError:
                    continue
                except Exception as error:
                    raise AssertionError(f"{kind}: {what} ends in {type(error).__name__}: {error}") from error

    def test_a_summary_leaves_unset_what_it_does_not_carry(self) -> None:
        seen = False
        for kind, sample in self.bench.samples().items():
            if sample.summary is None:
                continue
            seen = True
            whole, short = self.bench.map(kind, sample.full), self.bench.map(kind, sample.summary)
            said = short.source.completeness
            assert said is Completeness.SUMMARY, f"{kind}: a list row claims to be {said}"
            if _lines(whole):
                assert not short.known("lines"), f"{kind}: a list row without lines says that there are none"
            extra = short.model_fields_set - whole.model_fields_set
            assert not extra, f"{kind}: the summary knows {sorted(extra)} and the whole record does not"
        if not seen:
            incomplete = [one for one in self.bench.supports(Capability.READ) if not one.complete_in_list]
            if not incomplete:
                not_applicable("lists carry whole records.")
            not_shown("no summary is supplied.")

    def test_an_empty_value_is_known_to_be_empty(self) -> None:
        seen = False
        for kind, sample in self.bench.samples().items():
            whole = self.bench.map(kind, sample.full)
            for key, value in sample.full.items():
                if isinstance(value, dict | list) or value is None:
                    continue
                try:
                    empty = self.bench.map(kind, {**sample.full, key: None})
                except MappingError:
                    continue
                for name in _emptied(whole, empty, value):
                    seen = True
                    assert empty.known(name), f"{kind}: {key} is empty, and {name} counts as not seen"
        if not seen:
            not_applicable("no field that may be empty is carried over as it stands.")

    def test_the_machines_time_zone_changes_no_date(self) -> None:
        for kind, sample in self.bench.samples().items():
            here = self.bench.map(kind, sample.full)
            with in_zone(FAR_ZONE):
                there = self.bench.map(kind, sample.full)
            assert here == there, f"{kind}: in another time zone it maps to another record"

    def test_rendering_is_pure(self) -> None:
        seen = False
        for support in self.bench.need(Capability.CREATE):
            self.bench.need_a_vendor()
            connection = self.bench.open()
            self.bench.probe(connection)
            made = writing.draft(self.bench, connection, support.object_type)
            if made is None:
                continue
            seen = True
            calls = len(tap_of(connection).calls)
            again = self.bench.call(connection, "mlc_render", record=made.record, binding=None, context=made.context)
            assert again == made.rendered, f"{support.object_type}: the same record renders to other bytes"
            assert len(tap_of(connection).calls) == calls, f"{support.object_type}: render called the vendor"
            assert all(isinstance(part.payload, bytes) for part in made.rendered.parts)
        if not seen:
            not_shown("no record could be made to render; supply to_create().")

    def test_what_was_written_reads_back_the_same_or_is_a_named_loss(self) -> None:
        seen = False
        for support in self.bench.need(Capability.CREATE):
            kind = support.object_type
            if not self.bench.system.can(kind, Capability.READ):
                continue
            self.bench.need_a_vendor()
            connection = self.bench.open()
            made = writing.draft(self.bench, connection, kind)
            if made is None:
                continue
            pushed = writing.send(self.bench, connection, kind, made.main)
            if pushed.external_id is None:
                raise AssertionError(f"{kind}: a copy of a record that was read is refused: {pushed}")
            shown = self._read_back(kind, pushed.external_id)
            if shown is None:
                continue
            seen = True
            lost = {loss.field for loss in made.rendered.losses}
            differing = [line for line in _compared(made.record, shown) if not _told(line.partition(":")[0], lost)]
            assert not differing, f"{kind}: neither kept nor named as a loss: {'; '.join(differing)}"
        if not seen:
            not_shown("nothing could be written and read back; supply to_create().")

    def _read_back(self, kind: ObjectType, external_id: str) -> Record | None:
        connection = self.bench.open()
        if self.bench.answers("mlc_read"):
            (row,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            return None if row.deleted is not None else self.bench.map(kind, row.payload)
        rows = (row for page in self.bench.walk(connection, kind) for row in page.records)
        return next((self.bench.map(kind, row.payload) for row in rows if row.id == external_id), None)


def _extended(value: Any) -> Any:
    """With a field nobody has heard of in every object that has a field at all."""
    if isinstance(value, Mapping):
        inner = {key: one if str(key).startswith("_") else _extended(one) for key, one in value.items()}
        return {**inner, "zz_new_field": "zz"} if inner else inner
    return [_extended(one) for one in value] if isinstance(value, list | tuple) else value


def _spoiled(payload: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The payload with one leaf or branch replaced by something odd."""
    paths = list(_paths(payload))[:LEAVES_MAX]
    for path in paths:
        for odd in ODD:
            copy = deepcopy(dict(payload))
            place: Any = copy
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = odd
            yield f"{'.'.join(map(str, path))} = {odd!r}", copy


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value[:1])
    for key, inner in items:
        if str(key).startswith("_"):  # the connector's own marks, not the vendor's
            continue
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _emptied(whole: Record, empty: Record, value: Any) -> list[str]:
    """Fields that held just this value, and now hold nothing."""
    names = [name for name in whole.model_fields_set if name != "source" and getattr(empty, name) is None]
    return [name for name in names if str(getattr(whole, name)) == str(value)]


def _values(record: Record) -> dict[str, Any]:
    """Without the version, which may be a digest of the whole payload."""
    values = record.model_dump(exclude_unset=True)
    values["source"].pop("source_version", None)
    return values


def _compared(sent: Record, shown: Record) -> Iterator[str]:
    for name in COMPARED:
        if name in sent.model_fields_set and shown.known(name):
            ours, theirs = getattr(sent, name), getattr(shown, name)
            if ours not in (None, "") and ours != theirs:
                yield f"{name}: {ours!r} became {theirs!r}"
    ours_lines, their_lines = _lines(sent), _lines(shown)
    if not ours_lines or not shown.known("lines"):
        return
    if len(ours_lines) != len(their_lines):
        yield f"lines: {len(ours_lines)} became {len(their_lines)}"
        return
    for ours_line, their_line in zip(ours_lines, their_lines, strict=True):
        for name in LINE_COMPARED:
            if ours_line.known(name) and their_line.known(name) and getattr(ours_line, name) is not None:
                ours, theirs = getattr(ours_line, name), getattr(their_line, name)
                if ours != theirs:
                    yield f"lines.{name}: {ours!r} became {theirs!r}"


def _lines(record: Record) -> tuple[Any, ...]:
    found: tuple[Any, ...] = getattr(record, "lines", ())
    return found


def _told(field: str, losses: set[str]) -> bool:
    """A loss may name the field itself, or where it is inside."""
    last = field.rpartition(".")[2]
    return any(loss == field or loss.rpartition(".")[2].partition("[")[0] == last or last in loss for loss in losses)
