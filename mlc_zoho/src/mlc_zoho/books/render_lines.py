"""Lines → Zoho's ``line_items``, so that Zoho computes exactly the amounts that were stated. Pure.

Zoho has no field for a line's amount: it multiplies rate and quantity and rounds to the currency. Where that does not
give the stated amount, the line goes as one piece at the amount, and its quantity is a loss.
"""

from decimal import ROUND_HALF_UP, Decimal

from mlc.errors import MappingError
from mlc.records import Charge, ChargeKind, Line, LineTax, MoneyDocument, Ref
from mlc.wire import Json

from mlc_zoho.books.render_parts import Body, Rendering, decimals_of, filled

NAME_MAX = 100
DESCRIPTION_MAX = 2000
ONE = Decimal(1)
ZERO = Decimal(0)


def line_key(line: Line, position: int) -> str:
    """Our key of a line, never its position while it has another."""
    return line.key or line.line_id or f"#{position}"


def line_items(
    document: MoneyDocument, rendering: Rendering, *, with_orders: bool
) -> tuple[list[Json], tuple[str, ...]]:
    """The lines, each with the id it is bound to, and our keys in the same order."""
    bound = rendering.binding.main.lines if rendering.binding is not None else {}
    items: list[Json] = []
    keys = []
    for position, line in enumerate(document.lines, start=1):
        key = line_key(line, position)
        item = _item(line, document, rendering, f"lines.{position}")
        if with_orders and line.purchase_order_line is not None and line.purchase_order_line.source_id is not None:
            item["purchaseorder_item_id"] = line.purchase_order_line.source_id
        if key in bound:
            item["line_item_id"] = bound[key]
        item["item_order"] = position
        items.append(item)
        keys.append(key)
    return items, tuple(keys)


def _item(line: Line, document: MoneyDocument, rendering: Rendering, place: str) -> Body:
    amount = line.line_gross_amount if document.amounts_include_tax else line.line_net_amount
    if amount is None:
        amount = _multiplied(line, rendering.precision(document.currency))
    if amount is None:
        raise MappingError("A line states neither an amount nor quantity and price.", field=f"{place}.line_net_amount")
    if line.allocations:
        rendering.lose(f"{place}.allocations", "Zoho Books has no split within a line")
    quantity, rate = _priced(line, amount, document, rendering, place)
    item = filled(
        {
            "item_id": line.item.source_id if line.item is not None else None,
            "name": rendering.clipped(f"{place}.name", line.name, NAME_MAX),
            "description": rendering.clipped(f"{place}.description", line.description, DESCRIPTION_MAX),
            "account_id": line.account.source_id if line.account is not None else None,
            "quantity": quantity,
            "rate": rate,
            "unit": line.unit,
            "tax_id": _tax_id(line.tax, rendering, place),
        }
    )
    if "account_id" not in item and "item_id" not in item:
        raise MappingError("Zoho Books needs an account on every line without an item.", field=f"{place}.account")
    item |= rendering.dimensions(line.dimensions, place)
    if line.billable and line.customer is not None and line.customer.source_id is not None:
        item |= {"is_billable": True, "customer_id": line.customer.source_id}
    return item


def _priced(
    line: Line, amount: Decimal, document: MoneyDocument, rendering: Rendering, place: str
) -> tuple[Decimal, Decimal]:
    """Quantity and rate whose product Zoho rounds to exactly ``amount``."""
    quantity, price = line.quantity, line.unit_price
    most = rendering.settings.rate_decimals
    unit = ONE.scaleb(-rendering.precision(document.currency))
    if quantity is None or quantity == 0:
        return ONE, amount
    if decimals_of(quantity) <= most:
        if price is not None and decimals_of(price) <= most and _rounded(quantity * price, unit) == amount:
            return quantity, price
        exact = _rounded(amount / quantity, ONE.scaleb(-most))
        if exact * quantity == amount:
            return quantity, exact
    if quantity != ONE:
        rendering.lose(f"{place}.quantity", f"{quantity} pieces do not multiply to {amount}; sent as one piece")
    return ONE, amount


def _multiplied(line: Line, precision: int) -> Decimal | None:
    if line.quantity is None or line.unit_price is None:
        return None
    return _rounded(line.quantity * line.unit_price, ONE.scaleb(-precision))


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return value.quantize(unit, rounding=ROUND_HALF_UP)


def _tax_id(tax: LineTax | None, rendering: Rendering, place: str) -> str | None:
    if tax is None:
        return None
    if tax.ref is not None and tax.ref.source_id is not None:
        return tax.ref.source_id
    if tax.percent or tax.amount or tax.name:
        rendering.lose(f"{place}.tax", f"{tax.name or tax.percent or tax.amount} is mapped to no tax of Zoho Books")
    return None


def rounding(document: MoneyDocument, rendering: Rendering) -> Body:
    """The rounding charges as ``adjustment``. On an update none is sent as zero, which takes an old one back."""
    charges = [charge for charge in document.charges if charge.kind is ChargeKind.ROUNDING]
    amount = sum((charge.amount for charge in charges), ZERO)
    if not amount:
        return {"adjustment": ZERO} if rendering.updating else {}
    told = next((charge.description for charge in charges if charge.description), "Rounding")
    return {"adjustment": amount, "adjustment_description": told}


def charge_line(charge: Charge, position: int) -> Body:
    """A charge as a line on its own account, where there is no ``adjustment``. Raises MappingError without account."""
    account: Ref | None = charge.account
    if account is None or account.source_id is None:
        raise MappingError(
            f"Zoho Books has no field for a {charge.kind} charge of {charge.amount} here: map it to an account.",
            field="charges",
        )
    return {
        "description": charge.description or str(charge.kind).capitalize(),
        "account_id": account.source_id,
        "quantity": ONE,
        "rate": charge.amount,
        "item_order": position,
    }
