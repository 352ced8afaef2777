from __future__ import annotations

from decimal import Decimal

from .conftest import Company


def test_a_vendor_from_birth_to_silence(qbo: Company) -> None:
    made = qbo.vendor(BillAddr={"Line1": "1 Harbor Way"}, TaxIdentifier="123456789", AcctNum="")
    assert (made["SyncToken"], made["domain"], made["sparse"], made["Balance"]) == ("0", "QBO", False, 0)
    assert made["TaxIdentifier"] == "XXXXX6789"
    assert "AcctNum" not in made
    assert made["MetaData"]["CreateTime"] == "2026-03-16T10:30:00-07:00"
    head = {"Id": made["Id"], "SyncToken": "0"}
    full = qbo.post("Vendor", {**head, "DisplayName": "Nordic"})
    assert "BillAddr" not in full  # what a full update leaves out is gone
    assert qbo.refused("Vendor", {**head, "DisplayName": "Late"}) == "5010"
    sparse = qbo.post("Vendor", {"Id": made["Id"], "SyncToken": "1", "sparse": True, "AcctNum": "S-7"})
    assert (sparse["DisplayName"], sparse["AcctNum"], sparse["SyncToken"]) == ("Nordic", "S-7", "2")
    gone = qbo.post("Vendor", {"Id": made["Id"], "SyncToken": "2", "sparse": True, "Active": False})
    assert gone["DisplayName"] == "Nordic (deleted)"
    assert qbo.query("select * from Vendor") == {}
    assert qbo.ids("select * from Vendor where Active = false") == [made["Id"]]
    assert qbo.get("Vendor", made["Id"])["Active"] is False
    assert qbo.code("POST", "/vendor", head, params={"operation": "delete"}) == "500"


def test_sparse_counts_only_where_it_is_documented(qbo: Company) -> None:
    made = qbo.vendor(CompanyName="Nordic AB")
    qbo.switch(sparse_kinds="documented")
    sent = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Nordic"}
    assert "CompanyName" not in qbo.post("Vendor", sent)


def test_names_are_one_list(qbo: Company) -> None:
    vendor = qbo.vendor("Acme")
    assert qbo.refused("Customer", {"DisplayName": "ACME"}) == "6240"
    assert qbo.refused("Employee", {"GivenName": "acme"}) == "6240"
    qbo.post("Vendor", {"Id": vendor["Id"], "SyncToken": "0", "DisplayName": "Acme", "Active": False})
    reply = qbo.raw("POST", "/vendor", {"DisplayName": "Acme"})
    assert reply.status_code == 400
    error = reply.json()["Fault"]["Error"][0]
    assert (error["code"], reply.json()["Fault"]["type"]) == ("6240", "ValidationFault")
    assert error["Detail"].endswith(f"Id={vendor['Id']}")
    assert qbo.refused("Vendor", {}) == "6080"


def test_what_is_no_vendor_is_refused(qbo: Company) -> None:
    cases = {
        "2010": {"Nickname": "x"},
        "2050": {"CompanyName": "x" * 101},
        "2120": {"BillAddr": "here"},
        "2210": {"PrimaryEmailAddr": {"Address": "nobody"}},
        "2230": {"Vendor1099": "yes"},
        "2500": {"TermRef": {"value": "99"}},
        "6000": {"CurrencyRef": {"value": "EUR"}},
    }
    for code, fields in cases.items():
        assert qbo.refused("Vendor", {"DisplayName": "Nordic", **fields}) == code, code
    assert qbo.refused("Vendor", {"Id": "99", "SyncToken": "0", "DisplayName": "x"}) == "610"
    assert qbo.refused("Vendor", {"Id": "1", "DisplayName": "x"}) == "2020"
    assert qbo.code("GET", "/vendor/99") == "610"
    assert qbo.code("POST", "/taxcode", {"Name": "x"}) == "500"
    assert qbo.code("GET", "/gadget/1") == "2000"
    assert qbo.code("POST", "/vendor", b"{") == "2010"
    assert qbo.code("POST", "/vendor", b'{"DisplayName":"\xff"}') == "500"
    assert qbo.code("POST", "/vendor", {"DisplayName": "x"}, headers={"Content-Type": "text/plain"}) == "1050"
    assert qbo.query("select count(*) from Vendor")["totalCount"] == 0


def test_accounts_have_types_numbers_and_parents(qbo: Company) -> None:
    assert qbo.refused("Account", {"Name": "Rent"}) == "6010"
    assert qbo.refused("Account", {"Name": "A:B", "AccountType": "Expense"}) == "2040"
    assert qbo.refused("Account", {"Name": "Rent", "AccountType": "Expense", "AcctNum": "12345678"}) == "2050"
    assert qbo.refused("Account", {"Name": "Rent", "AccountType": "Expense", "AcctNum": "6100"}) == "6000"
    parent = qbo.post("Account", {"Name": "Rent", "AccountType": "Expense", "AcctNum": "6500"})
    sub = {"Name": "Rent Oakland", "AccountType": "Expense", "ParentRef": {"value": parent["Id"]}}
    made = qbo.post("Account", sub)
    assert (made["FullyQualifiedName"], made["SubAccount"]) == ("Rent:Rent Oakland", True)
    assert made["Classification"] == "Expense"
    assert qbo.refused("Account", {"Name": "Rent", "AccountType": "Expense"}) == "6240"
    assert qbo.refused("Account", {**sub, "Name": "Loan", "AccountType": "Equity"}) == "6150"


def test_departments_nest_five_deep(qbo: Company) -> None:
    parent = qbo.post("Department", {"Name": "L1"})
    for level in range(2, 6):
        parent = qbo.post("Department", {"Name": f"L{level}", "ParentRef": {"value": parent["Id"]}})
    assert parent["FullyQualifiedName"] == "L1:L2:L3:L4:L5"
    assert qbo.refused("Department", {"Name": "L6", "ParentRef": {"value": parent["Id"]}}) == "6180"


def test_terms_and_items(qbo: Company) -> None:
    assert qbo.post("Term", {"Name": "Net 60", "DueDays": 60})["Type"] == "STANDARD"
    assert qbo.post("Term", {"Name": "10th", "DayOfMonthDue": 10})["Type"] == "DATE_DRIVEN"
    assert qbo.refused("Term", {"Name": "Never"}) == "2020"
    assert qbo.refused("Item", {"Name": "Crate", "Type": "Inventory"}) == "2020"


def test_a_request_id_gives_the_first_answer_again(qbo: Company) -> None:
    body = {"DisplayName": "Once"}
    first = qbo.raw("POST", "/vendor", body, params={"requestid": "r-1"})
    again = qbo.raw("POST", "/vendor", body, params={"requestid": "r-1"})
    assert first.json() == again.json()
    assert qbo.query("select count(*) from Vendor")["totalCount"] == 1
    assert qbo.refused("Vendor", {"DisplayName": "Twice"}, requestid="r-1") == "600"
    assert qbo.refused("Vendor", body, requestid="x" * 51) == "2130"
    qbo.switch(requestid_other_body="replay")
    assert qbo.post("Vendor", {"DisplayName": "Two"}, requestid="r-2")["Id"] == "2"
    assert qbo.post("Vendor", {"DisplayName": "Three"}, requestid="r-2")["Id"] == "2"


def test_who_asks_for_no_json_gets_xml(qbo: Company) -> None:
    reply = qbo.raw("GET", "/preferences", headers={"Accept": "*/*"})
    assert reply.headers["content-type"] == "application/xml"


def test_numbers_keep_their_digits(qbo: Company) -> None:
    vendor = qbo.vendor()
    assert qbo.bill(vendor["Id"], "N-1", qbo.line("0.1"), qbo.line("0.205"))["TotalAmt"] == Decimal("0.31")
