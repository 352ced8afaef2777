"""QuickBooks before anything is connected: a company with a small chart, or a seeded company's ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.company import Company, LedgerContact
from mlc_sandbox.quickbooks import writing
from mlc_sandbox.quickbooks.books import Realm
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.seed_documents import type_document, type_payment
from mlc_sandbox.quickbooks.tokens import REFRESH_TOKEN
from mlc_sandbox.quickbooks.wire import Record

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

CAUSE: Final = {"kind": "seed"}
TYPES: Final = {
    "bank": "Bank", "cash": "Bank", "accounts_receivable": "Accounts Receivable", "credit_card": "Credit Card",
    "other_current_asset": "Other Current Asset", "fixed_asset": "Fixed Asset", "accounts_payable": "Accounts Payable",
    "other_current_liability": "Other Current Liability", "equity": "Equity", "income": "Income",
    "cost_of_goods_sold": "Cost of Goods Sold", "expense": "Expense", "other_expense": "Other Expense",
}  # fmt: skip
SMALL_CHART: Final = (
    ("Operating Account", "1010", "Bank"),
    ("Company Card", "2150", "Credit Card"),
    ("Accounts Receivable", "1200", "Accounts Receivable"),
    ("Accounts Payable", "2000", "Accounts Payable"),
    ("Prepaid Expenses", "1400", "Other Current Asset"),
    ("Sales", "4000", "Income"),
    ("Materials", "5000", "Cost of Goods Sold"),
    ("Office Supplies", "6100", "Expense"),
    ("Freight", "6650", "Expense"),
)
SMALL_TERMS: Final = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30))
SMALL_TAXES: Final = (("20.0% S", Decimal(20)), ("5.0% R", Decimal(5)), ("0.0% Z", Decimal(0)))


def realm_id(number: int) -> str:
    """The id of the n-th company."""
    return str(9130000000000000 + number)


def found_all(standin: QuickBooksStandIn, company: Company | None) -> None:
    """The first company, connected with the refresh token that the stand-in accepts."""
    standin.books.clear()
    standin.files.clear()
    realm = Realm(realm_id(1), company.name if company is not None else "Harbour Paper Inc.")
    standin.realm_id = realm.id
    if REFRESH_TOKEN not in standin.tokens.chains:
        standin.tokens.enter(REFRESH_TOKEN, realm.id)
    if company is None:
        small(standin, realm)
        return
    realm.currency = company.base_currency
    for currency in company.currencies:
        if currency.code != company.base_currency:
            realm.rates[currency.code] = [(start.isoformat(), rate) for start, rate in currency.rates]
    _open(standin, realm, several=True)
    _fill(standin, realm.id, company)


def small(standin: QuickBooksStandIn, realm: Realm) -> None:
    """A chart, terms, departments and classes to write against; tax codes outside the US."""
    _open(standin, realm, several=False)
    typed = partial(_typed, standin, realm.id)
    for name, code, kind in SMALL_CHART:
        typed("Account", {"Name": name, "AcctNum": code, "AccountType": kind})
    _lists(standin, realm.id, SMALL_TERMS, ("Office", "Plant"), SMALL_TAXES)
    ids = {one["Name"]: one["Id"] for one in standin.books.all(realm.id, "Account")}
    cost = {"ExpenseAccountRef": {"value": ids["Materials"]}, "IncomeAccountRef": {"value": ids["Sales"]}}
    typed("Item", {"Name": "Paper A4", "Type": "NonInventory", "Sku": "A4-80", **cost})


def _open(standin: QuickBooksStandIn, realm: Realm, *, several: bool) -> None:
    books = standin.books
    books.realms[realm.id] = realm
    company: Record = {
        "CompanyName": realm.name, "LegalName": realm.name, "Country": realm.country, "FiscalYearStartMonth": "January",
        "SupportedLanguages": "en", "CompanyStartDate": "2024-01-02", "DefaultTimeZone": "America/Los_Angeles",
        "NameValue": [
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"}, {"Name": "SubscriptionStatus", "Value": "PAID"},
        ],
    }  # fmt: skip
    preferences: Record = {
        "AccountingInfoPrefs": {
            "TrackDepartments": True, "ClassTrackingPerTxn": False, "ClassTrackingPerTxnLine": True,
            "UseAccountNumbers": True, "FirstMonthOfFiscalYear": "January", "CustomerTerminology": "Customers",
        },
        "CurrencyPrefs": {"MultiCurrencyEnabled": several, "HomeCurrency": {"value": realm.currency}},
        "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": realm.country == "US"},
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": True},
        "SalesFormsPrefs": {"CustomTxnNumbers": False},
        "OtherPrefs": {"NameValue": [
            {"Name": "VendorAndPurchasesPrefs.UseCustomTxnNumbers", "Value": "true"},
            {"Name": "WarnDuplicateJournalNumber", "Value": "true"},
        ]},
    }  # fmt: skip
    books.save(realm.id, "CompanyInfo", company, CAUSE)
    books.save(realm.id, "Preferences", preferences, CAUSE)


def _typed(standin: QuickBooksStandIn, realm: str, kind: str, body: Record) -> Record:
    include = frozenset({"allowduplicatedocnum"})
    return writing.write(Deed(standin.books, realm, kind, CAUSE, include, by_person=True), body)


def _lists(
    standin: QuickBooksStandIn,
    realm: str,
    terms: Iterable[tuple[str, int]],
    departments: Iterable[str],
    taxes: Iterable[tuple[str, Decimal]],
) -> None:
    for name, days in terms:
        _typed(standin, realm, "Term", {"Name": name, "DueDays": days})
    for name in departments:
        _typed(standin, realm, "Department", {"Name": name})
        _typed(standin, realm, "Class", {"Name": name})
    if standin.books.realms[realm].country == "US":
        return
    for name, percent in taxes:
        rate = {"Name": name, "RateValue": percent, "Active": True, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"}
        made = standin.books.save(realm, "TaxRate", rate, CAUSE)
        detail = {"TaxRateRef": {"value": made["Id"], "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        code = {"Name": name, "Description": name, "Active": True, "Taxable": True, "TaxGroup": True, "Hidden": False}
        rows = {"TaxRateDetail": [detail]}
        standin.books.save(realm, "TaxCode", {**code, "PurchaseTaxRateList": rows, "SalesTaxRateList": rows}, CAUSE)


# --- a seeded company -----------------------------------------------------------------------------------------------


def _fill(standin: QuickBooksStandIn, realm: str, company: Company) -> None:
    books, typed = standin.books, partial(_typed, standin, realm)
    books.pretended = datetime(2024, 1, 2, 16, tzinfo=_zone(company))
    accounts = _accounts(standin, realm, company)
    departments = dict.fromkeys(item.name for item in company.departments)
    terms = {term.days: term.name for term in company.terms}
    for contact in company.contacts:
        terms.setdefault(contact.term_days, f"Net {contact.term_days}")
    _lists(standin, realm, [(name, days) for days, name in terms.items()], departments, ())
    term_ids = {row["DueDays"]: row["Id"] for row in books.all(realm, "Term")}
    parties: dict[str, str] = {}
    for contact in sorted(company.contacts, key=lambda item: (item.contact_type != "vendor", item.modified_at)):
        books.pretended = contact.modified_at
        kind = "Vendor" if contact.contact_type == "vendor" else "Customer"
        parties[contact.key] = typed(kind, _party(standin, realm, contact, kind, term_ids))["Id"]
    made: dict[str, str] = {}
    events: list[tuple[datetime, Callable[[], Any]]] = []
    for document in company.ledger_documents:
        if document.currency != company.contact(document.contact).currency:
            continue  # here a vendor has one currency
        work = partial(type_document, typed, company, document, parties, accounts, made)
        events.append((document.created_at, work))
    for payment in company.ledger_payments:
        events.append((payment.created_at, partial(type_payment, typed, company, payment, parties, accounts, made)))
    for moment, happen in sorted(events, key=lambda event: event[0]):
        books.pretended = moment
        happen()
    for contact in company.contacts:
        if not contact.active and contact.contact_type == "vendor":
            books.pretended = contact.modified_at
            row = books.require(realm, "Vendor", parties[contact.key])
            typed("Vendor", {**row, "Active": False})
    books.pretended = None
    locks = [lock.locked_until.isoformat() for lock in company.ledger_locks if lock.module == "purchase"]
    if locks:
        row = books.preferences(realm)
        prefs = {**row["AccountingInfoPrefs"], "BookCloseDate": max(locks)}
        books.save(realm, "Preferences", {**row, "AccountingInfoPrefs": prefs}, CAUSE, id="1")


def _zone(company: Company) -> Any:
    return company.contacts[0].modified_at.tzinfo


def _accounts(standin: QuickBooksStandIn, realm: str, company: Company) -> dict[str, str]:
    """Accounts by their code and money accounts by their key → Id."""
    made: dict[str, str] = {}
    known = [account for account in company.accounts if account.ledger_id is not None]
    for account in sorted(known, key=lambda item: item.parent is not None):
        body: Record = {"Name": account.name, "AcctNum": account.ledger_code or account.code}
        body["AccountType"] = TYPES[account.ledger_type]
        if account.parent in made:
            body["ParentRef"] = {"value": made[account.parent or ""]}
        row = _typed(standin, realm, "Account", body)
        if not account.ledger_active:
            _typed(standin, realm, "Account", {**row, "Active": False})
        made[account.code] = row["Id"]
    for money in company.money_accounts:
        if money.ledger_id is not None:
            body = {"Name": money.name, "AccountType": TYPES[money.kind], "CurrencyRef": {"value": money.currency}}
            if money.gl_code not in made:
                body["AcctNum"] = money.gl_code
            made[money.key] = _typed(standin, realm, "Account", body)["Id"]
    return made


def _party(standin: QuickBooksStandIn, realm: str, contact: LedgerContact, kind: str, terms: dict[int, str]) -> Record:
    first, _, last = contact.person_name.partition(" ")
    address = contact.address
    taken = standin.books.named(realm, kind, contact.name)
    body: Record = {
        "DisplayName": f"{contact.name} ({kind})" if taken else contact.name.replace(":", " "),
        "CompanyName": contact.legal_name[:100],
        "GivenName": first,
        "FamilyName": last,
        "CurrencyRef": {"value": contact.currency},
        "PrimaryEmailAddr": {"Address": contact.email},
        "PrimaryPhone": {"FreeFormNumber": contact.phone[:30]},
        "WebAddr": {"URI": contact.website},
        "BillAddr": {
            "Line1": address.line1, "Line2": address.line2, "City": address.city, "Country": address.country,
            "CountrySubDivisionCode": address.region, "PostalCode": address.postal_code,
        },
    }  # fmt: skip
    if kind == "Vendor":
        body |= {"AcctNum": contact.contact_number, "Vendor1099": contact.track_1099}
        body["TermRef"] = {"value": terms[contact.term_days]}
    return {name: value for name, value in body.items() if value}
