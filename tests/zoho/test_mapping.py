from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    ApprovalStatus,
    Bill,
    ChargeKind,
    Completeness,
    Currency,
    Dimension,
    DimensionKind,
    DocumentStatus,
    Expense,
    Invoice,
    Item,
    MoneyMovement,
    ObjectType,
    OrderStatus,
    PartyStatus,
    Payment,
    PaymentStatus,
    PurchaseOrder,
    TaxRate,
    TaxTreatment,
    Vendor,
    VendorCredit,
    dump_record,
    load_record,
)
from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.mapping import to_record
from mlc_zoho.books.parts import MapContext
from mlc_zoho.books.schemas import money, without_secrets
from mlc_zoho.books.versions import version_of

from .conftest import load, marked


def bill_row(**changes: Any) -> dict[str, Any]:
    return marked({**load("bill")["bill"], **changes})


def test_a_bill_keeps_its_amounts_to_the_digit(context: MapContext) -> None:
    bill = to_record(ObjectType.BILL, bill_row(), context)
    assert isinstance(bill, Bill)
    assert (bill.subtotal, bill.tax_total, bill.total) == (Decimal("2320.0"), Decimal("580.0"), Decimal("2900.01"))
    assert sum((charge.amount for charge in bill.charges), Decimal("2900.00")) == bill.total
    assert bill.charges[0].kind is ChargeKind.ROUNDING
    assert [line.line_net_amount for line in bill.lines] == [Decimal("2220.0"), Decimal("100.00")]
    assert bill.exchange_rate is not None
    assert (bill.exchange_rate.from_currency, bill.exchange_rate.to_currency) == ("NOK", "EUR")
    assert bill.exchange_rate.value == Decimal("0.087")


def test_a_bill_carries_its_references_and_our_key(context: MapContext) -> None:
    bill = to_record(ObjectType.BILL, bill_row(), context)
    assert isinstance(bill, Bill)
    assert bill.vendor is not None
    assert bill.vendor.source_id == "4600000000111001"
    assert bill.external_key == "procurify:b-77120"
    assert bill.source.entity_id == "700001234"
    assert bill.source.completeness is Completeness.FULL
    first = bill.lines[0]
    assert first.line_id == "4600000000333005"
    assert first.account is not None
    assert (first.account.source_id, first.account.name) == (
        "4600000000000403",
        "Materials",
    )
    assert first.purchase_order_line is not None
    assert first.purchase_order_line.source_id == "4600000000222009"
    assert first.purchase_order is not None
    assert first.purchase_order.code == "PO-00112"
    assert first.dimensions[0].set_id == "4600000000038080"
    assert first.dimensions[0].source_id == "4600000000038081"
    assert first.tax is not None
    assert first.tax.ref is not None
    assert first.tax.percent == 25
    assert bill.attachments[0].url == "/bills/4600000000333001/attachment"
    assert bill.attachments[0].is_image_of_document
    assert bill.attachments[0].mime_type == "application/pdf"


def test_a_list_row_leaves_unset_what_it_does_not_carry(context: MapContext) -> None:
    row = marked(load("bills")["bills"][0])
    bill = to_record(ObjectType.BILL, row, context)
    assert isinstance(bill, Bill)
    assert bill.source.completeness is Completeness.SUMMARY
    assert bill.known("balance")
    assert bill.balance == Decimal("2900.01")
    for name in ("lines", "charges", "subtotal", "tax_total", "memo", "amount_paid", "external_key", "attachments"):
        assert not bill.known(name), name
    assert load_record(ObjectType.BILL, dump_record(bill)).model_fields_set == bill.model_fields_set


def test_an_empty_text_is_seen_and_empty(context: MapContext) -> None:
    row = marked(load("bills")["bills"][1])
    bill = to_record(ObjectType.BILL, row, context)
    assert isinstance(bill, Bill)
    assert bill.known("payment_reference")
    assert bill.payment_reference is None


@pytest.mark.parametrize(
    ("raw", "status", "approval", "payment"),
    [
        ("draft", DocumentStatus.DRAFT, ApprovalStatus.NONE, PaymentStatus.UNPAID),
        ("pending_approval", DocumentStatus.DRAFT, ApprovalStatus.PENDING, PaymentStatus.UNPAID),
        ("open", DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.UNPAID),
        ("overdue", DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.UNPAID),
        ("partially_paid", DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.PARTIAL),
        ("paid", DocumentStatus.CLOSED, ApprovalStatus.APPROVED, PaymentStatus.PAID),
        ("void", DocumentStatus.VOID, ApprovalStatus.NONE, PaymentStatus.UNPAID),
        ("something_new", DocumentStatus.UNKNOWN, ApprovalStatus.UNKNOWN, PaymentStatus.UNKNOWN),
    ],
)
def test_a_bills_status_stands_on_three_axes(
    context: MapContext, raw: str, status: DocumentStatus, approval: ApprovalStatus, payment: PaymentStatus
) -> None:
    bill = to_record(ObjectType.BILL, bill_row(status=raw), context)
    assert isinstance(bill, Bill)
    assert (bill.status, bill.approval_status, bill.payment_status, bill.status_raw) == (status, approval, payment, raw)


@pytest.mark.parametrize(
    ("raw", "status", "billed"),
    [
        ("draft", OrderStatus.DRAFT, None),
        ("open", OrderStatus.ISSUED, None),
        ("partially_billed", OrderStatus.ISSUED, Decimal(4)),
        ("billed", OrderStatus.BILLED, Decimal(10)),
        ("cancelled", OrderStatus.CANCELLED, None),
        ("odd", OrderStatus.UNKNOWN, None),
    ],
)
def test_an_order_says_how_much_of_it_was_billed(
    context: MapContext, raw: str, status: OrderStatus, billed: Decimal | None
) -> None:
    line = {"line_item_id": "1", "quantity": 5, "rate": 2, "item_total": 10}
    if raw == "partially_billed":
        line["quantity_billed"] = 2
    row = marked(
        {
            "purchaseorder_id": "9", "purchaseorder_number": "PO-1", "status": raw, "total": 9, "sub_total": 10,
            "discount": "10%", "currency_code": "EUR", "line_items": [line],
        }
    )  # fmt: skip
    order = to_record(ObjectType.PURCHASE_ORDER, row, context)
    assert isinstance(order, PurchaseOrder)
    assert order.status is status
    assert order.billed_total == (Decimal(9) if raw == "billed" else billed)
    assert [(charge.kind, charge.amount, charge.percent) for charge in order.charges] == [
        (ChargeKind.DISCOUNT, Decimal("-1.00"), Decimal(10))
    ]


def test_a_line_priced_with_tax_gives_net_and_gross(context: MapContext) -> None:
    line = {"line_item_id": "1", "quantity": 1, "rate": 125, "item_total": 125, "tax_id": "5", "tax_percentage": 25}
    bill = to_record(ObjectType.BILL, bill_row(is_inclusive_tax=True, line_items=[line]), context)
    assert isinstance(bill, Bill)
    assert bill.amounts_include_tax
    assert (bill.lines[0].line_net_amount, bill.lines[0].line_gross_amount) == (Decimal("100.00"), Decimal("125"))


def test_reverse_charge_is_told(context: MapContext) -> None:
    line = {"line_item_id": "1", "quantity": 1, "rate": 10, "item_total": 10, "reverse_charge_tax_id": "8"}
    bill = to_record(ObjectType.BILL, bill_row(line_items=[line]), context)
    assert isinstance(bill, Bill)
    assert bill.lines[0].tax is not None
    assert bill.lines[0].tax.treatment is TaxTreatment.REVERSE_CHARGE


def test_a_bills_payments_are_kept_as_text(context: MapContext) -> None:
    payments = [{"payment_id": "71", "bill_payment_id": "72", "amount": Decimal("10.50"), "date": "2026-03-01"}]
    bill = to_record(ObjectType.BILL, bill_row(payments=payments), context)
    assert isinstance(bill, Bill)
    assert bill.extensions["payments"][0]["amount"] == "10.5"
    assert load_record(ObjectType.BILL, dump_record(bill)) == bill


def test_tax_withheld_is_told(context: MapContext) -> None:
    bill = to_record(ObjectType.BILL, bill_row(is_tds_applied=True, total=Decimal("2668.01")), context)
    assert isinstance(bill, Bill)
    assert bill.withholding_total == Decimal("232.00")


def test_the_suppliers_date_is_read_from_its_field(context: MapContext) -> None:
    fields = [{"api_name": "cf_supplier_date", "value": "2026-02-03"}]
    named = replace(context, issue_date_field="cf_supplier_date")
    bill = to_record(ObjectType.BILL, bill_row(custom_fields=fields), named)
    assert isinstance(bill, Bill)
    assert (bill.issue_date, bill.posting_date) == (date(2026, 2, 3), date(2026, 2, 10))


def test_a_vendor_without_secrets(context: MapContext) -> None:
    row = without_secrets(load("contact")["contact"])
    assert "bank_accounts" not in row
    assert "cards" not in row
    assert "tax_id_value" not in row
    vendor = to_record(ObjectType.VENDOR, marked(row), context)
    assert isinstance(vendor, Vendor)
    assert (vendor.name, vendor.tax_number, vendor.vendor_code) == ("Nordic Bearings AS", "NO987654321", "V-0044")
    assert vendor.external_code == "procurify:v-9"
    assert (vendor.payment_days, vendor.currency, vendor.status) == (30, "NOK", PartyStatus.ACTIVE)
    assert [person.name for person in vendor.contacts] == ["Ida Moe", "Per"]
    assert vendor.contacts[0].is_primary
    assert len(vendor.addresses) == 1
    assert vendor.addresses[0].city == "Oslo"
    assert vendor.website is None
    assert vendor.known("website")
    assert vendor.balance == Decimal("2900.01")


def test_a_contact_row_has_neither_people_nor_addresses(context: MapContext) -> None:
    row = marked({"contact_id": "1", "contact_name": "Lake", "contact_type": "vendor", "status": "inactive"})
    vendor = to_record(ObjectType.VENDOR, row, context)
    assert isinstance(vendor, Vendor)
    assert vendor.status is PartyStatus.INACTIVE
    assert not vendor.known("contacts")
    assert not vendor.known("addresses")
    assert not vendor.known("tax_number")


def test_accounts_know_their_class_and_whether_they_can_be_posted_to(context: MapContext) -> None:
    data = load("masterdata")
    account = to_record(ObjectType.ACCOUNT, marked(data["account"]), context)
    bank = to_record(ObjectType.ACCOUNT, marked(without_secrets(data["bank"])), context)
    assert isinstance(account, Account)
    assert isinstance(bank, Account)
    assert (account.code, account.classification, account.postable, account.money) == (
        "5010", AccountClass.EXPENSE, True, False,
    )  # fmt: skip
    assert account.full_name == "Cost of goods:Materials"
    assert (bank.code, bank.postable, bank.money) == (None, False, True)


def test_master_data_is_mapped(context: MapContext) -> None:
    data = load("masterdata")
    tax = to_record(ObjectType.TAX_RATE, marked(data["tax"]), context)
    currency = to_record(ObjectType.CURRENCY, marked(data["currency"]), context)
    location = to_record(ObjectType.DIMENSION, marked(data["location"]), context)
    option = to_record(ObjectType.DIMENSION, marked({**data["option"], "tag": data["tag"]}), context)
    item = to_record(ObjectType.ITEM, marked(data["item"]), context)
    assert isinstance(tax, TaxRate)
    assert tax.rate == 25
    assert isinstance(currency, Currency)
    assert (currency.code, currency.is_base) == ("NOK", False)
    assert isinstance(location, Dimension)
    assert (location.kind, location.name) == (DimensionKind.LOCATION, "Bergen")
    assert isinstance(option, Dimension)
    assert (option.kind, option.set_name, option.name) == (DimensionKind.TAG, "Department", "Plant 2")
    assert isinstance(item, Item)
    assert (item.code, item.purchase_price) == ("B-6204", Decimal("55.50"))


def test_a_vendor_payment_names_the_bills_it_settles(context: MapContext) -> None:
    row = marked(
        {
            "payment_id": "7", "vendor_id": "1", "amount": Decimal("12.5"), "date": "2026-03-01",
            "payment_mode": "Check", "reference_number": "R-1", "paid_through_account_id": "4",
            "paid_through_account_name": "Main bank", "currency_code": "EUR",
            "bills": [{"bill_payment_id": "8", "bill_id": "9", "amount_applied": "12.50"}],
        }
    )  # fmt: skip
    payment = to_record(ObjectType.PAYMENT, row, context)
    assert isinstance(payment, Payment)
    assert payment.movement is MoneyMovement.MOVED
    assert (payment.method, payment.reference, payment.amount) == ("check", "R-1", Decimal("12.5"))
    part = payment.allocations[0]
    assert part.document is not None
    assert (part.document.source_id, part.amount) == ("9", Decimal("12.50"))


@pytest.mark.parametrize(
    ("status", "movement"),
    [("initiated", MoneyMovement.PLANNED), ("failed", MoneyMovement.FAILED), ("odd", MoneyMovement.UNKNOWN)],
)
def test_an_ach_payment_moved_only_when_it_says_so(context: MapContext, status: str, movement: MoneyMovement) -> None:
    row = marked({"payment_id": "7", "amount": 1, "ach_payment_status": status})
    payment = to_record(ObjectType.PAYMENT, row, context)
    assert isinstance(payment, Payment)
    assert payment.movement is movement


def test_an_expense_with_one_account_has_one_line(context: MapContext) -> None:
    row = marked(
        {"expense_id": "3", "date": "2026-02-01", "amount": "30.00", "currency_code": "EUR", "account_id": "11",
         "account_name": "Meals", "paid_through_account_id": "12", "reference_number": "E-1", "vendor_id": ""}
    )  # fmt: skip
    expense = to_record(ObjectType.EXPENSE, row, context)
    assert isinstance(expense, Expense)
    assert expense.total == Decimal("30.00")
    assert len(expense.lines) == 1
    assert expense.lines[0].line_net_amount == Decimal("30.00")
    assert expense.vendor is None
    assert expense.known("vendor")


def test_an_invoice_and_a_credit_are_mapped(context: MapContext) -> None:
    invoice = to_record(
        ObjectType.INVOICE,
        marked({"invoice_id": "1", "status": "viewed", "total": "10.00", "balance": "10.00"}),
        context,
    )
    credit = to_record(
        ObjectType.VENDOR_CREDIT,
        marked({"vendor_credit_id": "2", "vendor_credit_number": "VC-1", "status": "open", "total": 12, "sub_total": 10,
                "balance": 12, "line_items": [{"line_item_id": "5", "quantity": 1, "rate": 10, "item_total": 10}]}),
        context,
    )  # fmt: skip
    assert isinstance(invoice, Invoice)
    assert invoice.status is DocumentStatus.OPEN
    assert isinstance(credit, VendorCredit)
    assert (credit.bill_number, credit.tax_total, credit.total) == ("VC-1", Decimal(2), Decimal(12))


def test_a_value_that_is_no_number_names_its_field(context: MapContext) -> None:
    with pytest.raises(MappingError) as raised:
        to_record(ObjectType.BILL, bill_row(total="much"), context)
    assert raised.value.field == "total"


def test_a_broken_currency_is_a_mapping_error(context: MapContext) -> None:
    with pytest.raises(MappingError):
        to_record(ObjectType.BILL, bill_row(currency_code="euro"), context)


def test_numbers_come_as_numbers_and_as_text() -> None:
    assert money({"a": "1,234.50"}, "a") == Decimal("1234.50")
    assert money({"a": 7}, "a") == 7
    assert money({"a": ""}, "a") is None


def test_row_and_detail_have_one_version_and_lateness_is_no_change() -> None:
    entity = ENTITIES[ObjectType.BILL]
    row, detail = load("bills")["bills"][0], load("bill")["bill"]
    assert version_of(entity, row) == version_of(entity, detail)
    moved = {**row, "last_modified_time": "2026-02-11T14:30:00+0530"}
    assert version_of(entity, moved) == version_of(entity, row)
    assert version_of(entity, {**row, "balance": 0}) != version_of(entity, row)


def test_times_are_kept_in_utc(context: MapContext) -> None:
    bill = to_record(ObjectType.BILL, bill_row(), context)
    assert bill.source.source_updated_at == datetime(2026, 2, 11, 9, 0, tzinfo=UTC)


def test_an_expense_says_whether_a_person_wants_it_reimbursed(context: MapContext) -> None:
    row: dict[str, Any] = {"expense_id": "3", "date": "2026-02-01", "total": "30.00", "status": "non-billable"}
    assert not to_record(ObjectType.EXPENSE, row, context).known("category")
    full = {**row, "account_id": "11", "custom_field_hash": {}, "custom_fields": []}
    assert to_record(ObjectType.EXPENSE, full, context).category == "expense"
    asked = {"cf_reimburse": "true", "cf_employee": "noah@harbour.example", "cf_budget": "Travel"}
    expense = to_record(ObjectType.EXPENSE, {**full, "custom_field_hash": asked}, context)
    assert isinstance(expense, Expense)
    assert (expense.category, expense.employee.code) == ("reimburse", "noah@harbour.example")
    assert expense.extensions == {"budget": "Travel"}
    repaid = to_record(ObjectType.EXPENSE, {**full, "custom_field_hash": asked, "status": "reimbursed"}, context)
    assert repaid.category == "reimbursed"
