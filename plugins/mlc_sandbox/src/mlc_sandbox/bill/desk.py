"""What people do in BILL's own screens, and what banks and card readers do, asked for through the control calls.

``POST /_sandbox/objects/{type}``: without ``id`` creates, with ``id`` changes the named fields, with ``action``
presses a button. ``organizationId`` says where; the first organisation unless told.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill import (
    approvals,
    bills,
    classifications,
    credits,
    documents,
    payments,
    receivables,
    spend,
    vendors,
)
from mlc_sandbox.bill.deskaccess import CHANGES as ACCESS
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.wire import Cause, Record
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

Create = Callable[["BillStandIn", str, Form, Cause], Record]
Act = Callable[["BillStandIn", Record, dict[str, Any], Cause], Record]
_LISTS: Final = tuple(kind for kind, _ in classifications.KINDS.values())


def _create_list(kind: str) -> Create:
    return lambda b, org, form, cause: classifications.create(b, org, kind, form, cause)


def _update_list(kind: str) -> Callable[[BillStandIn, str, str, Form, Cause], Record]:
    return lambda b, org, id, form, cause: classifications.update(b, org, kind, id, form, cause)


def bill_of(standin: BillStandIn, number: str, vendor_name: object = None) -> str:
    """The bill that carries an invoice number (its beginning, where it was shortened), as a person would look it up."""
    found = [
        row
        for row in standin.store.all("bills")
        if not row["archived"]
        and row["invoice"]["invoiceNumber"] in (number, number[:21])
        and vendor_name in (None, (standin.store.get("vendors", row["vendorId"]) or {}).get("name"))
    ]
    if len(found) != 1:
        raise UnknownChange(f"{len(found)} bills have the number {number}")
    return str(found[0]["id"])


def used_at(standin: BillStandIn, merchant: str) -> str:
    """The only use of a card at a merchant."""
    found = [row for row in standin.store.all(spend.TRANSACTIONS) if row["merchantName"] == merchant]
    if len(found) != 1:
        raise UnknownChange(f"{len(found)} transactions were made at {merchant}")
    return str(found[0]["id"])


def _schedule(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """Pay bills of one vendor: ``bills`` [{billId, amount}]; ``action`` funds or clears it at once."""
    rows = form.rows("bills", required=True) or []
    ids = [(_named(standin, row), row.amount("amount")) for row in rows]
    day = form.day("processDate") or standin.clock.now().date().isoformat()
    number, rate = form.text("transactionNumber", most=50), form.amount("exchangeRate")
    form.done()
    found = [standin.registers.require("bills", org, id) for id, _ in ids]
    wanted = [
        (bill["id"], amount if amount is not None else bills.due(bill) - bill["scheduledAmount"])
        for bill, (_, amount) in zip(found, ids, strict=True)
    ]
    vendor = found[0]["vendorId"]
    parts = payments.parts_of(standin, org, vendor, wanted)
    more: Record = {"processDate": day, "transactionNumber": number}
    if rate is not None:
        more["exchangeRate"] = rate
    return payments.make(standin, org, vendor, parts, cause, by=standin.approver_of(org), **more)


def _named(standin: BillStandIn, row: Form) -> str:
    number = row.text("invoiceNumber")
    return bill_of(standin, number) if number is not None else row.text("billId", required=True) or ""


def _attach(standin: BillStandIn, bill: Record, change: dict[str, Any], cause: Cause) -> Record:
    content = base64.b64decode(change.get("content", "")) or b"%PDF-1.4\n"
    name = str(change.get("name", "scan.pdf"))
    return documents.upload(standin, bill["organizationId"], bill["id"], name, content, cause)


def _use_credit(standin: BillStandIn, bill: Record, change: dict[str, Any], cause: Cause) -> Record:
    """Take a vendor credit off a bill."""
    used = [{"id": str(change["creditId"]), "amount": Decimal(str(change["amount"]))}]
    credited = credits.check(standin, bill["organizationId"], bill["vendorId"], used, bills.due(bill))
    after = bills.settle(standin, bill, cause, changes={"creditAmount": bill["creditAmount"] + credited})
    credits.use(standin, after, used, cause)
    return after


def _archive(kind: str, *, archived: bool) -> Act:
    return lambda b, row, change, cause: vendors.archive(
        b, kind, row["organizationId"], row["id"], cause, archived=archived
    )


def _raw(kind: str) -> Act:
    """Fields that only BILL itself sets: network status, draft state."""
    return lambda b, row, change, cause: b.registers.change(kind, row, change, cause)


CREATES: Final[dict[str, Create]] = {
    "vendors": vendors.create,
    "bills": lambda b, org, form, cause: bills.create(b, org, form, cause, by=b.approver_of(org)),
    "vendor_credits": credits.create,
    "payments": _schedule,
    "customers": receivables.create_customer,
    "invoices": receivables.create_invoice,
    "policies": lambda b, org, form, cause: b.registers.create(
        "policies", org, approvals.policy_of(b, org, form.sent), cause
    ),
    spend.TRANSACTIONS: lambda b, org, form, cause: spend.card_transaction(b, org, form.sent, cause),
    spend.REIMBURSEMENTS: spend.create_reimbursement,
    **{kind: _create_list(kind) for kind in _LISTS},
}
UPDATES: Final[dict[str, Callable[[BillStandIn, str, str, Form, Cause], Record]]] = {
    "vendors": vendors.update,
    "bills": lambda b, org, id, form, cause: bills.update(b, org, id, form, cause, whole=False),
    "vendor_credits": lambda b, org, id, form, cause: credits.update(b, org, id, form, cause, whole=False),
    "customers": receivables.update_customer,
    "invoices": receivables.update_invoice,
    **{kind: _update_list(kind) for kind in _LISTS},
}
ACTIONS: Final[dict[tuple[str, str], Act]] = {
    ("bills", "approve"): lambda b, row, change, cause: approvals.decide(b, row, "APPROVE", cause),
    ("bills", "deny"): lambda b, row, change, cause: approvals.decide(b, row, "DENY", cause),
    ("bills", "assign"): lambda b, row, change, cause: approvals.assign(
        b, row, list(change.get("users") or [b.approver_of(row["organizationId"])]), cause
    ),
    ("bills", "attach"): _attach,
    ("bills", "credit"): _use_credit,
    ("bills", "archive"): _archive("bills", archived=True),
    ("bills", "restore"): _archive("bills", archived=False),
    ("bills", "draft"): lambda b, row, change, cause: b.registers.change(
        "bills", row, {"recordStatus": "DRAFT", "archived": True}, cause
    ),
    ("vendors", "connect"): lambda b, row, change, cause: b.registers.change(
        "vendors", row, {"networkStatus": change.get("networkStatus", "CONNECTED")}, cause
    ),
    ("vendors", "archive"): _archive("vendors", archived=True),
    ("vendors", "restore"): _archive("vendors", archived=False),
    ("vendors", "set"): _raw("vendors"),
    ("vendor_credits", "archive"): _archive("vendor_credits", archived=True),
    ("invoices", "receive"): lambda b, row, change, cause: receivables.receive(
        b, row, Decimal(str(change.get("amount", row["dueAmount"]))), cause
    ),
    (spend.TRANSACTIONS, "clear"): lambda b, row, change, cause: spend.clear(
        b, row, cause, amount=Decimal(str(change["amount"])) if "amount" in change else None
    ),
    (spend.TRANSACTIONS, "set"): _raw(spend.TRANSACTIONS),
    (spend.REIMBURSEMENTS, "set_status"): lambda b, row, change, cause: spend.set_status(
        b, row, str(change["status"]), cause
    ),
    **{(kind, "archive"): _archive(kind, archived=True) for kind in (*_LISTS, "customers", "invoices")},
    **{(kind, "restore"): _archive(kind, archived=False) for kind in (*_LISTS, "customers", "invoices")},
}


def change(standin: BillStandIn, kind: str, asked: dict[str, Any]) -> Record:
    """Do it, and answer with the record as it then stands."""
    given = {name: value for name, value in asked.items() if name not in ("id", "action", "type", "organizationId")}
    key, action = str(asked.get("id") or ""), asked.get("action")
    if kind == "bills" and not key and action not in (None, "create"):
        key = bill_of(standin, str(given.pop("invoiceNumber")), given.pop("vendorName", None))
    if kind == spend.TRANSACTIONS and not key and action not in (None, "create"):
        key = used_at(standin, str(given.pop("merchantName")))
    if kind in ACCESS:
        return ACCESS[kind](standin, key, action, given)
    cause: Cause = {"kind": "ui", "action": action or ("change" if key else "create"), "type": kind}
    org = str(asked.get("organizationId") or standin.organization_id)
    if not key:
        if kind not in CREATES or action not in (None, "create", "fund", "clear"):
            raise UnknownChange(f"{standin.title} has no screen that creates {kind}")
        made = CREATES[kind](standin, org, Form(given, standin.switches), cause)
        return made if kind != "payments" or action in (None, "create") else _pay(standin, made, action, cause, {})
    row = standin.store.get(kind, key) or spend.find(standin, kind, org, key)
    if row is None:
        raise UnknownChange(f"there is no {kind} {key}")
    if action in (None, "edit"):
        if kind not in UPDATES:
            raise UnknownChange(f"{standin.title} has no screen that changes {kind}")
        return UPDATES[kind](standin, row["organizationId"], row["id"], Form(given, standin.switches), cause)
    if kind == "payments":
        return _pay(standin, row, action, cause, given)
    if (kind, action) not in ACTIONS:
        names = ", ".join(sorted(name for on, name in ACTIONS if on == kind))
        raise UnknownChange(f"no action {action!r} on {kind}; there are {names or 'none'}")
    return ACTIONS[kind, action](standin, row, given, cause)


def _pay(standin: BillStandIn, payment: Record, action: str, cause: Cause, given: dict[str, Any]) -> Record:
    if action not in payments.ACTIONS:
        raise UnknownChange(f"no action {action!r} on payments; there are {', '.join(sorted(payments.ACTIONS))}")
    return payments.act(standin, payment, action, cause, given)
