"""A company whose books are the source: open bills in the ledger, paid through another system."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from mlc_sandbox.company import lists
from mlc_sandbox.company.generate import HISTORY_DAYS, SINCE, TODAY
from mlc_sandbox.company.ledger import LedgerContact
from mlc_sandbox.company.masterdata import Account, AccountKind, MoneyAccount
from mlc_sandbox.company.model import Company
from mlc_sandbox.company.parties import make_parties
from mlc_sandbox.company.payablesbooks import UNKNOWN_THERE, Books
from mlc_sandbox.company.payer import Payer, PayerVendor
from mlc_sandbox.company.sidelines import Sidelines
from mlc_sandbox.company.special_payables import add_cases, add_changes, add_history
from mlc_sandbox.company.special_sidelines import make_sidelines

COMPANY_NAME = "Halden Commerce Inc."
CLEARING = "1090"
INPUT_TAX = "1450"
OUTPUT_TAX = "2250"


def make_payables_company(seed: int = 1, records: int = 300, *, since: date = SINCE, today: date = TODAY) -> Company:
    """Make the company of that seed with about ``records`` bills dated on or after ``since``.

    The same arguments give the same company; cases come first, ordinary open bills make up the rest.
    """
    rng = Random(seed)
    start = since - timedelta(days=HISTORY_DAYS)
    parties = make_parties(rng, history_start=datetime.combine(start, time(8), tzinfo=UTC))
    currencies = {item.code: item for item in lists.make_currencies()}
    contacts = {one.key: _known(one) for one in parties.contacts}
    books = Books(rng, since, today, contacts, currencies)
    _vendors_there(books)
    large = records >= 100
    add_history(books, twins=30 if large else 6, other_totals=5 if large else 1, missing=5 if large else 1)
    before = len(books.documents)
    add_cases(books)
    add_changes(books)
    while len(books.documents) - before < records:
        amounts = tuple(books.amount() for _ in range(rng.choice((1, 1, 2, 3))))
        books.document(books.ordinary(rng.choice(("USD", "USD", "USD", "CAD", "EUR", "GBP"))), *amounts)
    return _company(books, seed, records, make_sidelines(books))


def _known(contact: LedgerContact) -> LedgerContact:
    """Contacts of ordinary vendors are marked as such; nobody else is, nor who has a name too long for BILL."""
    ordinary = contact.contact_type == "vendor" and contact.active and int(contact.key[-3:]) <= 42
    ordinary = ordinary and len(contact.name) <= 100
    return replace(contact, vendor="ordinary" if ordinary else None)


def _vendors_there(books: Books) -> None:
    """Half of the ordinary vendors are there by number, a quarter by name and postal code, the others not yet."""
    ordinary = [one for one in books.contacts.values() if one.vendor == "ordinary"]
    for place, contact in enumerate(ordinary):
        if place % 4 != 3:
            key = f"there:{contact.key}"
            books.vendors[key] = PayerVendor(key, contact.key, contact.name, contact.currency, place % 4 != 2)


def _company(books: Books, seed: int, records: int, sidelines: Sidelines) -> Company:
    number = 46000
    extra = (
        Account(
            OUTPUT_TAX,
            "Output tax",
            AccountKind.LIABILITY,
            None,
            lists.ledger_id(number + 3),
            "other_current_liability",
        ),
        Account(CLEARING, "Paid through BILL", AccountKind.ASSET, None, lists.ledger_id(number + 1), "bank"),
        Account(INPUT_TAX, "Input tax", AccountKind.ASSET, None, lists.ledger_id(number + 2), "other_current_asset"),
    )
    clearing = MoneyAccount("clearing", "Paid through BILL", CLEARING, "USD", "bank", 90, extra[1].ledger_id)
    return Company(
        seed=seed,
        records=records,
        since=books.since,
        today=books.today,
        name=COMPANY_NAME,
        base_currency="USD",
        ledger_organization_id=lists.ORGANIZATION_ID,
        department_tag_id=lists.DEPARTMENT_TAG_ID,
        locations=lists.make_locations(),
        departments=lists.make_departments(),
        currencies=tuple(books.currencies.values()),
        accounts=(*lists.make_accounts(), extra[0], extra[2]),
        taxes=lists.make_taxes(),
        terms=lists.make_terms(),
        money_accounts=(*lists.make_money_accounts(), clearing),
        vendors=(),
        contacts=tuple(books.contacts.values()),
        orders=(),
        bills=(),
        payments=(),
        ledger_documents=tuple(books.documents.values()),
        ledger_payments=tuple(books.payments),
        later_bills=(),
        later_orders=(),
        later_payments=(),
        later_vendors=(),
        later_locks=(),
        ledger_locks=(),
        unique_fields=(),
        cases=tuple(books.cases),
        payer=Payer(tuple(books.vendors.values()), tuple(books.bills), (UNKNOWN_THERE,)),
        later_documents=tuple(books.later.values()),
        sidelines=sidelines,
    )
