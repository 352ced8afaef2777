"""Basware before anything is connected: a P2P that people work in, and an API layer that nobody has posted to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware import desk_invoices, exports
from mlc_sandbox.basware.p2p import COMPANIES, CURRENCIES
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.seed_documents import invoice_of, lines_of, state_of
from mlc_sandbox.basware.wire import day_of, without_nulls
from mlc_sandbox.company import Company, Location, OrderState, Vendor

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

CAUSE: Final[Record] = {"kind": "seed"}
HEAD: Final = "1000"
BRANCH: Final = "2000"
#: A company of no size: what a test needs.
SMALL_ACCOUNTS: Final = (("5000", "Materials"), ("6100", "Office Supplies"), ("6650", "Freight"))
SMALL_TERMS: Final = (("NET30", "Net 30", 30), ("NET14", "Net 14", 14))
SMALL_TAXES: Final = (("VAT20", "VAT 20%", 20), ("ZERO", "Zero rated", 0))


def company_code(location: Location) -> str:
    """The company code that a location invoices under: the head office has its own."""
    return HEAD if location.headquarter else BRANCH


def vendor_code(company: Company, vendor: Vendor) -> str:
    """The code under which P2P knows a vendor: the ledger's own number, or one that only P2P has."""
    if vendor.contact is not None:
        return company.contact(vendor.contact).contact_number
    return f"P2P-{vendor.id:04d}"


def found(standin: BaswareStandIn, company: Company | None) -> None:
    """Everything that people have set up."""
    name, base = (company.name, company.base_currency) if company is not None else ("Harbour Paper Inc.", "USD")
    for code, title in ((HEAD, name), (BRANCH, f"{name} (branches)")):
        row = {"companyCode": code, "companyName": title, "currencyCode": base}
        standin.store.put(COMPANIES, code, row, CAUSE)
    codes = [one.code for one in company.currencies] if company is not None else ["USD", "EUR"]
    for code in codes:
        standin.store.put(CURRENCIES, code, {"code": code, "active": True}, CAUSE)
    terms: Any = SMALL_TERMS
    if company is not None:
        terms = [(f"NET{one.days}", one.name, one.days) for one in company.terms]
    for code, title, days in terms:
        more = {"dueDateCalc": 0, "dueDateDays": days, "validFrom": "2000-01-01T00:00:00Z",
                "validTo": "2099-12-31T00:00:00Z", "companies": _everywhere(inherit=False)}  # fmt: skip
        _type(standin, "paymentTerms", {"paymentTermCode": code, "paymentTermNames": _named(title), **more})
    _coding(standin, company)
    if company is None:
        _type(standin, "vendors", {
            "vendorCode": "V-9001", "name": "Nordic Bearings Inc.", "companies": [{"companyCode": HEAD}],
            "paymentTerms": {"paymentTermCode": "NET30"}, "processingStatus": {"active": True},
            "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": "USD", "default": True}],
        })  # fmt: skip
        return
    for vendor in company.vendors:
        _vendor(standin, company, vendor)
    _documents(standin, company)


def _everywhere(**more: Any) -> list[Record]:
    return [{"companyCode": code, "active": True, **more} for code in (HEAD, BRANCH)]


def _named(text: str) -> list[Record]:
    return [{"language": "en-US", "translation": text}]


def _type(standin: BaswareStandIn, type: str, row: Record) -> None:
    """As a person types it: P2P has it, the API layer does not."""
    key = f"typed-{standin.numbers.next('typed')}"
    standin.store.put(f"p2p_{type}", key, {**without_nulls(row), "typed": key}, CAUSE)


def _coding(standin: BaswareStandIn, company: Company | None) -> None:
    """Tax codes, accounts, cost centres."""
    taxes: Any = SMALL_TAXES
    accounts: Any = SMALL_ACCOUNTS
    centers: Any = (("220", "Plant"), ("100", "Office"))
    if company is not None:
        taxes = [(one.key.upper(), one.name, one.rate) for one in company.taxes]
        accounts = [(one.code, one.name) for one in company.accounts if one.id is not None and not one.header]
        centers = [(one.external_id, one.name) for one in company.departments]
    for code, title, rate in taxes:
        row = {"taxCode": code, "taxCodeNames": _named(title), "taxPercentage": rate}
        _type(standin, "taxCodes", {**row, "companies": _everywhere(inherit=False)})
    for code, title in accounts:
        row = {"accountCode": code, "accountNames": _named(title), "companies": _everywhere(inherit=False)}
        _type(standin, "accounts", row)
    for code, title in centers:
        _type(standin, "costCenters", {
            "costCenterCode": code, "costCenterNames": _named(title), "companies": _everywhere()})  # fmt: skip
    if company is not None:
        for place in company.locations:
            unit = {"code": place.external_id, "companyCode": company_code(place)}
            standin.store.put("organizationElements", place.external_id, unit, CAUSE)


def _vendor(standin: BaswareStandIn, company: Company, vendor: Vendor) -> None:
    code = vendor_code(company, vendor)
    if standin.p2p.of_code("vendors", code):
        return
    address = vendor.address
    _type(standin, "vendors", {
        "vendorCode": code, "name": vendor.name, "companies": [{"companyCode": HEAD}, {"companyCode": BRANCH}],
        "addresses": [{"externalCode": f"adr-{vendor.id}", "name": "Main", "addressType": "PostalAddress",
                       "streetName": address.line1[:50], "cityName": address.city[:50],
                       "postalZone": address.postal_code[:50], "countryId": address.country_code, "default": True}],
        "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": vendor.currency, "default": True}],
        "paymentTerms": {"paymentTermCode": f"NET{company.term(vendor.term).days}"},
        "processingStatus": {"active": vendor.active, "paymentDenied": False},
    })  # fmt: skip


def _documents(standin: BaswareStandIn, company: Company) -> None:
    """Invoices in the order in which they came, and the orders of P2P Purchase."""
    changes = [*(bill.modified_at for bill in company.bills), *(order.modified_at for order in company.orders)]
    last = max(changes, default=standin.clock.now())
    if last >= standin.clock.now():
        standin.clock.set(last + timedelta(hours=1))
    for bill in sorted(company.bills, key=lambda one: (one.modified_at, one.id)):
        place = company.location(bill.location)
        supplier = vendor_code(company, company.vendor(bill.vendor))
        given = invoice_of(company, bill, company_code=company_code(place), supplier=supplier)
        desk_invoices.create(standin, {**given, "state": state_of(bill)}, CAUSE)
        if bill.attachment is not None:
            invoice = standin.store.get("p2p_invoices", given["invoiceId"]) or {}
            desk_invoices.attach_seeded(standin, invoice, bill.attachment.name, bill.attachment.content, CAUSE)
    for order in company.orders:
        if order.state == OrderState.CANCELLED:
            continue
        given = {
            "companyCode": company_code(company.location(order.location)),
            "supplierCode": vendor_code(company, company.vendor(order.vendor)),
            "supplierName": company.vendor(order.vendor).name, "purchaseCurrency": order.currency,
            "orderNumber": order.number, "orderStatus": "Closed" if order.state == OrderState.CLOSED else "Ordered",
            "orderCreationTime": datetime.combine(order.order_date, time(9)).isoformat() + "Z",
            "desiredDeliveryDate": day_of(order.promise_date), "orderLines": lines_of(company, order),
        }  # fmt: skip
        exports.export(standin, exports.ORDERS, exports.order(standin, given), CAUSE)
