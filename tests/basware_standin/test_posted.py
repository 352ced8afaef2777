from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest


def test_a_vendor_is_taken_at_once_and_reaches_p2p_later(basware: Any) -> None:
    request_id = basware.post("/v1/vendors", basware.vendor())
    assert basware.get("/v1/vendors/ext-V-1001")["name"] == "Alder Paper Ltd"
    assert basware.status(request_id)["requestStatus"] == "InProgress"
    assert basware.standin.store.get("p2p_vendors", "ext-V-1001") is None
    assert basware.outcome(request_id) == [("Success", "")]
    assert basware.standin.store.get("p2p_vendors", "ext-V-1001") is not None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vendorCode": "x" * 26}, "'vendorCode' is longer than 25."),
        ({"name": None}, "Required property 'name' is missing."),
        ({"companies": [{}]}, "Required property 'companies[0].companyCode' is missing."),
        ({"colour": "red"}, "Property 'colour' has not been defined"),
        ({"addresses": [{"externalCode": "a", "name": "n", "countryId": "FIN"}]}, "longer than 2"),
        ({"addresses": [{"externalCode": "a", "name": "n", "addressType": "Home"}]}, "must be one of"),
        ({"paymentMeans": [{"paymentMeansCode": "W", "currencyCode": "EU"}]}, "shorter than 3"),
        ({"processingStatus": {"active": "yes"}}, "true or false"),
    ],
)
def test_a_record_that_does_not_fit_refuses_the_whole_call(basware: Any, changes: Any, sentence: str) -> None:
    batch = [basware.vendor("V-1"), basware.vendor("V-2", **changes)]
    status, code, message = basware.refused("POST", "/v1/vendors", batch)
    assert (status, code) == (400, "SCHEMA_VALIDATION_ERROR")
    assert sentence in message
    assert basware.raw("GET", "/v1/vendors").status_code == 404


def test_batches_have_a_limit_and_records_one_place(basware: Any) -> None:
    many = [basware.account(str(number)) for number in range(501)]
    assert basware.refused("POST", "/v1/accounts", many)[:2] == (400, "PARAMETER_VALIDATION_ERROR")
    assert basware.refused("POST", "/v1/vendors", [basware.vendor(str(n)) for n in range(201)])[0] == 400
    assert basware.refused("POST", "/v1/accounts", many[:2] + many[:1])[:2] == (409, "CONFLICT_IN_POST")
    assert basware.refused("POST", "/v1/accounts", {})[0] == 400
    assert basware.refused("POST", "/v1/accounts", b"[{")[0] == 400
    assert basware.raw("POST", "/v1/accounts", b" " * (6 * 1024 * 1024 + 1)).status_code == 413
    assert basware.raw("POST", "/v1/accounts", many[:500]).status_code == 200


def test_a_post_replaces_and_a_patch_merges(basware: Any) -> None:
    basware.post("/v1/vendors", basware.vendor(description="Paper and board"))
    basware.advance(5)
    basware.call("PATCH", "/v1/vendors/ext-V-1001", {**basware.vendor(), "sourceSystem": "ZB", "description": None})
    assert basware.get("/v1/vendors/ext-V-1001")["description"] == "Paper and board"
    assert basware.refused("PATCH", "/v1/vendors/ext-V-1001", {"name": "New"})[1] == "SCHEMA_VALIDATION_ERROR"
    mismatch = basware.refused("PATCH", "/v1/vendors/ext-V-1001", basware.vendor("V-2"))
    assert mismatch[:2] == (400, "EXTERNAL_CODE_MISMATCH")
    assert basware.raw("PATCH", "/v1/vendors/nobody", basware.vendor()).status_code == 404
    basware.advance(5)
    basware.post("/v1/vendors", basware.vendor())
    assert {"description", "sourceSystem"} & set(basware.get("/v1/vendors/ext-V-1001")) == set()


def test_what_has_not_changed_is_not_sent_on_even_if_p2p_lacks_it(basware: Any) -> None:
    first = basware.post("/v1/vendors", basware.vendor(paymentTerms={"paymentTermCode": "NET45"}))
    assert basware.outcome(first) == [("Error", "Record skipped: payment term NET45 does not exist")]
    term = {
        "externalCode": "term-45",
        "paymentTermCode": "NET45",
        "paymentTermNames": [{"language": "en-US", "translation": "Net 45"}],
        "validFrom": "2020-01-01T00:00:00Z",
        "validTo": "2099-01-01T00:00:00Z",
        "companies": [{"companyCode": "1000", "inherit": False, "active": True}],
    }
    assert basware.outcome(basware.post("/v1/paymentTerms", term)) == [("Success", "")]
    again = basware.post("/v1/vendors", basware.vendor(paymentTerms={"paymentTermCode": "NET45"}))
    assert basware.outcome(again) == [("NotProcessed", "")]
    assert basware.standin.store.get("p2p_vendors", "ext-V-1001") is None
    touched = basware.vendor(paymentTerms={"paymentTermCode": "NET45"}, description="again")
    assert basware.outcome(basware.post("/v1/vendors", touched)) == [("Success", "")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"companies": [{"companyCode": "9999"}]}, "company code 9999 is unknown"),
        ({"companies": []}, "no company is assigned"),
        ({"paymentMeans": [{"paymentMeansCode": "W", "currencyCode": "JPY"}]}, "currency JPY is not active"),
        ({"vendorClass": "gold"}, "vendor class gold is not configured"),
    ],
)
def test_p2p_refuses_what_it_does_not_know(basware: Any, changes: Any, sentence: str) -> None:
    (status, said) = basware.outcome(basware.post("/v1/vendors", basware.vendor(**changes)))[0]
    assert status == "Error"
    assert sentence in said


def test_one_code_belongs_to_one_record_of_a_company(basware: Any) -> None:
    basware.outcome(basware.post("/v1/vendors", basware.vendor()))
    other = basware.vendor(externalCode="another")
    assert basware.outcome(basware.post("/v1/vendors", other))[0][0] == "Error"
    elsewhere = basware.vendor(externalCode="another", companies=[{"companyCode": "2000"}])
    assert basware.outcome(basware.post("/v1/vendors", elsewhere))[0][0] == "Success"


def test_a_vendor_typed_into_p2p_is_not_in_the_api_and_is_taken_over_by_its_code(basware: Any) -> None:
    assert basware.raw("GET", "/v1/vendors").status_code == 404
    typed = basware.screen("p2p_vendors", vendorCode="V-77", name="Typed Ltd", companies=[{"companyCode": "1000"}])
    assert basware.raw("GET", "/v1/vendors").status_code == 404
    assert basware.outcome(basware.post("/v1/vendors", basware.vendor("V-77"))) == [("Success", "")]
    assert basware.standin.store.get("p2p_vendors", typed["typed"]) is None
    basware.switch(typed_code="refuse")
    assert basware.outcome(basware.post("/v1/vendors", basware.vendor("V-9001")))[0][0] == "Error"


def test_a_change_made_in_p2p_is_not_seen_and_survives_a_record_posted_again(basware: Any) -> None:
    basware.outcome(basware.post("/v1/vendors", basware.vendor()))
    basware.screen("p2p_vendors", id="ext-V-1001", name="Changed in P2P")
    assert basware.get("/v1/vendors/ext-V-1001")["name"] == "Alder Paper Ltd"
    basware.outcome(basware.post("/v1/vendors", basware.vendor()))
    assert basware.standin.store.get("p2p_vendors", "ext-V-1001")["name"] == "Changed in P2P"


def test_of_two_versions_within_a_second_the_first_expires(basware: Any) -> None:
    first = basware.post("/v1/vendors", basware.vendor())
    second = basware.post("/v1/vendors", basware.vendor(name="Alder Board Ltd"))
    assert basware.outcome(first)[0][0] == "RecordExpired"
    assert basware.outcome(second) == [("Success", "")]


def test_what_becomes_of_a_record_can_be_said_in_advance(basware: Any) -> None:
    basware.screen("outcomes", entityType="Vendor", status="Warning", message="Address was not saved.")
    basware.screen("outcomes", entityType="Account", status="Error", message="Deadlock", category="Technical")
    basware.screen("outcomes", entityType="CostCenter", status="Success", settle_s=120)
    assert basware.outcome(basware.post("/v1/vendors", basware.vendor())) == [("Warning", "Address was not saved.")]
    assert basware.outcome(basware.post("/v1/accounts", basware.account())) == [("Error", "Deadlock")]
    center = {
        "externalCode": "cc-1",
        "costCenterCode": "330",
        "costCenterNames": [{"language": "en-US", "translation": "Lab"}],
        "companies": [{"companyCode": "1000", "active": True}],
    }
    slow = basware.post("/v1/costCenters", center)
    assert basware.outcome(slow) == [("InProgress", "")]
    basware.advance(120)
    assert basware.outcome(slow) == [("Success", "")]


def test_requests_are_listed_by_error_and_acknowledged_once(basware: Any) -> None:
    assert basware.raw("GET", "/v1/requestStatus").status_code == 404
    good = basware.post("/v1/vendors", basware.vendor())
    bad = basware.post(
        "/v1/accounts", basware.account(companies=[{"companyCode": "9", "inherit": True, "active": True}])
    )
    basware.advance(3)
    assert [one["requestId"] for one in basware.get("/v1/requestStatus")["requestStatus"]] == [bad]
    vendors = basware.get("/v1/requestStatus", entityType="Vendor")["requestStatus"]
    assert [(one["requestId"], one["requestStatus"]) for one in vendors] == [(good, "Success")]
    told = basware.get("/v1/errorFeedbacks/Account/acc-6200")["errorList"][0]
    assert (told["requestId"], told["errors"]) == (bad, ["Record skipped: company code 9 is unknown"])
    basware.call("POST", "/v1/requestStatus/acknowledge", {"requestIds": [good, bad]})
    assert basware.status(bad)["requestStatus"] == "AcknowledgedError"
    assert basware.refused("POST", "/v1/requestStatus/acknowledge", {"requestIds": [bad]})[0] == 405
    assert basware.raw("POST", "/v1/requestStatus/acknowledge", {"requestIds": ["none"]}).status_code == 404


def test_lists_are_paged_by_a_header_and_filtered(basware: Any) -> None:
    records = [basware.account(str(6300 + number)) for number in range(5)]
    basware.post("/v1/accounts", *records)
    first = basware.raw("GET", "/v1/accounts", params={"pageSize": 2})
    token = first.headers["X-amz-meta-continuationToken"]
    assert [one["accountCode"] for one in first.json()["accounts"]] == ["6300", "6301"]
    header = {"x-amz-meta-continuationtoken": token}
    second = basware.raw("GET", "/v1/accounts", params={"pageSize": 2}, headers=header)
    assert [one["accountCode"] for one in second.json()["accounts"]] == ["6302", "6303"]
    last = {"x-amz-meta-continuationtoken": second.headers["X-amz-meta-continuationToken"]}
    third = basware.raw("GET", "/v1/accounts", params={"pageSize": 2}, headers=last)
    assert [one["accountCode"] for one in third.json()["accounts"]] == ["6304"]
    assert "X-amz-meta-continuationToken" not in third.headers
    assert basware.refused("GET", "/v1/accounts", params={"pageSize": 3}, headers=header)[0] == 400
    assert basware.refused("GET", "/v1/accounts", params={"pageSize": 501})[1] == "PARAMETER_VALIDATION_ERROR"
    assert basware.raw("GET", "/v1/accounts", params={"companyCode": "2000"}).status_code == 404
    newest = records[-1] and basware.get("/v1/accounts/acc-6304")["lastUpdated"]
    assert basware.raw("GET", "/v1/accounts", params={"lastUpdated": newest}).status_code == 404
    assert len(basware.get("/v1/accounts", lastUpdated="2026-03-16T09:29:59Z")["accounts"]) == 5


def test_items_of_lists_belong_to_their_list(basware: Any) -> None:
    item = {"externalCode": "x1", "text_1": "Plant A", "companies": [{"companyCode": "1000", "active": True}]}
    assert basware.outcome(basware.post("/v1/lists/ACC_LIST_1", item)) == [("Success", "")]
    assert basware.get("/v1/lists/ACC_LIST_1")["listItems"][0]["text_1"] == "Plant A"
    assert basware.raw("GET", "/v1/lists/ACC_LIST_2").status_code == 404
    assert basware.refused("GET", "/v1/lists/ACC_LIST_36")[0] == 400
    wide = basware.post("/v1/lists/ACC_LIST_1", {**item, "text_9": "too far"})
    assert basware.outcome(wide) == [("Warning", "Columns not in use were dropped: text_9.")]


def test_an_answer_that_is_lost_has_done_its_work_and_the_same_again_does_nothing(basware: Any) -> None:
    basware.fault("POST /v1/vendors", "commit_then_500")
    assert basware.raw("POST", "/v1/vendors", [basware.vendor()]).status_code == 500
    assert basware.outcome(basware.post("/v1/vendors", basware.vendor())) == [("NotProcessed", "")]
    writes = [entry for entry in basware.control("GET", "log?type=vendors") if entry["op"] == "create"]
    assert len(writes) == 1
    assert basware.standin.store.get("p2p_vendors", "ext-V-1001") is not None


def test_the_good_records_of_a_batch_may_be_taken_without_the_bad_one(basware: Any) -> None:
    basware.switch(one_bad_record="rest")
    batch = [basware.account("6300"), basware.account("6301", accountNames=None)]
    assert [one["accountCode"] for one in basware.raw("POST", "/v1/accounts", batch).json()] == ["6300"]


def test_an_email_for_orders_is_lower_case_and_bank_accounts_are_unique(basware: Any) -> None:
    shouting = basware.vendor(orderingDetails={"orderingFormat": "email", "orderEmail": "Orders@alder.example"})
    assert "lower-case" in basware.refused("POST", "/v1/vendors", [shouting])[2]
    bank = {"financialAccountIdentifiers": [{"schemeId": "IBAN", "id": "FI2112345600000785"}]}
    means = [{"paymentMeansCode": "WIRE", "currencyCode": "USD", "financialAccounts": [bank, bank]}]
    told = basware.outcome(basware.post("/v1/vendors", basware.vendor(paymentMeans=means)))
    assert told == [("Error", "Record skipped: bank account FI2112345600000785 is there twice")]


def test_a_currency_that_people_switch_on_is_good_from_then_on(basware: Any) -> None:
    rate = {
        "externalCode": "r-1",
        "currencyCodeFrom": "EUR",
        "currencyCodeTo": "CHF",
        "rate": Decimal("0.95"),
        "validFrom": "2026-03-01T00:00:00Z",
        "companies": [{"companyCode": "1000", "active": True}],
    }
    told = basware.outcome(basware.post("/v1/exchangeRates", rate))
    assert told == [("Error", "Record skipped: currency CHF is not active")]
    basware.screen("currencies", code="CHF")
    changed = {**rate, "rate": Decimal("0.96")}
    assert basware.outcome(basware.post("/v1/exchangeRates", changed)) == [("Success", "")]
    project = {
        "externalCode": "p-1",
        "projectCode": "P1",
        "projectName": "Quay",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "companies": [{"companyCode": "1000", "active": True}],
    }
    assert basware.outcome(basware.post("/v2/projects", project)) == [("Success", "")]


def test_a_vendor_that_another_client_posted_is_in_the_api_and_in_p2p_at_once(basware: Any) -> None:
    basware.screen("vendors", **basware.vendor("V-5"))
    assert basware.get("/v1/vendors")["vendorEntities"][0]["vendorCode"] == "V-5"
    assert basware.standin.store.get("p2p_vendors", "ext-V-5") is not None
    id = basware.invoice("X-1", supplierCode="V-5")
    assert basware.document(id)["supplierName"] == "Alder Paper Ltd"
