"""A document of several departments, in a ledger that keeps one department per document."""

from decimal import Decimal

import pytest
from mlc.accounting.holdcodes import HoldCode, Waits
from mlc.accounting.lookups import Drop
from mlc.accounting.shape import TargetTraits
from mlc.recipes import DepartmentSplit, Maps, Policy
from mlc.records import DimensionKind, DimensionValue, PurchaseOrder

from .test_shape import Ledger, bill, held, line, shaped

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
