"""Payloads → records, and what was mapped renders back to the same payload."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlc import Operation
from mlc.errors import MappingError
from mlc.records import MoneyMovement, ObjectType, OrderStatus, PaymentStatus, dump_record, load_record
from mlc_quickbooks.company import Company
from mlc_quickbooks.mapping import to_record
from mlc_quickbooks.redaction import without_secrets
from mlc_quickbooks.render import to_parts
from mlc_quickbooks.settings import QuickBooksSettings
from mlc_quickbooks.sources import payload_of

from mlc_quickbooks import entities
from tests.quickbooks_connector.conftest import BILL, COMPANY, CONTEXT, META, VENDOR, binding, context, exact

SETTINGS = QuickBooksSettings()
BASE = {"Id": "7", "SyncToken": "0", "MetaData": META}


def mapped(kind, row):
    return to_record(kind, without_secrets(exact(row)), CONTEXT)


def test_a_bill_is_read_with_its_lines_orders_and_balance():
    bill = mapped(ObjectType.BILL, BILL)
    assert (bill.bill_number, bill.total, bill.balance, bill.amount_paid) == (
        "INV-0107", Decimal("120.5"), Decimal("100.5"), Decimal("20.0"),
    )  # fmt: skip
    assert bill.payment_status is PaymentStatus.PARTIAL
    assert (bill.currency, bill.exchange_rate.value) == ("USD", 1)
    assert [line.line_id for line in bill.lines] == ["1", "2"], "a text line carries no money"
    paper, pens = bill.lines
    assert (paper.account.source_id, paper.purchase_order.source_id, paper.purchase_order_line.source_id) == (
        "64", "77", "2",
    )  # fmt: skip
    assert [(one.kind, one.source_id) for one in paper.dimensions] == [("department", "D1"), ("class", "C5")]
    assert paper.tax is None, "NON is no tax"
    assert (pens.item.source_id, pens.quantity, pens.unit_price) == ("9", 10, Decimal("2.05"))
    assert [one.source_id for one in bill.purchase_orders] == ["77"]
    assert bill.source.entity_id == "9130000000000001"


def test_paid_unpaid_and_foreign():
    assert mapped(ObjectType.BILL, {**BILL, "Balance": 0}).payment_status is PaymentStatus.PAID
    assert mapped(ObjectType.BILL, {**BILL, "Balance": 120.5}).payment_status is PaymentStatus.UNPAID
    euro = mapped(ObjectType.BILL, {**BILL, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.1712})
    assert (euro.currency, euro.exchange_rate.value, euro.exchange_rate.to_currency) == (
        "EUR", Decimal("1.1712"), "USD",
    )  # fmt: skip
    credit = mapped(ObjectType.VENDOR_CREDIT, {**BILL, "DocNumber": "CR-1"})
    assert (credit.bill_number, credit.object_type) == ("CR-1", ObjectType.VENDOR_CREDIT)


def test_a_whole_bill_without_a_word_of_tax_has_none():
    home = Company(
        realm="1", name=None, country="US", currency="USD", foreign=True, numbers=True, departments=True,
        classes="line", closed=None, edition=None, subscription=None, time_zone="UTC",
        warns_of_doubles=None, custom_numbers=None, skew_s=None,
    )  # fmt: skip
    plain = {key: value for key, value in exact(BILL).items() if key != "PrivateNote"}
    bill = to_record(ObjectType.BILL, payload_of(entities.BILL, home, plain), CONTEXT)
    assert (bill.tax_total, bill.subtotal, bill.known("memo"), bill.memo) == (0, Decimal("120.5"), True, None)


def test_a_vendor_is_read_without_what_is_masked():
    vendor = mapped(ObjectType.VENDOR, VENDOR)
    assert (vendor.name, vendor.legal_name, vendor.buyer_account_number) == (
        "Example Supplies", "Example Supplies Ltd", "SUP-1042",
    )  # fmt: skip
    assert vendor.contacts[0].email == "ap@example.test"
    assert vendor.addresses[0].region == "IL"
    assert not vendor.known("tax_number")
    assert "6789" not in json.dumps(dump_record(vendor), default=str)
    gone = mapped(ObjectType.VENDOR, {**VENDOR, "Active": False, "DisplayName": "Example Supplies (deleted)"})
    assert (gone.name, gone.status) == ("Example Supplies", "inactive")


def test_accounts_have_their_number_or_an_own_code():
    row = {**BASE, "Name": "Supplies", "AcctNum": "6400", "AccountType": "Expense", "Classification": "Expense"}
    assert mapped(ObjectType.ACCOUNT, row).code == "6400"
    assert (
        to_record(ObjectType.ACCOUNT, {**exact(row), "_company": {**COMPANY, "numbers": False}}, CONTEXT).code == "QB7"
    )
    assert mapped(ObjectType.ACCOUNT, {**row, "AcctNum": None}).code == "QB7"
    assert mapped(ObjectType.ACCOUNT, row).postable
    bank = mapped(ObjectType.ACCOUNT, {**row, "AccountType": "Bank", "Classification": "Asset"})
    assert (bank.postable, bank.money, bank.classification) == (False, True, "asset")
    assert not mapped(ObjectType.ACCOUNT, {**row, "AccountType": "Accounts Payable"}).postable


def test_departments_classes_terms_taxes():
    department = mapped(
        ObjectType.DIMENSION, {**BASE, "_entity": "Department", "Name": "Office", "ParentRef": {"value": "2"}}
    )
    assert (department.source.source_id, department.code, department.kind, department.parent.source_id) == (
        "D7", "D7", "department", "D2",
    )  # fmt: skip
    assert mapped(ObjectType.DIMENSION, {**BASE, "_entity": "Class", "Name": "East"}).source.source_id == "C7"
    assert mapped(ObjectType.PAYMENT_TERM, {**BASE, "Name": "Net 30", "DueDays": 30}).days == 30
    tax = mapped(ObjectType.TAX_RATE, {**BASE, "Name": "20% S", "_rates": {"8": "20", "9": "1.5"}})
    assert (tax.name, tax.rate) == ("20% S", Decimal("21.5"))
    rate = {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "Rate": 1.17, "AsOfDate": "2026-05-02"}
    found = mapped(ObjectType.EXCHANGE_RATE, rate)
    assert (found.from_currency, found.to_currency, found.rate, str(found.valid_from)) == (
        "EUR", "USD", Decimal("1.17"), "2026-05-02",
    )  # fmt: skip


def test_an_order_is_open_closed_or_billed():
    row = {**BILL, "POStatus": "Open", "LinkedTxn": []}
    order = mapped(ObjectType.PURCHASE_ORDER, row)
    assert (order.po_number, order.status, order.billed_total) == ("INV-0107", OrderStatus.ISSUED, 0)
    assert mapped(ObjectType.PURCHASE_ORDER, {**row, "POStatus": "Closed"}).status is OrderStatus.CLOSED
    ours = {**row, "POStatus": "Closed", "PrivateNote": "Paper. Cancelled at its source."}
    assert mapped(ObjectType.PURCHASE_ORDER, ours).status is OrderStatus.CANCELLED, "a lost void is found again"
    billed = {**row, "POStatus": "Closed", "LinkedTxn": [{"TxnId": "1", "TxnType": "Bill"}]}
    assert mapped(ObjectType.PURCHASE_ORDER, billed).status is OrderStatus.BILLED
    part = mapped(ObjectType.PURCHASE_ORDER, {**billed, "POStatus": "Open"})
    assert (part.status, part.known("billed_total")) == (OrderStatus.ISSUED, False)
    assert mapped(ObjectType.PURCHASE_ORDER, {**row, "POStatus": "New"}).status is OrderStatus.UNKNOWN


PAYMENT = {
    **BASE, "VendorRef": {"value": "56"}, "PayType": "Check", "TotalAmt": 120.5, "TxnDate": "2026-05-20",
    "CurrencyRef": {"value": "USD"}, "DocNumber": "1001",
    "CheckPayment": {"BankAccountRef": {"value": "35"}, "PrintStatus": "NotSet"},
    "Line": [{"Amount": 130.5, "LinkedTxn": [{"TxnId": "145", "TxnType": "Bill"}]},
             {"Amount": 10, "LinkedTxn": [{"TxnId": "9", "TxnType": "VendorCredit"}]}],
}  # fmt: skip


def test_a_payment_names_what_it_settles():
    payment = mapped(ObjectType.PAYMENT, PAYMENT)
    assert (payment.movement, payment.method, payment.money_account.source_id) == (MoneyMovement.MOVED, "check", "35")
    assert [(one.document.record_type, one.document.source_id, one.amount) for one in payment.allocations] == [
        (ObjectType.BILL, "145", Decimal("130.5")), (ObjectType.VENDOR_CREDIT, "9", 10),
    ]  # fmt: skip


def test_a_cheque_to_print_has_moved_nothing_and_a_void_one_is_reversed():
    waiting = {**PAYMENT, "CheckPayment": {"BankAccountRef": {"value": "35"}, "PrintStatus": "NeedToPrint"}}
    assert mapped(ObjectType.PAYMENT, waiting).movement is MoneyMovement.PLANNED
    void = {**PAYMENT, "TotalAmt": 0, "PrivateNote": "Voided", "Line": []}
    assert mapped(ObjectType.PAYMENT, void).movement is MoneyMovement.REVERSED
    applied = {**PAYMENT, "TotalAmt": 0}
    assert mapped(ObjectType.PAYMENT, applied).movement is MoneyMovement.MOVED, "a credit set against a bill"


def test_a_journal_entry_has_departments_by_line():
    detail = {"PostingType": "Credit", "AccountRef": {"value": "33"},
              "Entity": {"Type": "Vendor", "EntityRef": {"value": "56"}}}  # fmt: skip
    row = {
        **BASE, "DocNumber": "JE-1", "TxnDate": "2026-05-02", "TotalAmt": 0,
        "Line": [
            {"Id": "0", "DetailType": "JournalEntryLineDetail", "Amount": 20.5,
             "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "64"},
                                        "DepartmentRef": {"value": "1"}}},
            {"Id": "1", "DetailType": "JournalEntryLineDetail", "Amount": 20.5, "JournalEntryLineDetail": detail},
        ],
    }  # fmt: skip
    entry = mapped(ObjectType.JOURNAL_ENTRY, row)
    assert [(line.debit, line.credit) for line in entry.lines] == [(Decimal("20.5"), None), (None, Decimal("20.5"))]
    assert entry.lines[0].dimensions[0].source_id == "D1"
    assert entry.lines[1].party.source_id == "56"


@pytest.mark.parametrize(
    ("kind", "row", "field"),
    [
        (ObjectType.BILL, {}, "Id"),
        (ObjectType.BILL, {**BILL, "TotalAmt": "much"}, "TotalAmt"),
        (ObjectType.BILL, {**BILL, "TotalAmt": True}, "TotalAmt"),
        (ObjectType.BILL, {**BILL, "TxnDate": "soon"}, "TxnDate"),
        (ObjectType.VENDOR, {"Id": "1"}, "DisplayName"),
        (ObjectType.EXCHANGE_RATE, {}, "SourceCurrencyCode"),
        (ObjectType.DIMENSION, {"Id": "1"}, "Id"),
    ],
)
def test_what_cannot_be_read_is_named(kind, row, field):
    with pytest.raises(MappingError) as told:
        mapped(kind, row)
    assert told.value.field == field


cents = st.integers(1, 10**9).map(lambda value: Decimal(value) / 100)
words = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cents, words, st.sampled_from(["64", "65"])), min_size=1, max_size=6), words, st.booleans())
def test_a_document_that_is_read_renders_back_to_itself(lines, memo, credit):
    kind = ObjectType.VENDOR_CREDIT if credit else ObjectType.BILL
    row = {
        **BASE, "VendorRef": {"value": "56"}, "APAccountRef": {"value": "33"}, "TxnDate": "2026-05-02",
        "DocNumber": "N-1", "PrivateNote": memo, "CurrencyRef": {"value": "USD"},
        "TotalAmt": sum(amount for amount, _, _ in lines), "_company": COMPANY,
        "Line": [
            {"Id": str(place), "DetailType": "AccountBasedExpenseLineDetail", "Amount": amount, "Description": text,
             "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}, "BillableStatus": "NotBillable",
                                               "TaxCodeRef": {"value": "NON"}}}
            for place, (amount, text, account) in enumerate(lines, 1)
        ],
    }  # fmt: skip
    record = to_record(kind, row, CONTEXT)
    assert load_record(record.object_type, dump_record(record)) == record
    bound = {line.line_id: line.line_id for line in record.lines}
    rendered = to_parts(
        record, binding(record, lines=bound), context(Operation.UPDATE, fields=frozenset({"lines"})), settings=SETTINGS
    )
    (part,) = rendered.parts
    body = json.loads(part.payload, parse_float=Decimal)
    shown = {key: value for key, value in row.items() if key in body and value not in ("", None)}
    for line in shown["Line"]:
        if not line["Description"]:
            del line["Description"]
    assert {key: body[key] for key in shown if key not in ("SyncToken", "Id")} == {
        key: value for key, value in shown.items() if key not in ("SyncToken", "Id")
    }
    assert (body["Id"], body["SyncToken"]) == ("145", "3")
