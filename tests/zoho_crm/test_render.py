"""Records as rows of a write: what has a place, what has none, what a layout insists on."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from mlc import Binding, Operation, Rendered
from mlc.errors import MappingError
from mlc.records import (
    Address,
    AddressKind,
    Contact,
    Customer,
    DocumentStatus,
    Invoice,
    Line,
    ObjectType,
    PaymentStatus,
    Ref,
    SourceMeta,
)
from mlc_zoho.crm.mapping import MapContext, to_record
from mlc_zoho.crm.render import to_parts
from mlc_zoho.crm.settings import CrmSettings

from .conftest import bound, render_context

SOURCE = SourceMeta(system="zoho-books", source_id="4600")
ACCOUNT = Ref(record_type=ObjectType.CUSTOMER, source_id="5001")
INVOICE = Invoice(
    source=SOURCE, invoice_number="INV-1", customer=ACCOUNT, issue_date=date(2026, 2, 1), due_date=date(2026, 3, 1),
    currency="USD", total=Decimal("100.00"), amount_paid=Decimal("60.00"), balance=Decimal("40.00"),
    status=DocumentStatus.OPEN, payment_status=PaymentStatus.PARTIAL,
    lines=(Line(description="Advice", quantity=Decimal(2), unit_price=Decimal(50), line_net_amount=Decimal(100)),),
)  # fmt: skip


def rendered(record: Any, *, binding: Any = None, settings: Any = None, **context: Any) -> Rendered:
    return to_parts(record, binding, render_context(**context), settings=CrmSettings(**(settings or {})))


def body(record: Any, **options: Any) -> dict[str, Any]:
    (part,) = rendered(record, **options).parts
    found: dict[str, Any] = json.loads(part.payload, parse_float=Decimal)
    return found


def change(*fields: str) -> dict[str, Any]:
    return {"binding": Binding({"main": bound("77")}), "operation": Operation.UPDATE, "fields": frozenset(fields)}


def test_a_customer_is_created_with_our_key_and_every_field_that_has_a_place() -> None:
    address = Address(line1="4 Quay", line2="Hall B", city="Oslo", country_code="NO")
    customer = Customer(source=SOURCE, name="Nordic AS", legal_name="Nordic Holding AS", tax_number="NO987",
                        website="https://n.example", payment_days=30, credit_limit=Decimal("500.50"), currency="USD",
                        addresses=(address,))  # fmt: skip
    assert body(customer) == {
        "Account_Name": "Nordic AS", "Legal_Name": "Nordic Holding AS", "Tax_Registration": "NO987",
        "Website": "https://n.example", "Payment_Terms": 30, "Credit_Limit": Decimal("500.5"),
        "Billing_Street": "4 Quay\nHall B", "Billing_City": "Oslo", "Billing_State": None, "Billing_Code": None,
        "Billing_Country": "Norway", "Books_Id": "zoho-books:customer:4600",
    }  # fmt: skip


def test_what_was_written_reads_back_as_it_was() -> None:
    address = Address(line1="4 Quay", line2="Hall B", city="Oslo", country_code="NO", country_raw="Norway")
    customer = Customer(source=SOURCE, name="Nordic AS", tax_number="NO987", addresses=(address,))
    shown = {**body(customer), "id": "1", "Modified_Time": "2026-02-11T10:00:00+01:00"}
    found = to_record(ObjectType.CUSTOMER, shown, MapContext("zoho-crm", "desk", CrmSettings()))
    assert isinstance(found, Customer)
    assert (found.name, found.tax_number, found.addresses) == ("Nordic AS", "NO987", (address,))


def test_what_has_no_place_is_a_loss() -> None:
    customer = Customer(source=SOURCE, name="N", legal_name="N AS", registration_number="12", currency="EUR",
                        addresses=(Address(kind=AddressKind.REMIT_TO, line1="x"),))  # fmt: skip
    told = rendered(customer, extra={"fields:Accounts": "Account_Name,Books_Id"})
    lost = {loss.field for loss in told.losses}
    assert lost == {"legal_name", "registration_number", "currency", "addresses"}


def test_a_currency_goes_where_there_are_several() -> None:
    customer = Customer(source=SOURCE, name="N", currency="EUR")
    several = {"fields:Accounts": "Account_Name,Currency,Books_Id", "values:Currency": "USD\nEUR"}
    assert body(customer, extra=several)["Currency"] == "EUR"
    one = {**several, "values:Currency": "USD"}
    assert [loss.field for loss in rendered(customer, extra=one).losses] == ["currency"]


def test_a_change_sends_what_changed_and_empties_what_is_empty() -> None:
    person = Contact(source=SOURCE, first_name="Ida", last_name="Moe", phone=None, title="Buyer", customer=ACCOUNT)
    assert body(person, **change("phone", "title")) == {"id": "77", "Phone": None, "Title": "Buyer"}
    assert body(person, **change("customer")) == {"id": "77", "Account_Name": {"id": "5001"}}
    assert body(person.model_copy(update={"external_code": "9"}), **change("external_code"))["Books_Id"] == "9"


def test_an_address_that_is_gone_is_emptied_and_the_other_one_kept() -> None:
    billing, shipping = Address(line1="4 Quay"), Address(kind=AddressKind.SHIPPING, line1="Hall B")
    base = Customer(source=SOURCE, name="N", addresses=(billing, shipping))
    update = {**change("addresses"), "binding": Binding({"main": bound("77")}, base=base)}
    told = body(base.model_copy(update={"addresses": (billing,)}), **update)
    assert (told["Billing_Street"], told["Shipping_Street"]) == ("4 Quay", None)
    assert "Shipping_Street" not in body(Customer(source=SOURCE, name="N", addresses=(billing,)), **change("addresses"))


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        ({"first_name": "Ida", "last_name": "Moe"}, ("Ida", "Moe")),
        ({"name": "Ida van Moe"}, ("Ida van", "Moe")),
        ({"first_name": "Cher"}, (None, "Cher")),
        ({"email": "ap@n.example"}, (None, "ap@n.example")),
    ],
)
def test_everybody_has_a_last_name_there(names: dict[str, str], sent: tuple[str | None, str]) -> None:
    told = body(Contact(source=SOURCE, customer=ACCOUNT, **names))
    assert (told.get("First_Name"), told["Last_Name"]) == sent


def test_who_has_no_name_at_all_cannot_be_created() -> None:
    with pytest.raises(MappingError, match="last name"):
        rendered(Contact(source=SOURCE, customer=ACCOUNT))


def test_a_field_that_a_layout_insists_on_is_filled_by_the_settings_or_named() -> None:
    customer, insists = Customer(source=SOURCE, name="N"), {"mandatory:Accounts": "Account_Name,Region"}
    filled = body(customer, extra=insists, settings={"defaults": {"Accounts.Region": "EMEA", "Contacts.Region": "x"}})
    assert filled["Region"] == "EMEA"
    with pytest.raises(MappingError, match="insists on Region") as told:
        rendered(customer, extra=insists)
    assert told.value.field == "Region"
    assert "Region" not in body(customer, extra=insists, **change("name"))


def test_an_invoice_shows_the_books_figures_and_its_lines_under_one_product() -> None:
    told = body(INVOICE)
    assert told == {
        "Subject": "INV-1", "Account_Name": {"id": "5001"}, "Invoice_Date": "2026-02-01", "Due_Date": "2026-03-01",
        "Books_Total": Decimal(100), "Books_Balance": Decimal(40), "Books_Paid": Decimal(60), "Books_Currency": "USD",
        "Status": "Part paid", "Books_Id": "zoho-books:customer:4600",
        "Invoiced_Items": [
            {"Product_Name": {"id": "9001"}, "Quantity": 2, "List_Price": 50, "Description": "Advice"}
        ],
    }  # fmt: skip


def test_a_line_whose_price_does_not_multiply_goes_as_one_piece() -> None:
    line = Line(name="Advice", quantity=Decimal(3), unit_price=Decimal("33.33"), line_net_amount=Decimal(100),
                item=Ref(record_type=ObjectType.ITEM, source_id="42"))  # fmt: skip
    (sent,) = body(INVOICE.model_copy(update={"lines": (line,)}))["Invoiced_Items"]
    assert sent == {"Product_Name": {"id": "42"}, "Quantity": 1, "List_Price": 100, "Description": "Advice"}
    (whole,) = body(INVOICE.model_copy(update={"lines": ()}))["Invoiced_Items"]
    assert (whole["List_Price"], whole["Description"]) == (100, "Invoice INV-1")


def test_without_the_product_a_sentence_says_how_to_make_it() -> None:
    with pytest.raises(MappingError, match="no product named 'Books invoice line'"):
        rendered(INVOICE, extra={"product": ""} | {"product": None})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"payment_status": PaymentStatus.UNPAID}, "Sent"),
        ({"payment_status": PaymentStatus.UNPAID, "overdue": True}, "Overdue"),
        ({"payment_status": PaymentStatus.PARTIAL}, "Part paid"),
        ({"status": DocumentStatus.CLOSED, "payment_status": PaymentStatus.PAID}, "Paid"),
        ({"status": DocumentStatus.VOID}, "Void"),
        ({"status": DocumentStatus.CLOSED, "payment_status": PaymentStatus.PAID, "written_off": Decimal(5),
          "balance": Decimal(0)}, "Written off"),
    ],
)  # fmt: skip
def test_each_state_has_its_word(state: dict[str, Any], word: str) -> None:
    assert body(INVOICE.model_copy(update=state), **change("status"))["Status"] == word


def test_a_word_that_the_picklist_lacks_is_a_loss_and_another_may_be_named() -> None:
    few = {"values:Status": "Created\nDelivered"}
    told = rendered(INVOICE, extra=few)
    assert [loss.field for loss in told.losses] == ["status"]
    named = body(INVOICE, extra=few, settings={"invoice_statuses": {"part_paid": "Delivered"}})
    assert named["Status"] == "Delivered"


def test_a_draft_is_not_shown() -> None:
    with pytest.raises(MappingError, match="draft"):
        rendered(INVOICE.model_copy(update={"status": DocumentStatus.DRAFT}))


def test_a_change_of_an_invoice_leaves_its_lines_alone() -> None:
    told = rendered(INVOICE, **change("balance", "lines"))
    sent = json.loads(told.parts[0].payload)
    assert sent == {"id": "77", "Books_Balance": 40, "Status": "Part paid"}
    assert [loss.field for loss in told.losses] == ["lines"]


def test_an_invoice_may_be_a_note_on_the_account() -> None:
    settings = {"invoice_module": "Notes"}
    told = body(INVOICE, settings=settings, record_key="zoho-books:invoice:77", use_unique_field=False)
    assert told["Note_Title"] == "Invoice INV-1"
    assert told["Parent_Id"] == {"module": {"api_name": "Accounts"}, "id": "5001"}
    assert told["Note_Content"].splitlines()[:3] == ["Status: Part paid", "Currency: USD", "Total: 100"]
    row = {**told, "id": "1", "Parent_Id": {"id": "5001"}}
    found = to_record(ObjectType.INVOICE, row, MapContext("zoho-crm", "desk", CrmSettings(**settings)))
    assert isinstance(found, Invoice)
    assert (found.total, found.balance, found.due_date) == (INVOICE.total, INVOICE.balance, INVOICE.due_date)
    assert found.external_key == "zoho-books:invoice:77"
    later = body(found.model_copy(update={"balance": Decimal(0)}), settings=settings, **change("balance"))
    assert later["id"] == "77"
    assert "Balance: 0\n" in later["Note_Content"]
    assert later["Note_Content"].endswith("Key: zoho-books:invoice:77")


def test_nothing_else_is_written_and_nobody_is_deleted() -> None:
    with pytest.raises(MappingError, match="never deleted"):
        rendered(Customer(source=SOURCE, name="N"), **{**change(), "operation": Operation.VOID})
