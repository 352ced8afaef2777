"""References in the target's words: bound parties and orders, mapped accounts, taxes, dimensions, the ledger's rate."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select

from mlc.engine.holdcodes import Hold, HoldCode, Waits
from mlc.engine.keys import dimension_code, po_line_keys
from mlc.engine.lookups import Drop, Fold, Found
from mlc.engine.registers import name_key, rows_of
from mlc.engine.session import Session
from mlc.recipes import Side, TaxRule
from mlc.records import (
    Account,
    Allocation,
    Charge,
    ChargeKind,
    Currency,
    Dimension,
    DimensionValue,
    Line,
    LineTax,
    ObjectType,
    Rate,
    Ref,
    TaxRate,
    load_record,
)
from mlc.store.schema import bindings, holds, records, registers


class TargetReferences:
    """Answers for one flow's run from the store alone; master data is small and read once."""

    def __init__(self, session: Session, connection: Connection, source: Side, *, planning_only: bool = False) -> None:
        self._session = session
        self._connection = connection
        self._source = source
        self._target = source.other
        self._planning_only = planning_only
        self._policy = session.pairing.policy
        self._accounts = self._load(ObjectType.ACCOUNT)
        self._taxes = self._load(ObjectType.TAX_RATE)
        self._dimensions = self._load(ObjectType.DIMENSION)
        self._currencies = self._load(ObjectType.CURRENCY)
        self._vendors: dict[str, Ref | Hold | None] = {}
        self._orders: dict[str, tuple[Ref, dict[str, str]] | None] = {}

    def look_through(self, connection: Connection) -> None:
        """Use this connection from now on; what was looked up stays known; a vendor that was missing is looked up
        again."""
        self._connection = connection
        self._vendors = {key: found for key, found in self._vendors.items() if isinstance(found, Ref)}

    def _load(self, kind: ObjectType) -> list[Any]:
        found = rows_of(self._connection, self._session.pairing.name, self._target, kind)
        return [load_record(kind, row["summary"]) for row in found if row["summary"]]

    # ---------------------------------------------------------------- parties and orders

    def vendor(self, ref: Ref) -> Ref | Hold | None:
        if ref.source_id is None:
            return None
        if ref.source_id not in self._vendors:
            self._vendors[ref.source_id] = self._find_vendor(ref)
        return self._vendors[ref.source_id]

    def _find_vendor(self, ref: Ref) -> Ref | Hold | None:
        bound = self._connection.execute(
            select(bindings.c.external_id, registers.c.live, registers.c.currency)
            .select_from(
                records.join(
                    bindings,
                    (bindings.c.record_id == records.c.id)
                    & (bindings.c.side == self._target.value)
                    & (bindings.c.part == "main")
                    & (bindings.c.role == "primary"),
                ).outerjoin(
                    registers,
                    (registers.c.pairing == records.c.pairing)
                    & (registers.c.side == self._target.value)
                    & (registers.c.object_type == ObjectType.VENDOR.value)
                    & (registers.c.external_id == bindings.c.external_id),
                )
            )
            .where(
                records.c.pairing == self._session.pairing.name,
                records.c.side == self._source.value,
                records.c.object_type == ObjectType.VENDOR.value,
                records.c.external_id == ref.source_id,
            )
        ).first()
        if bound is None:
            planned = self._session.planned.get((ObjectType.VENDOR, ref.source_id or ""))
            if planned is None or not self._planning_only:
                return self._doubtful_vendor(ref)
            return Ref(record_type=ObjectType.VENDOR, source_id=planned, name=ref.name)
        if bound.live == 0:
            return Hold(
                HoldCode.VENDOR_INACTIVE,
                f"{ref.name or ref.source_id} is inactive in the target; reactivate it there.",
                Waits.REFERENCE,
                f"vendor:{ref.source_id}",
            )
        return Ref(record_type=ObjectType.VENDOR, source_id=bound.external_id, code=bound.currency, name=ref.name)

    def _doubtful_vendor(self, ref: Ref) -> Hold | None:
        """A vendor that itself waits for a person: its documents wait for the same answer."""
        held = self._connection.execute(
            select(holds.c.code, holds.c.sentence)
            .join(records, records.c.id == holds.c.record_id)
            .where(
                records.c.pairing == self._session.pairing.name,
                records.c.side == self._source.value,
                records.c.object_type == ObjectType.VENDOR.value,
                records.c.external_id == ref.source_id,
                holds.c.code.in_([HoldCode.AMBIGUOUS.value, HoldCode.NAME_TAKEN.value]),
                holds.c.cleared_at.is_(None),
            )
        ).first()
        if held is None:
            return None
        return Hold(HoldCode(held.code), held.sentence, Waits.REFERENCE, f"vendor:{ref.source_id}")

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
            row = self._connection.execute(
                _ORDER,
                {
                    "b_pairing": self._session.pairing.name,
                    "b_source": self._source.value,
                    "b_target": self._target.value,
                    "b_id": key,
                },
            ).first()
            planned = self._session.planned.get((ObjectType.PURCHASE_ORDER, key)) if self._planning_only else None
            found = None
            if row is not None:
                order = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=row.external_id, code=row.number)
                found = (order, json.loads(row.lines) if row.lines else {})
            elif planned is not None:
                found = (Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=planned), {})
            self._orders[key] = found
        return self._orders[key]

    # ---------------------------------------------------------------- master data

    def account(self, ref: Ref | None, dimensions: tuple[DimensionValue, ...]) -> Found | None:
        del dimensions
        if ref is None:
            return None
        code = ref.code or ref.source_id
        mapped = self._policy.maps.accounts.get(code or "")
        found = self._named_account(mapped) if mapped else self._coded_account(code)
        if found is None:
            return None
        why = "" if found.postable else f"its type is {(found.account_type or 'control').replace('_', ' ')}"
        return Found(
            Ref(record_type=ObjectType.ACCOUNT, source_id=found.source.source_id, code=found.code, name=found.name),
            postable=found.postable,
            active=found.active,
            why_not=why,
        )

    def money_account(self, ref: Ref | None) -> Ref | None:
        """The target's bank, cash or card account for a source's account, from the map alone."""
        code = (ref.code or ref.source_id or ref.name or "") if ref is not None else ""
        mapped = self._policy.maps.money_accounts.get(code)
        found = self._named_account(mapped) if mapped else None
        if found is None or not found.active or not found.money:
            return None
        return Ref(record_type=ObjectType.ACCOUNT, source_id=found.source.source_id, code=found.code, name=found.name)

    def charge_account(self, charge: Charge) -> Ref | None:
        charges = self._policy.maps.charges
        named = charges.get(charge.description or "") or charges.get(charge.kind.value)
        if named is None and charge.kind in (ChargeKind.SHIPPING, ChargeKind.HANDLING):
            named = self._policy.freight_account
        if named is None and charge.kind is ChargeKind.ROUNDING:
            named = self._policy.rounding_account
        found = self._named_account(named) if named else None
        if found is None or not found.active:
            return None
        return Ref(record_type=ObjectType.ACCOUNT, source_id=found.source.source_id, code=found.code, name=found.name)

    def _coded_account(self, code: str | None) -> Account | None:
        found = [account for account in self._accounts if code and account.code == code]
        live = [account for account in found if account.active]
        if len(live) > 1:
            return None
        chosen: Account | None = (live or found or [None])[0]
        return chosen

    def _named_account(self, name: str) -> Account | None:
        """By id, code or unique name: what an accountant may write into the map."""
        for account in self._accounts:
            if name in (account.source.source_id, account.code):
                return account  # type: ignore[no-any-return]
        only: Account | None = _only(account for account in self._accounts if name_key(account.name) == name_key(name))
        return only

    def tax(self, tax: LineTax, entity: Ref | None) -> Ref | Fold | None:
        for rule in self._policy.maps.taxes:
            if _applies(rule, tax, entity):
                if rule.to == Fold.FOLD.value:
                    return Fold.FOLD
                return None if rule.to is None else self._named_tax(rule.to)
        return None

    def _named_tax(self, name: str) -> Ref | None:
        found: TaxRate | None = next(
            (rate for rate in self._taxes if name in (rate.source.source_id, rate.code)), None
        ) or _only(rate for rate in self._taxes if name_key(rate.name) == name_key(name))
        if found is None or not found.active:
            return None
        return Ref(
            record_type=ObjectType.TAX_RATE,
            source_id=found.source.source_id,
            code=format(found.rate, "f"),
            name=found.name,
        )

    def dimension(self, value: DimensionValue) -> DimensionValue | Drop | None:
        named = self._policy.maps.dimensions.get(dimension_code(value))
        if named is None and value.name is not None:
            named = self._policy.maps.dimensions.get(f"{value.kind.value}:{value.name}")
        if named is None:
            return None
        if named == "":
            return Drop.DROP
        kind, _, rest = named.partition(":")
        set_name, _, name = rest.rpartition("/")
        found: Dimension | None = _only(
            dimension
            for dimension in self._dimensions
            if dimension.kind.value == kind
            and name_key(dimension.name) == name_key(name)
            and (not set_name or name_key(dimension.set_name or "") == name_key(set_name))
        )
        if found is None or not found.active:
            return None
        return DimensionValue(
            kind=found.kind, set_id=found.set_id, source_id=found.source.source_id, code=found.code, name=found.name
        )

    # ---------------------------------------------------------------- money

    def rate(self, currency: str, on: date) -> Rate | None:
        probe = self._session.probe(self._target)
        base = probe.base_currency
        if base is None:
            return None
        text = probe.exchange_rates.get(f"{currency}@{on.isoformat()}") or probe.exchange_rates.get(currency)
        value = Decimal(text) if text else None
        if value is None:
            known: Currency | None = next((one for one in self._currencies if one.code == currency), None)
            value = known.rate if known is not None else None
        if value is None or value <= 0:
            return None
        return Rate(value=value, from_currency=currency, to_currency=base, on=on, source="ledger")


_ORDER = (
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


def _only(found: Iterable[Any]) -> Any:
    """The one that there is; None when there are none or several."""
    several = list(found)
    return several[0] if len(several) == 1 else None


def _applies(rule: TaxRule, tax: LineTax, entity: Ref | None) -> bool:
    if rule.entity is not None and (entity is None or rule.entity not in (entity.source_id, entity.code, entity.name)):
        return False
    if rule.inclusive is not None and rule.inclusive is not tax.inclusive:
        return False
    if rule.treatment is not None and (tax.treatment is None or tax.treatment.value != rule.treatment):
        return False
    if rule.code is not None:
        return tax.ref is not None and rule.code in (tax.ref.code, tax.ref.source_id)
    if rule.name is None:
        return False
    same_rate = rule.rate is None or (tax.percent is not None and rule.rate == tax.percent)
    return tax.name is not None and name_key(rule.name) == name_key(tax.name) and same_rate
