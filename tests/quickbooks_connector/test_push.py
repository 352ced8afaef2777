"""One request per write, under a request id; what came of it, from what QuickBooks showed."""

import hashlib
import json

import pytest
from mlc import Attachment, Created, NotSent, Operation, RejectCause, Rejected, Unknown, Updated, Write
from mlc.errors import AuthError, ConflictError, PluginError, RateLimitedError, TransientError
from mlc.records import ObjectType

from mlc_quickbooks import plugin
from tests.quickbooks_connector.conftest import BILL, TIME, VENDOR, fault, reply


def write(operation=Operation.CREATE, payload=b'{"SyncToken":"3"}', **own):
    return Write(
        **{"key": "w1", "operation": operation, "payload": payload, "record_key": "r1", "replay_key": "77-1", **own}
    )


def push(connection, *writes, kind=ObjectType.BILL):
    with connection.http.permit("w1"):
        outcomes = plugin.mlc_push(connection=connection, object_type=kind, writes=list(writes))
    return outcomes[0] if len(outcomes) == 1 else outcomes


def test_a_bill_is_made_under_its_request_id(books, connection):
    books.on("POST bill", {"Bill": BILL, "time": TIME})
    outcome = push(connection, write(payload=b'{"DocNumber":"INV-0107"}'))
    assert isinstance(outcome, Created)
    assert (outcome.external_id, outcome.seen.total, outcome.seen.lines[0].line_id) == ("145", outcome.seen.total, "1")
    assert outcome.version.startswith("3|100.5|")
    (asked,) = books.asked("POST bill")
    assert dict(asked.url.params) == {"minorversion": "75", "requestid": "77-1"}
    assert asked.content == b'{"DocNumber":"INV-0107"}'


def test_a_long_request_id_is_shortened_and_always_to_the_same(books, connection):
    books.on("POST bill", {"Bill": BILL})
    for _ in range(2):
        push(connection, write(replay_key="k" * 80))
    ids = {one.url.params["requestid"] for one in books.asked("POST bill")}
    assert len(ids) == 1
    assert len(ids.pop()) <= 50


def test_doubles_of_a_number_are_taken_only_where_the_settings_say_so(books):
    books.on("POST bill", {"Bill": BILL})
    books.on("POST vendor", {"Vendor": VENDOR})
    connection = books.connect(duplicate_numbers="company")
    push(connection, write())
    push(connection, write(), kind=ObjectType.VENDOR)
    assert books.asked("POST bill")[0].url.params["include"] == "allowduplicatedocnum"
    assert "include" not in books.asked("POST vendor")[0].url.params


def test_a_change_shows_its_new_version(books, connection):
    books.on("POST bill", {"Bill": {**BILL, "SyncToken": "4"}})
    outcome = push(connection, write(Operation.UPDATE, external_id="145", expected_version="3|100.5|"))
    assert isinstance(outcome, Updated)
    assert outcome.version.startswith("4|")


def test_a_change_made_from_another_version_is_not_sent(books, connection):
    with pytest.raises(ConflictError, match="changed in QuickBooks"):
        push(connection, write(Operation.UPDATE, external_id="145", expected_version="2|100.5|"))
    assert books.asked("POST bill") == []


def test_somebody_who_was_faster_is_a_conflict(books, connection):
    books.on("POST bill", fault("5010", "Stale Object Error"), status=400)
    with pytest.raises(ConflictError):
        push(connection, write(Operation.UPDATE, external_id="145", expected_version="3"))


@pytest.mark.parametrize(
    ("code", "cause"),
    [("6140", RejectCause.DUPLICATE), ("600", RejectCause.DUPLICATE), ("6200", RejectCause.CLOSED_PERIOD),
     ("2500", RejectCause.REFERENCE_GONE), ("2020", RejectCause.INVALID)],
)  # fmt: skip
def test_refusals_are_outcomes(books, connection, code, cause):
    books.on("POST bill", fault(code, "No such luck"), status=400)
    outcome = push(connection, write())
    assert isinstance(outcome, Rejected)
    assert (outcome.cause, outcome.code) == (cause, code)


def test_a_fault_inside_a_success_is_no_success(books, connection):
    books.on("POST bill", fault("10000", "An unexpected error", kind="SystemFault"))
    assert isinstance(push(connection, write()), Unknown)
    books.on("POST bill", fault("2020", "Required parameter"))
    assert isinstance(push(connection, write()), Rejected)
    books.on("POST bill", {"BatchItemResponse": [], "time": TIME})
    assert isinstance(push(connection, write()), Unknown), "nothing was shown"


@pytest.mark.parametrize(
    ("response", "error"),
    [(reply(fault("3001"), 429), RateLimitedError), (reply({}, 503), TransientError),
     (reply(fault("3100"), 403), AuthError)],
)  # fmt: skip
def test_what_says_nothing_about_the_record_is_raised(books, connection, response, error):
    books.on("POST bill", response)
    with pytest.raises(error):
        push(connection, write())
    assert len(books.asked("POST bill")) == 1


def test_what_was_written_and_cannot_be_read_was_written(books, connection):
    books.on("POST bill", {"Bill": {**BILL, "TotalAmt": "odd"}})
    outcome = push(connection, write())
    assert isinstance(outcome, Created)
    assert outcome.seen is None


def test_one_record_per_call(books, connection):
    books.on("POST bill", {"Bill": BILL})
    first, second = push(connection, write(), write(key="w2"))
    assert isinstance(first, Created)
    assert isinstance(second, NotSent)
    with pytest.raises(PluginError, match="no action void"):
        push(connection, write(Operation.VOID, action="void", external_id="145"))


def test_a_file_goes_up_with_what_it_belongs_to(books, connection, tmp_path):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(b"%PDF-1.4 demo")
    file = Attachment("invoice.pdf", "application/pdf", path, 13, hashlib.sha1(b"x", usedforsecurity=False).hexdigest())
    books.on("POST upload", {"AttachableResponse": [{"Attachable": {"Id": "500", "FileName": "invoice.pdf"}}]})
    outcome = push(connection, write(payload=b"", action="attachment", parent_id="145", attachment=file))
    assert (type(outcome), outcome.external_id) == (Created, "file-500"), "a bill may have the number 500, too"
    (asked,) = books.asked("POST upload")
    assert b'name="file_metadata_01"' in asked.content
    assert b'name="file_content_01"; filename="invoice.pdf"' in asked.content
    about = asked.content.partition(b'{"AttachableRef"')[2].partition(b"\r\n")[0]
    stated = json.loads(b'{"AttachableRef"' + about)
    assert stated["AttachableRef"] == [{"EntityRef": {"type": "Bill", "value": "145"}, "IncludeOnSend": False}]
    assert asked.url.params["requestid"] == "77-1"
    books.on("POST upload", {"AttachableResponse": [fault("6041", "file type")]})
    assert isinstance(
        push(connection, write(payload=b"", action="attachment", parent_id="145", attachment=file)), Rejected
    )
    assert isinstance(push(connection, write(payload=b"", action="attachment", parent_id="145")), Rejected)
