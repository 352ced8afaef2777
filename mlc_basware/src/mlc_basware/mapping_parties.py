"""Vendors as they were posted to the API: what people type into P2P's screens cannot be read. Pure.

Vendor doc: P2P OpenAPI 26.06, vendors
"""

from typing import Any

from mlc.records import Address, AddressKind, ContactPoint, ObjectType, PartyStatus, Ref, Vendor

from mlc_basware.codes import within_of
from mlc_basware.entities import VENDORS
from mlc_basware.parts import EXTERNAL_CODE, MapContext, currency, needed, source_meta
from mlc_basware.schemas import Row, flag, inner, rows, text
from mlc_basware.settings import prefix_of

KINDS = {
    "PostalAddress": AddressKind.BILLING,
    "DeliveryAddress": AddressKind.SHIPPING,
    "RemittanceAddress": AddressKind.REMIT_TO,
    "RegistrationAddress": AddressKind.REGISTERED,
}
#: What is kept aside of a vendor's identifiers, to be given back unchanged.
IDENTIFIERS = "identifiers"


def to_vendor(row: Row, context: MapContext) -> Vendor:
    settings = context.settings
    values: dict[str, Any] = {
        "source": source_meta(row, context, VENDORS),
        "name": needed(row, "name", "a vendor"),
        "vendor_code": text(row, "vendorCode"),
    }
    own = within_of(text(row, EXTERNAL_CODE) or "", prefix_of(settings))
    if own is not None:
        values["external_code"] = own
    if "supplierAssignedAccountId" in row:
        values["buyer_account_number"] = text(row, "supplierAssignedAccountId")
    if "vendorClass" in row:
        values["category"] = text(row, "vendorClass")
    if IDENTIFIERS in row:
        values |= _identifiers(row, context)
    if "addresses" in row:
        values["addresses"] = tuple(_address(one) for one in rows(row, "addresses"))
    if "contacts" in row:
        values["contacts"] = tuple(_contact(one) for one in rows(row, "contacts"))
        values["website"] = next((found for one in rows(row, "contacts") if (found := text(one, "website"))), None)
    if "paymentMeans" in row:
        means = rows(row, "paymentMeans")
        main = next((one for one in means if flag(one, "default")), means[0] if means else {})
        values["currency"] = currency(main, "currencyCode")
    if "paymentTerms" in row:
        code = text(inner(row, "paymentTerms"), "paymentTermCode")
        term = None if code is None else Ref(record_type=ObjectType.PAYMENT_TERM, source_id=code, code=code)
        values["payment_terms"] = term
    inactive = flag(inner(row, "processingStatus"), "active") is False
    values["status"] = PartyStatus.INACTIVE if inactive else PartyStatus.ACTIVE
    if "companies" in row:
        values["entities"] = tuple(found for one in rows(row, "companies") if (found := text(one, "companyCode")))
    return Vendor(**values)


def _identifiers(row: Row, context: MapContext) -> dict[str, Any]:
    settings = context.settings
    by_scheme = {text(one, "schemeId"): text(one, "id") for one in reversed(rows(row, IDENTIFIERS))}
    found: dict[str, Any] = {"tax_number": by_scheme.get(settings.tax_scheme)}
    ours = {settings.tax_scheme}
    if settings.registration_scheme is not None:
        ours.add(settings.registration_scheme)
        found["registration_number"] = by_scheme.get(settings.registration_scheme)
    others = [dict(one) for one in rows(row, IDENTIFIERS) if text(one, "schemeId") not in ours]
    if others:
        found["extensions"] = {IDENTIFIERS: others}
    return found


def _address(row: Row) -> Address:
    country = text(row, "countryId")
    return Address(
        kind=KINDS.get(text(row, "addressType") or "", AddressKind.OTHER),
        line1=text(row, "streetName") or text(row, "addressLine1"),
        line2=text(row, "addressLine2"),
        line3=text(row, "poBox"),
        city=text(row, "cityName"),
        region=text(row, "countrySubEntityDescription"),
        region_code=text(row, "countrySubEntity"),
        postal_code=text(row, "postalZone"),
        country_code=country,
    )


def _contact(row: Row) -> ContactPoint:
    return ContactPoint(
        name=text(row, "name"),
        email=text(row, "email"),
        phone=text(row, "telephone"),
        is_primary=text(row, "role") == "PrimaryContact",
    )
