"""Checks: what is there is found, in the order it was asked for, and nothing else is."""

from dataclasses import replace

from mlc.contract import FindKey
from mlc.http import CallKind
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_shown
from mlc.testing.connecting import tap_of

ABSENT = FindKey("conformance-absent", number="CF-ABSENT-0", name="Nobody of That Name 0", reference="CF-ABSENT-0")


class FindingChecks(Supplied):
    def test_what_is_not_there_is_not_found(self) -> None:
        for kind in self._findable():
            absent = replace(ABSENT, party_id=self._party_of(kind))
            found = self.bench.call(self.bench.open(), "mlc_find", object_type=kind, keys=[absent])
            assert found == [[]], f"{kind}: something was found for a key that nobody has"

    def test_a_record_is_found_by_its_id(self) -> None:
        for kind in self._findable():
            rows = self.bench.rows(kind)
            if not rows:
                continue
            key = FindKey("conformance", external_id=rows[0].id)
            (found,) = self.bench.call(self.bench.open(), "mlc_find", object_type=kind, keys=[key])
            assert [row.id for row in found] == [rows[0].id], f"{kind}: not found by its own id"

    def test_a_record_is_found_by_its_natural_key(self) -> None:
        seen = False
        for kind in self._findable():
            for record in self.bench.readable(kind):
                if record.object_type is not kind:
                    continue
                key = writing.find_key(record, "conformance", unique=False)
                if key.number is None and key.name is None and key.reference is None:
                    continue
                seen = True
                (found,) = self.bench.call(self.bench.open(), "mlc_find", object_type=kind, keys=[key])
                there = {row.id for row in found}
                assert record.source.source_id in there, f"{kind}: {key.number or key.name} is there and not found"
                break
        if not seen:
            not_shown("no record with a natural key was read.")

    def test_answers_come_in_the_order_of_the_keys(self) -> None:
        for kind in self._findable():
            rows = self.bench.rows(kind)
            if not rows:
                continue
            absent = replace(ABSENT, party_id=self._party_of(kind))
            keys = [absent, FindKey("conformance", external_id=rows[0].id), absent]
            found = self.bench.call(self.bench.open(), "mlc_find", object_type=kind, keys=keys)
            shape = [[row.id for row in answer] for answer in found]
            assert shape == [[], [rows[0].id], []], f"{kind}: answers do not follow the keys"

    def test_looking_changes_nothing(self) -> None:
        for kind in self._findable():
            connection = self.bench.open()
            self.bench.call(connection, "mlc_find", object_type=kind, keys=[ABSENT])
            assert not tap_of(connection).of(CallKind.WRITE), f"{kind}: a look-up sent a mutating request"

    def test_no_key_is_no_question(self) -> None:
        for kind in self._findable():
            assert self.bench.call(self.bench.open(), "mlc_find", object_type=kind, keys=[]) == []

    def _findable(self) -> list[ObjectType]:
        found = [support.object_type for support in self.bench.need(Capability.FIND)]
        self.bench.need_a_vendor()
        return found

    def _party_of(self, kind: ObjectType) -> str | None:
        """A vendor that is there, where documents are looked up within one."""
        parties = (getattr(one, "vendor", None) for one in self.bench.readable(kind))
        return next((party.source_id for party in parties if party is not None), None)
