"""Vendors and customers → Zoho contacts. Pure. Bank and card details, portal access and reminders are never written."""

import re
from collections.abc import Callable

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Address, AddressKind, ContactPoint, Customer, Party, PartyStatus, Vendor
from mlc.wire import Json, encode

from mlc_zoho.books.render_parts import Body, Rendering, filled

NAME_MAX = 200
VAT_MAX = 12
_EIN = re.compile(r"\d{2}-?\d{7}")
_GULF = frozenset({"ae", "uae", "sa", "ksa", "bh", "kw", "om", "qa", "gcc"})
_ADDRESSES = {AddressKind.BILLING: "billing_address", AddressKind.SHIPPING: "shipping_address"}

#: Zoho's limits of an address.
_LIMITS = {"address": 500, "street2": 255, "attention": 100, "city": 100, "state": 100, "state_code": 100, "zip": 50,
           "country": 100}  # fmt: skip


def contact(party: Vendor | Customer, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything; an update what changed, and always name and type, on which Zoho insists."""
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="inactive"),)
    fields = rendering.context.fields
    kind = "vendor" if isinstance(party, Vendor) else "customer"
    if fields is not None and fields <= {"status"}:
        verb = "inactive" if party.status is PartyStatus.INACTIVE else "active"
        return (RenderedPart("main", Operation.UPDATE, b"", action=verb),)
    body: Body = {"contact_name": _name(party), "contact_type": kind}
    for name, write in _FIELDS.items():
        if (party.known(name) if fields is None else name in fields) and name in type(party).model_fields:
            body |= write(party, rendering)
    body |= rendering.custom_fields()
    stated = frozenset(name for name in _HOMELESS if getattr(party, name, None)) if fields is None else fields
    _lose_unwritable(stated, rendering)
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    return (RenderedPart("main", operation, encode(body)),)


def _name(party: Party) -> str:
    if len(party.name) > NAME_MAX:
        raise MappingError(f"The name is longer than the {NAME_MAX} characters of Zoho Books.", field="name")
    return party.name


def _text(key: str, name: str, most: int = 200) -> Callable[[Party, Rendering], Body]:
    """A text field; an emptied one is sent as ``""`` on an update and left out on a create."""

    def write(party: Party, rendering: Rendering) -> Body:
        value = rendering.clipped(name, getattr(party, name), most)
        return {key: value or ""} if value or rendering.updating else {}

    return write


def _number(name: str) -> Callable[[Party, Rendering], Body]:
    def write(party: Party, rendering: Rendering) -> Body:
        value = getattr(party, name)
        return {"contact_number": value, "ignore_auto_number_generation": True} if value else {}

    return write


def _currency(party: Party, rendering: Rendering) -> Body:
    """Written once: Zoho refuses another currency after the first transaction."""
    if party.currency is None or rendering.updating:
        return {}
    currency_id = rendering.context.probe.extra.get(f"currency:{party.currency}")
    if currency_id is None:
        if party.currency != rendering.context.probe.base_currency:
            rendering.lose("currency", f"{party.currency} is not set up in Zoho Books; the base currency is taken")
        return {}
    return {"currency_id": currency_id}


def _terms(party: Party, rendering: Rendering) -> Body:
    label = party.payment_terms.name if party.payment_terms is not None else None
    if party.payment_days is None:
        if label is not None:
            rendering.lose("payment_terms", f"{label} has no number of days")
        return {}
    return {"payment_terms": party.payment_days, "payment_terms_label": label or f"Net {party.payment_days}"}


def _tax_number(party: Party, rendering: Rendering) -> Body:
    value = (party.tax_number or "").replace(" ", "")
    edition = (rendering.context.probe.edition or "").lower()
    key = rendering.settings.tax_number_field or _tax_key(edition)
    if not value:
        return {key: ""} if rendering.updating else {}
    if key == "tax_id_value":
        if not _EIN.fullmatch(value):
            rendering.lose("tax_number", "not an employer number; personal tax numbers are never carried")
            return {}
        return {"tax_id_type": "EIN", key: value}
    if key == "vat_reg_no" and len(value) > VAT_MAX:
        rendering.lose("tax_number", f"longer than the {VAT_MAX} characters that Zoho Books keeps")
        return {}
    return {key: value}


def _tax_key(edition: str) -> str:
    if edition == "us":
        return "tax_id_value"
    if edition in ("in", "india"):
        return "gst_no"
    return "tax_reg_no" if edition in _GULF else "vat_reg_no"


def _people(party: Party, rendering: Rendering) -> Body:
    """Contact persons. On an update the others that Zoho showed go back by their ids, so that none is dropped."""
    binding = rendering.binding
    shown = binding.base.contacts if binding is not None and isinstance(binding.base, Vendor | Customer) else ()
    left = [person for person in shown if person.source_id is not None]
    people: list[Json] = []
    for person in party.contacts:
        twin = _twin(person, left)
        if twin is not None:
            left.remove(twin)
        people.append(_person(person, twin))
    people.extend(_person(person, person) for person in left)
    return {"contact_persons": people} if people else {}


def _twin(person: ContactPoint, shown: list[ContactPoint]) -> ContactPoint | None:
    """Who of those shown this is: by id, by e-mail, else the primary one for a primary one."""
    checks: tuple[Callable[[ContactPoint], bool], ...] = (
        lambda other: person.source_id is not None and other.source_id == person.source_id,
        lambda other: bool(person.email) and (other.email or "").lower() == (person.email or "").lower(),
        lambda other: bool(person.is_primary) and bool(other.is_primary),
    )
    return next((other for check in checks for other in shown if check(other)), None)


def _person(person: ContactPoint, twin: ContactPoint | None) -> Body:
    first, last = person.first_name, person.last_name
    if first is None and last is None and person.name is not None:
        first, _, rest = person.name.rpartition(" ")
        last = rest if first else None
        first = first or rest
    stated = {"first_name": first, "last_name": last, "email": person.email, "phone": person.phone,
              "mobile": person.mobile}  # fmt: skip
    own = twin is not None and person.source_id == twin.source_id  # another system's view of them empties nothing
    emptied = {name: "" for name in stated if own and person.known(name) and getattr(twin, name)}
    return filled(
        {
            "contact_person_id": twin.source_id if twin is not None else None,
            **{name: value or emptied.get(name) for name, value in stated.items()},
            "is_primary_contact": person.is_primary,
        }
    )


def _addresses(party: Party, rendering: Rendering) -> Body:
    body: Body = {}
    for stated in party.addresses:
        key = _ADDRESSES.get(stated.kind)
        if key is None or key in body:
            rendering.lose("addresses", f"a further {stated.kind} address has no place on the contact")
        else:
            body[key] = _address(stated, rendering)
    return body


def _address(stated: Address, rendering: Rendering) -> Body:
    parts = {
        "attention": stated.line3,
        "address": stated.line1,
        "street2": stated.line2,
        "city": stated.city,
        "state": stated.region,
        "state_code": stated.region_code,
        "zip": stated.postal_code,
        "country": stated.country_raw or stated.country_code,
    }
    return {key: rendering.clipped(f"addresses.{key}", value, _LIMITS[key]) or "" for key, value in parts.items()}


def _is_person(party: Party, rendering: Rendering) -> Body:
    if not isinstance(party, Vendor) or party.is_person is None:
        return {}
    return {"customer_sub_type": "individual" if party.is_person else "business"}


def _us_1099(party: Party, rendering: Rendering) -> Body:
    if not isinstance(party, Vendor) or party.us_1099 is None:
        return {}
    if (rendering.context.probe.edition or "us").lower() != "us":
        rendering.lose("us_1099", "only the United States edition tracks it")
        return {}
    return {"track_1099": party.us_1099}


def _credit_limit(party: Party, rendering: Rendering) -> Body:
    limit = party.credit_limit if isinstance(party, Customer) else None
    return {} if limit is None else {"credit_limit": limit}


_FIELDS: dict[str, Callable[[Party, Rendering], Body]] = {
    "legal_name": _text("company_name", "legal_name"),
    "vendor_code": _number("vendor_code"),
    "customer_code": _number("customer_code"),
    "website": _text("website", "website"),
    "currency": _currency,
    "payment_days": _terms,
    "payment_terms": _terms,
    "tax_number": _tax_number,
    "contacts": _people,
    "addresses": _addresses,
    "is_person": _is_person,
    "us_1099": _us_1099,
    "credit_limit": _credit_limit,
}
#: What a source may say of a party and a contact has no field for.
_HOMELESS = ("registration_number", "buyer_account_number")
_HANDLED = frozenset({*_FIELDS, "name", "status"})


def _lose_unwritable(fields: frozenset[str], rendering: Rendering) -> None:
    for name in sorted(fields - _HANDLED):
        rendering.lose(name, "has no field of its own on a Zoho Books contact")
