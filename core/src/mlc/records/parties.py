"""Vendors, customers and the people at them."""

from typing import ClassVar

from pydantic import Field

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
    Word,
)


class PartyStatus(Word):
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
    extensions: Extensions = Field(default_factory=dict)

    @property
    def billing_person(self) -> ContactPoint | None:
        """The person to whom invoices go: the primary one, else the first."""
        return next((one for one in self.contacts if one.is_primary), next(iter(self.contacts), None))


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
    external_code: str | None = None
    """The customer's id in the other system, where this one has a field for it."""
    synced_by: str | None = None
    """The system with which another program of the vendor keeps it in step already (R27); None: nobody says so."""
    receivable_account: Ref | None = None
    credit_limit: Amount | None = None
    owner: str | None = None


class Contact(Part):
    """A person at a customer or vendor. ``is_primary``: invoices and reminders go there."""

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
    external_code: str | None = None
    """The person's id in the other system, where this one has a field for it."""
    is_primary: bool | None = None
    status: PartyStatus = PartyStatus.ACTIVE


class Deal(Part):
    """A deal of a sales desk: read, never written. It makes its account a customer once it is won."""

    object_type: ClassVar[ObjectType] = ObjectType.DEAL
    source: SourceMeta
    name: str
    customer: Ref | None = None
    stage: str | None = None
    won: bool = False
    amount: Amount | None = None
    currency: CurrencyCode | None = None
    custom_fields: tuple[CustomField, ...] = ()
