"""Zoho CRM's payloads → canonical records. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlc.errors import MappingError
from mlc.records import (
    AddressKind,
    Completeness,
    Contact,
    Customer,
    CustomField,
    Deal,
    Item,
    ObjectType,
    PartyStatus,
    Record,
    SourceMeta,
)
from pydantic import ValidationError

from mlc_zoho.crm import mapping_invoices, notes, persons
from mlc_zoho.crm.modules import ADDRESS, Module, module_of
from mlc_zoho.crm.parts import FieldTable, address_of, our_key, owner_of, pointing_to, required, take
from mlc_zoho.crm.schemas import Row, moment, money, text, whole
from mlc_zoho.crm.settings import NOTES, CrmSettings
from mlc_zoho.crm.versions import version_of

#: What a payload carries beside Zoho's own fields: label of each custom field, put there when it was read.
CUSTOM = "_custom"


@dataclass(frozen=True, slots=True)
class MapContext:
    """What map knows beside the payload."""

    system: str
    connection: str
    settings: CrmSettings


def to_record(object_type: ObjectType, row: Row, context: MapContext) -> Record:
    """Map one payload.

    Raises: MappingError that names the field.
    """
    try:
        return _mapped(object_type, row, context)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(
            f"Zoho CRM sent something in {place or object_type} that cannot be read: {first['msg']}.",
            field=place or None,
            system=context.system,
            connection=context.connection,
        ) from error


def _mapped(object_type: ObjectType, row: Row, context: MapContext) -> Record:
    settings = context.settings
    module = module_of(settings, object_type)
    source = _source(row, context, module)
    match object_type:
        case ObjectType.CUSTOMER if settings.persons_buy:
            return persons.to_customer(row, source, settings)
        case ObjectType.CUSTOMER:
            return _customer(row, source, settings)
        case ObjectType.CONTACT:
            return _contact(row, source, settings)
        case ObjectType.DEAL:
            return _deal(row, source, settings)
        case ObjectType.ITEM:
            return Item(source=source, name=required(row, "Product_Name"), **take(row, _ITEM))
    if settings.invoice_module == NOTES:
        return notes.to_invoice(row, source, settings)
    return mapping_invoices.to_invoice(row, source, module, settings)


def _source(row: Row, context: MapContext, module: Module) -> SourceMeta:
    """Where the record was read, and which version of it."""
    return SourceMeta(
        system=context.system,
        connection_id=context.connection,
        record_type=module.api_name,
        source_id=required(row, "id"),
        source_version=version_of(row),
        source_created_at=moment(row, "Created_Time"),
        source_updated_at=moment(row, "Modified_Time"),
        completeness=Completeness.FULL,
    )


def _customer(row: Row, source: SourceMeta, settings: CrmSettings) -> Customer:
    """An account. Its people are contacts of their own; its kind is the category."""
    own: FieldTable = (
        ("legal_name", settings.legal_name_field, text),
        ("tax_number", settings.tax_number_field, text),
        ("payment_days", settings.payment_days_field, whole),
        ("credit_limit", settings.credit_limit_field, money),
        ("external_code", settings.unique_field, our_key(ObjectType.CUSTOMER)),
        ("owner", "Owner", owner_of),
    )
    fields = {**take(row, _CUSTOMER), **take(row, own)}
    places = (address_of(row, "Billing", AddressKind.BILLING), address_of(row, "Shipping", AddressKind.SHIPPING))
    found = tuple(place for place in places if place is not None)
    if found or all(f"{kind}_{part}" in row for kind in ("Billing", "Shipping") for part in ADDRESS):
        fields["addresses"] = found
    name = required(row, "Account_Name")
    return Customer(source=source, name=name, status=PartyStatus.ACTIVE, **fields)


_CUSTOMER: FieldTable = (
    ("website", "Website", text),
    ("currency", "Currency", text),
    ("category", "Account_Type", text),
)


def _contact(row: Row, source: SourceMeta, settings: CrmSettings) -> Contact:
    own: FieldTable = (
        ("external_code", settings.unique_field, our_key(ObjectType.CONTACT)),
        ("customer", "Account_Name", pointing_to(ObjectType.CUSTOMER)),
    )
    fields = {**take(row, _CONTACT), **take(row, own)}
    parts = [part for part in (fields.get("first_name"), fields.get("last_name")) if part]
    name = " ".join(parts) or text(row, "Full_Name")
    return Contact(source=source, name=name, status=PartyStatus.ACTIVE, **fields)


_CONTACT: FieldTable = (
    ("first_name", "First_Name", text),
    ("last_name", "Last_Name", text),
    ("email", "Email", text),
    ("phone", "Phone", text),
    ("mobile", "Mobile", text),
    ("title", "Title", text),
)


def _deal(row: Row, source: SourceMeta, settings: CrmSettings) -> Deal:
    sold_to: FieldTable = (("customer", settings.customer_field, pointing_to(ObjectType.CUSTOMER)),)
    fields = {**take(row, _DEAL), **take(row, sold_to)}
    if "Stage" in row:
        fields["won"] = fields["stage"] in settings.won_stages
    labels = row.get(CUSTOM)
    if isinstance(labels, Mapping):
        fields["custom_fields"] = tuple(
            CustomField(key=key, label=str(label), value=text(row, key)) for key, label in labels.items() if key in row
        )
    return Deal(source=source, name=required(row, "Deal_Name"), **fields)


_DEAL: FieldTable = (
    ("stage", "Stage", text),
    ("amount", "Amount", money),
    ("currency", "Currency", text),
)
_ITEM: FieldTable = (
    ("code", "Product_Code", text),
    ("description", "Description", text),
    ("sales_price", "Unit_Price", money),
)
