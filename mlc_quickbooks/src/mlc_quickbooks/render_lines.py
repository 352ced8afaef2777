"""Lines and charges → QuickBooks' ``Line``. Pure.

A line that is bound keeps everything of it that is not ours. Lines that somebody added there stay: QuickBooks drops
whatever an update leaves out.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import Charge, Line, MoneyDocument, exponent
from mlc.wire import Body, Json, filled

from mlc_quickbooks import SYSTEM, kept
from mlc_quickbooks.entities import CLASS, DEPARTMENT
from mlc_quickbooks.mapping_documents import ACCOUNT_LINE, ITEM_LINE, NOT_TAXED, ORDER_LINK
from mlc_quickbooks.render_parts import (
    CLASSES,
    DESCRIPTION_MAX,
    Rendering,
    is_department,
    own_dimension,
    reference,
    storable,
)

ZERO, ONE = Decimal(0), Decimal(1)
PRICE_DECIMALS = 7
#: Members of a line that an update of it leaves as they are.
_THEIRS = ("Id", "LinkedTxn", "ProjectRef", "Received")
_THEIR_DETAIL = ("CustomerRef", "BillableStatus", "MarkupInfo")


def line_key(line: Line, position: int) -> str:
    """Our key of a line, never its position while it has another."""
    return line.key or line.line_id or f"#{position}"


def amount_of(line: Line, document: MoneyDocument, place: str) -> Decimal:
    """A line's amount without tax. Raises MappingError when it cannot be told."""
    if line.line_net_amount is not None and not document.amounts_include_tax:
        return line.line_net_amount
    gross, tax = line.line_gross_amount, line.tax.amount if line.tax is not None else None
    if document.amounts_include_tax and gross is not None:
        if line.tax is None:
            return gross
        if tax is not None:
            return gross - tax
    if line.line_net_amount is not None:
        return line.line_net_amount
    if line.quantity is not None and line.unit_price is not None:
        return (line.quantity * line.unit_price).quantize(_unit(document.currency), rounding=ROUND_HALF_UP)
    raise MappingError("A line states no amount without tax.", field=f"{place}.line_net_amount", system=SYSTEM)


def rendered_lines(
    document: MoneyDocument, rendering: Rendering, *, links_orders: bool
) -> tuple[list[Json], tuple[str, ...], Decimal]:
    """All lines as they shall stand there, our keys of those that are ours, in their order, and what they add up to.

    Raises: MappingError for a line without amount or account.
    """
    bound = dict(rendering.binding.main.lines) if rendering.binding is not None else {}
    base = rendering.binding.base if rendering.binding is not None else None
    there = {str(line.get("Id")): line for line in kept.lines_of(kept.kept_in(base) or {})}
    if rendering.updating and not bound:
        bound = _adopted(document, there)
    found: list[Json] = []
    keys: list[str] = []
    for position, line in enumerate(document.lines, start=1):
        key = line_key(line, position)
        before = there.get(bound.get(key, ""))
        found.append(_line(line, document, rendering, f"lines.{position}", before, links_orders=links_orders))
        keys.append(key)
    for position, charge in enumerate((one for one in document.charges if one.amount), start=1):
        key = f"charge:{charge.kind}:{position}"
        found.append(_charge(charge, document, rendering, there.get(bound.get(key, ""))))
        keys.append(key)
    ours = set(bound.values()) | {str(line.line_id) for line in document.lines if line.line_id is not None}
    found += [line for line_id, line in there.items() if line_id not in ours]
    total = sum((_amount(line) for line in found if isinstance(line, Mapping)), ZERO)
    return found, tuple(keys), total


def _adopted(document: MoneyDocument, there: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Lines of a twin that was taken as it stood: its lines that carry money are ours, in their order."""
    ids = [line_id for line_id, line in there.items() if line.get("DetailType") in (ACCOUNT_LINE, ITEM_LINE)]
    keys = [line_key(line, position) for position, line in enumerate(document.lines, start=1)]
    keys += [f"#{position}" for position in range(len(keys) + 1, len(ids) + 1)]
    return dict(zip(keys, ids, strict=False))


def department_of(document: MoneyDocument) -> str | None:
    """The one department of a document, QuickBooks' own id. Raises MappingError for several."""
    named = [next((one for one in line.dimensions if is_department(one)), None) for line in document.lines]
    ids = {None if one is None else own_dimension(one, DEPARTMENT) for one in named}
    if len(ids) > 1:
        raise MappingError(
            "QuickBooks keeps one department for a whole document, and the lines name several.",
            field="lines.dimensions",
            system=SYSTEM,
        )
    return next(iter(ids), None)


def _line(
    line: Line,
    document: MoneyDocument,
    rendering: Rendering,
    place: str,
    before: Mapping[str, Any] | None,
    *,
    links_orders: bool,
) -> Body:
    amount = storable(amount_of(line, document, place), place)
    account = line.account.source_id if line.account is not None else None
    item = line.item.source_id if line.item is not None else None
    if account is None and item is None:
        raise MappingError("QuickBooks needs an account on every line.", field=f"{place}.account", system=SYSTEM)
    detail: Body = {"ClassRef": _class(line, rendering, place), "TaxCodeRef": _tax_code(line, rendering, place)}
    if line.customer is not None and line.customer.source_id is not None:
        detail["CustomerRef"] = reference(line.customer.source_id)
        detail["BillableStatus"] = "Billable" if line.billable else "NotBillable"
    if account is not None:
        kind = ACCOUNT_LINE
        detail["AccountRef"] = reference(account)
        if line.quantity not in (None, ONE):
            rendering.lose(f"{place}.quantity", "a line on an account has neither quantity nor price in QuickBooks")
            rendering.lose(f"{place}.unit_price", "a line on an account has neither quantity nor price in QuickBooks")
    else:
        kind = ITEM_LINE
        detail["ItemRef"] = reference(item)
        detail["Qty"], detail["UnitPrice"] = _priced(line, amount, document, rendering, place)
    if line.allocations:
        rendering.lose(f"{place}.allocations", "QuickBooks has no split within a line")
    text = line.description or line.name
    found = _merged(before, kind, detail)
    found |= filled({"Description": rendering.clipped(f"{place}.description", text, DESCRIPTION_MAX), "Amount": amount})
    if links_orders and before is None:
        link = _order_link(line, rendering, place)
        if link is not None:
            found["LinkedTxn"] = [link]
    return found


def _merged(before: Mapping[str, Any] | None, kind: str, detail: Mapping[str, Json]) -> Body:
    """Our line over the one that stands there: what is theirs of it stays."""
    theirs: Body = {} if before is None else {name: before[name] for name in _THEIRS if before.get(name) is not None}
    inside = before.get(kind) if before is not None and before.get("DetailType") == kind else None
    kept_detail: Body = {}
    if isinstance(inside, Mapping):
        kept_detail = {name: inside[name] for name in _THEIR_DETAIL if inside.get(name) is not None}
    return {**theirs, "DetailType": kind, kind: {**kept_detail, **filled(detail)}}


def _charge(charge: Charge, document: MoneyDocument, rendering: Rendering, before: Mapping[str, Any] | None) -> Body:
    """Money outside the lines as a line on its own account."""
    account = charge.account.source_id if charge.account is not None else None
    if account is None:
        raise MappingError(
            f"QuickBooks has no field for a {charge.kind} charge of {charge.amount}: map it to an account.",
            field="charges",
            system=SYSTEM,
        )
    plain = Line(account=charge.account, dimensions=charge.dimensions, tax=charge.tax, line_net_amount=charge.amount)
    detail: Body = {
        "AccountRef": reference(account),
        "ClassRef": _class(plain, rendering, "charges"),
        "TaxCodeRef": _tax_code(plain, rendering, "charges"),
    }
    text = charge.description or str(charge.kind).capitalize()
    return {**_merged(before, ACCOUNT_LINE, detail), "Description": text, "Amount": storable(charge.amount, "charges")}


def _class(line: Line, rendering: Rendering, place: str) -> Body | None:
    """A line's class. Departments stand in the header; any other dimension has no place."""
    found = None
    for value in line.dimensions:
        own = own_dimension(value, CLASS)
        if own is not None and rendering.fact(CLASSES) != "off":
            found = own
        elif not is_department(value) or own_dimension(value, DEPARTMENT) is None:
            rendering.lose(f"{place}.dimensions", f"{value.kind} {value.name or value.code} has no place on a line")
    return reference(found)


def _tax_code(line: Line, rendering: Rendering, place: str) -> Body | None:
    """The tax code; in the United States only the pseudo codes exist, and purchases bear none."""
    tax = line.tax
    stated = tax.ref.source_id if tax is not None and tax.ref is not None else None
    if stated is None and tax is not None and (tax.percent or tax.amount or tax.name):
        rendering.lose(
            f"{place}.tax", f"{tax.name or tax.percent or tax.amount} is mapped to no tax code of QuickBooks"
        )
    return reference(stated or (NOT_TAXED if rendering.is_us else None))


def _priced(
    line: Line, amount: Decimal, document: MoneyDocument, rendering: Rendering, place: str
) -> tuple[Decimal, Decimal]:
    """Quantity and price of an item: QuickBooks multiplies them, so they have to give exactly the amount."""
    quantity, price = line.quantity, line.unit_price
    unit = _unit(document.currency)
    if quantity:
        fits = price is not None and _decimals(price) <= PRICE_DECIMALS
        if fits and price is not None and (quantity * price).quantize(unit, rounding=ROUND_HALF_UP) == amount:
            return quantity, price
        exact = (amount / quantity).quantize(ONE.scaleb(-PRICE_DECIMALS), rounding=ROUND_HALF_UP)
        if (quantity * exact).quantize(unit, rounding=ROUND_HALF_UP) == amount:
            return quantity, exact
        rendering.lose(f"{place}.quantity", f"{quantity} pieces do not multiply to {amount}; sent as one piece")
    return ONE, amount


def _order_link(line: Line, rendering: Rendering, place: str) -> Body | None:
    """The order line that a new bill line is for; an existing line cannot be linked any more."""
    order, order_line = line.purchase_order, line.purchase_order_line
    if order_line is None or order_line.source_id is None:
        return None
    if order is None or order.source_id is None:
        rendering.lose(f"{place}.purchase_order_line", "its order is not known in QuickBooks")
        return None
    return {"TxnId": order.source_id, "TxnType": ORDER_LINK, "TxnLineId": order_line.source_id}


def _amount(line: Mapping[str, Any]) -> Decimal:
    stated = line.get("Amount")
    return stated if isinstance(stated, Decimal) else Decimal(stated or 0)


def _unit(currency: str | None) -> Decimal:
    return ONE.scaleb(-exponent(currency))


def _decimals(value: Decimal) -> int:
    found = value.normalize().as_tuple().exponent
    return max(0, -found) if isinstance(found, int) else 0
