"""Vendors and customers → BILL. Pure. Payment information, bank details and tax numbers are never written.

A vendor that is CONNECTED in the BILL network keeps its own name, address and contact.
"""

import re

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Address, AddressKind, Customer, Party, PartyStatus, Vendor
from mlc.wire import Body, Json, encode, filled

from mlc_bill import SYSTEM
from mlc_bill.mapping_parties import NETWORK
from mlc_bill.render_parts import Rendering

NAME_MAX = 100
CODE_MAX = 40
#: What BILL insists on in an address, in the words of the operator.
NEEDED = {"line1": "line 1", "city": "city", "postal_code": "postal code", "country_code": "country (two letters)"}
#: Fields that a connected vendor's own organisation answers for, with BILL's names of them.
OWN_OF_CONNECTED = {"name": "name", "contacts": "email", "addresses": "address"}
_HOMELESS = ("tax_number", "registration_number", "website", "payment_days", "tax_treatment", "external_code")
_COUNTRY = re.compile(r"[A-Z]{2}")


def vendor(record: Vendor, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create needs name and address; an update sends what changed."""
    status = _status(record, rendering)
    if status is not None:
        return status
    body = _shared(record, rendering)
    own = {
        "vendor_code": ("shortName", rendering.clipped("vendor_code", record.vendor_code, CODE_MAX)),
        "buyer_account_number": ("accountNumber", record.buyer_account_number),
    }
    for name, (key, value) in own.items():
        if rendering.changes(record, name):
            body[key] = value
    if rendering.changes(record, "addresses"):
        body["address"] = _address(record, rendering)
    if rendering.changes(record, "is_person") and record.is_person is not None:
        body["accountType"] = "PERSON" if record.is_person else "BUSINESS"
    more: Body = {}
    if rendering.changes(record, "us_1099") and record.us_1099 is not None:
        more["track1099"] = record.us_1099
    if rendering.changes(record, "legal_name") and record.legal_name is not None:
        more["companyName"] = record.legal_name
    if more:
        body["additionalInfo"] = more
    if not rendering.updating:
        if "address" not in body:
            body["address"] = _address(record, rendering)
        body["billCurrency"] = record.currency
    elif rendering.fields is not None and "currency" in rendering.fields:
        rendering.lose(
            "currency", "a vendor's currency is fixed in BILL when it is made; another one needs its own vendor"
        )
    return _part(_unless_connected(body, rendering), record, rendering)


def customer(record: Customer, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """BILL insists on a name and an e-mail address."""
    status = _status(record, rendering)
    if status is not None:
        return status
    body = _shared(record, rendering)
    if rendering.changes(record, "legal_name"):
        body["companyName"] = record.legal_name
    if rendering.changes(record, "customer_code"):
        body["accountNumber"] = record.customer_code
    if rendering.changes(record, "contacts") and record.contacts:
        person = next((one for one in record.contacts if one.is_primary), record.contacts[0])
        if person.first_name or person.last_name:
            body["contact"] = filled({"firstName": person.first_name, "lastName": person.last_name})
    if rendering.changes(record, "addresses"):
        for key, kind in (("billingAddress", AddressKind.BILLING), ("shippingAddress", AddressKind.SHIPPING)):
            stated = next((one for one in record.addresses if one.kind is kind), None)
            if stated is not None and not _missing(stated):
                body[key] = _street(stated, rendering)
            elif stated is not None:
                rendering.lose("addresses", f"BILL takes only whole addresses; it lacks {', '.join(_missing(stated))}")
    if not rendering.updating:
        body["invoiceCurrency"] = record.currency
        if not body.get("email"):
            raise MappingError(
                f"BILL takes no customer without an e-mail address; {record.name} has none. "
                "Add it where the customer is kept.",
                field="contacts",
                system=SYSTEM,
            )
    return _part(body, record, rendering)


def _shared(record: Party, rendering: Rendering) -> Body:
    body: Body = {}
    if not rendering.updating or rendering.changes(record, "name"):
        if len(record.name) > NAME_MAX:
            raise MappingError(
                f"The name is longer than the {NAME_MAX} characters of BILL.", field="name", system=SYSTEM
            )
        body["name"] = record.name
    if rendering.changes(record, "contacts"):
        person = next((one for one in record.contacts if one.is_primary), next(iter(record.contacts), None))
        body |= {
            "email": person.email if person else None,
            "phone": (person.phone or person.mobile) if person else None,
        }
        if len(record.contacts) > 1:
            rendering.lose(
                "contacts", "BILL keeps one e-mail address and one phone number; further persons stay behind"
            )
    for name in _HOMELESS:
        if getattr(record, name, None) and rendering.changes(record, name):
            rendering.lose(name, "has no place in BILL, or is never sent there")
    for name in ("buyer_account_number", "credit_limit", "receivable_account"):
        if not isinstance(record, Vendor) and getattr(record, name, None):
            rendering.lose(name, "has no place on a BILL customer")
    if record.payment_terms is not None and rendering.changes(record, "payment_terms"):
        rendering.lose("payment_terms", "every bill carries its own due date")
    return body


def _address(record: Vendor, rendering: Rendering) -> Json:
    """The postal address. Raises MappingError that names what BILL insists on and is missing."""
    billing = next((one for one in record.addresses if one.kind is AddressKind.BILLING), None)
    stated = billing or next(iter(record.addresses), None)
    for other in record.addresses:
        if other is not stated:
            rendering.lose("addresses", f"a further {other.kind} address has no place in BILL")
    missing = list(NEEDED.values()) if stated is None else _missing(stated)
    if missing or stated is None:
        raise MappingError(
            f"BILL takes no vendor without a full postal address; {record.name} lacks {', '.join(missing)}. "
            "Add it where the vendor is kept.",
            field="addresses",
            system=SYSTEM,
        )
    return _street(stated, rendering)


def _missing(stated: Address) -> list[str]:
    """What BILL insists on inside an address and this one does not have, in the operator's words."""
    missing = [word for name, word in NEEDED.items() if not getattr(stated, name)]
    code = stated.country_code
    if code and not _COUNTRY.fullmatch(code):
        missing.append(f"country as two letters (it is {code!r})")
    return missing


def _street(stated: Address, rendering: Rendering) -> Json:
    if stated.line3:
        rendering.lose("addresses.line3", "BILL has two lines")
    return filled(
        {
            "line1": stated.line1,
            "line2": stated.line2,
            "city": stated.city,
            "stateOrProvince": stated.region_code or stated.region,
            "zipOrPostalCode": stated.postal_code,
            "country": stated.country_code,
        }
    )


def _status(record: Party, rendering: Rendering) -> tuple[RenderedPart, ...] | None:
    """A change of status alone is a call of its own."""
    if rendering.context.operation is Operation.VOID:
        return (RenderedPart("main", Operation.VOID, b"", action="archive"),)
    if rendering.fields is not None and rendering.updating and rendering.fields <= {"status"}:
        verb = "archive" if record.status is PartyStatus.INACTIVE else "restore"
        return (RenderedPart("main", Operation.UPDATE, b"", action=verb),)
    return None


def _unless_connected(body: Body, rendering: Rendering) -> Body:
    """Without what the vendor itself answers for in the BILL network."""
    base = rendering.binding.base if rendering.binding is not None else None
    network = base.extensions.get(NETWORK) if isinstance(base, Vendor) else None
    if not is_connected(network):
        return body
    for name, key in OWN_OF_CONNECTED.items():
        if key in body:
            rendering.lose(name, "the vendor is connected in the BILL network and keeps its own")
    return {key: value for key, value in body.items() if key not in CONNECTED_KEYS}


#: BILL's names of what a connected vendor keeps for itself.
CONNECTED_KEYS = frozenset({"name", "email", "phone", "address"})


def is_connected(network: object) -> bool:
    return isinstance(network, str) and network.startswith("CONNECTED")


def _part(body: Body, record: Party, rendering: Rendering) -> tuple[RenderedPart, ...]:
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    sent = body if rendering.updating and rendering.fields is not None else filled(body)
    if rendering.updating and not sent:
        return ()
    if not rendering.updating and record.status is PartyStatus.INACTIVE:
        rendering.lose("status", "made active; archive it in BILL if it is not to be used")
    emptied = {key: "" if value is None else value for key, value in sent.items()}
    return (RenderedPart("main", operation, encode(emptied)),)
