from __future__ import annotations

import pytest

from .conftest import Company

DAY = 86_400


def test_queries_are_parsed_to_the_letter(qbo: Company) -> None:
    for number in range(3):
        qbo.vendor(f"V{number}", CompanyName="O'Hara")
    assert qbo.ids("select * from Vendor where DisplayName = 'v1'") == ["2"]
    assert qbo.ids(r"SELECT * FROM Vendor WHERE CompanyName = 'O\'Hara' ORDERBY DisplayName DESC") == ["3", "2", "1"]
    assert qbo.ids("select Id, DisplayName from Vendor where DisplayName LIKE '%2' AND Active IN (true,false)") == ["3"]
    assert qbo.ids("select * from Vendor where Id IN ('1','3','9') order by Id asc") == ["1", "3"]
    page = qbo.query("select * from Vendor STARTPOSITION 2 MAXRESULTS 1")
    assert (page["startPosition"], page["maxResults"], page["Vendor"][0]["Id"]) == (2, 1, "2")
    assert qbo.query("select * from Vendor startposition 9") == {}
    assert qbo.query("select count(*) from Vendor where DisplayName like 'V%'") == {"totalCount": 3}
    plain = {"Content-Type": "application/text"}
    posted = qbo.call("POST", "/query", b"select * from Vendor", headers=plain, params={"minorversion": 75})
    assert len(posted["QueryResponse"]["Vendor"]) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("update Vendor", "4000"),
        ("select * from Vendor where DisplayName = 'O'Hara'", "4000"),
        ("select * from Vendor where Id = '1' or Id = '2'", "4000"),
        ("select * from Vendor where Id != '1'", "4000"),
        ("select * from Vendor group by Id", "4000"),
        ("select * from Vendor MAXRESULTS many", "4000"),
        ("select * from vendor", "4001"),
        ("select * from Vendor where AcctNum = '1'", "4001"),
        ("select * from Bill where PrivateNote = 'x'", "4001"),
        ("select * from Bill where Line.Amount > 5", "4001"),
        ("select * from Vendor where Active = 'true'", "4001"),
        ("select * from Vendor orderby Balance", "4001"),
        ("select * from Vendor MAXRESULTS 1001", "4001"),
        ("select * from Vendor STARTPOSITION 0", "4001"),
        ("select * from Vendor where MetaData.LastUpdatedTime > 'soon'", "4001"),
    ],
)
def test_what_cannot_be_asked(qbo: Company, text: str, code: str) -> None:
    assert qbo.bad_query(text) == code


def test_times_and_order(qbo: Company) -> None:
    qbo.vendor("First")
    qbo.advance(60)
    qbo.vendor("Second")
    since = "MetaData.LastUpdatedTime > '2026-03-16T10:30:30-07:00'"
    assert qbo.ids(f"select * from Vendor where {since}") == ["2"]
    assert qbo.ids("select * from Vendor orderby MetaData.LastUpdatedTime desc, Id asc") == ["2", "1"]


def test_further_filters_are_a_switch(qbo: Company) -> None:
    bill = qbo.bill(qbo.vendor()["Id"])
    assert qbo.bad_query("select * from Bill where Balance > '0'") == "4001"
    qbo.switch(more_filters={"Bill": ["Balance"]})
    assert qbo.ids("select * from Bill where Balance > 0") == [bill["Id"]]
    assert qbo.ids("select * from Bill where VendorRef = '1' and DocNumber = 'nb-2207'") == [bill["Id"]]


def test_change_data_capture(qbo: Company) -> None:
    start = "2026-03-16T10:00:00-07:00"
    vendor = qbo.vendor()
    bill = qbo.bill(vendor["Id"])
    told = qbo.call("GET", "/cdc", params={"entities": "Vendor,Bill,Account", "changedSince": start})
    blocks = told["CDCResponse"][0]["QueryResponse"]
    assert [list(block)[:1] for block in blocks] == [["Vendor"], ["Bill"], ["Account"]]
    assert blocks[0]["maxResults"] == 1
    qbo.advance(60)
    qbo.post("Bill", {"Id": bill["Id"], "SyncToken": "0"}, operation="delete")
    since = "2026-03-16T10:30:30"
    told = qbo.call("GET", "/cdc", params={"entities": "Bill,Vendor", "changedSince": since})
    bills, vendors = told["CDCResponse"][0]["QueryResponse"]
    assert vendors == {}
    assert bills["Bill"] == [
        {"domain": "QBO", "status": "Deleted", "Id": "1", "MetaData": {"LastUpdatedTime": "2026-03-16T10:31:00-07:00"}}
    ]


def test_a_live_object_that_is_told_as_deleted(qbo: Company) -> None:
    qbo.vendor("A")
    qbo.vendor("B")
    qbo.switch(cdc_wrongly_deleted=["Vendor:1"], list_total=True)
    told = qbo.call("GET", "/cdc", params={"entities": "Vendor", "changedSince": "2026-03-16"})
    block = told["CDCResponse"][0]["QueryResponse"][0]
    assert [(row["Id"], row.get("status")) for row in block["Vendor"]] == [("2", None), ("1", "Deleted")]
    assert qbo.get("Vendor", "1")["Active"] is True
    assert qbo.query("select * from Vendor MAXRESULTS 1")["totalCount"] == 2


def test_what_is_not_captured(qbo: Company) -> None:
    def code(entities: str, since: str = "2026-03-10") -> str:
        return qbo.code("GET", "/cdc", params={"entities": entities, "changedSince": since})

    assert code("TaxCode") == "500"
    assert code("Gadget") == "2000"
    assert code("Vendor", "soon") == "2060"
    assert code("Vendor", "9999-12-31T23:59:59") == "2060"
    assert code("Vendor", "2026-01-01") == "500"
    assert qbo.code("GET", "/cdc", params={"entities": "Vendor"}) == "2020"


def test_no_more_than_a_thousand_objects(qbo: Company) -> None:
    for number in range(1005):
        qbo.standin.ui_change("Department", {"Name": f"D{number}"})
    told = qbo.call("GET", "/cdc", params={"entities": "Department,Class", "changedSince": "2026-03-16"})
    departments, classes = told["CDCResponse"][0]["QueryResponse"]
    assert (departments["maxResults"], classes) == (1000, {})
    assert len(qbo.query("select * from Department MAXRESULTS 1000")["Department"]) == 1000
    assert len(qbo.query("select * from Department")["Department"]) == 100


def test_a_batch_succeeds_in_part(qbo: Company) -> None:
    qbo.vendor("Taken")
    items = [
        {"bId": "a", "operation": "create", "Vendor": {"DisplayName": "New"}},
        {"bId": "b", "operation": "create", "Vendor": {"DisplayName": "Taken"}},
        {"bId": "c", "Query": "select * from Vendor where Id in ('1')"},
        {"bId": "d", "operation": "update", "Vendor": {"Id": "1", "SyncToken": "7", "DisplayName": "x"}},
        {"bId": "e", "Query": "select"},
    ]
    told = qbo.call("POST", "/batch", {"BatchItemRequest": items})["BatchItemResponse"]
    assert told[0]["Vendor"]["DisplayName"] == "New"
    assert [item["Fault"]["Error"][0]["code"] for item in (told[1], told[3], told[4])] == ["6240", "5010", "4000"]
    assert told[2]["QueryResponse"]["Vendor"][0]["DisplayName"] == "Taken"
    many = [{"bId": str(number), "Query": "select * from Vendor"} for number in range(31)]
    assert qbo.code("POST", "/batch", {"BatchItemRequest": many}) == "1040"
    assert qbo.code("POST", "/batch", {"BatchItemRequest": many[:1] * 2}) == "2020"


def test_half_a_batch(qbo: Company) -> None:
    qbo.fault("POST /batch", "batch_partial", times=1)
    items = [{"bId": str(n), "operation": "create", "Vendor": {"DisplayName": f"V{n}"}} for n in range(4)]
    told = qbo.call("POST", "/batch", {"BatchItemRequest": items})["BatchItemResponse"]
    assert ["Fault" in item for item in told] == [False, False, True, True]
    assert qbo.query("select count(*) from Vendor") == {"totalCount": 2}


def test_throttles_and_the_meter(qbo: Company) -> None:
    qbo.vendor()
    qbo.query("select * from Vendor")
    meter = qbo.screen("metering")
    assert (meter["Core"], meter["CorePlus"]) == (1, 1)
    qbo.bad_query("select * from gadget")
    assert qbo.screen("metering")["CorePlus"] == 1  # only what succeeds
    qbo.control("POST", "limits", {"enabled": True})
    statuses = [qbo.raw("GET", "/preferences").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    told = qbo.raw("GET", "/preferences").json()
    assert told["Fault"]["Error"][0]["code"] == "003001"
    qbo.advance(1)
    qbo.switch(throttle_casing="fault")
    qbo.control("POST", "limits", {"per_minute": 3})
    assert [qbo.raw("GET", "/preferences").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert "fault" in qbo.raw("GET", "/preferences").json()
    qbo.control("POST", "limits", {"per_minute": 500, "coreplus_per_month": 15})
    assert qbo.raw("GET", "/preferences").status_code == 200
    assert qbo.raw("GET", "/preferences").status_code == 429
    assert qbo.raw("POST", "/vendor", {"DisplayName": "Still"}).status_code == 200


def test_a_sandbox_is_not_metered(qbo: Company) -> None:
    qbo.switch(environment="sandbox")
    qbo.call("GET", "/preferences")
    assert qbo.screen("metering")["CorePlus"] == 0


def test_lists_lag_and_shrink(qbo: Company) -> None:
    qbo.vendor()
    qbo.fault("READ /query", "list_lag", seconds=30)
    assert qbo.query("select * from Vendor") == {}
    assert qbo.get("Vendor", "1")["Id"] == "1"
    qbo.advance(60)
    assert qbo.ids("select * from Vendor") == ["1"]
