"""Canonical records → BILL's bodies, and what BILL cannot hold."""

import json
from datetime import date
from decimal import Decimal

import pytest
from mlc import Operation
from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    Address,
    AttachmentRef,
    Bill,
    Charge,
    ChargeKind,
    ContactPoint,
    Customer,
    Dimension,
    DimensionKind,
    DimensionValue,
    Expense,
    Invoice,
    Line,
    MoneyMovement,
    ObjectType,
    PartyStatus,
    Payment,
    PaymentAllocation,
    Ref,
    SourceMeta,
    Vendor,
    VendorCredit,
)
from mlc_bill.render import to_parts
from mlc_bill.settings import BillSettings

from .conftest import BILL, ORGANISATION, VENDOR, binding, context

SOURCE = SourceMeta(system="books", source_id="17")
SETTINGS = BillSettings(organization_id=ORGANISATION)
ACCOUNT = Ref(record_type=ObjectType.ACCOUNT, source_id="0ca01A")
LINES = (
    Line(
        key="l1",
        line_net_amount=Decimal("210.00"),
        quantity=Decimal(2),
        unit_price=Decimal("105.00"),
        description="Racking",
        account=ACCOUNT,
        dimensions=(DimensionValue(kind=DimensionKind.DEPARTMENT, source_id="0de01D"),),
    ),
    Line(key="l2", line_net_amount=Decimal("18.99"), description="Sales tax"),
)
HARBOR = Address(line1="1 Harbor Way", city="Oakland", region="CA", postal_code="94607", country_code="US")


def bill(**fields):
    given = {
        "source": SOURCE,
        "bill_number": "NW-2207",
        "vendor": Ref(record_type=ObjectType.VENDOR, source_id=VENDOR),
        "issue_date": date(2026, 4, 30),
        "due_date": date(2026, 5, 30),
        "currency": "USD",
        "lines": LINES,
        "total": Decimal("228.99"),
        "memo": "Bill 460000000012345",
        "purchase_orders": (Ref(record_type=ObjectType.PURCHASE_ORDER, code="PO-00017"),),
    }
    return Bill(**{**given, **fields})


def vendor(**fields):
    given = {
        "source": SOURCE,
        "name": "Northwind Supply",
        "currency": "EUR",
        "addresses": (HARBOR,),
        "contacts": (ContactPoint(email="ar@northwind.example", phone="1", is_primary=True),),
    }
    return Vendor(**{**given, **fields})


def rendered(record, *, bound=None, **options):
    return to_parts(record, bound, context(**options), settings=SETTINGS)


def body(record, **options):
    (part,) = rendered(record, **options).parts
    return json.loads(part.payload, parse_float=Decimal)


def refused(record, **options):
    with pytest.raises(MappingError) as error:
        rendered(record, **options)
    return error.value


def test_a_new_bill_refuses_a_number_that_is_there():
    made = body(bill())
    assert made == {
        "vendorId": VENDOR,
        "dueDate": "2026-05-30",
        "description": "Bill 460000000012345",
        "invoice": {"invoiceNumber": "NW-2207", "invoiceDate": "2026-04-30"},
        "purchaseOrderNumber": "PO-00017",
        "allowDuplicateInvoiceNumber": False,
        "billLineItems": [
            {
                "amount": 210,
                "quantity": 2,
                "price": 105,
                "description": "Racking",
                "classifications": {"chartOfAccountId": "0ca01A", "departmentId": "0de01D"},
            },
            {"amount": Decimal("18.99"), "description": "Sales tax"},
        ],
    }
    (part,) = rendered(bill()).parts
    assert part.line_keys == ("l1", "l2")
    assert b"228.98" not in part.payload
    assert b'"amount":18.99' in part.payload


def test_credits_of_the_source_are_taken_off_at_creation():
    made = body(bill(extensions={"vendor_credits": [{"id": "vcr1", "amount": "20.00"}]}))
    assert made["vendorCredits"] == [{"id": "vcr1", "amount": 20}]


def test_money_outside_the_lines_becomes_a_line():
    rounding = Charge(kind=ChargeKind.ROUNDING, amount=Decimal("0.01"), account=ACCOUNT)
    made = body(bill(charges=(rounding,), total=Decimal("229.00")))
    assert made["billLineItems"][-1] == {
        "amount": Decimal("0.01"),
        "description": "Rounding",
        "classifications": {"chartOfAccountId": "0ca01A"},
    }


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"bill_number": "A" * 22}, "bill_number", "at most 21 characters"),
        ({"bill_number": None}, "bill_number", "needs a number"),
        ({"total": Decimal("229.00")}, "total", "The lines add up to 228.99"),
        ({"vendor": None}, "vendor", "needs the vendor"),
        ({"issue_date": None}, "issue_date", "needs the date"),
        (
            {"lines": (Line(line_net_amount=Decimal("-1")),), "total": Decimal(-1)},
            "lines.1.line_net_amount",
            "below zero",
        ),
        ({"lines": (Line(line_net_amount=Decimal("1.005")),)}, "lines.1.line_net_amount", "more decimals"),
        ({"amounts_include_tax": True}, "amounts_include_tax", "without tax"),
    ],
)
def test_what_bill_would_refuse_or_show_otherwise_is_not_sent(changes, field, words):
    error = refused(bill(**changes))
    assert error.field == field
    assert words in error.sentence


def test_a_memo_that_changed_leaves_the_lines_alone():
    (part,) = rendered(bill(memo=None), bound=binding(), operation=Operation.UPDATE, fields=frozenset({"memo"})).parts
    assert (part.action, json.loads(part.payload)) == (None, {"description": ""})


def test_the_same_lines_are_patched_by_their_ids_and_others_replace_the_whole():
    bound = binding(bill(extensions={"payFromChartOfAccountId": "0caAP"}), lines={"l1": "bli1", "l2": "bli2"})
    (part,) = rendered(bill(), bound=bound, operation=Operation.UPDATE, fields=frozenset({"amount", "lines"})).parts
    assert part.action is None
    assert [line["id"] for line in json.loads(part.payload)["billLineItems"]] == ["bli1", "bli2"]
    assert "allowDuplicateInvoiceNumber" not in json.loads(part.payload)
    more = bill(lines=(*LINES, Line(key="l3", line_net_amount=Decimal(1))), total=Decimal("229.99"))
    (part,) = rendered(more, bound=bound, operation=Operation.UPDATE, fields=frozenset({"amount", "lines"})).parts
    assert part.action == "replace"
    sent = json.loads(part.payload)
    assert [line.get("id") for line in sent["billLineItems"]] == ["bli1", "bli2", None]
    assert sent["payFromChartOfAccountId"] == "0caAP"


def test_a_void_archives():
    for record in (bill(), VendorCredit(source=SOURCE), vendor()):
        (part,) = rendered(record, bound=binding(), operation=Operation.VOID).parts
        assert (part.action, part.payload) == ("archive", b"")


def test_what_has_no_place_on_a_bill_is_a_loss():
    found = rendered(
        bill(payment_reference="R", payment_terms="Net 30", withholding_total=Decimal(1), posting_date=date(2026, 5, 1))
    )
    assert {loss.field for loss in found.losses} == {
        "payment_reference",
        "payment_terms",
        "withholding_total",
        "issue_date",
    }


def test_a_vendor_needs_a_whole_address():
    assert body(vendor()) == {
        "name": "Northwind Supply",
        "email": "ar@northwind.example",
        "phone": "1",
        "billCurrency": "EUR",
        "address": {
            "line1": "1 Harbor Way",
            "city": "Oakland",
            "stateOrProvince": "CA",
            "zipOrPostalCode": "94607",
            "country": "US",
        },
    }
    error = refused(vendor(addresses=()))
    assert error.field == "addresses"
    assert error.sentence == (
        "BILL takes no vendor without a full postal address; Northwind Supply lacks line 1, city, postal code, country "
        "(two letters). Add it where the vendor is kept."
    )
    assert "lacks city." in refused(vendor(addresses=(HARBOR.model_copy(update={"city": None}),))).sentence
    assert "'USA'" in refused(vendor(addresses=(HARBOR.model_copy(update={"country_code": "USA"}),))).sentence


def test_a_connected_vendor_keeps_its_own_name_and_address():
    base = vendor(extensions={"network_status": "CONNECTED"})
    fields = frozenset({"name", "addresses", "buyer_account_number"})
    changed = vendor(name="Other", buyer_account_number="A-1")
    found = rendered(changed, bound=binding(base), operation=Operation.UPDATE, fields=fields)
    assert json.loads(found.parts[0].payload) == {"accountNumber": "A-1"}
    assert {loss.field for loss in found.losses} == {"name", "addresses"}
    only = rendered(changed, bound=binding(base), operation=Operation.UPDATE, fields=frozenset({"name"}))
    assert only.parts == ()


def test_bank_and_tax_details_are_never_written():
    found = rendered(vendor(tax_number="12-3456789", registration_number="HRB 1"))
    assert b"12-3456789" not in found.parts[0].payload
    assert {"tax_number", "registration_number"} <= {loss.field for loss in found.losses}


def test_a_deactivated_vendor_is_a_call_of_its_own():
    gone = vendor(status=PartyStatus.INACTIVE)
    (part,) = rendered(gone, bound=binding(), operation=Operation.UPDATE, fields=frozenset({"status"})).parts
    assert part.action == "archive"
    (part,) = rendered(vendor(), bound=binding(), operation=Operation.UPDATE, fields=frozenset({"status"})).parts
    assert part.action == "restore"


def payment(**fields):
    parts = (PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=BILL), amount=Decimal("70.00")),)
    given = {
        "source": SOURCE,
        "party": Ref(record_type=ObjectType.VENDOR, source_id=VENDOR),
        "amount": Decimal("70.00"),
        "payment_date": date(2026, 5, 20),
        "currency": "USD",
        "movement": MoneyMovement.MOVED,
        "allocations": parts,
    }
    return Payment(**{**given, **fields})


def test_a_payment_made_elsewhere_is_recorded_and_prints_no_cheque():
    assert body(payment()) == {
        "vendorId": VENDOR,
        "processDate": "2026-05-20",
        "toPrintCheck": False,
        "payments": [{"billId": BILL, "amount": 70}],
    }
    assert rendered(payment()).parts[0].action == "record"
    assert {loss.field for loss in rendered(payment(reference="7", method="wire")).losses} == {"reference", "method"}


@pytest.mark.parametrize(
    ("changes", "extra", "words"),
    [
        ({"movement": MoneyMovement.PLANNED}, {}, "whose money has moved"),
        ({"amount": Decimal(71)}, {}, "its bills take 70 of it"),
        ({"allocations": ()}, {}, "its bills take 0 of it"),
        ({}, {"record_payments": "no"}, "mark the bill as paid in BILL"),
    ],
)
def test_no_payment_is_recorded_that_may_not_be(changes, extra, words):
    assert words in refused(payment(**changes), **extra).sentence
    assert "never changed" in refused(payment(), bound=binding(), operation=Operation.UPDATE).sentence


def test_an_invoice_is_never_mailed():
    record = Invoice(
        source=SOURCE,
        invoice_number="AR-1",
        customer=Ref(record_type=ObjectType.CUSTOMER, source_id="0cu1"),
        issue_date=date(2026, 5, 1),
        due_date=date(2026, 6, 1),
        currency="USD",
        lines=LINES,
        total=Decimal("228.99"),
    )
    made = body(record)
    assert made["processingOptions"] == {"sendEmail": False}
    assert made["customer"] == {"id": "0cu1"}
    assert [(line["quantity"], line["price"]) for line in made["invoiceLineItems"]] == [(2, 105), (1, Decimal("18.99"))]


def test_a_customer_needs_an_email_address():
    record = Customer(source=SOURCE, name="Labs", currency="USD")
    refusal = refused(record)
    assert (refusal.field, "without an e-mail address" in refusal.sentence) == ("contacts", True)
    with_mail = record.model_copy(update={"contacts": (ContactPoint(email="a@labs.example", first_name="Ann"),)})
    made = body(Customer.model_validate(with_mail.model_dump()))
    assert (made["email"], made["contact"]) == ("a@labs.example", {"firstName": "Ann"})


def test_accounts_and_values_are_made_in_their_lists():
    account = Account(
        source=SOURCE, name="Travel", code="6200", account_type="expense", classification=AccountClass.EXPENSE
    )
    assert body(account) == {"name": "Travel", "account": {"type": "EXPENSE", "number": "6200"}}
    assert "BILL keeps such accounts itself" in refused(account.model_copy(update={"postable": False})).sentence
    (part,) = rendered(Dimension(source=SOURCE, kind=DimensionKind.CLASS, name="Retail", code="R")).parts
    assert (part.action, json.loads(part.payload)) == ("list:accounting-classes", {"name": "Retail", "shortName": "R"})
    assert "no list" in refused(Dimension(source=SOURCE, kind=DimensionKind.TAG, name="X")).sentence


def test_a_reimbursement_is_made_only_of_what_a_person_prepared():
    record = Expense(
        source=SOURCE,
        employee=Ref(record_type=ObjectType.CONTACT, code="Noah@harbour.example"),
        issue_date=date(2026, 4, 28),
        total=Decimal("42.50"),
        currency="USD",
        memo="Client lunch",
        merchant="Corner Cafe",
        extensions={"budget": "Travel"},
        attachments=(AttachmentRef(source_id="1", filename="lunch.jpg", is_image_of_document=True),),
    )
    known = {"user:noah@harbour.example": "usr_1", "budget:travel": "bgt_1"}
    assert body(record, **known) == {
        "userId": "usr_1",
        "budgetId": "bgt_1",
        "amount": Decimal("42.5"),
        "note": "Client lunch",
        "merchantName": "Corner Cafe",
        "occurredDate": "2026-04-28",
        "receipts": [],
    }

    def missing(**changes):
        return refused(record.model_copy(update=changes), **known).sentence

    assert "pays an employee" in missing(attachments=())
    scan = AttachmentRef(source_id="1", filename="lunch.pdf", is_image_of_document=True)
    assert missing(attachments=(scan,)).endswith("missing: receipt as JPG or PNG.")
    assert missing(extensions={}).endswith("missing: budget.")
    stranger = Ref(record_type=ObjectType.CONTACT, code="who@harbour.example")
    assert missing(employee=stranger).endswith("missing: employee (who is a user of Spend & Expense).")
    assert "in USD only" in missing(currency="EUR")
    by_id = {"employee": Ref(record_type=ObjectType.CONTACT, code="usr_9"), "extensions": {"budget": "bgt_9"}}
    sent = json.loads(rendered(record.model_copy(update=by_id)).parts[0].payload)
    assert (sent["userId"], sent["budgetId"]) == ("usr_9", "bgt_9")


def test_nothing_is_rendered_for_what_bill_does_not_have():
    from mlc.records import PurchaseOrder

    assert "Nothing is written to BILL for purchase_order" in refused(PurchaseOrder(source=SOURCE)).sentence
