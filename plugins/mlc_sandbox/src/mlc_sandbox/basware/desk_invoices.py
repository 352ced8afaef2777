"""What the people of P2P do with invoices: code, match, approve, correct, send again, block, dispute, remove."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware import invoices, orders
from mlc_sandbox.basware.fields import wrong_in
from mlc_sandbox.basware.invoices import DOCUMENTS, INVOICES, STATUSES
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.tables_invoices import INVOICE
from mlc_sandbox.basware.wire import make_hex, told_at, without_nulls
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

Act = Callable[["BaswareStandIn", Record, dict[str, Any], Record], Record]
_INNER: Final = frozenset({"paymentDate", "paidTotal", "cashDiscount", "checkNumber", "paymentNumber",
                           "paymentDocument", "paymentReversalDocument", "responseMessage"})  # fmt: skip
#: What the books have said of it; a correction does not take it away.
_ANSWERED: Final = frozenset({"voucherNumber1", "voucherNumber2", "paymentMethod", "paymentTermCode", "paymentMessage"})
_OPEN: Final = frozenset({"New", "TransferFailed", "PrebookFailed", "Prebooked", "EnrichmentTransferFailed",
                          "PrebookCanceled"})  # fmt: skip


def create(standin: BaswareStandIn, given: Record, cause: Record) -> Record:
    """A new invoice, scanned or received. ``state`` other than New exposes it at once, unchecked;
    ``supplierOf`` names another invoice whose supplier it has, ``supplierNamed`` the supplier."""
    state = given.pop("state", "New")
    mode = given.pop("p2pProcessingMode", "Standard")
    same = given.pop("supplierOf", None)
    if same is not None:
        other = standin.store.get(INVOICES, str(same))
        if other is None:
            raise UnknownChange(f"there is no invoice {same} to take the supplier of")
        given["supplierCode"] = other["supplierCode"]
    named = given.pop("supplierNamed", None)
    if named is not None:
        codes = {row["vendorCode"] for row in standin.store.all("p2p_vendors") if row["name"] == named}
        if len(codes) != 1:
            raise UnknownChange(f"{len(codes)} suppliers are called {named}")
        given["supplierCode"] = codes.pop()
    _check(given)
    if state not in STATUSES:
        raise UnknownChange(f"no status {state}")
    sent = without_nulls(given)
    number = standin.numbers.next("invoices")
    invoice_id = sent.get("invoiceId") or make_hex("invoices", number)
    if standin.store.get(INVOICES, invoice_id) is not None:
        raise UnknownChange(f"there is an invoice {invoice_id}")
    vendor = standin.p2p.vendor_of(sent["supplierCode"], sent["companyCode"]) or {}
    row: Record = {
        "paymentBlock": False, "supplierName": vendor.get("name"), **sent, "invoiceId": invoice_id,
        "p2pProcessingMode": mode, "processingStatus": "New", "lastUpdated": told_at(standin.clock.stamp()),
        "codingRows": _coded(invoice_id, sent.get("codingRows", [])),
    }  # fmt: skip
    row = standin.store.put(INVOICES, invoice_id, without_nulls(row), cause)
    return row if state == "New" else expose(standin, row, state, cause)


def _check(given: Record, *, whole: bool = True) -> None:
    wrong = list(wrong_in(INVOICE, given, required=whole))
    if wrong:
        raise UnknownChange(" ".join(wrong))


def _coded(invoice_id: str, rows: list[Record]) -> list[Record]:
    """Rows with an id and an index each; the order of typing counts."""
    made = []
    for place, row in enumerate(rows, 1):
        own = {"externalCode": make_hex(f"coding:{invoice_id}", place), "rowIndex": place}
        made.append({**own, **row})
    return made


def expose(standin: BaswareStandIn, invoice: Record, status: str, cause: Record) -> Record:
    """Hand an invoice to the API layer in a status; what was answered before stays on it."""
    if status not in STATUSES:
        raise UnknownChange(f"no status {status}")
    invoice_id = invoice["invoiceId"]
    invoice = {**invoice, "processingStatus": status}
    standin.store.put(INVOICES, invoice_id, invoice, cause)
    told = {name: value for name, value in invoice.items() if name not in _INNER}
    old = standin.store.get(DOCUMENTS, invoice_id)
    if old is None:
        first = {**told, "lastUpdated": told_at(standin.clock.stamp())}
        standin.store.put(DOCUMENTS, invoice_id, without_nulls(first), cause)
        if status in invoices.TOLD:
            standin.pushes.tell("AccountingDocuments", status, invoice_id)
        return invoice
    told.pop("lastUpdated")
    gone = {name: None for name in old if name in INVOICE and name not in told and name not in _ANSWERED}
    told.pop("processingStatus")
    invoices.move(standin, invoice_id, status, cause, op="expose", **{**gone, **told})
    return invoice


def _status(standin: BaswareStandIn, invoice: Record) -> str:
    """Where it stands for the world: what the API layer says, once it is there."""
    row = standin.store.get(DOCUMENTS, invoice["invoiceId"])
    return str((row or invoice)["processingStatus"])


def _require(standin: BaswareStandIn, invoice: Record, *allowed: str) -> str:
    status = _status(standin, invoice)
    if status not in allowed:
        raise UnknownChange(f"the invoice is {status}; this goes in {', '.join(sorted(allowed))}")
    return status


def edit(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Correct header or coding of an invoice that is with P2P; the API layer sees it when it is sent (again)."""
    if not given.pop("force", False):
        _require(standin, invoice, *_OPEN)
    _check(given, whole=False)
    row = {**invoice, **given}
    if "codingRows" in given:
        row["codingRows"] = _coded(invoice["invoiceId"], given["codingRows"])
    return standin.store.put(INVOICES, invoice["invoiceId"], without_nulls(row), cause)


def _approve(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Approved for payment: it waits for the books."""
    _require(standin, invoice, "New", "Prebooked", "EnrichmentTransferred")
    if not given.get("force"):
        _check_coding(standin, invoice)
    return expose(standin, {**invoice, "p2pProcessingMode": "Standard"}, "WaitingForTransfer", cause)


def _check_coding(standin: BaswareStandIn, invoice: Record) -> None:
    """P2P's own validations before an approval."""
    rows, company = invoice.get("codingRows", []), invoice["companyCode"]
    if not rows:
        raise UnknownChange("the invoice has no coding")
    total = sum((Decimal(str(row.get("netTotal", 0))) for row in rows), Decimal(0))
    if "netSum" in invoice and total != Decimal(str(invoice["netSum"])):
        raise UnknownChange(f"the coding adds up to {total}, the invoice to {invoice['netSum']}")
    if standin.p2p.vendor_of(invoice["supplierCode"], company) is None:
        raise UnknownChange(f"supplier {invoice['supplierCode']} does not exist in company {company}")
    for row in rows:
        for name, type in (("accountCode", "accounts"), ("costCenterCode", "costCenters")):
            code = row.get(name)
            if code and not standin.p2p.usable(type, code, company):
                raise UnknownChange(f"{name} {code} does not exist in company {company}")


def _send(before: tuple[str, ...], status: str, mode: str = "Standard") -> Act:
    def act(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
        _require(standin, invoice, *before)
        return expose(standin, {**invoice, **_clean(given), "p2pProcessingMode": mode}, status, cause)

    return act


def _clean(given: Record) -> Record:
    _check(given, whole=False)
    return given


def _resend(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Send again what the books did not take, corrected or not."""
    steps = {
        "TransferFailed": "WaitingForTransfer", "PrebookFailed": "WaitingForPrebook",
        "EnrichmentTransferFailed": "WaitingForEnrichmentTransfer",
        "PrebookCancelFailed": "WaitingForPrebookCancelation",
    }  # fmt: skip
    status = _require(standin, invoice, *steps)
    if given:
        invoice = edit(standin, invoice, given, cause)
    return expose(standin, invoice, steps[status], cause)


def _remove(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Remove it: at once as long as the books know nothing of it, else it waits for them."""
    status = _status(standin, invoice)
    reason = {"removalReason": given.get("reason", "Duplicate"), "removalReasonComment": given.get("comment")}
    invoice = without_nulls({**invoice, **reason})
    if status == "New" and standin.store.get(DOCUMENTS, invoice["invoiceId"]) is None:
        return standin.store.put(INVOICES, invoice["invoiceId"], {**invoice, "processingStatus": "Removed"}, cause)
    if status in ("WaitingForTransfer", "WaitingForPrebook", "WaitingForEnrichmentTransfer", "TransferFailed"):
        return expose(standin, {**invoice, "removedBeforeTransfer": True}, "Removed", cause)
    _require(standin, invoice, "TransferInProgress", "Transferred", "Paid", "Prebooked")
    return expose(standin, invoice, "WaitingToBeRemoved", cause)


def _flag(**changes: Any) -> Act:
    """Set something on an invoice wherever it stands; the API layer shows it at once."""

    def act(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
        return show(standin, invoice, changes, cause)

    return act


def show(standin: BaswareStandIn, invoice: Record, changes: Record, cause: Record) -> Record:
    """Change an invoice and what the API layer shows of it, in whatever status."""
    row = standin.store.put(INVOICES, invoice["invoiceId"], without_nulls({**invoice, **changes}), cause)
    shown = standin.store.get(DOCUMENTS, invoice["invoiceId"])
    if shown is not None:
        invoices.move(standin, invoice["invoiceId"], shown["processingStatus"], cause, op="update", **changes)
    return row


def _recode(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Suppliers were given other codes: their invoices show them, wherever they stand."""
    return show(standin, invoice, {"supplierCode": str(given["supplierCode"])}, cause)


def _dispute(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    told = {"isDisputed": True, "disputeReason": given.get("reason", "Price"),
            "disputeDate": told_at(standin.clock.now())}  # fmt: skip
    return show(standin, invoice, {"disputeInfo": told}, cause)


def attach_seeded(standin: BaswareStandIn, invoice: Record, name: str, content: bytes, cause: Record) -> Record:
    """The scan that came with an invoice."""
    given = {"filename": name, "content": base64.b64encode(content).decode()}
    return _attach(standin, invoice, given, cause)


def _attach(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    code = make_hex("attachments", standin.numbers.next("attachments"))
    name = str(given.get("filename", "invoice.pdf"))
    standin.files[code] = (name, base64.b64decode(given.get("content", "")) or b"%PDF-1.4\n" + code.encode())
    one = {"externalCode": code, "category": given.get("category", "ORIGINALIMAGE"), "filename": name,
           "isConfidential": bool(given.get("isConfidential", False)),
           "creationTime": told_at(standin.clock.now())}  # fmt: skip
    return show(standin, invoice, {"attachments": [*invoice.get("attachments", []), one]}, cause)


def _match(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Code an invoice by the lines of an order: ``orderNumber``, ``lines`` [{lineNumber, quantity, netTotal, ...}]."""
    number = str(given["orderNumber"])
    found = [
        one for one in standin.store.all(orders.P2P_ORDERS)
        if (one["orderNumber"], one["companyCode"]) == (number, invoice["companyCode"])
    ]  # fmt: skip
    if not found:
        raise UnknownChange(f"P2P has no order {number} in company {invoice['companyCode']}")
    order, rows = found[0], list(invoice.get("codingRows", []))
    by_number = {line["lineNumber"]: line for line in order["lines"].values() if not line.get("isDeleted")}
    wanted = given.get("lines") or [{"lineNumber": one} for one in by_number]
    for one in wanted:
        if one["lineNumber"] not in by_number:
            raise UnknownChange(f"order {number} has no line {one['lineNumber']}")
        line = by_number[one["lineNumber"]]
        quantity = Decimal(str(one.get("quantity", line["quantity"])))
        price = Decimal(str(line.get("netPrice", line.get("netSum", 0))))
        net = Decimal(str(one.get("netTotal", line.get("netSum", quantity * price))))
        coding = (line.get("orderLineCoding") or [{}])[0]
        codes = {name: coding[name] for name in ("accountCode", "costCenterCode", "projectCode") if name in coding}
        rows.append({**codes, "netTotal": net, "grossTotal": one.get("grossTotal", net), "taxSum": one.get("taxSum", 0),
                     "taxCode": one.get("taxCode", line.get("taxCode")), "orderNumber": number,
                     "orderLineNumber": line["lineNumber"], "matchingType": 1, "matchedQuantity": quantity,
                     "matchedNetSum": net})  # fmt: skip
        orders.matched(standin, order["externalCode"], line["externalCode"], quantity, net, invoice["invoiceId"])
    numbers = list(dict.fromkeys([*invoice.get("orderNumbers", []), number]))
    changes = {"codingRows": without_nulls(rows), "orderNumbers": numbers}
    return edit(standin, invoice, changes, cause)


def _elsewhere(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    """Another client of the API acknowledges it."""
    return invoices.acknowledge(standin, invoice["invoiceId"], {**cause, "client": "other"})


def _set(standin: BaswareStandIn, invoice: Record, given: dict[str, Any], cause: Record) -> Record:
    return expose(standin, invoice, str(given["status"]), cause)


ACTIONS: Final[dict[str, Act]] = {
    "approve": _approve,
    "correct": edit,
    "match": _match,
    "resend": _resend,
    "prebook": _send(("New",), "WaitingForPrebook"),
    "cancel_prebook": _send(("Prebooked",), "WaitingForPrebookCancelation"),
    "enrich": _send(("New",), "WaitingForEnrichmentTransfer", "InvoiceEnrichment"),
    "complete": _send(("Transferred",), "WaitingToBeCompleted"),
    "return": _send(("Transferred", "TransferFailed", "Prebooked"), "WaitingToBeReturned"),
    "remove": _remove,
    "block": _flag(paymentBlock=True),
    "unblock": _flag(paymentBlock=False),
    "recode": _recode,
    "dispute": _dispute,
    "undispute": _flag(disputeInfo={"isDisputed": False}),
    "attach": _attach,
    "acknowledge_elsewhere": _elsewhere,
    "set_status": _set,
}
