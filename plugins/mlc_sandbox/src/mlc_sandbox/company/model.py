"""The seeded company itself, and the list of what is special about it.

Two systems look at one company: *procurement* (orders, bills, approval, payment) and the *ledger* (the
books of the accountant). Every record that both may know is described once, without any vendor's words;
each stand-in projects its own side of it. A field that starts with ``ledger_`` belongs to the ledger alone;
plain ``id`` and ``uuid`` are the ids that procurement shows. Money is ``Decimal`` in the document's
currency. Dates are plain dates, times are aware UTC. Keys (``vendor:017``, ``bill:000042``) are stable for
one seed and never shown on a wire.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from mlc_sandbox.company.documents import Bill, Payment, PurchaseOrder
from mlc_sandbox.company.ledger import LedgerContact, LedgerDocument, LedgerLock, LedgerPayment, UniqueField
from mlc_sandbox.company.masterdata import (
    Account,
    Currency,
    Department,
    Location,
    MoneyAccount,
    PaymentTerm,
    Tax,
    Vendor,
)
from mlc_sandbox.company.payer import Payer
from mlc_sandbox.company.relations import Relations
from mlc_sandbox.company.sidelines import Sidelines


class Stage(StrEnum):
    """When a case can be judged: at once, or after changes, events or the ledger's close."""

    START = "start"
    CHANGES = "changes"
    EVENTS = "events"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Case:
    """Something special in the data, and what a correct connector makes of it.

    ``expect`` is one of: posted, credit, adopted, counted, not_carried, updated, void, paid, unpaid,
    open_order, closed_order, cancelled_order, no_order, unchanged, ``held:<code>``, or
    ``one_posted:<code>`` (one of the keys is posted and the others are held). ``also`` lists outcomes that
    are right as well where the contract leaves a choice. ``keys`` are the records it is judged on, each of
    which must come out so. ``section`` is the item of the list of demo cases it belongs to; 0 is the
    requirement itself.
    """

    name: str
    keys: tuple[str, ...]
    expect: str
    section: int = 0
    also: tuple[str, ...] = ()
    stage: Stage = Stage.START
    why: str = ""


@dataclass(frozen=True)
class Company:
    """One company seen from both systems, with the list of what is special about it.

    The ``later_`` records are not seeded: they are what procurement (for locks: the ledger) shows later, a
    new version of a seeded record (same key) or a new one, once the changes and events of a demo happen.
    """

    seed: int
    records: int
    since: date
    today: date
    name: str
    base_currency: str
    ledger_organization_id: str
    department_tag_id: str
    locations: tuple[Location, ...]
    departments: tuple[Department, ...]
    currencies: tuple[Currency, ...]
    accounts: tuple[Account, ...]
    taxes: tuple[Tax, ...]
    terms: tuple[PaymentTerm, ...]
    money_accounts: tuple[MoneyAccount, ...]
    vendors: tuple[Vendor, ...]
    contacts: tuple[LedgerContact, ...]
    orders: tuple[PurchaseOrder, ...]
    bills: tuple[Bill, ...]
    payments: tuple[Payment, ...]
    ledger_documents: tuple[LedgerDocument, ...]
    ledger_payments: tuple[LedgerPayment, ...]
    later_bills: tuple[Bill, ...]
    later_orders: tuple[PurchaseOrder, ...]
    later_payments: tuple[Payment, ...]
    later_vendors: tuple[Vendor, ...]
    later_locks: tuple[LedgerLock, ...]
    ledger_locks: tuple[LedgerLock, ...]
    unique_fields: tuple[UniqueField, ...]
    cases: tuple[Case, ...]
    payer: Payer | None = None
    """What is paid through another system, and what stands there; None where the ledger pays."""
    later_documents: tuple[LedgerDocument, ...] = ()
    relations: Relations | None = None
    """Who it sells to; None where the company is seen from its purchases alone."""
    sidelines: Sidelines | None = None
    """Card spending, reimbursements and invoices beside the bills that are paid elsewhere."""

    def vendor(self, key: str) -> Vendor:
        """The vendor of that key; KeyError when there is none."""
        return self._vendors[key]

    def contact(self, key: str) -> LedgerContact:
        """The ledger contact of that key; KeyError when there is none."""
        return self._contacts[key]

    def bill(self, key: str) -> Bill:
        """The bill of that key; KeyError when there is none."""
        return self._bills[key]

    def order(self, key: str) -> PurchaseOrder:
        """The purchase order of that key; KeyError when there is none."""
        return self._orders[key]

    def payment(self, key: str) -> Payment:
        """The payment of that key; KeyError when there is none."""
        return self._payments[key]

    def ledger_document(self, key: str) -> LedgerDocument:
        """The hand-typed ledger document of that key; KeyError when there is none."""
        return self._ledger_documents[key]

    def later_bill(self, key: str) -> Bill:
        """The version of a bill that is shown after the changes; KeyError when it does not change."""
        return self._later_bills[key]

    def account(self, code: str) -> Account:
        """The account of that code, in whichever system it exists."""
        return self._accounts[code]

    def currency(self, code: str) -> Currency:
        """The currency of that ISO code."""
        return self._currencies[code]

    def department(self, key: str) -> Department:
        """The department of that key."""
        return self._departments[key]

    def location(self, key: str) -> Location:
        """The location of that key."""
        return self._locations[key]

    def tax(self, key: str) -> Tax:
        """The tax of that key."""
        return self._taxes[key]

    def term(self, key: str) -> PaymentTerm:
        """The payment term of that key."""
        return self._terms[key]

    def money_account(self, key: str) -> MoneyAccount:
        """The money account of that key."""
        return self._money_accounts[key]

    def case(self, name: str) -> Case:
        """The case of that name; KeyError when this company is too small to hold it."""
        return self._cases[name]

    @cached_property
    def special_bills(self) -> frozenset[str]:
        """Keys of the bills that a case is about, itself or through its payment or order."""
        keys = {key for case in self.cases for key in case.keys}
        paid = {part.bill for payment in self.payments if payment.key in keys for part in payment.parts}
        ordered = {bill.key for bill in self.bills if keys.intersection(bill.orders)}
        return frozenset(keys | paid | ordered)

    @cached_property
    def _vendors(self) -> dict[str, Vendor]:
        return {item.key: item for item in self.vendors}

    @cached_property
    def _contacts(self) -> dict[str, LedgerContact]:
        return {item.key: item for item in self.contacts}

    @cached_property
    def _bills(self) -> dict[str, Bill]:
        return {item.key: item for item in self.bills}

    @cached_property
    def _later_bills(self) -> dict[str, Bill]:
        return {item.key: item for item in self.later_bills}

    @cached_property
    def _orders(self) -> dict[str, PurchaseOrder]:
        return {item.key: item for item in self.orders}

    @cached_property
    def _payments(self) -> dict[str, Payment]:
        return {item.key: item for item in self.payments}

    @cached_property
    def _ledger_documents(self) -> dict[str, LedgerDocument]:
        return {item.key: item for item in self.ledger_documents}

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {item.code: item for item in self.accounts}

    @cached_property
    def _currencies(self) -> dict[str, Currency]:
        return {item.code: item for item in self.currencies}

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {item.key: item for item in self.departments}

    @cached_property
    def _locations(self) -> dict[str, Location]:
        return {item.key: item for item in self.locations}

    @cached_property
    def _taxes(self) -> dict[str, Tax]:
        return {item.key: item for item in self.taxes}

    @cached_property
    def _terms(self) -> dict[str, PaymentTerm]:
        return {item.key: item for item in self.terms}

    @cached_property
    def _money_accounts(self) -> dict[str, MoneyAccount]:
        return {item.key: item for item in self.money_accounts}

    @cached_property
    def _cases(self) -> dict[str, Case]:
        return {item.name: item for item in self.cases}
