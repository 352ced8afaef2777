from __future__ import annotations

from typing import Any

import httpx
import pytest

LIST = "/v1/accountingDocuments"
DOCUMENTS = "accountingDocuments"


def test_only_what_is_approved_is_shown_behind_a_redirect_that_takes_no_credentials(basware: Any) -> None:
    waiting = basware.invoice(approve=False)
    assert basware.raw("GET", LIST).status_code == 404
    basware.screen("invoices", id=waiting, action="approve")
    reply = basware.raw("GET", LIST, params={"ProcessingStatus": "WaitingForTransfer"})
    assert (reply.status_code, reply.content) == (302, b"")
    signed = reply.headers["location"]
    assert basware.raw("GET", signed).status_code == 400
    told = basware.http.get(signed).json()["accountingDocuments"]
    assert [(one["invoiceId"], one["processingStatus"]) for one in told] == [(waiting, "WaitingForTransfer")]
    basware.advance(901)
    assert basware.http.get(signed).status_code == 403
    basware.switch(redirects=False)
    assert basware.raw("GET", LIST).status_code == 200


def test_the_way_of_an_invoice_into_the_books(basware: Any) -> None:
    id = basware.invoice()
    assert basware.raw("POST", f"{LIST}/{id}/acknowledge").status_code == 200
    assert basware.raw("POST", f"{LIST}/{id}/acknowledge").status_code == 405
    assert basware.raw("POST", f"{LIST}/none/acknowledge").status_code == 404
    assert basware.raw("GET", LIST, params={"ProcessingStatus": "WaitingForTransfer"}).status_code == 404
    done = basware.transfer(id, voucherNumber1="BILL-9")
    assert done.json()["voucherNumber1"] == "BILL-9"
    document = basware.document(id)
    assert (document["processingStatus"], document["voucherNumber1"]) == ("Transferred", "BILL-9")
    assert document["transferResponses"][0]["externalCode"] == "t-1"
    assert basware.outcome(done.headers["x-amzn-RequestId"]) == [("Success", "")]
    item = basware.status(done.headers["x-amzn-RequestId"])["systems"][0]["items"][0]
    assert (item["externalCode"], item["parentExternalCode"]) == ("t-1", id)
    assert basware.standin.store.get("p2p_invoices", id)["voucherNumber1"] == "BILL-9"


def test_nothing_more_is_said_of_a_transferred_invoice_and_nothing_twice(basware: Any) -> None:
    id = basware.invoice()
    basware.transfer(id)
    assert basware.transfer(id).status_code == 409
    assert basware.transfer(id).json()["errors"][0]["code"] == "CONFLICT_IN_POST"
    assert basware.transfer(id, "t-2").status_code == 400
    assert basware.transfer(id, "t-2", success=False).status_code == 400
    assert len(basware.document(id)["transferResponses"]) == 1
    assert len(basware.control("GET", "log?type=transferResponses")) == 1


@pytest.mark.parametrize("changes", [{"responseMessage": ""}, {"responseMessage": "x" * 251}, {"paymentBlock": None},
                                     {"voucherNumber1": "x" * 26}, {"success": "true"}, {"voucher": "1"}])  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused(basware: Any, changes: Any) -> None:
    id = basware.invoice()
    assert basware.transfer(id, **changes).json()["errors"][0]["code"] == "SCHEMA_VALIDATION_ERROR"
    assert basware.document(id)["processingStatus"] == "WaitingForTransfer"


def test_a_failed_transfer_goes_to_a_person_who_corrects_it_and_sends_it_again(basware: Any) -> None:
    id = basware.invoice()
    basware.raw("POST", f"{LIST}/{id}/acknowledge")
    basware.transfer(id, success=False, voucherNumber1="NEVER")
    document = basware.document(id)
    assert document["processingStatus"] == "TransferFailed"
    assert "voucherNumber1" not in document
    assert basware.transfer(id, "t-2").status_code == 400
    rows = [{"accountCode": "5000", "netTotal": 200, "taxSum": 40, "grossTotal": 240}]
    basware.screen("invoices", id=id, action="resend", codingRows=rows)
    again = basware.document(id)
    assert (again["processingStatus"], again["codingRows"][0]["accountCode"]) == ("WaitingForTransfer", "5000")
    assert again["transferResponses"][0]["success"] is False
    assert basware.raw("POST", f"{LIST}/{id}/acknowledge").status_code == 200
    assert basware.transfer(id, "t-2").status_code == 200


def test_payments_clear_what_they_do_not_say_and_end_with_the_whole_sum(basware: Any) -> None:
    id = basware.invoice()
    assert basware.pay(id, paidTotal=240).status_code == 400
    basware.transfer(id)
    basware.pay(id, paidTotal=100, paymentMethod="WIRE")
    document = basware.document(id)
    assert (document["processingStatus"], document["paymentMethod"]) == ("Transferred", "WIRE")
    assert "paymentTermCode" not in document
    assert basware.pay(id, paidTotal=240).status_code == 409
    basware.pay(id, "p-2", paidTotal=240)
    document = basware.document(id)
    assert document["processingStatus"] == "Paid"
    assert "paymentMethod" not in document
    basware.pay(id, "p-3", success=False, paymentMethod="CARD")
    assert "paymentMethod" not in basware.document(id)
    basware.advance(3)
    paid = basware.standin.store.get("p2p_invoices", id)
    assert (paid["paidTotal"], paid["paymentDate"]) == (240, "2026-03-16T00:00:00Z")


def test_the_last_hundred_answers_are_kept_and_none_may_come_back(basware: Any) -> None:
    id = basware.invoice()
    basware.transfer(id)
    for number in range(102):
        basware.pay(id, f"p-{number}", paidTotal=number + 1)
    kept = basware.document(id)["paymentResponses"]
    assert (len(kept), kept[0]["externalCode"]) == (100, "p-2")
    assert basware.pay(id, "p-0", paidTotal=1).status_code == 409


def test_prebooked_invoices_come_twice(basware: Any) -> None:
    id = basware.invoice(approve=False)
    basware.screen("invoices", id=id, action="prebook")
    assert basware.transfer(id).status_code == 400
    body = {"externalCode": "b-1", "success": True, "responseMessage": "Booked", "paymentBlock": True}
    assert basware.raw("POST", f"{LIST}/{id}/prebookResponses", body).status_code == 200
    assert basware.document(id)["processingStatus"] == "Prebooked"
    basware.screen("invoices", id=id, action="approve")
    assert basware.document(id)["processingStatus"] == "WaitingForTransfer"


def test_enriched_invoices_are_in_a_list_of_their_own(basware: Any) -> None:
    id = basware.invoice(approve=False)
    basware.screen("invoices", id=id, action="enrich")
    assert basware.raw("GET", LIST).status_code == 404
    found = basware.get(LIST, p2pProcessingMode="InvoiceEnrichment")["accountingDocuments"]
    assert [one["invoiceId"] for one in found] == [id]
    body = {"externalCode": "e-1", "success": True, "responseMessage": "Taken"}
    assert basware.raw("POST", f"{LIST}/{id}/enrichmentResponses", body).status_code == 200
    assert basware.document(id)["processingStatus"] == "EnrichmentTransferred"


def test_an_invoice_is_removed_at_once_before_it_was_transferred_and_asked_for_afterwards(basware: Any) -> None:
    early, late = basware.invoice("A-1"), basware.invoice("A-2")
    basware.screen("invoices", id=early, action="remove", reason="Duplicate", comment="Twice")
    gone = basware.document(early)
    assert (gone["processingStatus"], gone["removalReason"], gone["removedBeforeTransfer"]) == (
        "Removed",
        "Duplicate",
        True,
    )
    basware.transfer(late)
    basware.screen("invoices", id=late, action="remove")
    assert basware.document(late)["processingStatus"] == "WaitingToBeRemoved"
    assert basware.raw("POST", f"{LIST}/{late}/acknowledge").status_code == 200
    assert basware.document(late)["processingStatus"] == "Removed"


def test_blocks_and_disputes_show_at_once(basware: Any) -> None:
    id = basware.invoice()
    before = basware.document(id)["lastUpdated"]
    basware.advance(1)
    basware.screen("invoices", id=id, action="block")
    basware.screen("invoices", id=id, action="dispute", reason="Price")
    document = basware.document(id)
    assert (document["paymentBlock"], document["disputeInfo"]["disputeReason"]) == (True, "Price")
    assert document["lastUpdated"] > before
    assert document["processingStatus"] == "WaitingForTransfer"


def test_p2p_approves_only_what_is_coded_and_known(basware: Any) -> None:
    for number, changes in (
        ("B-1", {"codingRows": []}),
        ("B-2", {"netSum": 199}),
        ("B-3", {"supplierCode": "V-404"}),
        ("B-4", {"codingRows": [{"accountCode": "9", "netTotal": 200}]}),
    ):
        id = basware.invoice(number, approve=False, **changes)
        asked = {"id": id, "action": "approve"}
        reply = basware.http.post("/_sandbox/objects/invoices", json=asked)
        assert reply.status_code == 400, number
        basware.screen("invoices", **asked, force=True)
        assert basware.document(id)["processingStatus"] == "WaitingForTransfer"


def test_a_page_goes_on_where_it_stood_though_invoices_have_left_the_list(basware: Any) -> None:
    ids = [basware.invoice(f"P-{number}") for number in range(4)]
    first = basware.final(LIST, ProcessingStatus="WaitingForTransfer", pageSize=2)
    for one in first.json()["accountingDocuments"]:
        basware.raw("POST", f"{LIST}/{one['invoiceId']}/acknowledge")
    header = {"x-amz-meta-continuationtoken": first.headers["X-amz-meta-continuationToken"]}
    second = basware.final(LIST, header, ProcessingStatus="WaitingForTransfer", pageSize=2)
    assert [one["invoiceId"] for one in second.json()["accountingDocuments"]] == ids[2:]


def test_many_coding_rows_make_a_page_shorter(basware: Any) -> None:
    for number in range(3):
        basware.invoice(f"P-{number}")
    basware.switch(coding_rows_per_page=2)
    page = basware.final(LIST, pageSize=100)
    assert len(page.json()["accountingDocuments"]) == 2
    assert "X-amz-meta-continuationToken" in page.headers


def test_attachments_lie_behind_a_redirect(basware: Any) -> None:
    id = basware.invoice()
    basware.screen("invoices", id=id, action="attach", filename="scan.pdf", content="JVBERg==")
    one = basware.document(id)["attachments"][0]
    assert basware.final(f"{LIST}/{id}/attachments/{one['externalCode']}").content == b"%PDF"
    assert basware.raw("GET", f"{LIST}/{id}/attachments/none").status_code == 404


def test_the_status_of_an_invoice_is_found_by_what_the_supplier_knows(basware: Any) -> None:
    id = basware.invoice(approve=False)
    asked = {"companyCode": "1000", "invoiceNumber": "NB-7781", "invoiceDate": "2026-03-02"}
    assert basware.raw("GET", f"{LIST}/status", params=asked).status_code == 404
    basware.switch(status_endpoint=True)
    assert basware.get(f"{LIST}/status", **asked)[0]["status"] == "InApprovalProcess"
    basware.screen("invoices", id=id, action="approve")
    basware.transfer(id)
    assert basware.get(f"{LIST}/status", **asked, grossSum="240.00")[0]["status"] == "ReadyForPayment"
    assert basware.raw("GET", f"{LIST}/status", params={**asked, "grossSum": "1"}).status_code == 404
    assert basware.refused("GET", f"{LIST}/status", params={"companyCode": "1000"})[0] == 400


def test_an_answer_that_p2p_did_not_take_stays_in_the_api_alone(basware: Any) -> None:
    id = basware.invoice()
    basware.screen("outcomes", entityType="TransferResponse", status="Error", message="P2P is down")
    done = basware.transfer(id, voucherNumber1="B-1")
    assert basware.outcome(done.headers["x-amzn-RequestId"]) == [("Error", "P2P is down")]
    assert basware.document(id)["processingStatus"] == "Transferred"
    assert basware.standin.store.get("p2p_invoices", id)["processingStatus"] == "WaitingForTransfer"


def test_a_list_is_of_one_company_and_of_what_changed_after_a_moment(basware: Any) -> None:
    first = basware.invoice("C-1")
    basware.advance(60)
    other = basware.screen("p2p_vendors", vendorCode="V-20", name="Branch Ltd", companies=[{"companyCode": "2000"}])
    second = basware.invoice("C-2", companyCode="2000", supplierCode=other["vendorCode"])
    assert [one["invoiceId"] for one in basware.get(LIST, companyCode="1000")[DOCUMENTS]] == [first]
    since = basware.document(first)["lastUpdated"]
    assert [one["invoiceId"] for one in basware.get(LIST, lastUpdated=since)[DOCUMENTS]] == [second]
    assert basware.raw("GET", LIST, params={"companyCode": "9"}).status_code == 404
    assert basware.refused("GET", LIST, params={"ProcessingStatus": "OPEN"})[:2] == (400, "PARAMETER_VALIDATION_ERROR")
    assert basware.raw("GET", LIST, params={"processingStatus": "Paid"}).status_code == 302  # another name: not heeded


def test_an_answer_whose_reply_was_lost_is_found_on_the_invoice(basware: Any) -> None:
    id = basware.invoice()
    basware.fault("transferResponses", "commit_then_drop")
    with pytest.raises(httpx.TransportError):
        basware.transfer(id, "once", voucherNumber1="B-7")
    assert [one["externalCode"] for one in basware.document(id)["transferResponses"]] == ["once"]
    assert basware.transfer(id, "once").status_code == 409
    assert len(basware.control("GET", "log?type=transferResponses&cause=request")) == 1


def test_another_client_may_have_taken_an_invoice(basware: Any) -> None:
    id = basware.invoice()
    basware.screen("invoices", id=id, action="acknowledge_elsewhere")
    assert basware.raw("POST", f"{LIST}/{id}/acknowledge").status_code == 405
    assert basware.document(id)["processingStatus"] == "TransferInProgress"


def test_what_is_withdrawn_after_it_was_taken_cannot_be_transferred(basware: Any) -> None:
    id = basware.invoice()
    basware.raw("POST", f"{LIST}/{id}/acknowledge")
    basware.screen("invoices", id=id, action="remove")
    assert basware.transfer(id).status_code == 400
    assert basware.document(id)["processingStatus"] == "WaitingToBeRemoved"


def test_the_paging_header_may_stand_on_the_redirect(basware: Any) -> None:
    for number in range(2):
        basware.invoice(f"R-{number}")
    basware.switch(paging_header_on="redirect")
    reply = basware.raw("GET", LIST, params={"pageSize": 1})
    assert "X-amz-meta-continuationToken" in reply.headers
    assert "X-amz-meta-continuationToken" not in basware.http.get(reply.headers["location"]).headers
