"""Contacts → vendors and customers. One Zoho contact is one company; its people are contact persons. Pure."""

from typing import Any

from mlc.errors import MappingError
from mlc.records import (
    AddressKind,
    ContactPoint,
    Customer,
    ObjectType,
    PartyStatus,
    Ref,
    Vendor,
)

from mlc_zoho.books.entities import ENTITIES, Entity
from mlc_zoho.books.parts import (
    FieldTable,
    MapContext,
    address,
    custom_fields,
    custom_value,
    source_meta,
    take,
    term_of,
)
from mlc_zoho.books.schemas import Row, flag, money, rows, text, whole

#: Zoho's own sync between Books and CRM marks the contacts that it keeps in step.
CRM = "zoho-crm"
TAX_NUMBERS = ("vat_reg_no", "tax_reg_no", "gst_no", "tax_id_value")
_TREATMENTS = ("tax_treatment", "vat_treatment", "gst_treatment")
_STATUSES = {"active": PartyStatus.ACTIVE, "inactive": PartyStatus.INACTIVE}

_PARTY: FieldTable = (
    ("website", "website", text),
    ("currency", "currency_code", text),
    ("payment_days", "payment_terms", whole),
    ("category", "contact_type", text),
)
_VENDOR: FieldTable = (
    ("vendor_code", "contact_number", text),
    ("us_1099", "track_1099", flag),
    ("balance", "outstanding_payable_amount", money),
)
_CUSTOMER: FieldTable = (
    ("customer_code", "contact_number", text),
    ("credit_limit", "credit_limit", money),
    ("owner", "owner_name", text),
    ("balance", "outstanding_receivable_amount", money),
)
_PERSON: FieldTable = (
    ("source_id", "contact_person_id", text),
    ("first_name", "first_name", text),
    ("last_name", "last_name", text),
    ("email", "email", text),
    ("phone", "phone", text),
    ("mobile", "mobile", text),
)


def vendor(row: Row, context: MapContext) -> Vendor:
    fields = _party(row, context, ENTITIES[ObjectType.VENDOR]) | take(row, _VENDOR)
    if "customer_sub_type" in row:
        fields["is_person"] = text(row, "customer_sub_type") == "individual"
    key = custom_value(row, context.unique_field)
    if key is not None:
        fields["external_code"] = key
    return Vendor(**fields)


def customer(row: Row, context: MapContext) -> Customer:
    fields = _party(row, context, ENTITIES[ObjectType.CUSTOMER]) | take(row, _CUSTOMER)
    linked = text(row, "zcrm_account_id") or text(row, "zcrm_contact_id") or custom_value(row, context.unique_field)
    if linked is not None:
        fields["external_code"] = linked
    if flag(row, "is_linked_with_zohocrm") is True:
        fields["synced_by"] = CRM
    return Customer(**fields)


def is_full(row: Row) -> bool:
    """List rows have neither addresses nor contact persons."""
    return "contact_persons" in row or "billing_address" in row


def _party(row: Row, context: MapContext, entity: Entity) -> dict[str, Any]:
    full = is_full(row)
    name = text(row, "contact_name") or text(row, "vendor_name") or text(row, "customer_name")
    if name is None:
        raise MappingError("Zoho Books sent a contact without a name.", field="contact_name")
    fields = take(row, _PARTY)
    fields["source"] = source_meta(row, context, entity, full=full)
    fields["name"] = name
    fields["status"] = _STATUSES.get(text(row, "status") or "", PartyStatus.UNKNOWN)
    if "company_name" in row or "legal_name" in row:
        fields["legal_name"] = text(row, "legal_name") or text(row, "company_name")
    if "payment_terms_label" in row:
        label = text(row, "payment_terms_label")
        term = term_of(whole(row, "payment_terms")) if label else None
        fields["payment_terms"] = (
            Ref(record_type=ObjectType.PAYMENT_TERM, source_id=term, name=label) if label else None
        )
    if full:
        fields |= _full_party(row)
    return fields


def _full_party(row: Row) -> dict[str, Any]:
    addresses = (
        address(row, "billing_address", AddressKind.BILLING),
        address(row, "shipping_address", AddressKind.SHIPPING),
    )
    found = tuple(one for one in addresses if one is not None)
    told = {"addresses": found} if found or {"billing_address", "shipping_address"} <= row.keys() else {}
    people = {"contacts": tuple(_person(person) for person in rows(row, "contact_persons"))}
    return {
        **told,
        **(people if "contact_persons" in row else {}),
        "tax_number": next((text(row, key) for key in TAX_NUMBERS if row.get(key)), None),
        "tax_treatment": next((text(row, key) for key in _TREATMENTS if row.get(key)), None),
        **({"custom_fields": custom_fields(row)} if "custom_fields" in row else {}),
    }


def _person(row: Row) -> ContactPoint:
    found = take(row, _PERSON)
    names = [name for name in (found.get("first_name"), found.get("last_name")) if name]
    return ContactPoint(name=" ".join(names) or None, is_primary=flag(row, "is_primary_contact") is True, **found)
