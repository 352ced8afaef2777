"""Vendor credits: their own lines and amount, and how much of them is used on bills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.billlines import DESCRIPTION_MOST, checked, numbered, patched, read_lines, replaced
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.wire import Cause, Record, shown

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

LINES: Final = "vendorCreditLineItems"
READ_ONLY: Final = ("id", "archived", "amount", "appliedAmount", "status", "usage", "createdTime", "updatedTime")


def form_of_credit(credit: Record) -> Record:
    """A credit on the wire."""
    told: Record = shown(credit)
    return told


def _head(form: Form, *, whole: bool) -> Record:
    told: Record = {}
    if whole or "vendorId" in form:
        told["vendorId"] = form.text("vendorId", required=True)
    if whole or "referenceNumber" in form:
        told["referenceNumber"] = form.text("referenceNumber", most=21, required=True)
    if whole or "creditDate" in form:
        told["creditDate"] = form.day("creditDate", required=True)
    if "description" in form:
        told["description"] = form.text("description", most=DESCRIPTION_MOST)
    for name in ("applyToChartOfAccountId", "applyToBankAccountId"):
        if name in form:
            told[name] = form.text(name)
    return told


def built(standin: BillStandIn, org: str, form: Form) -> Record:
    """The record a create would make. Raises Refusal."""
    told = _head(form, whole=True)
    rows = form.rows(LINES, required=True) or []
    vendor = standin.registers.get("vendors", org, told["vendorId"]) if told["vendorId"] else None
    lines = read_lines(standin, org, rows, currency=vendor["billCurrency"] if vendor else "USD")
    form.done(also=READ_ONLY)
    if vendor is None:
        raise standin.registers.bad_reference("vendorId")
    made = numbered(standin, checked(standin, lines, name=LINES))
    return {
        "archived": False,
        **told,
        "amount": sum((line["amount"] for line in made), Decimal(0)),
        "appliedAmount": Decimal(0),
        LINES: made,
        "status": "NOT_APPLIED",
        "usage": [],
    }


def create(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """A new credit, nothing of it used."""
    return standin.registers.create("vendor_credits", org, built(standin, org, form), cause)


def changed(standin: BillStandIn, org: str, id: str, form: Form, *, whole: bool) -> tuple[Record, Record]:
    """The credit as it stands and what a PATCH or PUT would change. Raises Refusal."""
    before = standin.registers.require("vendor_credits", org, id)
    told = _head(form, whole=whole)
    rows = form.rows(LINES, required=whole)
    vendor = standin.registers.get("vendors", org, told.get("vendorId", before["vendorId"]))
    currency = vendor["billCurrency"] if vendor else "USD"
    sent = None if rows is None else read_lines(standin, org, rows, currency=currency)
    form.done(also=READ_ONLY)
    if vendor is None:
        raise standin.registers.bad_reference("vendorId")
    if before["appliedAmount"]:
        status, code = standin.switches["edit_refused"]
        raise refused(status, code, "The vendor credit can not be edited: it is applied.")
    if sent is not None:
        lines = checked(standin, (replaced if whole else patched)(standin, before[LINES], sent), name=LINES)
        told |= {LINES: lines, "amount": sum((line["amount"] for line in lines), Decimal(0))}
    return before, told


def update(standin: BillStandIn, org: str, id: str, form: Form, cause: Cause, *, whole: bool) -> Record:
    """PATCH or PUT; one that is used is not changed."""
    before, told = changed(standin, org, id, form, whole=whole)
    return standin.registers.change("vendor_credits", before, told, cause)


def check(standin: BillStandIn, org: str, vendor_id: str, used: list[dict[str, Any]], owed: Decimal) -> Decimal:
    """How much the credits named take off a bill. Raises Refusal."""
    total = Decimal(0)
    for one in used:
        credit = standin.registers.get("vendor_credits", org, one["id"])
        if credit is None or credit["archived"] or credit["vendorId"] != vendor_id:
            raise standin.registers.bad_reference("vendorCredits.id")
        amount = one["amount"]
        if amount is None or amount <= 0 or amount > credit["amount"] - credit["appliedAmount"]:
            raise bad_entity("vendorCredits.amount: must not exceed what is left of the credit")
        total += amount
    if total > owed:
        raise bad_entity("vendorCredits.amount: must not exceed the amount of the bill")
    return total


def use(standin: BillStandIn, bill: Record, used: list[dict[str, Any]], cause: Cause) -> None:
    """Note on each credit what a bill has used of it."""
    for one in used:
        credit = standin.registers.require("vendor_credits", bill["organizationId"], one["id"])
        applied = credit["appliedAmount"] + one["amount"]
        usage = [*credit["usage"], {"billId": bill["id"], "amount": one["amount"]}]
        changes = {"appliedAmount": applied, "usage": usage, "status": status_of(credit["amount"], applied)}
        standin.registers.change("vendor_credits", credit, changes, cause)


def status_of(amount: Decimal, applied: Decimal) -> str:
    """The word for how much is used."""
    if applied <= 0:
        return "NOT_APPLIED"
    return "FULLY_APPLIED" if applied >= amount else "PARTIALLY_APPLIED"
