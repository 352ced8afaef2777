"""Procurify's wire format, as far as it is used. Unknown fields are ignored; numbers are never floats.

Vendor doc: https://developer.procurify.com (read 2026-08)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from mlc.records import Amount
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _listed(value: object) -> object:
    return () if value is None else value


Number = Amount | None
Text = str | None
Id = str | None


class Wire(BaseModel):
    """Base of the wire models: what was on the wire is in ``model_fields_set``; blank texts are empty, numbers may
    stand where text belongs."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        # Once per object: as a validator of each field it was half of the time that mapping a bill took.
        if not isinstance(value, dict):
            return value
        blank = [key for key, part in value.items() if part.__class__ is str and (not part or part.isspace())]
        return value | dict.fromkeys(blank) if blank else value


class Pagination(Wire):
    """Where a list page stands. ``next`` is an absolute URL; only its query is ever used."""

    count: int | None = None
    next: str | None = None
    num_pages: int | None = None
    current_page: int | None = None


@dataclass(frozen=True, slots=True)
class ListReply:
    """One page of a list: its rows, what was asked for in the end, the vendor's clock as it answered."""

    rows: tuple[dict[str, Any], ...]
    pagination: Pagination
    asked: Sequence[tuple[str, str]]
    answered_at: datetime | None


class CurrencyWire(Wire):
    id: Id = None
    name: Text = None
    base: bool | None = None
    active: bool | None = None
    description: Text = None


class AccountCodeWire(Wire):
    id: Id = None
    code: Text = None
    description: Text = None
    account_type: int | None = None
    parent: Any = None
    active: bool | None = None


class NamedWire(Wire):
    """Anything with an id and a name: department, location, tax, term."""

    id: Id = None
    name: Text = None
    external_id: Text = None
    branch: Any = None
    active: bool | None = None


class BudgetWire(Wire):
    """Procurify's *account*: an account code of a department in a budget period."""

    id: Id = None
    account_code: AccountCodeWire | None = None
    department: NamedWire | None = None
    location: NamedWire | None = None


class VendorWire(Wire):
    id: Id = None
    name: Text = None
    active: bool | None = None
    type: int | None = None
    address_line_one: Text = Field(default=None, alias="addressLineOne")
    address_line_two: Text = Field(default=None, alias="addressLineTwo")
    city: Text = None
    state_province: Text = None
    postal_code: Text = Field(default=None, alias="postalCode")
    country: Text = None
    phone_one: Text = Field(default=None, alias="phoneOne")
    phone_two: Text = Field(default=None, alias="phoneTwo")
    email: Any = None
    contact: Text = None
    url: Text = None
    external_id: Text = None
    currency: Any = None
    payment_term_ref: NamedWire | None = None
    is_1099_eligible: bool | None = None
    date_modified: Text = Field(default=None, alias="dateModified")


class AllocationWire(Wire):
    """A share of a cost. Bills name the account ``budget``, purchase orders ``account``."""

    id: Id = None
    amount: Number = None
    budget: BudgetWire | None = Field(default=None, validation_alias=AliasChoices("budget", "account"))


class OrderLink(Wire):
    id: Id = None
    number: Text = None


class BillLineWire(Wire):
    id: Id = None
    description: Text = None
    unit: Text = None
    quantity: Number = None
    unit_cost: Number = None
    total_cost: Number = None
    total_cost_with_tax: Number = None
    tax: Any = None
    tax_name: Text = None
    tax_percentage: Number = None
    tax_is_inclusive: bool | None = None
    tax_amount: Number = None
    shipping_amount: Number = None
    po: OrderLink | None = None
    orderitem: Any = None
    archived: bool | None = None
    cost_allocations: Annotated[tuple[AllocationWire, ...], BeforeValidator(_listed)] = ()
    custom_fields: Any = None


class CostWire(Wire):
    """Money of a bill outside its lines."""

    name: Text = None
    amount: Number = None
    cost_allocation: Any = None


class PaymentOfBill(Wire):
    status: Any = None
    reference_number: Text = None


class BillPaymentWire(Wire):
    amount: Number = None
    payment: PaymentOfBill | None = None


class AttachmentWire(Wire):
    uuid: Text = None
    file: Text = None
    name: Text = None
    mimetype: Text = None
    length: int | None = None
    sha1_hash: Text = None


class BillWire(Wire):
    """Both forms of a bill: in the list ``items`` are ids, in the detail objects."""

    id: Id = None
    uuid: Text = None
    status: int | None = None
    type: int | None = None
    version: Id = None
    vendor: VendorWire | None = None
    currency: CurrencyWire | None = None
    invoice_number: Text = None
    invoice_date: Text = None
    due_date: Text = None
    gl_post_date: Text = None
    last_modified_datetime: Text = None
    group: Any = None
    approver: Any = None
    note: Text = None
    payment_terms: Any = None
    subtotal_cost: Number = None
    tax_amount: Number = None
    inclusive_tax_amount: Number = None
    exclusive_tax_amount: Number = None
    shipping_amount: Number = None
    total_cost_with_tax: Number = None
    items: Annotated[tuple[Any, ...], BeforeValidator(_listed)] = ()
    costs: Annotated[tuple[CostWire, ...], BeforeValidator(_listed)] = ()
    bill_payment: BillPaymentWire | None = None
    invoice_attachments: Annotated[tuple[AttachmentWire, ...], BeforeValidator(_listed)] = ()
    added_purchase_orders: Annotated[tuple[OrderLink, ...], BeforeValidator(_listed)] = ()


class ValueWire(Wire):
    """A header tax or discount: an amount or a percentage."""

    value: Number = None
    type: Text = None
    id: Id = None
    name: Text = None


class BlanketWire(Wire):
    price: Number = None
    quantity: Number = None
    amount: Number = None


class OrderItemWire(Wire):
    id: Id = None
    position: int | None = Field(default=None, alias="PO_line_num")
    name: Text = None
    unit: Any = None
    quantity: Number = None
    price: Number = None
    total_cost: Number = None
    tax_amount: Number = None
    taxes: Annotated[tuple[ValueWire, ...], BeforeValidator(_listed)] = ()
    shipping_amount: Number = None
    account: BudgetWire | None = None
    account_code: Text = Field(default=None, alias="accountCode")
    spend_allocation: Annotated[tuple[AllocationWire, ...], BeforeValidator(_listed)] = ()
    received_quantity: Number = Field(default=None, alias="receivedPassQty")
    type: int | None = None
    blanket: BlanketWire | None = None
    custom_fields: Any = None


class PurchaseOrderWire(Wire):
    """A purchase order; the list's rows may lack ``order_items``."""

    procurify_po: Id = Field(default=None, alias="procurify_PO")
    uuid: Text = None
    number: Text = None
    po_num: Text = Field(default=None, alias="PO_Num")
    version: Id = None
    date: Text = None
    last_modified: Text = None
    promise_date: Text = None
    state: int | None = None
    fulfilment_status: Text = None
    vendor: VendorWire | None = Field(default=None, validation_alias=AliasChoices("pref_vendor", "vendor"))
    receiver_line_one: Text = Field(default=None, alias="receiver_addressLineOne")
    receiver_line_two: Text = Field(default=None, alias="receiver_addressLineTwo")
    receiver_city: Text = None
    receiver_state_province: Text = None
    receiver_postal_code: Text = Field(
        default=None, validation_alias=AliasChoices("receiver_postalCode", "receiver_postal_code")
    )
    receiver_country: Text = None
    subtotal: Number = None
    freight: Number = None
    other: Number = None
    tax: ValueWire | None = None
    discount: ValueWire | None = None
    total: Number = None
    purchased_currency: CurrencyWire | None = None
    purchased_currency_rate: Number = None
    comment: Text = None
    order_items: Annotated[tuple[OrderItemWire, ...], BeforeValidator(_listed)] = ()


class PaymentWire(Wire):
    """A payment of the public v1 family; names groups of bills, never bills."""

    id: Id = None
    uuid: Text = None
    amount: Number = None
    currency: CurrencyWire | None = None
    status: Text = None
    processing_date: Text = None
    posted_date: Text = None
    payment_source_type: Text = None
    gl_code: Text = None
    vendor_name: Text = None
    rail: Text = Field(default=None, alias="vendor_payment_method_rail")
    bill_groups: Annotated[tuple[Any, ...], BeforeValidator(_listed)] = ()
    created_at: Text = None
    updated_at: Text = None
