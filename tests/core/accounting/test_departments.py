"""A document of several departments, in a ledger that keeps one department per document."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.lookups import Drop
from mlc.accounting.shape import TargetTraits, shape
from mlc.recipes import DepartmentSplit, Maps, Policy
from mlc.records import DimensionKind, DimensionValue, PurchaseOrder, round_money
from mlc.tenants import Probe

from .test_shape import PLANT, VAT, Ledger, bill, held, line, shaped

ONE_EACH = TargetTraits(header_dimensions=frozenset({DimensionKind.DEPARTMENT}))
NORTH, SOUTH = (DimensionValue(kind=DimensionKind.COST_CENTER, code=code) for code in ("N", "S"))
MAPPED = Maps(dimensions={"cost_center:N": "department:North", "cost_center:S": "department:South"})


class Books(Ledger):
    """Two departments, and of each the class that ``classes`` names."""

    classes: tuple[str, ...] = ("N", "S")

    def dimension(self, value: DimensionValue) -> DimensionValue | Drop | None:
        if value.kind is not DimensionKind.COST_CENTER:
            return super().dimension(value)
        return DimensionValue(kind=DimensionKind.DEPARTMENT, source_id=f"d-{value.code}", code=value.code)

    def dimension_like(self, value: DimensionValue, kind: DimensionKind) -> DimensionValue | None:
        return DimensionValue(kind=kind, source_id=f"c-{value.code}") if value.code in self.classes else None


def books(*classes: str) -> Books:
    made = Books()
    made.classes = classes
    return made


def two(**fields: object):
    return bill(
        line("l1", "60.00", dimensions=(NORTH,)), line("l2", "40.00", dimensions=(SOUTH,)), total="100.00", **fields
    )


def policy(split: DepartmentSplit = DepartmentSplit.AUTO) -> Policy:
    return Policy(maps=MAPPED, department_split=split)


def named(answer) -> list[list[str | None]]:
    return [[value.source_id for value in one.dimensions] for one in answer.record.lines]


def test_one_department_stays_one():
    document = bill(line("l1", "60.00", dimensions=(NORTH,)), line("l2", "40.00", dimensions=(NORTH,)))
    answer = shaped(document, books("N"), policy(), traits=ONE_EACH)
    assert named(answer) == [["d-N"], ["d-N"]]
    assert "department_split" not in answer.overrides


def test_a_target_that_has_departments_per_line_gets_them():
    assert named(shaped(two(), books("N", "S"), policy())) == [["d-N"], ["d-S"]]


@pytest.mark.parametrize("split", [DepartmentSplit.AUTO, DepartmentSplit.CLASS])
def test_several_become_the_classes_of_their_lines(split: DepartmentSplit):
    answer = shaped(two(), books("N", "S"), policy(split), traits=ONE_EACH)
    assert named(answer) == [["c-N"], ["c-S"]]
    assert answer.overrides["department_split"] == "class"
    assert [one.line_net_amount for one in answer.record.lines] == [Decimal("60.00"), Decimal("40.00")]


def test_a_class_that_somebody_chose_stays():
    chosen = DimensionValue(kind=DimensionKind.DEPARTMENT, code="Plant")

    class Chosen(Books):
        def dimension(self, value: DimensionValue) -> DimensionValue | Drop | None:
            if value == chosen:
                return DimensionValue(kind=DimensionKind.CLASS, source_id="c-chosen")
            return super().dimension(value)

    document = bill(
        line("l1", "60.00", dimensions=(NORTH, chosen)), line("l2", "40.00", dimensions=(SOUTH,)), total="100.00"
    )
    assert named(shaped(document, Chosen(), policy(), traits=ONE_EACH)) == [["c-chosen"], ["c-S"]]


def test_a_line_without_a_department_beside_one_that_has_it_counts_as_two():
    document = bill(line("l1", "60.00", dimensions=(NORTH,)), line("l2", "40.00"), total="100.00")
    assert named(shaped(document, books("N"), policy(), traits=ONE_EACH)) == [["c-N"], []]


@pytest.mark.parametrize(
    ("split", "classes", "says"),
    [
        (DepartmentSplit.AUTO, ("N",), "one per document"),
        (DepartmentSplit.HOLD, ("N", "S"), "one per document"),
        (DepartmentSplit.CLASS, ("N",), "no class called S"),
    ],
)
def test_what_cannot_be_said_waits(split: DepartmentSplit, classes: tuple[str, ...], says: str):
    answer = held(two(), books(*classes), policy(split), traits=ONE_EACH)
    assert answer.code is HoldCode.DEPARTMENT_SPLIT
    assert answer.waits is Waits.CONFIG
    assert says in answer.sentence
    assert "N, S" in answer.sentence


def test_an_order_does_not_post_so_it_only_loses_them():
    answer = shaped(two(model=PurchaseOrder), books(), policy(DepartmentSplit.HOLD), traits=ONE_EACH)
    assert named(answer) == [[], []]
    assert any(loss.field == "lines.dimensions" for loss in answer.losses)


# ---------------------------------------------------------------- one document per department

SPLIT = DepartmentSplit.SPLIT


def split(document, *, refs=None, traits=ONE_EACH):
    first = shaped(document, refs or books(), policy(SPLIT), traits=traits)
    return [
        shaped(document, refs or books(), policy(SPLIT), traits=traits, department=name, departments=first.departments)
        for name in first.departments
    ]


def test_split_makes_a_document_per_department():
    first, second = split(two())
    assert first.departments == second.departments == ("d-N", "d-S")
    assert [one.record.bill_number for one in (first, second)] == ["HP-2209/1", "HP-2209/2"]
    assert [one.record.total for one in (first, second)] == [Decimal("60.00"), Decimal("40.00")]
    assert [named(one) for one in (first, second)] == [[["d-N"]], [["d-S"]]]


def test_a_long_number_keeps_its_part():
    number = "R" * 30
    answers = split(two(bill_number=number), traits=replace(ONE_EACH, number_max=21))
    assert len({one.record.bill_number for one in answers}) == 2
    assert [one.overrides["number"] for one in answers] == [f"{number}/1", f"{number}/2"]


def test_a_split_of_one_department_is_none():
    document = bill(line("l1", "60.00", dimensions=(NORTH,)), line("l2", "40.00", dimensions=(NORTH,)))
    answer = shaped(document, books(), policy(SPLIT), traits=ONE_EACH)
    assert (answer.departments, answer.record.bill_number) == ((), "HP-2209")


def test_what_was_split_stays_split_in_its_order():
    document = bill(line("l2", "40.00", dimensions=(SOUTH,)), total="40.00")
    answer = shaped(document, books(), policy(SPLIT), traits=ONE_EACH, department="d-S", departments=("d-N", "d-S"))
    assert (answer.record.bill_number, answer.record.total) == ("HP-2209/2", Decimal("40.00"))
    gone = held(document, books(), policy(SPLIT), traits=ONE_EACH, department="d-N", departments=("d-N", "d-S"))
    assert (gone.code, gone.detail["left"]) == (HoldCode.DEPARTMENT_SPLIT, "d-N")


def test_a_department_that_would_be_paid_nothing_waits():
    document = bill(
        line("l1", "120.00", dimensions=(NORTH,)), line("l2", "-20.00", dimensions=(SOUTH,)), total="100.00"
    )
    assert held(document, books(), policy(SPLIT), traits=ONE_EACH).code is HoldCode.DEPARTMENT_SPLIT


AMOUNTS = st.decimals("0.10", "9999.99", places=2)


@settings(deadline=None)
@given(
    st.lists(st.tuples(AMOUNTS, st.sampled_from([NORTH, SOUTH, PLANT]), st.sampled_from([None, VAT])), min_size=1),
    st.decimals("-0.03", "0.03", places=2),
)
def test_the_parts_add_up_to_the_whole(rows, off):
    lines = [
        line(f"l{number}", str(net), dimensions=(where,), tax=tax) for number, (net, where, tax) in enumerate(rows)
    ]
    whole = bill(*lines, total="1")
    taxes = [round_money(net * Decimal("0.2"), "EUR") if tax else Decimal(0) for net, _, tax in rows]
    total = sum((net for net, _, _ in rows), Decimal(0)) + sum(taxes, Decimal(0)) + off
    whole = whole.model_copy(update={"total": total})
    answer = shape(whole, books(), policy(SPLIT), Probe(base_currency="EUR"), traits=ONE_EACH)
    if isinstance(answer, Hold):
        assert answer.code is not HoldCode.DEPARTMENT_SPLIT
        return
    parts = split(whole) or [answer]
    assert sum(one.record.total for one in parts) == total
    assert sum(one.predicted_total for one in parts) == total
    keys = [found.key for one in parts for found in one.record.lines]
    assert sorted(keys) == sorted(found.key for found in lines_of(whole))


def lines_of(document):
    answer = shaped(document, books(), policy(DepartmentSplit.HOLD))
    return answer.record.lines
