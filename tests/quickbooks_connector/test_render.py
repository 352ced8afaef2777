"""Records → requests: nothing is emptied by omission, nothing is written that must not be, totals agree."""

import json
from datetime import date
from decimal import Decimal

import pytest
from mlc import Operation
from mlc.errors import MappingError
from mlc.records import (
    Address,
    Bill,
    Charge,
    ChargeKind,
    ContactPoint,
    DimensionKind,
    DimensionValue,
    JournalEntry,
    JournalLine,
    Line,
    LineTax,
    ObjectType,
    OrderStatus,
    PartyStatus,
    Payment,
    PurchaseOrder,
    Rate,
    Ref,
    SourceMeta,
    Vendor,
    VendorCredit,
)
from mlc_quickbooks.mapping import to_record
from mlc_quickbooks.redaction import without_secrets
from mlc_quickbooks.render import to_parts
from mlc_quickbooks.settings import QuickBooksSettings

from tests.quickbooks_connector.conftest import BILL, CONTEXT, VENDOR, binding, context, exact

SETTINGS = QuickBooksSettings()
SOURCE = SourceMeta(system="other", source_id="s-1")
OFFICE = DimensionValue(kind=DimensionKind.DEPARTMENT, source_id="D1", code="D1")
EAST = DimensionValue(kind=DimensionKind.CLASS, source_id="C5", code="C5")


def ref(kind, source_id):
    return Ref(record_type=kind, source_id=source_id)


def line(amount="100.00", account="64", **own):
    return Line(**{"key": "k1", "line_net_amount": Decimal(amount), "account": ref(ObjectType.ACCOUNT, account), **own})


def bill(model=Bill, **own):
    stated = {
        "source": SOURCE, "bill_number": "INV-1", "vendor": ref(ObjectType.VENDOR, "56"), "currency": "USD",
        "issue_date": date(2026, 5, 2), "due_date": date(2026, 6, 1), "total": Decimal("100.00"), "lines": (line(),),
        "memo": "Paper",
    }  # fmt: skip
    return model(**{**stated, **own})


def rendered(record, bound=None, ctx=None, settings=SETTINGS):
    found = to_parts(record, bound, ctx or context(), settings=settings)
    (part,) = found.parts
    return json.loads(part.payload, parse_float=Decimal), found


def known(kind, row):
    return to_record(kind, without_secrets(exact(row)), CONTEXT)


def refused(record, field, **options):
    with pytest.raises(MappingError) as told:
        rendered(record, **options)
    assert told.value.field == field


def test_a_bill_is_made_with_everything_quickbooks_wants():
    body, found = rendered(bill(lines=(line(dimensions=(OFFICE, EAST), description="A4"),)))
    assert body == {
        "VendorRef": {"value": "56"}, "DocNumber": "INV-1", "TxnDate": "2026-05-02", "DueDate": "2026-06-01",
        "PrivateNote": "Paper\n[ml-connector key-1]", "CurrencyRef": {"value": "USD"}, "APAccountRef": {"value": "33"},
        "DepartmentRef": {"value": "1"},
        "Line": [
            {"DetailType": "AccountBasedExpenseLineDetail", "Amount": 100, "Description": "A4",
             "AccountBasedExpenseLineDetail": {"ClassRef": {"value": "5"}, "TaxCodeRef": {"value": "NON"},
                                               "AccountRef": {"value": "64"}}}
        ],
    }  # fmt: skip
    assert found.parts[0].line_keys == ("k1",)
    assert found.losses == ()


def test_the_note_keeps_our_key_beside_the_memo_whatever_becomes_of_it():
    made, _ = rendered(bill(memo=None))
    assert made["PrivateNote"] == "[ml-connector key-1]"
    before = known(ObjectType.BILL, {**BILL, "PrivateNote": "Paper\r\n[ml-connector key-1]\r\nSeen by Ann"})
    assert before.memo == "Paper\nSeen by Ann"
    for memo, note in (("Pens", "Pens\n[ml-connector key-1]"), (None, "[ml-connector key-1]")):
        wanted = before.model_copy(update={"memo": memo})
        body, _ = rendered(wanted, binding(before), context(Operation.UPDATE, fields=frozenset({"memo"})))
        assert body["PrivateNote"] == note
    body, _ = rendered(before, binding(before), context(Operation.UPDATE, fields=frozenset({"due_date"})))
    assert body["PrivateNote"] == "Paper\r\n[ml-connector key-1]\r\nSeen by Ann"
    body, found = rendered(bill(memo="x" * 4000))
    assert (len(body["PrivateNote"]), body["PrivateNote"][-20:]) == (4000, "[ml-connector key-1]")
    assert [loss.field for loss in found.losses] == ["memo"]


@pytest.mark.parametrize("model", [Bill, VendorCredit])
def test_due_date_and_payables_account_are_always_sent(model):
    body, found = rendered(bill(model, due_date=None))
    assert body["APAccountRef"] == {"value": "33"}
    assert body.get("DueDate") == ("2026-05-02" if model is Bill else None), "a credit has none"
    assert [loss.field for loss in found.losses] == (["due_date"] if model is Bill else [])


def test_amounts_leave_as_the_digits_that_were_stated():
    record = bill(lines=(line("1234567.10"),), total=Decimal("1234567.10"))
    payload = to_parts(record, None, context(), settings=SETTINGS).parts[0].payload
    assert b'"Amount":1234567.1}' in payload


def test_a_bill_line_is_linked_to_its_order_only_when_it_is_made():
    linked = line(
        purchase_order=ref(ObjectType.PURCHASE_ORDER, "77"), purchase_order_line=ref(ObjectType.PURCHASE_ORDER, "2")
    )
    body, _ = rendered(bill(lines=(linked,)))
    assert body["Line"][0]["LinkedTxn"] == [{"TxnId": "77", "TxnType": "PurchaseOrder", "TxnLineId": "2"}]
    _, found = rendered(bill(purchase_orders=(ref(ObjectType.PURCHASE_ORDER, "77"),)))
    assert [loss.field for loss in found.losses] == ["purchase_orders"]


def test_a_change_of_the_header_sends_all_lines_back():
    before = known(ObjectType.BILL, BILL)
    wanted = before.model_copy(update={"memo": "Seen"})
    body, found = rendered(wanted, binding(before), context(Operation.UPDATE, fields=frozenset({"memo"})))
    assert (body["Id"], body["SyncToken"], body["PrivateNote"]) == ("145", "3", "Seen")
    assert [one["Id"] for one in body["Line"]] == ["1", "2", "3"]
    assert body["Line"][1]["ItemBasedExpenseLineDetail"]["Qty"] == 10
    assert body["LinkedTxn"] == [{"TxnId": "118", "TxnType": "BillPaymentCheck"}]
    assert {"TotalAmt", "Balance", "MetaData", "domain", "sparse"}.isdisjoint(body)
    assert found.losses == ()


def test_an_emptied_field_is_left_out_which_empties_it():
    before = known(ObjectType.BILL, BILL)
    body, _ = rendered(
        before.model_copy(update={"memo": None}), binding(before), context(Operation.UPDATE, fields=frozenset({"memo"}))
    )
    assert "PrivateNote" not in body


def test_a_change_of_lines_keeps_ids_links_and_what_somebody_added():
    before = known(ObjectType.BILL, BILL)
    ours = bill(lines=(line("110.00", "65", key="src-1"),), total=Decimal("130.50"), tax_total=None)
    bound = binding(before, lines={"src-1": "1"})
    body, _ = rendered(ours, bound, context(Operation.UPDATE, fields=frozenset({"lines", "total"})))
    first, *others = body["Line"]
    assert (first["Id"], first["Amount"], first["LinkedTxn"][0]["TxnId"]) == ("1", 110, "77")
    detail = first["AccountBasedExpenseLineDetail"]
    assert (detail["AccountRef"], detail["BillableStatus"]) == ({"value": "65"}, "NotBillable")
    assert "ClassRef" not in detail, "coding is ours"
    assert [one["Id"] for one in others] == ["2", "3"], "a person's line and a text line stay"


def test_a_line_that_is_gone_at_the_source_goes_and_no_other():
    before = known(ObjectType.BILL, BILL)
    ours = bill(lines=(line("100.00", key="src-1"),))
    bound = binding(before, lines={"src-1": "1", "src-2": "2"})
    body, _ = rendered(ours, bound, context(Operation.UPDATE, fields=frozenset({"lines"})))
    assert [one["Id"] for one in body["Line"]] == ["1", "3"]


def test_the_lines_of_a_twin_that_was_taken_as_it_stood_are_ours():
    before = known(ObjectType.BILL, BILL)
    ours = bill(lines=(line("110.00", key="src-1"),), total=Decimal("110.00"))
    body, _ = rendered(ours, binding(before), context(Operation.UPDATE, fields=frozenset({"lines"})))
    assert [one["Id"] for one in body["Line"]] == ["1", "3"], "its other money line goes, its text stays"
    two = bill(lines=(line("60.00", key="a"), line("40.00", key="b"), line("10.00", key="c")), total=Decimal("110.00"))
    body, _ = rendered(two, binding(before), context(Operation.UPDATE, fields=frozenset({"lines"})))
    assert [one.get("Id") for one in body["Line"]] == ["1", "2", None, "3"]


def test_a_vendor_that_was_taken_by_its_name_is_changed_in_part():
    wanted = vendor(website="https://new.example")
    ctx = context(Operation.UPDATE, fields=frozenset({"website"}))
    body, _ = rendered(wanted, binding(None, record_id="56"), ctx)
    assert body == {"Id": "56", "SyncToken": "3", "sparse": True, "WebAddr": {"URI": "https://new.example"}}
    with pytest.raises(MappingError, match="not read whole"):
        rendered(wanted, binding(None), ctx, settings=QuickBooksSettings(vendor_updates="full"))


def test_nothing_is_changed_that_was_never_read_whole():
    with pytest.raises(MappingError, match="not read whole"):
        rendered(bill(), binding(bill()), context(Operation.UPDATE, fields=frozenset({"memo"})))
    before = known(ObjectType.BILL, BILL)
    with pytest.raises(MappingError, match="version"):
        rendered(before, binding(before, version="h0"), context(Operation.UPDATE, fields=frozenset({"memo"})))


def test_a_total_that_quickbooks_would_not_show_is_not_sent():
    refused(bill(total=Decimal("100.01")), "total")
    refused(bill(tax_total=Decimal("7.00"), total=Decimal("107.00")), "tax_total")
    rounding = Charge(kind=ChargeKind.ROUNDING, amount=Decimal("0.01"), account=ref(ObjectType.ACCOUNT, "99"))
    body, found = rendered(bill(total=Decimal("100.01"), charges=(rounding,)))
    assert body["Line"][1]["AccountBasedExpenseLineDetail"]["AccountRef"] == {"value": "99"}
    assert found.parts[0].line_keys == ("k1", "charge:rounding:1")
    refused(bill(total=Decimal("100.01"), charges=(rounding.model_copy(update={"account": None}),)), "charges")


def test_outside_the_united_states_tax_has_a_code_per_line_and_a_total():
    taxed = line(tax=LineTax(ref=ref(ObjectType.TAX_RATE, "4")))
    ctx = context(us="no")
    body, _ = rendered(bill(lines=(taxed,), tax_total=Decimal("20.00"), total=Decimal("120.00")), ctx=ctx)
    assert body["GlobalTaxCalculation"] == "TaxExcluded"
    assert body["TxnTaxDetail"] == {"TotalTax": 20}
    assert body["Line"][0]["AccountBasedExpenseLineDetail"]["TaxCodeRef"] == {"value": "4"}
    body, _ = rendered(bill(), ctx=ctx)
    assert body["GlobalTaxCalculation"] == "NotApplicable"
    assert "TaxCodeRef" not in body["Line"][0]["AccountBasedExpenseLineDetail"]
    gross = line(line_net_amount=None, line_gross_amount=Decimal("120.00"),
                 tax=LineTax(ref=ref(ObjectType.TAX_RATE, "4"), amount=Decimal("20.00"), inclusive=True))  # fmt: skip
    inclusive = bill(lines=(gross,), amounts_include_tax=True, tax_total=Decimal("20.00"), total=Decimal("120.00"))
    assert rendered(inclusive, ctx=ctx)[0]["Line"][0]["Amount"] == 100


@pytest.mark.parametrize("model", [Bill, VendorCredit])
def test_a_foreign_document_always_says_its_rate(model):
    rate = Rate(value=Decimal("1.1712"), from_currency="EUR", to_currency="USD")
    body, _ = rendered(bill(model, currency="EUR", exchange_rate=rate, due_date=None))
    assert (body["CurrencyRef"], body["ExchangeRate"]) == ({"value": "EUR"}, Decimal("1.1712"))
    assert body["APAccountRef"] == {"value": "34"}, "the payables account of that currency"
    refused(bill(model, currency="EUR"), "exchange_rate")
    refused(bill(model, currency="EUR", exchange_rate=rate), "currency", ctx=context(multicurrency="off"))


def test_one_department_for_a_whole_document():
    other = DimensionValue(kind=DimensionKind.DEPARTMENT, source_id="D2")
    refused(bill(lines=(line(dimensions=(OFFICE,)), line(dimensions=(other,), key="k2"))), "lines.dimensions")
    body, found = rendered(bill(lines=(line(dimensions=(OFFICE,)),)), ctx=context(departments="off", classes="off"))
    assert "DepartmentRef" not in body
    assert [loss.field for loss in found.losses] == ["lines.dimensions"]


def test_a_bill_without_number_date_vendor_or_account_is_refused_by_name():
    refused(bill(bill_number=None), "bill_number")
    refused(bill(bill_number="X" * 22), "bill_number")
    refused(bill(issue_date=None), "issue_date")
    refused(bill(vendor=None), "vendor")
    refused(bill(lines=(line(account=None),)), "lines.1.account")
    refused(bill(), "payable_account", ctx=context(payable_account="", **{"payable_account:USD": ""}))


def test_nothing_is_void_or_deleted():
    before = known(ObjectType.BILL, BILL)
    for record in (bill(), bill(VendorCredit)):
        refused(record, "status", bound=binding(before), ctx=context(Operation.VOID))
    with pytest.raises(MappingError, match="Nothing is written"):
        rendered(Payment(source=SOURCE))


def test_what_has_no_place_is_named():
    _, found = rendered(
        bill(payment_reference="R", payment_terms="Net 30", withholding_total=Decimal(1), posting_date=date(2026, 5, 4),
             payment_blocked=True)
    )  # fmt: skip
    fields = {loss.field for loss in found.losses}
    assert fields == {"payment_reference", "payment_terms", "withholding_total", "issue_date", "payment_blocked"}
    _, found = rendered(bill(VendorCredit))
    assert [loss.field for loss in found.losses] == ["due_date"]


def test_a_document_that_was_moved_goes_on_its_new_day():
    body, _ = rendered(bill(), ctx=context(overrides={"moved_to": "2026-06-01"}))
    assert body["TxnDate"] == "2026-06-01"


def test_an_order_is_made_closed_and_cancelled():
    fields = {"source": SOURCE, "po_number": "PO-1", "vendor": ref(ObjectType.VENDOR, "56"), "currency": "USD",
              "issue_date": date(2026, 5, 2), "total": Decimal("100.00"), "status": OrderStatus.ISSUED}  # fmt: skip
    item = Line(key="k1", item=ref(ObjectType.ITEM, "9"), quantity=Decimal(3), unit_price=Decimal("33.33"),
                line_net_amount=Decimal("100.00"))  # fmt: skip
    body, _ = rendered(PurchaseOrder(**fields, lines=(item,)))
    detail = body["Line"][0]["ItemBasedExpenseLineDetail"]
    assert (body["POStatus"], body["APAccountRef"]) == ("Open", {"value": "33"})
    assert (detail["Qty"], detail["UnitPrice"]) == (3, Decimal("33.3333333"))
    before = known(ObjectType.PURCHASE_ORDER, {**BILL, "POStatus": "Open"})
    closed = before.model_copy(update={"status": OrderStatus.CLOSED})
    body, _ = rendered(closed, binding(before), context(Operation.UPDATE, fields=frozenset({"status"})))
    assert (body["POStatus"], len(body["Line"])) == ("Closed", 3)
    body, _ = rendered(before, binding(before), context(Operation.VOID))
    assert (body["POStatus"], body["PrivateNote"]) == ("Closed", "Paper and pens Cancelled at its source.")


def entry(**own):
    rows = (
        JournalLine(account=ref(ObjectType.ACCOUNT, "64"), debit=Decimal("100"), dimensions=(OFFICE,)),
        JournalLine(account=ref(ObjectType.ACCOUNT, "65"), debit=Decimal("20.5"), dimensions=(EAST,)),
        JournalLine(account=ref(ObjectType.ACCOUNT, "33"), credit=Decimal("120.5"), party=ref(ObjectType.VENDOR, "56")),
    )
    stated = {"source": SOURCE, "entry_number": "JE-1", "posting_date": date(2026, 5, 2), "lines": rows}
    return JournalEntry(**{**stated, **own})


def test_a_journal_entry_balances_with_one_payable_row():
    body, _ = rendered(entry())
    debit, other, payable = (one["JournalEntryLineDetail"] for one in body["Line"])
    assert (debit["PostingType"], debit["DepartmentRef"], other["ClassRef"]) == (
        "Debit",
        {"value": "1"},
        {"value": "5"},
    )
    assert payable["Entity"] == {"Type": "Vendor", "EntityRef": {"value": "56"}}
    assert (body["DocNumber"], body["TxnDate"]) == ("JE-1", "2026-05-02")
    refused(entry(lines=entry().lines[:2]), "lines")
    refused(entry(lines=(JournalLine(account=ref(ObjectType.ACCOUNT, "1")),)), "lines.1.debit")
    refused(entry(currency="EUR"), "exchange_rate")
    refused(entry(), "status", bound=binding(entry()), ctx=context(Operation.VOID))


def test_a_journal_entry_changes_in_part_and_keeps_lines_of_others():
    kept = entry(lines=tuple(one.model_copy(update={"line_id": str(n)}) for n, one in enumerate(entry().lines)))
    body, _ = rendered(
        kept.model_copy(update={"memo": "New"}), binding(kept), context(Operation.UPDATE, fields=frozenset({"memo"}))
    )
    assert body == {"Id": "145", "SyncToken": "3", "sparse": True, "PrivateNote": "New"}
    ours = entry(lines=(JournalLine(account=ref(ObjectType.ACCOUNT, "64"), debit=Decimal("100")),))
    bound = binding(kept, lines={"#1": "0"})
    body, _ = rendered(ours, bound, context(Operation.UPDATE, fields=frozenset({"lines"})))
    assert [one.get("Id") for one in body["Line"]] == ["0", "1", "2"]


def vendor(**own):
    return Vendor(**{"source": SOURCE, "name": "New Supplies", **own})


def test_a_vendor_is_made_without_a_key_of_ours():
    person = ContactPoint(name="Ada Byron", email="ada@supplies.example", phone="+1 555 0100")
    body, found = rendered(
        vendor(legal_name="New Supplies Inc", currency="EUR", contacts=(person,), vendor_code="V-1",
               tax_number="12-3456789", addresses=(Address(line1="1 Quay", city="Oslo", country_code="NO"),),
               us_1099=True)
    )  # fmt: skip
    assert body == {
        "DisplayName": "New Supplies", "CompanyName": "New Supplies Inc", "CurrencyRef": {"value": "EUR"},
        "GivenName": "Ada", "FamilyName": "Byron", "PrimaryEmailAddr": {"Address": "ada@supplies.example"},
        "PrimaryPhone": {"FreeFormNumber": "+1 555 0100"}, "Vendor1099": True,
        "BillAddr": {"Line1": "1 Quay", "City": "Oslo", "Country": "NO"},
    }  # fmt: skip
    assert {loss.field for loss in found.losses} == {"vendor_code", "tax_number"}
    refused(vendor(currency="EUR"), "currency", ctx=context(multicurrency="off"))


def test_a_change_of_a_vendor_sends_the_rest_back_and_never_what_is_masked():
    before = known(ObjectType.VENDOR, VENDOR)
    wanted = before.model_copy(update={"website": "https://new.example", "status": PartyStatus.INACTIVE})
    ctx = context(Operation.UPDATE, fields=frozenset({"website", "status"}))
    bound = binding(before, record_id="56", version="2")
    body, _ = rendered(wanted, bound, ctx)
    assert (body["sparse"], body["WebAddr"], body["Active"]) == (True, {"URI": "https://new.example"}, False)
    assert (body["AcctNum"], body["PrintOnCheckName"], body["CurrencyRef"]) == (
        "SUP-1042", "Example Supplies", {"value": "USD"},
    )  # fmt: skip
    assert {"TaxIdentifier", "VendorPaymentBankDetail", "Balance"}.isdisjoint(body)
    full = QuickBooksSettings(vendor_updates="full")
    assert "sparse" not in rendered(wanted, bound, ctx, settings=full)[0]


@pytest.mark.parametrize("post_as", ["bill", "journal"])
def test_an_amount_that_quickbooks_would_round_is_refused_before_it_is_sent(post_as):
    dinars = bill(currency="KWD", total=Decimal("287.875"), lines=(line("287.875"),), exchange_rate=Rate(
        value=Decimal("3.25"), from_currency="KWD", to_currency="USD"))  # fmt: skip
    refused(dinars, "lines.1", settings=QuickBooksSettings(post_as=post_as))
