"""Payments: scheduled, funded, cleared, cancelled, voided or failed; and payments made elsewhere, recorded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill import bills
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.wire import CENT, Cause, Record, shown

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

#: singleStatus → status, and whether money counts as scheduled ("on its way"), paid, or neither
STATES: Final = {
    "SCHEDULED": ("SCHEDULED", "scheduled"),
    "FUNDING_STARTED": ("SCHEDULED", "moving"),
    "EXPIRING": ("SCHEDULED", "moving"),
    "VOID_PENDING": ("PAID", "moving"),
    "CLEARED": ("PAID", "paid"),
    "VOIDED": ("VOID", "none"),
    "CANCELED": ("CANCELLED", "none"),
    "FUNDING_FAILED_VOIDED": ("VOID", "none"),
    "FUNDING_FAILED_ACTION_NEEDED": ("SCHEDULED", "moving"),
    "DISBURSEMENT_FAILED_ACTION_NEEDED": ("PAID", "moving"),
    "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED": ("PAID", "moving"),
    "FUNDS_ESCHEATED": ("ESCHEATED", "none"),
}
#: What a person (or the bank) does on the screens → singleStatus, and from which ones it can be done
ACTIONS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "fund": ("FUNDING_STARTED", frozenset({"SCHEDULED", "FUNDING_FAILED_ACTION_NEEDED"})),
    "expire": ("EXPIRING", frozenset({"FUNDING_STARTED"})),
    "clear": ("CLEARED", frozenset({"SCHEDULED", "FUNDING_STARTED", "EXPIRING", "DISBURSEMENT_FAILED_ACTION_NEEDED"})),
    "cancel": ("CANCELED", frozenset({"SCHEDULED"})),
    "ask_void": ("VOID_PENDING", frozenset({"FUNDING_STARTED", "EXPIRING", "CLEARED"})),
    "void": ("VOIDED", frozenset({"FUNDING_STARTED", "EXPIRING", "CLEARED", "VOID_PENDING"})),
    "fail_funding": ("FUNDING_FAILED_ACTION_NEEDED", frozenset({"SCHEDULED", "FUNDING_STARTED"})),
    "void_funding": ("FUNDING_FAILED_VOIDED", frozenset({"FUNDING_STARTED", "FUNDING_FAILED_ACTION_NEEDED"})),
    "fail_disbursement": ("DISBURSEMENT_FAILED_ACTION_NEEDED", frozenset({"FUNDING_STARTED", "CLEARED"})),
    "reject": ("DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED", frozenset({"FUNDING_STARTED", "CLEARED"})),
    "escheat": ("FUNDS_ESCHEATED", frozenset({"FUNDING_STARTED", "EXPIRING", "CLEARED"})),
}
FAILED: Final = frozenset(
    {
        "FUNDING_FAILED_ACTION_NEEDED",
        "FUNDING_FAILED_VOIDED",
        "DISBURSEMENT_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
    }
)


def form_of_payment(payment: Record) -> Record:
    """A payment on the wire; ``billId`` when it pays one bill only."""
    told: Record = shown(payment)
    if len(payment["billPayments"]) == 1:
        told["billId"] = payment["billPayments"][0]["billId"]
    return told


def parts_of(standin: BillStandIn, org: str, vendor_id: str, parts: list[tuple[str, Decimal]]) -> list[Record]:
    """The parts of a payment, each within what is owed on its bill and not yet scheduled. Raises Refusal."""
    found = []
    status, code = standin.switches["refusal_payment"]
    wanted: dict[str, Decimal] = {}
    for bill_id, amount in parts:
        bill = standin.registers.get("bills", org, bill_id)
        if bill is None or bill["vendorId"] != vendor_id:
            raise standin.registers.bad_reference("payments.billId")
        if bill["archived"]:
            raise refused(status, code, "The bill is archived.")
        wanted[bill_id] = wanted.get(bill_id, Decimal(0)) + amount
        if amount <= 0 or wanted[bill_id] > bills.due(bill) - bill["scheduledAmount"]:
            raise refused(status, code, "Payment amount exceeds the amount due.")
        used = [{"id": credit, "amount": part} for credit, part in _credits_of(standin, org, bill)]
        part_id = standin.registers.new_id("bill_payments")
        found.append({"id": part_id, "billId": bill_id, "amount": amount, "vendorCredits": used})
    return found


def _credits_of(standin: BillStandIn, org: str, bill: Record) -> list[tuple[str, Decimal]]:
    """The vendor credits that the screens attached to a bill after it came; those go along with its payment."""
    return [
        (credit["id"], use["amount"])
        for id in standin.registers.ids("vendor_credits", org, vendor=bill["vendorId"])
        if (credit := standin.registers.get("vendor_credits", org, id)) is not None
        for use in credit["usage"]
        if use["billId"] == bill["id"] and "paymentId" not in use
    ]


def _note_credits(standin: BillStandIn, payment: Record, cause: Cause) -> None:
    """Say on each credit which payment took it along."""
    for part in payment["billPayments"]:
        for one in part["vendorCredits"]:
            credit = standin.registers.require("vendor_credits", payment["organizationId"], one["id"])
            usage = [
                {**use, "paymentId": payment["id"]}
                if use["billId"] == part["billId"] and "paymentId" not in use
                else use
                for use in credit["usage"]
            ]
            standin.registers.change("vendor_credits", credit, {"usage": usage}, cause)


def make(
    standin: BillStandIn, org: str, vendor_id: str, parts: list[Record], cause: Cause, *, by: str, **more: Any
) -> Record:
    """Store a payment and move its bills with it."""
    vendor = standin.registers.require("vendors", org, vendor_id)
    amount = sum((part["amount"] for part in parts), Decimal(0))
    record = {
        "vendorId": vendor_id,
        "vendorName": vendor["name"],
        "billPayments": parts,
        "amount": amount,
        **bills.funding(standin, org, vendor["billCurrency"], amount),
        "disbursementType": "ACH",
        "onlinePayment": True,
        "singleStatus": "SCHEDULED",
        **more,
        "createdBy": by,
    }
    if record.get("exchangeRate") is not None and "exchangeRate" in more:
        record["fundingAmount"] = (amount * record["exchangeRate"]).quantize(CENT, rounding=ROUND_HALF_UP)
    record["status"] = STATES[record["singleStatus"]][0]
    payment = standin.registers.create("payments", org, record, cause)
    _note_credits(standin, payment, cause)
    _move(standin, payment, "none", STATES[payment["singleStatus"]][1], cause)
    return payment


def record_payment(standin: BillStandIn, org: str, form: Form, cause: Cause, *, by: str) -> Record:
    """A payment made outside BILL: no money moves, its bills are paid."""
    vendor_id = form.text("vendorId", required=True) or ""
    day = form.day("processDate", required=True)
    printed = form.flag("toPrintCheck")
    rows = form.rows("payments", required=True) or []
    parts = [(row.text("billId", required=True), row.amount("amount", required=True)) for row in rows]
    number = form.text("transactionNumber", most=50)
    form.done()
    if standin.registers.get("vendors", org, vendor_id) is None:
        raise standin.registers.bad_reference("vendorId")
    checked = parts_of(standin, org, vendor_id, [(str(id), amount or Decimal(0)) for id, amount in parts])
    return make(
        standin,
        org,
        vendor_id,
        checked,
        cause,
        by=by,
        processDate=day,
        onlinePayment=False,
        disbursementType="CHECK" if printed else "OFFLINE",
        singleStatus="CLEARED",
        disbursementStatus="PAID",
        transactionNumber=number,
        syncReference="",
        allowExport=True,
    )


def act(standin: BillStandIn, payment: Record, action: str, cause: Cause, more: Record) -> Record:
    """Move a payment on. Raises KeyError for an action there is none of, ValueError from a state that has it not."""
    target, sources = ACTIONS[action]
    before = payment["singleStatus"]
    if before not in sources:
        raise ValueError(f"a payment that is {before} can not be told to {action}")
    changes: Record = {"singleStatus": target, "status": STATES[target][0]}
    if target in ("FUNDING_STARTED", "CLEARED") and not payment.get("confirmationNumber"):
        changes["confirmationNumber"] = f"P{standin.registers.numbers.next('confirmations'):09d}"
    if target in ("VOIDED", "FUNDING_FAILED_VOIDED", "VOID_PENDING"):
        told = {"voidReason": more.get("reason", "Requested by the payer"), "voidTime": standin.registers.now()}
        changes["voidInfo"] = [*(payment.get("voidInfo") or []), told]
    if "check_number" in more:
        changes["disbursementType"] = "CHECK"
        changes["disbursementInfo"] = {"checkDisbursement": {"checkNumber": str(more["check_number"])}}
    event = "failed" if target in FAILED else "updated"
    after = standin.registers.change("payments", payment, changes, cause, event=event)
    _move(standin, after, STATES[before][1], STATES[target][1], cause)
    return after


def _move(standin: BillStandIn, payment: Record, before: str, after: str, cause: Cause) -> None:
    """Take a payment's amounts from one column of its bills to another."""
    early = standin.switches["funded_counts_as_paid"]

    def column(word: str) -> str | None:
        if word in ("scheduled", "moving"):
            return "paidAmount" if early and word == "moving" else "scheduledAmount"
        return "paidAmount" if word == "paid" else None

    for part in payment["billPayments"]:
        bill = standin.registers.get("bills", payment["organizationId"], part["billId"])
        if bill is None:
            continue
        changes = {name: bill[name] for name in ("paidAmount", "scheduledAmount")}
        for name, sign in ((column(before), -1), (column(after), 1)):
            if name is not None:
                changes[name] += sign * part["amount"]
        bills.settle(standin, bill, cause, changes=changes, moving=after == "moving")
