"""Bills posted as journal entries: written, read, found and listed as bills, under ids of their own."""

import json
from decimal import Decimal

import pytest
from mlc import FetchMode, FindKey, Operation, WebhookRequest
from mlc.errors import MappingError
from mlc.records import Bill, DocumentStatus, ObjectType, PaymentStatus
from mlc_quickbooks.fetch import fetch
from mlc_quickbooks.find import find
from mlc_quickbooks.mapping import to_record
from mlc_quickbooks.reading import read
from mlc_quickbooks.render import to_parts
from mlc_quickbooks.webhooks import HEADER, signature, verify

from mlc_quickbooks import plugin
from tests.quickbooks_connector.conftest import (
    BILL,
    COMPANY,
    CONTEXT,
    META,
    NOW,
    PAYABLES,
    REALM,
    TIME,
    answered,
    binding,
    cdc,
    context,
    exact,
)
from tests.quickbooks_connector.test_push import push, write


def row(number, side, amount, account, **detail):
    inside = {"PostingType": side, "AccountRef": {"value": account}, **detail}
    return {"Id": number, "Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": inside}


OWED = {"Entity": {"Type": "Vendor", "EntityRef": {"value": "56", "name": "Example"}}}
ENTRY = {
    "Id": "145", "SyncToken": "1", "TxnDate": "2026-05-02", "DocNumber": "INV-0107", "PrivateNote": "Paper",
    "CurrencyRef": {"value": "USD"}, "TotalAmt": 0, "MetaData": META,
    "Line": [row("0", "Debit", 100.0, "64", DepartmentRef={"value": "1"}),
             row("1", "Debit", 20.5, "65", DepartmentRef={"value": "2"}), row("2", "Credit", 120.5, "33", **OWED)],
}  # fmt: skip
DEPRECIATION = {**ENTRY, "Id": "9", "Line": [row("0", "Debit", 5, "70"), row("1", "Credit", 5, "71")]}
REFUND = {**ENTRY, "Id": "10", "Line": [row("0", "Debit", 5, "35"), row("1", "Credit", 5, "64", **OWED)]}
PAYMENT = {
    "Id": "236", "SyncToken": "0", "VendorRef": {"value": "56"}, "PayType": "Check", "TotalAmt": 40.5, "MetaData": META,
    "TxnDate": "2026-05-03",
    "Line": [{"Amount": 40.5, "LinkedTxn": [{"TxnId": "145", "TxnType": "JournalEntry"}]}],
}  # fmt: skip


@pytest.fixture
def connection(books):
    books.on("query Account", answered("Account", PAYABLES))
    books.on("query BillPayment", answered("BillPayment", PAYMENT))
    return books.connect(post_as="journal")


def marked(entry):
    return {**exact(entry), "_entity": "JournalEntry", "_company": {**COMPANY, "payables": ["33"]}}


def mapped(entry=ENTRY, **more) -> Bill:
    return to_record(ObjectType.BILL, {**marked(entry), **more}, CONTEXT)


def rendered(connection, record, bound=None, settings=None, **own):
    made = to_parts(record, bound, context(**own), settings=settings or connection.settings)
    return json.loads(made.parts[0].payload, parse_float=Decimal), made


def plain_bill(**own) -> Bill:
    return to_record(ObjectType.BILL, exact(BILL), CONTEXT).model_copy(update=own)


def test_both_kinds_are_listed_and_entries_that_owe_nobody_are_no_bills(books, connection):
    books.on("query Bill", answered("Bill", BILL))
    books.on("query JournalEntry", answered("JournalEntry", ENTRY, DEPRECIATION, REFUND))
    first = fetch(connection, ObjectType.BILL, None, FetchMode.CHANGES)
    last = fetch(connection, ObjectType.BILL, first.next_cursor, FetchMode.CHANGES)
    assert [one.id for one in (*first.records, *last.records)] == ["145", "J145"]
    assert books.statements("BillPayment")[0].startswith("SELECT * FROM BillPayment WHERE VendorRef = '56'")


def test_an_entry_shows_vendor_lines_and_what_is_left_to_pay():
    found = mapped(_settled=Decimal("40.5"))
    assert (found.source.source_id, found.bill_number, found.vendor.source_id) == ("J145", "INV-0107", "56")
    assert (found.total, found.balance, found.payment_status) == (
        Decimal("120.5"), Decimal("80.0"), PaymentStatus.PARTIAL,
    )  # fmt: skip
    assert [(line.line_net_amount, line.dimensions[0].code) for line in found.lines] == [
        (Decimal("100.0"), "D1"), (Decimal("20.5"), "D2"),
    ]  # fmt: skip
    assert mapped(DEPRECIATION).status is DocumentStatus.VOID, "once bound, it owes nobody anything any more"


def test_a_payment_brings_the_entry_that_it_settles(books, connection):
    books.on("GET cdc", cdc({"BillPayment": [PAYMENT]}))
    books.on("query JournalEntry", answered("JournalEntry", ENTRY))
    page = fetch(connection, ObjectType.BILL, "2026-05-04T16:00:00+00:00", FetchMode.CHANGES)
    assert [one.id for one in page.records] == ["J145"]
    assert page.records[0].payload["_settled"] == Decimal("40.5")
    assert books.asked("GET cdc")[0].url.params["entities"] == "Bill,JournalEntry,BillPayment"
    payment = to_record(ObjectType.PAYMENT, exact(PAYMENT), CONTEXT)
    assert (payment.allocations[0].document.record_type, payment.allocations[0].document.source_id) == (
        ObjectType.BILL, "J145",
    )  # fmt: skip


def test_twins_are_looked_for_among_both_and_ids_tell_them_apart(books, connection):
    books.on("query Bill", answered("Bill", BILL))
    books.on("query JournalEntry", answered("JournalEntry", ENTRY, DEPRECIATION))
    (found,) = find(connection, ObjectType.BILL, [FindKey(record_key="r1", number="INV-0107", party_id="56")])
    assert [one.id for one in found] == ["145", "J145"]
    assert [one.id for one in read(connection, ObjectType.BILL, ["J145"])] == ["J145"]
    assert books.statements("JournalEntry")[-1].startswith("SELECT * FROM JournalEntry WHERE Id IN ('145')")


def test_a_new_bill_is_debits_with_departments_and_one_payables_line(connection):
    department = plain_bill().lines[0].dimensions[0]
    lines = tuple(
        line.model_copy(update={"account": plain_bill().lines[0].account, "item": None, "quantity": None,
                                "dimensions": (department.model_copy(update={"source_id": f"D{place}"}),)})
        for place, line in enumerate(plain_bill().lines, 1)
    )  # fmt: skip
    body, made = rendered(connection, plain_bill(lines=lines))
    sides = [(one["Amount"], one["JournalEntryLineDetail"]["PostingType"]) for one in body["Line"]]
    assert sides == [(Decimal(100), "Debit"), (Decimal("20.5"), "Debit"), (Decimal("120.5"), "Credit")]
    assert [one["JournalEntryLineDetail"].get("DepartmentRef") for one in body["Line"]] == [
        {"value": "1"}, {"value": "2"}, None,
    ]  # fmt: skip
    assert body["Line"][2]["JournalEntryLineDetail"]["Entity"] == {"Type": "Vendor", "EntityRef": {"value": "56"}}
    assert "due_date" in {loss.field for loss in made.losses}, "the plan says what is lost"
    assert len(made.parts[0].line_keys) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [({"tax_total": Decimal(2)}, "no place for the tax"), ({"total": Decimal(7)}, "add up"),
     ({"bill_number": None}, "number")],
)  # fmt: skip
def test_what_an_entry_cannot_hold_is_refused(connection, change, said):
    account = plain_bill().lines[0].account
    lines = tuple(line.model_copy(update={"account": account, "item": None}) for line in plain_bill().lines)
    with pytest.raises(MappingError, match=said):
        rendered(connection, plain_bill(lines=lines, **change))


def test_a_change_keeps_line_ids_the_payables_line_and_what_people_added(connection):
    added = {**ENTRY, "Line": [*ENTRY["Line"][:2], row("2", "Credit", 125.5, "33", **OWED), row("3", "Debit", 5, "66")]}
    base = mapped(added)
    raised = base.lines[0].model_copy(update={"line_net_amount": Decimal(110)})
    record = base.model_copy(update={"lines": (raised, base.lines[1]), "total": Decimal("135.5")})
    bound = binding(base, lines={"0": "0", "1": "1"}, record_id="J145", version="1|")
    body, _made = rendered(connection, record, bound, operation=Operation.UPDATE, fields=frozenset({"lines", "total"}))
    assert (body["Id"], body["SyncToken"], body["sparse"]) == ("145", "1", True)
    assert [(one["Id"], one["Amount"]) for one in body["Line"]] == [
        ("0", 110), ("1", Decimal("20.5")), ("3", 5), ("2", Decimal("135.5")),
    ]  # fmt: skip


def test_an_entry_stays_one_after_the_setting_was_changed_back(books, connection):
    bound = binding(mapped(), record_id="J145", version="1|")
    settings = books.connect().settings
    record = mapped().model_copy(update={"memo": "Ticket 118"})
    body, _made = rendered(connection, record, bound, settings, operation=Operation.UPDATE, fields=frozenset({"memo"}))
    assert body == {"Id": "145", "SyncToken": "1", "sparse": True, "PrivateNote": "Ticket 118"}


def test_what_was_made_has_the_id_of_its_kind(books, connection):
    books.on("POST journalentry", {"JournalEntry": ENTRY, "time": TIME})
    outcome = push(connection, write(payload=b'{"DocNumber":"INV-0107"}'))
    assert (outcome.external_id, outcome.seen.total, len(outcome.seen.lines)) == ("J145", Decimal("120.5"), 2)
    books.on("POST bill", {"Bill": {**BILL, "SyncToken": "4"}, "time": TIME})
    changed = push(connection, write(Operation.UPDATE, external_id="145", expected_version="3|"))
    assert changed.external_id == "145", "one that was a Bill before stays one"


def test_a_notice_of_an_entry_is_one_of_a_bill_too(books):
    verifier = "verifier-token-demo-1"
    receiver = books.connect(post_as="journal", secrets={"webhook_verifier": verifier})
    entity = {"name": "JournalEntry", "id": "145", "operation": "Update", "lastUpdated": "2026-05-04T16:00:10.000Z"}
    body = {"eventNotifications": [{"realmId": REALM, "dataChangeEvent": {"entities": [entity]}}]}
    raw = json.dumps(body).encode()
    delivery = WebhookRequest("POST", (), {HEADER: signature(verifier, raw).decode()}, raw, NOW)
    notices = verify(receiver, delivery)
    assert [(one.object_type, one.external_id) for one in notices] == [
        (ObjectType.JOURNAL_ENTRY, "145"), (ObjectType.BILL, "J145"),
    ]  # fmt: skip
    assert len({one.delivery_id for one in notices}) == 2


def test_departments_stand_on_the_lines(connection):
    probe = plugin.mlc_probe(connection=connection)
    assert probe.line_dimensions == {ObjectType.BILL}
