"""What stands around P2P: extracts, the Network, and the seeded company."""

from __future__ import annotations

import gzip
from collections import Counter
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlc_sandbox.basware.app import BaswareStandIn
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.wirejson import loads

from .conftest import BASIC


def fetched(basware: Any, extract: str, table: str) -> Any:
    for one in basware.get(f"/v1/dataExtracts/{extract}"):
        if one["tableName"] == table:
            parts = urlsplit(one["downloadUrl"])
            return loads(gzip.decompress(basware.final(f"{parts.path}?{parts.query}").content))
    return []


def test_vendors_born_in_p2p_are_seen_in_the_extracts(basware: Any) -> None:
    first = basware.screen("dataExtracts", type="Initial")["id"]
    rows = fetched(basware, first, "ADM_SUPPLIER")
    assert [(row["SUPPLIER_CODE"], row["EXTERNAL_CODE"]) for row in rows] == [("V-9001", None)]
    basware.advance(60)
    basware.screen("p2p_vendors", vendorCode="V-77", name="Typed Ltd", companies=[{"companyCode": "2000"}])
    second = basware.screen("dataExtracts", type="Delta")["id"]
    assert [row["SUPPLIER_CODE"] for row in fetched(basware, second, "ADM_SUPPLIER")] == ["V-77"]
    assert basware.raw("POST", f"/v1/dataExtracts/{first}/acknowledge").json()["succeeded"] is True
    waiting = basware.get("/v1/dataExtracts", processingStatus="WaitingForExport")
    assert [one["id"] for one in waiting] == [second]
    assert basware.raw("GET", "/v1/dataExtracts/none").json() == {"detail": "Not Found"}


def test_a_file_is_fetched_five_times_and_no_more(basware: Any) -> None:
    extract = basware.screen("dataExtracts", type="Initial")["id"]
    url = basware.get(f"/v1/dataExtracts/{extract}")[0]["downloadUrl"]
    codes = [basware.raw("GET", url).status_code for _ in range(6)]
    assert codes == [302] * 5 + [403]
    names = {one["Table name"] for one in basware.get("/v1/dataExtracts/specification/tableDefinition")}
    assert "ADM_SUPPLIER" in names


def test_an_invoice_is_sent_to_the_network_once_however_often_its_token_comes(basware: Any) -> None:
    party = {"partyName": "Harbour"}
    data = {"id": "S-1", "issueDate": "2026-03-01", "accountingSupplierParty": party, "accountingCustomerParty": party,
            "legalMonetaryTotal": {"payableAmount": {"currencyId": "EUR", "amount": Decimal("12.50")}},
            "invoiceLine": [{"id": "1"}]}  # fmt: skip
    body = {"clientToken": "7a0d3b51-1d0e-4d1b-9a55-0f6f1f0d9c11", "data": data}
    sent = [basware.http.post("/v1/invoices", json=_plain(body), auth=BASIC).json()["bumId"] for _ in range(2)]
    assert sent[0] == sent[1]
    assert basware.http.get(f"/v1/invoices/{sent[0]}", auth=BASIC).json()["data"]["id"] == "S-1"
    image = {"refId": "i-1", "fileType": "imageFile"}
    more = _plain({**body, "clientToken": "8a0d3b51-1d0e-4d1b-9a55-0f6f1f0d9c11", "fileRefs": [image]})
    (link,) = basware.http.post("/v1/invoices", json=more, auth=BASIC).json()["links"]
    assert basware.http.get(link["href"], auth=BASIC).content.startswith(b"%PDF")
    assert basware.http.get("/v2/files/none", auth=BASIC).status_code == 404
    assert basware.raw("POST", "/v1/invoices", body).status_code == 401
    wrong = basware.http.post("/v1/invoices", json={"clientToken": "t", "data": {}}, auth=BASIC)
    fields = {one["fieldId"] for one in wrong.json()["errors"]["validationErrors"]}
    assert "data.invoiceLine" in fields


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return float(value) if isinstance(value, Decimal) else value


def test_the_seeded_company_stands_in_p2p_and_its_invoices_add_up() -> None:
    company = make_company(7, 40)
    standin = stand_in_class("basware")(company=company)
    assert isinstance(standin, BaswareStandIn)
    store = standin.store
    assert store.count("vendors") == store.count("accounts") == 0
    invoices = {row["invoiceId"]: row for row in store.all("p2p_invoices")}
    assert set(invoices) == {bill.uuid for bill in company.bills}
    for bill in company.bills:
        row = invoices[bill.uuid]
        assert (row["grossSum"], row["currencyCode"]) == (bill.total, bill.currency)
        assert row["netSum"] + row["taxSum1"] == row["grossSum"]
        assert standin.p2p.of_code("vendors", row["supplierCode"])
    off = [row for row in invoices.values() if sum(one["netTotal"] for one in row["codingRows"]) != row["netSum"]]
    assert len(off) <= 1  # the one whose parts were typed wrong
    seen = Counter(row["processingStatus"] for row in store.all("accountingDocuments"))
    assert seen["WaitingForTransfer"] > seen["Paid"] > 0
    assert {row["companyCode"] for row in invoices.values()} == {"1000", "2000"}
    again = BaswareStandIn(company=make_company(7, 40))
    assert [row["codingRows"] for row in again.store.all("p2p_invoices")] == [
        row["codingRows"] for row in store.all("p2p_invoices")
    ]


@pytest.mark.parametrize(
    ("kind", "change", "sentence"),
    [
        ("p2p_vendors", {"vendorCode": "a", "name": "b", "companies": [1]}, "companies[0]"),
        ("p2p_vendors", {"vendorCode": "a", "name": "b", "companies": [{"companyCode": "9"}]}, "no company 9"),
        ("invoices", {"companyCode": "1000", "supplierCode": "V-9001", "currencyCode": "USD", "state": "Nope"}, "Nope"),
        ("invoices", {"id": "none", "action": "approve"}, "no invoice none"),
        ("invoices", {"companyCode": "1000"}, "supplierCode"),
        ("outcomes", {"status": "Lost"}, "Success, Error, Warning, RecordExpired"),
        ("lists", {"listKey": "ACC_LIST_99", "externalCode": "x"}, "listKey"),
        ("payments", {}, "no screen for payments"),
    ],
)
def test_what_the_screens_do_not_offer_is_refused_and_leaves_nothing(
    basware: Any, kind: str, change: Any, sentence: str
) -> None:
    before = len(basware.standin.log)
    reply = basware.http.post(f"/_sandbox/objects/{kind}", json=change)
    assert (reply.status_code, len(basware.standin.log)) == (400, before)
    assert sentence in reply.json()["error"]
