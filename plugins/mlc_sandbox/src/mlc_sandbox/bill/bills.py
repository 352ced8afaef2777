"""Bills: created, changed, replaced, archived; what is due, paid, scheduled and credited on them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from mlc_sandbox.bill import approvals, credits
from mlc_sandbox.bill.billlines import DESCRIPTION_MOST, checked, coding_of, numbered, patched, read_lines, replaced
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.vendors import archive
from mlc_sandbox.bill.wire import CENT, Cause, Record, shown

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

NUMBER_MOST: Final = 21
TOO_LONG: Final = f"invoiceNumber: Maximum length cannot be greater than {NUMBER_MOST} characters."
READ_ONLY: Final = (
    "id", "archived", "recordStatus", "createdBy", "vendorName", "amount", "fundingAmount", "paidAmount", "dueAmount",
    "scheduledAmount", "creditAmount", "exchangeRate", "paymentStatus", "approvalStatus", "approvers", "createdTime",
    "updatedTime", "paymentTermId",
)  # fmt: skip


def form_of_bill(standin: BillStandIn, bill: Record, *, named: bool = False, approvers: bool = False) -> Record:
    """A bill on the wire; ``vendorName`` is told by list and get only, approvers when asked for."""
    told: Record = shown({**bill, "dueAmount": due(bill)})
    if not approvers and not bill.get("_approvers_shown"):
        told.pop("approvers", None)
    if named:
        vendor = standin.store.get("vendors", bill["vendorId"])
        told["vendorName"] = vendor["name"] if vendor is not None else ""
    return told


def due(bill: Record) -> Decimal:
    """What is still owed."""
    owed: Decimal = bill["amount"] - bill["paidAmount"] - bill["creditAmount"]
    return owed


def _head(standin: BillStandIn, org: str, form: Form, *, whole: bool) -> Record:
    """The header fields sent; ``whole`` wants all that are required."""
    told: Record = {}
    if whole or "vendorId" in form:
        told["vendorId"] = form.text("vendorId", required=True)
    if whole or "dueDate" in form:
        told["dueDate"] = form.day("dueDate", required=True)
    part = form.part("invoice", required=whole)
    if part is not None:
        invoice: Record = {}
        if whole or "invoiceNumber" in part:
            invoice["invoiceNumber"] = part.text("invoiceNumber", required=True)
            if len(invoice["invoiceNumber"] or "") > NUMBER_MOST:
                part.problems.append(bad_entity(TOO_LONG).problems[0])
        if whole or "invoiceDate" in part:
            invoice["invoiceDate"] = part.day("invoiceDate", required=True)
        told["invoice"] = invoice
    for name, most in (("description", DESCRIPTION_MOST), ("purchaseOrderNumber", 255)):
        if name in form:
            told[name] = form.text(name, most=most)
    if "payFromChartOfAccountId" in form:
        told["payFromChartOfAccountId"] = form.text("payFromChartOfAccountId")
    if "billApprovals" in form and form.flag("billApprovals"):
        told["_approvers_shown"] = True
    return told


def create(standin: BillStandIn, org: str, form: Form, cause: Cause, *, by: str) -> Record:
    """A new bill, unpaid; a policy that fits assigns it to its approvers."""
    made, used = built(standin, org, form, by=by)
    return stored(standin, org, made, used, cause)


def stored(standin: BillStandIn, org: str, made: Record, used: list[Record], cause: Cause) -> Record:
    """Store what ``built`` has checked."""
    bill = standin.registers.create("bills", org, made, cause)
    credits.use(standin, bill, used, cause)
    return bill


def built(standin: BillStandIn, org: str, form: Form, *, by: str) -> tuple[Record, list[Record]]:
    """The record a create would make, and the credits it uses. Raises Refusal."""
    told = _head(standin, org, form, whole=True)
    rows = form.rows("billLineItems", required=True) or []
    allowed = form.flag("allowDuplicateInvoiceNumber")
    vendor = standin.registers.get("vendors", org, told["vendorId"]) if told["vendorId"] else None
    currency = vendor["billCurrency"] if vendor is not None else "USD"
    lines = read_lines(standin, org, rows, currency=currency)
    coding = coding_of(standin, org, form.part("classifications"))
    wanted = form.rows("vendorCredits") or []
    used = [{"id": one.text("id", required=True), "amount": one.amount("amount", required=True)} for one in wanted]
    form.done(also=READ_ONLY)
    if vendor is None:
        raise standin.registers.bad_reference("vendorId")
    if vendor["archived"] and not standin.switches["archived_vendor_takes_bills"]:
        raise bad_entity("vendorId: Vendor is archived.")
    _check_account(standin, org, told)
    check_number(standin, org, told, "", allowed)
    made = numbered(standin, checked(standin, lines, name="billLineItems"))
    total = sum((line["amount"] for line in made), Decimal(0))
    credited = credits.check(standin, org, told["vendorId"], used, total)
    assigned = approvals.matching(standin, org, {**told, "amount": total, "billLineItems": made})
    return {
        "archived": False,
        "recordStatus": "ACTIVE",
        **told,
        "amount": total,
        **funding(standin, org, currency, total),
        "paidAmount": Decimal(0),
        "scheduledAmount": Decimal(0),
        "creditAmount": credited,
        "classifications": coding,
        "billLineItems": made,
        "paymentStatus": "UNPAID",
        "approvalStatus": "ASSIGNED" if assigned else "UNASSIGNED",
        "approvers": assigned,
        "createdBy": by,
    }, used


def funding(standin: BillStandIn, org: str, currency: str, amount: Decimal) -> Record:
    """What a foreign amount costs in US dollars, by the organisation's rate."""
    if currency == "USD":
        return {"fundingAmount": amount}
    organization = standin.store.get("organizations", org) or {}
    rate = Decimal(str((organization.get("_rates") or {}).get(currency, "1")))
    return {"fundingAmount": (amount * rate).quantize(CENT, rounding=ROUND_HALF_UP), "exchangeRate": rate}


def _check_account(standin: BillStandIn, org: str, told: Record) -> None:
    account = told.get("payFromChartOfAccountId")
    if account is not None and standin.registers.get("chart_of_accounts", org, account) is None:
        raise standin.registers.bad_reference("payFromChartOfAccountId")


def check_number(standin: BillStandIn, org: str, bill: Record, id: str, allowed: bool | None) -> None:
    """Refuses an invoice number that is taken, unless duplicates are allowed."""
    default = standin.switches["allow_duplicate_default"]
    if not standin.switches["allow_duplicate_field"] or allowed is None:
        allowed = default
    if allowed:
        return
    number = bill["invoice"]["invoiceNumber"]
    for other_id in standin.registers.by_number.ids((org, number.casefold())):
        other = standin.registers.require("bills", org, other_id)
        exact = other["invoice"]["invoiceNumber"] == number or standin.switches["duplicate_any_case"]
        scope = other["vendorId"] == bill["vendorId"] or standin.switches["duplicate_scope"] == "organization"
        stands = not other["archived"] or standin.switches["archived_keeps_number"]
        if other_id != id and exact and scope and stands:
            raise refused(standin.switches["duplicate_status"], "BDC_1171", standin.switches["duplicate_message"])


def update(standin: BillStandIn, org: str, id: str, form: Form, cause: Cause, *, whole: bool) -> Record:
    """PATCH (the fields and lines named) or PUT (everything)."""
    before = standin.registers.require("bills", org, id)
    told = _head(standin, org, form, whole=whole)
    rows = form.rows("billLineItems", required=whole)
    vendor = standin.registers.get("vendors", org, told.get("vendorId", before["vendorId"]))
    currency = vendor["billCurrency"] if vendor is not None else "USD"
    sent = None if rows is None else read_lines(standin, org, rows, currency=currency)
    if whole or "classifications" in form:
        told["classifications"] = coding_of(standin, org, form.part("classifications"))
    wanted = form.rows("vendorCredits")
    form.flag("allowDuplicateInvoiceNumber")
    form.done(also=READ_ONLY)
    if vendor is None:
        raise standin.registers.bad_reference("vendorId")
    if (before["paidAmount"] or before["scheduledAmount"]) and not standin.switches["edit_paid"]:
        status, code = standin.switches["edit_refused"]
        raise refused(status, code, "The bill can not be edited: a payment is scheduled or made.")
    _check_account(standin, org, told)
    if "invoice" in told:
        told["invoice"] = {**before["invoice"], **told["invoice"]}
        changed = {**before, **told}
        if told["invoice"]["invoiceNumber"] != before["invoice"]["invoiceNumber"]:
            check_number(standin, org, changed, id, form.sent.get("allowDuplicateInvoiceNumber"))
    if sent is not None:
        lines = (replaced if whole else patched)(standin, before["billLineItems"], sent)
        told["billLineItems"] = checked(standin, lines, name="billLineItems")
    total = sum((line["amount"] for line in told.get("billLineItems") or before["billLineItems"]), Decimal(0))
    told |= {"amount": total, **funding(standin, org, currency, total)}
    used = [{"id": one.text("id"), "amount": one.amount("amount")} for one in wanted or ()]
    credited = credits.check(standin, org, vendor["id"], used, total - before["creditAmount"])
    told["creditAmount"] = before["creditAmount"] + credited
    if total != before["amount"] and standin.switches["edit_resets_approval"] and before["approvers"]:
        told |= approvals.reset(before)
    after = standin.registers.change("bills", before, told, cause)
    credits.use(standin, after, used, cause)
    return after


def settle(standin: BillStandIn, bill: Record, cause: Cause, *, changes: Record, moving: bool = False) -> Record:
    """Change what is paid, scheduled or credited, and say what that makes of the bill."""
    after = {**bill, **changes}
    covered = after["paidAmount"] + after["creditAmount"]
    if covered >= after["amount"]:
        status = "PAID"
    elif after["scheduledAmount"] > 0:
        status = "IN_PROCESS" if moving else "SCHEDULED"
    else:
        status = standin.switches["partial_word"] if covered > 0 else "UNPAID"
    return standin.registers.change("bills", bill, {**changes, "paymentStatus": status}, cause)


def put_away(standin: BillStandIn, org: str, id: str, cause: Cause, *, archived: bool) -> Record:
    """Archive or restore; a bill that money is on its way for is not archived."""
    bill = standin.registers.require("bills", org, id)
    touched = bill["paidAmount"] or bill["scheduledAmount"]
    if archived and touched and not bill["archived"] and not standin.switches["archive_paid"]:
        status, code = standin.switches["edit_refused"]
        raise refused(status, code, "The bill can not be archived: a payment is scheduled or made.")
    return archive(standin, "bills", org, id, cause, archived=archived)
