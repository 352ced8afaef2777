"""Accounts, dimensions, tax codes, payment terms and exchange rates as they were posted to the API. Pure."""

from typing import Any

from mlc.errors import MappingError
from mlc.records import Account, Dimension, ExchangeRate, PaymentTerm, TaxRate

from mlc_basware import SYSTEM
from mlc_basware.entities import ACCOUNTS, EXCHANGE_RATES, PAYMENT_TERMS, TAX_CODES, DimensionPlace, places
from mlc_basware.parts import MapContext, active_in, currency, name_in, source_meta
from mlc_basware.schemas import Row, day, fact, money, number, text


def to_account(row: Row, context: MapContext) -> Account:
    source = source_meta(row, context, ACCOUNTS)
    code = source.source_id
    name = name_in(row, "accountNames", context.settings.language) or code
    return Account(source=source, code=code, name=name, active=active_in(row, context.settings))


def to_dimension(row: Row, context: MapContext) -> Dimension:
    """A cost centre, a project or an item of a list, of the kind that the map gives its list."""
    place = _place(row, context)
    source = source_meta(row, context, place.resource)
    code = text(row, place.resource.id) or ""
    if place.resource.path == "costCenters":
        name = name_in(row, "costCenterNames", context.settings.language)
    elif place.resource.path == "projects":
        name = text(row, "projectName")
    else:
        name = text(row, context.settings.list_name_column)
    return Dimension(
        source=source,
        kind=place.kind,
        set_id=place.set_name,
        set_name=place.set_name,
        code=code,
        name=name or code,
        active=active_in(row, context.settings),
    )


def to_tax_rate(row: Row, context: MapContext) -> TaxRate:
    source = source_meta(row, context, TAX_CODES)
    rate = money(row, "taxPercentage")
    if rate is None:
        raise MappingError("Basware sent a tax code without its rate.", field="taxPercentage", system=SYSTEM)
    name = name_in(row, "taxCodeNames", context.settings.language) or source.source_id
    return TaxRate(source=source, code=source.source_id, name=name, rate=rate, active=active_in(row, context.settings))


def to_payment_term(row: Row, context: MapContext) -> PaymentTerm:
    source = source_meta(row, context, PAYMENT_TERMS)
    name = name_in(row, "paymentTermNames", context.settings.language) or source.source_id
    values: dict[str, Any] = {"source": source, "code": source.source_id, "name": name}
    days = number(row, "dueDateDays")
    if "dueDateDays" in row:
        values["days"] = None if days is None else int(days)
    return PaymentTerm(**values, active=active_in(row, context.settings))


def to_exchange_rate(row: Row, context: MapContext) -> ExchangeRate:
    source = source_meta(row, context, EXCHANGE_RATES)
    rate, valid_from = money(row, "rate"), day(row, "validFrom")
    pair = {key: currency(row, key) for key in ("currencyCodeFrom", "currencyCodeTo")}
    for key, value in {**pair, "rate": rate, "validFrom": valid_from}.items():
        if value is None:
            raise MappingError(f"Basware sent an exchange rate without its {key}.", field=key, system=SYSTEM)
    return ExchangeRate(
        source=source,
        from_currency=pair["currencyCodeFrom"],
        to_currency=pair["currencyCodeTo"],
        rate=rate,
        valid_from=valid_from,
        active=active_in(row, context.settings),
    )


def _place(row: Row, context: MapContext) -> DimensionPlace:
    path = fact(row, "list")
    known = places(context.settings)
    found = next((place for place in known if place.resource.path == path), None)
    if found is None and known and any(key in row for key in ("costCenterCode", "projectCode")):
        key = "costCenterCode" if "costCenterCode" in row else "projectCode"
        found = next((place for place in known if place.resource.id == key), None)
    if found is None:
        raise MappingError(
            f"The list {path or '(none named)'} is no dimension by the setting dimensions.", field="list", system=SYSTEM
        )
    return found
