"""Customers and persons → accounts and contacts. Pure. Opt-outs, owners and portal access are never written."""

from collections.abc import Callable, Mapping

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Address, AddressKind, Contact, ContactPoint, Customer, country_name_of

from mlc_zoho.crm.render_parts import Body, Rendering

NAME_MAX = 200
LAST_NAME_MAX = 80
_KINDS = {AddressKind.BILLING: "Billing", AddressKind.SHIPPING: "Shipping"}
#: Zoho's limits of an address.
_LIMITS = {"Street": 250, "City": 100, "State": 100, "Code": 30, "Country": 100}
#: What a source may say of a party and an account has no field for.
_HOMELESS = ("registration_number", "customer_code", "tax_treatment", "payment_terms", "receivable_account")


def account(customer: Customer, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything; an update what changed."""
    if rendering.context.operation is Operation.VOID:
        raise MappingError("An account of Zoho CRM has no status; it is never deleted by us.")
    fields = rendering.context.fields
    body: Body = {}
    for name, write in _ACCOUNT.items():
        if customer.known(name) if fields is None else name in fields:
            body |= write(customer, rendering)
    for name in _HOMELESS if fields is None else sorted(fields - _ACCOUNT.keys() - {"status"}):
        if getattr(customer, name, None):
            rendering.lose(name, "has no field on an account of Zoho CRM")
    return rendering.finished(body)


def person(contact: Contact, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything; an update what changed."""
    if rendering.context.operation is Operation.VOID:
        raise MappingError("A person in Zoho CRM has no status; nobody is deleted by us.")
    fields = rendering.context.fields
    body: Body = {}
    for name, write in _CONTACT.items():
        if contact.known(name) if fields is None else name in fields:
            body |= write(contact, rendering)
    if not rendering.updating and "Last_Name" not in body:
        body |= names_body(contact, rendering)
    return rendering.finished(body)


def _name(customer: Customer, rendering: Rendering) -> Body:
    if len(customer.name) > NAME_MAX:
        raise MappingError(f"The name is longer than the {NAME_MAX} characters of Zoho CRM.", field="name")
    return {"Account_Name": customer.name}


def _text(name: str, field: Callable[[Rendering], str], most: int = 200) -> Callable[[Customer, Rendering], Body]:
    def write(customer: Customer, rendering: Rendering) -> Body:
        value = rendering.clipped(name, getattr(customer, name), most)
        return rendering.placed(name, field(rendering), value)

    return write


def _days(customer: Customer, rendering: Rendering) -> Body:
    return rendering.placed("payment_days", rendering.settings.payment_days_field, customer.payment_days)


def _limit(customer: Customer, rendering: Rendering) -> Body:
    return rendering.placed("credit_limit", rendering.settings.credit_limit_field, customer.credit_limit)


def _currency(customer: Customer, rendering: Rendering) -> Body:
    """Written once; an organisation without several currencies has no field for it, and works in its own."""
    probe = rendering.context.probe
    if customer.currency is None or rendering.updating:
        return {}
    if "Currency" not in rendering.fields:
        if customer.currency != probe.base_currency:
            rendering.lose("currency", f"this Zoho CRM has no currency but {probe.base_currency}")
        return {}
    known = rendering.values("Currency")
    if known and customer.currency not in known:
        rendering.lose("currency", f"{customer.currency} is not set up in Zoho CRM; its home currency is taken")
        return {}
    return {"Currency": customer.currency}


def _addresses(customer: Customer, rendering: Rendering) -> Body:
    return address_body(customer, rendering, _KINDS)


def address_body(customer: Customer, rendering: Rendering, kinds: Mapping[AddressKind, str]) -> Body:
    """Each address in the fields that begin as ``kinds`` says; one that is gone is emptied."""
    body: Body = {}
    for stated in customer.addresses:
        kind = kinds.get(stated.kind)
        if kind is None or f"{kind}_Street" in body:
            rendering.lose("addresses", f"a further {stated.kind} address has no place in {rendering.module}")
        elif f"{kind}_Street" not in rendering.fields:
            rendering.lose("addresses", f"{rendering.module} has no field {kind}_Street")
        else:
            body |= _address(stated, kind, rendering)
    base = rendering.binding.base if rendering.binding is not None else None
    shown = {place.kind for place in base.addresses} if isinstance(base, Customer) else set()
    for gone in shown - {stated.kind for stated in customer.addresses}:
        if gone in kinds:
            body |= _address(Address(kind=gone), kinds[gone], rendering)
    return body


def _address(stated: Address, kind: str, rendering: Rendering) -> Body:
    lines = [line for line in (stated.line1, stated.line2, stated.line3) if line]
    parts = {
        "Street": "\n".join(lines) or None,
        "City": stated.city,
        "State": stated.region or stated.region_code,
        "Code": stated.postal_code,
        "Country": stated.country_raw or country_name_of(stated.country_code),
    }
    code = "Zip" if f"{kind}_Zip" in rendering.fields else "Code"
    named = {part: f"{kind}_{code if part == 'Code' else part}" for part in parts}
    return {named[part]: rendering.clipped("addresses", value, _LIMITS[part]) for part, value in parts.items()}


def _people(customer: Customer, rendering: Rendering) -> Body:
    """People are contacts of their own."""
    if customer.contacts:
        rendering.lose("contacts", "people are contacts of their own in Zoho CRM")
    return {}


def _category(customer: Customer, rendering: Rendering) -> Body:
    """The kind of account is the sales desk's; nothing that another system calls a kind is one."""
    return {}


def _our_id(party: Customer | Contact, rendering: Rendering) -> Body:
    """The other side's id of what was born here."""
    if not rendering.updating or not party.external_code:
        return {}
    return rendering.placed("external_code", rendering.settings.unique_field, party.external_code)


_ACCOUNT: dict[str, Callable[[Customer, Rendering], Body]] = {
    "name": _name,
    "legal_name": _text("legal_name", lambda rendering: rendering.settings.legal_name_field),
    "tax_number": _text("tax_number", lambda rendering: rendering.settings.tax_number_field, 50),
    "website": _text("website", lambda rendering: "Website", 450),
    "payment_days": _days,
    "credit_limit": _limit,
    "currency": _currency,
    "addresses": _addresses,
    "external_code": _our_id,
    "contacts": _people,
    "category": _category,
}


def account_fields() -> Mapping[str, Callable[[Customer, Rendering], Body]]:
    """What is written the same way wherever a customer is kept: everything but its name, addresses and people."""
    return {name: write for name, write in _ACCOUNT.items() if name not in ("name", "addresses", "contacts")}


def names_body(contact: Contact | ContactPoint, rendering: Rendering) -> Body:
    """Both names go together. Zoho CRM insists on a last name: who has but one gets it there."""
    first, last = contact.first_name, contact.last_name
    if not first and not last and contact.name:
        first, _, last = contact.name.rpartition(" ")
    if not last:
        first, last = None, first or contact.email
    if not last:
        raise MappingError("Zoho CRM needs a person's last name, and none is known.", field="last_name")
    return {
        "Last_Name": rendering.clipped("last_name", last, LAST_NAME_MAX),
        **rendering.placed("first_name", "First_Name", rendering.clipped("first_name", first, 40)),
    }


def _stated(name: str, api_name: str, most: int) -> Callable[[Contact, Rendering], Body]:
    def write(contact: Contact, rendering: Rendering) -> Body:
        return rendering.placed(name, api_name, rendering.clipped(name, getattr(contact, name), most))

    return write


def _customer(contact: Contact, rendering: Rendering) -> Body:
    account_id = contact.customer.source_id if contact.customer is not None else None
    if account_id is None:
        return {"Account_Name": None} if rendering.updating else {}
    return {"Account_Name": {"id": account_id}}


_CONTACT: dict[str, Callable[[Contact, Rendering], Body]] = {
    "first_name": names_body,
    "last_name": names_body,
    "name": names_body,
    "email": _stated("email", "Email", 100),
    "phone": _stated("phone", "Phone", 30),
    "mobile": _stated("mobile", "Mobile", 30),
    "title": _stated("title", "Title", 100),
    "customer": _customer,
    "external_code": _our_id,
}
