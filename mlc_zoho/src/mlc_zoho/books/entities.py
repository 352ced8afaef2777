"""Zoho Books' entities as data: paths, keys, filters, how rows are sorted and what lists leave out.

Vendor doc: https://www.zoho.com/books/api/v3/ (one page per entity)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity.

    ``filter_by`` asks for rows of every status. ``sort`` is the steadiest documented column, None where there is none.
    ``filtered`` False: there is no filter by modification time. ``versioned`` names what else a version is made of,
    beside the modification time: only fields that lists and details both carry. ``upsert``: PUT on the list finds by
    unique field. ``searched`` is the list's documented parameter for custom fields.
    """

    object_type: ObjectType
    path: str
    rows: str
    detail: str
    id: str
    filter_by: str | None = None
    sort: str | None = None
    filtered: bool = True
    complete: bool = False
    upsert: bool = False
    searched: str | None = None
    versioned: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)


_VENDORS = MappingProxyType({"contact_type": "vendor"})
_CUSTOMERS = MappingProxyType({"contact_type": "customer"})

_ALL = (
    Entity(
        ObjectType.CURRENCY, "settings/currencies", "currencies", "currency", "currency_id",
        filtered=False, complete=True,
    ),
    Entity(
        ObjectType.ACCOUNT, "chartofaccounts", "chartofaccounts", "chart_of_account", "account_id",
        filter_by="AccountType.All", sort="account_name", complete=True, versioned=("is_active",),
    ),
    Entity(ObjectType.TAX_RATE, "settings/taxes", "taxes", "tax", "tax_id", filtered=False, complete=True),
    Entity(
        ObjectType.ITEM, "items", "items", "item", "item_id",
        filter_by="Status.All", sort="name", complete=True, versioned=("status",),
    ),
    Entity(
        ObjectType.VENDOR, "contacts", "contacts", "contact", "contact_id",
        filter_by="Status.All", sort="created_time", upsert=True, versioned=("status",), params=_VENDORS,
    ),
    Entity(
        ObjectType.CUSTOMER, "contacts", "contacts", "contact", "contact_id",
        filter_by="Status.All", sort="created_time", upsert=True, versioned=("status",), params=_CUSTOMERS,
    ),
    Entity(
        ObjectType.PURCHASE_ORDER, "purchaseorders", "purchaseorders", "purchaseorder", "purchaseorder_id",
        filter_by="Status.All", sort="created_time", upsert=True, searched="custom_field", versioned=("status",),
    ),
    Entity(
        ObjectType.BILL, "bills", "bills", "bill", "bill_id",
        filter_by="Status.All", sort="created_time", upsert=True, versioned=("status", "balance"),
    ),
    Entity(
        ObjectType.VENDOR_CREDIT, "vendorcredits", "vendorcredits", "vendor_credit", "vendor_credit_id",
        filter_by="Status.All", sort="created_time", searched="custom_field", versioned=("status", "balance"),
    ),
    Entity(
        ObjectType.PAYMENT, "vendorpayments", "vendorpayments", "vendorpayment", "payment_id",
        filter_by="PaymentMode.All", sort="date", upsert=True, versioned=("balance",),
    ),
    Entity(
        ObjectType.EXPENSE, "expenses", "expenses", "expense", "expense_id",
        filter_by="Status.All", sort="created_time", upsert=True, versioned=("status",),
    ),
    Entity(
        ObjectType.INVOICE, "invoices", "invoices", "invoice", "invoice_id",
        filter_by="Status.All", sort="created_time", searched="custom_field", versioned=("status", "balance"),
    ),
)  # fmt: skip

ENTITIES: Mapping[ObjectType, Entity] = MappingProxyType({entity.object_type: entity for entity in _ALL})

#: Object types whose unique field core may use: their lists take an upsert.
UPSERTED = tuple(entity for entity in _ALL if entity.upsert)
