"""Lines and charges of documents → canonical. Pure.

Zoho's ``adjustment`` stands inside the total: a charge of kind rounding. ``item_total`` is the line's net amount.
"""

from decimal import Decimal
from typing import Any

from mlc.records import Charge, ChargeKind, Line, LineTax, ObjectType, Ref, TaxTreatment, round_money

from mlc_zoho.books.parts import ZERO, FieldTable, dimensions, ref, take
from mlc_zoho.books.schemas import Row, flag, money, rows, text, whole

_LINE: FieldTable = (
    ("line_id", "line_item_id", text),
    ("position", "item_order", whole),
    ("name", "name", text),
    ("description", "description", text),
    ("quantity", "quantity", money),
    ("billed_quantity", "quantity_billed", money),
    ("received_quantity", "quantity_received", money),
    ("unit", "unit", text),
    ("unit_price", "rate", money),
    ("line_gross_amount", "item_total_inclusive_of_tax", money),
    ("billable", "is_billable", flag),
)

#: Rows among the lines that carry no money.
_DECORATION = frozenset({"header", "subtotal"})


def lines(row: Row, *, order: Ref | None = None) -> tuple[Line, ...]:
    """A document's lines. ``order`` is the one purchase order it bills, when there is exactly one."""
    inclusive = flag(row, "is_inclusive_tax") is True
    currency = text(row, "currency_code")
    return tuple(
        _line(item, inclusive=inclusive, currency=currency, order=order)
        for item in rows(row, "line_items")
        if text(item, "line_item_category") not in _DECORATION
    )


def _line(row: Row, *, inclusive: bool, currency: str | None, order: Ref | None) -> Line:
    fields = take(row, _LINE)
    net = money(row, "item_total")
    tax = line_tax(row, inclusive=inclusive)
    if inclusive:
        fields["line_gross_amount"], net = _inclusive(fields, net, tax, currency)
    fields["line_net_amount"] = net
    if tax is not None:
        fields["tax"] = tax
    fields |= _references(row, order)
    found = dimensions(row)
    if found:
        fields["dimensions"] = found
    return Line(**fields)


def _inclusive(
    fields: dict[str, Any], net: Decimal | None, tax: LineTax | None, currency: str | None
) -> tuple[Decimal | None, Decimal | None]:
    """Gross and net of a line whose rate includes tax; a gross amount that is stated is kept."""
    quantity, rate, gross = fields.get("quantity"), fields.get("unit_price"), fields.get("line_gross_amount")
    if gross is None and quantity is not None and rate is not None:
        gross = round_money(quantity * rate, currency)
    if gross is not None and (net is None or net == gross) and tax is not None and tax.percent:
        net = round_money(gross / (1 + tax.percent / 100), currency)
    return gross, net


def line_tax(row: Row, *, inclusive: bool) -> LineTax | None:
    """A line's tax as Zoho states it; None when it names none."""
    treatment = None
    if row.get("reverse_charge_tax_id") or row.get("reverse_charge_vat_id"):
        treatment = TaxTreatment.REVERSE_CHARGE
    elif row.get("tax_exemption_id") or row.get("tax_exemption_code"):
        treatment = TaxTreatment.EXEMPT
    rate = ref(row, ObjectType.TAX_RATE, "tax_id", name="tax_name")
    if rate is None and treatment is None:
        return None
    return LineTax(
        ref=rate,
        name=text(row, "tax_name"),
        percent=money(row, "tax_percentage"),
        inclusive=inclusive,
        treatment=treatment,
    )


def _references(row: Row, order: Ref | None) -> dict[str, Any]:
    found = {
        "account": ref(row, ObjectType.ACCOUNT, "account_id", name="account_name"),
        "item": ref(row, ObjectType.ITEM, "item_id", name="name", code="sku"),
        "customer": ref(row, ObjectType.CUSTOMER, "customer_id", name="customer_name"),
        "purchase_order_line": ref(row, ObjectType.PURCHASE_ORDER, "purchaseorder_item_id"),
    }
    if found["purchase_order_line"] is not None:
        found["purchase_order"] = order
    return {name: value for name, value in found.items() if value is not None}


def adjustment(row: Row) -> tuple[Charge, ...]:
    """The adjustment as a rounding charge; none when it is zero."""
    amount = money(row, "adjustment")
    if not amount:
        return ()
    return (Charge(kind=ChargeKind.ROUNDING, amount=amount, description=text(row, "adjustment_description")),)


def header_discount(row: Row, subtotal: Decimal | None) -> tuple[Charge, ...]:
    """A document's discount, stated as an amount or as ``10%``; signed, so negative."""
    stated = text(row, "discount")
    if stated is None or text(row, "discount_type") == "item_level":
        return ()
    amount = money(row, "discount_amount")
    percent = Decimal(stated[:-1].strip()) if stated.endswith("%") and _is_number(stated[:-1]) else None
    if amount is None and percent is not None:
        amount = round_money((subtotal or ZERO) * percent / 100, text(row, "currency_code"))
    if amount is None and _is_number(stated):
        amount = Decimal(stated)
    if not amount:
        return ()
    return (Charge(kind=ChargeKind.DISCOUNT, amount=-abs(amount), percent=percent),)


def _is_number(stated: str) -> bool:
    return stated.strip().replace(".", "", 1).isdigit()
