"""Writes and what became of them: one request, nothing cleared that is not ours, and a yes that is no result."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from mlc import Accepted, Created, NotSent, Operation, RejectCause, Rejected, Task, Unknown, Updated, Write
from mlc.records import DocumentReport, ObjectType, PartyStatus, Ref, ReportKind, SourceMeta, Vendor
from mlc_basware.render import to_parts
from mlc_basware.tasks import TaskName

from mlc_basware import plugin

from .conftest import CONTEXT, COPY, INVOICE, INVOICE_ID, NOW, REQUEST, bound, context, problem, reply

CODE = "zb-460000000012345"
SOURCE = SourceMeta(system="zoho", source_id="460000000012345", source_ids={"externalCode": CODE})
VENDOR = Vendor(source=SOURCE, name="Harbour Paper Ab", vendor_code="V-1001", currency="EUR")
VERSION = "20260305T090011.000000Z"
ONE = f"GET /v1/vendors/{CODE}"
STATUS = f"GET /v1/requestStatus/{REQUEST}"


def write_of(record, binding=None, ctx=None, **changes):
    (part,) = to_parts(record, binding, ctx or context(), settings=CONTEXT.settings).parts
    values = {"action": part.action, "external_id": None if binding is None else binding.main.external_id}
    return Write("w1", part.operation, part.payload, "zoho:vendor:460000000012345", **{**values, **changes})


def push(connection, kind, *writes):
    with connection.http.permit("p", payload=tuple(one.payload for one in writes)):
        return plugin.mlc_push(connection, kind, list(writes))


def renamed(**changes):
    ctx = context(Operation.UPDATE, fields={"name"})
    return write_of(VENDOR, bound(VENDOR, "V-1001"), ctx, expected_version=VERSION, **changes)


def test_a_change_gives_back_everything_that_is_not_ours(api, connection):
    api.on(ONE, COPY)
    (outcome,) = push(connection, ObjectType.VENDOR, renamed())
    assert isinstance(outcome, Accepted)
    (sent,) = api.sent("POST /v1/vendors")
    assert sent["name"] == "Harbour Paper Ab"
    for key in ("paymentMeans", "processingStatus", "orderingDetails", "vendorClass", "identifiers"):
        assert sent[key] == COPY[key], key
    assert [one["companyCode"] for one in sent["companies"]] == ["FI10", "SE10"]
    assert not {"lastUpdated", "buvid"} & sent.keys()


def test_deactivating_keeps_the_payment_denial(api, connection):
    api.on(ONE, COPY)
    ctx = context(Operation.UPDATE, fields={"status"})
    gone = VENDOR.model_copy(update={"status": PartyStatus.INACTIVE})
    push(connection, ObjectType.VENDOR, write_of(gone, bound(VENDOR, "V-1001"), ctx))
    assert api.sent("POST /v1/vendors")[0]["processingStatus"] == {"active": False, "paymentDenied": True}


def test_what_somebody_else_changed_is_not_overwritten(api, connection):
    api.on(ONE, {**COPY, "lastUpdated": "2026-03-06T09:00:11Z"})
    (outcome,) = push(connection, ObjectType.VENDOR, renamed())
    assert outcome.cause is RejectCause.CONFLICT
    assert not api.asked("POST /v1/vendors")


def test_a_new_vendor_gets_its_currency_and_nothing_of_nobodys(api, connection):
    (outcome,) = push(connection, ObjectType.VENDOR, write_of(VENDOR))
    (sent,) = api.sent("POST /v1/vendors")
    assert isinstance(outcome, Accepted)
    assert sent["paymentMeans"] == [{"paymentMeansCode": "WIRE", "currencyCode": "EUR", "default": True}]
    assert sent["processingStatus"] == {"active": True}


def test_what_was_refused_of_a_vendor_is_not_sent_again_when_it_is_made_anew(api, connection):
    refused = {"paymentMeansCode": "WIRE", "currencyCode": "XAF", "default": True}
    theirs = {"paymentMeansCode": "CARD", "financialAccounts": [{"financialAccountIdentifiers": []}]}
    api.on(ONE, {**COPY, "paymentMeans": [refused], "paymentTerms": {"paymentTermCode": "NET99"}})
    push(connection, ObjectType.VENDOR, write_of(VENDOR))
    (sent,) = api.sent("POST /v1/vendors")
    assert sent["paymentMeans"] == [{"paymentMeansCode": "WIRE", "currencyCode": "EUR", "default": True}]
    assert "paymentTerms" not in sent
    assert (sent["vendorClass"], sent["orderingDetails"]) == (COPY["vendorClass"], COPY["orderingDetails"])
    api.on(ONE, {**COPY, "paymentMeans": [refused, theirs]})
    push(connection, ObjectType.VENDOR, write_of(VENDOR))
    (again,) = json.loads(api.asked("POST /v1/vendors")[1].content)
    assert again["paymentMeans"] == [theirs], "a bank account is never taken away"


def test_a_batch_is_one_request_and_a_broken_record_stays_behind(api, connection):
    other = VENDOR.model_copy(update={"vendor_code": "V-2"})
    second = replace(write_of(other, ctx=context(key="zoho:vendor:2")), key="w2")
    broken = replace(write_of(VENDOR), key="w3", payload=b"{}")
    with connection.http.permit("p"):
        outcomes = plugin.mlc_push(connection, ObjectType.VENDOR, [write_of(VENDOR), broken, second])
    by_key = {one.key: one for one in outcomes}
    assert isinstance(by_key["w3"], Rejected)
    assert all(isinstance(by_key[key], Accepted) for key in ("w1", "w2"))
    assert [one["externalCode"] for one in api.sent("POST /v1/vendors")] == [CODE, "zb-2"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(problem("SCHEMA_VALIDATION_ERROR", "countryId is too long", "countryId"), 400), Rejected),
        (reply(problem("CONFLICT_IN_POST"), 409), NotSent),
        (reply([{"externalCode": "another"}]), Unknown),
    ],
)
def test_an_answer_is_taken_for_what_it_says(api, connection, answer, expected):
    api.on("POST /v1/vendors", answer)
    (outcome,) = push(connection, ObjectType.VENDOR, write_of(VENDOR))
    assert isinstance(outcome, expected)


# -------------------------------------------------------------------- what became of it


def item(status, code=CODE, message="Record skipped: company code unknown", at="2026-04-30T10:19:30Z"):
    errors = [{"type": "Error", "category": "DataValidation", "message": message}] if status == "Error" else []
    entry = {"externalCode": code, "status": status, "errors": errors}
    systems = [{"system": "P2P", "systemStatus": status, "items": [entry]}]
    return {"requestStatus": [{"requestId": REQUEST, "entityType": "Vendor", "lastUpdated": at, "systems": systems}]}


def settle(connection, *, task=None, external_id="V-1001", sent_at=NOW - timedelta(minutes=1)):
    name = TaskName(REQUEST, CODE, "Vendor", "", "vendors").text() if task is None else task
    key = "zoho:vendor:460000000012345"
    return plugin.mlc_settle(connection, [Task("w1", name, external_id, sent_at, ObjectType.VENDOR, key)])


@pytest.mark.parametrize(("external_id", "made"), [(None, Created), ("V-1001", Updated)])
@pytest.mark.parametrize("status", ["Success", "Warning"])
def test_a_success_shows_the_record_as_it_stands(api, connection, status, external_id, made):
    api.on(STATUS, item(status))
    api.on(ONE, COPY)
    (outcome,) = settle(connection, external_id=external_id)
    assert isinstance(outcome, made)
    assert (outcome.external_id, outcome.version, outcome.seen.name) == ("V-1001", VERSION, "Harbour Paper Oy")


def test_a_later_refusal_says_what_the_api_goes_on_showing(api, connection):
    api.on(STATUS, item("Error"))
    api.on(ONE, COPY)
    (outcome,) = settle(connection)
    assert isinstance(outcome, Rejected)
    assert (outcome.external_id, outcome.version) == ("V-1001", VERSION)


def answer_of(number, status="Success"):
    """The request of one answer to an invoice, and the task that waits for it."""
    found = item(status, f"answer-{number}")["requestStatus"][0] | {"requestId": f"r-{number}"}
    name = TaskName(f"r-{number}", f"answer-{number}", "TransferResponse", INVOICE_ID, "transferResponses").text()
    key = f"answer-{number}"
    return found, Task(f"w{number}", name, None, NOW - timedelta(minutes=1), ObjectType.DOCUMENT_REPORT, key)


def test_many_answers_that_went_well_are_one_list_and_the_others_are_asked_for_by_id(api, connection):
    went_well = [answer_of(number) for number in range(5)]
    refused, waits = answer_of(5, "Error"), answer_of(6)
    stranger = item("Success", "another")["requestStatus"][0] | {"requestId": "r-99"}
    api.on("GET /v1/requestStatus", {"requestStatus": [stranger, *(found for found, _task in went_well)]})
    api.on("GET /v1/requestStatus/r-5", {"requestStatus": [refused[0]]})
    api.on("GET /v1/requestStatus/r-6", reply({}, 404))
    outcomes = plugin.mlc_settle(connection, [task for _found, task in (*went_well, refused, waits)])
    assert [(one.key, type(one)) for one in outcomes] == [
        *((f"w{number}", Created) for number in range(5)), ("w5", Rejected),
    ]  # fmt: skip
    (listed,) = api.asked("GET /v1/requestStatus")
    params = {"status": "Success", "entityType": "TransferResponse"}
    assert params.items() <= dict(listed.url.params).items()
    assert [len(api.asked(f"GET /v1/requestStatus/r-{number}")) for number in range(7)] == [0, 0, 0, 0, 0, 1, 1]


def test_a_list_that_shows_what_was_not_asked_for_confirms_nothing_of_it(api, connection):
    found = [answer_of(number, "InProgress") for number in range(5)]
    api.on("GET /v1/requestStatus", {"requestStatus": [row for row, _task in found]})
    assert plugin.mlc_settle(connection, [task for _row, task in found]) == []


def test_a_later_refusal_says_baswares_own_words(api, connection):
    api.on(STATUS, item("Error"))
    (outcome,) = settle(connection)
    assert isinstance(outcome, Rejected)
    assert outcome.reason.endswith("company code unknown (check company_codes of p2p)")
    assert outcome.code == "DataValidation"


@pytest.mark.parametrize("answer", [item("InProgress"), item("Success", code="zb-9"), {}, item("Unheard")])
def test_silence_and_unknown_words_confirm_nothing(api, connection, answer):
    api.on(STATUS, answer)
    assert settle(connection) == []


def test_a_record_overtaken_within_a_second_is_looked_up(api, connection):
    api.on(STATUS, item("RecordExpired"))
    (outcome,) = settle(connection)
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("before", "expected"), [(item("Success"), Updated), (item("Error"), Rejected), ({"requestStatus": []}, Rejected)]
)
def test_of_an_unchanged_record_the_one_before_decides(api, connection, before, expected):
    api.on(STATUS, item("NotProcessed"))
    api.on(ONE, COPY)
    api.answers["GET /v1/requestStatus"] = lambda request: reply(before)
    (outcome,) = settle(connection)
    assert isinstance(outcome, expected)


def test_among_very_many_requests_the_one_a_moment_before_is_found(api):
    connection = api.connect(page_size=5)
    api.on(STATUS, item("NotProcessed"))
    api.on(ONE, COPY)

    def listed(request):
        """Thousands in a month, of which the list shows the oldest first, without end; a few in the last hour."""
        since = datetime.fromisoformat(request.url.params["lastUpdated"])
        if request.url.params["status"] != "Success":
            return reply(None, 404)
        if since < NOW - timedelta(hours=2):
            token = str(int(request.headers.get("x-amz-meta-continuationtoken", 0)) + 1)
            return reply(item("Success", code="zb-9"), x_amz_meta_continuationToken=token)
        return reply(item("Success"))

    api.answers["GET /v1/requestStatus"] = listed
    (outcome,) = settle(connection)
    assert isinstance(outcome, Updated)
    assert {one.url.params["pageSize"] for one in api.asked("GET /v1/requestStatus")} == {"500"}


def test_a_lost_task_is_found_in_the_list_and_older_ones_are_not_it(api, connection):
    api.on(ONE, COPY)
    old = item("Success", at="2026-04-30T09:00:00Z")
    api.answers["GET /v1/requestStatus"] = lambda request: (
        reply(old) if request.url.params["status"] == "Success" else reply(None, 404)
    )
    assert settle(connection, task="") == []
    api.answers["GET /v1/requestStatus"] = lambda request: (
        reply(item("Success")) if request.url.params["status"] == "Success" else reply(None, 404)
    )
    (outcome,) = settle(connection, task="")
    assert isinstance(outcome, Updated)
    statuses = {one.url.params["status"] for one in api.asked("GET /v1/requestStatus")}
    assert statuses == {"Success", "Error", "AcknowledgedSuccess", "AcknowledgedError", "InProgress"}


def listed(api, **by_status):
    """requestStatus' list: what it shows for each status."""
    api.answers["GET /v1/requestStatus"] = lambda request: (
        reply(found) if (found := by_status.get(request.url.params["status"])) else reply(None, 404)
    )


def test_of_a_lost_task_a_request_that_was_overtaken_is_not_the_word(api, connection):
    api.on(ONE, COPY)
    listed(
        api, Success=item("Success", at="2026-04-30T10:19:30Z"), Error=item("RecordExpired", at="2026-04-30T10:19:31Z")
    )
    (outcome,) = settle(connection, task="")
    assert isinstance(outcome, Updated)


def test_of_a_lost_task_the_last_request_is_the_word_however_its_moment_is_written(api, connection):
    api.on(ONE, COPY)
    listed(api, Success=item("Success", at="2026-04-30T10:19:30Z"), Error=item("Error", at="2026-04-30T10:19:30.4Z"))
    (outcome,) = settle(connection, task="")
    assert isinstance(outcome, Rejected)


def test_of_a_lost_task_a_word_from_before_the_record_was_taken_is_not_the_word(api, connection):
    api.on(ONE, COPY | {"lastUpdated": "2026-04-30T10:19:20Z"})
    listed(api, Success=item("Success", at="2026-04-30T10:19:10Z"))  # of its creation, a moment before this change
    assert settle(connection, task="") == []
    listed(api, Success=item("Success", at="2026-04-30T10:19:20Z"))
    (outcome,) = settle(connection, task="")
    assert isinstance(outcome, Updated)


ORDER_KEY = "zoho:purchase_order:9001"
LINE = {"externalCode": "zb-line-1", "orderExternalCode": "zb-9001", "lineNumber": "1"}


def of_lines(*statuses):
    items = [
        {"externalCode": f"zb-line-{number}", "status": status, "errors": [{"message": f"line {number} is wrong"}]}
        for number, status in enumerate(statuses, 1)
    ]
    systems = [{"system": "P2P", "systemStatus": "Error", "items": items}]
    row = {"requestId": REQUEST, "entityType": "MatchingOrderLine", "lastUpdated": "2026-04-30T10:19:30Z"}
    return {"requestStatus": [row | {"systems": systems}]}


@pytest.mark.parametrize("is_lost", [False, True])
def test_one_refused_line_refuses_the_lines_of_an_order(api, connection, is_lost):
    name = TaskName(REQUEST, "zb-line-2", "MatchingOrderLine", "PO-1", "matchingOrderLines").text()
    api.on("GET /v1/matchingOrderLines", {"matchingOrderLines": [LINE]})
    api.on(STATUS, of_lines("Error", "Success"))
    listed(api, Error=of_lines("Error", "Success"))
    task = Task("w1", "" if is_lost else name, "PO-1", NOW - timedelta(minutes=1), ObjectType.PURCHASE_ORDER, ORDER_KEY)
    (outcome,) = plugin.mlc_settle(connection, [replace(task, action="lines")])
    assert isinstance(outcome, Rejected)
    assert "line 1 is wrong" in outcome.reason


def test_a_lost_entry_of_a_list_is_asked_for_where_it_lives(api):
    connection = api.connect(dimensions={"department": "costCenters", "location": "ACC_LIST_1"})
    code = "zb-loc-1"
    api.on(f"GET /v1/lists/ACC_LIST_1/{code}", {"externalCode": code, "accountCode": "L1"})
    listed(api, Error=item("Error", code))
    task = Task("w1", "", None, NOW - timedelta(minutes=1), ObjectType.DIMENSION, "zoho:dimension:loc-1")
    (outcome,) = plugin.mlc_settle(connection, [task])
    assert isinstance(outcome, Rejected)
    assert {one.url.params["entityType"] for one in api.asked("GET /v1/requestStatus")} == {"GenericList"}


@pytest.mark.parametrize(
    ("action", "entity"), [("transferResponses", "TransferResponse"), ("paymentResponses", "PaymentResponse")]
)
def test_a_lost_answer_to_an_invoice_is_asked_for_by_its_code(api, connection, action, entity):
    listed(api, Success=item("Success", "r-1"))
    task = Task("w1", "", None, NOW - timedelta(minutes=1), ObjectType.DOCUMENT_REPORT, "r-1", action)
    assert plugin.mlc_settle(connection, [task]) == [Created("w1", "r-1")]
    assert {one.url.params["entityType"] for one in api.asked("GET /v1/requestStatus")} == {entity}


def test_nothing_comes_after_an_acknowledgement(api, connection):
    task = Task("w1", "", None, NOW - timedelta(minutes=1), ObjectType.DOCUMENT_REPORT, "r-1", "acknowledge")
    assert plugin.mlc_settle(connection, [task]) == [Created("w1", "r-1")]


@pytest.mark.parametrize(("minutes", "done"), [(5, 0), (20, 1)])
def test_where_only_errors_are_told_long_silence_has_to_do(api, minutes, done):
    connection = api.connect(confirm_by="error_feedbacks")
    api.on(ONE, COPY)
    assert len(settle(connection, sent_at=NOW - timedelta(minutes=minutes))) == done
    entry = {"externalCode": CODE, "errorStamp": "2026-04-30T10:19:59Z", "errors": ["Unknown company"]}
    api.on(f"GET /v1/errorFeedbacks/{REQUEST}", {"errorList": [entry]})
    (outcome,) = settle(connection, sent_at=NOW - timedelta(minutes=minutes))
    assert "Unknown company" in outcome.reason


# -------------------------------------------------------------------- answers to invoices

PATH = f"/v1/accountingDocuments/{INVOICE_ID}"


def answered(kind, **changes):
    report = DocumentReport(
        source=SOURCE, report_code="r-1", kind=kind, document=Ref(record_type=ObjectType.BILL, source_id=INVOICE_ID),
        message="Done", on="2026-03-30", paid_total=Decimal("251.00"), payment_number="VP-311", **changes,
    )  # fmt: skip
    return replace(write_of(report), record_key="r-1", parent_id=INVOICE_ID)


def test_taken_already_is_a_question_whoever_took_it(api, connection):
    api.on(f"POST {PATH}/acknowledge", reply(problem("METHOD_NOT_ALLOWED"), 405))
    (outcome,) = push(connection, ObjectType.DOCUMENT_REPORT, answered(ReportKind.TAKEN))
    assert isinstance(outcome, Rejected)
    assert outcome.cause is RejectCause.DUPLICATE


def test_a_payment_answer_is_whole(api, connection):
    api.on(f"GET {PATH}", {"accountingDocuments": [INVOICE]})
    (outcome,) = push(connection, ObjectType.DOCUMENT_REPORT, answered(ReportKind.PAID))
    assert isinstance(outcome, Accepted)
    sent = api.sent(f"POST {PATH}/paymentResponses")
    assert (sent["paidTotal"], sent["paymentTermCode"], sent["paymentDate"]) == (251, "NET30", "2026-03-30T00:00:00Z")


def test_an_answer_that_stands_there_is_not_sent_again(api, connection):
    api.on(f"GET {PATH}", {**INVOICE, "transferResponses": [{"externalCode": "r-1"}]})
    (outcome,) = push(connection, ObjectType.DOCUMENT_REPORT, answered(ReportKind.POSTED))
    assert outcome.cause is RejectCause.DUPLICATE, "a success without a request would be tried again for ever"
    assert not api.asked(f"POST {PATH}/transferResponses")


@pytest.mark.parametrize(("there", "cause"), [(True, RejectCause.DUPLICATE), (False, RejectCause.INVALID)])
def test_a_code_used_before_is_a_question(api, connection, there, cause):
    echoed = {**INVOICE, "paymentResponses": [{"externalCode": "r-1"}]}
    api.on(f"GET {PATH}", INVOICE, echoed if there else INVOICE)
    api.on(f"POST {PATH}/paymentResponses", reply(problem("CONFLICT_IN_POST"), 409))
    (outcome,) = push(connection, ObjectType.DOCUMENT_REPORT, answered(ReportKind.PAID))
    assert outcome.cause is cause


def test_an_invoice_of_another_company_is_told_nothing(api, connection):
    api.on(f"GET {PATH}", {**INVOICE, "companyCode": "SE10"})
    (outcome,) = push(connection, ObjectType.DOCUMENT_REPORT, answered(ReportKind.POSTED))
    assert outcome.field == "companyCode"
    assert not api.asked(f"POST {PATH}/transferResponses")


def test_nothing_is_ever_deleted(api, connection):
    api.on(ONE, COPY)
    push(connection, ObjectType.VENDOR, renamed())
    assert {one.method for one in api.requests} == {"GET", "POST"}
    assert json.loads(api.requests[-1].content)
