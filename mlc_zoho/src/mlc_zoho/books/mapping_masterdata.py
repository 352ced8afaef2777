"""Accounts, tax rates, currencies, locations, tags and items → canonical records. Pure."""

from decimal import Decimal

from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    Currency,
    Dimension,
    DimensionKind,
    ExchangeRate,
    Item,
    ObjectType,
    PaymentTerm,
    SourceMeta,
    TaxRate,
)

from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.parts import FieldTable, MapContext, organisation_fact, ref, shown, source_meta, take
from mlc_zoho.books.schemas import Row, day, flag, money, text, whole


def _some(row: Row, key: str) -> Decimal | None:
    """A rate; zero is none."""
    return money(row, key) or None


_CLASSES = {
    "other_asset": AccountClass.ASSET,
    "other_current_asset": AccountClass.ASSET,
    "intangible_asset": AccountClass.ASSET,
    "right_to_use_asset": AccountClass.ASSET,
    "cash": AccountClass.ASSET,
    "bank": AccountClass.ASSET,
    "fixed_asset": AccountClass.ASSET,
    "accounts_receivable": AccountClass.ASSET,
    "stock": AccountClass.ASSET,
    "payment_clearing": AccountClass.ASSET,
    "other_current_liability": AccountClass.LIABILITY,
    "credit_card": AccountClass.LIABILITY,
    "long_term_liability": AccountClass.LIABILITY,
    "other_liability": AccountClass.LIABILITY,
    "accounts_payable": AccountClass.LIABILITY,
    "overseas_tax_payable": AccountClass.LIABILITY,
    "equity": AccountClass.EQUITY,
    "income": AccountClass.INCOME,
    "other_income": AccountClass.INCOME,
    "expense": AccountClass.EXPENSE,
    "cost_of_goods_sold": AccountClass.EXPENSE,
    "other_expense": AccountClass.EXPENSE,
}
_ACCOUNT: FieldTable = (
    ("code", "account_code", text),
    ("account_type", "account_type", text),
    ("currency", "currency_code", text),
)
_TAX: FieldTable = (("country_code", "country_code", text),)
_CURRENCY: FieldTable = (("name", "currency_name", text), ("rate", "exchange_rate", _some))
_ITEM: FieldTable = (
    ("code", "sku", text),
    ("description", "description", text),
    ("unit", "unit", text),
    ("sales_price", "rate", money),
    ("purchase_price", "purchase_rate", money),
)
_ITEM_ORIGINS = {
    "kind": ("item_type", "product_type"),
    "income_account": ("account_id",),
    "expense_account": ("purchase_account_id",),
    "preferred_vendor": ("vendor_id",),
}
_MONEY = frozenset({"bank", "cash", "credit_card", "payment_clearing"})
_CONTROL = frozenset({"accounts_receivable", "accounts_payable"})


def account(row: Row, context: MapContext) -> Account:
    kind = text(row, "account_type")
    parent = ref(row, ObjectType.ACCOUNT, "parent_account_id", name="parent_account_name")
    name = _named(row, "account_name")
    return Account(
        source=source_meta(row, context, ENTITIES[ObjectType.ACCOUNT], full=True),
        name=name,
        full_name=f"{parent.name}:{name}" if parent is not None and parent.name else name,
        classification=_CLASSES.get(kind or "", AccountClass.OTHER),
        postable=kind not in _MONEY and kind not in _CONTROL,
        money=kind in _MONEY,
        active=flag(row, "is_active") is not False,
        **take(row, _ACCOUNT),
        **({"parent": parent} if "parent_account_id" in row else {}),
    )


def tax_rate(row: Row, context: MapContext) -> TaxRate:
    return TaxRate(
        source=source_meta(row, context, ENTITIES[ObjectType.TAX_RATE], full=True),
        name=_named(row, "tax_name"),
        rate=money(row, "tax_percentage") or Decimal(0),
        compound=text(row, "tax_type") == "compound_tax",
        **take(row, _TAX),
        active=text(row, "status") != "inactive" and flag(row, "is_inactive") is not True,
    )


def currency(row: Row, context: MapContext) -> Currency:
    return Currency(
        source=source_meta(row, context, ENTITIES[ObjectType.CURRENCY], full=True),
        code=_named(row, "currency_code"),
        is_base=flag(row, "is_base_currency") is True,
        **take(row, _CURRENCY),
    )


def payment_term(row: Row, context: MapContext) -> PaymentTerm:
    """What is seen on vendors; a term that only its label tells has no number of days."""
    days = whole(row, "days")
    stated = {"days": days if days is not None and days >= 0 else None} if "days" in row else {}
    source = _derived(row, context, "payment_term", "term_id")
    return PaymentTerm(source=source, name=_named(row, "name"), active=True, **stated)


def exchange_rate(row: Row, context: MapContext) -> ExchangeRate:
    """Base units per unit of the foreign currency, from a day on."""
    base, begins, rate = organisation_fact(row, "currency_code"), day(row, "effective_date"), money(row, "rate")
    if base is None or begins is None or rate is None:
        raise MappingError("Zoho Books sent an exchange rate without its day or its currencies.", field="rate")
    return ExchangeRate(
        source=_derived(row, context, "exchange_rate", "rate_id"),
        from_currency=_named(row, "currency_code"),
        to_currency=base,
        rate=rate,
        valid_from=begins,
        active=True,
    )


def _derived(row: Row, context: MapContext, kind: str, key: str) -> SourceMeta:
    return SourceMeta(
        system=context.system,
        connection_id=context.connection,
        entity_id=organisation_fact(row, "id"),
        record_type=kind,
        source_id=_named(row, key),
    )


def item(row: Row, context: MapContext) -> Item:
    values = {
        "kind": text(row, "item_type") or text(row, "product_type"),
        "income_account": ref(row, ObjectType.ACCOUNT, "account_id", name="account_name"),
        "expense_account": ref(row, ObjectType.ACCOUNT, "purchase_account_id", name="purchase_account_name"),
        "preferred_vendor": ref(row, ObjectType.VENDOR, "vendor_id", name="vendor_name"),
    }
    return Item(
        source=source_meta(row, context, ENTITIES[ObjectType.ITEM], full=True),
        name=_named(row, "name"),
        active=text(row, "status") != "inactive",
        **take(row, _ITEM),
        **shown(row, values, _ITEM_ORIGINS),
    )


def dimension(row: Row, context: MapContext) -> Dimension:
    """A location, or an option of a reporting tag: its set is the tag."""
    tag = row.get("tag")
    is_tag = isinstance(tag, dict)
    source_id = text(row, "option_id" if is_tag else "location_id")
    if source_id is None:
        raise MappingError("Zoho Books sent a dimension without an id.", field="location_id")
    meta = SourceMeta(
        system=context.system,
        connection_id=context.connection,
        entity_id=organisation_fact(row, "id"),
        record_type="reporting_tag_option" if is_tag else "location",
        source_id=source_id,
    )
    if isinstance(tag, dict):
        return Dimension(
            source=meta,
            kind=DimensionKind.TAG,
            set_id=text(tag, "tag_id"),
            set_name=text(tag, "tag_name"),
            name=text(row, "option_name") or _named(row, "tag_option_name"),
            active=flag(row, "option_is_active") is not False and flag(tag, "is_active") is not False,
        )
    return Dimension(
        source=meta,
        kind=DimensionKind.LOCATION,
        name=_named(row, "location_name"),
        parent=ref(row, ObjectType.DIMENSION, "parent_location_id"),
        active=text(row, "status") != "inactive" and flag(row, "is_location_active") is not False,
    )


def _named(row: Row, key: str) -> str:
    name = text(row, key)
    if name is None:
        raise MappingError(f"Zoho Books sent no {key}.", field=key)
    return name
