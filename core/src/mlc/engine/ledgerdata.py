"""The target's master data in its own words: mapped accounts, taxes, dimensions, and the ledger's exchange rates."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection

from mlc.accounting.keys import dimension_code
from mlc.accounting.lookups import Drop, Fold, Found
from mlc.engine.keptlists import KeptLists
from mlc.engine.registers import PROVISIONAL_ID, name_key, rows_of
from mlc.engine.session import Session
from mlc.recipes import Side, TaxRule
from mlc.records import (
    Account,
    Charge,
    ChargeKind,
    Currency,
    Dimension,
    DimensionKind,
    DimensionValue,
    LineTax,
    ObjectType,
    Rate,
    Ref,
    TaxRate,
    TaxTreatment,
    load_record,
)

#: In the map of money accounts: whatever account of the source is not named.
ANY_ACCOUNT = "*"


class LedgerData:
    """Accounts, taxes, dimensions and currencies of the target: few, so they are read once per flow."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        target: Side,
        *,
        direction: str = "purchase",
        planning_only: bool = False,
    ) -> None:
        self._policy = session.pairing.policy
        self._tax_rules = [rule for rule in self._policy.maps.taxes if rule.direction == direction]
        self._probe = session.probe(target)

        def load(kind: ObjectType) -> list[Any]:
            found = rows_of(connection, session.pairing.name, target, kind)
            real = [row for row in found if row["summary"] and not row["external_id"].startswith(PROVISIONAL_ID)]
            return [load_record(kind, row["summary"]) for row in real]

        self._kept = KeptLists(session, target.other, planning_only=planning_only)

        self._accounts = load(ObjectType.ACCOUNT)
        self._taxes = load(ObjectType.TAX_RATE)
        self._dimensions = load(ObjectType.DIMENSION)
        self._currencies = load(ObjectType.CURRENCY)
        own = rows_of(connection, session.pairing.name, target.other, ObjectType.ACCOUNT)
        self._own_codes = {row["external_id"]: row["code"] for row in own if row["code"]}
        """The source's accounts: id → code, for sources whose documents name accounts by id alone."""
        # The master data stays as it was read, so each question has one answer, and documents ask the same ones over
        # and over: looking through the lists for every line was a third of what shaping a bill takes.
        self._account_of = cache(self._find_account)
        self._tax_of = cache(self._find_tax)
        self._dimension_of = cache(self._find_dimension)
        self._rate_on = lru_cache(maxsize=4_096)(self._find_rate)

    def account(self, ref: Ref | None, dimensions: tuple[DimensionValue, ...]) -> Found | None:
        del dimensions
        if ref is None:
            return None
        return self._account_of(ref.code or self._own_codes.get(ref.source_id or "") or ref.source_id, ref.source_id)

    def _find_account(self, code: str | None, source_id: str | None) -> Found | None:
        mapped = self._policy.maps.accounts.get(code or "")
        if mapped:
            found = self._named_account(mapped)
        else:
            kept = cast(Account | None, self._kept.find(ObjectType.ACCOUNT, source_id, code))
            found = kept or self._coded_account(code)
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
        maps = self._policy.maps.money_accounts
        return self._paying_account(maps.get(code, maps.get(ANY_ACCOUNT)))

    def card_account(self, ref: Ref | None) -> Ref | None:
        """Like ``money_account``, but only what the map names: a card is never guessed."""
        named = [value for value in (ref.code, ref.source_id, ref.name) if value] if ref is not None else []
        maps = self._policy.maps.money_accounts
        return self._paying_account(next((maps[value] for value in named if value in maps), None))

    def _paying_account(self, mapped: str | None) -> Ref | None:
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
        if named is None and charge.kind is ChargeKind.TAX and charge.tax is not None:
            stated = _stated(charge.tax)
            named = next((rule.to for rule in self._tax_rules if _applies(rule, stated, None)), None)
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
        place = (entity.source_id, entity.code, entity.name) if entity is not None else None
        return self._tax_of(_stated(tax), place)

    def _find_tax(self, tax: "_Tax", entity: tuple[str | None, ...] | None) -> Ref | Fold | None:
        for rule in self._tax_rules:
            if _applies(rule, tax, entity):
                if rule.to == Fold.FOLD.value:
                    return Fold.FOLD
                return None if rule.to is None else self._named_tax(rule.to)
        kept = cast(TaxRate | None, self._kept.find(ObjectType.TAX_RATE, tax.source_id, tax.code, tax.name))
        if kept is None or not kept.active:
            return None
        known = {"source_id": kept.source.source_id, "code": kept.code, "name": kept.name}
        return Ref(record_type=ObjectType.TAX_RATE, **known)

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
        named_so = None if value.name is None else f"{value.kind}:{value.name}"
        found = self._dimension_of(dimension_code(value), named_so)
        if found is not None or self._is_mapped(dimension_code(value), named_so):
            return found
        stated = (value.source_id, value.code, value.name)
        kept = cast(Dimension | None, self._kept.find(ObjectType.DIMENSION, *stated, group=value.kind.value))
        return None if kept is None or not kept.active else _value(kept)

    def _is_mapped(self, code: str, named_so: str | None) -> bool:
        return code in self._policy.maps.dimensions or named_so in self._policy.maps.dimensions

    def _find_dimension(self, code: str, named_so: str | None) -> DimensionValue | Drop | None:
        named = self._policy.maps.dimensions.get(code)
        if named is None and named_so is not None:
            named = self._policy.maps.dimensions.get(named_so)
        if named is None:
            return None
        if named == "":
            return Drop.DROP
        kind, _, rest = named.partition(":")
        set_name, _, name = rest.rpartition("/")
        there = [one for one in self._dimensions if one.kind.value == kind]
        if set_name:
            there = [one for one in there if name_key(one.set_name or "") == name_key(set_name)]
        found: Dimension | None = _only(one for one in there if name_key(one.name) == name_key(name))
        found = found or _only(one for one in there if one.code is not None and name_key(one.code) == name_key(name))
        if found is None or not found.active:
            return None
        return _value(found)

    def dimension_like(self, value: DimensionValue, kind: DimensionKind) -> DimensionValue | None:
        live = [one for one in self._dimensions if one.kind is kind and one.active]
        found = _only(one for one in live if value.code and one.code == value.code) or _only(
            one for one in live if value.name and name_key(one.name) == name_key(value.name)
        )
        return None if found is None else _value(found)

    def rate(self, currency: str, on: date) -> Rate | None:
        base = self._probe.base_currency
        if base is None:
            return None
        value = self._rate_on(currency, on)
        if value is None or value <= 0:
            return None
        return Rate(value=value, from_currency=currency, to_currency=base, on=on, source="ledger")

    def _find_rate(self, currency: str, on: date) -> Decimal | None:
        """The rate that the ledger holds for that day. One that dates its rates is never asked for today's instead."""
        rates = self._probe.exchange_rates
        dated = {key.partition("@")[2]: rate for key, rate in rates.items() if key.startswith(f"{currency}@")}
        begins = max((day for day in dated if day <= on.isoformat()), default=None)
        if dated:
            return None if begins is None else Decimal(dated[begins])
        if currency in rates:
            return Decimal(rates[currency])
        known: Currency | None = next((one for one in self._currencies if one.code == currency), None)
        return known.rate if known is not None else None


def _value(found: Dimension) -> DimensionValue:
    return DimensionValue(
        kind=found.kind, set_id=found.set_id, source_id=found.source.source_id, code=found.code, name=found.name
    )


def _only(found: Iterable[Any]) -> Any:
    """The one that there is; None when there are none or several."""
    several = list(found)
    return several[0] if len(several) == 1 else None


class _Tax(NamedTuple):
    """What a tax rule looks at: everything of a line's tax but its amount."""

    name: str | None
    percent: Decimal | None
    inclusive: bool
    treatment: TaxTreatment | None
    code: str | None
    source_id: str | None


def _stated(tax: LineTax) -> _Tax:
    code, source_id = (tax.ref.code, tax.ref.source_id) if tax.ref is not None else (None, None)
    return _Tax(tax.name, tax.percent, tax.inclusive, tax.treatment, code, source_id)


def _applies(rule: TaxRule, tax: _Tax, entity: tuple[str | None, ...] | None) -> bool:
    if rule.entity is not None and (entity is None or rule.entity not in entity):
        return False
    if rule.inclusive is not None and rule.inclusive is not tax.inclusive:
        return False
    if rule.treatment is not None and (tax.treatment is None or tax.treatment.value != rule.treatment):
        return False
    if rule.code is not None:
        return rule.code in (tax.code, tax.source_id)
    if rule.name is None:
        return False
    same_rate = rule.rate is None or (tax.percent is not None and rule.rate == tax.percent)
    return tax.name is not None and name_key(rule.name) == name_key(tax.name) and same_rate
