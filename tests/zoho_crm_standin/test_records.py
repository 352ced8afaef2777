from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest


def test_insert_answers_row_by_row_and_takes_the_good_ones(crm: Any) -> None:
    body = {"data": [{"Last_Name": "Okafor"}, {"First_Name": "Nobody"}, {"Last_Name": 7}], "trigger": []}
    response = crm.raw("POST", "/Contacts", body)
    assert response.status_code == 207
    added, nameless, number = response.json()["data"]
    assert (added["code"], added["message"]) == ("SUCCESS", "record added")
    assert added["details"]["Created_Time"] == "2026-03-16T10:30:00+01:00"
    assert nameless["code"] == "MANDATORY_NOT_FOUND"
    assert nameless["details"] == {"api_name": "Last_Name", "json_path": "$.data[1].Last_Name"}
    assert number["code"] == "INVALID_DATA"
    assert number["details"]["expected_data_type"] == "text"
    assert crm.standin.store.count("Contacts") == 1


def test_mixed_batch_may_answer_202_and_a_batch_of_failures_answers_400(crm: Any) -> None:
    crm.switch(mixed_status=202)
    assert crm.raw("POST", "/Contacts", {"data": [{"Last_Name": "A"}, {}]}).status_code == 202
    assert crm.raw("POST", "/Contacts", {"data": [{}, {}]}).status_code == 400
    assert crm.raw("POST", "/Contacts", {"data": [{"Last_Name": "A"}]}).status_code == 201


def test_batch_beyond_a_hundred_rows_is_refused_as_a_whole(crm: Any) -> None:
    rows = [{"Last_Name": str(number)} for number in range(101)]
    status, code, details = crm.refused("POST", "/Contacts", {"data": rows})
    assert (status, code, details["maximum_length"]) == (400, "INVALID_DATA", 100)
    assert crm.standin.store.count("Contacts") == 0


def test_lookup_takes_an_id_that_is_there_and_shows_its_name(crm: Any) -> None:
    account = crm.account("Northgate Hospital")
    person = crm.contact("Okafor", First_Name="Emma", Account_Name={"id": account})
    told = crm.get(f"/Contacts/{person}")["data"][0]
    assert told["Account_Name"] == {"name": "Northgate Hospital", "id": account}
    assert told["Full_Name"] == "Emma Okafor"
    row = crm.call("POST", "/Contacts", {"data": [{"Last_Name": "X", "Account_Name": {"id": "123"}}]})["data"][0]
    assert (row["code"], row["details"]["api_name"]) == ("INVALID_DATA", "Account_Name")


def test_upsert_finds_by_the_first_check_field_that_matches(crm: Any) -> None:
    crm.contact("Okafor", Email="emma@north.example", Books_Id="B-1")
    body = {"data": [{"Last_Name": "Smith", "Email": "EMMA@north.example", "Books_Id": "B-2"}], "trigger": []}
    told = crm.call("POST", "/Contacts/upsert", {**body, "duplicate_check_fields": ["Books_Id"]})["data"][0]
    assert (told["action"], told["duplicate_field"]) == ("insert", None)
    told = crm.call("POST", "/Contacts/upsert", {**body, "duplicate_check_fields": ["Books_Id"]})["data"][0]
    assert (told["action"], told["duplicate_field"]) == ("update", "Books_Id")
    assert crm.standin.store.count("Contacts") == 2


def test_upsert_without_check_fields_merges_two_persons_of_one_mailbox(crm: Any) -> None:
    crm.contact("Okafor", Email="info@north.example")
    told = crm.call("POST", "/Contacts/upsert", {"data": [{"Last_Name": "Smith", "Email": "info@north.example"}]})
    assert told["data"][0]["duplicate_field"] == "Email"
    assert crm.standin.store.count("Contacts") == 1


def test_upsert_refuses_when_several_match_and_when_a_field_holds_no_key(crm: Any) -> None:
    for last in ("Okafor", "Smith"):
        crm.contact(last, Email="info@north.example")
    row = crm.call("POST", "/Contacts/upsert", {"data": [{"Last_Name": "X", "Email": "info@north.example"}]})["data"][0]
    assert (row["code"], row["details"]["more_records"]) == ("DUPLICATE_DATA", True)
    body = {"data": [{"Last_Name": "X"}], "duplicate_check_fields": ["Phone"]}
    assert crm.refused("POST", "/Contacts/upsert", body)[1] == "INVALID_DATA"


def test_unique_field_names_the_record_that_has_the_value(crm: Any) -> None:
    first = crm.account("North", Books_Id="B-1")
    row = crm.call("POST", "/Accounts", {"data": [{"Account_Name": "South", "Books_Id": "b-1"}]})["data"][0]
    assert row["code"] == "DUPLICATE_DATA"
    assert row["details"]["duplicate_record"]["id"] == first
    assert row["details"]["api_name"] == "Books_Id"


def test_update_changes_what_was_sent_and_leaves_the_rest(crm: Any) -> None:
    person = crm.contact("Okafor", Phone="+1 617 555 0100", Title="Buyer")
    crm.later(60)
    told = crm.call("PUT", "/Contacts", {"data": [{"id": person, "Title": None}, {"Title": "x"}, {"id": "9"}]})
    assert [row["code"] for row in told["data"]] == ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA"]
    after = crm.get(f"/Contacts/{person}")["data"][0]
    assert (after["Phone"], after["Title"]) == ("+1 617 555 0100", None)
    assert after["Modified_Time"] == "2026-03-16T10:31:00+01:00"


def test_mandatory_field_of_a_layout_is_in_the_layout_alone_and_refuses_records_without_it(crm: Any) -> None:
    field = {"module": "Contacts", "api_name": "Region", "data_type": "picklist", "values": ["EMEA", "AMER"]}
    crm.screen("fields", **field, required=True)
    listed = {one["api_name"]: one for one in crm.get("/settings/fields", module="Contacts")["fields"]}
    assert listed["Region"]["system_mandatory"] is False
    assert [one["actual_value"] for one in listed["Region"]["pick_list_values"]] == ["EMEA", "AMER"]
    rows = crm.get("/settings/layouts", module="Contacts")["layouts"][0]["sections"][0]["fields"]
    assert {one["api_name"] for one in rows if one["required"]} == {"Last_Name", "Region"}
    row = crm.call("POST", "/Contacts", {"data": [{"Last_Name": "Okafor"}]})["data"][0]
    assert (row["code"], row["details"]["api_name"]) == ("MANDATORY_NOT_FOUND", "Region")
    row = crm.call("POST", "/Contacts", {"data": [{"Last_Name": "Okafor", "Region": "Mars"}]})["data"][0]
    assert row["details"]["supported_values"] == ["EMEA", "AMER"]


def test_invoice_needs_products_and_adds_up_by_itself(crm: Any) -> None:
    account, product = crm.account(), crm.add("Products", {"Product_Name": "Services"})[0]
    line = {"Product_Name": {"id": product}, "Quantity": 3, "List_Price": Decimal("33.335")}
    body = {"Subject": "INV-1", "Account_Name": {"id": account}, "Grand_Total": 1}
    refused = crm.call("POST", "/Invoices", {"data": [{**body, "Invoiced_Items": [{"Quantity": 1}]}, body]})["data"]
    assert [row["code"] for row in refused] == ["MANDATORY_NOT_FOUND", "MANDATORY_NOT_FOUND"]
    lines = [line, {**line, "Line_Tax": [{"name": "VAT", "percentage": 20}]}]
    key = crm.add("Invoices", {**body, "Invoiced_Items": lines, "Adjustment": Decimal("-0.01")})[0]
    told = crm.get(f"/Invoices/{key}")["data"][0]
    assert (told["Sub_Total"], told["Tax"], told["Grand_Total"]) == (
        Decimal("200.02"), Decimal("20.00"), Decimal("220.01"))  # fmt: skip
    assert told["Invoiced_Items"][0]["Product_Name"]["name"] == "Services"


def test_rows_of_a_subform_stay_unless_deleted_and_are_no_part_of_lists(crm: Any) -> None:
    account, product = crm.account(), crm.add("Products", {"Product_Name": "Services"})[0]
    line = {"Product_Name": {"id": product}, "Quantity": 1, "List_Price": 10}
    key = crm.add("Invoices", {"Subject": "I", "Account_Name": {"id": account}, "Invoiced_Items": [line, line]})[0]
    first, second = crm.get(f"/Invoices/{key}")["data"][0]["Invoiced_Items"]
    sent = [{"id": first["id"], "List_Price": 7}, {"id": second["id"], "_delete": None}, line]
    crm.call("PUT", f"/Invoices/{key}", {"data": [{"Invoiced_Items": sent}]})
    after = crm.get(f"/Invoices/{key}")["data"][0]
    assert [row["List_Price"] for row in after["Invoiced_Items"]] == [7, 10]
    assert after["Grand_Total"] == Decimal("17.00")
    row = crm.get("/Invoices", fields="Subject,Invoiced_Items")["data"][0]
    assert "Invoiced_Items" not in row


def test_workflow_runs_unless_the_write_says_trigger_nothing(crm: Any) -> None:
    crm.screen("workflows", module="Contacts", set={"Title": "Set by workflow"})
    quiet = crm.contact("Quiet")
    loud = crm.call("POST", "/Contacts", {"data": [{"Last_Name": "Loud"}]})["data"][0]["details"]["id"]
    titles = [crm.get(f"/Contacts/{key}")["data"][0]["Title"] for key in (quiet, loud)]
    assert titles == [None, "Set by workflow"]


def test_locked_record_is_refused_to_the_api_and_open_to_people(crm: Any) -> None:
    person = crm.contact("Okafor")
    crm.screen("Contacts", id=person, action="lock")
    assert crm.call("PUT", f"/Contacts/{person}", {"data": [{"Title": "x"}]})["data"][0]["code"] == "RECORD_LOCKED"
    assert crm.call("DELETE", f"/Contacts/{person}")["data"][0]["code"] == "RECORD_LOCKED"
    crm.screen("Contacts", id=person, Title="Buyer")
    lock = crm.get(f"/Contacts/{person}/Locking_Information__s")["data"][0]["id"]
    assert crm.raw("DELETE", f"/Contacts/{person}/Locking_Information__s/{lock}").status_code == 200
    assert crm.call("PUT", f"/Contacts/{person}", {"data": [{"Title": "x"}]})["data"][0]["code"] == "SUCCESS"


def test_blueprint_guards_the_fields_it_names(crm: Any) -> None:
    deal = crm.add("Deals", {"Deal_Name": "Lab", "Stage": "Qualification"})[0]
    crm.screen("Deals", id=deal, action="blueprint", fields=["Stage"])
    row = crm.call("PUT", f"/Deals/{deal}", {"data": [{"Stage": "Closed Won"}]})["data"][0]
    assert row["code"] == "RECORD_IN_BLUEPRINT"
    assert crm.call("PUT", f"/Deals/{deal}", {"data": [{"Amount": 5}]})["data"][0]["code"] == "SUCCESS"


@pytest.mark.parametrize(("answer", "status"), [("no_content", 204), ("invalid_data", 400), ("not_found", 404)])
def test_record_that_is_not_there(crm: Any, answer: str, status: int) -> None:
    crm.switch(missing_record=answer)
    assert crm.raw("GET", "/Contacts/5725767000000009999").status_code == status


def test_custom_module_keeps_records_of_its_own(crm: Any) -> None:
    fields = [{"api_name": "Amount", "data_type": "currency"}, {"api_name": "Ref", "unique": True}]
    crm.screen("modules", api_name="Payments", singular="Payment", fields=fields)
    made = crm.add("Payments", {"Name": "P-1", "Amount": Decimal("12.50"), "Ref": "r1"})[0]
    assert crm.get(f"/Payments/{made}")["data"][0]["Amount"] == Decimal("12.50")
    told = crm.call("POST", "/Payments/upsert", {"data": [{"Name": "P", "Ref": "r1"}]})["data"][0]
    assert told["details"]["id"] == made
    listed = {one["api_name"]: one["generated_type"] for one in crm.get("/settings/modules")["modules"]}
    assert (listed["Payments"], listed["Accounts"]) == ("custom", "default")


def test_note_hangs_on_any_record(crm: Any) -> None:
    account = crm.account()
    parent = {"id": account, "module": {"api_name": "Accounts"}}
    crm.add("Notes", {"Note_Title": "Paid", "Note_Content": "INV-1 paid", "Parent_Id": parent})
    told = crm.get(f"/Accounts/{account}/Notes", fields="Note_Content,Parent_Id")["data"][0]
    assert told["Note_Content"] == "INV-1 paid"
    assert told["Parent_Id"]["module"]["api_name"] == "Accounts"
