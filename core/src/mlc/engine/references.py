"""References in the target's words: bound vendors and orders, beside the ledger's own master data."""

import json

from sqlalchemy import Connection, bindparam, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.keys import po_line_keys
from mlc.engine.currencyparts import currency_part, whole_of
from mlc.engine.homereferences import BornThere, born_there
from mlc.engine.ledgerdata import LedgerData
from mlc.engine.merging import survivor
from mlc.engine.namesakes import only_inactive
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import (
    Allocation,
    Line,
    ObjectType,
    PartyStatus,
    Ref,
)
from mlc.store.schema import bindings, holds, records, registers
from mlc.store.statements import Statement

#: What a vendor waits for is what its documents wait for.
_DOUBTFUL = (HoldCode.AMBIGUOUS, HoldCode.NAME_TAKEN, HoldCode.VENDOR_ADDRESS, HoldCode.MANDATORY_FIELD)


class TargetReferences(LedgerData):
    """Answers for one flow's run from the store alone; master data is small and read once."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        source: Side,
        *,
        planning_only: bool = False,
        direction: str = "purchase",
    ) -> None:
        super().__init__(session, connection, source.other, direction=direction, planning_only=planning_only)
        self._session = session
        self._connection = connection
        self._source = source
        self._target = source.other
        self._planning_only = planning_only
        self._parties: dict[tuple[ObjectType, str], Ref | Hold | None] = {}
        self._orders: dict[str, tuple[Ref, dict[str, str]] | None] = {}

    def look_through(self, connection: Connection) -> None:
        """Use this connection from now on; what was looked up stays known; a party that was missing is looked up
        again."""
        self._connection = connection
        self._parties = {key: found for key, found in self._parties.items() if isinstance(found, Ref)}

    # ---------------------------------------------------------------- parties and orders

    def vendor(self, ref: Ref) -> Ref | Hold | None:
        return self._party(ref, ObjectType.VENDOR)

    def customer(self, ref: Ref) -> Ref | Hold | None:
        return self._party(ref, ObjectType.CUSTOMER)

    def _party(self, ref: Ref, kind: ObjectType) -> Ref | Hold | None:
        if ref.source_id is None:
            return None
        key = (kind, ref.source_id)
        if key not in self._parties:
            self._parties[key] = self._find_party(ref, kind)
        return self._parties[key]

    def _find_party(self, ref: Ref, kind: ObjectType) -> Ref | Hold | None:
        asked = {
            "b_pairing": self._session.pairing.name,
            "b_source": self._source.value,
            "b_target": self._target.value,
            "b_type": kind.value,
            "b_id": ref.source_id,
        }
        bound = _PARTY.rows(self._connection, asked)
        if not bound and (home := self._born_there(ref, kind)) is not None:
            if not home.live:
                return _inactive(ref, kind)
            return Ref(record_type=kind, source_id=home.external_id, code=home.currency, name=ref.name)
        if not bound:
            into = survivor(self._connection, self._session.pairing.name, self._source, kind, ref.source_id or "")
            if into != ref.source_id:
                return self._find_party(ref.model_copy(update={"source_id": into}), kind)
        if not bound and kind is ObjectType.VENDOR:
            whole = whole_of(self._connection, self._session.pairing.name, self._source, ref.source_id or "")
            if whole is not None:
                found = self._find_party(ref.model_copy(update={"source_id": whole}), kind)
                return found.model_copy(update={"code": None}) if isinstance(found, Ref) else found
        if not bound:
            merged = self._merged_party(ref, kind)
            if merged is not None:
                return merged
            known = self._session.planned
            planned = known.get(kind, ref.source_id or "") or known.born_as(kind, ref.source_id or "")
            if planned is None or not self._planning_only:
                doubtful = self._doubtful_party(ref, kind)
                if doubtful is None and only_inactive(
                    self._connection, self._session.pairing.name, self._source, kind, ref
                ):
                    return _inactive(ref, kind)
                return doubtful
            # Of one that is about to be bound, the register knows what will count then; of one to be made, nothing.
            bound = [(planned, *(_LISTED.rows(self._connection, asked | {"b_id": planned}) or [(1, None, None)])[0])]
        external_id, live, currency, status = bound[0]
        if live == 0:
            return _inactive(ref, kind) if status == PartyStatus.INACTIVE.value else _gone(ref, kind)
        return Ref(record_type=kind, source_id=external_id, code=currency, name=ref.name)

    def _born_there(self, ref: Ref, kind: ObjectType) -> BornThere | None:
        if ref.source_id is None:
            return None
        return born_there(self._connection, self._session.pairing.name, self._source, kind, ref.source_id)

    def _merged_party(self, ref: Ref, kind: ObjectType) -> Ref | None:
        """A party of which only an alias is left over there: its documents go to the survivor (R21)."""
        pairing = self._session.pairing.name
        record_id = self._connection.execute(  # once bound, it still is where it was born; any other was never merged
            select(records.c.id)
            .join(bindings, (bindings.c.record_id == records.c.id) & (bindings.c.role == "primary"))
            .where(
                records.c.pairing == pairing,
                records.c.side == self._source.value,
                records.c.read_type == kind.value,
                records.c.external_id == ref.source_id,
                bindings.c.pairing == pairing,
                bindings.c.side == self._source.value,
            )
        ).scalar()
        if record_id is None:
            return None
        moved_to = self._connection.execute(
            select(bindings.c.moved_to)
            .where(
                bindings.c.pairing == pairing,
                bindings.c.side == self._target.value,
                bindings.c.object_type == kind.value,
                bindings.c.record_id == record_id,
                bindings.c.role == "alias",
            )
            .order_by(bindings.c.id.desc())
        ).scalar()
        if moved_to is None:
            return None
        into = survivor(self._connection, pairing, self._target, kind, moved_to)
        return Ref(record_type=kind, source_id=into, name=ref.name)

    def vendor_in(self, ref: Ref, currency: str) -> Ref | None:
        main = self.vendor(ref)
        if not isinstance(main, Ref) or main.source_id is None:
            return None
        found = currency_part(self._connection, self._session.pairing.name, self._target, main.source_id, currency)
        return None if found is None else Ref(record_type=ObjectType.VENDOR, source_id=found, code=currency)

    def _doubtful_party(self, ref: Ref, kind: ObjectType) -> Hold | None:
        """A party that itself waits for a person: its documents wait for the same answer."""
        held = self._connection.execute(
            select(holds.c.code, holds.c.sentence)
            .join(records, records.c.id == holds.c.record_id)
            .where(
                records.c.pairing == self._session.pairing.name,
                records.c.side == self._source.value,
                records.c.object_type == kind.value,
                records.c.read_type == kind.value,
                records.c.external_id == ref.source_id,
                holds.c.code.in_([code.value for code in _DOUBTFUL]),
                holds.c.cleared_at.is_(None),
            )
        ).first()
        if held is None:
            return None
        return Hold(HoldCode(held.code), held.sentence, Waits.REFERENCE, f"{kind.value}:{ref.source_id}")

    def purchase_order(self, ref: Ref) -> Ref | None:
        found = self._order(ref)
        return found[0] if found else None

    def po_line(self, line: Line, allocation: Allocation | None) -> tuple[Ref, str] | None:
        if line.purchase_order is None:
            return None
        found = self._order(line.purchase_order)
        if found is None:
            return None
        order, lines = found
        named = line.purchase_order_line
        if named is not None and named.source_id in lines:
            return order, lines[named.source_id]
        for key in po_line_keys(line, allocation):
            if key in lines:
                return order, lines[key]
        return None

    def _order(self, ref: Ref) -> tuple[Ref, dict[str, str]] | None:
        key = ref.source_id
        if key is None:
            return None
        if key not in self._orders:
            if len(self._orders) > 5_000:  # memory stays flat on long runs
                self._orders.clear()
            rows = _ORDER.rows(
                self._connection,
                {
                    "b_pairing": self._session.pairing.name,
                    "b_source": self._source.value,
                    "b_target": self._target.value,
                    "b_id": key,
                },
            )
            planned = self._session.planned.get(ObjectType.PURCHASE_ORDER, key) if self._planning_only else None
            found = None
            if rows:
                external_id, lines, number = rows[0]
                order = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=external_id, code=number)
                found = (order, json.loads(lines) if lines else {})
            elif (home := self._born_there(ref, ObjectType.PURCHASE_ORDER)) is not None:
                order = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=home.external_id, code=home.number)
                found = (order, home.lines)
            elif planned is not None:
                found = (Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=planned), {})
            self._orders[key] = found
        return self._orders[key]


def _inactive(ref: Ref, kind: ObjectType) -> Hold:
    sentence = f"{ref.name or ref.source_id} is inactive in the target; reactivate it there."
    return Hold(HoldCode.VENDOR_INACTIVE, sentence, Waits.REFERENCE, f"{kind.value}:{ref.source_id}")


def _gone(ref: Ref, kind: ObjectType) -> Hold:
    sentence = f"{ref.name or ref.source_id} is gone from the target; it goes once it is known what became of it."
    return Hold(HoldCode.MISSING_VENDOR, sentence, Waits.REFERENCE, f"{kind.value}:{ref.source_id}")


_PARTY = Statement(
    select(bindings.c.external_id, registers.c.live, registers.c.currency, registers.c.status)
    .select_from(
        records.join(
            bindings,
            (bindings.c.pairing == records.c.pairing)
            & (bindings.c.record_id == records.c.id)
            & (bindings.c.side == bindparam("b_target"))
            & (bindings.c.part == "main")
            & (bindings.c.role == "primary"),
        ).outerjoin(
            registers,
            (registers.c.pairing == records.c.pairing)
            & (registers.c.side == bindparam("b_target"))
            & (registers.c.object_type == bindparam("b_type"))
            & (registers.c.external_id == bindings.c.external_id),
        )
    )
    .where(
        records.c.pairing == bindparam("b_pairing"),
        records.c.side == bindparam("b_source"),
        records.c.object_type == bindparam("b_type"),
        records.c.read_type == bindparam("b_type"),
        records.c.external_id == bindparam("b_id"),
    )
)
_LISTED = Statement(
    select(registers.c.live, registers.c.currency, registers.c.status).where(
        registers.c.pairing == bindparam("b_pairing"),
        registers.c.side == bindparam("b_target"),
        registers.c.object_type == bindparam("b_type"),
        registers.c.external_id == bindparam("b_id"),
    )
)
_ORDER = Statement(
    select(bindings.c.external_id, bindings.c.lines, records.c.number)
    .join(records, records.c.id == bindings.c.record_id)
    .where(
        records.c.pairing == bindparam("b_pairing"),
        records.c.side == bindparam("b_source"),
        records.c.read_type == ObjectType.PURCHASE_ORDER.value,
        records.c.external_id == bindparam("b_id"),
        bindings.c.pairing == bindparam("b_pairing"),
        bindings.c.side == bindparam("b_target"),
        bindings.c.part == "main",
        bindings.c.role == "primary",
    )
)
