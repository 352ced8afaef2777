from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import Company

Q = "2026-03-31"


def test_a_bill_is_added_up_and_dated(qbo: Company) -> None:
    term = qbo.ids("select * from Term where Name = 'Net 30'")[0]
    made = qbo.bill(qbo.vendor()["Id"], "NB-1", qbo.line(), qbo.line("9.50"), SalesTermRef={"value": term}, TotalAmt=1)
    assert (made["TotalAmt"], made["Balance"], made["HomeBalance"]) == (130, 130, 130)
    assert (made["TxnDate"], made["DueDate"]) == ("2026-03-16", "2026-04-15")
    assert [(line["Id"], line["LineNum"]) for line in made["Line"]] == [("1", 1), ("2", 2)]
    assert made["APAccountRef"]["name"] == "Accounts Payable"
    assert made["Line"][0]["AccountBasedExpenseLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert "ExchangeRate" not in made


def test_lines_that_are_left_out_are_dropped(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    made = qbo.bill(vendor, "NB-1", qbo.line(Description="Paper"), qbo.line("9.50"))
    head = {"Id": "1", "SyncToken": "0", "sparse": True}
    assert qbo.refused("Bill", {**head, "PrivateNote": "x"}) == "2020"  # VendorRef all the same
    kept = qbo.post("Bill", {**head, "VendorRef": {"value": vendor}, "PrivateNote": "x"})
    assert (len(kept["Line"]), kept["DocNumber"], kept["TotalAmt"]) == (2, "NB-1", 130)
    one = {**qbo.line("5"), "Id": made["Line"][0]["Id"]}
    fresh = {**qbo.line("6"), "Id": "-1"}
    head["SyncToken"] = "1"
    after = qbo.post("Bill", {**head, "VendorRef": {"value": vendor}, "Line": [one, fresh]})
    assert [line["Id"] for line in after["Line"]] == ["1", "3"]
    assert "Description" not in after["Line"][0]
    assert after["TotalAmt"] == 11
    qbo.advance(86_400)
    qbo.mint()
    full = qbo.post("Bill", {**qbo.bill_body(vendor, ""), "Id": "1", "SyncToken": "2"})
    assert full["TxnDate"] == "2026-03-17"  # left out: the server's day, as at first
    assert "PrivateNote" not in full
    assert "DocNumber" not in full


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("2020", {"Line": []}),
        ("2020", {"VendorRef": None}),
        ("2020", {"Line": [{"Amount": 5}]}),
        ("2120", {"Line": [{"Amount": 5, "DetailType": "DescriptionOnly", "DescriptionLineDetail": [1]}]}),
        ("2170", {"Line": [{"Amount": 5, "DetailType": "SalesItemLineDetail"}]}),
        ("6440", {"Line": [{"Amount": 5, "DetailType": "AccountBasedExpenseLineDetail"}]}),
        ("2050", {"DocNumber": "x" * 22}),
        ("2050", {"PrivateNote": "x" * 4001}),
        ("2060", {"TxnDate": "16.03.2026"}),
        ("2010", {"GlobalTaxCalculation": "TaxExcluded"}),
        ("2010", {"ClassRef": {"value": "1"}}),
        ("2500", {"VendorRef": {"value": "77"}}),
        ("2500", {"DepartmentRef": {"value": "77"}}),
        ("6000", {"CurrencyRef": {"value": "EUR"}}),
    ],
)
def test_bills_that_are_refused(qbo: Company, code: str, fields: dict[str, Any]) -> None:
    body = {**qbo.bill_body(qbo.vendor()["Id"]), **fields}
    assert qbo.refused("Bill", body) == code
    assert qbo.query("select count(*) from Bill") == {"totalCount": 0}


def test_lines_that_are_refused(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    item = {"value": qbo.ids("select * from Item")[0]}

    def code(line: dict[str, Any]) -> str:
        return qbo.refused("Bill", qbo.bill_body(vendor, "X", line))

    assert code(qbo.line(account="Accounts Payable")) == "6430"
    assert code(qbo.line(detail={"DepartmentRef": {"value": "1"}})) == "2010"
    assert code(qbo.line(detail={"TaxCodeRef": {"value": "5"}})) == "6100"
    assert code(qbo.line(detail={"BillableStatus": "Billable"})) == "6310"
    assert code(qbo.line("-1")) == "6000"  # the total
    assert code(qbo.line("1234567890123456")) == "2110"
    detail = {"ItemRef": item, "Qty": 3, "UnitPrice": Decimal("1.25")}
    wrong = {"DetailType": "ItemBasedExpenseLineDetail", "Amount": 4, "ItemBasedExpenseLineDetail": detail}
    assert code(wrong) == "6070"
    qbo.switch(amount_mismatch="recompute")
    assert qbo.bill(vendor, "X", wrong)["TotalAmt"] == Decimal("3.75")
    text = {"DetailType": "ItemBasedExpenseLineDetail", "Amount": 4, "ItemBasedExpenseLineDetail": {}}
    assert qbo.bill(vendor, "Y", text)["TotalAmt"] == 0
    account = qbo.account("Freight")["value"]
    row = qbo.get("Account", account)
    qbo.post("Account", {**row, "Active": False})
    assert code({**qbo.line(), "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}}}) == "610"
    qbo.switch(inactive_reference="2500")
    assert code({**qbo.line(), "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}}}) == "2500"


def test_dimensions_that_are_off(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    made = qbo.bill(vendor, "A", qbo.line(detail={"ClassRef": {"value": "1"}}), DepartmentRef={"value": "2"})
    assert made["DepartmentRef"] == {"value": "2", "name": "Plant"}
    qbo.screen("Preferences", AccountingInfoPrefs={"TrackDepartments": False, "ClassTrackingPerTxnLine": False})
    body = qbo.bill_body(vendor, "B", DepartmentRef={"value": "2"})
    assert qbo.refused("Bill", body) == "5030"
    qbo.switch(untracked_dimension="drop")
    assert "DepartmentRef" not in qbo.post("Bill", body)


def test_document_numbers(qbo: Company) -> None:
    first, second = qbo.vendor("A")["Id"], qbo.vendor("B")["Id"]
    qbo.bill(first, "N-1")
    assert qbo.refused("Bill", qbo.bill_body(first, "n-1")) == "6140"
    assert qbo.bill(second, "N-1")["Id"] == "2"
    qbo.switch(duplicate_scope="company")
    assert qbo.refused("Bill", qbo.bill_body(second, "N-1")) == "6140"
    assert qbo.post("Bill", qbo.bill_body(second, "N-1"), include="allowduplicatedocnum")["Id"] == "3"
    payable = qbo.account("Accounts Payable")
    assert "DocNumber" not in qbo.post("PurchaseOrder", {**qbo.bill_body(first, ""), "APAccountRef": payable})
    qbo.screen("Preferences", UseCustomTxnNumbers=False)
    assert qbo.post("PurchaseOrder", {**qbo.bill_body(first, ""), "APAccountRef": payable})["DocNumber"] == "1001"


def test_closed_books(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    bill = qbo.bill(vendor, "A", TxnDate="2026-01-31")
    qbo.screen("Preferences", BookCloseDate="2026-01-31")
    assert qbo.call("GET", "/preferences")["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-01-31"
    closed = qbo.bill_body(vendor, "B", TxnDate="2026-01-31")
    assert qbo.refused("Bill", closed) == "6200"
    moved = {**qbo.bill_body(vendor, "A", TxnDate="2026-02-01"), "Id": bill["Id"], "SyncToken": "0"}
    assert qbo.refused("Bill", moved) == "6200"  # where it stood counts as well
    assert qbo.refused("Bill", {"Id": bill["Id"], "SyncToken": "0"}, operation="delete") == "6200"
    qbo.screen("Preferences", password="4711")
    assert qbo.refused("Bill", closed) == "6210"
    assert qbo.screen("Bill", id=bill["Id"], PrivateNote="late", password="4711")["SyncToken"] == "1"
    assert qbo.bill(vendor, "C", TxnDate="2026-02-01")["Id"]


def test_a_payment_moves_the_balance(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    bill = qbo.bill(vendor)
    paid = qbo.pay(vendor, "100", ("Bill", bill["Id"], "100"))
    after = qbo.get("Bill", bill["Id"])
    assert (after["Balance"], after["SyncToken"]) == (Decimal("20.50"), "1")
    assert after["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "BillPaymentCheck"}]
    assert qbo.get("Vendor", vendor)["Balance"] == Decimal("20.50")
    assert qbo.refused("BillPayment", qbo.payment_body(vendor, "21", ("Bill", bill["Id"], "21"))) == "6000"
    short = {**qbo.bill_body(vendor, "NB-2207", qbo.line("99")), "Id": bill["Id"], "SyncToken": "1"}
    assert qbo.refused("Bill", short) == "6000"
    void = {"Id": paid["Id"], "SyncToken": "0", "sparse": True}
    assert qbo.refused("BillPayment", void, operation="void") == "500"
    voided = qbo.post("BillPayment", void, operation="update", include="void")
    assert (voided["TotalAmt"], voided["Line"], voided["PrivateNote"]) == (0, [], "Voided")
    again = qbo.get("Bill", bill["Id"])
    assert again["Balance"] == Decimal("120.50")
    assert "LinkedTxn" not in again
    ops = [entry["op"] for entry in qbo.control("GET", "log?type=BillPayment&cause=request")]
    assert ops == ["create", "void"]


def test_what_a_payment_needs(qbo: Company) -> None:
    vendor, other = qbo.vendor("A")["Id"], qbo.vendor("B")["Id"]
    bill = qbo.bill(vendor)
    body = qbo.payment_body(vendor, "10", ("Bill", bill["Id"], "10"))
    assert qbo.refused("BillPayment", {**body, "TotalAmt": ""}) == "6000"
    assert qbo.refused("BillPayment", {**body, "PayType": ""}) == "2020"
    assert qbo.refused("BillPayment", {**body, "CheckPayment": {"BankAccountRef": qbo.account("Materials")}}) == "6430"
    assert qbo.refused("BillPayment", {**body, "TotalAmt": 5}) == "6000"
    assert qbo.refused("BillPayment", {**body, "VendorRef": {"value": other}}) == "620"
    assert qbo.refused("BillPayment", qbo.payment_body(vendor, "10", ("Bill", "9", "10"))) == "2500"
    assert qbo.refused("BillPayment", qbo.payment_body(vendor, "10", ("Invoice", "1", "10"))) == "620"
    assert qbo.pay(vendor, "15", ("Bill", bill["Id"], "10"))["TotalAmt"] == 15  # the rest is a credit


def test_a_paid_bill_that_is_deleted(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    bill = qbo.bill(vendor)
    paid = qbo.pay(vendor, "100", ("Bill", bill["Id"], "100"))
    head = {"Id": bill["Id"], "SyncToken": "1"}
    qbo.switch(delete_paid_bill="refuse")
    assert qbo.refused("Bill", head, operation="delete") == "6480"
    qbo.switch(delete_paid_bill="unlink")
    assert qbo.post("Bill", head, operation="delete") == {"Id": "1", "status": "Deleted", "domain": "QBO"}
    assert qbo.code("GET", "/bill/1") == "610"
    left = qbo.get("BillPayment", paid["Id"])
    assert (left["Line"], left["TotalAmt"]) == ([], 100)


def test_a_credit_is_used_by_a_payment_of_nothing(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    bill = qbo.bill(vendor)
    credit = qbo.post("VendorCredit", qbo.bill_body(vendor, "C-1", qbo.line("20")))
    assert credit["Balance"] == 20
    qbo.pay(vendor, "0", ("Bill", bill["Id"], "20"), ("VendorCredit", credit["Id"], "20"))
    assert qbo.get("Bill", bill["Id"])["Balance"] == Decimal("100.50")
    assert qbo.get("VendorCredit", credit["Id"])["Balance"] == 0
    assert qbo.get("Vendor", vendor)["Balance"] == Decimal("100.50")


def test_void_where_there_is_none(qbo: Company) -> None:
    bill = qbo.bill(qbo.vendor()["Id"])
    reply = qbo.raw("POST", "/bill", {"Id": bill["Id"], "SyncToken": "0"}, params={"operation": "void"})
    assert reply.status_code == 200
    assert reply.json()["Fault"]["type"] == "SystemFault"
    assert reply.json()["Fault"]["Error"][0]["code"] == "10000"
    told = qbo.call("POST", "/journalentry", {"Id": "1", "SyncToken": "0"}, params={"operation": "void"})
    assert told["BatchItemResponse"] == []
    assert qbo.get("Bill", bill["Id"]) == bill


def test_a_bill_line_is_linked_to_an_order_once(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    payable = qbo.account("Accounts Payable")
    assert qbo.refused("PurchaseOrder", qbo.bill_body(vendor, "PO-1")) == "2020"  # APAccountRef
    body = {**qbo.bill_body(vendor, "PO-1", qbo.line("50"), qbo.line("30")), "APAccountRef": payable}
    assert qbo.refused("PurchaseOrder", {**body, "DepartmentRef": {"value": "1"}}) == "2010"
    order = qbo.post("PurchaseOrder", body)
    assert order["POStatus"] == "Open"

    def linked(place: int, amount: str, **changes: Any) -> dict[str, Any]:
        link = {"TxnId": order["Id"], "TxnType": "PurchaseOrder", "TxnLineId": order["Line"][place]["Id"], **changes}
        return {**qbo.line(amount), "LinkedTxn": [link]}

    assert qbo.refused("Bill", qbo.bill_body(vendor, "B", linked(0, "50", TxnLineId=""))) == "2020"
    assert qbo.refused("Bill", qbo.bill_body(vendor, "B", linked(0, "50", TxnLineId="9"))) == "2500"
    assert qbo.refused("Bill", qbo.bill_body(qbo.vendor("Other")["Id"], "B", linked(0, "50"))) == "620"
    bill = qbo.bill(vendor, "B-1", linked(0, "50"), qbo.line("30"))
    assert bill["LinkedTxn"] == [{"TxnId": order["Id"], "TxnType": "PurchaseOrder"}]
    assert bill["SyncToken"] == "0"
    half = qbo.get("PurchaseOrder", order["Id"])
    assert (half["POStatus"], half["LinkedTxn"]) == ("Open", [{"TxnId": bill["Id"], "TxnType": "Bill"}])
    late = [bill["Line"][0], {**linked(1, "30"), "Id": bill["Line"][1]["Id"]}]
    update = {**qbo.bill_body(vendor, "B-1", *late), "Id": bill["Id"], "SyncToken": bill["SyncToken"]}
    assert qbo.refused("Bill", update) == "620"
    late[1]["Id"] = "77"  # an unknown id: a new line
    after = qbo.post("Bill", {**update, "Line": late})
    assert qbo.get("PurchaseOrder", order["Id"])["POStatus"] == "Closed"
    assert qbo.refused("Bill", qbo.bill_body(vendor, "B-2", linked(0, "1"))) == "620"
    qbo.post("Bill", {"Id": bill["Id"], "SyncToken": after["SyncToken"]}, operation="delete")
    open_again = qbo.get("PurchaseOrder", order["Id"])
    assert open_again["POStatus"] == "Open"
    assert "LinkedTxn" not in open_again


def test_journal_entries_balance(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]

    def line(side: str, amount: str, account: str, **detail: Any) -> dict[str, Any]:
        told = {"PostingType": side, "AccountRef": qbo.account(account), **detail}
        return {"DetailType": "JournalEntryLineDetail", "Amount": Decimal(amount), "JournalEntryLineDetail": told}

    party = {"Entity": {"Type": "Vendor", "EntityRef": {"value": vendor}}}
    debit = line("Debit", "100", "Materials", DepartmentRef={"value": "1"}, ClassRef={"value": "2"})
    assert qbo.refused("JournalEntry", {"Line": [debit, line("Credit", "99", "Accounts Payable", **party)]}) == "2300"
    assert qbo.refused("JournalEntry", {"Line": [debit, line("Credit", "100", "Accounts Payable")]}) == "6000"
    made = qbo.post("JournalEntry", {"Line": [debit, line("Credit", "100", "Accounts Payable", **party)]})
    assert made["TotalAmt"] == 0
    assert "DocNumber" not in made
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "JE-1"}
    assert len(qbo.post("JournalEntry", sparse)["Line"]) == 2
    twice = {"Line": made["Line"], "DocNumber": "JE-1"}
    assert qbo.refused("JournalEntry", twice) == "6140"
    qbo.pay(vendor, "60", ("JournalEntry", made["Id"], "60"))
    over = qbo.payment_body(vendor, "50", ("JournalEntry", made["Id"], "50"))
    assert qbo.refused("BillPayment", over) == "6000"


@pytest.fixture
def british(qbo: Company) -> Company:
    """A further company outside the US, behind its own connection."""
    told = qbo.screen("companies", name="Harbour Paper Ltd", country="GB", currency="GBP")
    qbo.realm, qbo.refresh_token = told["realmId"], told["refresh_token"]
    qbo.mint()
    return qbo


def test_taxes_outside_the_us(british: Company) -> None:
    qbo = british
    vendor = qbo.vendor()
    assert vendor["Id"] == "1"  # ids repeat between companies
    code = {"value": qbo.ids("select * from TaxCode where Name = '20.0% S'")[0]}
    taxed = qbo.line("100.03", detail={"TaxCodeRef": code})
    body = qbo.bill_body("1", "T-1", taxed)
    assert qbo.refused("Bill", body) == "2020"  # GlobalTaxCalculation
    assert qbo.refused("Bill", {**body, "GlobalTaxCalculation": "Fancy"}) == "2170"
    assert qbo.refused("Bill", {**qbo.bill_body("1", "T", qbo.line()), "GlobalTaxCalculation": "TaxExcluded"}) == "2020"
    made = qbo.post("Bill", {**body, "GlobalTaxCalculation": "TaxExcluded"})
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (Decimal("120.04"), Decimal("20.01"))
    told = {**body, "DocNumber": "T-2", "GlobalTaxCalculation": "TaxExcluded", "TxnTaxDetail": {"TotalTax": 20}}
    assert qbo.post("Bill", told)["TotalAmt"] == Decimal("120.03")
    inclusive = qbo.line("100", detail={"TaxCodeRef": code, "TaxInclusiveAmt": 120})
    more = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "VendorRef": {"value": "1"}}
    lines = [qbo.line("10", detail={"TaxCodeRef": code})]
    assert qbo.post("Bill", {**more, "Line": lines})["TotalAmt"] == 12  # the tax follows the lines
    gross = {**qbo.bill_body("1", "T-3", inclusive), "GlobalTaxCalculation": "TaxInclusive"}
    assert qbo.post("Bill", gross)["TotalAmt"] == 120
    none = {**qbo.bill_body("1", "T-4"), "GlobalTaxCalculation": "NotApplicable", "TxnTaxDetail": {"TotalTax": 1}}
    assert qbo.refused("Bill", none) == "6170"
    pseudo = qbo.line(detail={"TaxCodeRef": {"value": "NON"}})
    assert qbo.refused("Bill", {**qbo.bill_body("1", "T", pseudo), "GlobalTaxCalculation": "TaxExcluded"}) == "6100"
    assert qbo.raw("GET", "/preferences", realm=qbo.standin.realm_id).status_code == 403


def test_currencies_and_the_rate_of_a_credit(qbo: Company) -> None:
    qbo.screen("rates", currency="EUR", day="2026-01-01", rate="1.08")
    qbo.screen("Preferences", CurrencyPrefs={"MultiCurrencyEnabled": True})
    euro = {"CurrencyRef": {"value": "EUR"}}
    vendor = qbo.vendor(**euro)["Id"]
    assert qbo.refused("Bill", qbo.bill_body(vendor)) == "2020"
    assert qbo.refused("Bill", qbo.bill_body(vendor, CurrencyRef={"value": "USD"})) == "6000"
    bill = qbo.bill(vendor, **euro)
    assert (bill["ExchangeRate"], bill["HomeBalance"]) == (Decimal("1.08"), Decimal("130.14"))
    credit = qbo.post("VendorCredit", {**qbo.bill_body(vendor), **euro})
    assert credit["ExchangeRate"] == 1  # not the day's
    told = qbo.call("GET", "/exchangerate", params={"sourcecurrencycode": "EUR", "asofdate": "2026-02-01"})
    assert told["ExchangeRate"]["Rate"] == Decimal("1.08")
    row = qbo.get("Vendor", vendor)
    assert qbo.refused("Vendor", {**row, "CurrencyRef": {"value": "USD"}}) == "6000"


def test_a_subscription_that_has_ended(qbo: Company) -> None:
    qbo.screen("companies", action="unsubscribe")
    assert qbo.refused("Vendor", {"DisplayName": "x"}) == "6190"
    assert qbo.query("select * from Vendor") == {}


def test_people_merge_vendors(qbo: Company) -> None:
    winner, loser = qbo.vendor("A")["Id"], qbo.vendor("B")["Id"]
    bill = qbo.bill(loser)
    assert qbo.screen("Vendor", id=winner, action="merge", loser_id=loser)["Id"] == winner
    assert qbo.get("Bill", bill["Id"])["VendorRef"] == {"value": winner, "name": "A"}
    assert qbo.code("GET", f"/vendor/{loser}") == "610"
    assert qbo.get("Vendor", winner)["Balance"] == Decimal("120.50")
    assert qbo.vendor("B")["Id"] == "3"
