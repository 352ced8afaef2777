from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from .conftest import JSON, Company


def test_a_write_whose_reply_was_lost_is_repeated_by_its_id(qbo: Company) -> None:
    vendor = qbo.vendor()["Id"]
    body = qbo.bill_body(vendor)
    qbo.fault("POST /bill", "commit_then_drop", times=1)
    with pytest.raises(httpx.TransportError):
        qbo.raw("POST", "/bill", body, params={"requestid": "b-1"})
    again = qbo.post("Bill", body, requestid="b-1")
    assert (again["Id"], again["SyncToken"]) == ("1", "0")
    made = [entry for entry in qbo.control("GET", "log?type=Bill") if entry["op"] == "create"]
    assert len(made) == 1
    assert made[0]["cause"]["realm"] == qbo.realm
    qbo.fault("POST /bill", "forget_replay_keys", times=1)
    qbo.switch(duplicate_refused=False)
    assert qbo.post("Bill", body, requestid="b-1")["Id"] == "2"  # where ids are forgotten, the number has to tell


def test_a_refusal_is_not_remembered(qbo: Company) -> None:
    body = {"DisplayName": "Nordic", "TermRef": {"value": "4"}}
    assert qbo.refused("Vendor", body, requestid="v-1") == "2500"
    qbo.post("Term", {"Name": "Net 90", "DueDays": 90})
    assert qbo.post("Vendor", body, requestid="v-1")["TermRef"]["name"] == "Net 90"


def test_a_person_edits_in_between(qbo: Company) -> None:
    row = qbo.vendor()
    change = {"type": "Vendor", "id": row["Id"], "AcctNum": "typed"}
    qbo.fault("POST /vendor", "human", times=1, body=change, when="before")
    assert qbo.refused("Vendor", row) == "5010"
    assert qbo.get("Vendor", row["Id"])["AcctNum"] == "typed"


def test_people_are_refused_as_requests_are(qbo: Company) -> None:
    reply = qbo.http.post("/_sandbox/objects/Bill", json={"VendorRef": {"value": "9"}})
    assert reply.status_code == 400
    assert "2500" in reply.json()["error"]
    assert qbo.http.post("/_sandbox/objects/Planet", json={}).status_code == 400


def test_so_many_at_once(qbo: Company) -> None:
    qbo.control("POST", "limits", {"enabled": True, "at_once": 1})
    qbo.fault("READ /preferences", "delay", times=2, seconds=0.15)

    def read(_: Any) -> int:
        url = f"{qbo.server.url}/v3/company/{qbo.realm}/preferences"
        return httpx.get(url, headers={**JSON, "Authorization": f"Bearer {qbo.token}"}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(read, range(2))) == [200, 429]


def test_a_throttled_write_was_not_carried_out(qbo: Company) -> None:
    qbo.fault("POST /vendor", "rate_limit", times=1)
    assert qbo.raw("POST", "/vendor", {"DisplayName": "Nordic"}).status_code == 429
    assert qbo.query("select * from Vendor") == {}


def test_what_is_answered_in_xml_was_carried_out(qbo: Company) -> None:
    reply = qbo.raw("POST", "/vendor", {"DisplayName": "Nordic"}, headers={"Accept": "application/xml"})
    assert reply.text.startswith("<?xml")
    assert qbo.query("select count(*) from Vendor") == {"totalCount": 1}


def test_a_replica_that_lags(qbo: Company) -> None:
    row = qbo.vendor()
    qbo.post("Vendor", {**row, "AcctNum": "new"})
    qbo.fault("READ /vendor/1", "read_stale", times=1)
    assert "AcctNum" not in qbo.get("Vendor", "1")
    assert qbo.get("Vendor", "1")["AcctNum"] == "new"


def test_a_page_that_shifts(qbo: Company) -> None:
    for number in range(4):
        qbo.vendor(f"V{number}")
    qbo.fault("READ /query", "page_shift", times=1)
    assert qbo.ids("select * from Vendor STARTPOSITION 2 MAXRESULTS 2") == ["3", "4"]
