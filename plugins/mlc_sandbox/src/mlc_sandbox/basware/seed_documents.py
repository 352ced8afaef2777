"""Bills and orders of the seeded company in the form of Basware."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import day_of, without_nulls
from mlc_sandbox.company import Bill, BillLine, BillStatus, Company, PurchaseOrder

FREIGHT: Final = "6650"
_STATES: Final = {
    BillStatus.DRAFT: "New", BillStatus.CONFIRMED: "New", BillStatus.PAID: "Paid", BillStatus.DENIED: "Removed",
    BillStatus.WITHDRAWN: "Removed",
}  # fmt: skip


def state_of(bill: Bill) -> str:
    """Where an invoice stands: approved ones wait for the books, paid ones were booked by hand long ago."""
    return _STATES.get(bill.status, "WaitingForTransfer")


def _money(company: Company, amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-company.currency(currency).exponent))


def invoice_of(company: Company, bill: Bill, *, company_code: str, supplier: str) -> Record:
    """A bill as it was scanned and coded. ``netSum`` and the coding leave the tax out."""
    gross = _money(company, bill.total, bill.currency)
    tax = _money(company, bill.tax_total, bill.currency)
    term = next((one for one in company.terms if one.name == bill.term), None)
    rows = [without_nulls(row) for line in bill.lines for row in _coding(company, bill, line)]
    for cost in bill.costs:
        rows.append(_row(company, bill, cost.allocation.amount, Decimal(0), cost.allocation.account,
                         cost.allocation.department, text=cost.name))  # fmt: skip
    if bill.shipping:
        rows.append(_row(company, bill, bill.shipping, Decimal(0), FREIGHT, None, text="Freight"))
    return without_nulls({
        "invoiceId": bill.uuid, "invoiceNumber": bill.number[:100] or None, "companyCode": company_code,
        "companyName": company.name, "supplierCode": supplier, "supplierName": company.vendor(bill.vendor).name,
        "currencyCode": bill.currency, "netSum": gross - tax, "taxSum1": tax, "grossSum": gross,
        "invoiceDate": day_of(bill.issue_date), "dueDate": day_of(bill.due_date),
        "voucherDate": day_of(bill.posting_date) if bill.posting_date else None,
        "paymentTermCode": None if term is None else f"NET{term.days}", "description": bill.note[:250] or None,
        "orderNumbers": [company.order(key).number for key in bill.orders] or None,
        "invoiceTypeCode": "CREDIT" if bill.total < 0 else "INVOICE", "codingRows": rows,
    })  # fmt: skip


def _coding(company: Company, bill: Bill, line: BillLine) -> Iterator[Record]:
    """One row for each share of a line; what rounding leaves is in the last one."""
    net_of_line = line.total - line.tax_amount if line.inclusive else line.total
    left_net, left_tax = (_money(company, one, bill.currency) for one in (net_of_line, line.tax_amount))
    for place, share in enumerate(line.allocations, 1):
        net, tax = left_net, left_tax
        if place < len(line.allocations) and line.total:
            part = share.amount / line.total
            net = _money(company, net_of_line * part, bill.currency)
            tax = _money(company, line.tax_amount * part, bill.currency)
        left_net, left_tax = left_net - net, left_tax - tax
        row = _row(company, bill, net, tax, share.account, share.department, text=line.description)
        if line.tax is not None:
            kind = company.tax(line.tax)
            row |= {"taxCode": kind.key.upper(), "taxPercent": kind.rate}
        if line.order is not None:
            order = company.order(line.order)
            number = next((one.position for one in order.lines if one.id == line.order_line), None)
            row |= {"orderNumber": order.number, "orderLineNumber": None if number is None else str(number),
                    "matchingType": 1, "matchedQuantity": line.quantity}  # fmt: skip
        yield row


def _row(
    company: Company, bill: Bill, net: Decimal, tax: Decimal, account: str, department: str | None, *, text: str
) -> Record:
    net = _money(company, net, bill.currency)
    row: Record = {
        "accountCode": account, "accountName": company.account(account).name, "netTotal": net, "taxSum": tax,
        "grossTotal": net + tax, "text1": text[:250],
    }  # fmt: skip
    if department is not None:
        found = company.department(department)
        row |= {"costCenterCode": found.external_id, "costCenterName": found.name}
    return row


def lines_of(company: Company, order: PurchaseOrder) -> list[Record]:
    """The lines of an order of P2P Purchase."""
    made = []
    for line in order.lines:
        total = line.total or Decimal(1)
        coding = [
            {"externalCode": f"{order.uuid}-{share.id}", "rowIndex": place, "accountCode": share.account,
             "splitPercent": (share.amount * 100 / total).quantize(Decimal("0.01")),
             "costCenterCode": company.department(share.department).external_id}
            for place, share in enumerate(line.allocations, 1)
        ]  # fmt: skip
        whole = line.received_pass >= line.quantity
        status = "Received" if whole else "PartiallyReceived" if line.received_pass else "Ordered"
        made.append({
            "orderLineNumber": line.position, "supplierProductName": line.name, "supplierProductCode": line.sku[:50],
            "quantity": line.quantity, "quantityUnit": line.unit[:10], "netPrice": line.price, "netSum": line.total,
            "taxTotal": line.tax_amount, "lineStatus": status, "receivedQuantity": line.received_pass,
            "taxCode": None if line.tax is None else company.tax(line.tax).key.upper(), "codingRows": coding,
        })  # fmt: skip
    return made
