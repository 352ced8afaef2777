"""A document as the target will get it: lines split, references resolved, totals predicted. Pure; holds are answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from mlc.accounting.coding import account_of, card_account, dimensions_of, order_link, rounding_account
from mlc.accounting.departments import one_department, own_share
from mlc.accounting.drafts import Draft, draft_charges, draft_lines, fold_negatives, is_line_charge, spread
from mlc.accounting.headers import Header, header_of, shorten_number
from mlc.accounting.holdcodes import Hold, HoldCode
from mlc.accounting.linemoney import ZERO, price_for
from mlc.accounting.lookups import Drop, Found, References
from mlc.accounting.naming import NUMBER_FIELDS, TradeDocument, money, party_field
from mlc.accounting.shapes import Held, Shaped, Shaping, TargetTraits, TaxRounding
from mlc.accounting.taxing import apply_tax, prices_include_tax, target_tax, tax_mode
from mlc.accounting.totals import header_taxes, limit_for, outside_of, rounding_charge
from mlc.recipes import Policy, PurchaseTax
from mlc.records import Charge, ChargeKind, Expense, Line, LineTax, Ref
from mlc.tenants import Probe

__all__ = [
    "Drop",
    "Found",
    "References",
    "Shaped",
    "TargetTraits",
    "TaxRounding",
    "shape",
    "shorten_number",
]


def shape(
    document: TradeDocument,
    refs: References,
    policy: Policy,
    probe: Probe,
    *,
    traits: TargetTraits | None = None,
    moved_to: date | None = None,
    department: str | None = None,
    departments: Sequence[str] = (),
) -> Shaped | Hold:
    """The document with the target's references, split lines and predicted totals, or the first thing it waits for.

    Args:
        document: As the source states it.
        probe: Of the target.
        moved_to: The open day that its ledger date was moved to, on this and on every later shaping.
        department: Of a document that becomes one per department: which of them to make; None for the first.
        departments: Those that it was split into before, in their order.
    """
    work = Shaping(document, refs, policy, probe, traits or TargetTraits(), moved_to, department, tuple(departments))
    try:
        return _shape(work)
    except Held as held:
        return held.hold


def _shape(work: Shaping) -> Shaped:
    header = header_of(work)
    outside = outside_of(work)
    folded = tax_mode(work) is PurchaseTax.FOLD
    charges = [charge for charge in work.document.charges if is_line_charge(charge)]
    drafts = [*draft_lines(work), *draft_charges(work, charges)]
    header_tax = header_taxes(work, drafts, outside, header.total, folded=folded)
    discount = outside.discount
    if not work.is_order:
        drafts, discount = spread(work, drafts, discount), ZERO
    before = sum((draft.gross for draft in drafts), ZERO) + sum((charge.amount for charge in header_tax), ZERO)
    drafts = apply_tax(work, drafts, header_tax)
    lost = before - sum((draft.gross for draft in drafts), ZERO)
    inclusive = prices_include_tax(drafts)
    if not inclusive:
        drafts = [replace(draft, inclusive=False) if draft.inclusive else draft for draft in drafts]
    if not work.traits.negative_lines:
        drafts = fold_negatives(work, drafts)
    drafts = [draft for draft in drafts if draft.net != 0 or draft.gross != 0]
    own = own_share(work, drafts, header.total - lost, outside.rounding, inclusive=inclusive)
    drafts, total = own.drafts, own.total
    if own.departments:
        header = header_of(work, suffix=f"/{own.order}")
    lines = one_department(
        work, [_line(work, draft, position, inclusive=inclusive) for position, draft in enumerate(drafts, 1)]
    )
    goods = sum((draft.gross if inclusive else draft.net for draft in drafts), ZERO) + discount
    wanted = total - own.rounding - goods
    tax = _tax(work, drafts, discount, wanted, inclusive=inclusive)
    predicted = goods if inclusive else goods + tax
    rounding = rounding_charge(work, len(lines), stated=own.rounding, predicted=predicted, total=total)
    if work.is_order and rounding != 0 and not work.traits.order_rounding:
        work.overrides.pop("rounding", None)
        work.lose("charges", f"rounding of {money(rounding, work.currency)} has no place on an order")
        total, rounding = total - rounding, ZERO
    kept = _kept_charges(work, discount, rounding)
    amounts = {
        "lines": lines,
        "charges": kept,
        "amounts_include_tax": inclusive,
        "subtotal": total - tax - sum((charge.amount for charge in kept), ZERO),
        "tax_total": tax,
        "total": total,
    }
    record = work.document.model_copy(update=amounts | _head(work, header))
    return Shaped(
        record=record,
        predicted_total=predicted + rounding,
        losses=tuple(work.losses),
        overrides=dict(work.overrides),
        number=header.full_number,
        number_made=header.number_made,
        issue_date=work.document.issue_date,
        departments=own.departments,
    )


def _line(work: Shaping, draft: Draft, position: int, *, inclusive: bool) -> Line:
    amount = draft.gross if inclusive else draft.net
    if amount < 0 and not work.traits.negative_lines:
        raise work.held(HoldCode.NEGATIVE_LINE, f"line {draft.key} is negative, which the target does not take")
    source = draft.line
    quantity, price = price_for(
        amount, draft.quantity, source.unit_price, work.currency, decimals=work.traits.price_decimals
    )
    if draft.quantity is not None and draft.quantity != 0 and quantity != draft.quantity:
        work.lose("lines.quantity", "no unit price gives the line's amount, so one piece is sent")
    _lose_extras(work, source)
    fields: dict[str, Any] = {
        "line_id": None,
        "key": draft.key,
        "position": position,
        "quantity": quantity,
        "unit_price": price,
        "line_net_amount": draft.net,
        "line_gross_amount": draft.gross,
        "tax": _stated(draft.tax_line, inclusive=inclusive),
        "account": account_of(work, draft),
        "dimensions": dimensions_of(work, draft.dimensions),
        "allocations": (),
    }
    link = order_link(work, draft)
    fields |= {"purchase_order": None, "purchase_order_line": None}
    if link is not None:
        fields |= {"purchase_order": link[0], "purchase_order_line": link[1]}
    return source.model_copy(update=fields | _cleared(source))


def _stated(tax: LineTax | None, *, inclusive: bool) -> LineTax | None:
    if tax is None or (tax.inclusive == inclusive and tax.known("inclusive")):
        return tax
    return tax.model_copy(update={"inclusive": inclusive})


def _cleared(source: Line) -> dict[str, Any]:
    """What points into the source, or is in the price already."""
    cleared: dict[str, Any] = {}
    for name in ("item", "customer", "billable", "discount", "received_quantity", "billed_quantity"):
        if source.known(name):
            cleared[name] = None
    if source.known("custom_fields"):
        cleared["custom_fields"] = ()
    if source.name is None and source.description is None and source.item is not None and source.item.name:
        cleared["description"] = source.item.name
    return cleared


def _lose_extras(work: Shaping, source: Line) -> None:
    if source.item is not None:
        work.lose("lines.item", "catalogue items are not carried; their texts are")
    if source.customer is not None or source.billable:
        work.lose("lines.customer", "rebilling to a customer is not carried")
    if source.custom_fields:
        work.lose("lines.custom_fields", "the source's own fields are not carried")
    if source.discount:
        work.lose("lines.discount", "it is part of the unit price")


def _tax(work: Shaping, drafts: Sequence[Draft], discount: Decimal, wanted: Decimal, *, inclusive: bool) -> Decimal:
    """The tax that the target computes. A discount lowers it, unless only the tax without it gives the total."""
    rounding = work.traits.tax_rounding
    after = target_tax(drafts, work.currency, inclusive=inclusive, rounding=rounding)
    if discount == 0:
        return after
    lowered = target_tax(spread(work, drafts, discount), work.currency, inclusive=inclusive, rounding=rounding)
    limit = limit_for(work, len(drafts))
    if inclusive or abs(lowered - wanted) <= limit or abs(after - wanted) > limit:
        return lowered
    work.overrides["discount"] = "after_tax"
    return after


def _kept_charges(work: Shaping, discount: Decimal, rounding: Decimal) -> tuple[Charge, ...]:
    """The charges that stay charges in the target: an order's discount, and rounding."""
    kept = []
    if discount != 0:
        stated = next(charge for charge in work.document.charges if charge.kind is ChargeKind.DISCOUNT)
        kept.append(Charge(kind=ChargeKind.DISCOUNT, amount=discount, description=stated.description))
    if rounding != 0:
        charge = Charge(kind=ChargeKind.ROUNDING, amount=rounding, description="Rounding")
        account = rounding_account(work, charge)
        kept.append(charge if account is None else charge.model_copy(update={"account": account}))
    return tuple(kept)


def _head(work: Shaping, header: Header) -> dict[str, Any]:
    document = work.document
    memo = "\n".join(part for part in (document.memo, *header.notes) if part)
    head: dict[str, Any] = {party_field(document): header.party, "issue_date": header.ledger_date, "entity": None}
    if memo or document.known("memo"):
        head["memo"] = memo or None
    if document.posting_date is not None:
        head["posting_date"] = header.ledger_date
    if header.rate is not None or document.known("exchange_rate"):
        head["exchange_rate"] = header.rate
    head[NUMBER_FIELDS[type(document)]] = header.number
    if isinstance(document, Expense):
        paid_with = document.paid_through_account
        head["paid_through_account"] = card_account(work, paid_with) if work.traits.money_account else None
    orders = getattr(document, "purchase_orders", None)
    if orders is not None:
        head["purchase_orders"] = tuple(_order(work, ref) for ref in orders)
    if document.known("payable_account"):
        head["payable_account"] = None
    return head


def _order(work: Shaping, ref: Ref) -> Ref:
    """The order in the target; one that is not there keeps its number only."""
    found = work.refs.purchase_order(ref)
    return found if found is not None else Ref(record_type=ref.record_type, code=ref.code or ref.name)
