"""Documents of several departments, for a target that keeps one department per document (pairings 4)."""

from collections.abc import Sequence

from mlc.accounting.holdcodes import HoldCode, Waits
from mlc.accounting.shapes import Shaping
from mlc.recipes import DepartmentSplit
from mlc.records import DimensionKind, DimensionValue, Line


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
