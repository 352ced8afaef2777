"""Every object type's way from payload to canonical record. Pure."""

from collections.abc import Mapping
from typing import Any

from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    Currency,
    Dimension,
    DimensionKind,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    PaymentDirection,
    Record,
    Ref,
    SourceMeta,
)

from mlc_procurify import SYSTEM, bills, marks, orders, vendors
from mlc_procurify.codes import currency_code
from mlc_procurify.fields import needed, parsed, shown
from mlc_procurify.parts import currency_values, dimension_id, looked_up
from mlc_procurify.schemas import AccountCodeWire, CurrencyWire, NamedWire, PaymentWire
from mlc_procurify.settings import ProcurifySettings
from mlc_procurify.values import calendar_date, identifier, instant, tidy
from mlc_procurify.versions import content_version, payment_version

#: 0 Assets, 1 Liability, 2 Expense, 3 Income, 4 Equity, 5 Other.
CLASSES = {
    0: AccountClass.ASSET,
    1: AccountClass.LIABILITY,
    2: AccountClass.EXPENSE,
    3: AccountClass.INCOME,
    4: AccountClass.EQUITY,
    5: AccountClass.OTHER,
}
MOVEMENTS = {
    "draft": MoneyMovement.PLANNED,
    "pending_approval": MoneyMovement.PLANNED,
    "pending": MoneyMovement.PLANNED,
    "approved": MoneyMovement.PLANNED,
    "scheduled": MoneyMovement.PLANNED,
    "processing": MoneyMovement.PLANNED,
    "paid": MoneyMovement.MOVED,
    "failed": MoneyMovement.FAILED,
    "denied": MoneyMovement.FAILED,
}
ACCOUNT_ORIGINS = {"code": ("code",), "account_type": ("account_type",), "parent": ("parent",)}
#: Where a payment's fields come from.
PAYMENT_ORIGINS = {
    "payment_number": ("id",),
    "party": ("vendor_name",),
    "payment_date": ("processing_date", "posted_date"),
    "amount": ("amount",),
    "method": ("rail", "payment_source_type"),
    "money_account": ("gl_code",),
    "allocations": ("bill_groups",),
    "status_raw": ("status",),
}
RAILS = {"ach": "ach", "wire": "wire", "check": "check", "cheque": "check", "card": "card", "cash": "cash"}


def to_record(
    object_type: ObjectType, payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str
) -> Record:
    """Convert a payload. A bill with a negative total comes out as a vendor credit.

    Raises: MappingError, also for an object type that is not read here.
    """
    match object_type:
        case ObjectType.BILL | ObjectType.VENDOR_CREDIT:
            return bills.bill(payload, settings=settings, connection=connection)
        case ObjectType.PURCHASE_ORDER:
            return orders.purchase_order(payload, settings=settings, connection=connection)
        case ObjectType.PAYMENT if marks.MARK in looked_up(payload):
            return marks.payment(payload, settings=settings, connection=connection)
        case ObjectType.PAYMENT:
            return _payment(payload, settings=settings, connection=connection)
        case ObjectType.VENDOR:
            return vendors.vendor(payload, settings=settings, connection=connection)
        case ObjectType.ACCOUNT:
            return _account(payload, settings=settings, connection=connection)
        case ObjectType.DIMENSION:
            return _dimension(payload, settings=settings, connection=connection)
        case ObjectType.CURRENCY:
            return _currency(payload, settings=settings, connection=connection)
        case _:
            raise MappingError(f"Procurify has no {object_type} that could be read.", system=SYSTEM)


def _account(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Account:
    wire = parsed(AccountCodeWire, payload, what="account code")
    parent = identifier(wire.parent)
    values = {
        "code": wire.code,
        "account_type": None if wire.account_type is None else str(wire.account_type),
        "parent": Ref(record_type=ObjectType.ACCOUNT, source_id=parent) if parent else None,
    }
    return Account(
        source=_source("account_code", wire.id, content_version(payload), settings, connection),
        name=needed(wire.description or wire.code, "code", what="account code"),
        classification=CLASSES.get(5 if wire.account_type is None else wire.account_type, AccountClass.OTHER),
        active=wire.active is not False,
        **shown(wire, values, ACCOUNT_ORIGINS),
    )


def _dimension(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Dimension:
    wire = parsed(NamedWire, payload, what="department or location")
    kind = DimensionKind(str(looked_up(payload).get("kind", DimensionKind.DEPARTMENT)))
    branch = identifier(wire.branch)
    parent = None
    if branch is not None and kind is DimensionKind.DEPARTMENT:
        parent = Ref(record_type=ObjectType.DIMENSION, source_id=dimension_id(DimensionKind.LOCATION, branch))
    source_id = dimension_id(kind, wire.id) if wire.id else None
    source = _source(str(kind), source_id, content_version(payload), settings, connection)
    return Dimension(
        source=source.model_copy(update={"source_ids": {"id": wire.id} if wire.id else {}}),
        kind=kind,
        name=needed(wire.name, "name", what=str(kind)),
        active=wire.active is not False,
        **shown(wire, {"code": wire.external_id, "parent": parent}, {"code": ("external_id",), "parent": ("branch",)}),
    )


def _currency(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Currency:
    """The rate is left out: which way it points is not documented."""
    wire = parsed(CurrencyWire, payload, what="currency")
    return Currency(
        source=_source("currency", wire.id, content_version(payload), settings, connection),
        code=currency_code(wire.name) or needed(wire.name, "name", what="currency"),
        is_base=bool(wire.base),
        active=wire.active is not False,
        **shown(wire, {"name": wire.description or wire.name}, {"name": ("description", "name")}),
    )


def _payment(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Payment:
    """A payment names groups of bills, without amounts, and its vendor by name alone."""
    wire = parsed(PaymentWire, payload, what="payment")
    status = wire.status.casefold() if wire.status else None
    paid_on = calendar_date(wire.processing_date, settings.zone) or calendar_date(wire.posted_date, settings.zone)
    source = _source("payment", wire.uuid, payment_version(payload), settings, connection)
    groups = [group for group in (identifier(item) for item in wire.bill_groups) if group is not None]
    values = {
        "payment_number": wire.id,
        "party": Ref(record_type=ObjectType.VENDOR, name=wire.vendor_name) if wire.vendor_name else None,
        "payment_date": paid_on,
        "amount": tidy(wire.amount),
        "method": _method(wire),
        "money_account": Ref(record_type=ObjectType.ACCOUNT, code=wire.gl_code) if wire.gl_code else None,
        "allocations": tuple(PaymentAllocation(group=group) for group in groups),
        "status_raw": wire.status,
    }
    return Payment(
        source=source.model_copy(
            update={
                "source_ids": {"id": wire.id} if wire.id else {},
                "source_created_at": instant(wire.created_at),
                "source_updated_at": instant(wire.updated_at),
            }
        ),
        direction=PaymentDirection.OUT,
        movement=MOVEMENTS.get(status, MoneyMovement.UNKNOWN) if status else MoneyMovement.UNKNOWN,
        **shown(wire, values, PAYMENT_ORIGINS),
        **currency_values(wire.currency),
    )


def _method(wire: PaymentWire) -> str | None:
    """The rail in our words; a direct debit by its source; anything else is ``other``."""
    if wire.rail is not None:
        words = wire.rail.casefold().replace("_", " ").split()
        return next((RAILS[word] for word in words if word in RAILS), "other")
    return "direct_debit" if wire.payment_source_type == "direct_debit" else None


def _source(
    record_type: str, source_id: str | None, version: str, settings: ProcurifySettings, connection: str
) -> SourceMeta:
    return SourceMeta(
        system=SYSTEM,
        source_id=needed(source_id, "id", what=record_type.replace("_", " ")),
        connection_id=connection,
        entity_id=settings.subdomain,
        record_type=record_type,
        source_version=version,
    )
