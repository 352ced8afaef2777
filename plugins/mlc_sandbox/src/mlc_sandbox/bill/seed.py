"""BILL before anything is connected: a US organisation and a European one under one developer key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill import bills, classifications, credits, payments, seed_spend, vendors
from mlc_sandbox.bill.billlines import unit_of
from mlc_sandbox.bill.deskaccess import found
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.logins import PASSWORD, SPEND_TOKEN, SYNC_NAME, SYNC_VALUE, USER_NAME, Login
from mlc_sandbox.bill.wire import Cause, Record
from mlc_sandbox.company import Bill, Company, LedgerContact, Payer

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

CAUSE: Final[Cause] = {"kind": "seed"}
EUROPE: Final = frozenset({"EUR", "GBP"})
RATES: Final = {"EUR": "1.0912", "GBP": "1.2843", "CAD": "0.7281", "JPY": "0.006648", "KWD": "3.2539"}
SMALL_CHART: Final = (
    ("Accounts Payable", "2000", "ACCOUNTS_PAYABLE"),
    ("Operating Account", "1010", "BANK"),
    ("Materials", "5000", "COST_OF_GOODS_SOLD"),
    ("Office Supplies", "6100", "EXPENSE"),
    ("Freight", "6650", "EXPENSE"),
)
CLASSES: Final = ("Hardware", "Services", "Shared")
LEDGER_TYPES: Final = {
    "bank": "BANK",
    "cash": "BANK",
    "credit_card": "CREDIT_CARD",
    "accounts_payable": "ACCOUNTS_PAYABLE",
    "accounts_receivable": "ACCOUNTS_RECEIVABLE",
    "cost_of_goods_sold": "COST_OF_GOODS_SOLD",
    "expense": "EXPENSE",
    "other_expense": "OTHER_EXPENSE",
    "fixed_asset": "FIXED_ASSET",
    "other_current_asset": "OTHER_CURRENT_ASSET",
    "other_current_liability": "OTHER_CURRENT_LIABILITY",
    "income": "INCOME",
    "equity": "EQUITY",
}
PAID_SHARE: Final = 4  # every fourth bill is paid, the one after it scheduled


def found_all(standin: BillStandIn, company: Company | None) -> None:
    """Both organisations, their logins, and what the company's people have typed."""
    name = company.name if company is not None else "Harbour Paper Inc."
    us = found(standin, name, "USD", api_token=SPEND_TOKEN, rates=RATES)["id"]
    eu = found(standin, f"{name.removesuffix(' Inc.').removesuffix('.')} Europe GmbH", "EUR", rates=RATES)["id"]
    standin.organization_id = us
    logins = standin.logins
    logins.by_name = {
        SYNC_NAME: Login(SYNC_NAME, SYNC_VALUE, standin.approver_of(us), {us, eu}, sync=True),
        USER_NAME: Login(USER_NAME, PASSWORD, standin.approver_of(us), {us, eu}),
    }
    seed_spend.fill(standin, us, company)
    for org in (us, eu):
        accounts(standin, org, company)
        lists(standin, org, company)
    if company is None:
        vendor_body = {"name": "Nordic Bearings Inc.", "address": _ADDRESS}
        vendors.create(standin, us, Form(vendor_body, standin.switches), CAUSE)
        return
    if company.payer is not None:
        _typed_here(standin, us, company, company.payer)
        return
    for org, european in ((us, False), (eu, True)):
        _history(standin, org, company, european=european)
    standin.registers.pretended = None


_ADDRESS: Final = {"line1": "1 Harbor Way", "city": "Oakland", "stateOrProvince": "CA", "zipOrPostalCode": "94607",
                   "country": "US"}  # fmt: skip


def accounts(standin: BillStandIn, org: str, company: Company | None) -> None:
    """The chart of accounts, with the ledger's codes as numbers."""
    rows: tuple[tuple[str, str, str], ...] = SMALL_CHART
    missing = company.payer.accounts_missing if company is not None and company.payer is not None else ()
    if company is not None:
        rows = tuple(
            (account.name, account.ledger_code or account.code, LEDGER_TYPES.get(account.ledger_type, "UNSPECIFIED"))
            for account in company.accounts
            if account.ledger_id is not None and account.ledger_active and account.code not in missing
        )
    for name, number, kind in rows:
        body = {"name": name, "account": {"type": kind, "number": number}}
        classifications.create(standin, org, "chart_of_accounts", Form(body, standin.switches), CAUSE)


def lists(standin: BillStandIn, org: str, company: Company | None) -> None:
    """Departments, classes and locations."""
    departments = [item.name for item in company.departments] if company is not None else ["Office", "Plant"]
    places = [place.name for place in company.locations] if company is not None else ["Head Office"]
    for kind, names in (("departments", departments), ("accounting_classes", CLASSES), ("locations", places)):
        for name in names:
            classifications.create(standin, org, kind, Form({"name": name}, standin.switches), CAUSE)


def vendor_of(standin: BillStandIn, org: str, contact: LedgerContact, *, by_number: bool = True) -> Record:
    """A vendor as somebody typed it from the same letterhead as the ledger's contact."""
    address = contact.address
    body: dict[str, Any] = {
        "name": contact.name[:100],
        "email": contact.email,
        "phone": contact.phone,
        "billCurrency": contact.currency,
        "address": {
            "line1": address.line1,
            "line2": address.line2 or None,
            "city": address.city,
            "stateOrProvince": address.region or None,
            "zipOrPostalCode": address.postal_code,
            "country": address.country_code,
        },
        "additionalInfo": {"track1099": contact.track_1099},
    }
    if by_number:
        body["shortName"] = contact.contact_number
    return vendors.create(standin, org, Form(body, standin.switches), CAUSE)


def _typed_here(standin: BillStandIn, org: str, company: Company, payer: Payer) -> None:
    """What the people who pay have typed: vendors from the same letterheads, some bills, one party of their own."""
    made = {}
    for one in payer.vendors:
        if one.contact is None:
            body = {"name": one.name, "address": _ADDRESS, "billCurrency": one.currency}
            made[one.key] = vendors.create(standin, org, Form(body, standin.switches), CAUSE)
        else:
            typed_as = replace(company.contact(one.contact), name=one.name, currency=one.currency)
            made[one.key] = vendor_of(standin, org, typed_as, by_number=one.by_number)
    accounts_here = {row["account"]["number"]: row["id"] for row in standin.registers.all("chart_of_accounts", org)}
    for bill in payer.bills:
        code = company.account(bill.account)
        line: dict[str, Any] = {"amount": bill.total, "description": "As invoiced"}
        line["classifications"] = {"chartOfAccountId": accounts_here[code.ledger_code or code.code]}
        typed: dict[str, Any] = {
            "vendorId": made[bill.vendor]["id"],
            "dueDate": bill.due_date.isoformat(),
            "invoice": {"invoiceNumber": bill.number, "invoiceDate": bill.document_date.isoformat()},
            "billLineItems": [line],
        }
        bills.create(standin, org, Form(typed, standin.switches), CAUSE, by=standin.approver_of(org))
    standin.registers.pretended = None


def _history(standin: BillStandIn, org: str, company: Company, *, european: bool) -> None:
    """Vendors of one side of the ocean with their bills, some paid, some scheduled, and their credits."""
    made: dict[str, Record] = {}
    for contact in company.contacts:
        if contact.contact_type == "vendor" and contact.active and (contact.currency in EUROPE) is european:
            standin.registers.pretended = contact.modified_at
            made[contact.key] = vendor_of(standin, org, contact)
    account_ids = {row["account"]["number"]: row["id"] for row in standin.registers.all("chart_of_accounts", org)}
    coding = {account.code: account_ids.get(account.ledger_code or account.code) for account in company.accounts}
    place = 0
    for bill in sorted(company.bills, key=lambda one: one.issue_date):
        contact_key = company.vendor(bill.vendor).contact
        vendor = made.get(contact_key or "")
        lines = _lines(bill, coding)
        usable = vendor is not None and bill.number and bill.currency == vendor["billCurrency"] and lines
        if vendor is None or not usable or standin.registers.by_number.ids((org, str(bill.number)[:21].casefold())):
            continue
        standin.registers.pretended = datetime.combine(bill.issue_date + timedelta(days=1), time(9), tzinfo=UTC)
        if bill.total < 0:
            _credit(standin, org, vendor, bill, lines)
            continue
        place += 1
        _bill(standin, org, vendor, bill, lines, place)


def _lines(bill: Bill, coding: dict[str, str | None]) -> list[dict[str, Any]]:
    lines = []
    for line in bill.lines:
        for share in line.allocations:
            account = coding.get(share.account)
            if abs(share.amount) > 0 and account is not None:
                told = {"amount": abs(share.amount), "description": line.description[:4000]}
                lines.append({**told, "classifications": {"chartOfAccountId": account}})
    return lines


def _bill(standin: BillStandIn, org: str, vendor: Record, bill: Bill, lines: list[dict[str, Any]], place: int) -> None:
    unit = unit_of(vendor["billCurrency"])
    body = {
        "vendorId": vendor["id"],
        "dueDate": bill.due_date.isoformat(),
        "invoice": {"invoiceNumber": str(bill.number)[:21], "invoiceDate": bill.issue_date.isoformat()},
        "billLineItems": [{**line, "amount": line["amount"].quantize(unit)} for line in lines],
    }
    made = bills.create(standin, org, Form(body, standin.switches), CAUSE, by=standin.approver_of(org))
    if place % PAID_SHARE > 1:
        return
    parts = payments.parts_of(standin, org, vendor["id"], [(made["id"], made["amount"])])
    day = bill.due_date.isoformat()
    paid = payments.make(
        standin, org, vendor["id"], parts, CAUSE, by=standin.approver_of(org), processDate=day, disbursementStatus=None
    )
    if place % PAID_SHARE == 0:
        payments.act(standin, payments.act(standin, paid, "fund", CAUSE, {}), "clear", CAUSE, {})


def _credit(standin: BillStandIn, org: str, vendor: Record, bill: Bill, lines: list[dict[str, Any]]) -> None:
    unit = unit_of(vendor["billCurrency"])
    body = {
        "vendorId": vendor["id"],
        "referenceNumber": str(bill.number)[:21],
        "creditDate": bill.issue_date.isoformat(),
        "vendorCreditLineItems": [{**line, "amount": line["amount"].quantize(unit)} for line in lines],
    }
    credits.create(standin, org, Form(body, standin.switches), CAUSE)
