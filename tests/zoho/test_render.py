import json
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlc import Binding, BoundPart, Operation, Probe, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import (
    Address,
    Bill,
    Charge,
    ChargeKind,
    ContactPoint,
    CustomField,
    DimensionKind,
    DimensionValue,
    Expense,
    Line,
    LineTax,
    ObjectType,
    OrderStatus,
    PartyStatus,
    Payment,
    PaymentAllocation,
    PurchaseOrder,
    Rate,
    Record,
    Ref,
    SourceMeta,
    Vendor,
    VendorCredit,
    minor_unit,
    round_money,
)
from mlc.wire import encode, plain
from mlc_zoho.books.mapping import to_record
from mlc_zoho.books.parts import MapContext
from mlc_zoho.books.render import to_parts
from mlc_zoho.books.settings import BooksSettings

from .conftest import marked

META = SourceMeta(system="procurify", source_id="b-1")
PROBE = Probe(
    base_currency="EUR",
    edition="uk",
    extra={"currency:EUR": "97", "currency:NOK": "101", "currency:JPY": "102", "precision:NOK": "2"},
)
CONTEXT = MapContext("zoho-books", "books", "cf_source_id")


def account(code: str = "403") -> Ref:
    return Ref(record_type=ObjectType.ACCOUNT, source_id=code)


def vendor_ref() -> Ref:
    return Ref(record_type=ObjectType.VENDOR, source_id="111")


def line(**fields: Any) -> Line:
    given_fields = {"key": "l1", "description": "Bearing", "account": account(), "line_net_amount": Decimal("10.00")}
    return Line(**(given_fields | fields))


def bill(**fields: Any) -> Bill:
    base: dict[str, Any] = {
        "source": META, "bill_number": "NB-1", "vendor": vendor_ref(), "issue_date": date(2026, 2, 10),
        "due_date": date(2026, 3, 12), "currency": "EUR", "lines": (line(),), "total": Decimal("10.00"),
    }  # fmt: skip
    return Bill(**(base | fields))


def rendered(record: Record, binding: Binding | None = None, **context: Any) -> Rendered:
    own = {name: context.pop(name) for name in tuple(context) if name in BooksSettings.model_fields}
    operation = Operation.CREATE if binding is None else Operation.UPDATE
    defaults: dict[str, Any] = {"operation": operation, "probe": PROBE, "record_key": "procurify:b-1"}
    given_context = RenderContext(**(defaults | context))
    return to_parts(record, binding, given_context, settings=BooksSettings(**own))


def body_of(record: Record, binding: Binding | None = None, **context: Any) -> Any:
    return json.loads(rendered(record, binding, **context).parts[0].payload, parse_float=Decimal)


def bound(lines: Mapping[str, str], base: Record | None = None) -> Binding:
    return Binding({"main": BoundPart("main", "333", "v1", lines)}, base)


def test_custom_fields_alone_touch_nothing_else() -> None:
    record = bill(custom_fields=(CustomField(key="cf_a", value="approved"), CustomField(key="cf_p", value="")))
    done = rendered(record, bound({}), operation=Operation.UPDATE, fields=frozenset({"custom_fields"}))
    (part,) = done.parts
    assert (part.operation, part.action) == (Operation.UPDATE, "customfields")
    assert json.loads(part.payload) == [
        {"api_name": "cf_a", "value": "approved"},
        {"api_name": "cf_p", "value": ""},
    ]


def reply_to(body: Mapping[str, Any], *, precision: Decimal) -> dict[str, Any]:
    """What Zoho would show of a posted bill: it multiplies rate and quantity and rounds half up."""
    items = []
    for number, item in enumerate(body["line_items"], start=1):
        total = (Decimal(item["rate"]) * Decimal(item["quantity"])).quantize(precision, rounding=ROUND_HALF_UP)
        items.append({**item, "line_item_id": str(number), "item_total": total})
    subtotal = sum((item["item_total"] for item in items), Decimal(0))
    return {
        **body, "bill_id": "333", "status": "open", "line_items": items, "sub_total": subtotal, "tax_total": 0,
        "total": subtotal + Decimal(body.get("adjustment", 0)),
    }  # fmt: skip


quantities = st.one_of(st.none(), st.decimals("0.001", "9999", places=3), st.decimals("1", "500", places=0))
prices = st.one_of(st.none(), st.decimals("0.0001", "99999", places=4), st.decimals("0.01", "9999", places=2))


@st.composite
def bills(draw: st.DrawFn) -> Bill:
    currency = draw(st.sampled_from(["EUR", "NOK", "JPY"]))
    lines = []
    for number in range(draw(st.integers(1, 4))):
        quantity, price = draw(quantities), draw(prices)
        if quantity is not None and price is not None and draw(st.booleans()):
            amount = round_money(quantity * price, currency)
        else:
            amount = round_money(draw(st.decimals("-9999", "999999", places=3)), currency)
        lines.append(line(key=f"l{number}", quantity=quantity, unit_price=price, line_net_amount=amount))
    rounding = draw(st.integers(-4, 4)) * minor_unit(currency)
    charges = (Charge(kind=ChargeKind.ROUNDING, amount=rounding),) if rounding else ()
    rate = Rate(value=Decimal("0.087"), from_currency=currency, to_currency="EUR")
    total = sum((each.line_net_amount or Decimal(0) for each in lines), rounding)
    return bill(currency=currency, lines=tuple(lines), charges=charges, exchange_rate=rate, total=total)


@given(bills())
@settings(max_examples=300, deadline=None)
def test_what_zoho_computes_is_what_was_stated(record: Bill) -> None:
    body = body_of(record)
    reply = reply_to(body, precision=minor_unit(record.currency))
    row = {**marked(reply), "currency_code": record.currency}
    seen = to_record(ObjectType.BILL, row, CONTEXT)
    assert isinstance(seen, Bill)
    assert [each.line_net_amount for each in seen.lines] == [each.line_net_amount for each in record.lines]
    assert seen.total == record.total
    assert sum((charge.amount for charge in seen.charges), Decimal(0)) == sum(
        (charge.amount for charge in record.charges), Decimal(0)
    )
    assert (seen.bill_number, seen.issue_date, seen.vendor and seen.vendor.source_id) == (
        record.bill_number, record.issue_date, "111",
    )  # fmt: skip


@given(st.decimals(allow_nan=False, allow_infinity=False))
@settings(max_examples=200, deadline=None)
def test_amounts_keep_every_digit_on_the_wire(amount: Decimal) -> None:
    assert Decimal(plain(amount)) == amount
    assert json.loads(encode({"a": amount}), parse_float=Decimal, parse_int=Decimal)["a"] == amount


def test_a_quantity_that_does_not_multiply_is_a_loss() -> None:
    record = bill(lines=(line(quantity=Decimal(3), unit_price=Decimal("3.33"), line_net_amount=Decimal("10.00")),))
    made = rendered(record)
    item = json.loads(made.parts[0].payload)["line_items"][0]
    assert (item["quantity"], item["rate"]) == (1, 10)
    assert [loss.field for loss in made.losses] == ["lines.1.quantity"]


def test_a_quantity_is_kept_with_an_exact_rate_where_there_is_one() -> None:
    record = bill(lines=(line(quantity=Decimal(4), unit_price=Decimal("2.49"), line_net_amount=Decimal("10.00")),))
    made = rendered(record)
    item = json.loads(made.parts[0].payload, parse_float=Decimal)["line_items"][0]
    assert (item["quantity"], item["rate"]) == (4, Decimal("2.5"))
    assert made.losses == ()


def test_a_bill_create_carries_key_currency_rate_and_rounding() -> None:
    record = bill(
        currency="NOK",
        exchange_rate=Rate(value=Decimal("0.0870"), from_currency="NOK", to_currency="EUR"),
        charges=(Charge(kind=ChargeKind.ROUNDING, amount=Decimal("-0.01"), description="1 øre"),),
        purchase_orders=(Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="222"),),
        payment_reference="PO-7",
    )
    body = body_of(record, use_unique_field=True)
    assert body["custom_fields"] == [{"api_name": "cf_source_id", "value": "procurify:b-1"}]
    assert (body["currency_id"], body["exchange_rate"]) == ("101", Decimal("0.087"))
    assert (body["adjustment"], body["adjustment_description"]) == (Decimal("-0.01"), "1 øre")
    assert (body["purchaseorder_ids"], body["reference_number"]) == (["222"], "PO-7")
    assert (body["date"], body["due_date"], body["is_inclusive_tax"]) == ("2026-02-10", "2026-03-12", False)


def test_a_line_carries_tax_order_line_tags_and_location() -> None:
    made = line(
        tax=LineTax(ref=Ref(record_type=ObjectType.TAX_RATE, source_id="27"), percent=Decimal(25)),
        purchase_order_line=Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="229"),
        dimensions=(
            DimensionValue(kind=DimensionKind.DEPARTMENT, set_id="80", source_id="81"),
            DimensionValue(kind=DimensionKind.LOCATION, source_id="55"),
            DimensionValue(kind=DimensionKind.CLASS, name="unmapped"),
        ),
    )
    found = rendered(bill(lines=(made,)))
    item = json.loads(found.parts[0].payload)["line_items"][0]
    assert (item["tax_id"], item["purchaseorder_item_id"], item["location_id"]) == ("27", "229", "55")
    assert item["tags"] == [{"tag_id": "80", "tag_option_id": "81"}]
    assert [loss.field for loss in found.losses] == ["lines.1.dimensions"]
    assert found.parts[0].line_keys == ("l1",)


def test_an_update_returns_every_bound_line_id_and_takes_back_an_old_rounding() -> None:
    body = body_of(bill(lines=(line(), line(key="l2"))), bound({"l1": "901"}))
    assert [item.get("line_item_id") for item in body["line_items"]] == ["901", None]
    assert body["adjustment"] == 0
    assert "custom_fields" not in body


def test_an_update_of_header_texts_leaves_the_lines_alone() -> None:
    body = body_of(bill(memo=None), bound({"l1": "901"}), fields=frozenset({"memo", "due_date"}))
    assert body == {"vendor_id": "111", "bill_number": "NB-1", "due_date": "2026-03-12", "notes": ""}


def test_a_void_has_no_body() -> None:
    part = rendered(bill(), bound({}), operation=Operation.VOID).parts[0]
    assert (part.name, part.operation, part.action, part.payload) == ("main", Operation.VOID, "void", b"")


def test_the_ledger_date_is_sent_and_the_suppliers_date_kept_where_there_is_a_field() -> None:
    record = bill(posting_date=date(2026, 2, 28))
    made = rendered(record)
    assert json.loads(made.parts[0].payload)["date"] == "2026-02-28"
    assert [loss.field for loss in made.losses] == ["issue_date"]
    body = body_of(record, issue_date_field="cf_supplier_date")
    assert body["custom_fields"] == [{"api_name": "cf_supplier_date", "value": "2026-02-10"}]


def test_a_date_moved_into_an_open_period_wins() -> None:
    body = body_of(bill(posting_date=date(2026, 2, 28)), overrides={"moved_to": "2026-03-01"})
    assert body["date"] == "2026-03-01"


def test_an_unknown_currency_a_missing_account_and_a_stray_charge_are_refused() -> None:
    with pytest.raises(MappingError, match="no currency SEK"):
        rendered(bill(currency="SEK"))
    with pytest.raises(MappingError, match="account"):
        rendered(bill(lines=(line(account=None),)))
    with pytest.raises(MappingError, match="shipping"):
        rendered(bill(charges=(Charge(kind=ChargeKind.SHIPPING, amount=Decimal(5)),)))
    with pytest.raises(MappingError, match="vendor"):
        rendered(bill(vendor=None))


def test_a_credits_rounding_becomes_a_line_on_its_account() -> None:
    record = VendorCredit(
        source=META, bill_number="VC-1", vendor=vendor_ref(), currency="EUR", lines=(line(),),
        charges=(Charge(kind=ChargeKind.ROUNDING, amount=Decimal("0.01"), account=account("999")),),
    )  # fmt: skip
    body = body_of(record)
    assert body["vendor_credit_number"] == "VC-1"
    assert (body["line_items"][1]["account_id"], body["line_items"][1]["rate"]) == ("999", Decimal("0.01"))
    assert "adjustment" not in body


def order(**fields: Any) -> PurchaseOrder:
    base: dict[str, Any] = {
        "source": META, "po_number": "PO-1", "vendor": vendor_ref(), "currency": "EUR", "lines": (line(),),
        "status": OrderStatus.ISSUED,
    }  # fmt: skip
    return PurchaseOrder(**(base | fields))


def test_an_order_is_opened_after_it_was_created() -> None:
    made = rendered(order(charges=(Charge(kind=ChargeKind.DISCOUNT, amount=Decimal("-2.50")),)))
    assert [(part.name, part.operation, part.after, part.action) for part in made.parts] == [
        ("main", Operation.CREATE, None, None),
        ("open", Operation.UPDATE, "main", "open"),
    ]
    assert json.loads(made.parts[0].payload, parse_float=Decimal)["discount"] == Decimal("2.5")


def test_an_order_whose_status_alone_changed_takes_one_call() -> None:
    billed = rendered(order(status=OrderStatus.BILLED), bound({}), fields=frozenset({"status"})).parts
    reopened = rendered(order(), bound({}), fields=frozenset({"status"})).parts
    cancelled = rendered(order(), bound({}), operation=Operation.VOID).parts
    assert [(part.name, part.action, part.payload) for part in (*billed, *reopened, *cancelled)] == [
        ("main", "billed", b""), ("main", "open", b""), ("main", "cancelled", b""),
    ]  # fmt: skip


def test_a_payment_settles_its_bills_and_prints_no_check() -> None:
    record = Payment(
        source=META, party=vendor_ref(), payment_date=date(2026, 3, 1), amount=Decimal("12.50"), currency="NOK",
        exchange_rate=Rate(value=Decimal("0.087"), from_currency="NOK", to_currency="EUR"), method="ach",
        money_account=account("500"), reference="R-1",
        allocations=(
            PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id="333"), amount=Decimal("12.50")),
        ),
    )  # fmt: skip
    body = body_of(record, use_unique_field=True)
    assert body["bills"] == [{"bill_id": "333", "amount_applied": Decimal("12.5")}]
    assert (body["paid_through_account_id"], body["payment_mode"], body["is_paid_via_print_check"]) == (
        "500", "Bank Transfer", False,
    )  # fmt: skip
    with pytest.raises(MappingError, match="add up"):
        rendered(record.model_copy(update={"amount": Decimal("10.00")}))
    with pytest.raises(MappingError, match="never changed"):
        rendered(record, bound({}))


def party(**fields: Any) -> Vendor:
    base: dict[str, Any] = {"source": META, "name": "Nordic Bearings AS"}
    return Vendor(**(base | fields))


def test_a_vendor_is_created_with_what_is_known() -> None:
    record = party(
        tax_number="NO 987654321", payment_days=30, currency="NOK", vendor_code="V-1", website=None,
        contacts=(ContactPoint(name="Ida Moe", email="ap@nordic.example", is_primary=True),),
        addresses=(Address(line1="Havnegata 4", city="Oslo", postal_code="0150", country_code="NO"),),
    )  # fmt: skip
    body = body_of(record, use_unique_field=True)
    assert (body["contact_type"], body["vat_reg_no"], body["currency_id"]) == ("vendor", "NO987654321", "101")
    assert (body["payment_terms"], body["payment_terms_label"]) == (30, "Net 30")
    assert body["contact_persons"][0] == {
        "first_name": "Ida", "last_name": "Moe", "email": "ap@nordic.example", "is_primary_contact": True,
    }  # fmt: skip
    assert (body["billing_address"]["address"], body["billing_address"]["country"]) == ("Havnegata 4", "NO")
    assert body["contact_number"] == "V-1"
    assert body["ignore_auto_number_generation"] is True
    assert "website" not in body


def test_a_vendor_update_writes_only_what_changed_and_keeps_other_people() -> None:
    base = party(
        contacts=(
            ContactPoint(source_id="1005", first_name="Ida", email="ap@nordic.example", is_primary=True),
            ContactPoint(source_id="1006", first_name="Per", email="per@nordic.example"),
        )
    )
    record = party(website="https://n.example", contacts=(ContactPoint(first_name="Ida", email="AP@nordic.example"),))
    body = body_of(record, bound({}, base), fields=frozenset({"contacts", "website"}))
    assert body["website"] == "https://n.example"
    assert [person.get("contact_person_id") for person in body["contact_persons"]] == ["1005", "1006"]
    assert set(body) == {"contact_name", "contact_type", "website", "contact_persons"}


def test_a_vendors_status_is_a_call_of_its_own() -> None:
    part = rendered(party(status=PartyStatus.INACTIVE), bound({}), fields=frozenset({"status"})).parts[0]
    assert (part.action, part.payload) == ("inactive", b"")


def test_a_personal_tax_number_is_never_sent_in_the_united_states() -> None:
    us = Probe(base_currency="USD", edition="us")
    made = rendered(party(tax_number="123-45-6789"), probe=us)
    assert "tax_id_value" not in json.loads(made.parts[0].payload)
    assert [loss.field for loss in made.losses] == ["tax_number"]
    assert body_of(party(tax_number="12-3456789"), probe=us)["tax_id_value"] == "12-3456789"


def spent(**fields: Any) -> Expense:
    line = Line(key="1", line_net_amount=Decimal("42.50"), description="Client lunch", account=account())
    stated: dict[str, Any] = {
        "source": META,
        "expense_number": "trx_1",
        "issue_date": date(2026, 4, 28),
        "currency": "EUR",
        "total": Decimal("42.50"),
        "merchant": "Corner Cafe",
        "memo": "Client lunch",
        "lines": (line,),
        "paid_through_account": account("77"),
    }
    return Expense(**{**stated, **fields})


def expense_body(record: Expense, operation: Operation = Operation.CREATE) -> dict[str, Any]:
    told = RenderContext(operation, PROBE, "bill:expense:trx_1", use_unique_field=True)
    (part,) = to_parts(record, None, told, settings=BooksSettings()).parts
    return dict(json.loads(part.payload))


def test_an_expense_names_the_account_it_was_paid_from() -> None:
    assert expense_body(spent()) == {
        "date": "2026-04-28",
        "paid_through_account_id": "77",
        "reference_number": "trx_1",
        "description": "Corner Cafe - Client lunch",
        "is_inclusive_tax": False,
        "currency_id": "97",
        "account_id": "403",
        "amount": 42.5,
        "custom_fields": [{"api_name": "cf_source_id", "value": "bill:expense:trx_1"}],
    }


def test_an_expense_of_several_lines_is_itemised() -> None:
    lines = tuple(
        Line(key=str(place), line_net_amount=Decimal(amount), account=account(), description="Share")
        for place, amount in enumerate(("40.00", "2.50"), 1)
    )
    sent = expense_body(spent(lines=lines))
    assert [one["amount"] for one in sent["line_items"]] == [40.0, 2.5]
    assert "amount" not in sent


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"paid_through_account": None}, "paid_through_account"),
        ({"total": Decimal(0)}, "total"),
        ({"lines": ()}, "total"),
    ],
)
def test_an_expense_without_what_zoho_needs_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError) as refused:
        expense_body(spent(**fields))
    assert refused.value.field == field


def test_an_expense_is_never_deleted() -> None:
    with pytest.raises(MappingError, match="never deleted by us"):
        expense_body(spent(), Operation.VOID)
