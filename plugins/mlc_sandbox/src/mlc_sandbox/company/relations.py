"""Who the company sells to: customers and their people as the books and the sales desk know them, deals, invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from mlc_sandbox.company.masterdata import Address


class Known(StrEnum):
    """On which side a record stands before anything is connected."""

    BOTH = "both"
    BOOKS = "books"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a customer. ``desk_email`` is how the sales desk spells the address, where it differs."""

    key: str
    customer: str
    first: str
    last: str
    email: str
    phone: str
    title: str
    known: Known
    books_id: str
    desk_id: str
    primary: bool = False
    opt_out: bool = False
    desk_email: str | None = None

    @property
    def email_at_desk(self) -> str:
        """The address as the sales desk has it."""
        return self.email if self.desk_email is None else self.desk_email


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. ``matched_by`` is what joins its two records: external, tax, email, name; empty on one side only."""

    key: str
    name: str
    desk_name: str
    known: Known
    matched_by: str
    books_id: str
    desk_id: str
    tax_number: str
    address: Address
    phone: str
    website: str
    kind: str
    term_days: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who has bought nothing yet; the sales desk alone knows them, and one person there."""

    key: str
    name: str
    desk_id: str
    kind: str
    person: Person


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal of the sales desk with a customer or a prospect (``party``)."""

    key: str
    desk_id: str
    name: str
    stage: str
    party: str
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class SalesInvoice:
    """An invoice in the books.

    ``status`` is one of draft, sent, part_paid, paid. ``deal_by`` says how the books name the deal: custom_field,
    external, reference; empty where they do not.
    """

    key: str
    books_id: str
    number: str
    customer: str
    day: date
    due: date
    lines: tuple[tuple[str, Decimal], ...]
    status: str
    deal: str | None = None
    deal_by: str = ""

    @property
    def total(self) -> Decimal:
        """What the customer owes for it."""
        return sum((amount for _, amount in self.lines), Decimal(0))


Named = TypeVar("Named", Customer, Person, SalesInvoice)


@dataclass(frozen=True)
class Relations:
    """Everything that a company's sales side holds."""

    customers: tuple[Customer, ...]
    persons: tuple[Person, ...]
    prospects: tuple[Prospect, ...]
    deals: tuple[Deal, ...]
    invoices: tuple[SalesInvoice, ...]

    def customer(self, key: str) -> Customer:
        """The customer of that key; KeyError when there is none."""
        return _named(self.customers, key)

    def person(self, key: str) -> Person:
        """The person of that key; KeyError when there is none."""
        return _named(self.persons, key)

    def invoice(self, key: str) -> SalesInvoice:
        """The invoice of that key; KeyError when there is none."""
        return _named(self.invoices, key)

    def people_of(self, customer: str) -> list[Person]:
        """A customer's people."""
        return [one for one in self.persons if one.customer == customer]


def _named(rows: tuple[Named, ...], key: str) -> Named:
    for one in rows:
        if one.key == key:
            return one
    raise KeyError(key)
