"""Contacts: customers and vendors share one name space; balances follow their documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import customfields
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import NAME_TAKEN, Refusal, bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, flag, identifier, keys, rows, text, whole_days

TYPES: Final = ("customer", "vendor")
ADDRESS: Final = {
    "attention": 100,
    "address": 500,
    "street2": 255,
    "city": 100,
    "state": 100,
    "state_code": 100,
    "zip": 50,
    "country": 100,
    "fax": 50,
    "phone": 50,
}
PERSON: Final = {
    "salutation": 25,
    "first_name": 100,
    "last_name": 100,
    "email": 100,
    "phone": 50,
    "mobile": 50,
    "designation": 100,
    "department": 50,
}
TEXTS: Final = {
    "company_name": 200,
    "payment_terms_label": 200,
    "website": 200,
    "notes": 2000,
    "legal_name": 200,
    "customer_sub_type": 20,
    "tax_id_type": 10,
    "tax_id_value": 50,
    "vat_reg_no": 20,
    "vat_treatment": 50,
    "tax_reg_no": 15,
    "tax_treatment": 50,
    "gst_no": 15,
    "gst_treatment": 50,
    "place_of_contact": 10,
    "country_code": 5,
    "tax_id": 25,
    "tax_exemption_id": 25,
}
LANGUAGES: Final = frozenset(keys("de en es fr it ja nl pt pt_br sv zh en_gb"))
BALANCES: Final = (
    "outstanding_receivable_amount",
    "outstanding_payable_amount",
    "unused_credits_receivable_amount",
    "unused_credits_payable_amount",
)
DOCUMENT_KINDS: Final = {
    "vendor_id": ("bills", "purchaseorders", "vendorcredits", "vendorpayments"),
    "customer_id": ("invoices", "customerpayments"),
}
HAS_TRANSACTIONS: Final = 3000


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new contact, active. Raises Refusal 3062 when any customer or vendor has the name."""
    return books.save("contacts", _built(books, body, None), cause)


def update(books: Books, contact_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones; contact persons are replaced as a whole when sent."""
    before = books.require("contacts", contact_id)
    record = _built(books, body, before)
    books.save("contacts", record, cause)
    if record["contact_name"] != before["contact_name"]:
        _rename_documents(books, record, cause)
    return record


def set_status(books: Books, contact_id: str, status: str, cause: Cause) -> Record:
    """Marks a contact active or inactive."""
    return books.save("contacts", {**books.require("contacts", contact_id), "status": status}, cause)


def delete(books: Books, contact_id: str, cause: Cause) -> None:
    """Deletes a contact without transactions."""
    books.require("contacts", contact_id)
    if has_documents(books, contact_id):
        raise business(HAS_TRANSACTIONS, "Contacts with transactions cannot be deleted. Mark them as inactive instead.")
    books.delete("contacts", contact_id, cause)


def merge(books: Books, winner_id: str, loser_id: str, cause: Cause) -> Record:
    """The loser's documents move to the winner, and the loser is gone."""
    winner, loser = books.require("contacts", winner_id), books.require("contacts", loser_id)
    if winner_id == loser_id or winner["contact_type"] != loser["contact_type"]:
        raise bad_value("contact_ids")
    for kind, key in documents_of(books, loser_id):
        document = books.require(kind, key)
        party = "vendor" if "vendor_id" in document else "customer"
        books.save(kind, {**document, f"{party}_id": winner_id, f"{party}_name": winner["contact_name"]}, cause)
    for field in BALANCES:
        owe(books, winner_id, field, books.outstanding.pop((loser_id, field), ZERO))
    books.delete("contacts", loser_id, cause)
    return books.save("contacts", dict(winner), cause)


def documents_of(books: Books, contact_id: str) -> list[tuple[str, str]]:
    """Kind and id of every document of a contact."""
    return [
        (kind, key)
        for party, kinds in DOCUMENT_KINDS.items()
        for kind in kinds
        for key in books[kind].find(party, contact_id)
    ]


def owe(books: Books, contact_id: str, field: str, amount: Decimal) -> None:
    """Moves an outstanding amount; it is shown with the contact and is no change of the contact itself."""
    if amount:
        key = contact_id, field
        books.outstanding[key] = books.outstanding.get(key, ZERO) + amount


def shown(books: Books, contact: Record) -> Record:
    """The detail form: as stored, with what follows from its documents."""
    key = contact["contact_id"]
    balances = {field: books.outstanding.get((key, field), ZERO) for field in BALANCES}
    return {
        **contact,
        **balances,
        "has_transaction": has_documents(books, key),
        "customer_name": contact["contact_name"] if contact["contact_type"] == "customer" else "",
        "vendor_name": contact["contact_name"] if contact["contact_type"] == "vendor" else "",
    }


def has_documents(books: Books, contact_id: str) -> bool:
    """Whether anything was ever booked for a contact."""
    return any(books[kind].holds(party, contact_id) for party, kinds in DOCUMENT_KINDS.items() for kind in kinds)


def _rename_documents(books: Books, contact: Record, cause: Cause) -> None:
    for kind, key in documents_of(books, contact["contact_id"]):
        document = books.require(kind, key)
        name = "vendor_name" if "vendor_id" in document else "customer_name"
        books.save(kind, {**document, name: contact["contact_name"]}, cause, bump=False)


def _built(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    strict = before is None or books.switches["put_needs_required"]
    own_id = old.get("contact_id") or books.next_id()
    name = text(body, "contact_name", 200, "" if strict else old.get("contact_name", "")).strip()
    if not name:
        raise bad_value("contact_name")
    _refuse_taken(books, name, own_id)
    kind = text(body, "contact_type", 10, old.get("contact_type", "customer"))
    if kind not in TYPES or (before is not None and kind != before["contact_type"]):
        raise bad_value("contact_type")
    currency_id = identifier(body, "currency_id") or old.get("currency_id") or books.base_currency_id
    currency = books["currencies"].get(currency_id)
    if currency is None:
        raise bad_value("currency_id")
    if before is not None and currency_id != before["currency_id"] and has_documents(books, own_id):
        raise business(HAS_TRANSACTIONS, "The currency of a contact with transactions cannot be changed.")
    language = text(body, "language_code", 5, old.get("language_code", "en"))
    if language not in LANGUAGES:
        raise bad_value("language_code")
    persons = _persons(books, body, old)
    primary = next((p for p in persons if p["is_primary_contact"]), {})
    return {
        "contact_id": own_id,
        "contact_name": name,
        "contact_type": kind,
        "contact_number": _number(books, body, old),
        "status": old.get("status", "active"),
        **{key: text(body, key, longest, old.get(key, "")) for key, longest in TEXTS.items()},
        "payment_terms": whole_days(body.get("payment_terms", old.get("payment_terms", 0)), "payment_terms"),
        "currency_id": currency_id,
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "language_code": language,
        "track_1099": flag(body, "track_1099", old.get("track_1099", False)),
        "is_taxable": flag(body, "is_taxable", old.get("is_taxable", True)),
        "billing_address": _address(books, body, old, "billing_address"),
        "shipping_address": _address(books, body, old, "shipping_address"),
        "contact_persons": persons,
        "primary_contact_id": primary.get("contact_person_id", ""),
        **{key: primary.get(key, "") for key in ("first_name", "last_name", "email", "phone", "mobile")},
        "is_linked_with_zohocrm": old.get("is_linked_with_zohocrm", False),
        "zcrm_account_id": old.get("zcrm_account_id", ""),
        "zcrm_vendor_id": old.get("zcrm_vendor_id", ""),
        "source": old.get("source", "api"),
        "has_attachment": old.get("has_attachment", False),
        **customfields.merged(books, "contacts", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _refuse_taken(books: Books, name: str, own_id: str) -> None:
    if any(key != own_id for key in books["contacts"].find("contact_name", name)):
        message = f"The contact {name} already exists. Please specify a different name."
        raise Refusal(NAME_TAKEN, message)


def _number(books: Books, body: dict[str, Any], old: Record) -> str:
    sent = text(body, "contact_number", 200)
    if sent and old.get("contact_number") == sent:
        return sent
    if sent and not flag(body, "ignore_auto_number_generation"):
        sent = ""
    return sent or str(old.get("contact_number") or f"CNT-{books.next_number('contacts'):05d}")


def _address(books: Books, body: dict[str, Any], old: Record, name: str) -> dict[str, Any]:
    sent = body.get(name)
    kept = old.get(name, {})
    if sent is None:
        sent = {}
    if not isinstance(sent, dict):
        raise bad_value(name)
    told: dict[str, Any] = {"address_id": kept.get("address_id") or books.next_id()}
    for key, longest in ADDRESS.items():
        told[key] = text(sent, key, longest, kept.get(key, ""))
    return told


def _persons(books: Books, body: dict[str, Any], old: Record) -> list[dict[str, Any]]:
    kept = {person["contact_person_id"]: person for person in old.get("contact_persons", ())}
    if "contact_persons" not in body:
        return list(kept.values())
    persons = []
    for row in rows(body, "contact_persons"):
        person_id = identifier(row, "contact_person_id")
        if person_id and person_id not in kept:
            raise bad_value("contact_person_id")
        before = kept.get(person_id, {})
        told: dict[str, Any] = {"contact_person_id": person_id or books.next_id()}
        for key, longest in PERSON.items():
            told[key] = text(row, key, longest, before.get(key, ""))
        if told["email"] and "@" not in told["email"]:
            raise bad_value("email")
        told["is_primary_contact"] = flag(row, "is_primary_contact", before.get("is_primary_contact", False))
        persons.append(told)
    if persons and not any(person["is_primary_contact"] for person in persons):
        persons[0]["is_primary_contact"] = True
    return persons
