"""Spend & Expense: card transactions, reimbursements, budgets, users and custom fields."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.filters import EQ, EQ_IN, Field
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.lists import Listing
from mlc_sandbox.bill.refusals import bad_entity, invalid
from mlc_sandbox.bill.wire import Cause, Record, make_uuid, shown

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

TRANSACTIONS: Final = "spend_transactions"
REIMBURSEMENTS: Final = "spend_reimbursements"
BUDGETS: Final = "spend_budgets"
USERS: Final = "spend_users"
FIELDS: Final = "spend_custom_fields"
ROLES: Final = ("ADMIN", "AUDITOR", "BOOKKEEPER", "FINANCE_ADMIN", "MEMBER")
STATUSES: Final = (
    "CREATED", "AWAITING_APPROVAL", "AWAITING_TIER2_APPROVAL", "TIER2_APPROVAL_UNDONE", "APPROVAL_UNDONE",
    "DENIAL_UNDONE", "APPROVED", "CANCEL_PAYMENT", "PAID", "PAYMENT_FAILED", "DENIED", "DELETED", "ARCHIVED",
    "BUDGET_APPROVAL", "ADMIN_APPROVAL", "READY_TO_PAY", "PAYMENT_PENDING",
)  # fmt: skip
OPEN_STATUSES: Final = ("CREATED", "AWAITING_APPROVAL", "AWAITING_TIER2_APPROVAL", "BUDGET_APPROVAL", "ADMIN_APPROVAL")
SYNC: Final = ("PENDING", "SYNCED", "ERROR", "MANUAL_SYNCED", "NOT_SYNCED")
_IMAGES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}
_GTE_LTE: Final = frozenset({"gte", "lte"})

LISTINGS: Final = {
    TRANSACTIONS: Listing(
        TRANSACTIONS,
        {
            "occurredTime": Field("instant", _GTE_LTE),
            "budgetId": Field("text", EQ, ("budgetId", "budgetUuid")),
            "syncStatus": Field("text", EQ, ("accountingIntegrationTransactions[].syncStatus",)),
        },
        frozenset({"amount", "merchantName", "occurredTime"}),
        most=50,
        cursor="nextPage",
        one_sort=True,
    ),
    REIMBURSEMENTS: Listing(
        REIMBURSEMENTS,
        {
            "reimbursementIds": Field("text", EQ_IN, ("id", "uuid")),
            "budgetIds": Field("text", EQ_IN, ("budgetId", "budgetUuid")),
            "userIds": Field("text", EQ_IN, ("userId", "userUuid")),
            "customFieldValueIds": Field("text", EQ_IN, ("customFields[].valueId",)),
            "type": Field("text", EQ),
            "submittedTime": Field("instant", _GTE_LTE),
            "retired": Field("flag", EQ),
        },
        frozenset(
            {"submittedTime", "status", "amount", "receiptAddedTime", "fulfillmentType", "batchId", "batchAmount"}
        ),
        cursor="nextPage",
        one_sort=True,
    ),
    BUDGETS: Listing(BUDGETS, {"retired": Field("flag", EQ)}, frozenset({"name"}), cursor="nextPage", one_sort=True),
    USERS: Listing(
        USERS,
        {"role": Field("text", EQ), "retired": Field("flag", EQ)},
        frozenset({"lastName"}),
        cursor="nextPage",
        one_sort=True,
    ),
    FIELDS: Listing(FIELDS, {}, frozenset({"name"}), cursor="nextPage", one_sort=True),
    "spend_custom_field_values": Listing(
        "spend_custom_field_values", {}, frozenset({"value"}), cursor="nextPage", one_sort=True
    ),
}
_PREFIX: Final = {TRANSACTIONS: "trx", REIMBURSEMENTS: "rmb", BUDGETS: "bgt", USERS: "usr", FIELDS: "cfd",
                  "spend_custom_field_values": "cfv", "spend_receipts": "rct"}  # fmt: skip


def put(standin: BillStandIn, kind: str, org: str, record: Record, cause: Cause, *, event: str = "created") -> Record:
    """Store a record under both of its ids: the new ``uuid``, and the deprecated ``id``."""
    number = standin.registers.numbers.next(kind)
    uuid = f"{_PREFIX[kind]}_{make_uuid(kind, number).replace('-', '')[:24]}"
    old = make_uuid(f"old:{kind}", number).replace("-", "")[:16] + "=="
    return standin.registers.create(kind, org, {"id": old, "uuid": uuid, **record}, cause, event=event)


def find(standin: BillStandIn, kind: str, org: str, id: object) -> Record | None:
    """A record by either of its ids."""
    found = standin.registers.get(kind, org, id)
    if found is not None:
        return found
    return next((row for row in standin.registers.all(kind, org) if row.get("uuid") == id), None)


def require(standin: BillStandIn, kind: str, org: str, id: object) -> Record:
    """A record by either of its ids. Raises Refusal."""
    found = find(standin, kind, org, id)
    if found is None:
        raise standin.registers.missing()
    return found


def form_of_record(record: Record) -> Record:
    """On the wire: times are told under names of their own, not as AP/AR has them."""
    told: Record = shown(record)
    for name in ("createdTime", "updatedTime"):
        told.pop(name, None)
    return told


def create_reimbursement(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """A reimbursement asks to pay an employee; everything is required, the receipts too."""
    told: Record = {name: form.text(name, required=True) for name in ("userId", "budgetId", "note", "merchantName")}
    amount = told["amount"] = form.amount("amount", required=True)
    told["occurredDate"] = form.day("occurredDate", required=True)
    receipts = form.rows("receipts", required=True) or []
    files = [(one.text("url", required=True) or "", one.text("filename", required=True) or "") for one in receipts]
    fields = form.rows("customFields") or []
    values = [{name: one.sent[name] for name in one.sent} for one in fields]
    form.done(also=("type",))
    if amount is not None and amount <= 0:
        raise invalid("amount: must be greater than 0")
    user, budget = find(standin, USERS, org, told["userId"]), find(standin, BUDGETS, org, told["budgetId"])
    if user is None or user.get("retired"):
        raise standin.registers.bad_reference("userId")
    if budget is None or budget.get("retired"):
        raise standin.registers.bad_reference("budgetId")
    now = standin.registers.now()
    record = {
        **told,
        "userId": user["id"],
        "userUuid": user["uuid"],
        "budgetId": budget["id"],
        "budgetUuid": budget["uuid"],
        "type": "PURCHASE",
        "fulfillmentType": "ACH",
        "status": "AWAITING_APPROVAL",
        "statusHistory": [{"status": "AWAITING_APPROVAL", "occurredTime": now}],
        "submittedTime": now,
        "receiptAddedTime": now,
        "retired": False,
        "receipts": [receipt(standin, org, url, name) for url, name in files],
        "customFields": values,
    }
    return put(standin, REIMBURSEMENTS, org, record, cause)


def receipt(standin: BillStandIn, org: str, url: str, filename: str) -> Record:
    """A receipt must be a picture that was put at the URL given out for it. Raises Refusal."""
    suffix = filename.rpartition(".")[2].lower()
    if suffix not in _IMAGES:
        raise bad_entity("receipts: Only JPG and PNG images are supported.")
    if standin.switches["receipts_checked"]:
        uploaded = standin.uploads.get(url.rpartition("/")[2])
        if uploaded is None or uploaded.organization_id != org or not uploaded.content:
            raise bad_entity("receipts: The receipt was not uploaded.")
        if uploaded.content_type != _IMAGES[suffix]:
            raise bad_entity("receipts: The content type does not fit the file.")
    return {
        "id": make_uuid("receipt", standin.registers.numbers.next("spend_receipts")),
        "url": url,
        "filename": filename,
    }


def set_status(standin: BillStandIn, record: Record, status: str, cause: Cause) -> Record:
    """Move a reimbursement on; its history grows."""
    if status not in STATUSES:
        raise bad_entity(f"status: must be one of {', '.join(STATUSES)}")
    told = {"status": status, "occurredTime": standin.registers.now()}
    changes: Record = {"status": status, "statusHistory": [*record["statusHistory"], told]}
    if status in ("DELETED", "ARCHIVED"):
        changes["retired"] = True
    event = "deleted" if status == "DELETED" else "updated"
    return standin.registers.change(REIMBURSEMENTS, record, changes, cause, event=event)


def update_reimbursement(standin: BillStandIn, record: Record, form: Form, cause: Cause) -> Record:
    """PATCH, while nobody has approved it."""
    told: Record = {name: form.text(name) for name in ("note", "merchantName") if name in form}
    if "amount" in form:
        told["amount"] = form.amount("amount")
    if "occurredDate" in form:
        told["occurredDate"] = form.day("occurredDate")
    if "budgetId" in form:
        budget = find(standin, BUDGETS, record["organizationId"], form.text("budgetId"))
        if budget is None:
            raise standin.registers.bad_reference("budgetId")
        told |= {"budgetId": budget["id"], "budgetUuid": budget["uuid"]}
    form.done(also=("customFields",))
    if record["status"] not in OPEN_STATUSES:
        raise bad_entity("The reimbursement can not be edited any more.")
    return standin.registers.change(REIMBURSEMENTS, record, told, cause)


def card_transaction(standin: BillStandIn, org: str, given: dict[str, Any], cause: Cause) -> Record:
    """What using a card makes: an authorisation, or its clearing, which is a record of its own."""
    record = {
        "transactionType": "AUTHORIZATION",
        "amount": Decimal(0),
        "currencyData": {"exponent": 2, "originalCurrencyCode": "USD"},
        "merchantName": "",
        "occurredTime": standin.registers.now(),
        "status": "APPROVED",
        "isLocked": False,
        "isReconciled": False,
        "receiptStatus": "NOT_REQUIRED",
        "accountingIntegrationTransactions": [{"syncStatus": "NOT_SYNCED"}],
        "customFields": [],
        **given,
    }
    record["amount"] = Decimal(str(record["amount"]))
    budget = find(standin, BUDGETS, org, record.get("budgetId"))
    if budget is not None:
        record |= {"budgetId": budget["id"], "budgetUuid": budget["uuid"]}
    return put(standin, TRANSACTIONS, org, record, cause)


def clear(standin: BillStandIn, transaction: Record, cause: Cause, *, amount: Decimal | None = None) -> Record:
    """The merchant takes the money: a CLEAR record with a new id that points back."""
    kept = ("amount", "merchantName", "budgetId", "userId", "userUuid", "cardId", "currencyData", "customFields")
    told = {name: transaction[name] for name in kept if name in transaction}
    told |= {"transactionType": "CLEAR", "status": "COMPLETE", "originalAuthTransactionUuid": transaction["uuid"]}
    if amount is not None:
        told["amount"] = amount
    standin.registers.change(TRANSACTIONS, transaction, {"status": "COMPLETE"}, cause)
    return card_transaction(standin, transaction["organizationId"], told, cause)
