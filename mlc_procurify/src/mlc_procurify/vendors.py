"""Vendors ↔ Vendor: reading them, and writing them back."""

import re
from collections.abc import Mapping
from typing import Any

from mlc.records import Address, ContactPoint, ObjectType, PartyStatus, Ref, SourceMeta, Vendor, country_code_of

from mlc_procurify import SYSTEM
from mlc_procurify.fields import Field, needed, parsed, taken
from mlc_procurify.parts import currency_values, looked_up
from mlc_procurify.schemas import CurrencyWire, VendorWire
from mlc_procurify.settings import ProcurifySettings
from mlc_procurify.values import emails, identifier, instant, net_days
from mlc_procurify.versions import vendor_version

#: 1 other, 2 amazon punchout/hidden, 3 preferred, 4 regular, 5 employee, 6 credit card provider, 7 checkout.
CATEGORIES = {
    1: "other",
    2: "punchout",
    3: "preferred",
    4: "regular",
    5: "employee",
    6: "card_provider",
    7: "checkout",
}
EMPLOYEE = 5
VENDOR_FIELDS = (
    Field("website", "url"),
    Field("external_code", "external_id"),
    Field("us_1099", "is_1099_eligible"),
)
ADDRESS = ("address_line_one", "address_line_two", "city", "state_province", "postal_code", "country")
PEOPLE = ("contact", "email", "phone_one", "phone_two")


def vendor(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Vendor:
    """Convert a vendor. Its currency is an id on the wire; reading has looked its name up."""
    wire = parsed(VendorWire, payload, what="vendor")
    seen = wire.model_fields_set
    values = taken(wire, VENDOR_FIELDS)
    if "active" in seen:
        values["status"] = PartyStatus.ACTIVE if wire.active else PartyStatus.INACTIVE
    if wire.active is None:
        values["status"] = PartyStatus.UNKNOWN
    if wire.type is not None:
        values["category"] = CATEGORIES.get(wire.type, f"type_{wire.type}")
        values["is_person"] = wire.type == EMPLOYEE
    if seen.intersection(PEOPLE):
        values["contacts"] = contacts(wire)
    if seen.intersection(ADDRESS):
        values["addresses"] = _addresses(wire)
    if "payment_term_ref" in seen:
        term = wire.payment_term_ref
        values["payment_terms"] = term and Ref(record_type=ObjectType.PAYMENT_TERM, source_id=term.id, name=term.name)
        values["payment_days"] = net_days(term.name) if term else None
    return Vendor(
        source=SourceMeta(
            system=SYSTEM,
            source_id=needed(wire.id, "id", what="vendor"),
            connection_id=connection,
            entity_id=settings.subdomain,
            record_type="vendor",
            source_version=vendor_version(payload),
            source_updated_at=instant(wire.date_modified),
        ),
        name=needed(wire.name, "name", what="vendor"),
        **values,
        **_currency(wire, payload),
    )


def contacts(wire: VendorWire) -> tuple[ContactPoint, ...]:
    """The ordering contact with the first address and phone; further addresses and the second phone on their own."""
    addresses = emails(wire.email)
    first = addresses[0] if addresses else None
    found = []
    if wire.contact or first or wire.phone_one:
        found.append(ContactPoint(name=wire.contact, email=first, phone=wire.phone_one, is_primary=True))
    found.extend(ContactPoint(email=email, is_primary=False) for email in addresses[1:])
    if wire.phone_two:
        found.append(ContactPoint(phone=wire.phone_two, is_primary=False))
    return tuple(found)


def _addresses(wire: VendorWire) -> tuple[Address, ...]:
    if not any(getattr(wire, name) for name in ADDRESS):
        return ()
    return (
        Address(
            line1=wire.address_line_one,
            line2=wire.address_line_two,
            city=wire.city,
            region=wire.state_province,
            postal_code=wire.postal_code,
            country_code=country_code_of(wire.country),
            country_raw=wire.country,
        ),
    )


def _currency(wire: VendorWire, payload: Mapping[str, Any]) -> dict[str, Any]:
    if "currency" not in wire.model_fields_set:
        return {}
    if wire.currency is None:
        return {"currency": None}
    if isinstance(wire.currency, Mapping):
        return currency_values(parsed(CurrencyWire, wire.currency, what="vendor currency"))
    number = identifier(wire.currency)
    known = looked_up(payload).get("currencies")
    name = known.get(number) if isinstance(known, Mapping) else None
    if name is None:
        return {"extensions": {"currency_id": number}}
    return currency_values(CurrencyWire(id=number, name=str(name)))


def normal_name(name: str | None) -> str:
    """A name for comparing: case, edge and repeated spaces do not count."""
    return re.sub(r"\s+", " ", name or "").strip().casefold()
