"""Canonical records → Procurify's request bodies: vendors, and bills marked as paid. Pure."""

import json
from decimal import Decimal
from typing import Any

from mlc import Binding, Loss, Operation, RenderContext, Rendered, RenderedPart
from mlc.errors import MappingError
from mlc.records import (
    ContactPoint,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentDirection,
    Record,
    Vendor,
    country_name_of,
)

from mlc_procurify import SYSTEM
from mlc_procurify.marks import mark_action
from mlc_procurify.settings import ProcurifySettings

EXTERNAL_ID_MAX = 100
READ_ONLY = {
    ObjectType.BILL: "Procurify's API cannot create, change or void bills; it can only mark them as paid.",
    ObjectType.VENDOR_CREDIT: "Procurify has no vendor credits; there they are bills with a negative total.",
    ObjectType.PURCHASE_ORDER: "Purchase orders are made in Procurify from approved requests; here they are only read.",
    ObjectType.ACCOUNT: "Account codes of Procurify are only read, never written.",
    ObjectType.DIMENSION: "Departments and locations of Procurify are only read, never written.",
    ObjectType.CURRENCY: "Currencies of Procurify are only read, never written.",
}
#: Canonical fields that a vendor in Procurify has no place for.
HOMELESS = {
    "legal_name": "Procurify keeps one name per vendor",
    "tax_number": "Procurify has no field for a tax number",
    "registration_number": "Procurify has no field for a registration number",
    "buyer_account_number": "Procurify has no field for our number at the vendor",
    "vendor_code": "Procurify's only code field holds the id of the other system",
    "tax_treatment": "Procurify has no tax treatment per vendor",
    "custom_fields": "Procurify has no custom fields on vendors",
}
#: Canonical fields of a payment that a mark as paid cannot say.
UNSAID = ("reference", "method", "money_account", "memo", "exchange_rate")


def refusal(object_type: ObjectType) -> str:
    """Why records of this type are not written."""
    return READ_ONLY.get(object_type, f"Procurify has no {object_type} that could be written.")


def render(record: Record, binding: Binding | None, context: RenderContext, *, settings: ProcurifySettings) -> Rendered:
    """Convert a vendor, or a payment into a mark as paid.

    Raises: MappingError, also for what is only read.
    """
    if isinstance(record, Vendor):
        return _vendor(record, context, settings=settings)
    if isinstance(record, Payment):
        return _mark(record, context)
    raise MappingError(refusal(record.object_type), system=SYSTEM)


# ---------------------------------------------------------------------- vendors


def _vendor(vendor: Vendor, context: RenderContext, *, settings: ProcurifySettings) -> Rendered:
    if context.operation is Operation.VOID:
        raise MappingError("Procurify's API cannot delete vendors; deactivate this one there.", system=SYSTEM)
    body: dict[str, Any] = {}
    losses: list[Loss] = []
    for name in sorted(vendor.model_fields_set):
        if context.fields is not None and name not in context.fields:
            continue
        if name in HOMELESS and getattr(vendor, name):
            losses.append(Loss(name, HOMELESS[name]))
        body |= _vendor_field(name, vendor, context, settings, losses)
    if context.operation is Operation.CREATE:
        body = {"email": [], "type": settings.vendor_type, **body, "name": _name(vendor, settings)}
    if not body:
        return Rendered(parts=(), losses=tuple(losses))
    part = RenderedPart(name="main", operation=context.operation, payload=_bytes(body))
    return Rendered(parts=(part,), losses=tuple(losses))


def _vendor_field(
    name: str, vendor: Vendor, context: RenderContext, settings: ProcurifySettings, losses: list[Loss]
) -> dict[str, Any]:
    """One canonical field as the wire's, empty when it has none; adds to ``losses`` what cannot be said."""
    match name:
        case "name":
            return {"name": _name(vendor, settings)}
        case "website":
            return {"url": vendor.website or ""}
        case "us_1099":
            return {"is_1099_eligible": bool(vendor.us_1099)}
        case "external_code":
            return {"external_id": _external_id(vendor)}
        case "contacts":
            return _people(vendor.contacts)
        case "addresses":
            return _address(vendor, losses)
        case "payment_terms" | "payment_days":
            return _terms(vendor)
        case "currency":
            return _currency(vendor, context, losses)
        case "status" if context.operation is Operation.UPDATE:
            losses.append(Loss("status", "Procurify's API documents no way to deactivate a vendor"))
            return {}
        case _:
            return {}


def _name(vendor: Vendor, settings: ProcurifySettings) -> str:
    if not vendor.name.strip():
        raise MappingError("A vendor without a name cannot be written to Procurify.", field="name", system=SYSTEM)
    if len(vendor.name) > settings.vendor_name_max:
        raise MappingError(
            f"The vendor's name has {len(vendor.name)} characters; Procurify takes {settings.vendor_name_max}.",
            field="name",
            system=SYSTEM,
        )
    return vendor.name


def _external_id(vendor: Vendor) -> str | None:
    if vendor.external_code and len(vendor.external_code) > EXTERNAL_ID_MAX:
        raise MappingError(
            f"The vendor's code is longer than the {EXTERNAL_ID_MAX} characters Procurify takes.",
            field="external_code",
            system=SYSTEM,
        )
    return vendor.external_code


def _people(contacts: tuple[ContactPoint, ...]) -> dict[str, Any]:
    ordered = sorted(contacts, key=lambda contact: not contact.is_primary)
    phones = [contact.phone or contact.mobile for contact in ordered if contact.phone or contact.mobile]
    return {
        "contact": next((contact.name for contact in ordered if contact.name), "") or "",
        "email": list(dict.fromkeys(contact.email for contact in ordered if contact.email)),
        "phoneOne": phones[0] if phones else "",
        "phoneTwo": phones[1] if len(phones) > 1 else "",
    }


def _address(vendor: Vendor, losses: list[Loss]) -> dict[str, Any]:
    if len(vendor.addresses) > 1:
        losses.append(Loss("addresses", "Procurify keeps one address per vendor; the first was sent"))
    if not vendor.addresses:
        names = ("addressLineOne", "addressLineTwo", "city", "state_province", "postalCode", "country")
        return dict.fromkeys(names, "")
    address = vendor.addresses[0]
    second = ", ".join(part for part in (address.line2, address.line3) if part)
    return {
        "addressLineOne": address.line1 or "",
        "addressLineTwo": second,
        "city": address.city or "",
        "state_province": address.region or address.region_code or "",
        "postalCode": address.postal_code or "",
        "country": address.country_raw or country_name_of(address.country_code) or "",
    }


def _terms(vendor: Vendor) -> dict[str, Any]:
    """Terms are sent by name; days alone make the name that reading understands."""
    name = vendor.payment_terms.name if vendor.payment_terms else None
    if name is None and vendor.payment_days is not None:
        name = f"Net {vendor.payment_days}"
    return {"payment_term_ref": None if name is None else {"name": name}}


def _currency(vendor: Vendor, context: RenderContext, losses: list[Loss]) -> dict[str, Any]:
    number = context.probe.extra.get(f"currency:{vendor.currency}")
    if vendor.currency is None:
        return {}
    if number is None:
        losses.append(Loss("currency", f"{vendor.currency} is not set up in Procurify"))
        return {}
    return {"currency": int(number) if number.isdigit() else number}


# ---------------------------------------------------------------------- marks as paid


def _mark(payment: Payment, context: RenderContext) -> Rendered:
    if context.operation is not Operation.CREATE:
        raise MappingError("Procurify's API cannot take back that a bill is paid; do it there.", system=SYSTEM)
    if payment.direction is not PaymentDirection.OUT or payment.movement is not MoneyMovement.MOVED:
        raise MappingError("Only a payment out, whose money moved, can mark bills as paid in Procurify.", system=SYSTEM)
    if payment.payment_date is None:
        raise MappingError("A payment without a date cannot mark bills as paid.", field="payment_date", system=SYSTEM)
    paid: dict[str, Decimal] = {}
    for share in payment.allocations:
        uuid = share.document.source_id if share.document else None
        if uuid is None or share.amount is None:
            raise MappingError(
                "Procurify marks bills as paid by their ids; this payment names a document without id or amount.",
                field="allocations",
                system=SYSTEM,
            )
        paid[uuid] = paid.get(uuid, Decimal(0)) + share.amount
    if not paid:
        raise MappingError("A payment without bills marks none as paid.", field="allocations", system=SYSTEM)
    body = {
        "bill_uuids": list(paid),
        "bill_group_ids": [],
        "payment_date": payment.payment_date.isoformat(),
    }
    losses = [Loss(name, "Procurify only records that the bill is paid") for name in UNSAID if getattr(payment, name)]
    part = RenderedPart(
        name="main", operation=Operation.CREATE, payload=_bytes(body), action=mark_action(list(paid.values()))
    )
    return Rendered(parts=(part,), losses=tuple(losses))


def _bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
