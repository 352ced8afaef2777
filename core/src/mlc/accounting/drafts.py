"""Lines on their way: one draft per allocation and per charge, before anything is looked up in the target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.keys import allocation_key, line_key, ref_code
from mlc.accounting.linemoney import ZERO, LineMoney, exact_split, line_money, payable_tax, split_quantity
from mlc.accounting.naming import money
from mlc.accounting.shapes import Shaping
from mlc.records import (
    Allocation,
    Charge,
    ChargeKind,
    DimensionValue,
    Line,
    LineTax,
    Ref,
    minor_unit,
    round_money,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One line of the target. ``net + tax == gross``; ``source_tax`` is the source's, ``tax_line`` the target's.

    ``line`` gives the texts; a draft of a charge has ``charge`` set and an invented ``line``.
    """

    key: str
    line: Line
    net: Decimal
    tax: Decimal
    gross: Decimal
    account: Ref | None = None
    dimensions: tuple[DimensionValue, ...] = ()
    source_tax: LineTax | None = None
    tax_line: LineTax | None = None
    inclusive: bool = False
    quantity: Decimal | None = None
    allocation: Allocation | None = None
    charge: Charge | None = None

    def with_money(self, *, net: Decimal, tax: Decimal) -> "Draft":
        return replace(self, net=net, tax=tax, gross=net + tax)


def draft_lines(work: Shaping) -> list[Draft]:
    """Every line of the document, split by its allocations. Lines of nothing are left out."""
    drafts: list[Draft] = []
    for line in work.document.lines:
        amounts = line_money(line, work.currency, prices_include_tax=work.document.amounts_include_tax)
        label = _label(line)
        if amounts is None:
            raise work.held(HoldCode.MANDATORY_FIELD, f"the source states no amount for line {label}")
        if amounts.net == 0 and amounts.gross == 0:
            work.lose("lines", "lines of nothing are left out")
            continue
        drafts += _split(work, line, amounts, label)
    keys = [draft.key for draft in drafts]
    doubled = next((key for key in keys if keys.count(key) > 1), None)
    if doubled is not None:
        raise work.held(HoldCode.MANDATORY_FIELD, f"the source gives two lines the same id {doubled}")
    return drafts


def fold_negatives(work: Shaping, drafts: Sequence[Draft]) -> list[Draft]:
    """Lines below zero taken from the largest line of the same coding and tax, where that is large enough."""
    kept = list(drafts)
    for negative in [draft for draft in drafts if draft.net < 0]:
        alike = [draft for draft in kept if draft.net > 0 and _same_coding(draft, negative)]
        largest = max(alike, key=lambda draft: draft.net, default=None)
        if largest is None or largest.net + negative.net < 0 or largest.gross + negative.gross < 0:
            continue
        less = largest.with_money(net=largest.net + negative.net, tax=largest.tax + negative.tax)
        kept = [replace(less, quantity=None) if draft is largest else draft for draft in kept if draft is not negative]
        work.lose("lines", f"line {negative.key} is below zero and was taken from line {largest.key}")
    return kept


def draft_charges(work: Shaping, charges: Sequence[Charge]) -> list[Draft]:
    """One line per charge, keyed by kind, description and account; numbered only where two say the same."""
    drafts: list[Draft] = []
    for charge in charges:
        name = charge.description or charge.kind.value.replace("_", " ").capitalize()
        key = f"charge:{charge.kind.value}" + (f":{charge.description}" if charge.description else "")
        if charge.account is not None:
            key += f"|{allocation_key(charge.account, charge.dimensions)}"
        equal = sum(draft.key == key or draft.key.startswith(f"{key}#") for draft in drafts)
        net = round_money(charge.amount, work.currency)
        inclusive = charge.tax is not None and charge.tax.inclusive
        tax = payable_tax(net, charge.tax, work.currency)
        drafts.append(
            Draft(
                key=f"{key}#{equal + 1}" if equal else key,
                line=Line(name=name, description=name),
                net=net - tax if inclusive else net,
                tax=tax,
                gross=net if inclusive else net + tax,
                account=charge.account,
                dimensions=charge.dimensions,
                source_tax=charge.tax,
                inclusive=inclusive,
                charge=charge,
            )
        )
    return drafts


def is_line_charge(charge: Charge) -> bool:
    """Freight, handling and other charges are lines; discount, tax and rounding are not."""
    return charge.kind in (ChargeKind.SHIPPING, ChargeKind.HANDLING, ChargeKind.OTHER) and charge.amount != 0


def spread(work: Shaping, drafts: Sequence[Draft], amount: Decimal, *, to_tax: bool = False) -> list[Draft]:
    """Spread an amount over the lines pro rata to their net; over the goods alone where there are any."""
    if amount == 0:
        return list(drafts)
    goods = [draft for draft in drafts if draft.charge is None and draft.net > 0]
    takers = goods or [draft for draft in drafts if draft.net > 0] or list(drafts)
    if not takers:
        raise work.held(HoldCode.TOTALS_DIFFER, f"it has no lines to spread {money(amount, work.currency)} over")
    parts = dict(
        zip((draft.key for draft in takers), exact_split(amount, _weights(takers), work.currency), strict=True)
    )
    spread_out = []
    for draft in drafts:
        part = parts.get(draft.key, ZERO)
        net, tax = (draft.net, draft.tax + part) if to_tax else (draft.net + part, draft.tax)
        spread_out.append(draft.with_money(net=net, tax=tax))
    return spread_out


def _weights(drafts: Sequence[Draft]) -> list[Decimal]:
    return [abs(draft.net) for draft in drafts]


def _split(work: Shaping, line: Line, amounts: LineMoney, label: str) -> list[Draft]:
    line_id = line.key or line.line_id
    if line_id is None:
        raise work.held(HoldCode.MANDATORY_FIELD, f"line {label} has no id at the source")
    shares = _merged(line.allocations)
    if len(shares) < 2:
        share = shares[0] if shares else None
        return [_draft(line, line_id, amounts, line.quantity, share, single=True)]
    parts = _parts(work, amounts, shares, label)
    quantities: list[Decimal | None] = [None] * len(parts)
    if line.quantity is not None:
        quantities = list(split_quantity(line.quantity, [part.gross if part.inclusive else part.net for part in parts]))
    drafts = zip(parts, quantities, shares, strict=True)
    return [
        _draft(line, line_id, part, quantity, share, single=False)
        for part, quantity, share in drafts
        if part.net != 0 or part.gross != 0
    ]


def _parts(work: Shaping, amounts: LineMoney, shares: Sequence[Allocation], label: str) -> list[LineMoney]:
    """The line's money in the ratio of its allocations, which must add up to its net or its gross."""
    weights = [share.amount for share in shares]
    added = sum(weights, ZERO)
    limit = minor_unit(work.currency) * len(shares)
    by_gross = abs(added - amounts.gross) < abs(added - amounts.net) or amounts.inclusive
    basis = amounts.gross if by_gross else amounts.net
    if min(abs(added - amounts.gross), abs(added - amounts.net)) > limit:
        told = f"{money(added, work.currency)}, not to {money(basis, work.currency)}"
        raise work.held(HoldCode.TOTALS_DIFFER, f"the allocations of line {label} add up to {told}")
    of_basis = exact_split(basis, weights, work.currency)
    of_tax = exact_split(amounts.tax, of_basis, work.currency)
    nets = [part - tax for part, tax in zip(of_basis, of_tax, strict=True)] if by_gross else of_basis
    return [LineMoney(net, tax, net + tax, amounts.inclusive) for net, tax in zip(nets, of_tax, strict=True)]


def _merged(allocations: Sequence[Allocation]) -> list[Allocation]:
    """Two allocations to the same account and dimensions are one; allocations of nothing are none."""
    merged: dict[str, Allocation] = {}
    for share in allocations:
        key = allocation_key(share.account, share.dimensions)
        before = merged.get(key)
        merged[key] = share if before is None else share.model_copy(update={"amount": before.amount + share.amount})
    shares = [share for share in merged.values() if share.amount != 0]
    return shares if shares else list(merged.values())[:1]


def _draft(
    line: Line, line_id: str, amounts: LineMoney, quantity: Decimal | None, share: Allocation | None, *, single: bool
) -> Draft:
    dimensions = line.dimensions if share is None else _dimensions(line, share)
    return Draft(
        key=line_key(line_id, None if single else share),
        line=line,
        net=amounts.net,
        tax=amounts.tax,
        gross=amounts.gross,
        account=line.account if share is None or share.account is None else share.account,
        dimensions=dimensions,
        source_tax=line.tax,
        inclusive=amounts.inclusive,
        quantity=quantity,
        allocation=None if single else share,
    )


def _dimensions(line: Line, share: Allocation) -> tuple[DimensionValue, ...]:
    """The allocation's, and of the line those kinds that the allocation does not name."""
    kinds = {value.kind for value in share.dimensions}
    return share.dimensions + tuple(value for value in line.dimensions if value.kind not in kinds)


def _label(line: Line) -> str:
    text = line.description or line.name or ref_code(line.item)
    return f"{line.line_id or line.key or ''} {text}".strip() or "without text"


def _same_coding(one: Draft, other: Draft) -> bool:
    same_account = ref_code(one.account) == ref_code(other.account)
    taxes = [None if draft.tax_line is None else draft.tax_line.ref for draft in (one, other)]
    same_dimensions = one.dimensions == other.dimensions
    return same_account and taxes[0] == taxes[1] and same_dimensions and one.inclusive == other.inclusive
