"""Customers, invoices and credit memos: written in one shape, read in another."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.billlines import coding_of, unit_of
from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.vendors import ACCOUNT_TYPES, address_of
from mlc_sandbox.bill.wire import Cause, Record

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

NUMBER_MOST: Final = 21
READ_ONLY: Final = ("id", "archived", "status", "amount", "dueAmount", "balance", "createdTime", "updatedTime")


def customer_fields(form: Form, *, creating: bool) -> Record:
    """The writable fields of a customer that were sent."""
    told: Record = {}
    for name in ("name", "email"):
        if creating or name in form:
            told[name] = form.text(name, most=100, required=True)
    for name in ("companyName", "phone", "fax", "description", "invoiceCurrency", "paymentTermId", "accountNumber"):
        if name in form:
            told[name] = form.text(name, most=4000)
    if "accountType" in form:
        told["accountType"] = form.choice("accountType", ACCOUNT_TYPES)
    contact = form.part("contact")
    if contact is not None:
        told["contact"] = {name: contact.text(name) for name in ("firstName", "lastName")}
    for name in ("billingAddress", "shippingAddress"):
        if name in form:
            told[name] = address_of(form, name, required=False)
    return told


def create_customer(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """A new customer."""
    told = customer_fields(form, creating=True)
    form.done(also=READ_ONLY)
    organization = standin.store.get("organizations", org) or {}
    base = {"accountType": "BUSINESS", "invoiceCurrency": organization.get("_currency", "USD")}
    return standin.registers.create("customers", org, {**base, **told, "archived": False}, cause)


def update_customer(standin: BillStandIn, org: str, id: str, form: Form, cause: Cause) -> Record:
    """PATCH of a customer."""
    before = standin.registers.require("customers", org, id)
    told = customer_fields(form, creating=False)
    form.done(also=READ_ONLY)
    return standin.registers.change("customers", before, told, cause)


def _customer(standin: BillStandIn, org: str, form: Form, cause: Cause) -> str:
    """The customer an invoice names by id, or a new one made of the name and e-mail sent along."""
    part = form.part("customer", required=True)
    if part is None:
        return ""
    id = part.text("id")
    if id is not None:
        if standin.registers.get("customers", org, id) is None:
            raise standin.registers.bad_reference("customer.id")
        return id
    name, email = part.text("name", required=True), part.text("email", required=True)
    form.done(also=READ_ONLY)
    made = Form({"name": name, "email": email}, standin.switches)
    return str(create_customer(standin, org, made, cause)["id"])


def _lines(standin: BillStandIn, org: str, rows: list[Form]) -> list[Record]:
    found = []
    for row in rows:
        quantity, price = row.amount("quantity", required=True), row.amount("price")
        told: dict[str, Any] = {"quantity": quantity, "price": price, "description": row.text("description", most=4000)}
        told["classifications"] = coding_of(standin, org, row.part("classifications"))
        for name in ("ratePercent",):
            told[name] = row.amount(name)
        told["taxable"] = row.flag("taxable")
        product = (quantity or Decimal(0)) * (price or Decimal(0))
        told["amount"] = product.quantize(unit_of("USD"), rounding=ROUND_HALF_UP)
        found.append({"id": standin.registers.new_id("lines"), **told})
    return found


def create_invoice(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """A new invoice; BILL may e-mail it unless told not to."""
    today = standin.clock.now().date().isoformat()
    rows = form.rows("invoiceLineItems", required=True) or []
    lines = _lines(standin, org, rows)
    number = form.text("invoiceNumber")
    if len(number or "") > NUMBER_MOST:
        form.wrong("invoiceNumber", f"Maximum length cannot be greater than {NUMBER_MOST} characters.", "BDC_1143")
    dates = {name: form.day(name) or today for name in ("invoiceDate", "dueDate")}
    options = form.part("processingOptions")
    sends = True if options is None else options.flag("sendEmail") is not False
    coding = coding_of(standin, org, form.part("classifications"))
    account = form.text("payToChartOfAccountId")
    form.part("customer", required=True)
    _check_invoice_number(standin, org, number)
    form.done(also=READ_ONLY)
    customer = _customer(standin, org, form, cause)
    total = sum((line["amount"] for line in lines), Decimal(0))
    if total <= 0:
        raise bad_entity("invoiceLineItems: The total must be greater than 0.")
    record = {
        "archived": False,
        "customerId": customer,
        "invoiceNumber": number or f"INV-{standin.registers.numbers.next('invoice_numbers'):05d}",
        **dates,
        "invoiceLineItems": lines,
        "classifications": coding,
        "payToChartOfAccountId": account,
        "totalAmount": total,
        "dueAmount": total,
        "status": "OPEN",
        "_emailed": sends,
    }
    return standin.registers.create("invoices", org, record, cause)


def _check_invoice_number(standin: BillStandIn, org: str, number: str | None) -> None:
    taken = {row["invoiceNumber"] for row in standin.registers.all("invoices", org)} if number else set()
    if number in taken:
        raise refused(standin.switches["duplicate_status"], "BDC_1171", standin.switches["duplicate_message"])


def update_invoice(standin: BillStandIn, org: str, id: str, form: Form, cause: Cause) -> Record:
    """PATCH or PUT of an invoice that nothing was paid on."""
    before = standin.registers.require("invoices", org, id)
    told: Record = {name: form.day(name) for name in ("invoiceDate", "dueDate") if name in form}
    rows = form.rows("invoiceLineItems")
    if rows is not None:
        told["invoiceLineItems"] = _lines(standin, org, rows)
    form.part("processingOptions")
    form.part("customer")
    form.text("invoiceNumber")
    form.done(also=READ_ONLY)
    if before["status"] != "OPEN":
        status, code = standin.switches["edit_refused"]
        raise refused(status, code, "The invoice can not be edited: it is paid.")
    if "invoiceLineItems" in told:
        total = sum((line["amount"] for line in told["invoiceLineItems"]), Decimal(0))
        told |= {"totalAmount": total, "dueAmount": total}
    return standin.registers.change("invoices", before, told, cause)


def receive(standin: BillStandIn, invoice: Record, amount: Decimal, cause: Cause) -> Record:
    """A customer pays: there is no event for it but the invoice's."""
    left = invoice["dueAmount"] - amount
    if amount <= 0 or left < 0:
        raise ValueError("more than is due")
    status = "PAID_IN_FULL" if left == 0 else "PARTIAL_PAYMENT"
    return standin.registers.change("invoices", invoice, {"dueAmount": left, "status": status}, cause)


def built_memo(standin: BillStandIn, org: str, form: Form) -> Record:
    """The credit memo a create would make. Raises Refusal."""
    customer = form.text("customerId", required=True)
    told = {"referenceNumber": form.text("referenceNumber", most=21, required=True)}
    told["creditDate"] = form.day("creditDate", required=True)
    lines = _lines(standin, org, form.rows("creditMemoLineItems", required=True) or [])
    form.done(also=READ_ONLY)
    if standin.registers.get("customers", org, customer) is None:
        raise standin.registers.bad_reference("customerId")
    total = sum((line["amount"] for line in lines), Decimal(0))
    record = {"archived": False, "customerId": customer, **told, "creditMemoLineItems": lines}
    return {**record, "amount": total, "appliedAmount": Decimal(0), "status": "NOT_APPLIED"}
