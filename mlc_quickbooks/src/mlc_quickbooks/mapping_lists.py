"""Accounts, departments, classes, terms, tax codes, items, exchange rates → canonical records. Pure."""

from decimal import Decimal

from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    Dimension,
    DimensionKind,
    ExchangeRate,
    Item,
    ObjectType,
    PaymentTerm,
    SourceMeta,
    TaxRate,
)

from mlc_quickbooks.entities import ACCOUNT, CLASS, DEPARTMENT, ITEM, TAX_CODE, TERM
from mlc_quickbooks.parts import (
    DELETED_NAME,
    ZERO,
    FieldTable,
    MapContext,
    account_ref,
    fact,
    ref,
    required,
    source_meta,
    take,
    yes,
)
from mlc_quickbooks.schemas import COMPANY, ENTITY, RATES, Row, day, flag, inner, money, text, whole

_CLASSES = {
    "asset": AccountClass.ASSET,
    "liability": AccountClass.LIABILITY,
    "equity": AccountClass.EQUITY,
    "revenue": AccountClass.INCOME,
    "expense": AccountClass.EXPENSE,
}
_MONEY = frozenset({"Bank", "Credit Card"})
_CONTROL = frozenset({"Accounts Receivable", "Accounts Payable"})
_ITEM: FieldTable = (
    ("code", "Sku", text),
    ("description", "Description", text),
    ("kind", "Type", text),
    ("sales_price", "UnitPrice", money),
    ("purchase_price", "PurchaseCost", money),
    ("income_account", "IncomeAccountRef", account_ref),
    ("expense_account", "ExpenseAccountRef", account_ref),
    ("preferred_vendor", "PrefVendorRef", ref(ObjectType.VENDOR)),
)


def account(row: Row, context: MapContext) -> Account:
    """Its code is its number, where the company numbers its accounts; else ``QB`` and its id."""
    kind = text(row, "AccountType")
    own = text(row, "Id")
    number = text(row, "AcctNum") if yes(row, "numbers") else None
    active = flag(row, "Active") is not False
    return Account(
        source=source_meta(row, context, ACCOUNT),
        code=number or f"QB{own}",
        name=plain_name(required(row, "Name"), active=active),
        classification=_CLASSES.get((text(row, "Classification") or "").lower(), AccountClass.OTHER),
        postable=kind not in _MONEY and kind not in _CONTROL and kind != "Non-Posting",
        money=kind in _MONEY,
        active=active,
        **take(
            row,
            (
                ("full_name", "FullyQualifiedName", text),
                ("account_type", "AccountType", text),
                ("parent", "ParentRef", account_ref),
                ("currency", "CurrencyRef", lambda row, key: text(inner(row, key), "value")),
            ),
        ),
    )


def dimension(row: Row, context: MapContext) -> Dimension:
    """A department (QuickBooks' screens say location) or a class; their ids and codes begin with D and C."""
    entity = {one.name: one for one in (DEPARTMENT, CLASS)}.get(text(row, ENTITY) or "")
    if entity is None:
        raise MappingError("QuickBooks sent something that is neither department nor class.", field="Id")
    source = source_meta(row, context, entity)
    active = flag(row, "Active") is not False
    parent = take(row, (("parent", "ParentRef", ref(ObjectType.DIMENSION, entity.prefix)),))
    return Dimension(
        source=source,
        kind=entity.kind or DimensionKind.CUSTOM,
        code=source.source_id,
        name=plain_name(required(row, "Name"), active=active),
        active=active,
        **parent,
    )


def payment_term(row: Row, context: MapContext) -> PaymentTerm:
    return PaymentTerm(
        source=source_meta(row, context, TERM),
        name=required(row, "Name"),
        active=flag(row, "Active") is not False,
        **take(row, (("days", "DueDays", whole),)),
    )


def tax_rate(row: Row, context: MapContext) -> TaxRate:
    """A tax code, with the sum of the rates on purchases: lines name codes, not rates."""
    rates = inner(row, RATES)
    total = sum((money(rates, key) or ZERO for key in rates), ZERO)
    return TaxRate(
        source=source_meta(row, context, TAX_CODE),
        code=text(row, "Name"),
        name=required(row, "Name"),
        rate=total,
        active=flag(row, "Active") is not False and flag(row, "Hidden") is not True,
    )


def item(row: Row, context: MapContext) -> Item:
    active = flag(row, "Active") is not False
    return Item(
        source=source_meta(row, context, ITEM),
        name=plain_name(required(row, "Name"), active=active),
        active=active,
        **take(row, _ITEM),
    )


def exchange_rate(row: Row, context: MapContext) -> ExchangeRate:
    """The rate of one day; its id is currency and day."""
    currency, on = required(row, "SourceCurrencyCode"), day(row, "AsOfDate")
    rate = money(row, "Rate")
    base = text(row, "TargetCurrencyCode") or fact(row, "currency")
    if on is None or rate is None or base is None:
        raise MappingError("QuickBooks sent an exchange rate without its day, rate or currency.", field="Rate")
    return ExchangeRate(
        source=SourceMeta(
            system=context.system,
            connection_id=context.connection,
            entity_id=text(inner(row, COMPANY), "realm"),
            record_type="ExchangeRate",
            source_id=f"{currency}@{on}",
        ),
        from_currency=currency,
        to_currency=base,
        rate=Decimal(rate),
        valid_from=on,
    )


def plain_name(name: str, *, active: bool) -> str:
    """The name without what QuickBooks appends to inactive ones."""
    return name if active else name.removesuffix(DELETED_NAME) or name
