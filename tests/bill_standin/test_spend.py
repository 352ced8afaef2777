from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from mlc_sandbox.bill.app import BillStandIn
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.wirejson import loads

D = Decimal


def rows(reply: Any) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    return loads(reply.content)["results"]


@pytest.fixture
def cards(bill: Any) -> Any:
    """Three card uses, ten days apart, one of them cleared."""
    budget = rows(bill.spend("GET", "/budgets"))[0]["uuid"]
    for day, amount in (("2026-02-01", 10), ("2026-02-11", 20), ("2026-02-21", 30)):
        moment = f"{day}T00:00:00.000+00:00"
        made = bill.screen("spend_transactions", amount=amount, budgetId=budget, occurredTime=moment)
    bill.screen("spend_transactions", id=made["id"], action="clear", amount=D("33.00"))
    bill.budget = budget
    return bill


def test_the_api_token_stands_alone(bill: Any) -> None:
    assert bill.spend("GET", "/users/current").json()["role"] == "ADMIN"
    refused = bill.http.get("/connect/v3/spend/users/current", headers={"apiToken": "other"})
    assert (refused.status_code, refused.json()[0]["code"]) == (401, "BDC_1109")
    assert bill.refused("GET", "/spend/users/current")[0] == 401  # a session does not help
    bill.screen("tokens", action="revoke", apiToken="se_demo_1")
    assert bill.spend("GET", "/users/current").status_code == 401


def test_sixty_calls_a_minute(bill: Any) -> None:
    assert {bill.spend("GET", "/users/current").status_code for _ in range(60)} == {200}
    assert bill.spend("GET", "/users/current").status_code == 429
    bill.advance(60)
    assert bill.spend("GET", "/users/current").status_code == 200


def test_cursors_go_back_as_next_page_and_page_is_ignored(cards: Any) -> None:
    first = loads(cards.spend("GET", "/transactions", params={"max": 2, "sort": "amount:asc"}).content)
    again = loads(
        cards.spend("GET", "/transactions", params={"max": 2, "sort": "amount:asc", "page": first["nextPage"]}).content
    )
    assert again == first
    follow = {"max": 2, "sort": "amount:asc", "nextPage": first["nextPage"]}
    assert [row["amount"] for row in rows(cards.spend("GET", "/transactions", params=follow))] == [30, D("33.00")]
    assert cards.spend("GET", "/transactions", params={"max": 51}).status_code == 400
    assert cards.spend("GET", "/transactions", params={"sort": "amount:asc,merchantName:asc"}).status_code == 400


def test_transactions_filter_by_day_and_lte_means_the_start_of_it(cards: Any) -> None:
    def amounts(filters: str) -> list[Any]:
        return [row["amount"] for row in rows(cards.spend("GET", "/transactions", params={"filters": filters}))]

    assert amounts("occurredTime:gte:2026-02-11,occurredTime:lte:2026-02-21") == [20, 30]
    assert amounts(f"budgetId:eq:{cards.budget}") == [10, 20, 30, D("33.00")]
    assert amounts("syncStatus:eq:SYNCED") == []
    for bad in ("occurredTime:gte:2026-02-11T00:00:00Z", "status:eq:COMPLETE", "occurredTime:eq:2026-02-11"):
        assert cards.spend("GET", "/transactions", params={"filters": bad}).status_code == 400
    twice = [("filters", "syncStatus:eq:SYNCED"), ("filters", f"budgetId:eq:{cards.budget}")]
    assert rows(cards.spend("GET", "/transactions", params=twice)) == []


def test_clearing_makes_a_record_of_its_own_that_points_back(cards: Any) -> None:
    found = rows(cards.spend("GET", "/transactions", params={"sort": "amount:desc"}))
    clear, authorised = found[0], found[1]
    assert (clear["transactionType"], clear["status"], clear["amount"]) == ("CLEAR", "COMPLETE", D("33.00"))
    assert clear["originalAuthTransactionUuid"] == authorised["uuid"] != clear["uuid"]
    assert cards.spend("GET", f"/transactions/{clear['uuid']}").json()["id"] == clear["id"]
    other = rows(cards.spend("GET", "/budgets"))[1]["uuid"]
    assert cards.spend("PUT", f"/transactions/{clear['id']}", {"budgetId": other}).json()["budgetUuid"] == other
    assert cards.spend("POST", "/transactions", {"amount": 5}).status_code == 404


def reimbursement(bill: Any, **changes: Any) -> dict[str, Any]:
    url = bill.spend("POST", "/reimbursements/image-upload-url").json()["url"]
    bill.http.put(url, content=b"\xff\xd8jpeg", headers={"content-type": "image/jpeg"})
    user, budget = rows(bill.spend("GET", "/users"))[1]["uuid"], rows(bill.spend("GET", "/budgets"))[0]["uuid"]
    told = {"userId": user, "budgetId": budget, "amount": D("42.50"), "note": "Lunch", "merchantName": "Corner Cafe"}
    return {**told, "occurredDate": "2026-03-12", "receipts": [{"url": url, "filename": "lunch.jpg"}], **changes}


def test_a_reimbursement_needs_everything_and_a_receipt_that_was_uploaded(bill: Any) -> None:
    made = bill.spend("POST", "/reimbursements", reimbursement(bill))
    assert made.status_code == 200
    assert (made.json()["status"], made.json()["type"]) == ("AWAITING_APPROVAL", "PURCHASE")
    for name in ("userId", "budgetId", "amount", "note", "merchantName", "occurredDate", "receipts"):
        assert bill.spend("POST", "/reimbursements", reimbursement(bill, **{name: None})).status_code == 400
    nowhere = [{"url": "https://upload.example/abc", "filename": "lunch.jpg"}]
    assert bill.spend("POST", "/reimbursements", reimbursement(bill, receipts=nowhere)).status_code == 400
    body = reimbursement(bill)
    body["receipts"][0]["filename"] = "lunch.pdf"
    assert bill.spend("POST", "/reimbursements", body).status_code == 400
    assert len(rows(bill.spend("GET", "/reimbursements"))) == 1


def test_a_reimbursement_is_acted_on_paid_and_deleted(bill: Any) -> None:
    made = bill.spend("POST", "/reimbursements", reimbursement(bill)).json()
    path = f"/reimbursements/{made['uuid']}"
    assert bill.spend("POST", f"{path}/action", {"action": "APPROVE", "note": "ok"}).json()["status"] == "APPROVED"
    assert bill.spend("POST", f"{path}/action", {"action": "DENY"}).status_code == 400
    assert bill.spend("DELETE", path).status_code == 400
    paid = bill.screen("spend_reimbursements", id=made["uuid"], action="set_status", status="PAID")
    assert [one["status"] for one in paid["statusHistory"]] == ["AWAITING_APPROVAL", "APPROVED", "PAID"]
    other = bill.spend("POST", "/reimbursements", reimbursement(bill)).json()
    assert bill.spend("PATCH", f"/reimbursements/{other['id']}", {"note": "Dinner"}).json()["note"] == "Dinner"
    assert bill.spend("DELETE", f"/reimbursements/{other['id']}").json()["retired"] is True
    kept = rows(bill.spend("GET", "/reimbursements", params={"filters": "retired:eq:false"}))
    assert [row["uuid"] for row in kept] == [made["uuid"]]


def test_budgets_that_the_list_omits_can_still_be_read(bill: Any) -> None:
    everything = rows(bill.spend("GET", "/budgets"))
    bill.switch(budgets_listed="some")
    missing = {row["uuid"] for row in everything} - {row["uuid"] for row in rows(bill.spend("GET", "/budgets"))}
    assert len(missing) == 1
    assert bill.spend("GET", f"/budgets/{missing.pop()}").status_code == 200


def test_the_same_seed_gives_the_same_two_organisations() -> None:
    def records() -> dict[str, list[Any]]:
        standin = BillStandIn(company=make_company(7, 120))
        return {kind: standin.store.all(kind) for kind in standin.store.types() if kind not in ("organizations",)}

    first = records()
    stamps = ("createdTime", "updatedTime", "statusChangedTime")
    again = records()
    assert {kind: len(found) for kind, found in first.items()} == {kind: len(found) for kind, found in again.items()}
    for kind in ("vendors", "bills", "payments", "vendor_credits", "spend_transactions"):
        bare = [[{k: v for k, v in row.items() if k not in stamps} for row in found[kind]] for found in (first, again)]
        assert bare[0] == bare[1], kind
    orgs = {row["organizationId"] for row in first["bills"]}
    assert len(orgs) == 2
    currencies = {row["billCurrency"] for row in first["vendors"]}
    assert {"USD", "EUR", "GBP"} <= currencies
    assert {row["paymentStatus"] for row in first["bills"]} == {"UNPAID", "SCHEDULED", "PAID"}
    assert first["vendor_credits"]
