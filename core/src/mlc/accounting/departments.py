"""Documents of several departments, for a target that keeps one department per document (pairings 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mlc.accounting.coding import dimensions_of
from mlc.accounting.drafts import Draft
from mlc.accounting.holdcodes import HoldCode, Waits
from mlc.accounting.linemoney import ZERO
from mlc.accounting.shapes import Shaping
from mlc.accounting.taxing import target_tax
from mlc.recipes import DepartmentSplit
from mlc.records import DimensionKind, DimensionValue, Line

#: Among a record's overrides: all departments of its document in their order, JSON.
DEPARTMENTS = "departments"


@dataclass(frozen=True, slots=True)
class Share:
    """What one document of several gets: its lines, its part of the total and of the stated rounding.

    ``departments``: all of them, in their order, empty where the document stays one; ``order``: which this is, from 1.
    """

    drafts: list[Draft]
    total: Decimal
    rounding: Decimal
    departments: tuple[str, ...] = ()
    order: int = 0


def own_share(work: Shaping, drafts: list[Draft], total: Decimal, rounding: Decimal, *, inclusive: bool) -> Share:
    """The share of the department that is being made, under ``split``; else the whole.

    What no other department's lines account for, rounding included, is the first one's, so that all add up.
    """
    whole = Share(drafts, total, rounding)
    if work.policy.department_split is not DepartmentSplit.SPLIT or not work.traits.header_dimensions or work.is_order:
        return whole
    groups: dict[str, list[Draft]] = {name: [] for name in work.departments}
    for draft in drafts:
        groups.setdefault(_department(work, draft), []).append(draft)
    if len(groups) < 2:
        return whole
    departments = tuple(groups)
    first, own = departments[0], departments[0] if work.department is None else work.department
    amounts = {
        name: sum((draft.gross if inclusive else draft.net for draft in found), ZERO)
        + (ZERO if inclusive else target_tax(found, work.currency, inclusive=False, rounding=work.traits.tax_rounding))
        for name, found in groups.items()
    }
    amounts[first] = total - sum((amount for name, amount in amounts.items() if name != first), ZERO)
    if not groups.get(own):
        why = "none of its lines is of the department any more that this part of it was made for"
        raise work.held(HoldCode.DEPARTMENT_SPLIT, why, left=own)
    below = next((name for name, amount in amounts.items() if amount <= 0 and groups[name]), None)
    if below is not None:
        why = (
            "one of its departments has nothing or less than nothing to pay, so it cannot be a document per department"
        )
        raise work.held(HoldCode.DEPARTMENT_SPLIT, why)
    return Share(groups[own], amounts[own], rounding if own == first else ZERO, departments, departments.index(own) + 1)


def _department(work: Shaping, draft: Draft) -> str:
    """The target's id of a line's department, empty for a line that names none."""
    values = [value for value in dimensions_of(work, draft.dimensions) if value.kind in work.traits.header_dimensions]
    return next((value.source_id or value.code or "" for value in values), "")


def one_department(work: Shaping, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines as they can be kept: of each dimension that the document has one value of, all lines name the same, or
    none. Where they differ, each gets the class of the same code or name instead, or the document is held."""
    for kind in sorted(work.traits.header_dimensions):
        lines = _settled(work, lines, kind)
    return tuple(lines)


def _settled(work: Shaping, lines: Sequence[Line], kind: DimensionKind) -> Sequence[Line]:
    named = [next((value for value in line.dimensions if value.kind is kind), None) for line in lines]
    if len({None if value is None else value.source_id or value.code for value in named}) < 2:
        return lines
    if work.is_order:
        work.lose("lines.dimensions", f"its lines are of several {kind.value}s, and the target keeps one per order")
        return [_without(line, kind) for line in lines]
    several = ", ".join(sorted({value.name or value.code or "" for value in named if value is not None}))
    if work.policy.department_split is not DepartmentSplit.HOLD:
        classes = [None if value is None else work.refs.dimension_like(value, DimensionKind.CLASS) for value in named]
        lacking = [
            value.name or value.code or ""
            for value, found in zip(named, classes, strict=True)
            if value is not None and found is None
        ]
        if not lacking:
            work.overrides["department_split"] = "class"
            return [_classed(line, kind, found) for line, found in zip(lines, classes, strict=True)]
        if work.policy.department_split is DepartmentSplit.CLASS:
            why = f"its lines are of several {kind.value}s ({several}), and there is no class called {lacking[0]}"
            raise work.held(HoldCode.DEPARTMENT_SPLIT, why, waits=Waits.CONFIG, key=f"class:{lacking[0]}")
    why = f"its lines are of several {kind.value}s ({several}), and the target keeps one per document"
    raise work.held(HoldCode.DEPARTMENT_SPLIT, why, waits=Waits.CONFIG, key="department_split")


def _without(line: Line, kind: DimensionKind) -> Line:
    return line.model_copy(update={"dimensions": tuple(value for value in line.dimensions if value.kind is not kind)})


def _classed(line: Line, kind: DimensionKind, found: DimensionValue | None) -> Line:
    """A class that the line has already stays: somebody chose it."""
    kept = _without(line, kind)
    if found is None or any(value.kind is DimensionKind.CLASS for value in kept.dimensions):
        return kept
    return kept.model_copy(update={"dimensions": (*kept.dimensions, found)})
