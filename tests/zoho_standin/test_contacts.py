from __future__ import annotations

from typing import Any


def test_names_are_unique_across_customers_and_vendors(books: Any) -> None:
    books.call("POST", "/contacts", {"contact_name": "Acme", "contact_type": "customer"})
    code = books.refused("POST", "/contacts", {"contact_name": "ACME", "contact_type": "vendor"})
    assert code[:2] == (400, 3062)


def test_list_rows_omit_what_only_the_detail_shows(books: Any) -> None:
    persons = [{"first_name": "Ida", "last_name": "Moe", "email": "ap@nordic.example"}]
    contact_id = books.vendor(contact_persons=persons, billing_address={"city": "Oslo", "zip": "0150"})
    row = books.get("/contacts")["contacts"][0]
    assert row["email"] == "ap@nordic.example"
    assert not {"billing_address", "contact_persons", "tax_reg_no"} & set(row)
    contact = books.get(f"/contacts/{contact_id}")["contact"]
    assert contact["billing_address"]["city"] == "Oslo"
    assert contact["contact_persons"][0]["is_primary_contact"] is True


def test_update_keeps_what_is_not_sent_and_replaces_persons_when_they_are(books: Any) -> None:
    contact_id = books.vendor(website="https://n.example", contact_persons=[{"first_name": "Ida"}])
    person = books.get(f"/contacts/{contact_id}")["contact"]["contact_persons"][0]["contact_person_id"]
    body = {"contact_name": "Nordic Bearings AS", "contact_type": "vendor", "payment_terms": 30}
    contact = books.call("PUT", f"/contacts/{contact_id}", body)["contact"]
    assert (contact["website"], contact["payment_terms"]) == ("https://n.example", 30)
    assert contact["contact_persons"][0]["contact_person_id"] == person
    body["contact_persons"] = [{"contact_person_id": person, "phone": "1"}, {"first_name": "Bo"}]
    persons = books.call("PUT", f"/contacts/{contact_id}", body)["contact"]["contact_persons"]
    assert [(p["first_name"], p["phone"]) for p in persons] == [("Ida", "1"), ("Bo", "")]
    assert books.refused("PUT", f"/contacts/{contact_id}", {"website": "x"})[0] == 400


def test_inactive_vendor_takes_no_new_documents(books: Any) -> None:
    vendor = books.vendor()
    bill = books.bill(vendor)
    books.call("POST", f"/contacts/{vendor}/inactive")
    assert books.refused("POST", "/bills", books.bill_body(vendor, "B-2"))[0] == 400
    assert books.call("PUT", f"/bills/{bill['bill_id']}", books.bill_body(vendor))["code"] == 0
    assert books.ids("/contacts", "contact_id", filter_by="Status.Active") == []
    books.call("POST", f"/contacts/{vendor}/active")
    books.bill(vendor, "B-2")


def test_contact_with_transactions_cannot_be_deleted(books: Any) -> None:
    vendor = books.vendor()
    books.bill(vendor)
    assert books.refused("DELETE", f"/contacts/{vendor}")[0] == 400
    idle = books.vendor("Idle AS")
    assert books.call("DELETE", f"/contacts/{idle}")["message"] == "The contact has been deleted."
    assert books.refused("GET", f"/contacts/{idle}")[:2] == (404, 1002)


def test_outstanding_amounts_follow_bills_and_payments(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]

    def owed() -> Any:
        return books.get(f"/contacts/{vendor}")["contact"]["outstanding_payable_amount"]

    assert owed() == 2220
    books.control("POST", f"objects/bills/{bill_id}", {"action": "pay", "amount": 20})
    assert owed() == 2200
    books.control("POST", f"objects/bills/{bill_id}", {"action": "pay"})
    assert owed() == 0


def test_merged_contact_is_gone_and_its_bills_moved(books: Any) -> None:
    winner, loser = books.vendor(), books.vendor("Nordic Bearing")
    bill_id = books.bill(loser)["bill_id"]
    books.control("POST", f"objects/contacts/{winner}", {"action": "merge", "loser_id": loser})
    assert books.refused("GET", f"/contacts/{loser}")[:2] == (404, 1002)
    bill = books.get(f"/bills/{bill_id}")["bill"]
    assert (bill["vendor_id"], bill["vendor_name"]) == (winner, "Nordic Bearings AS")
    assert books.get(f"/contacts/{winner}")["contact"]["outstanding_payable_amount"] == 2220


def test_contact_persons_have_calls_of_their_own(books: Any) -> None:
    vendor = books.vendor(contact_persons=[{"first_name": "Ida", "email": "a@n.example"}])
    body = {"contact_id": vendor, "first_name": "Bo", "email": "b@n.example", "is_primary_contact": True}
    person = books.call("POST", "/contacts/contactpersons", body)["contact_person"]
    assert books.get("/contacts")["contacts"][0]["email"] == "b@n.example"
    path = f"/contacts/contactpersons/{person['contact_person_id']}"
    books.call("PUT", path, {"contact_id": vendor, "first_name": "Bo", "phone": "7"})
    persons = books.get(f"/contacts/{vendor}/contactpersons")["contact_persons"]
    assert [(p["first_name"], p["phone"], p["is_primary_contact"]) for p in persons] == [
        ("Ida", "", False),
        ("Bo", "7", True),
    ]
    books.call("DELETE", path)
    assert books.get("/contacts")["contacts"][0]["email"] == "a@n.example"


def test_vendor_alias_lists_vendors_only(books: Any) -> None:
    vendor = books.vendor()
    books.call("POST", "/contacts", {"contact_name": "Buyer"})
    assert [row["contact_id"] for row in books.get("/vendors")["contacts"]] == [vendor]
    assert books.ids("/contacts", "contact_id", contact_type="vendor") == [vendor]
