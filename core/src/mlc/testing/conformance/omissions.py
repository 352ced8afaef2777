"""Checks: nothing is left out in silence, nothing is taken for granted, and nothing is made empty that was not seen."""

from mlc.connection import AnyConnection
from mlc.contract import Binding, BoundPart, FetchMode, FindKey, Operation, RenderContext, Write
from mlc.errors import MappingError, MlcError, PluginError, TransientError
from mlc.http import CallKind, Response
from mlc.records import ObjectType, Party, PayableDocument, Record
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.fetching import LONG_S
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Fault, Trouble

NOBODY = FindKey("conformance-nobody", number="CF-NOBODY-0", name="Nobody of That Name 0", reference="CF-NOBODY-0")
#: Fields that many systems have no place for, with a harmless value.
UNUSUAL_OF_PARTIES = {
    "legal_name": "Conformance Legal Name",
    "registration_number": "CF 1",
    "buyer_account_number": "CF 2",
}
UNUSUAL_OF_DOCUMENTS = {"payment_reference": "CF 3", "payment_terms": "Net 30", "memo": "CF 4"}


class OmissionChecks(Supplied):
    def test_a_list_is_read_to_its_own_count(self) -> None:
        counted = False
        for support in self.bench.need(Capability.READ):
            self.bench.need_a_vendor()
            pages = list(self.bench.walk(self.bench.open(), support.object_type, mode=FetchMode.SWEEP))
            totals = [page.total for page in pages if page.total is not None]
            if not totals:
                continue
            counted = True
            read = len({row.id for page in pages for row in page.records})
            assert read >= totals[-1], f"{support.object_type}: the list counts {totals[-1]} records, {read} were read"
        if not counted:
            not_applicable("the vendor's lists do not say how long they are.")

    def test_a_filter_that_the_vendor_ignores_is_checked_again(self) -> None:
        vendor = self.bench.vendor
        filtered = [one.object_type for one in self.bench.need(Capability.READ) if one.has_change_filter]
        if not filtered:
            not_applicable("no list of the system can be asked for changes.")
        if not vendor.advance(LONG_S):
            not_shown("the vendor's clock cannot be moved.")
        try:
            for kind in filtered:
                connection = self.bench.open()
                *_, last = self.bench.walk(connection, kind)
                tap_of(connection).add(Trouble(Fault.REPEAT))
                try:
                    page = self.bench.call(
                        connection, "mlc_fetch", object_type=kind, cursor=last.watermark, mode=FetchMode.CHANGES
                    )
                except TransientError:
                    continue
                old = [row.id for row in page.records]
                assert not old, f"{kind}: the vendor ignored the filter, and {len(old)} old records pass for changes"
        finally:
            vendor.advance(-LONG_S)

    def test_a_look_up_compares_what_it_found(self) -> None:
        for support in self.bench.need(Capability.FIND):
            kind = support.object_type
            self.bench.need_a_vendor()
            connection = self.bench.open()
            if self.bench.system.can(kind, Capability.READ):
                self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.SWEEP)
            tap_of(connection).add(Trouble(Fault.REPEAT))
            try:
                (found,) = self.bench.call(connection, "mlc_find", object_type=kind, keys=[NOBODY])
            except TransientError:
                continue
            assert not found, f"{kind}: the vendor ignored the filter, and {found[0].id} was found for nobody's key"

    def test_a_deleted_row_is_no_record(self) -> None:
        seen = False
        for support in self.bench.need(Capability.READ):
            kind = support.object_type
            connection = self.bench.open()
            *_, last = self.bench.walk(connection, kind)
            gone = self.remove(self.bench.vendor, kind)
            if gone is None:
                continue
            seen = True
            told = [row for page in self.bench.walk(connection, kind, last.watermark) for row in page.records]
            alive = [row for row in told if row.id == gone and row.deleted is None]
            assert not alive, f"{kind}: {gone} was deleted, and the list's word of it passes for a record"
        if not seen:
            not_shown("no record was deleted at the vendor; supply remove().")

    def test_what_is_not_shown_stays_unset(self) -> None:
        for kind, sample in self.bench.samples().items():
            whole = self.bench.map(kind, sample.full)
            for key in sample.full:
                try:
                    less = self.bench.map(kind, {name: value for name, value in sample.full.items() if name != key})
                except MappingError:
                    continue
                emptied = [name for name in _emptied(whole, less) if less.known(name)]
                assert not emptied, f"{kind}: {key} is not shown, and {emptied[0]} counts as empty instead of unset"

    def test_what_has_no_place_is_named_as_a_loss(self) -> None:
        seen = False
        for support in self.bench.need(Capability.CREATE):
            kind = support.object_type
            self.bench.need_a_vendor()
            connection = self.bench.open()
            plain = writing.draft(self.bench, connection, kind)
            unusual = None if plain is None else _unusual(plain.record)
            if plain is None or not unusual:
                continue
            record = plain.record.model_copy(update=unusual)
            rendered = self.bench.call(connection, "mlc_render", record=record, binding=None, context=plain.context)
            part = rendered.parts[0]
            write = Write(plain.main.key, Operation.CREATE, part.payload, plain.main.record_key, part=part.name,
                          action=part.action, use_unique_field=plain.main.use_unique_field)  # fmt: skip
            pushed = writing.send(self.bench, connection, kind, write)
            shown = None if pushed.external_id is None else self._omissions_read(connection, kind, pushed.external_id)
            if shown is None:
                continue
            seen = True
            named = {loss.field for loss in rendered.losses}
            lost = [name for name, value in unusual.items() if name not in named and getattr(shown, name) != value]
            assert not lost, f"{kind}: {', '.join(lost)} went nowhere and is not named as a loss"
        if not seen:
            not_shown("no record could be made; supply to_create().")

    def test_an_update_sends_nothing_that_was_not_seen(self) -> None:
        for support in self.bench.need(Capability.UPDATE):
            kind = support.object_type
            rows = self.bench.rows(kind)
            if not rows:
                continue
            connection = self.bench.open()
            before = self.bench.map(kind, rows[0].payload)
            proposed = self.to_change(before)
            if proposed is None:
                continue
            wanted, fields = proposed
            needed = {name for name, field in type(before).model_fields.items() if field.is_required()}
            sparse = type(before).model_validate({name: getattr(wanted, name) for name in needed | fields})
            bound = Binding({"main": BoundPart("main", rows[0].id, rows[0].version)}, base=before)
            context = RenderContext(Operation.UPDATE, self.bench.probe(connection), "conformance-sparse")
            try:
                rendered = self.bench.call(connection, "mlc_render", record=sparse, binding=bound, context=context)
            except MappingError:
                continue
            part = rendered.parts[0]
            write = Write(f"sparse-{self.bench.number()}", Operation.UPDATE, part.payload, context.record_key,
                          part=part.name, action=part.action, external_id=rows[0].id)  # fmt: skip
            writing.send(self.bench, connection, kind, write)
            after = self._omissions_read(connection, kind, rows[0].id)
            emptied = [] if after is None else [name for name in _emptied(before, after) if name not in fields]
            assert not emptied, f"{kind}: {', '.join(emptied)} was unset in what was written, and is empty there now"

    def test_a_write_is_never_tried_twice(self) -> None:
        for support in self.bench.need(Capability.CREATE):
            kind = support.object_type
            self.bench.need_a_vendor()
            connection = self.bench.open()
            made = writing.draft(self.bench, connection, kind)
            if made is None:
                continue
            for trouble in (
                Trouble(Fault.ANSWER, CallKind.WRITE, response=lambda: Response(503, json={}), times=None),
                Trouble(Fault.ANSWER, CallKind.WRITE, response=self.rate_limited, times=None),
                Trouble(Fault.DROP_AFTER, CallKind.WRITE, times=None),
            ):
                tap_of(connection).clear()
                tap_of(connection).add(trouble)
                pushed = writing.send(self.bench, connection, kind, made.main)
                tap_of(connection).clear()
                refused = isinstance(pushed.error, PluginError)
                assert not refused, f"{kind}: the connector tried to send a write again: {pushed.error}"

    def _omissions_read(self, connection: AnyConnection, kind: ObjectType, external_id: str) -> Record | None:
        """A record as it is at the vendor now; None where it cannot be read by its id."""
        if not self.bench.answers("mlc_read"):
            return None
        try:
            (row,) = self.bench.call(connection, "mlc_read", object_type=kind, ids=[external_id])
            return None if row.deleted is not None else self.bench.map(kind, row.payload)
        except MlcError:
            return None


def _emptied(one: Record, other: Record) -> list[str]:
    """Fields with a value in ``one`` and none in ``other``; where a record was read does not count."""
    names = sorted(one.model_fields_set - {"source", "extensions"})
    return [
        name for name in names if getattr(one, name) not in (None, (), "") and getattr(other, name) in (None, (), "")
    ]


def _unusual(record: Record) -> dict[str, str]:
    """Values for fields that the record does not state."""
    offered: dict[str, str] = {}
    if isinstance(record, Party):
        offered = UNUSUAL_OF_PARTIES
    elif isinstance(record, PayableDocument):
        offered = UNUSUAL_OF_DOCUMENTS
    return {
        name: value for name, value in offered.items() if name in type(record).model_fields and not record.known(name)
    }
