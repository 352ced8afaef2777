from __future__ import annotations

from datetime import timedelta
from typing import Any

from .conftest import NOW

CHANNEL = "1000000068001"


def channel(listener: Any, *events: str, **more: Any) -> dict[str, Any]:
    told = {"channel_id": CHANNEL, "events": list(events or ("Contacts.all",)), "notify_url": listener.url}
    return {**told, "token": "n0nce", "notify_on_related_action": False, **more}


def watch(crm: Any, *channels: dict[str, Any], method: str = "POST") -> Any:
    return crm.call(method, "/actions/watch", {"watch": list(channels)})


def expiry(crm: Any) -> str:
    return str(crm.get("/actions/watch")["watch"][0]["channel_expiry"])


def heard(crm: Any, listener: Any) -> list[dict[str, Any]]:
    crm.standin.notifier.sender.flush()
    told = list(listener.told)
    listener.told.clear()
    return told


def test_channel_lives_an_hour_unless_told_and_never_more_than_a_week(crm: Any, listener: Any) -> None:
    response = crm.raw("POST", "/actions/watch", {"watch": [channel(listener)]})
    assert response.status_code == 201
    event = response.json()["watch"][0]["details"]["events"][0]
    assert event["channel_expiry"] == "2026-03-16T11:30:00+01:00"
    assert (event["resource_name"], event["channel_id"]) == ("Contacts", CHANNEL)
    week = (NOW + timedelta(days=7)).isoformat()
    watch(crm, {"channel_id": CHANNEL, "channel_expiry": week}, method="PATCH")
    assert expiry(crm) == "2026-03-23T10:30:00+01:00"
    beyond = (NOW + timedelta(days=7, seconds=1)).isoformat()
    watch(crm, {"channel_id": CHANNEL, "channel_expiry": beyond}, method="PATCH")
    assert expiry(crm) == "2026-03-16T11:30:00+01:00"


def test_message_carries_ids_token_and_what_the_url_had_and_no_values(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener))
    person = crm.screen("Contacts", Last_Name="Okafor")["id"]
    crm.screen("Contacts", id=person, Email="emma@north.example")
    crm.screen("Contacts", id=person, action="delete")
    created, edited, deleted = heard(crm, listener)
    assert created["operation"] == "insert"
    assert (created["module"], created["ids"], created["token"]) == ("Contacts", [person], "n0nce")
    assert (created["channel_id"], created["query_params"]) == (CHANNEL, {"k": "v"})
    assert (edited["operation"], edited["affected_fields"]) == ("update", [{person: ["Email"]}])
    assert "affected_values" not in edited
    assert deleted["operation"] == "delete"


def test_values_come_along_when_asked_for(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener, return_affected_field_values=True))
    person = crm.contact("Okafor")
    crm.screen("Contacts", id=person, Email="emma@north.example")
    edited = heard(crm, listener)[-1]
    assert edited["affected_values"] == [{"record_id": person, "values": {"Email": "emma@north.example"}}]


def test_rows_of_one_request_are_told_together_and_ones_own_writes_are_told_too(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener))
    ids = crm.add("Contacts", *({"Last_Name": name} for name in "ABC"))
    assert [message["ids"] for message in heard(crm, listener)] == [ids]
    crm.switch(notify_together=False)
    crm.add("Contacts", {"Last_Name": "D"}, {"Last_Name": "E"})
    assert [len(message["ids"]) for message in heard(crm, listener)] == [1, 1]
    crm.switch(notify_api_writes=False)
    crm.contact("F")
    assert heard(crm, listener) == []


def test_lapsed_channel_is_silent_and_cannot_be_prolonged(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener))
    crm.later(3600)
    crm.mint()
    crm.contact("Okafor")
    assert heard(crm, listener) == []
    assert crm.raw("GET", "/actions/watch").status_code == 204
    response = crm.raw("PATCH", "/actions/watch", {"watch": [{"channel_id": CHANNEL}]})
    assert (response.status_code, response.json()["watch"][0]["code"]) == (202, "NOT_SUBSCRIBED")
    watch(crm, channel(listener))
    crm.contact("Smith")
    assert len(heard(crm, listener)) == 1


def test_account_is_told_of_its_people_unless_related_actions_are_off(crm: Any, listener: Any) -> None:
    account = crm.account()
    watch(crm, channel(listener, "Accounts.edit", notify_on_related_action=True))
    crm.contact("Okafor", Account_Name={"id": account})
    assert [message["ids"] for message in heard(crm, listener)] == [[account]]
    watch(crm, channel(listener, "Accounts.edit"))
    crm.contact("Smith", Account_Name={"id": account})
    assert heard(crm, listener) == []


def test_condition_tells_of_chosen_fields_only(crm: Any, listener: Any) -> None:
    chosen = {"field": {"api_name": "Email"}}
    condition = {"type": "field_selection", "module": {"api_name": "Contacts"}, "field_selection": chosen}
    watch(crm, channel(listener, "Contacts.edit", notification_condition=[condition]))
    person = crm.contact("Okafor")
    crm.screen("Contacts", id=person, Title="Buyer")
    crm.screen("Contacts", id=person, Email="emma@north.example")
    assert [message["affected_fields"] for message in heard(crm, listener)] == [[{person: ["Email"]}]]


def test_put_drops_the_events_that_are_not_sent_and_patch_takes_the_named_ones_out(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener, "Contacts.create", "Accounts.create"))
    watch(crm, channel(listener, "Accounts.create", "Accounts.edit"), method="PUT")
    assert crm.get("/actions/watch")["watch"][0]["events"] == ["Accounts.create", "Accounts.edit"]
    gone = {"channel_id": CHANNEL, "events": ["Accounts.edit"], "_delete_events": True}
    watch(crm, gone, method="PATCH")
    assert crm.get("/actions/watch", module="Accounts")["watch"][0]["events"] == ["Accounts.create"]
    assert crm.raw("GET", "/actions/watch", params={"module": "Contacts"}).status_code == 204


def test_disabled_channel_is_gone(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener))
    assert crm.call("DELETE", "/actions/watch", params={"channel_ids": CHANNEL})["watch"][0]["code"] == "SUCCESS"
    told = crm.call("DELETE", "/actions/watch", params={"channel_ids": CHANNEL})
    assert told["watch"][0]["code"] == "NOT_SUBSCRIBED"


def test_channel_that_cannot_be_is_refused_row_by_row(crm: Any, listener: Any) -> None:
    wrong = [
        channel(listener, token="x" * 51),
        channel(listener, "Nonsense.create"),
        channel(listener, channel_id="abc"),
        channel(listener, channel_expiry="2020-01-01T00:00:00+00:00"),
        {"channel_id": CHANNEL},
    ]
    response = crm.raw("POST", "/actions/watch", {"watch": [*wrong, channel(listener)]})
    assert response.status_code == 207
    codes = [row["code"] for row in response.json()["watch"]]
    assert codes == ["INVALID_DATA"] * 4 + ["MANDATORY_NOT_FOUND", "SUCCESS"]


def test_messages_are_lost_doubled_and_reordered_on_request(crm: Any, listener: Any) -> None:
    watch(crm, channel(listener))
    for kind, told in (("webhook_lost", 0), ("webhook_duplicate", 2)):
        crm.control("POST", "faults", {"match": "*", "kind": kind})
        crm.contact(kind)
        assert len(heard(crm, listener)) == told
    crm.control("POST", "faults", {"match": "*", "kind": "webhook_reorder"})
    first, second = crm.contact("First"), crm.contact("Second")
    assert [message["ids"] for message in heard(crm, listener)] == [[second], [first]]
