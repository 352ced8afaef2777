"""Orders and requisitions of P2P Purchase on their way to the books: shown, acknowledged, shown again when changed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.orders import REQUISITIONS
from mlc_sandbox.basware.p2p import COMPANIES
from mlc_sandbox.basware.refusals import empty
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import told_at, without_nulls
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

ORDERS: Final = "exportedPurchaseOrders"
EXPORTED_REQUISITIONS: Final = "exportedPurchaseRequisitions"
TASKS: Final = {ORDERS: "ExportedPurchaseOrders", EXPORTED_REQUISITIONS: "ExportedPurchaseRequisitions"}
WAITING: Final = "WaitingForExport"
STATUSES: Final = (
    "Confirmed", "ReadyForOrder", "Ordered", "SupplierRejected", "SupplierConfirmed", "ModifiedBySupplier",
    "PartiallyReceived", "Received", "Canceled", "OrderCreated", "Closed",
)  # fmt: skip
_BUTTONS: Final = {"cancel": "Canceled", "close": "Closed", "confirm": "SupplierConfirmed", "order": "Ordered"}
_PERSON: Final = {"loginAccount": "harbour\\buyer", "userName": "Bea Buyer", "emailAddress": "bea@harbour.example"}


def export(standin: BaswareStandIn, type: str, row: Record, cause: Record) -> Record:
    """It waits to be exported, again if it was before; webhooks are told."""
    now = told_at(standin.clock.stamp())
    stamp = {"orderExportTimestamp": now} if type == ORDERS else {}
    row = without_nulls({**row, **stamp, "processingStatus": WAITING, "lastUpdated": now})
    standin.store.put(type, row["externalCode"], row, cause)
    if cause.get("kind") != "seed":
        standin.pushes.tell(TASKS[type], WAITING, row["externalCode"])
    return row


def acknowledge(standin: BaswareStandIn, type: str, code: str, cause: Record) -> Record:
    """Exported. Raises Refused: 404, or 405 for one that was acknowledged already."""
    row = standin.store.get(type, code)
    if row is None:
        raise empty(404)
    if row["processingStatus"] != WAITING:
        raise empty(405)
    now = told_at(standin.clock.stamp())
    return standin.store.put(
        type, code, {**row, "processingStatus": "Exported", "lastUpdated": now}, cause, op="acknowledge"
    )


def order(standin: BaswareStandIn, given: Record) -> Record:
    """An order as P2P shows it. Sums are added up from the lines."""
    code = given.get("externalCode") or standin.next_id("orders")
    number = given.get("orderNumber") or f"PO-{standin.numbers.next('order numbers'):05d}"
    now = told_at(standin.clock.now())
    rate = Decimal(str(given.get("exchangeRateComp", 1)))
    lines = [_line(standin, place, line, rate) for place, line in enumerate(given.get("orderLines") or (), 1)]
    if not lines:
        raise UnknownChange("an order needs orderLines")
    sums = _sums(lines, rate)
    return {
        "externalCode": code, "orderNumber": number, "requisitionNumber": f"PR-{number[3:]}", "orderStatus": "Ordered",
        "requisitionCreationTime": now, "orderCreationTime": now, "documentSource": "P2P", "sendingMethod": "Email",
        "creator": _PERSON, "owner": _PERSON, "deliveryAddress": {"name": "Head Office"}, "orderType": "Standard",
        "releaseOrdersRequired": False, "hidePricesFromSupplier": False, **sums, **given, "orderLines": lines,
    }  # fmt: skip


def _sums(lines: Sequence[Record], rate: Decimal) -> Record:
    net = sum((Decimal(str(line["netSum"])) for line in lines), Decimal(0))
    tax = sum((Decimal(str(line["taxTotal"])) for line in lines), Decimal(0))
    return _converted({"netSum": net, "taxSum": tax, "grossSum": net + tax}, rate)


def _converted(amounts: Record, rate: Decimal) -> Record:
    """Amounts with the same in the company's and the group's currency."""
    cents = Decimal("0.01")
    other = {
        f"{name}{side}": (Decimal(str(value)) * rate).quantize(cents)
        for name, value in amounts.items()
        for side in ("Comp", "Org")
    }
    return {**amounts, **other}


def _line(standin: BaswareStandIn, place: int, line: Record, rate: Decimal) -> Record:
    quantity, price = Decimal(str(line.get("quantity", 1))), Decimal(str(line.get("netPrice", 0)))
    net = Decimal(str(line.get("netSum", quantity * price)))
    tax = Decimal(str(line.get("taxTotal", 0)))
    gross = net + tax
    unit = (gross / quantity).quantize(Decimal("0.01")) if quantity else gross
    amounts = {"netPrice": price, "netSum": net, "grossPrice": unit, "grossSum": gross, "taxTotal": tax,
               "netUnitPrice": price, "grossUnitPrice": unit}  # fmt: skip
    return {
        "externalCode": standin.next_id("order lines"), "orderLineNumber": place, "lineStatus": "Ordered",
        "lineType": "FreeText", "priceType": "Net", "receivingRequired": True, "receivedQuantity": Decimal(0),
        "deliveryAddress": {"name": "Head Office"}, "goodsReceipts": [], "codingRows": [],
        "quantity": quantity, **_converted(amounts, rate), **line,
    }  # fmt: skip


def change(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """A screen of P2P Purchase: a new order, other fields, ``cancel``, ``close``, ``confirm``, ``order``, ``receive``.

    Whatever is done to it, it is exported again.
    """
    if not key:
        if standin.p2p.vendor_of(given.get("supplierCode"), str(given["companyCode"])) is None:
            raise UnknownChange(f"supplier {given.get('supplierCode')} does not exist")
        return export(standin, ORDERS, order(standin, given), cause)
    row = standin.store.get(ORDERS, key)
    if row is None:
        raise UnknownChange(f"there is no order {key}")
    row = standin.store.edit(ORDERS, key)
    if action == "receive":
        _receive(standin, row, given)
    elif action in _BUTTONS:
        row["orderStatus"] = _BUTTONS[action]
    elif action is not None:
        raise UnknownChange(f"no action {action!r} on orders; there are receive, {', '.join(sorted(_BUTTONS))}")
    elif given.get("orderStatus", STATUSES[0]) not in STATUSES:
        raise UnknownChange(f"orderStatus is one of {', '.join(STATUSES)}")
    else:
        row = order(standin, {**row, **given}) if "orderLines" in given else {**row, **given}
    return export(standin, ORDERS, row, cause)


def _receive(standin: BaswareStandIn, row: Record, given: Record) -> None:
    """Goods have come: ``orderLineNumber`` and ``quantity``, all that is missing unless told."""
    now = told_at(standin.clock.now())
    for line in row["orderLines"]:
        if given.get("orderLineNumber") not in (None, line["orderLineNumber"]):
            continue
        missing = Decimal(str(line["quantity"])) - Decimal(str(line["receivedQuantity"]))
        got = Decimal(str(given.get("quantity", missing)))
        line["receivedQuantity"] = Decimal(str(line["receivedQuantity"])) + got
        whole = line["receivedQuantity"] >= Decimal(str(line["quantity"]))
        line["lineStatus"] = "Received" if whole else "PartiallyReceived"
        price = Decimal(str(line["netPrice"]))
        line["goodsReceipts"].append({
            "externalCode": standin.next_id("receipts"), "receivingDate": now, "receivedQuantity": got,
            "goodsReceiptDocumentCreationTime": now, "receivedNetSum": got * price, "receivedGrossSum": got * price,
            "notifyFault": False,
        })  # fmt: skip
    whole = all(line["lineStatus"] == "Received" for line in row["orderLines"])
    row["orderStatus"] = "Received" if whole else "PartiallyReceived"


def decide(standin: BaswareStandIn, row: Record, action: str, cause: Record) -> Record:
    """``approve`` a requisition that was imported (an order comes of it), ``reject`` or ``cancel`` it."""
    states = {"approve": "Approved", "reject": "Rejected", "cancel": "Canceled"}
    if action not in states or row["state"] not in ("InApproval", "Draft"):
        raise UnknownChange(f"a requisition that is {row['state']} takes none of this: {action}")
    done = standin.store.put(REQUISITIONS, row["externalCode"], {**row, "state": states[action]}, cause)
    export(standin, EXPORTED_REQUISITIONS, _told(standin, done), cause)
    if action == "approve":
        lines = [
            {"description": line.get("description"), "quantity": line.get("quantity", 1),
             "netPrice": line.get("unitPrice", 0), "extOrderLineNumber": line["extRequisitionLineNumber"],
             "codingRows": [{"rowIndex": 1, "splitPercent": 100, **one} for one in line.get("codingRows") or ()]}
            for line in row["lines"]
        ]  # fmt: skip
        first = row["lines"][0]
        given = {
            "documentSource": "ImportedAsRequisition", "extRequisitionNumber": row["extDocumentNumber"],
            "requisitionNumber": row["requisitionNumber"], "companyCode": row["companyCode"],
            "supplierCode": first.get("supplierCode"), "purchaseCurrency": first["currencyCode"],
            "purpose": row["purpose"], "orderLines": lines,
        }  # fmt: skip
        export(standin, ORDERS, order(standin, given), cause)
    return done


def _told(standin: BaswareStandIn, row: Record) -> Record:
    """A requisition as it is exported."""
    now = told_at(standin.clock.now())
    company = standin.store.get(COMPANIES, row["companyCode"]) or {}
    lines = [
        {"externalCode": line["externalCode"], "requisitionLineNumber": place,
         "extRequisitionLineNumber": line["extRequisitionLineNumber"], "description": line.get("description"),
         "supplierCode": line.get("supplierCode"), "quantity": line.get("quantity"),
         "netPrice": line.get("unitPrice"), "codingRows": line.get("codingRows", [])}
        for place, line in enumerate(row["lines"], 1)
    ]  # fmt: skip
    net = sum(
        (Decimal(str(one.get("quantity") or 1)) * Decimal(str(one.get("netPrice") or 0)) for one in lines), Decimal(0)
    )
    currency = company.get("currencyCode", "")
    return {
        "externalCode": row["externalCode"], "extRequisitionNumber": row["extDocumentNumber"],
        "requisitionNumber": row["requisitionNumber"], "requisitionStatus": row["state"], "purpose": row["purpose"],
        "documentSource": "ImportedAsRequisition", "companyCode": row["companyCode"],
        "companyName": company.get("companyName"), "organizationUnitCode": row["companyCode"],
        "organizationUnitName": company.get("companyName"), "creator": _PERSON, "owner": _PERSON,
        "deliveryAddress": {"name": "Head Office"}, "requisitionCreationTime": now, "requisitionExportTimestamp": now,
        "purchaseCurrency": row["lines"][0]["currencyCode"], "companyCurrency": currency, "groupCurrency": currency,
        "exchangeRateComp": 1, "exchangeRateOrg": 1, "lines": lines,
        **_converted({"netSum": net, "taxSum": Decimal(0), "grossSum": net}, Decimal(1)),
    }  # fmt: skip
