from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

LINES = "/v1/matchingOrderLines"


def header(number: str = "PO-17", **fields: Any) -> dict[str, Any]:
    return {
        "externalCode": f"ord-{number}",
        "orderNumber": number,
        "sourceSystem": "BOOKS",
        "companyCode": "1000",
        "organizationElementCode": "1000",
        "supplierCode": "V-9001",
        "currencyCode": "USD",
        **fields,
    }


def line(number: int = 1, order: str = "ord-PO-17", **fields: Any) -> dict[str, Any]:
    return {
        "externalCode": f"{order}-{number}",
        "orderExternalCode": order,
        "lineNumber": str(number),
        "matchingMode": "Standard",
        "quantity": 4,
        "netPrice": Decimal("25.00"),
        "netSum": Decimal("100.00"),
        "isReceiptRequired": False,
        "isDeleted": False,
        "orderLineCoding": [
            {"externalCode": f"c-{number}", "rowIndex": 1, "allocatedQuantity": 4, "accountCode": "6100"}
        ],
        **fields,
    }


def test_an_order_is_there_once_it_has_lines(basware: Any) -> None:
    assert basware.outcome(basware.post("/v1/matchingOrders", header())) == [("Success", "")]
    assert basware.standin.store.get("p2p_orders", "ord-PO-17") is None
    done = basware.post(LINES, line(1), line(2))
    assert basware.outcome(done) == [("Success", ""), ("Success", "")]
    assert len(basware.standin.store.get("p2p_orders", "ord-PO-17")["lines"]) == 2
    item = basware.status(done)["systems"][0]["items"][0]
    assert item["parentExternalCode"] == "ord-PO-17"
    assert basware.refused("GET", LINES)[:2] == (400, "PARAMETER_VALIDATION_ERROR")
    assert len(basware.get(LINES, orderExternalCode="ord-PO-17")["matchingOrderLines"]) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"supplierCode": "V-404"}, "supplier V-404 does not exist"),
        ({"companyCode": "7"}, "company code 7 is unknown"),
        ({"organizationElementCode": "77"}, "organization element 77 is unknown"),
        ({"currencyCode": "CHF"}, "currency CHF is not active"),
        ({"paymentTermCode": "NET99"}, "payment term NET99 does not exist"),
    ],
)
def test_a_header_that_p2p_refuses(basware: Any, changes: Any, sentence: str) -> None:
    status, said = basware.outcome(basware.post("/v1/matchingOrders", header(**changes)))[0]
    assert (status, said) == ("Error", f"Record skipped: {sentence}")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quantity": 0}, "quantity must be greater than zero"),
        ({"matchingMode": "Service", "quantity": 1}, "isReceiptRequired must be true"),
        ({"matchingMode": "Blanket"}, "quantity must be 1"),
        ({"matchingMode": "Blanket", "quantity": 1, "isReceiptRequired": True}, "not allowed for Blanket"),
        ({"grossSum": 120}, "must not be mixed"),
        ({"currencyCode": "EUR"}, "differs from the order's"),
        ({"orderLineCoding": [{"externalCode": "c", "rowIndex": 1, "allocatedQuantity": 1, "costCenterCode": "9"}]},
         "cost center 9 does not exist"),
        ({"lineNumber": "1"}, "line number 1 is there twice"),
        ({"goodsReceipts": [{"externalCode": "g", "goodsReceiptNumber": "1", "quantity": 1,
                             "referenceGRExternalCode": "none"}]}, "goods receipt none does not exist"),
    ],
)  # fmt: skip
def test_one_bad_line_keeps_the_whole_transaction_out(basware: Any, changes: Any, sentence: str) -> None:
    basware.outcome(basware.post("/v1/matchingOrders", header()))
    told = basware.outcome(basware.post(LINES, line(1), line(2, **changes)))
    assert [status for status, _said in told] == ["Error", "Error"]
    assert any(sentence in said for _status, said in told)
    assert basware.standin.store.get("p2p_orders", "ord-PO-17") is None


def test_lines_without_their_order_and_orders_under_two_codes_are_refused(basware: Any) -> None:
    assert "does not exist" in basware.outcome(basware.post(LINES, line()))[0][1]
    basware.outcome(basware.post("/v1/matchingOrders", header()))
    twin = basware.outcome(basware.post("/v1/matchingOrders", header(externalCode="other")))
    assert twin == [("Error", "Record skipped: order PO-17 exists with another externalCode")]
    assert basware.refused("POST", LINES, [line(number) for number in range(101)])[0] == 400


def test_a_line_is_patched_with_receipts_but_not_twice_within_a_second(basware: Any) -> None:
    basware.outcome(basware.post("/v1/matchingOrders", header()))
    basware.outcome(basware.post(LINES, line()))
    received = [{"externalCode": "gr-1", "goodsReceiptNumber": "GR-1", "quantity": 2}]
    body = {**line(), "goodsReceipts": received}
    assert basware.raw("PATCH", f"{LINES}/ord-PO-17-1", body).status_code == 200
    assert basware.raw("PATCH", f"{LINES}/ord-PO-17-1", body).status_code == 503
    basware.advance(3)
    kept = basware.standin.store.get("p2p_orders", "ord-PO-17")["lines"]["ord-PO-17-1"]
    assert kept["goodsReceipts"] == received


def test_a_matched_line_codes_the_invoice_and_cannot_be_deleted(basware: Any) -> None:
    basware.outcome(basware.post("/v1/matchingOrders", header()))
    basware.outcome(basware.post(LINES, line()))
    id = basware.invoice(approve=False, netSum=100, taxSum1=0, grossSum=100, codingRows=[])
    basware.screen("invoices", id=id, action="match", orderNumber="PO-17")
    basware.screen("invoices", id=id, action="approve")
    document = basware.document(id)
    row = document["codingRows"][0]
    assert (document["orderNumbers"], row["orderLineNumber"], row["accountCode"], row["netTotal"]) == (
        ["PO-17"],
        "1",
        "6100",
        Decimal("100.00"),
    )
    told = basware.outcome(basware.post(LINES, line(isDeleted=True)))
    assert told[0] == ("Error", "Record skipped: the line is matched to an invoice and cannot be deleted")
    assert "before matching" in basware.outcome(basware.post(LINES, line(invoicedQuantity=1)))[0][1]


def requisition(**fields: Any) -> dict[str, Any]:
    row = {"externalCode": "l-1", "extRequisitionLineNumber": "1", "currencyCode": "USD", "quantity": 2,
           "unitPrice": 10, "description": "Chairs", "supplierCode": "V-9001"}  # fmt: skip
    return {"externalCode": "req-1", "extDocumentNumber": "R-100", "purpose": "Chairs",
            "organizationUnitCode": "1000", "lines": [row], **fields}  # fmt: skip


def test_a_requisition_is_taken_once_and_its_unusable_supplier_emptied(basware: Any) -> None:
    path = "/v1/purchaseRequisitions"
    assert basware.outcome(basware.post(path, requisition())) == [("Success", "")]
    assert "supplierCode" not in basware.standin.store.get("p2p_requisitions", "req-1")["lines"][0]
    told = basware.outcome(basware.post(path, requisition(purpose="More chairs")))
    assert told == [("Error", "Record skipped: a purchase requisition cannot be updated")]
    assert basware.get(f"{path}/req-1")["purpose"] == "More chairs"
    assert basware.refused("POST", path, [requisition(organizationIdentifier="x")])[0] == 400
    assert basware.refused("POST", path, [requisition(lines=[])])[0] == 400
    assert basware.raw("PATCH", f"{path}/req-1", requisition()).status_code == 405


def test_orders_of_p2p_are_exported_again_after_every_change(basware: Any) -> None:
    path = "/v1/exportedPurchaseOrders"
    line = {"description": "Chairs", "quantity": 4, "netPrice": 25}
    asked = {"supplierCode": "V-9001", "companyCode": "1000", "purchaseCurrency": "USD", "orderLines": [line]}
    code = basware.screen("exportedPurchaseOrders", **asked)["externalCode"]
    assert basware.raw("POST", f"{path}/{code}/acknowledge").status_code == 200
    assert basware.raw("POST", f"{path}/{code}/acknowledge").status_code == 405
    assert basware.raw("GET", path, params={"orderStatus": "WaitingForExport"}).status_code == 404
    basware.screen("exportedPurchaseOrders", id=code, action="receive")
    told = basware.get(path, orderStatus="WaitingForExport")["exportedPurchaseOrders"][0]
    assert (told["orderStatus"], told["orderLines"][0]["receivedQuantity"], told["netSum"]) == ("Received", 4, 100)
    assert told["documentSource"] == "P2P"


def test_an_approved_requisition_becomes_an_order_that_says_where_it_came_from(basware: Any) -> None:
    basware.outcome(basware.post("/v1/purchaseRequisitions", requisition()))
    basware.screen("requisitions", id="req-1", action="approve")
    order = basware.get("/v1/exportedPurchaseOrders")["exportedPurchaseOrders"][0]
    assert (order["documentSource"], order["extRequisitionNumber"]) == ("ImportedAsRequisition", "R-100")
    told = basware.get("/v1/exportedPurchaseRequisitions", status="WaitingForExport")["exportedPurchaseRequisitions"]
    assert [one["externalCode"] for one in told] == ["req-1"]
    assert basware.raw("POST", "/v1/exportedPurchaseRequisitions/req-1/acknowledge").status_code == 200
