"""Vendors and customers → canonical parties. A BILL party has one e-mail address and one phone number. Pure."""

from typing import Any

from mlc.errors import MappingError
from mlc.records import AddressKind, ContactPoint, Customer, ObjectType, PartyStatus, Ref, Vendor

from mlc_bill import SYSTEM
from mlc_bill.parts import FieldTable, MapContext, address, source_meta, take
from mlc_bill.schemas import Row, flag, inner, money, text

NETWORK = "network_status"

_VENDOR: FieldTable = (
    ("vendor_code", "shortName", text),
    ("buyer_account_number", "accountNumber", text),
    ("currency", "billCurrency", text),
)
_MORE: FieldTable = (
    ("legal_name", "companyName", text),
    ("us_1099", "track1099", flag),
)
_CUSTOMER: FieldTable = (
    ("legal_name", "companyName", text),
    ("customer_code", "accountNumber", text),
    ("currency", "invoiceCurrency", text),
)


def vendor(row: Row, context: MapContext) -> Vendor:
    fields = _party(row, context, "vendor") | take(row, _VENDOR) | take(inner(row, "additionalInfo"), _MORE)
    if "accountType" in row:
        fields["is_person"] = {"PERSON": True, "BUSINESS": False}.get(text(row, "accountType") or "")
    if "address" in row:
        found = address(row, "address", AddressKind.BILLING)
        fields["addresses"] = () if found is None else (found,)
    terms = text(inner(row, "additionalInfo"), "paymentTermId")
    if terms is not None:
        fields["payment_terms"] = Ref(record_type=ObjectType.PAYMENT_TERM, source_id=terms)
    network = text(row, "networkStatus")
    if network is not None:
        fields["extensions"] = {NETWORK: network}
    return Vendor(**fields)


def customer(row: Row, context: MapContext) -> Customer:
    fields = _party(row, context, "customer") | take(row, _CUSTOMER)
    places = [("billingAddress", AddressKind.BILLING), ("shippingAddress", AddressKind.SHIPPING)]
    found = tuple(one for key, kind in places if (one := address(row, key, kind)) is not None)
    if found or {key for key, _ in places} <= row.keys():
        fields["addresses"] = found
    return Customer(**fields)


def _party(row: Row, context: MapContext, record_type: str) -> dict[str, Any]:
    name = text(row, "name")
    if name is None:
        raise MappingError(f"BILL sent a {record_type} without a name.", field="name", system=SYSTEM)
    fields: dict[str, Any] = {"source": source_meta(row, context, record_type), "name": name}
    if "archived" in row:
        archived = flag(row, "archived")
        known = {True: PartyStatus.INACTIVE, False: PartyStatus.ACTIVE}
        fields["status"] = PartyStatus.UNKNOWN if archived is None else known[archived]
    people = _contacts(row)
    if people or {"email", "phone"} <= row.keys():  # what was only half shown is not known to be empty
        fields["contacts"] = people
    if "balance" in row:
        fields["balance"] = money(inner(row, "balance"), "amount")
    return fields


def _contacts(row: Row) -> tuple[ContactPoint, ...]:
    person = inner(row, "contact")
    first, last = text(person, "firstName"), text(person, "lastName")
    known = {
        "first_name": first,
        "last_name": last,
        "name": " ".join(part for part in (first, last) if part) or None,
        "email": text(row, "email"),
        "phone": text(row, "phone"),
    }
    found = {name: value for name, value in known.items() if value is not None}
    return (ContactPoint(is_primary=True, **found),) if found else ()
