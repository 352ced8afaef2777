"""Keys that stay the same however often a record is read: lines, configuration lines, what a hold waits for."""

from collections.abc import Sequence

from mlc.records import Allocation, DimensionValue, Line, LineTax, Ref


def ref_code(ref: Ref | None) -> str:
    """How a person would name it: its code, else its id, else its name."""
    if ref is None:
        return ""
    return ref.code or ref.source_id or ref.name or ""


def dimension_code(value: DimensionValue) -> str:
    """``department:Plant``: as the dimension map names it."""
    return f"{value.kind}:{value.code or value.name or value.source_id or ''}"


def allocation_key(account: Ref | None, dimensions: Sequence[DimensionValue]) -> str:
    """``<account code>|<dimension codes>``, the dimensions in a fixed order."""
    codes = ",".join(sorted(dimension_code(value) for value in dimensions))
    return f"{ref_code(account)}|{codes}"


def line_key(line_id: str, allocation: Allocation | None = None) -> str:
    """Our key of a target line: the source's line id, with account and dimensions where it is split."""
    if allocation is None:
        return line_id
    return f"{line_id}|{allocation_key(allocation.account, allocation.dimensions)}"


def po_line_keys(line: Line, allocation: Allocation | None) -> tuple[str, ...]:
    """Our keys under which the order's line may be bound, the most exact first; empty when it names no order line."""
    if line.purchase_order_line is None or line.purchase_order_line.source_id is None:
        return ()
    order_line = line.purchase_order_line.source_id
    share = allocation or (line.allocations[0] if len(line.allocations) == 1 else None)
    account = share.account if share is not None else line.account
    dimensions = share.dimensions if share is not None else line.dimensions
    return (f"{order_line}|{allocation_key(account, dimensions)}", order_line)


def tax_code(tax: LineTax) -> str:
    """``<name> <rate>``, or the code of a tax without name: how the tax map names it."""
    if tax.name is None and tax.ref is not None and (tax.ref.code or tax.ref.source_id):
        return ref_code(tax.ref)
    rate = "" if tax.percent is None else f" {format_plain(tax.percent)}"
    treatment = "" if tax.treatment is None else f" {tax.treatment.value}"
    return f"{tax.name or ''}{rate}{treatment}".strip()


def format_plain(value: object) -> str:
    """A Decimal without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
