"""What renderings of several entities share: losses, texts within limits, lines, references. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal

from mlc import Binding, Loss, RenderContext
from mlc.errors import MappingError
from mlc.records import ChargeKind, DimensionValue, Line, MoneyDocument, ObjectType, Ref, exponent
from mlc.wire import Body, Json, filled

from mlc_bill import SYSTEM
from mlc_bill.entities import BY_KIND
from mlc_bill.settings import BillSettings

DESCRIPTION_MAX = 4000
ROUNDING_TEXT = "Rounding"


@dataclass(frozen=True, slots=True)
class Rendering:
    """One record on its way into BILL's words; collects what has no place there."""

    settings: BillSettings
    context: RenderContext
    binding: Binding | None
    losses: list[Loss] = field(default_factory=list)

    @property
    def updating(self) -> bool:
        return self.binding is not None

    @property
    def fields(self) -> frozenset[str] | None:
        """What changed on an update, None for everything."""
        return self.context.fields

    def changes(self, record: object, name: str) -> bool:
        """Whether a field is to be written: it was seen, and on an update it is one of those that changed."""
        known = getattr(record, "known", None)
        seen = known is None or bool(known(name))
        return seen and (self.fields is None or name in self.fields)

    def lose(self, name: str, reason: str) -> None:
        """Note a field that had data and no place."""
        self.losses.append(Loss(name, reason))

    def clipped(self, name: str, value: str | None, most: int) -> str | None:
        """A text within the field's limit; what is cut off is a loss."""
        if value is None or len(value) <= most:
            return value
        self.lose(name, f"longer than the {most} characters that BILL keeps; cut")
        return value[:most]


def required_id(reference: Ref | None, name: str) -> str:
    """BILL's id of a reference that it insists on. Raises MappingError."""
    if reference is None or reference.source_id is None:
        raise MappingError(f"BILL needs the {name}, and none is known there.", field=name, system=SYSTEM)
    return reference.source_id


def line_key(line: Line, position: int) -> str:
    """Our key of a line, never its position while it has another."""
    return line.key or line.line_id or f"#{position}"


def line_items(document: MoneyDocument, rendering: Rendering) -> tuple[list[Json], tuple[str, ...]]:
    """Lines of a bill or credit with the ids they are bound to, and our keys in the same order.

    Raises: MappingError for a line without amount, below zero, or in prices that include tax.
    """
    if document.amounts_include_tax:
        raise MappingError(
            "BILL has no tax on bill lines: amounts have to be sent without tax, the tax as a line of its own.",
            field="amounts_include_tax",
            system=SYSTEM,
        )
    bound = rendering.binding.main.lines if rendering.binding is not None else {}
    items: list[Json] = []
    keys = []
    for position, line in enumerate(document.lines, start=1):
        key = line_key(line, position)
        item = _item(line, document.currency, rendering, f"lines.{position}")
        if key in bound:
            item = {"id": bound[key], **item}
        items.append(item)
        keys.append(key)
    return items, tuple(keys)


def charge_items(document: MoneyDocument, rendering: Rendering, *, skip: int = 0) -> tuple[list[Json], tuple[str, ...]]:
    """Money outside the lines as lines of its own: BILL has no other place for it."""
    items: list[Json] = []
    keys = []
    bound = rendering.binding.main.lines if rendering.binding is not None else {}
    for number, charge in enumerate((one for one in document.charges if one.amount), start=1 + skip):
        place = f"charges.{number}"
        key = f"charge:{charge.kind}:{number}"
        told = charge.description or (ROUNDING_TEXT if charge.kind is ChargeKind.ROUNDING else str(charge.kind))
        codes = _classifications(charge.account, charge.dimensions, rendering, place)
        amount = _allowed(charge.amount, place)
        item = filled({"amount": amount, "description": told, "classifications": codes or None})
        items.append({"id": bound[key], **item} if key in bound else item)
        keys.append(key)
    return items, tuple(keys)


def _item(line: Line, currency: str | None, rendering: Rendering, place: str) -> Body:
    amount = line.line_net_amount
    if amount is None and line.quantity is not None and line.unit_price is not None:
        amount = line.quantity * line.unit_price
    if amount is None:
        raise MappingError("A line states no amount.", field=f"{place}.line_net_amount", system=SYSTEM)
    if -int(amount.normalize().as_tuple().exponent) > exponent(currency):
        raise MappingError(
            f"A line of {amount} has more decimals than {currency} has.",
            field=f"{place}.line_net_amount",
            system=SYSTEM,
        )
    if line.allocations:
        rendering.lose(f"{place}.allocations", "BILL has no split within a line")
    if line.tax is not None and (line.tax.amount or line.tax.percent):
        rendering.lose(f"{place}.tax", "BILL has no tax on bill lines")
    item: Body = {"amount": _allowed(amount, place)}
    quantity, price = line.quantity, line.unit_price
    if quantity is not None and price is not None and quantity * price == amount:
        item |= {"quantity": quantity, "price": price}
    elif quantity not in (None, Decimal(1)):
        rendering.lose(f"{place}.quantity", f"{quantity} pieces do not multiply to {amount}; sent as an amount")
    elif price is not None and price != amount:
        rendering.lose(f"{place}.unit_price", f"{price} is not the line's amount; sent as an amount")
    told = " - ".join(part for part in (line.name, line.description) if part) if line.name else line.description
    codes = _classifications(line.account, line.dimensions, rendering, place)
    if line.item is not None and line.item.source_id is not None:
        codes["itemId"] = line.item.source_id
    if line.billable and line.customer is not None and line.customer.source_id is not None:
        codes["customerId"] = line.customer.source_id
    return filled(
        {
            **item,
            "description": rendering.clipped(f"{place}.description", told, DESCRIPTION_MAX),
            "classifications": codes or None,
        }
    )


def _allowed(amount: Decimal, place: str) -> Decimal:
    if amount < 0:
        raise MappingError(
            f"BILL is not known to take lines below zero ({amount}): fold it into another line.",
            field=f"{place}.line_net_amount",
            system=SYSTEM,
        )
    return amount


def _classifications(
    account: Ref | None, dimensions: tuple[DimensionValue, ...], rendering: Rendering, place: str
) -> dict[str, Json]:
    """Account and values of a line by BILL's names; what has no id there is a loss."""
    codes: dict[str, Json] = {}
    if account is not None and account.source_id is not None and account.record_type is ObjectType.ACCOUNT:
        codes["chartOfAccountId"] = account.source_id
    for value in dimensions:
        kind = BY_KIND.get(value.kind)
        if value.source_id is None or kind is None:
            rendering.lose(f"{place}.dimensions", f"{value.kind} {value.name or value.code} has no counterpart in BILL")
        else:
            codes[kind.key] = value.source_id
    return codes
