"""Vendors → the body of QuickBooks' call. Pure. Tax numbers and bank details are never written.

An update sends everything that was read back, marked as partial: QuickBooks keeps then what is never read whole.
"""

from collections.abc import Callable

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import AddressKind, ContactPoint, PartyStatus, Vendor
from mlc.wire import Body, encode, filled

from mlc_quickbooks import SYSTEM, kept
from mlc_quickbooks.render_parts import MULTICURRENCY, Rendering, reference

NAME_MAX = 500
_TAKEN = (AddressKind.BILLING, AddressKind.REMIT_TO, AddressKind.REGISTERED)
_ADDRESS = {"Line1": ("line1", 500), "Line2": ("line2", 500), "Line3": ("line3", 500), "City": ("city", 255),
            "CountrySubDivisionCode": ("region", 255), "PostalCode": ("postal_code", 30)}  # fmt: skip


def vendor(record: Vendor, rendering: Rendering) -> tuple[RenderedPart, ...]:
    if rendering.context.operation is Operation.VOID:
        raise MappingError("A vendor of QuickBooks is made inactive, never void.", field="status", system=SYSTEM)
    body = _start(rendering)
    if not rendering.updating or rendering.changes(record, "name"):
        body["DisplayName"] = _name(record)
    for name, write in _FIELDS.items():
        if rendering.changes(record, name):
            body |= write(record, rendering)
    for name, reason in _HOMELESS.items():
        if getattr(record, name, None) and rendering.changes(record, name):
            rendering.lose(name, reason)
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    return (RenderedPart("main", operation, encode(filled(body))),)


def _start(rendering: Rendering) -> Body:
    if not rendering.updating:
        return {}
    before = kept.kept_in(rendering.binding.base if rendering.binding is not None else None)
    if before is None and rendering.settings.vendor_updates == "sparse":
        return {**rendering.target(), "sparse": True}  # taken as it stood, by its name: only what changes is sent
    if before is None:
        raise MappingError(
            "What stands in QuickBooks was not read whole, and a change would empty the rest: it is read first."
        )
    sparse: Body = {"sparse": True} if rendering.settings.vendor_updates == "sparse" else {}
    return {**before, **rendering.target(), **sparse}


def _name(record: Vendor) -> str:
    if len(record.name) > NAME_MAX:
        raise MappingError(f"The name is longer than the {NAME_MAX} characters of QuickBooks.", field="name")
    return record.name


def _text(key: str, name: str, most: int) -> Callable[[Vendor, Rendering], Body]:
    """A text; an emptied one is sent as ``""`` on an update and left out on a create."""

    def write(record: Vendor, rendering: Rendering) -> Body:
        value = rendering.clipped(name, getattr(record, name), most)
        return {key: value or ""} if value or rendering.updating else {}

    return write


def _website(record: Vendor, rendering: Rendering) -> Body:
    value = rendering.clipped("website", record.website, 1000)
    return {"WebAddr": {"URI": value or ""}} if value or rendering.updating else {}


def _terms(record: Vendor, rendering: Rendering) -> Body:
    found = record.payment_terms.source_id if record.payment_terms is not None else None
    if found is None and (record.payment_terms is not None or record.payment_days is not None):
        rendering.lose("payment_terms", "mapped to no term of QuickBooks")
    return {"TermRef": reference(found)} if found is not None else {}


def _days(record: Vendor, rendering: Rendering) -> Body:
    """Days alone name no term of QuickBooks."""
    return _terms(record, rendering) if record.payment_terms is None else {}


def _currency(record: Vendor, rendering: Rendering) -> Body:
    """Written once: QuickBooks never changes a vendor's currency."""
    base = rendering.context.probe.base_currency
    if record.currency is None:
        return {}
    if rendering.updating:
        return {}
    if rendering.fact(MULTICURRENCY) == "on":
        return {"CurrencyRef": reference(record.currency)}
    if base is not None and record.currency != base:
        raise MappingError(
            f"The company keeps its books in {base} alone: switch multicurrency on there for {record.currency}.",
            field="currency",
            system=SYSTEM,
        )
    return {}


def _people(record: Vendor, rendering: Rendering) -> Body:
    """QuickBooks keeps one person, e-mail address and number of each kind."""
    person = next((one for one in record.contacts if one.is_primary), None)
    person = person or (record.contacts[0] if record.contacts else None)
    if person is None:
        return {}
    if len(record.contacts) > 1:
        rendering.lose("contacts", "QuickBooks keeps one person of a vendor")
    first, last = _names(person)
    body: Body = {
        "GivenName": rendering.clipped("contacts", first, 100),
        "FamilyName": rendering.clipped("contacts", last, 100),
        "PrimaryEmailAddr": {"Address": person.email} if person.email else None,
        "PrimaryPhone": _phone(person.phone, rendering),
        "Mobile": _phone(person.mobile, rendering),
    }
    return filled(body)


def _phone(number: str | None, rendering: Rendering) -> Body | None:
    found = rendering.clipped("contacts", number, 20)
    return {"FreeFormNumber": found} if found else None


def _names(person: ContactPoint) -> tuple[str | None, str | None]:
    if person.first_name is not None or person.last_name is not None or person.name is None:
        return person.first_name, person.last_name
    first, _, last = person.name.rpartition(" ")
    return (first, last) if first else (last, None)


def _addresses(record: Vendor, rendering: Rendering) -> Body:
    chosen = next((one for kind in _TAKEN for one in record.addresses if one.kind is kind), None)
    for one in record.addresses:
        if one is not chosen:
            rendering.lose("addresses", f"a further {one.kind} address has no place on the vendor")
    if chosen is None:
        return {}
    parts: Body = {
        key: rendering.clipped(f"addresses.{name}", getattr(chosen, name), most)
        for key, (name, most) in _ADDRESS.items()
    }
    parts["Country"] = chosen.country_raw or chosen.country_code
    return {"BillAddr": filled(parts)}


def _us_1099(record: Vendor, rendering: Rendering) -> Body:
    if record.us_1099 is None:
        return {}
    if not rendering.is_us:
        if record.us_1099:
            rendering.lose("us_1099", "only QuickBooks of the United States tracks it")
        return {}
    return {"Vendor1099": record.us_1099}


def _status(record: Vendor, rendering: Rendering) -> Body:
    return {"Active": record.status is not PartyStatus.INACTIVE} if rendering.updating else {}


_FIELDS: dict[str, Callable[[Vendor, Rendering], Body]] = {
    "legal_name": _text("CompanyName", "legal_name", 100),
    "buyer_account_number": _text("AcctNum", "buyer_account_number", 100),
    "website": _website,
    "payment_terms": _terms,
    "payment_days": _days,
    "currency": _currency,
    "contacts": _people,
    "addresses": _addresses,
    "us_1099": _us_1099,
    "status": _status,
}
#: What a source may say of a vendor and QuickBooks has no place for.
_HOMELESS = {
    "tax_number": "QuickBooks shows only its last four characters, so it is never written",
    "registration_number": "has no field of its own in QuickBooks",
    "vendor_code": "has no field of its own in QuickBooks; AcctNum prints on cheques",
    "external_code": "has no field of its own in QuickBooks; AcctNum prints on cheques",
    "tax_treatment": "QuickBooks has the tax code on the line",
    "is_person": "QuickBooks does not tell persons from companies",
}
