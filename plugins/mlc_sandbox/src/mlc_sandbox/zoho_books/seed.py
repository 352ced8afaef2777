"""Books before anything is connected: an organisation with a small chart, or a seeded company's ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.company import Company, LedgerContact
from mlc_sandbox.zoho_books import (
    contacts,
    customfields,
    locks,
    masterdata,
)
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause
from mlc_sandbox.zoho_books.seed_customers import type_relations
from mlc_sandbox.zoho_books.seed_documents import apply_credit, type_document, type_payment
from mlc_sandbox.zoho_books.seed_sidelines import type_sidelines

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

CAUSE: Final[Cause] = {"kind": "seed"}
ORGANIZATION_ID: Final = "700001234"
ENTITY_MODULES: Final = {
    "bill": "bills",
    "purchase_order": "purchaseorders",
    "vendor_payment": "vendorpayments",
    "contact": "contacts",
}
SMALL_CHART: Final = (
    ("Undeposited Funds", "1000", "cash"),
    ("Operating Account", "1010", "bank"),
    ("Prepaid Expenses", "1400", "other_current_asset"),
    ("Accounts Receivable", "1200", "accounts_receivable"),
    ("Accounts Payable", "2000", "accounts_payable"),
    ("Sales", "4000", "income"),
    ("Materials", "5000", "cost_of_goods_sold"),
    ("Office Supplies", "6100", "expense"),
    ("Freight", "6650", "expense"),
)
SMALL_RATES: Final = (("EUR", "1.08"), ("JPY", "0.0066"), ("KWD", "3.25"))


def found_organisation(standin: ZohoBooksStandIn, company: Company | None) -> None:
    """Sets up the organisation; without a company also a small chart, taxes and currencies to write against."""
    books = standin.books
    _clear(books)
    base = company.base_currency if company is not None else "USD"
    zone = next((place.timezone for place in company.locations if place.headquarter), "UTC") if company else "UTC"
    if company is not None:
        books.reserve(company.currency(base).ledger_id)
    currency = masterdata.create_currency(books, {"currency_code": base}, CAUSE, base=True)
    books.base_currency_id = currency["currency_id"]
    books.base_digits = books.digits(currency)
    standin.organization_id = company.ledger_organization_id if company is not None else ORGANIZATION_ID
    organisation = {
        "organization_id": standin.organization_id,
        "name": company.name if company is not None else "Harbour Paper Ltd",
        "contact_name": "Accounts",
        "email": "accounts@books.example",
        "is_default_org": True,
        "plan_type": 4,
        "plan_name": "PROFESSIONAL",
        "plan_period": "Monthly",
        "tax_group_enabled": True,
        "language_code": "en",
        "fiscal_year_start_month": "january",
        "account_created_date": "2024-01-02",
        "time_zone": zone,
        "is_org_active": True,
        "currency_id": currency["currency_id"],
        "currency_code": base,
        "currency_symbol": currency["currency_symbol"],
        "currency_format": currency["currency_format"],
        "price_precision": books.base_digits,
    }
    books.use_time_zone(zone)
    books.save("organizations", organisation, CAUSE)
    if company is None:
        _small(books)


def fill(standin: ZohoBooksStandIn, company: Company) -> None:
    """Projects the ledger's side of a company: lists, contacts, then documents and payments in order of time."""
    books = standin.books
    _lists(books, company)
    events: list[tuple[datetime, Callable[[], Any]]] = []
    for contact in sorted(company.contacts, key=lambda item: item.modified_at):
        books.pretend(contact.modified_at)
        _contact(books, company, contact)
    for document in company.ledger_documents:
        events.append((document.created_at, _later(type_document, books, company, document)))
        if document.applied:
            after = document.created_at + timedelta(days=1)
            events.append((after, _later(apply_credit, books, company, document)))
    for payment in company.ledger_payments:
        events.append((payment.created_at, _later(type_payment, books, company, payment)))
    for moment, happen in sorted(events, key=lambda event: event[0]):
        books.pretend(moment)
        happen()
    for contact in company.contacts:
        if not contact.active:
            books.pretend(contact.modified_at)
            contacts.set_status(books, contact.ledger_id, "inactive", CAUSE)
    books.pretend(None)
    if company.relations is not None:
        started = datetime.combine(company.since, time(8), tzinfo=UTC) - timedelta(days=60)
        type_relations(books, company.relations, started=started)
    if company.sidelines is not None:
        type_sidelines(books, company, company.sidelines)
    for lock in company.ledger_locks:
        until = lock.locked_until.isoformat()
        body = {"transaction_lock_module": lock.module, "transaction_lock_date": until, "reason": "Month closed"}
        locks.set_lock(books, body, CAUSE)


def _later(step: Callable[..., Any], *given: Any) -> Callable[[], Any]:
    return lambda: step(*given)


def _clear(books: Books) -> None:
    for shelf in books.kinds.values():
        for key in list(shelf.order):
            books.delete(shelf.kind, key, CAUSE)
    books.forget()


def _small(books: Books) -> None:
    for name, code, kind in SMALL_CHART:
        masterdata.create_account(books, {"account_name": name, "account_code": code, "account_type": kind}, CAUSE)
    for code, rate in SMALL_RATES:
        added = masterdata.create_currency(books, {"currency_code": code}, CAUSE)
        masterdata.add_rate(books, added["currency_id"], {"effective_date": "2026-01-01", "rate": Decimal(rate)}, CAUSE)
    for name, percent in (("Standard Rate", Decimal(20)), ("Reduced Rate", Decimal("5.5")), ("Zero Rate", Decimal(0))):
        masterdata.create_tax(books, {"tax_name": name, "tax_percentage": percent}, CAUSE)
    masterdata.create_location(books, {"location_name": "Head Office"}, CAUSE)
    masterdata.create_tag(books, {"tag_name": "Department", "options": ["Office", "Plant"]}, CAUSE)
    for module in ENTITY_MODULES.values():
        _unique(books, module)
    _plain_fields(books)


def _unique(books: Books, module: str) -> None:
    customfields.define(books, module, customfields.UNIQUE_NAME, label="Source Id", unique=True, cause=CAUSE)


def _plain_fields(books: Books) -> None:
    for module in ("bills", "vendorcredits"):
        customfields.define(
            books, module, "cf_issue_date", label="Supplier Issue Date", unique=False, cause=CAUSE, kind="date"
        )


def _lists(books: Books, company: Company) -> None:
    for currency in company.currencies:
        if currency.code != company.base_currency:
            books.reserve(currency.ledger_id)
            body = {"currency_code": currency.code, "currency_name": currency.name}
            masterdata.create_currency(books, {**body, "price_precision": currency.exponent}, CAUSE)
            for start, rate in currency.rates:
                told = {"effective_date": start.isoformat(), "rate": rate}
                masterdata.add_rate(books, currency.ledger_id, told, CAUSE)
    _accounts(books, company)
    for tax in company.taxes:
        if tax.ledger_id is not None:
            books.reserve(tax.ledger_id)
            masterdata.create_tax(books, {"tax_name": tax.ledger_name, "tax_percentage": tax.rate}, CAUSE)
    for place in company.locations:
        books.reserve(place.ledger_id)
        masterdata.create_location(books, {"location_name": place.name}, CAUSE)
    tagged = [item for item in company.departments if item.ledger_tag_option is not None]
    books.reserve(company.department_tag_id, *(str(item.ledger_tag_option) for item in tagged))
    names = [item.name for item in tagged]
    masterdata.create_tag(books, {"tag_name": "Department", "options": names}, CAUSE)
    for unique in company.unique_fields:
        books.reserve(unique.ledger_id)
        _unique(books, ENTITY_MODULES[unique.entity])
    _plain_fields(books)


def _accounts(books: Books, company: Company) -> None:
    known = [account for account in company.accounts if account.ledger_id is not None]
    by_code = {account.code: account for account in known}
    for account in sorted(known, key=lambda item: item.parent is not None):
        parent = by_code.get(account.parent or "")
        books.reserve(str(account.ledger_id))
        body = {
            "account_name": account.name,
            "account_code": account.ledger_code or account.code,
            "account_type": account.ledger_type,
            "is_active": account.ledger_active,
            "parent_account_id": parent.ledger_id if parent else "",
        }
        masterdata.create_account(books, body, CAUSE)
    for money in company.money_accounts:
        if money.ledger_id is not None:
            books.reserve(money.ledger_id)
            code = "" if money.gl_code in by_code else money.gl_code
            body = {"account_name": money.name, "account_code": code, "account_type": money.kind}
            body["currency_id"] = company.currency(money.currency).ledger_id
            masterdata.create_account(books, body, CAUSE)


def _contact(books: Books, company: Company, contact: LedgerContact) -> None:
    first, _, last = contact.person_name.partition(" ")
    address = contact.address
    books.reserve(contact.ledger_id, contact.person_id)
    body = {
        "contact_name": contact.name,
        "contact_type": contact.contact_type,
        "company_name": contact.legal_name,
        "legal_name": contact.legal_name,
        "contact_number": contact.contact_number,
        "ignore_auto_number_generation": True,
        "currency_id": company.currency(contact.currency).ledger_id,
        "payment_terms": contact.term_days,
        "payment_terms_label": f"Net {contact.term_days}",
        "website": contact.website,
        "track_1099": contact.track_1099,
        "billing_address": {
            "address": address.line1,
            "street2": address.line2,
            "city": address.city,
            "state": address.region,
            "zip": address.postal_code,
            "country": address.country,
        },
        "contact_persons": [
            {
                "first_name": first,
                "last_name": last,
                "email": contact.email,
                "phone": contact.phone,
                "is_primary_contact": True,
            }
        ],
    }
    contacts.create(books, body, CAUSE)
