"""Payloads as records: what is there, what is empty, what was not shown; invoices in a module or in a note."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from mlc.errors import MappingError
from mlc.records import AddressKind, Contact, Customer, Deal, DocumentStatus, Invoice, ObjectType, PaymentStatus
from mlc_zoho.crm.mapping import CUSTOM, MapContext, to_record
from mlc_zoho.crm.settings import CrmSettings

from .conftest import account, contact


def mapped(kind: ObjectType, row: dict[str, Any], **settings: Any) -> Any:
    return to_record(kind, row, MapContext("zoho-crm", "desk", CrmSettings(**settings)))


def test_an_account_is_a_customer_without_its_people() -> None:
    found = mapped(ObjectType.CUSTOMER, account())
    assert isinstance(found, Customer)
    assert (found.name, found.category, found.owner) == ("Nordic AS", "Customer", "Ada")
    assert (found.tax_number, found.payment_days, found.external_code) == ("NO987", 30, "4600")
    (billing,) = found.addresses
    assert billing.kind is AddressKind.BILLING
    assert (billing.line1, billing.line2, billing.city, billing.country_code) == ("4 Quay", "Hall B", "Oslo", "NO")
    assert not found.known("contacts")
    assert not found.known("legal_name")
    assert found.source.source_version == "20260211T090000Z"


def test_names_of_own_fields_are_settings() -> None:
    row = account(USt_Id="DE1", Ziel=14, Tax_Registration="ignored")
    found = mapped(ObjectType.CUSTOMER, row, tax_number_field="USt_Id", payment_days_field="Ziel")
    assert (found.tax_number, found.payment_days) == ("DE1", 14)


def test_a_contact_belongs_to_an_account() -> None:
    found = mapped(ObjectType.CONTACT, contact())
    assert isinstance(found, Contact)
    assert (found.name, found.email, found.title, found.mobile) == ("Ida Moe", "ida@n.example", "Buyer", None)
    assert found.customer is not None
    assert (found.customer.record_type, found.customer.source_id) == (ObjectType.CUSTOMER, "5001")
    assert found.known("external_code")
    assert found.external_code is None
    alone = mapped(ObjectType.CONTACT, contact(Account_Name=None, First_Name=None))
    assert (alone.customer, alone.known("customer"), alone.name) == (None, True, "Moe")


def test_a_deal_is_won_in_the_stages_that_say_so() -> None:
    row = {"id": "1", "Deal_Name": "First", "Stage": "Gewonnen", "Amount": Decimal("10.5"), "Reference": "R-7",
           "Account_Name": {"id": "5001", "name": "Nordic AS"}, CUSTOM: {"Reference": "Our reference"}}  # fmt: skip
    found = mapped(ObjectType.DEAL, row, won_stages=("Gewonnen",))
    assert isinstance(found, Deal)
    assert found.won
    assert not mapped(ObjectType.DEAL, row).won
    assert [(one.key, one.label, one.value) for one in found.custom_fields] == [("Reference", "Our reference", "R-7")]


INVOICE = {"id": "1", "Subject": "INV-1", "Account_Name": {"id": "5001"}, "Deal_Name": None, "Due_Date": "2026-03-01",
           "Status": "Part paid", "Books_Total": Decimal("100.00"), "Books_Balance": Decimal(40),
           "Books_Currency": "EUR", "Books_Last_Payment": "2026-02-01",
           "Books_Id": "zoho-books:invoice:77"}  # fmt: skip


def test_an_invoice_shows_the_books_figures() -> None:
    found = mapped(ObjectType.INVOICE, INVOICE)
    assert isinstance(found, Invoice)
    assert (found.invoice_number, found.total, found.balance) == ("INV-1", Decimal(100), Decimal(40))
    assert (found.status, found.payment_status, found.overdue) == (DocumentStatus.OPEN, PaymentStatus.PARTIAL, False)
    assert (found.last_payment_date, found.external_key) == (date(2026, 2, 1), "zoho-books:invoice:77")
    assert found.customer is not None
    assert found.customer.source_id == "5001"
    assert not found.known("lines")
    stranger = mapped(ObjectType.INVOICE, {**INVOICE, "Status": "Delivered"})
    assert stranger.status is DocumentStatus.UNKNOWN
    own = mapped(ObjectType.INVOICE, {**INVOICE, "Status": "Bezahlt"}, invoice_statuses={"paid": "Bezahlt"})
    assert own.payment_status is PaymentStatus.PAID


def test_a_custom_module_names_its_records_itself() -> None:
    row = {**INVOICE, "Name": "INV-2"}
    assert mapped(ObjectType.INVOICE, row, invoice_module="Ledger_Invoices").invoice_number == "INV-2"


def test_a_note_is_an_invoice_when_it_says_so() -> None:
    content = "Status: Paid\nCurrency: EUR\nTotal: 100.00\nBalance: 0\nDue: 2026-03-01\nKey: zoho-books:invoice:77"
    row = {"id": "1", "Note_Title": "Invoice INV-1", "Note_Content": content, "Parent_Id": {"id": "5001"}}
    found = mapped(ObjectType.INVOICE, row, invoice_module="Notes")
    assert (found.invoice_number, found.total, found.balance) == ("INV-1", Decimal(100), Decimal(0))
    assert (found.payment_status, found.due_date) == (PaymentStatus.PAID, date(2026, 3, 1))
    assert found.external_key == "zoho-books:invoice:77"
    assert found.customer.source_id == "5001"
    with pytest.raises(MappingError, match="not about an invoice"):
        mapped(ObjectType.INVOICE, {**row, "Note_Title": "Called him"}, invoice_module="Notes")
    with pytest.raises(MappingError, match="no amount in Total"):
        mapped(ObjectType.INVOICE, {**row, "Note_Content": "Total: much"}, invoice_module="Notes")


def test_what_zoho_crm_does_not_have_is_said() -> None:
    with pytest.raises(MappingError, match="no bill"):
        mapped(ObjectType.BILL, {"id": "1"})
