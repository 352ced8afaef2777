"""Contacts as customers, for organisations that sell to persons: one contact, one customer. Pure.

The person is the customer's only contact point; what an account has beside it (tax number, terms, credit limit) is read
and written where the organisation has such fields on contacts.
"""

from collections.abc import Callable
from typing import Any

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import AddressKind, ContactPoint, Customer, ObjectType, PartyStatus, SourceMeta

from mlc_zoho.crm.parts import FieldTable, address_of, our_key, owner_of, take
from mlc_zoho.crm.render_parties import account_fields, address_body, names_body
from mlc_zoho.crm.render_parts import Body, Rendering
from mlc_zoho.crm.schemas import Row, money, text, whole
from mlc_zoho.crm.settings import CrmSettings

#: Where a contact keeps its addresses.
PLACES = {AddressKind.BILLING: "Mailing", AddressKind.SHIPPING: "Other"}
#: Field of the person: its field of a contact, and how long that is.
_PERSON = {"email": ("Email", 100), "phone": ("Phone", 30), "mobile": ("Mobile", 30)}
_NAMES: FieldTable = (("first_name", "First_Name", text), ("last_name", "Last_Name", text))


def to_customer(row: Row, source: SourceMeta, settings: CrmSettings) -> Customer:
    """A contact as a customer. Raises MappingError for one without a name."""
    table: FieldTable = tuple((name, api_name, text) for name, (api_name, _most) in _PERSON.items())
    told: dict[str, Any] = {**take(row, _NAMES), **take(row, table)}
    names = [part for part in (told.get("first_name"), told.get("last_name")) if part]
    name = " ".join(names) or text(row, "Full_Name")
    if name is None:
        raise MappingError("Zoho CRM sent a contact without its Last_Name.", field="Last_Name")
    own: FieldTable = (
        ("tax_number", settings.tax_number_field, text),
        ("payment_days", settings.payment_days_field, whole),
        ("credit_limit", settings.credit_limit_field, money),
        ("currency", "Currency", text),
        ("category", settings.contact_type_field, text),
        ("external_code", settings.unique_field, our_key(ObjectType.CUSTOMER)),
        ("owner", "Owner", owner_of),
    )
    fields = take(row, own)
    found = tuple(one for kind, prefix in PLACES.items() if (one := address_of(row, prefix, kind)) is not None)
    if found or "Mailing_Street" in row:
        fields["addresses"] = found
    person = ContactPoint(name=name, is_primary=True, **told)
    return Customer(source=source, name=name, status=PartyStatus.ACTIVE, contacts=(person,), **fields)


def person_as_customer(customer: Customer, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything; an update what changed. The contact is the customer's billing person; where the books
    know no name of it, it has the customer's."""
    if rendering.context.operation is Operation.VOID:
        raise MappingError("A contact of Zoho CRM has no status; it is never deleted by us.")
    fields = rendering.context.fields
    body: Body = {}
    for name, write in _FIELDS.items():
        if customer.known(name) if fields is None else name in fields:
            body |= write(customer, rendering)
    for name in _HOMELESS if fields is None else sorted(fields - _FIELDS.keys() - {"status", "category"}):
        if getattr(customer, name, None):
            rendering.lose(name, "has no field on a contact of Zoho CRM")
    return rendering.finished(body)


def _name(customer: Customer, rendering: Rendering) -> Body:
    person = customer.billing_person
    if person is not None and (person.first_name or person.last_name):
        return names_body(person, rendering) if not rendering.updating else {}
    named = ContactPoint(name=customer.name)
    return names_body(named, rendering)


def _people(customer: Customer, rendering: Rendering) -> Body:
    """The billing person; further ones stay in the books."""
    person = customer.billing_person or ContactPoint()
    if len(customer.contacts) > 1:
        rendering.lose("contacts", "only the billing person is carried: here every contact is a customer of its own")
    body = names_body(person, rendering) if person.first_name or person.last_name else {}
    for name, (api_name, most) in _PERSON.items():
        value = rendering.clipped(f"contacts.{name}", getattr(person, name), most)
        body |= rendering.placed(f"contacts.{name}", api_name, value)
    return body


def _addresses(customer: Customer, rendering: Rendering) -> Body:
    return address_body(customer, rendering, PLACES)


_FIELDS: dict[str, Callable[[Customer, Rendering], Body]] = {
    "name": _name,
    "contacts": _people,
    "addresses": _addresses,
    **{name: write for name, write in account_fields().items() if name not in ("legal_name", "website")},
}
#: What the books may say of a customer and a contact has no field for.
_HOMELESS = ("legal_name", "website", "registration_number", "customer_code", "tax_treatment", "payment_terms",
             "receivable_account")  # fmt: skip
