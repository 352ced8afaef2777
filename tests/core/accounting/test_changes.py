"""What changed, by whom, and what was posted."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.changes import changed_fields, compared, drift, owner_of, record_fields
from mlc.accounting.posted import compare_posted, posted_hold
from mlc.recipes import Owner, Side
from mlc.records import (
    Allocation,
    Bill,
    Charge,
    ChargeKind,
    DimensionValue,
    DocumentStatus,
    Line,
    LineTax,
    ObjectType,
    Payment,
    PurchaseOrder,
    Ref,
    SourceMeta,
    TaxTreatment,
)

SOURCE = SourceMeta(system="west", source_id="17")
A, B = (Ref(record_type=ObjectType.ACCOUNT, source_id=name, code=name) for name in "ab")
LINE = Line(line_id="l1", line_net_amount=Decimal("10.0"), account=A, description="Paper", quantity=Decimal(1))


def bill(**fields):
    given = {"source": SOURCE, "bill_number": "1", "total": Decimal("10.00"), "lines": (LINE,), "memo": "a"}
    return Bill(**(given | fields))


def with_line(**fields):
    return bill(lines=(LINE.model_copy(update=fields),))


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (bill(), set()),
        (bill(memo=" a "), set()),
        (bill(total=Decimal("10")), set()),
        (bill(memo="b"), {"memo"}),
        (bill(total=Decimal(11)), {"amount"}),
        (bill(bill_number="2"), {"number"}),
        (with_line(account=B), {"coding"}),
        (with_line(line_net_amount=Decimal(9)), {"amount"}),
        (with_line(quantity=Decimal(2)), {"amount"}),
        (with_line(description="Pens"), {"lines_text"}),
        (with_line(tax=LineTax(name="VAT", percent=Decimal(20))), set()),
        (with_line(allocations=(Allocation(amount=Decimal(10), account=B),)), {"coding"}),
        (bill(lines=()), {"amount"}),
    ],
)
def test_changes_are_named(now, changed):
    assert changed_fields(now, bill()) == changed


def test_lines_replaced_by_equal_ones_are_no_change():
    """A replacement that arrived twice, or late, gives every line a new id and nothing else."""
    other = LINE.model_copy(update={"line_id": "l2", "description": "Ink"})
    again = tuple(line.model_copy(update={"line_id": f"{line.line_id}-new"}) for line in (LINE, other))
    assert changed_fields(bill(lines=again), bill(lines=(LINE, other))) == frozenset()


def test_a_line_replaced_by_another_is_a_change():
    for update in ({"line_net_amount": Decimal("9.0")}, {"account": B}, {"description": "Ink"}, {"quantity": None}):
        now = with_line(line_id="l2", **update)
        assert "amount" in changed_fields(now, bill())
    assert "amount" in changed_fields(bill(lines=(LINE, LINE.model_copy(update={"line_id": "l2"}))), bill())


def test_what_one_reading_did_not_see_is_not_compared():
    summary = Bill(source=SOURCE, bill_number="1")
    assert changed_fields(summary, bill()) == frozenset()
    assert changed_fields(bill(), summary) == frozenset()


def test_the_posting_date_counts_as_the_ledger_date():
    before = bill(issue_date=date(2026, 3, 1), posting_date=date(2026, 3, 5))
    assert changed_fields(bill(issue_date=date(2026, 3, 2), posting_date=date(2026, 3, 5)), before) == frozenset()
    assert changed_fields(bill(issue_date=date(2026, 3, 1), posting_date=date(2026, 3, 6)), before) == {"issue_date"}


def test_the_document_itself_is_the_sources_and_the_rest_never():
    assert owner_of("amount", {}, Side.LEFT) is Owner.LEFT
    assert owner_of("memo", {}, Side.LEFT) is Owner.NEVER
    assert owner_of("number", {"bill_number": Owner.HOLD}, Side.LEFT) is Owner.HOLD


def test_drift_shows_both_values():
    found = drift(bill(), bill(total=Decimal(12), memo="b"), {}, source=Side.LEFT)
    assert [(one.field, one.ours, one.theirs) for one in found] == [("amount", "10.00", "12")]


VAT = LineTax(name="VAT", percent=Decimal(20), treatment=TaxTreatment.STANDARD)
EAST = DimensionValue(kind="location", code="EAST")
SPLIT = (Allocation(amount=Decimal(4), account=A), Allocation(amount=Decimal(6), account=B))


@pytest.mark.parametrize(
    ("field", "update", "ours", "theirs"),
    [
        (
            "amount",
            {"quantity": Decimal(2), "unit_price": Decimal(5)},
            "10.00 (line 1: quantity 1, unit price empty)",
            "10.00 (line 1: quantity 2, unit price 5)",
        ),
        ("lines_text", {"unit": "kg"}, "line 1: unit empty", "line 1: unit kg"),
        ("lines_text", {"description": "Ink"}, "Paper", "Ink"),
        ("coding", {"dimensions": (EAST,)}, "a|", "a|location:EAST"),
        (
            "coding",
            {"account": A.model_copy(update={"source_id": "9"})},
            "line 1: account a (a)",
            "line 1: account a (9)",
        ),
        (
            "tax",
            {"tax": VAT.model_copy(update={"inclusive": True})},
            "line 1: tax VAT 20 standard",
            "line 1: tax VAT 20 standard, inclusive",
        ),
        # Replaced by a person: the line has another id, and that is told as another amount.
        ("amount", {"line_id": "l2", "unit": "kg"}, "10.00 (line 1: unit empty)", "10.00 (line 1: unit kg)"),
        (
            "amount",
            {"line_id": "l2", "dimensions": (EAST,)},
            "10.00 (line 1: dimensions empty)",
            "10.00 (line 1: dimensions location:EAST)",
        ),
        ("amount", {"allocations": SPLIT[::-1]}, None, None),
    ],
)
def test_drift_names_what_differs_in_the_lines_where_the_total_stayed(field, update, ours, theirs):
    owners = dict.fromkeys(("lines_text", "coding", "tax", "amount"), Owner.LEFT)
    before = with_line(
        tax=VAT, allocations=SPLIT if "allocations" in update else (), unit=None, unit_price=None, dimensions=()
    )
    now = bill(lines=tuple(line.model_copy(update=update) for line in before.lines))
    told = {one.field: (one.ours, one.theirs) for one in drift(before, now, owners, source=Side.LEFT)}
    assert told.get(field, (None, None)) == (ours, theirs)


def test_a_share_that_moved_is_named():
    before = with_line(allocations=SPLIT)
    moved = with_line(allocations=tuple(one.model_copy(update={"amount": Decimal(5)}) for one in SPLIT))
    assert compared("amount", before, moved) == (
        "10.00 (line 1: shares a| 4, b| 6)",
        "10.00 (line 1: shares a| 5, b| 5)",
    )


def test_another_number_of_lines_of_the_same_total_is_told():
    two = bill(lines=(LINE, LINE.model_copy(update={"line_id": "l2", "line_net_amount": Decimal(0)})))
    assert compared("amount", bill(), two) == ("10.00 (1 line)", "10.00 (2 lines)")


def test_names_become_the_models_fields():
    assert record_fields({"amount", "number"}, bill()) >= {"lines", "total", "bill_number"}
    assert record_fields({"number", "status"}, PurchaseOrder(source=SOURCE)) == {"po_number", "status"}


def test_what_was_posted_is_compared():
    assert compare_posted(bill(), bill(total=Decimal("10.0"))) == []
    assert [one.field for one in compare_posted(bill(), bill(total=Decimal("10.01"), bill_number="X"))] == [
        "total",
        "number",
    ]
    assert [one.field for one in compare_posted(bill(), bill(lines=(LINE, LINE)))] == ["lines"]
    assert [one.field for one in compare_posted(bill(), bill(status=DocumentStatus.VOID))] == ["status"]
    assert compare_posted(bill(), Bill(source=SOURCE)) == []
    assert compare_posted(bill(), Payment(source=SOURCE)) == []
    hold = posted_hold(bill(), bill(total=Decimal(9)))
    assert hold.sentence == "Bill 1: it was posted, but total is 9 instead of 10."


def test_a_payment_that_was_posted_is_compared():
    paid = Payment(source=SOURCE, amount=Decimal(5), currency="EUR")
    seen = Payment(source=SOURCE, amount=Decimal(6), currency="EUR")
    assert [one.field for one in compare_posted(paid, seen)] == ["amount"]


def test_a_charge_that_became_a_line_is_no_difference():
    rounding = Charge(kind=ChargeKind.ROUNDING, amount=Decimal("0.01"))
    assert compare_posted(bill(charges=(rounding,)), bill(lines=(LINE, LINE))) == []
    assert [one.field for one in compare_posted(bill(charges=(rounding,)), bill(lines=(LINE, LINE, LINE)))] == ["lines"]
