"""A hundred writes in one request, and a result for each of them, whatever the status line says."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from mlc import Created, NotSent, Operation, Outcome, RejectCause, Rejected, Unknown, Updated, Write
from mlc.errors import TransientError
from mlc.records import ObjectType
from mlc_zoho.crm.mapping import MapContext
from mlc_zoho.crm.push import push

from .conftest import CrmConnection, Desk, contact, done, listed, nothing, refused, reply

PEOPLE = ObjectType.CONTACT


def create(number: int, payload: bytes = b'{"Last_Name":"Moe"}') -> Write:
    return Write(f"w{number}", Operation.CREATE, payload, f"k{number}", use_unique_field=True)


def change(number: int, version: str | None = "20260211T090000Z") -> Write:
    payload = json.dumps({"id": str(number), "Phone": "1"}).encode()
    return Write(f"w{number}", Operation.UPDATE, payload, f"k{number}", external_id=str(number),
                 expected_version=version)  # fmt: skip


@pytest.fixture
def pushed(connection: CrmConnection, context: MapContext) -> Callable[..., list[Outcome]]:
    def send(*writes: Write) -> list[Outcome]:
        with connection.http.permit("batch", payload=tuple(write.payload for write in writes)):
            return push(connection, PEOPLE, writes, context)

    return send


def test_creates_go_together_under_our_key_and_set_off_no_automation(desk: Desk, pushed: Any) -> None:
    desk.on("POST /Contacts/upsert", {"data": [done("1"), done("2", "update")]})
    desk.on("GET /Contacts", listed(contact("2", Books_Id="k2"), contact("1", Books_Id="k1")))
    first, second = pushed(create(1), create(2, b'{"Last_Name":"Bok"}'))
    assert desk.asked("POST /Contacts/upsert")[0].content == (
        b'{"data":[{"Last_Name":"Moe"},{"Last_Name":"Bok"}],"duplicate_check_fields":["Books_Id"],"trigger":[]}'
    )
    assert isinstance(first, Created)
    assert isinstance(second, Created)
    assert (first.external_id, second.external_id) == ("1", "2")
    assert first.version == "20260211T090000Z"
    assert first.seen is not None
    assert first.seen.source.source_id == "1"


def test_without_the_unique_field_a_create_is_a_plain_insert(desk: Desk, pushed: Any) -> None:
    desk.on("POST /Contacts", {"data": [done("1")]}, status=201)
    desk.on("GET /Contacts", nothing())
    (outcome,) = pushed(replace(create(1), use_unique_field=False))
    assert desk.sent("POST /Contacts") == {"data": [{"Last_Name": "Moe"}], "trigger": []}
    assert isinstance(outcome, Created)
    assert (outcome.seen, outcome.version) == (None, "20260212T090000Z")


REFUSALS = [
    (refused("DUPLICATE_DATA", api_name="Books_Id"), RejectCause.DUPLICATE, "Books_Id"),
    (refused("MANDATORY_NOT_FOUND", api_name="Region"), RejectCause.INVALID, "Region"),
    (refused("INVALID_DATA", api_name="Account_Name"), RejectCause.REFERENCE_GONE, "Account_Name"),
    (refused("INVALID_DATA", "the id given seems to be invalid", id="77"), RejectCause.NOT_FOUND, None),
    (refused("INVALID_DATA", api_name="Email", expected_data_type="email"), RejectCause.INVALID, "Email"),
    (refused("RECORD_LOCKED"), RejectCause.NOT_PERMITTED, None),
    (refused("NO_PERMISSION"), RejectCause.NOT_PERMITTED, None),
]


@pytest.mark.parametrize(("row", "cause", "field"), REFUSALS)
def test_one_refusal_spoils_no_other(desk: Desk, pushed: Any, row: Any, cause: RejectCause, field: str | None) -> None:
    desk.on("POST /Contacts/upsert", {"data": [done("1"), row]}, status=207)
    desk.on("GET /Contacts", listed(contact("1", Books_Id="k1")))
    good, bad = pushed(create(1), create(2))
    assert isinstance(good, Created)
    assert isinstance(bad, Rejected)
    assert (bad.key, bad.cause, bad.field, bad.code) == ("w2", cause, field, row["code"])
    assert bad.reason


def test_all_refused_is_still_row_by_row(desk: Desk, pushed: Any) -> None:
    desk.on("POST /Contacts/upsert", {"data": [REFUSALS[0][0], REFUSALS[1][0]]}, status=400)
    assert [outcome.code for outcome in pushed(create(1), create(2))] == ["DUPLICATE_DATA", "MANDATORY_NOT_FOUND"]


def test_a_record_is_only_taken_for_ours_by_its_own_key(desk: Desk, pushed: Any) -> None:
    """Rows that are missing, doubled or out of order give nobody another's id."""
    desk.on("POST /Contacts/upsert", {"data": [done("2"), done("1")]})
    desk.on("GET /Contacts", listed(contact("1", Books_Id="k1"), contact("2", Books_Id="k2")))
    assert [one.external_id for one in pushed(create(1), create(2))] == ["1", "2"]
    desk.on("POST /Contacts/upsert", {"data": [done("2"), refused("DUPLICATE_DATA")]})
    first, second, third = pushed(create(1), create(2), create(3))
    assert isinstance(second, Created)
    assert isinstance(first, Unknown)
    assert isinstance(third, Unknown)
    desk.on("POST /Contacts/upsert", {"data": [done("2")]})
    desk.on("GET /Contacts", listed(contact("2", Books_Id="somebody else's")))
    (outcome,) = pushed(create(2))
    assert isinstance(outcome, Unknown)


def test_what_was_written_stands_when_it_cannot_be_read_back(desk: Desk, pushed: Any) -> None:
    desk.on("POST /Contacts/upsert", {"data": [done("1")]})
    desk.on("GET /Contacts", reply({}, status=502))
    (outcome,) = pushed(create(1))
    assert isinstance(outcome, Created)
    assert outcome.seen is None


def test_changes_go_together_after_one_look_at_their_versions(desk: Desk, pushed: Any) -> None:
    now = [contact("1"), contact("2")]
    desk.on("GET /Contacts", listed(*now))
    desk.on("PUT /Contacts", {"data": [done("1", "update"), done("2", "update")]})
    outcomes = pushed(change(1), change(2))
    assert all(isinstance(one, Updated) for one in outcomes)
    assert desk.sent("PUT /Contacts") == {"data": [{"id": "1", "Phone": "1"}, {"id": "2", "Phone": "1"}], "trigger": []}
    reads = desk.asked("GET /Contacts")
    assert [one.url.params["ids"] for one in reads] == ["1,2", "1,2"], "one look before, one after"
    assert reads[0].url.params["fields"] == "Created_Time,Modified_Time"


def test_a_change_of_what_was_changed_there_is_not_sent_and_the_others_go_without_it(desk: Desk, pushed: Any) -> None:
    desk.on("GET /Contacts", listed(contact("1"), contact("2", at="2026-02-11T12:00:00+01:00")))
    fine, stale = pushed(change(1), change(2))
    assert isinstance(fine, NotSent)
    assert fine.retry_after_s == 0
    assert isinstance(stale, Rejected)
    assert (stale.cause, stale.code) == (RejectCause.CONFLICT, "20260211T110000Z")
    assert not desk.asked("PUT /Contacts")


def test_a_key_that_the_field_cut_short_is_still_ours(desk: Desk, pushed: Any) -> None:
    long = replace(create(1), record_key="zoho-books:contact:4600000000500001:4600000000500118")
    desk.on("GET /settings/fields", {"fields": [{"api_name": "Books_Id", "length": 50, "unique": {"x": "y"}}]})
    desk.on("POST /Contacts/upsert", {"data": [done("1")]})
    desk.on("GET /Contacts", listed(contact("1", Books_Id="contact:4600000000500001:4600000000500118")))
    (outcome,) = pushed(long)
    assert isinstance(outcome, Created)
    assert outcome.seen is not None
    assert outcome.seen.external_code == "4600000000500001:4600000000500118"


def test_an_answer_of_another_shape_is_no_success(desk: Desk, pushed: Any) -> None:
    for body in ([], "later", {"data": "fine"}):
        desk.on("POST /Contacts/upsert", body)
        try:
            (outcome,) = pushed(create(1))
        except TransientError:
            continue
        assert isinstance(outcome, Unknown)
