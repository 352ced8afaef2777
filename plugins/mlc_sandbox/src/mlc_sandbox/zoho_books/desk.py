"""What a person does in the vendor's own screens, asked for through the control calls.

``POST /_sandbox/objects/{type}``: without ``id`` creates, with ``id`` changes the named fields, with ``action``
presses a button; then an order's number, or a payment's reference, may stand for ``id``. Fields are those of the API;
a person is never subject to approvals, but is to every rule of bookkeeping.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.standin import UnknownChange
from mlc_sandbox.zoho_books import (
    attachments,
    bills,
    calls_webhooks,
    contacts,
    customerpayments,
    customfields,
    expenses,
    locks,
    masterdata,
    orders,
    receivables,
    vendorcredits,
    vendorpayments,
)
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.scopes import FULL_ACCESS

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

Action = Callable[[Books, str, dict[str, Any], Cause], Any]
Create = Callable[[Books, dict[str, Any], Cause], Record]

CREATES: dict[str, Create] = {
    "contacts": contacts.create,
    "bills": bills.create,
    "purchaseorders": lambda books, body, cause: _order(books, body, cause),
    "vendorcredits": lambda books, body, cause: vendorcredits.create(
        books, body, cause, own_number="vendor_credit_number" in body
    ),
    "vendorpayments": vendorpayments.create,
    "expenses": expenses.create,
    "invoices": lambda books, body, cause: receivables.create_invoice(
        books, body, cause, own_number="invoice_number" in body, send=body.get("status") == "sent"
    ),
    "customerpayments": customerpayments.create,
    "items": masterdata.create_item,
    "chartofaccounts": masterdata.create_account,
    "taxes": masterdata.create_tax,
    "currencies": masterdata.create_currency,
    "locations": masterdata.create_location,
    "reportingtags": masterdata.create_tag,
    "transactionlocks": locks.set_lock,
    "webhooks": calls_webhooks.create,
    "workflows": calls_webhooks.create_rule,
    "customfields": lambda books, body, cause: customfields.define(
        books,
        body["module"],
        body["api_name"],
        label=str(body.get("label", body["api_name"])),
        unique=bool(body.get("is_unique")),
        cause=cause,
        kind=body.get("data_type", "string"),
    ),
}


def _order(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new order, issued at once where ``status`` says so."""
    made = orders.create(books, body, cause, own_number="purchaseorder_number" in body)
    issued = body.get("status") == "open"
    return orders.set_status(books, made["purchaseorder_id"], "open", cause) if issued else made


def _recode(books: Books, key: str, change: dict[str, Any], cause: Cause) -> Record:
    """Moves lines of a bill to another account: the line named, or all of them."""
    bill = books.require("bills", key)
    line_id = change.get("line_item_id")
    sent = [
        {
            "line_item_id": line["line_item_id"],
            **({"account_id": change["account_id"]} if line_id in (None, line["line_item_id"]) else {}),
        }
        for line in bill["line_items"]
    ]
    return bills.update(books, key, {**_whole("bills", bill), "line_items": sent}, cause)


def _pay(books: Books, key: str, change: dict[str, Any], cause: Cause) -> Record:
    """A payment typed for one bill: its balance unless an amount is named."""
    bill = books.require("bills", key)
    amount = change.get("amount", bill["balance"])
    body = {
        "vendor_id": bill["vendor_id"],
        "amount": amount,
        "bills": [{"bill_id": key, "amount_applied": amount}],
        **{name: change[name] for name in PAYMENT_FIELDS if name in change},
    }
    return vendorpayments.create(books, body, cause)


def _received(books: Books, key: str, change: dict[str, Any]) -> dict[str, Any]:
    """What a customer paid for one invoice: its balance unless an amount is named."""
    invoice = books.require("invoices", key)
    amount = change.get("amount", invoice["balance"])
    parts = [{"invoice_id": key, "amount_applied": amount}]
    return {**change, "customer_id": invoice["customer_id"], "amount": amount, "invoices": parts}


def _person(books: Books, key: str, change: dict[str, Any], cause: Cause) -> Record:
    """A contact person's details changed, or one more where ``person_id`` names none."""
    sent = {name: value for name, value in change.items() if name != "person_id"}
    known = [row["contact_person_id"] for row in books.require("contacts", key)["contact_persons"]]
    rows = [{"contact_person_id": one, **(sent if one == change.get("person_id") else {})} for one in known]
    return _with_people(books, key, rows if "person_id" in change else [*rows, sent], cause)


def _remove_person(books: Books, key: str, change: dict[str, Any], cause: Cause) -> Record:
    known = [row["contact_person_id"] for row in books.require("contacts", key)["contact_persons"]]
    return _with_people(books, key, [{"contact_person_id": one} for one in known if one != change["person_id"]], cause)


def _with_people(books: Books, key: str, rows: list[dict[str, Any]], cause: Cause) -> Record:
    body = {**_whole("contacts", books.require("contacts", key)), "contact_persons": rows}
    return contacts.update(books, key, body, cause)


def _attach(kind: str) -> Action:
    def attach(books: Books, key: str, change: dict[str, Any], cause: Cause) -> Record:
        content = base64.b64decode(change.get("content", ""))
        return attachments.add(books, kind, key, change.get("file_name", "scan.pdf"), content, cause)

    return attach


PAYMENT_FIELDS = ("date", "paid_through_account_id", "payment_mode", "reference_number", "exchange_rate")
ACTIONS: dict[tuple[str, str], Action] = {
    ("contacts", "inactive"): lambda b, key, change, cause: contacts.set_status(b, key, "inactive", cause),
    ("contacts", "active"): lambda b, key, change, cause: contacts.set_status(b, key, "active", cause),
    ("contacts", "merge"): lambda b, key, change, cause: contacts.merge(b, key, change["loser_id"], cause),
    ("contacts", "delete"): lambda b, key, change, cause: contacts.delete(b, key, cause),
    ("contacts", "person"): _person,
    ("contacts", "remove_person"): _remove_person,
    ("bills", "void"): lambda b, key, change, cause: bills.void(b, key, cause),
    ("bills", "open"): lambda b, key, change, cause: bills.reopen(b, key, cause),
    ("bills", "submit"): lambda b, key, change, cause: bills.submit(b, key, cause),
    ("bills", "approve"): lambda b, key, change, cause: bills.approve(b, key, cause),
    ("bills", "delete"): lambda b, key, change, cause: bills.delete(b, key, cause),
    ("bills", "recode"): _recode,
    ("bills", "pay"): _pay,
    ("bills", "attach"): _attach("bills"),
    ("purchaseorders", "open"): lambda b, key, change, cause: orders.set_status(b, key, "open", cause),
    ("purchaseorders", "billed"): lambda b, key, change, cause: orders.set_status(b, key, "billed", cause),
    ("purchaseorders", "cancel"): lambda b, key, change, cause: orders.set_status(b, key, "cancelled", cause),
    ("purchaseorders", "submit"): lambda b, key, change, cause: orders.submit(b, key, cause),
    ("purchaseorders", "approve"): lambda b, key, change, cause: orders.approve(b, key, cause),
    ("purchaseorders", "reject"): lambda b, key, change, cause: orders.reject(b, key, cause),
    ("purchaseorders", "delete"): lambda b, key, change, cause: orders.delete(b, key, cause),
    ("vendorcredits", "open"): lambda b, key, change, cause: vendorcredits.set_status(b, key, "open", cause),
    ("vendorcredits", "approve"): lambda b, key, change, cause: vendorcredits.set_status(b, key, "open", cause),
    ("vendorcredits", "void"): lambda b, key, change, cause: vendorcredits.set_status(b, key, "void", cause),
    ("vendorcredits", "delete"): lambda b, key, change, cause: vendorcredits.delete(b, key, cause),
    ("vendorcredits", "apply"): lambda b, key, change, cause: vendorcredits.apply(b, key, change["bills"], cause),
    ("vendorpayments", "delete"): lambda b, key, change, cause: vendorpayments.delete(b, key, cause),
    ("vendorpayments", "void"): lambda b, key, change, cause: vendorpayments.delete(b, key, cause),
    ("expenses", "delete"): lambda b, key, change, cause: expenses.delete(b, key, cause),
    ("invoices", "send"): lambda b, key, change, cause: receivables.set_invoice_status(b, key, "sent", cause),
    ("invoices", "void"): lambda b, key, change, cause: receivables.set_invoice_status(b, key, "void", cause),
    ("invoices", "write_off"): lambda b, key, change, cause: receivables.write_off(b, key, cause),
    ("invoices", "credit"): lambda b, key, change, cause: receivables.credit(
        b, key, change["amount"] if "amount" in change else b.require("invoices", key)["balance"], cause
    ),
    ("invoices", "receive"): lambda b, key, change, cause: customerpayments.create(b, _received(b, key, change), cause),
    ("invoices", "delete"): lambda b, key, change, cause: receivables.delete_invoice(b, key, cause),
    ("customerpayments", "delete"): lambda b, key, change, cause: customerpayments.delete(b, key, cause),
    ("chartofaccounts", "inactive"): lambda b, key, ch, cause: masterdata.set_account_active(b, key, False, cause),
    ("chartofaccounts", "active"): lambda b, key, ch, cause: masterdata.set_account_active(b, key, True, cause),
    ("items", "inactive"): lambda b, key, change, cause: masterdata.set_item_status(b, key, "inactive", cause),
    ("items", "active"): lambda b, key, change, cause: masterdata.set_item_status(b, key, "active", cause),
    ("currencies", "rate"): lambda b, key, change, cause: masterdata.add_rate(b, key, change, cause),
    ("transactionlocks", "delete"): lambda b, key, change, cause: b.delete("transactionlocks", key, cause),
    ("webhooks", "delete"): lambda b, key, change, cause: b.delete("webhooks", key, cause),
    ("workflows", "activate"): lambda b, key, ch, cause: calls_webhooks.set_rule_active(b, key, True, cause),
    ("workflows", "deactivate"): lambda b, key, ch, cause: calls_webhooks.set_rule_active(b, key, False, cause),
    ("workflows", "delete"): lambda b, key, change, cause: b.delete("workflows", key, cause),
    ("customfields", "delete"): lambda b, key, change, cause: b.delete("customfields", key, cause),
}
UPDATES: dict[str, Callable[[Books, str, dict[str, Any], Cause], Record]] = {
    "contacts": contacts.update,
    "bills": bills.update,
    "purchaseorders": lambda b, key, body, cause: orders.update(b, key, body, cause, own_number=True),
    "vendorcredits": vendorcredits.update,
    "vendorpayments": vendorpayments.update,
    "expenses": expenses.update,
    "invoices": lambda b, key, body, cause: receivables.update_invoice(b, key, body, cause, own_number=True),
    "customerpayments": customerpayments.update,
    "items": masterdata.update_item,
    "chartofaccounts": masterdata.update_account,
    "webhooks": calls_webhooks.update,
}
#: What a person finds a record by, and where its id stands.
NUMBERS = {
    "purchaseorders": ("purchaseorder_number", "purchaseorder_id"),
    "vendorpayments": ("reference_number", "payment_id"),
}
REQUIRED = {
    "contacts": ("contact_name", "contact_type"),
    "bills": ("vendor_id", "bill_number"),
    "purchaseorders": ("vendor_id",),
    "vendorcredits": ("vendor_id",),
    "vendorpayments": ("vendor_id", "amount"),
    "invoices": ("customer_id",),
    "customerpayments": ("customer_id",),
}


def change(standin: ZohoBooksStandIn, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Does it and answers with the record as it then stands (empty when it is gone)."""
    books = standin.books
    change_ = {name: value for name, value in asked.items() if name not in ("id", "action", "type")}
    key, action = str(asked.get("id") or ""), asked.get("action")
    if not key and action not in (None, "create") and kind in NUMBERS:
        key = _found(books, kind, str(change_.pop(NUMBERS[kind][0])))
    cause: Cause = {"kind": "ui", "action": action or ("change" if key else "create"), "type": kind}
    if kind == "codes":
        return _mint_code(standin, change_)
    if kind == "organizations" and key:
        return _organisation(books, key, change_, cause)
    if not key and action in (None, "create"):
        if kind not in CREATES:
            raise UnknownChange(f"{standin.title} has no screen that creates {kind}")
        return CREATES[kind](books, change_, cause)
    if action in (None, "edit"):
        if kind not in UPDATES:
            raise UnknownChange(f"{standin.title} has no screen that changes {kind}")
        return UPDATES[kind](books, key, _filled(kind, books.require(kind, key), change_), cause)
    if (kind, action) not in ACTIONS:
        names = ", ".join(sorted(name for on, name in ACTIONS if on == kind))
        raise UnknownChange(f"no action {action!r} on {kind}; there are {names or 'none'}")
    books.require(kind, key)
    done = ACTIONS[kind, str(action)](books, key, change_, cause)
    return done if isinstance(done, dict) else books[kind].get(key) or {}


def _found(books: Books, kind: str, number: str) -> str:
    """The only record of that number."""
    field, id_field = NUMBERS[kind]
    ids = [row[id_field] for row in books[kind].all() if row.get(field) == number]
    if len(ids) != 1:
        raise UnknownChange(f"{len(ids)} of {kind} have the number {number}")
    return str(ids[0])


def _filled(kind: str, record: Record, change_: dict[str, Any]) -> dict[str, Any]:
    """A screen submits the whole form: what was not touched goes along as it was."""
    filled = {**{name: record[name] for name in REQUIRED.get(kind, ())}, **change_}
    if kind == "purchaseorders" and "line_items" not in filled:
        filled["line_items"] = [{"line_item_id": line["line_item_id"]} for line in record["line_items"]]
    return filled


def _whole(kind: str, record: Record) -> dict[str, Any]:
    return {name: record[name] for name in REQUIRED[kind]}


def _mint_code(standin: ZohoBooksStandIn, change_: dict[str, Any]) -> dict[str, Any]:
    """A self-client code from the API console, good for a few minutes."""
    scopes = tuple(str(change_.get("scope", FULL_ACCESS)).replace(" ", ",").split(","))
    life_s = float(change_.get("life_s", 180))
    return {"code": standin.tokens.self_client(scopes, life_s=life_s)}


def _organisation(books: Books, key: str, change_: dict[str, Any], cause: Cause) -> dict[str, Any]:
    record = {**books.require("organizations", key), **change_}
    if "time_zone" in change_:
        books.use_time_zone(change_["time_zone"])
    return books.save("organizations", record, cause)
