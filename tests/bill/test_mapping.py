"""BILL's payloads → canonical records."""

import json
from decimal import Decimal

import pytest
from mlc.errors import MappingError
from mlc.records import (
    ApprovalStatus,
    DimensionKind,
    DocumentStatus,
    MoneyMovement,
    ObjectType,
    PartyStatus,
    PaymentStatus,
)
from mlc_bill.mapping import to_record
from mlc_bill.redaction import without_secrets
from mlc_bill.schemas import FACTS

from .conftest import BILL_ROW, CONTEXT, VENDOR, VENDOR_ROW


def mapped(kind, row, *, currency="USD", **facts):
    """Mapped with numbers as the client parses them."""
    parsed = json.loads(json.dumps(row), parse_float=Decimal)
    return to_record(kind, {**parsed, FACTS: {"currency": currency, **facts}}, CONTEXT)


def bill(**changes):
    return mapped(ObjectType.BILL, {**BILL_ROW, **changes})


def test_a_bill_has_its_vendors_currency_and_net_lines():
    found = bill()
    assert (found.bill_number, found.total, found.currency) == ("NW-2207", Decimal("228.99"), "USD")
    assert found.vendor.source_id == VENDOR
    assert found.purchase_orders[0].code == "PO-00017"
    first = found.lines[0]
    assert (first.line_id, first.account.source_id) == ("bli01DEMO1", "0ca01A")
    assert [(one.kind, one.source_id) for one in first.dimensions] == [(DimensionKind.DEPARTMENT, "0de01D")]


@pytest.mark.parametrize(
    ("record_status", "archived", "status"),
    [
        ("ACTIVE", False, DocumentStatus.OPEN),
        ("DRAFT", True, DocumentStatus.DRAFT),
        ("INACTIVE", True, DocumentStatus.VOID),
        ("DRAFT_DELETED", True, DocumentStatus.VOID),
        ("SOMETHING_NEW", False, DocumentStatus.UNKNOWN),
        (None, True, DocumentStatus.VOID),
        (None, False, DocumentStatus.OPEN),
    ],
)
def test_record_status_comes_before_archived(record_status, archived, status):
    assert bill(recordStatus=record_status, archived=archived).status is status


@pytest.mark.parametrize(
    ("raw", "status"),
    [("UNPAID", PaymentStatus.UNPAID), ("PARTIALLY_PAID", PaymentStatus.PARTIAL), ("PARTIAL", PaymentStatus.PARTIAL),
     ("PAID", PaymentStatus.PAID), ("SCHEDULED", PaymentStatus.SCHEDULED), ("IN_PROCESS", PaymentStatus.SCHEDULED),
     ("UNDEFINED", PaymentStatus.UNKNOWN)],
)  # fmt: skip
def test_payment_states(raw, status):
    found = bill(paymentStatus=raw)
    assert found.payment_status is status
    assert (found.status is DocumentStatus.CLOSED) is (raw == "PAID")


@pytest.mark.parametrize(
    ("raw", "status"),
    [("UNASSIGNED", ApprovalStatus.NONE), ("ASSIGNED", ApprovalStatus.PENDING), ("APPROVING", ApprovalStatus.PENDING),
     ("APPROVED", ApprovalStatus.APPROVED), ("DENIED", ApprovalStatus.REJECTED), ("NEW", ApprovalStatus.UNKNOWN)],
)  # fmt: skip
def test_approval_states(raw, status):
    assert bill(approvalStatus=raw).approval_status is status


def test_a_foreign_bill_has_the_rate_its_amounts_say():
    found = mapped(
        ObjectType.BILL, {**BILL_ROW, "amount": 100, "fundingAmount": 109, "exchangeRate": 0.9174}, currency="EUR"
    )
    assert (found.exchange_rate.value, found.exchange_rate.from_currency) == (Decimal("1.09"), "EUR")


def test_a_vendor_has_one_address_one_contact_and_its_network_state():
    found = mapped(ObjectType.VENDOR, without_secrets(dict(VENDOR_ROW)))
    assert (found.name, found.vendor_code, found.currency, found.us_1099, found.is_person) == (
        "Northwind Supply", "V-7", "USD", True, False,
    )  # fmt: skip
    assert (found.addresses[0].postal_code, found.addresses[0].country_code) == ("94607", "US")
    assert found.contacts[0].email == "ar@northwind.example"
    assert found.extensions["network_status"] == "NOT_CONNECTED"
    assert found.status is PartyStatus.ACTIVE
    assert mapped(ObjectType.VENDOR, {**VENDOR_ROW, "archived": True}).status is PartyStatus.INACTIVE


def test_bank_card_and_tax_details_are_dropped_wherever_they_are():
    row = {
        **VENDOR_ROW, "rppsId": "1", "autoPay": {"bankAccountId": "b"}, "bankAccountStatus": "NET_LINKED_ACCOUNT",
        "accountNumber": "our number there",
        "disbursementInfo": {"vcardDisbursement": {"last4CardNumber": "4711"}, "checkDisbursement": {"checkNumber": 8}},
        "cards": [{"cardLastFour": "4711", "cardUuid": "crd_1"}],
    }  # fmt: skip
    kept = str(without_secrets(row))
    for secret in ("111222333", "12-3456789", "4711", "bankAccountId", "NET_LINKED", "payeeName"):
        assert secret not in kept
    for needed in ("our number there", "'checkNumber': 8", "crd_1", "94607"):
        assert needed in kept


@pytest.mark.parametrize(
    ("single", "status", "movement"),
    [
        ("SCHEDULED", "SCHEDULED", MoneyMovement.PLANNED),
        (None, "APPROVING", MoneyMovement.PLANNED),
        ("FUNDING_STARTED", "SCHEDULED", MoneyMovement.MOVED),
        ("EXPIRING", "PAID", MoneyMovement.MOVED),
        ("CLEARED", "PAID", MoneyMovement.MOVED),
        (None, "PAID", MoneyMovement.MOVED),
        ("UNDEFINED", "PAID", MoneyMovement.MOVED),
        ("VOID_PENDING", "PAID", MoneyMovement.UNKNOWN),
        ("DISBURSEMENT_FAILED_ACTION_NEEDED", "PAID", MoneyMovement.UNKNOWN),
        ("VOIDED", "VOID", MoneyMovement.REVERSED),
        ("FUNDING_FAILED_VOIDED", "VOID", MoneyMovement.REVERSED),
        ("FUNDS_ESCHEATED", "ESCHEATED", MoneyMovement.REVERSED),
        ("CANCELED", "CANCELLED", MoneyMovement.FAILED),
        ("SOMETHING_NEW", "PAID", MoneyMovement.UNKNOWN),
    ],
)
def test_money_has_moved_only_where_bill_says_so(single, status, movement):
    row = {"id": "stp1", "vendorId": VENDOR, "amount": 10, "status": status, "onlinePayment": True}
    found = mapped(ObjectType.PAYMENT, row if single is None else {**row, "singleStatus": single})
    assert found.movement is movement


def test_a_payment_names_each_bill_with_its_amount():
    row = {
        "id": "stp1", "vendorId": VENDOR, "amount": 30, "processDate": "2026-05-30", "status": "PAID",
        "onlinePayment": True, "fundingAccount": {"type": "BANK_ACCOUNT", "id": "bac01"}, "disbursementType": "CHECK",
        "disbursementInfo": {"checkDisbursement": {"checkNumber": 8051}},
        "billPayments": [
            {"id": "blp1", "billId": "00nA", "amount": 10, "vendorCredits": [{"id": "vcr1", "amount": 2}]},
            {"id": "blp2", "billId": "00nB", "amount": 20},
        ],
    }  # fmt: skip
    found = mapped(ObjectType.PAYMENT, row)
    assert [(one.document.source_id, one.amount) for one in found.allocations] == [("00nA", 10), ("00nB", 20)]
    assert (found.method, found.reference, found.money_account.source_id) == ("check", "8051", "bac01")
    assert found.category == "online"
    assert found.extensions["vendor_credits"] == [{"bill_id": "00nA", "id": "vcr1", "amount": "2"}]
    alone = mapped(ObjectType.PAYMENT, {"id": "stp2", "vendorId": VENDOR, "billId": "00nC", "amount": 5})
    assert [(one.document.source_id, one.amount) for one in alone.allocations] == [("00nC", 5)]


def test_a_recorded_payment_is_told_from_one_of_bills_own():
    row = {"id": "stp1", "vendorId": VENDOR, "amount": 10, "status": "PAID", "onlinePayment": False}
    assert mapped(ObjectType.PAYMENT, row).category == "recorded"


def test_an_archived_credit_is_void_and_an_applied_one_closed():
    row = {"id": "vcr1", "vendorId": VENDOR, "referenceNumber": "C-1", "creditDate": "2026-05-01", "amount": 50,
           "appliedAmount": 20, "status": "PARTIALLY_APPLIED", "archived": False}  # fmt: skip
    found = mapped(ObjectType.VENDOR_CREDIT, row)
    assert (found.bill_number, found.balance, found.payment_status) == ("C-1", 30, PaymentStatus.PARTIAL)
    assert mapped(ObjectType.VENDOR_CREDIT, {**row, "archived": True}).status is DocumentStatus.VOID
    assert mapped(ObjectType.VENDOR_CREDIT, {**row, "status": "FULLY_APPLIED"}).status is DocumentStatus.CLOSED


def test_control_and_bank_accounts_take_no_lines():
    def account(kind):
        return mapped(ObjectType.ACCOUNT, {"id": "0ca1", "name": "X", "account": {"type": kind, "number": "6100"}})

    assert (account("EXPENSE").postable, account("EXPENSE").code) == (True, "6100")
    for kind in ("ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "BANK", "NON_POSTING"):
        assert not account(kind).postable
    assert account("BANK").money


def test_a_value_is_of_the_list_it_was_read_from():
    row = {"id": "cls1", "name": "Retail", "shortName": "R", "archived": True}
    found = mapped(ObjectType.DIMENSION, row, list="accounting-classes")
    assert (found.kind, found.code, found.active) == (DimensionKind.CLASS, "R", False)


def test_a_card_transaction_is_an_expense_of_its_clearing():
    row = {
        "id": "dHJ4", "uuid": "trx_1", "transactionType": "CLEAR", "amount": 42.5, "merchantName": "Corner Cafe",
        "occurredTime": "2026-05-01T02:30:00.000Z", "userUuid": "usr_1", "cardUuid": "crd_1",
        "originalAuthTransactionUuid": "trx_0", "accountingIntegrationTransactions": [{"syncStatus": "NOT_SYNCED"}],
        "customFields": [{"uuid": "cf1", "name": "GL Account", "selectedValues": [{"value": "6100 Travel"}]}],
    }  # fmt: skip
    found = mapped(ObjectType.EXPENSE, row)
    assert (found.expense_number, found.category, found.kind, found.total) == (
        "trx_1",
        "clear",
        "card",
        Decimal("42.5"),
    )
    assert found.extensions == {"sync_status": "NOT_SYNCED", "authorization": "trx_0"}
    assert found.custom_fields[0].value == "6100 Travel"
    assert (found.lines[0].account.code, found.paid_through_account.source_id) == ("6100", "crd_1")
    refund = mapped(ObjectType.EXPENSE, {**row, "amount": -5})
    assert (refund.kind, refund.total) == ("refund", 5)


@pytest.mark.parametrize(
    ("more", "category"),
    [({"transactionType": "AUTHORIZATION"}, "authorization"), ({"transactionType": "DECLINE"}, "declined"),
     ({"status": "DECLINED"}, "declined"), ({"status": "DENIED"}, "declined"),
     ({"accountingIntegrationTransactions": [{"syncStatus": "MANUAL_SYNCED"}]}, "synced"), ({}, "clear")],
)  # fmt: skip
def test_only_cleared_spending_that_nobody_else_booked_is_clear(more, category):
    found = mapped(ObjectType.EXPENSE, {"uuid": "trx_1", "transactionType": "CLEAR", "amount": 5, **more})
    assert found.category == category


def test_an_account_chosen_by_name_alone_is_its_own_code():
    chosen = [{"uuid": "cf1", "name": "GL Account", "selectedValues": [{"value": "Travel"}]}]
    row = {"uuid": "trx_1", "transactionType": "CLEAR", "amount": 5, "customFields": chosen}
    assert mapped(ObjectType.EXPENSE, row).lines[0].account.code == "Travel"


def test_a_day_of_spending_is_that_of_the_organisations_zone():
    row = {"uuid": "trx_1", "transactionType": "CLEAR", "occurredTime": "2026-05-01T02:30:00.000Z"}
    west = type(CONTEXT)("payables", "008", "USD", "America/Los_Angeles")
    assert str(to_record(ObjectType.EXPENSE, row, west).issue_date) == "2026-04-30"
    assert str(to_record(ObjectType.EXPENSE, row, CONTEXT).issue_date) == "2026-05-01"


@pytest.mark.parametrize(
    ("kind", "row", "field"),
    [(ObjectType.BILL, {}, "id"), (ObjectType.VENDOR, {"id": "1"}, "name"), (ObjectType.ACCOUNT, {"id": "1"}, "name"),
     (ObjectType.EXPENSE, {"id": "1"}, "uuid"), (ObjectType.BILL, {"id": "1", "dueDate": "soon"}, "dueDate"),
     (ObjectType.BILL, {"id": "1", "amount": "much"}, "amount")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(kind, row, field):
    with pytest.raises(MappingError) as refused:
        to_record(kind, row, CONTEXT)
    assert refused.value.field == field
