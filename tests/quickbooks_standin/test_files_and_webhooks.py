from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from .conftest import Company, Receiver

VERIFIER = "v3rify"
PDF = b"%PDF-1.4\n%\xe2\xe3\n"


def upload(qbo: Company, sent: object, name: str = "scan.pdf", data: bytes = PDF) -> Any:
    files = {
        "file_metadata_01": ("meta.json", json.dumps(sent), "application/json"),
        "file_content_01": (name, data, "application/pdf"),
    }
    headers = {"Accept": "application/json", "Authorization": f"Bearer {qbo.token}"}
    return qbo.http.post(f"/v3/company/{qbo.realm}/upload", files=files, headers=headers).json()


def test_a_file_is_uploaded_found_and_fetched(qbo: Company) -> None:
    bill = qbo.bill(qbo.vendor()["Id"])
    refs = [{"EntityRef": {"type": "bill", "value": bill["Id"]}}]
    made = upload(qbo, {"AttachableRef": refs, "FileName": "invoice.pdf"})["AttachableResponse"][0]["Attachable"]
    assert (made["FileName"], made["Size"], made["ContentType"]) == ("invoice.pdf", len(PDF), "application/pdf")
    where = "AttachableRef.EntityRef.Type = 'bill' and AttachableRef.EntityRef.value = '1'"
    assert qbo.ids(f"select * from Attachable where {where}") == [made["Id"]]
    link = qbo.raw("GET", f"/download/{made['Id']}").text
    assert qbo.http.get(link).content == PDF
    assert qbo.http.get(made["TempDownloadUri"]).content == PDF
    qbo.advance(901)
    assert qbo.http.get(link).status_code == 403
    qbo.post("Attachable", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert qbo.code("GET", f"/download/{made['Id']}") == "610"


def test_files_that_are_refused(qbo: Company) -> None:
    def code(told: Any) -> str:
        fault = told.get("Fault") or told["AttachableResponse"][0]["Fault"]
        return str(fault["Error"][0]["code"])

    assert code(upload(qbo, {}, "run.exe")) == "6041"
    assert code(upload(qbo, "none")) == "6040"
    assert code(upload(qbo, {"AttachableRef": [{"EntityRef": {"type": "Bill", "value": "9"}}]})) == "2500"
    assert code(upload(qbo, {"AttachableRef": [{"EntityRef": {"type": "Planet", "value": "9"}}]})) == "6050"
    assert qbo.refused("Attachable", {}) == "6000"
    assert qbo.post("Attachable", {"Note": "n"})["Note"] == "n"
    assert qbo.code("POST", "/upload", {}) == "1050"


def register(qbo: Company, receiver: Receiver, form: str) -> None:
    qbo.control("POST", "callbacks", {"https://hooks.example": receiver.url})
    qbo.screen("webhooks", url="https://hooks.example/q", verifier=VERIFIER, format=form)


def test_the_old_form_with_two_companies_in_one_delivery(qbo: Company, receiver: Receiver) -> None:
    register(qbo, receiver, "legacy")
    other = qbo.screen("companies", name="Harbour Paper Ltd")["realmId"]
    qbo.switch(webhook_hold=True)
    first, second = qbo.vendor("A"), qbo.vendor("B")
    qbo.screen("Vendor", DisplayName="A", realmId=other)
    qbo.screen("Vendor", id=first["Id"], action="merge", loser_id=second["Id"])
    assert qbo.screen("deliveries")["released"] == 4
    qbo.standin.notices.sender.flush()
    headers, body = receiver.got[0]
    digest = hmac.new(VERIFIER.encode(), body, hashlib.sha256).digest()
    assert headers["intuit-signature"] == base64.b64encode(digest).decode()
    told = receiver.told[0]["eventNotifications"]
    assert [one["realmId"] for one in told] == [qbo.realm, other]
    entities = told[0]["dataChangeEvent"]["entities"]
    assert [one["operation"] for one in entities] == ["Create", "Create", "Merge"]
    assert entities[2] == {
        "name": "Vendor",
        "id": "1",
        "operation": "Merge",
        "lastUpdated": "2026-03-16T17:30:00.000Z",
        "deletedId": "2",
    }


def test_cloud_events(qbo: Company, receiver: Receiver) -> None:
    register(qbo, receiver, "cloudevents")
    vendor = qbo.vendor()["Id"]
    bill = qbo.bill(vendor)
    paid = qbo.pay(vendor, "10", ("Bill", bill["Id"], "10"))
    qbo.post("BillPayment", {"Id": paid["Id"], "SyncToken": "0"}, operation="update", include="void")
    qbo.post("Vendor", {**qbo.get("Vendor", vendor), "Active": False})
    qbo.post("Attachable", {"Note": "tells nobody"})
    qbo.standin.notices.sender.flush()
    events = [event for delivery in receiver.told for event in delivery]
    types = [event["type"].removeprefix("qbo.").removesuffix(".v1") for event in events]
    assert types[:3] == ["vendor.created", "bill.created", "billpayment.created"]
    assert types[3:] == ["bill.updated", "billpayment.void", "bill.updated", "vendor.updated"]
    assert receiver.got[0][0]["content-type"] == "application/cloudevents+json"
    assert (events[0]["intuitaccountid"], events[0]["intuitentityid"]) == (qbo.realm, vendor)
    assert len({event["id"] for event in events}) == 7


def test_deactivation_may_tell_delete(qbo: Company, receiver: Receiver) -> None:
    register(qbo, receiver, "cloudevents")
    qbo.switch(deactivation_event="Delete")
    qbo.vendor()
    qbo.screen("Vendor", DisplayName="Nordic Bearings", action="deactivate")
    qbo.standin.notices.sender.flush()
    assert receiver.told[1][0]["type"] == "qbo.vendor.deleted.v1"


def test_deliveries_come_again_twice_or_never(qbo: Company, receiver: Receiver) -> None:
    register(qbo, receiver, "legacy")
    qbo.switch(webhook_retries_s=[0.01])
    receiver.statuses = [202]
    qbo.vendor("A")
    qbo.standin.notices.sender.flush()
    assert len(receiver.got) == 2  # only 200 counts
    assert receiver.got[0][1] == receiver.got[1][1]
    qbo.fault("POST /q", "webhook_duplicate", times=1)
    qbo.vendor("B")
    qbo.standin.notices.sender.flush()
    assert len(receiver.got) == 4
    qbo.fault("POST /q", "webhook_lost", times=1)
    qbo.vendor("C")
    qbo.standin.notices.sender.flush()
    assert len(receiver.got) == 4


def test_only_connected_companies_tell(qbo: Company, receiver: Receiver) -> None:
    register(qbo, receiver, "legacy")
    assert qbo.screen("connections", action="disconnect") == {"realmId": qbo.realm, "connected": False}
    qbo.screen("Vendor", DisplayName="Silent")
    qbo.standin.notices.sender.flush()
    assert receiver.got == []
