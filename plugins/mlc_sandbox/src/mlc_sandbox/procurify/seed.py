"""The procurement side of a seeded company in the form of the wire."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from mlc_sandbox.procurify import build
from mlc_sandbox.procurify.masterdata import account_for
from mlc_sandbox.procurify.payments import OLD_STATUS
from mlc_sandbox.procurify.seed_documents import seed_bill, seed_order
from mlc_sandbox.procurify.values import Wire, fixed
from mlc_sandbox.procurify.vendors import blank_vendor, reference
from mlc_sandbox.toolkit.clock import wire_time

if TYPE_CHECKING:
    from mlc_sandbox.company import Address, Company, Location, Payment, Vendor
    from mlc_sandbox.procurify.app import ProcurifyStandIn

SEED = {"kind": "seed"}
_RATE_PLACES = 6


class Seeding:
    """One filling of a stand-in: the company, and what its keys have become."""

    def __init__(self, standin: ProcurifyStandIn, company: Company) -> None:
        self.standin = standin
        self.company = company
        self._accounts: dict[tuple[str, str], Wire] = {}

    def vendor(self, key: str) -> Wire:
        """The stored vendor of a key."""
        found = self.standin.store.get("vendors", self.company.vendor(key).id)
        return found if found is not None else {}

    def currency(self, code: str) -> Wire:
        """The stored currency of a code."""
        found = self.standin.store.get("currencies", self.company.currency(code).id)
        return found if found is not None else {}

    def account(self, code: str, department: str) -> Wire:
        """The stored account of an account code in a department, opened on first use."""
        known = self._accounts.get((code, department))
        if known is None:
            code_id, department_id = self.company.account(code).id, self.company.department(department).id
            known = account_for(self.standin, int(code_id or 0), department_id, SEED)
            self._accounts[code, department] = known
        return known

    def keep(self, type: str, id: object, obj: Wire) -> Wire:
        """Store one object."""
        return self.standin.store.put(type, id, obj, SEED)


def seed(standin: ProcurifyStandIn, company: Company) -> None:
    """Fill a stand-in. Its clock is moved on when the company's last change lies in its future."""
    seeding = Seeding(standin, company)
    _lists(seeding)
    for vendor in company.vendors:
        _vendor(seeding, vendor)
    for order in company.orders:
        seed_order(seeding, order)
    payments = {payment.key: _payment(seeding, payment) for payment in company.payments}
    for bill in company.bills:
        made = seed_bill(seeding, bill)
        if bill.payment is not None and bill.payment_amount is not None:
            paid_by = payments[bill.payment]
            status = OLD_STATUS.get(paid_by["status"], 8)
            made["bill_payment"] = build.bill_payment(paid_by, bill.payment_amount, status=status)
        seeding.keep("bills", bill.uuid, made)
    _move_on(seeding)


def _move_on(seeding: Seeding) -> None:
    standin, company = seeding.standin, seeding.company
    moments = [vendor.modified_at for vendor in company.vendors] + [bill.modified_at for bill in company.bills]
    moments += [order.modified_at for order in company.orders]
    moments += [payment.updated_at for payment in company.payments]
    last = max(moments, default=standin.clock.now())
    if last >= standin.clock.now():
        standin.clock.set(last + timedelta(hours=1))
    highest: dict[str, list[int]] = {
        "vendors": [vendor.id for vendor in company.vendors],
        "purchase_orders": [order.id for order in company.orders],
        "order_items": [line.id for order in company.orders for line in order.lines],
        "bills": [bill.id for bill in company.bills],
        "items": [line.id for bill in company.bills for line in bill.lines],
        "allocations": [part.id for b in company.bills for line in b.lines for part in line.allocations],
        "groups": [bill.group or 0 for bill in company.bills],
        "payments": [payment.id for payment in company.payments],
        "receipt_items": [receipt.id for order in company.orders for receipt in order.receipts],
        "account_codes": [account.id or 0 for account in company.accounts],
        "departments": [department.id for department in company.departments],
        "locations": [location.id for location in company.locations],
        "currencies": [currency.id for currency in company.currencies],
    }
    for kind, ids in highest.items():
        most = max(ids, default=0)
        if most:
            standin.number(kind, at_least=most)


def _lists(seeding: Seeding) -> None:
    company = seeding.company
    for currency in company.currencies:
        rate = Decimal(1) / currency.rate_on(company.today)
        row = {"id": currency.id, "name": currency.code, "rate": fixed(rate, _RATE_PLACES)}
        row |= {"base": currency.code == company.base_currency, "active": True, "description": currency.name}
        seeding.keep("currencies", currency.id, row)
    for location in company.locations:
        seeding.keep("locations", location.id, _location(seeding, location))
    for department in company.departments:
        place = company.location(department.location)
        row = {"id": department.id, "name": department.name, "external_id": department.external_id, "active": True}
        row["branch"] = {"id": place.id, "name": place.name, "headquarter": place.headquarter}
        row |= {"punchout_email": None, "is_active_for_account_code": True}
        seeding.keep("departments", department.id, row)
    for account in company.accounts:
        if account.id is not None:
            parent = company.account(account.parent).id if account.parent else None
            row = {"id": account.id, "code": account.code, "description": account.name}
            row |= {"account_type": int(account.kind), "parent": parent, "active": account.active}
            row |= {"applied_accounts_count": 0, "code_length": len(account.code)}
            seeding.keep("account_codes", account.id, row)
    for source in company.money_accounts:
        row = {"id": source.id, "name": source.name, "type": 1, "data": {}, "gl_code": source.gl_code}
        row["currency"] = seeding.currency(source.currency)
        seeding.keep("company_payment_methods", source.id, row)
    for term in company.terms:
        row = {"id": term.id, "name": term.name, "description": None, "active": True}
        seeding.keep("payment_term_ref", term.id, row)
        seeding.standin.number("payment_term_ref", at_least=term.id)


def _address(address: Address) -> Wire:
    return {
        "addressLineOne": address.line1,
        "addressLineTwo": address.line2 or None,
        "city": address.city,
        "state_province": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }


def _location(seeding: Seeding, location: Location) -> Wire:
    address = {"id": location.id, "name": location.name, **_address(location.address)}
    departments = [d for d in seeding.company.departments if d.location == location.key]
    return {
        "id": location.id,
        "name": location.name,
        "url": None,
        "logo": "",
        "currency": seeding.currency(location.currency),
        "phoneOne": "",
        "fax": None,
        "email": None,
        "primary_billing_address": address,
        "primary_shipping_address": address,
        "shipping_addresses": [address],
        "language": "en",
        "locationTimezone": location.timezone,
        "headquarter": location.headquarter,
        "department_count": len(departments),
        "active": True,
        "external_id": location.external_id,
        "legal_entity": {"name": location.legal_entity},
    }


def _vendor(seeding: Seeding, vendor: Vendor) -> None:
    standin, company = seeding.standin, seeding.company
    row = blank_vendor(standin, vendor.id) | _address(vendor.address)
    row |= {
        "name": vendor.name,
        "active": vendor.active,
        "type": vendor.vendor_type,
        "email": list(vendor.emails),
        "contact": vendor.contact_name,
        "phoneOne": vendor.phone,
        "url": vendor.website,
        "external_id": vendor.external_id,
        "currency": company.currency(vendor.currency).id,
        "is_1099_eligible": vendor.is_1099,
        "tax": company.tax(vendor.tax).id if vendor.tax else None,
        "dateModified": wire_time(vendor.modified_at),
        "payment_term_ref": reference(standin, "payment_term_ref", {"name": company.term(vendor.term).name}),
    }
    seeding.keep("vendors", vendor.id, row)


def _payment(seeding: Seeding, payment: Payment) -> Wire:
    company = seeding.company
    source = company.money_account(payment.money_account)
    row = build.payment(
        seeding.standin,
        payment.id,
        payment.uuid,
        vendor=seeding.vendor(payment.vendor),
        currency=seeding.currency(payment.currency),
        at=wire_time(payment.created_at),
    )
    row |= {
        "amount": fixed(payment.amount, 2),
        "status": payment.status,
        "processing_date": payment.processing_date.isoformat(),
        "payment_source_name": source.name,
        "external_payment_source_id": source.id,
        "gl_code": source.gl_code,
        "bill_groups": list(payment.groups),
        "updated_at": wire_time(payment.updated_at),
    }
    parts = {company.bill(part.bill).uuid: fixed(part.amount, 2) for part in payment.parts}
    link = {"vendor": company.vendor(payment.vendor).id, "bills": parts}
    seeding.keep("payment_links", payment.id, link)
    return seeding.keep("payments", payment.id, row)
