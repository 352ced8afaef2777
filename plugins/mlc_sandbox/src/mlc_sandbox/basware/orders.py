"""Orders for matching, and requisitions, as P2P takes them: what it checks, and when an order is there at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.distribution import Item
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.wirejson import copy_of

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

HEADERS: Final = "p2p_order_headers"
"""Headers that P2P has taken; the order is there once it has lines."""
P2P_ORDERS: Final = "p2p_orders"
REQUISITIONS: Final = "p2p_requisitions"
CAUSE: Final[Record] = {"kind": "distribution"}
_IDENTITY: Final = ("orderNumber", "sourceSystem", "companyCode", "organizationElementCode")
_INVOICED: Final = ("invoicedQuantity", "invoicedNetSum", "invoicedGrossSum")


def take_headers(standin: BaswareStandIn, items: Sequence[Item]) -> None:
    """Headers wait for their lines; the header of an order that is there changes it."""
    for item in items:
        for text in _header_problems(standin, item.record):
            item.fail(f"Record skipped: {text}")
        if item.status == "Error":
            continue
        standin.store.put(HEADERS, item.code, copy_of(item.record), CAUSE)
        if standin.store.get(P2P_ORDERS, item.code) is not None:
            order = standin.store.edit(P2P_ORDERS, item.code)
            standin.store.put(P2P_ORDERS, item.code, {**order, **copy_of(item.record)}, CAUSE)


def _header_problems(standin: BaswareStandIn, record: Record) -> Iterator[str]:
    company = record["companyCode"]
    if standin.store.get("companies", company) is None:
        yield f"company code {company} is unknown"
        return
    if record["organizationElementCode"] not in standin.units_of(company):
        yield f"organization element {record['organizationElementCode']} is unknown"
    for name in ("supplierCode", "invoicingSupplierCode"):
        code = record.get(name)
        if code and standin.p2p.vendor_of(code, company) is None:
            yield f"supplier {code} does not exist"
    if not standin.p2p.currency_active(record["currencyCode"]):
        yield f"currency {record['currencyCode']} is not active"
    term = record.get("paymentTermCode")
    if term and not standin.p2p.usable("paymentTerms", term, company):
        yield f"payment term {term} does not exist"
    if set(standin.headers.ids(identity(record))) - {record["externalCode"]}:
        yield f"order {record['orderNumber']} exists with another externalCode"


def identity(record: Record) -> tuple[Any, ...]:
    """What tells an order from all others in P2P."""
    return tuple(record[name] for name in _IDENTITY)


def take_lines(standin: BaswareStandIn, items: Sequence[Item]) -> None:
    """All lines of a request in one transaction: one that P2P refuses keeps the others out."""
    for item in items:
        for text in _line_problems(standin, item.record, [one.record for one in items]):
            item.fail(f"Record skipped: {text}")
    if any(item.status == "Error" for item in items):
        for item in items:
            if item.status != "Error":
                item.fail("Record skipped: the transaction was rolled back because of another line")
        return
    for item in items:
        code = item.record["orderExternalCode"]
        if standin.store.get(P2P_ORDERS, code) is None:
            header = standin.store.get(HEADERS, code) or {}
            standin.store.put(P2P_ORDERS, code, {**copy_of(header), "lines": {}, "matched": {}}, CAUSE)
        order = standin.store.edit(P2P_ORDERS, code)
        order["lines"][item.code] = copy_of(item.record)
        standin.store.put(P2P_ORDERS, code, order, CAUSE)


def _line_problems(standin: BaswareStandIn, line: Record, together: Sequence[Record]) -> Iterator[str]:
    header = standin.store.get(HEADERS, line["orderExternalCode"])
    if header is None:
        yield f"order {line['orderExternalCode']} does not exist"
        return
    order = standin.store.get(P2P_ORDERS, line["orderExternalCode"]) or {"lines": {}, "matched": {}}
    others = {**order["lines"], **{one["externalCode"]: one for one in together}}
    mine = [one for one in others.values() if one["orderExternalCode"] == line["orderExternalCode"]]
    company = header["companyCode"]
    yield from _mode_problems(line)
    if line.get("currencyCode") not in (None, header["currencyCode"]):
        yield f"currency {line['currencyCode']} differs from the order's"
    if not any(line.get(name) is not None for name in ("netSum", "grossSum", "netPrice", "grossPrice")):
        yield "neither a sum nor a price was given"
    if len({_net_or_gross(one) for one in mine} - {None}) > 1:
        yield "net and gross amounts must not be mixed on one order"
    numbers = [one["lineNumber"] for one in mine]
    if numbers.count(line["lineNumber"]) > 1:
        yield f"line number {line['lineNumber']} is there twice"
    if standin.switches["best_fit"] and line.get("isDeleted") is None:
        yield "isDeleted must not be null"
    code = line.get("taxCode")
    if code and not standin.p2p.usable("taxCodes", code, company):
        yield f"tax code {code} does not exist"
    yield from _coding_problems(standin, line.get("orderLineCoding") or (), company)
    yield from _receipt_problems(line)
    if line["externalCode"] in order["matched"]:
        old = order["lines"].get(line["externalCode"], {})
        if line.get("isDeleted") and not old.get("isDeleted"):
            yield "the line is matched to an invoice and cannot be deleted"
        if any(line.get(name) != old.get(name) for name in _INVOICED):
            yield "invoiced quantities and sums can only be imported before matching"


def _mode_problems(line: Record) -> Iterator[str]:
    mode, quantity = line["matchingMode"], line["quantity"]
    if quantity <= 0:
        yield "quantity must be greater than zero"
    elif mode in ("Blanket", "Service") and quantity != 1:
        yield f"quantity must be 1 for {mode}"
    if mode == "Service" and not line.get("isReceiptRequired"):
        yield "isReceiptRequired must be true for Service"
    if mode == "Blanket" and line.get("isReceiptRequired"):
        yield "isReceiptRequired is not allowed for Blanket"


def _net_or_gross(line: Record) -> str | None:
    net = any(line.get(name) is not None for name in ("netSum", "netPrice"))
    gross = any(line.get(name) is not None for name in ("grossSum", "grossPrice"))
    return "both" if net and gross else "net" if net else "gross" if gross else None


def _coding_problems(standin: BaswareStandIn, rows: Sequence[Record], company: str) -> Iterator[str]:
    for row in rows:
        for name, type, text in (
            ("accountCode", "accounts", "account"),
            ("costCenterCode", "costCenters", "cost center"),
            ("projectCode", "projects", "project"),
            ("taxCode", "taxCodes", "tax code"),
        ):
            code = row.get(name)
            if code and not standin.p2p.usable(type, code, company):
                yield f"{text} {code} does not exist"


def _receipt_problems(line: Record) -> Iterator[str]:
    receipts = {one["externalCode"]: one for one in line.get("goodsReceipts") or ()}
    if len(receipts) < len(line.get("goodsReceipts") or ()):
        yield "a goods receipt is there twice"
    for one in receipts.values():
        undone = one.get("referenceGRExternalCode")
        if undone and undone not in receipts:
            yield f"goods receipt {undone} does not exist"


def take_requisitions(standin: BaswareStandIn, items: Sequence[Item]) -> None:
    """New requisitions alone; a supplier that cannot be ordered from is emptied without a word."""
    for item in items:
        record = copy_of(item.record)
        if standin.store.get(REQUISITIONS, item.code) is not None:
            item.fail("Record skipped: a purchase requisition cannot be updated")
            continue
        number = record["extDocumentNumber"]
        if any(one["extDocumentNumber"] == number for one in standin.store.all(REQUISITIONS)):
            item.fail(f"Record skipped: extDocumentNumber {number} is in use")
            continue
        company = _company_of(standin, record)
        if company is None:
            item.fail("Record skipped: the organization unit is unknown")
            continue
        for line in record["lines"]:
            code = line.get("supplierCode")
            vendor = standin.p2p.vendor_of(code, company) if code else None
            if vendor is None or (vendor.get("orderingDetails") or {}).get("orderingFormat", "none") == "none":
                line.pop("supplierCode", None)
            for text in _coding_problems(standin, line.get("codingRows") or (), company):
                item.fail(f"Record skipped: {text}")
            if not standin.p2p.currency_active(line["currencyCode"]):
                item.fail(f"Record skipped: currency {line['currencyCode']} is not active")
        if item.status == "Error":
            continue
        state = "InApproval" if record.get("sendToProcess", True) else "Draft"
        number = f"PR-{standin.numbers.next('requisitions'):05d}"
        extra = {"state": state, "companyCode": company, "requisitionNumber": number}
        standin.store.put(REQUISITIONS, item.code, {**record, **extra}, CAUSE)


def _company_of(standin: BaswareStandIn, record: Record) -> str | None:
    unit = record.get("organizationUnitCode") or record.get("organizationIdentifier")
    return next((code for code in standin.store.ids("companies") if unit in standin.units_of(code)), None)


def matched(standin: BaswareStandIn, code: str, line: str, quantity: Decimal, net: Decimal, invoice: str) -> Record:
    """Note that a person has matched an invoice to a line; returns the order."""
    order = standin.store.edit(P2P_ORDERS, code)
    order["matched"].setdefault(line, []).append({"invoiceId": invoice, "quantity": quantity, "netSum": net})
    return standin.store.put(P2P_ORDERS, code, order, {"kind": "ui", "action": "match"})
