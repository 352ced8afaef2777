"""Bills and vendor credits: header, lines, charges, tax, signs, statuses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc.errors import MappingError
from mlc.records import (
    ApprovalStatus,
    ChargeKind,
    Completeness,
    DocumentStatus,
    ObjectType,
    PaymentStatus,
    dump_record,
    load_record,
)
from mlc_procurify.mapping import to_record
from mlc_procurify.settings import ProcurifySettings

from .conftest import load

SETTINGS = ProcurifySettings(subdomain="northwind")


def mapped(object_type: ObjectType, payload: dict[str, Any], settings: ProcurifySettings = SETTINGS) -> Any:
    return to_record(object_type, payload, settings=settings, connection="purchasing")


def identity_gap(document: Any) -> Any:
    outside = sum((charge.amount for charge in document.charges), Decimal(0))
    return document.subtotal + outside + document.tax_total - document.total


def test_a_bill_carries_its_header() -> None:
    bill = mapped(ObjectType.BILL, load("bill.json"))
    assert bill.object_type is ObjectType.BILL
    assert bill.bill_number == "HP-2209"
    assert (bill.issue_date, bill.due_date) == (date(2026, 2, 3), date(2026, 3, 5))
    assert bill.ledger_date == date(2026, 2, 28)
    assert bill.currency == "CAD"
    assert bill.exchange_rate is None
    assert (bill.vendor.source_id, bill.vendor.code) == ("12", "Z-77")
    assert (bill.status, bill.approval_status) == (DocumentStatus.OPEN, ApprovalStatus.APPROVED)
    assert (bill.payment_status, bill.status_raw) == (PaymentStatus.UNPAID, "2")
    assert (bill.category, bill.payment_group, bill.approver) == ("order", "55", "Ada Moss")
    assert bill.memo == "Deliver to dock 4"
    assert bill.purchase_orders[0].source_id == "118"
    assert bill.source.source_id == "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
    assert bill.source.source_ids == {"id": "71", "group": "55"}
    assert bill.source.source_version == "3:2026-02-05T09:01:44.310000+00:00"
    assert bill.source.completeness is Completeness.FULL
    assert bill.url is not None
    assert "5d1c9a40e3b74f0fa1c2b4d6e8f00112" in bill.url


def test_a_bill_line_keeps_every_allocation() -> None:
    first, second = mapped(ObjectType.BILL, load("bill.json")).lines
    assert (first.key, first.line_id, first.position) == ("901", "901", 1)
    assert (first.quantity, first.unit_price, first.line_net_amount) == (Decimal(100), Decimal(5), Decimal(500))
    assert [share.amount for share in first.allocations] == [Decimal(300), Decimal(200)]
    assert [share.account.code for share in first.allocations] == ["6100", "6100"]
    assert [value.source_id for value in first.allocations[1].dimensions] == ["department-6", "location-2"]
    assert first.account is None
    assert (first.purchase_order.source_id, first.purchase_order_line.source_id) == ("118", "555")
    assert (first.tax.name, first.tax.percent, first.tax.amount) == ("HST", Decimal(13), Decimal(65))
    assert first.tax.ref.source_id == "4"
    assert first.custom_fields[0].value == "Refit"
    assert second.account.source_id == "8"


def test_bill_costs_and_shipping_are_charges_and_the_total_adds_up() -> None:
    bill = mapped(ObjectType.BILL, load("bill.json"))
    handling, shipping = bill.charges
    assert (handling.kind, handling.amount, handling.account.code) == (ChargeKind.HANDLING, Decimal(20), "6200")
    assert handling.dimensions[0].name == "Office"
    assert (shipping.kind, shipping.amount) == (ChargeKind.SHIPPING, Decimal("12.50"))
    assert (bill.subtotal, bill.tax_total, bill.total) == (Decimal(900), Decimal(117), Decimal("1049.50"))
    assert identity_gap(bill) == 0


def test_the_first_attachment_is_the_image_and_links_are_left_out() -> None:
    bill = mapped(ObjectType.BILL, load("bill.json"))
    assert [file.is_image_of_document for file in bill.attachments] == [True, False]
    assert bill.attachments[0].sha1 == "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    assert bill.attachments[0].url is None


def test_a_list_row_becomes_a_summary_with_unset_lines() -> None:
    bill = mapped(ObjectType.BILL, load("bill_row.json"))
    assert bill.source.completeness is Completeness.SUMMARY
    assert bill.total == Decimal("1049.50")
    assert bill.source.source_version == mapped(ObjectType.BILL, load("bill.json")).source.source_version
    for field in ("lines", "charges", "subtotal", "tax_total", "memo", "amount_paid", "attachments"):
        assert not bill.known(field), field


@pytest.mark.parametrize("stated_net", [False, True])
def test_inclusive_tax_is_taken_out_of_lines_whichever_way_procurify_states_them(stated_net: bool) -> None:
    payload = load("bill_inclusive.json")
    if stated_net:
        payload["items"][0]["total_cost"] = Decimal("200.0")
        payload["subtotal_cost"] = payload["total_cost"] = Decimal("200.0")
    bill = mapped(ObjectType.BILL, payload)
    line = bill.lines[0]
    assert (line.line_net_amount, line.line_gross_amount) == (Decimal(200), Decimal(240))
    assert line.tax.inclusive
    assert [share.amount for share in line.allocations] == [Decimal(100), Decimal(100)]
    assert (bill.subtotal, bill.tax_total, bill.total) == (Decimal(200), Decimal(40), Decimal(240))
    assert identity_gap(bill) == 0


def test_inclusive_tax_left_out_of_the_stated_tax_is_put_back() -> None:
    payload = load("bill_inclusive.json")
    payload["tax_amount"] = Decimal("0.0")
    bill = mapped(ObjectType.BILL, payload)
    assert (bill.subtotal, bill.tax_total) == (Decimal(200), Decimal(40))


def test_a_negative_total_becomes_a_vendor_credit_with_positive_amounts() -> None:
    credit = mapped(ObjectType.BILL, load("bill_credit.json"))
    assert credit.object_type is ObjectType.VENDOR_CREDIT
    line = credit.lines[0]
    assert (credit.total, credit.subtotal, credit.tax_total) == (Decimal("56.50"), Decimal(50), Decimal("6.50"))
    assert (line.quantity, line.unit_price, line.line_net_amount) == (Decimal(10), Decimal(5), Decimal(50))
    assert (line.allocations[0].amount, line.tax.amount, line.tax.percent) == (
        Decimal(50),
        Decimal("6.50"),
        Decimal(13),
    )
    assert identity_gap(credit) == 0


def test_a_negative_list_row_is_a_vendor_credit_too() -> None:
    payload = load("bill_row.json") | {"total_cost_with_tax": Decimal("-56.5")}
    credit = mapped(ObjectType.BILL, payload)
    assert credit.object_type is ObjectType.VENDOR_CREDIT
    assert not credit.known("lines")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, (DocumentStatus.DRAFT, ApprovalStatus.NONE, PaymentStatus.UNPAID)),
        (1, (DocumentStatus.DRAFT, ApprovalStatus.PENDING, PaymentStatus.UNPAID)),
        (3, (DocumentStatus.OPEN, ApprovalStatus.REJECTED, PaymentStatus.UNPAID)),
        (4, (DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.PAID)),
        (5, (DocumentStatus.VOID, ApprovalStatus.NONE, PaymentStatus.UNPAID)),
        (6, (DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.SCHEDULED)),
        (7, (DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.SCHEDULED)),
        (8, (DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.SCHEDULED)),
        (42, (DocumentStatus.UNKNOWN, ApprovalStatus.UNKNOWN, PaymentStatus.UNKNOWN)),
    ],
)
def test_each_bill_status_lands_on_three_axes(status: int, expected: tuple[str, str, str]) -> None:
    bill = mapped(ObjectType.BILL, load("bill.json") | {"status": status})
    assert (bill.status, bill.approval_status, bill.payment_status) == expected
    assert bill.status_raw == str(status)


@pytest.mark.parametrize(
    ("status", "payment", "paid"),
    [
        (4, {"status": 5}, Decimal(99)),
        (4, None, Decimal(99)),
        (6, {"status": 9}, None),
        (2, {"status": "failed"}, None),
    ],
)
def test_only_what_was_paid_counts_as_paid(status: int, payment: dict[str, Any] | None, paid: Decimal | None) -> None:
    payload = load("bill.json") | {"status": status, "bill_payment": {"amount": "99.00", "payment": payment}}
    assert mapped(ObjectType.BILL, payload).amount_paid == paid


def test_a_currency_that_is_no_iso_code_stays_raw() -> None:
    payload = load("bill.json")
    payload["currency"] = {"id": 9, "name": "CAD-OLD"}
    bill = mapped(ObjectType.BILL, payload)
    assert not bill.known("currency")
    assert bill.extensions["currency_raw"] == "CAD-OLD"


def test_a_date_with_a_time_of_day_is_moved_to_the_zone_and_midnight_is_not() -> None:
    settings = ProcurifySettings(subdomain="northwind", time_zone="America/Vancouver")
    payload = load("bill.json") | {"invoice_date": "2026-02-04T05:00:00Z", "due_date": "2026-03-05T00:00:00Z"}
    bill = mapped(ObjectType.BILL, payload, settings)
    assert (bill.issue_date, bill.due_date) == (date(2026, 2, 3), date(2026, 3, 5))


def test_a_double_with_an_artefact_is_the_amount_that_was_meant() -> None:
    payload = load("bill.json") | {"total_cost_with_tax": Decimal("1049.5000000000002")}
    assert mapped(ObjectType.BILL, payload).total == Decimal("1049.50")


def test_a_bill_without_a_uuid_is_refused_by_name_of_the_field() -> None:
    payload = load("bill.json")
    del payload["uuid"]
    with pytest.raises(MappingError) as caught:
        mapped(ObjectType.BILL, payload)
    assert caught.value.field == "uuid"


def test_a_float_amount_is_refused() -> None:
    with pytest.raises(MappingError) as caught:
        mapped(ObjectType.BILL, load("bill.json") | {"total_cost_with_tax": 1049.5})
    assert caught.value.field == "total_cost_with_tax"


cents = st.integers(min_value=-10_000_000, max_value=10_000_000).map(lambda value: Decimal(value).scaleb(-2))


@given(
    nets=st.lists(st.tuples(cents, cents, st.booleans(), st.booleans()), min_size=1, max_size=6),
    shipping=cents,
    cost=cents,
)
def test_whatever_the_figures_the_total_is_the_sum_of_its_parts(
    nets: list[tuple[Decimal, Decimal, bool, bool]], shipping: Decimal, cost: Decimal
) -> None:
    """Lines, shares, tax in or on top, costs and shipping of an invented bill add up, and no amount is a float."""
    payload = load("bill.json")
    template = payload["items"][1]
    items = []
    for number, (net, tax, inclusive, gross_stated) in enumerate(nets):
        stated = net + tax if inclusive and gross_stated else net
        half = (stated / 2).quantize(Decimal("0.01"))
        budget = template["cost_allocations"][0]["budget"]
        items.append(
            template
            | {
                "id": number,
                "quantity": "1.00000000",
                "unit_cost": stated,
                "total_cost": stated,
                "tax_amount": tax,
                "tax_is_inclusive": inclusive,
                "total_cost_with_tax": net + tax,
                "cost_allocations": [
                    {"id": 1, "amount": str(half), "budget": budget},
                    {"id": 2, "amount": str(stated - half), "budget": budget},
                ],
            }
        )
    inclusive_tax = sum((tax for _, tax, inclusive, _ in nets if inclusive), Decimal(0))
    all_tax = sum((tax for _, tax, _, _ in nets), Decimal(0))
    net_sum = sum((net for net, _, _, _ in nets), Decimal(0))
    payload |= {
        "items": items,
        "costs": [{"name": "Crane", "amount": str(cost), "cost_allocation": None}],
        "shipping_amount": str(shipping),
        "subtotal_cost": net_sum,
        "tax_amount": all_tax,
        "inclusive_tax_amount": inclusive_tax,
        "exclusive_tax_amount": all_tax - inclusive_tax,
        "total_cost_with_tax": net_sum + all_tax + shipping + cost,
    }
    document = mapped(ObjectType.BILL, payload)
    assert document.total >= 0
    assert identity_gap(document) == 0
    assert sum((line.line_net_amount for line in document.lines), Decimal(0)) == document.subtotal
    for line in document.lines:
        assert sum((share.amount for share in line.allocations), Decimal(0)) == line.line_net_amount or not any(
            share.amount for share in line.allocations
        )
    text = dump_record(document)
    assert load_record(document.object_type, text) == document
    assert not any(isinstance(value, float) for value in _numbers(document.model_dump()))


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list | tuple):
        return [number for inner in value for number in _numbers(inner)]
    return [value]
