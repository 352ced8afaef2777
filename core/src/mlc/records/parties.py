"""Vendors, customers and the people at them."""

from enum import StrEnum
from typing import ClassVar

from mlc.records.money import Amount, CurrencyCode
from mlc.records.parts import (
    Address,
    ContactPoint,
    CustomField,
    Extensions,
    ObjectType,
    Part,
    Ref,
    SourceMeta,
)


class PartyStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class Party(Part):
    """What vendors and customers share. ``category`` is the source's own kind (an employee is no supplier)."""

    source: SourceMeta
    name: str
    legal_name: str | None = None
    tax_number: str | None = None
    registration_number: str | None = None
    contacts: tuple[ContactPoint, ...] = ()
    website: str | None = None
    addresses: tuple[Address, ...] = ()
    currency: CurrencyCode | None = None
    payment_terms: Ref | None = None
    payment_days: int | None = None
    tax_treatment: str | None = None
    status: PartyStatus = PartyStatus.ACTIVE
    category: str | None = None
    entities: tuple[str, ...] = ()
    balance: Amount | None = None
    custom_fields: tuple[CustomField, ...] = ()
    extensions: Extensions = {}


class Vendor(Party):
    """Somebody we buy from. Bank and card details are never carried: plugins drop them on fetch."""

    object_type: ClassVar[ObjectType] = ObjectType.VENDOR
    vendor_code: str | None = None
    """Our code for the vendor."""
    external_code: str | None = None
    """The vendor's id in the other system, where this one has a field for it."""
    buyer_account_number: str | None = None
    """The vendor's code for us; never a key."""
    is_person: bool | None = None
    us_1099: bool | None = None


class Customer(Party):
    """Somebody we invoice."""

    object_type: ClassVar[ObjectType] = ObjectType.CUSTOMER
    customer_code: str | None = None
    receivable_account: Ref | None = None
    credit_limit: Amount | None = None
    owner: str | None = None


class Contact(Part):
    """A person at a customer or vendor."""

    object_type: ClassVar[ObjectType] = ObjectType.CONTACT
    source: SourceMeta
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    title: str | None = None
    customer: Ref | None = None
    is_primary: bool | None = None
    status: PartyStatus = PartyStatus.ACTIVE
