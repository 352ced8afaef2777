"""Calls under ``/contacts``, with the aliases ``/vendors`` and ``/customers``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books import attachments, bodies, contacts, listings, lists
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, told, upserted
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.filters import Listing
from mlc_sandbox.zoho_books.refusals import bad_query, bad_value
from mlc_sandbox.zoho_books.values import flag, identifier, keys

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

CREATED = "The contact has been created"
UPDATED = "Contact has been updated successfully"
LIVE_ONLY = frozenset(
    keys(
        "customer_name vendor_name source is_linked_with_zohocrm custom_fields custom_field_hash has_attachment "
        "track_1099"
    )
)
DOCUMENTED = replace(listings.CONTACTS, row=tuple(key for key in listings.CONTACTS.row if key not in LIVE_ONLY))


def _only(kind: str) -> Listing:
    def owner(books: Any, record: Record) -> bool:
        return bool(record["contact_type"] == kind)

    choices = {"Status.Active": lambda books, record: owner(books, record) and record["status"] == "active"}
    return replace(listings.CONTACTS, choices={**choices, "Status.Every": owner}, default_choice="Status.Every")


VENDORS = _only("vendor")
CUSTOMERS = _only("customer")


@call("GET", "/contacts", "contacts")
def list_contacts(standin: Z, request: Request) -> Response:
    live = standin.switches["live_contact_rows"]
    return lists.page_of(standin, request, listings.CONTACTS if live else DOCUMENTED)


@call("GET", "/vendors", "contacts")
def list_vendors(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, VENDORS)


@call("GET", "/customers", "contacts")
def list_customers(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, CUSTOMERS)


@call("POST", "/contacts", "contacts")
def create_contact(standin: Z, request: Request) -> Response:
    record = contacts.create(standin.books, body_of(standin, request), request.cause())
    return told(CREATED, "contact", contacts.shown(standin.books, record), status=201)


@call("PUT", "/contacts", "contacts")
def upsert_contact(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "contacts",
        lambda body, cause: contacts.create(books, body, cause),
        lambda key, body, cause: contacts.update(books, key, body, cause),
    )
    return told(CREATED if created else UPDATED, "contact", contacts.shown(books, record))


@call("DELETE", "/contacts", "contacts")
def delete_contacts(standin: Z, request: Request) -> Response:
    wanted = [key for key in (request.query.get("contact_ids") or "").split(",") if key]
    if not wanted:
        raise bad_query("contact_ids")
    for key in wanted:
        standin.books.require("contacts", key)
    for key in wanted:
        contacts.delete(standin.books, key, request.cause())
    return told("The contacts have been deleted.")


@call("GET", "/contacts/{contact_id}", "contacts")
def read_contact(standin: Z, request: Request, contact_id: str) -> Response:
    record = record_of(standin, request, "contacts", contact_id)
    return told("success", "contact", contacts.shown(standin.books, record))


@call("PUT", "/contacts/{contact_id}", "contacts")
def update_contact(standin: Z, request: Request, contact_id: str) -> Response:
    record = contacts.update(standin.books, contact_id, body_of(standin, request), request.cause())
    return told(UPDATED, "contact", contacts.shown(standin.books, record))


@call("DELETE", "/contacts/{contact_id}", "contacts")
def delete_contact(standin: Z, request: Request, contact_id: str) -> Response:
    contacts.delete(standin.books, contact_id, request.cause())
    return told("The contact has been deleted.")


@call("POST", "/contacts/{contact_id}/active", "contacts")
def activate(standin: Z, request: Request, contact_id: str) -> Response:
    contacts.set_status(standin.books, contact_id, "active", request.cause())
    return told("The contact has been marked as active.")


@call("POST", "/contacts/{contact_id}/inactive", "contacts")
def deactivate(standin: Z, request: Request, contact_id: str) -> Response:
    contacts.set_status(standin.books, contact_id, "inactive", request.cause())
    return told("The contact has been marked as inactive.")


@call("POST", "/contacts/{contact_id}/track1099", "contacts")
def track(standin: Z, request: Request, contact_id: str) -> Response:
    return _set_1099(standin, request, contact_id, tracked=True)


@call("POST", "/contacts/{contact_id}/untrack1099", "contacts")
def untrack(standin: Z, request: Request, contact_id: str) -> Response:
    return _set_1099(standin, request, contact_id, tracked=False)


def _set_1099(standin: Z, request: Request, contact_id: str, *, tracked: bool) -> Response:
    before = standin.books.require("contacts", contact_id)
    standin.books.save("contacts", {**before, "track_1099": tracked}, request.cause())
    return told("success")


@call("POST", "/contacts/{contact_id}/merge", "contacts")
def merge(standin: Z, request: Request, contact_id: str) -> Response:
    """The contact in the path wins; the others are named in ``contact_ids``, in the query or the body."""
    sent = request.query.get("contact_ids") or bodies.optional_object(request).get("contact_ids") or ""
    losers = sent.split(",") if isinstance(sent, str) else [str(key) for key in sent]
    losers = [key for key in losers if key and key != contact_id]
    if not losers:
        raise bad_value("contact_ids")
    for key in (contact_id, *losers):
        standin.books.require("contacts", key)
    for key in losers:
        contacts.merge(standin.books, contact_id, key, request.cause())
    return told("success")


@call("GET", "/contacts/{contact_id}/contactpersons", "contacts")
def list_persons(standin: Z, request: Request, contact_id: str) -> Response:
    persons = record_of(standin, request, "contacts", contact_id)["contact_persons"]
    return json_response(200, {"code": 0, "message": "success", "contact_persons": persons})


@call("POST", "/contacts/contactpersons", "contacts")
def create_person(standin: Z, request: Request) -> Response:
    body = body_of(standin, request)
    contact = standin.books.require("contacts", identifier(body, "contact_id"))
    kept = [{"contact_person_id": person["contact_person_id"]} for person in contact["contact_persons"]]
    record = _with_persons(standin, request, contact, [*kept, body])
    return told("The contact person has been created.", "contact_person", record["contact_persons"][-1])


@call("PUT", "/contacts/contactpersons/{person_id}", "contacts")
def update_person(standin: Z, request: Request, person_id: str) -> Response:
    body = body_of(standin, request)
    contact = _of_person(standin, person_id, identifier(body, "contact_id"))
    sent = [
        {**body, "contact_person_id": person_id} if key == person_id else {"contact_person_id": key}
        for key in (person["contact_person_id"] for person in contact["contact_persons"])
    ]
    record = _with_persons(standin, request, contact, sent)
    person = next(p for p in record["contact_persons"] if p["contact_person_id"] == person_id)
    return told("The contact person details have been updated.", "contact_person", person)


@call("DELETE", "/contacts/contactpersons/{person_id}", "contacts")
def delete_person(standin: Z, request: Request, person_id: str) -> Response:
    contact = _of_person(standin, person_id, "")
    kept = [
        {"contact_person_id": person["contact_person_id"]}
        for person in contact["contact_persons"]
        if person["contact_person_id"] != person_id
    ]
    _with_persons(standin, request, contact, kept)
    return told("The contact person has been deleted.")


def _of_person(standin: Z, person_id: str, contact_id: str) -> Record:
    books = standin.books
    candidates = [books.require("contacts", contact_id)] if contact_id else books["contacts"].all()
    for contact in candidates:
        if any(person["contact_person_id"] == person_id for person in contact["contact_persons"]):
            return contact
    raise bad_value("contact_person_id")


def _with_persons(standin: Z, request: Request, contact: Record, sent: list[dict[str, Any]]) -> Record:
    primary = next((row for row in sent if flag(row, "is_primary_contact")), None)
    if primary is not None:
        sent = [{**row, "is_primary_contact": row is primary} for row in sent]
    body = {
        "contact_name": contact["contact_name"],
        "contact_type": contact["contact_type"],
        "contact_persons": sent,
    }
    return contacts.update(standin.books, contact["contact_id"], body, request.cause())


@call("POST", "/contacts/{contact_id}/attachment", "contacts")
def attach(standin: Z, request: Request, contact_id: str) -> Response:
    return attachments.attach(standin, request, "contacts", contact_id)
