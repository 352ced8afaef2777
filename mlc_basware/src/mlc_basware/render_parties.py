"""Vendors as requests. Pure: what is not ours is added by push, from the copy that the API holds.

Owned: name, registrations, addresses, terms, and the currency when it is made. ``orderingDetails``, payment denial,
tags, class, custom fields and bank accounts are passed through.

Vendor doc: P2P OpenAPI 26.06, vendors
"""

from typing import Any

from mlc import Binding, Loss, Operation, RenderContext, Rendered
from mlc.records import Address, AddressKind, PartyStatus, Vendor

from mlc_basware.codes import shortened
from mlc_basware.entities import VENDORS
from mlc_basware.mapping_parties import IDENTIFIERS, KINDS
from mlc_basware.render_masterdata import term_code
from mlc_basware.render_parts import business_code, external_code, losses_of, master, touched, wanted
from mlc_basware.settings import BaswareSettings
from mlc_basware.wire import Body, Json, filled

#: Parts of a write's ``action``: status, and the currency of a new vendor.
ACTIVE, INACTIVE, KEEP = "active", "inactive", "keep"
NAME_MAX = 250
#: Members that we send or leave out as the ledger's vendor says; ``push`` adds the rest from the API's copy.
OWNED = frozenset({"supplierAssignedAccountId", "identifiers", "addresses", "contacts", "paymentTerms"})
_TYPES = {kind: name for name, kind in KINDS.items()}
UNPLACED = {
    "legal_name": "vendors have one name",
    "tax_treatment": "vendors have none",
    "is_person": "vendors have none",
    "us_1099": "vendors have none",
    "custom_fields": "custom fields are Basware's own",
}


def vendor(record: Vendor, binding: Binding | None, context: RenderContext, settings: BaswareSettings) -> Rendered:
    """One record. ``action`` says what becomes of its status, and ``:EUR`` which currency it is made in."""
    creating = context.operation is Operation.CREATE
    code = external_code(settings, context, binding)
    own: Body = {"externalCode": code, "sourceSystem": touched(settings.source_system, context)[:36]}
    losses: list[Loss] = list(losses_of(record, UNPLACED, context))
    own["vendorCode"] = business_code(record.vendor_code, context, 25) if binding is None else binding.main.external_id
    if wanted(context, "name"):
        own["name"] = shortened(record.name, NAME_MAX)
    if record.buyer_account_number and wanted(context, "buyer_account_number"):
        own["supplierAssignedAccountId"] = record.buyer_account_number[:128]
    if wanted(context, "tax_number", "registration_number"):
        identifiers = _identifiers(record, binding, settings, losses)
        if identifiers is not None:
            own[IDENTIFIERS] = identifiers
    if record.known("addresses") and wanted(context, "addresses"):
        own["addresses"] = [_address(one, place, code) for place, one in enumerate(record.addresses, 1)]
    if (
        record.known("contacts") and wanted(context, "contacts", "website") and (record.contacts or record.website)
    ) or (record.website and wanted(context, "website")):
        own["contacts"] = _contacts(record)
    if wanted(context, "payment_terms", "payment_days"):
        ref = record.payment_terms
        term = term_code(ref.code or ref.source_id if ref is not None else None, record.payment_days)
        if term is not None:
            own["paymentTerms"] = {"paymentTermCode": term}
    return master(
        VENDORS,
        settings,
        context,
        own,
        active=True,
        action=_action(record, context, creating, settings, losses),
        losses=tuple(losses),
    )


def _action(
    record: Vendor, context: RenderContext, creating: bool, settings: BaswareSettings, losses: list[Loss]
) -> str:
    status = KEEP
    if context.operation is Operation.VOID:
        status = INACTIVE
    elif creating or wanted(context, "status"):
        status = INACTIVE if record.status is PartyStatus.INACTIVE else ACTIVE
    if not creating or record.currency is None:
        return status
    if settings.payment_means_code is None:
        losses.append(Loss("currency", "a vendor's currency needs the setting payment_means_code"))
        return status
    return f"{status}:{record.currency}"


def _identifiers(
    record: Vendor, binding: Binding | None, settings: BaswareSettings, losses: list[Loss]
) -> list[Json] | None:
    """Ours and, unchanged, those of other schemes; None where there is nothing to say."""
    found: list[Json] = []
    if record.tax_number:
        found.append({"schemeId": settings.tax_scheme, "id": record.tax_number[:36]})
    if record.registration_number:
        if settings.registration_scheme is None:
            losses.append(Loss("registration_number", "it needs the setting registration_scheme"))
        else:
            found.append({"schemeId": settings.registration_scheme, "id": record.registration_number[:36]})
    base = None if binding is None else binding.base
    others: Any = base.extensions.get(IDENTIFIERS, []) if isinstance(base, Vendor) else []
    known = record.known("tax_number") or record.known("registration_number")
    return [*found, *others] if found or (known and binding is not None) else None


def _address(address: Address, place: int, code: str) -> Json:
    kind = _TYPES.get(address.kind, "AdditionalAddress")
    return filled(
        {
            "externalCode": f"{code[:32]}-a{place}",
            "name": kind,
            "addressType": kind,
            "streetName": (address.line1 or "")[:50],
            "addressLine2": (address.line2 or "")[:200],
            "poBox": (address.line3 or "")[:50],
            "cityName": (address.city or "")[:50],
            "postalZone": (address.postal_code or "")[:50],
            "countrySubEntity": (address.region_code or "")[:50],
            "countrySubEntityDescription": (address.region or "")[:50],
            "countryId": address.country_code if len(address.country_code or "") == 2 else None,
            "default": True if address.kind is AddressKind.BILLING and place == 1 else None,
        }
    )


def _contacts(record: Vendor) -> list[Json]:
    """People at the vendor; the website belongs to the first. A name is the key of each: never empty."""
    people: list[Json] = []
    shown = record.contacts or (None,)
    for place, person in enumerate(shown):
        name = None if person is None else person.name
        if person is not None and not name:
            name = " ".join(part for part in (person.first_name, person.last_name) if part) or person.email
        role = "PrimaryContact" if place == 0 else "AdditionalContact"
        people.append(
            filled(
                {
                    "name": (name or record.name)[:200],
                    "role": role,
                    "email": None if person is None else (person.email or "")[:200],
                    "telephone": None if person is None else (person.phone or person.mobile or "")[:50],
                    "website": (record.website or "")[:200] if place == 0 else None,
                }
            )
        )
    return people
