"""Accounts, dimensions and order links of a line, looked up in the target."""

from collections.abc import Sequence

from mlc.accounting.drafts import Draft
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.keys import dimension_code, ref_code
from mlc.accounting.lookups import Drop, Found
from mlc.accounting.shapes import Held, Shaping
from mlc.records import Charge, ChargeKind, DimensionValue, ObjectType, Ref


def account_of(work: Shaping, draft: Draft) -> Ref | None:
    """The target's account of a line; a charge without an account of its own has one by the map. None where the
    target's lines have no account."""
    if not work.traits.line_accounts:
        return None
    if draft.charge is not None:
        return _charge_account(work, draft, draft.charge)
    return _postable(work, draft.account, work.refs.account(draft.account, draft.dimensions))


def rounding_account(work: Shaping, charge: Charge) -> Ref | None:
    """Its account, where rounding has one; a target with a field for rounding needs none."""
    found = work.refs.charge_account(charge)
    return found if isinstance(found, Ref) else None


def dimensions_of(work: Shaping, values: Sequence[DimensionValue]) -> tuple[DimensionValue, ...]:
    """The target's dimensions. Unmapped is a question only where the policy maps this kind at all, else a loss."""
    mapped_kinds = {code.split(":", 1)[0] for code in work.policy.maps.dimensions}
    found: list[DimensionValue] = []
    for value in values:
        target = work.refs.dimension(value)
        if isinstance(target, DimensionValue):
            found.append(target)
            continue
        code = dimension_code(value)
        if target is Drop.DROP:
            work.lose("lines.dimensions", f"{code} is left out by the map")
        elif value.kind.value in mapped_kinds:
            why = f"the dimension {code} is not mapped"
            raise work.held(HoldCode.DIMENSION_UNMAPPED, why, waits=Waits.CONFIG, key=f"dimension:{code}")
        else:
            work.lose("lines.dimensions", f"{value.kind.value} has no place in the target")
    return tuple(found)


def order_link(work: Shaping, draft: Draft) -> tuple[Ref, Ref] | None:
    """The order and the order's line in the target; None when the line names none, or none that is bound (a loss)."""
    if draft.line.purchase_order_line is None and draft.line.purchase_order is None:
        return None
    found = work.refs.po_line(draft.line, draft.allocation)
    if found is None:
        work.lose("lines.purchase_order_line", f"line {draft.key} is not linked to an order line of the target")
        return None
    order, line_id = found
    return order, Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=line_id)


def card_account(work: Shaping, stated: Ref | None) -> Ref:
    """The target's account that an expense was paid from. Unmapped, it would be booked beside the bank's own feed."""
    found = work.refs.card_account(stated)
    if isinstance(found, Hold):
        raise Held(found)
    if found is None:
        code = ref_code(stated)
        why = f"the card or account {code or '(none stated)'} it was paid with is not mapped"
        raise work.held(HoldCode.MONEY_ACCOUNT_UNMAPPED, why, waits=Waits.CONFIG, key=f"money_account:{code}")
    return found


def _charge_account(work: Shaping, draft: Draft, charge: Charge) -> Ref:
    if charge.kind is ChargeKind.TAX and draft.account is not None:
        return draft.account
    if charge.account is not None:
        return _postable(work, charge.account, work.refs.account(charge.account, charge.dimensions))
    found = work.refs.charge_account(charge)
    if isinstance(found, Hold):
        raise Held(found)
    if found is None:
        what = charge.description or charge.kind.value
        why = f"its charge {what} is not mapped to an account"
        raise work.held(HoldCode.ACCOUNT_UNMAPPED, why, waits=Waits.CONFIG, key=f"charge:{charge.kind.value}")
    return found


def _postable(work: Shaping, stated: Ref | None, found: Found | Hold | None) -> Ref:
    code = ref_code(stated)
    if isinstance(found, Hold):
        raise Held(found)
    key = f"account:{code}"
    if found is None:
        why = f"the account {code} is not mapped to an account of the target" if code else "a line names no account"
        raise work.held(HoldCode.ACCOUNT_UNMAPPED, why, waits=Waits.CONFIG, key=key)
    if not found.postable or not found.active:
        reason = found.why_not or ("it is inactive" if not found.active else "nothing may be posted to it")
        why = f"the account {ref_code(found.ref) or code} cannot be used: {reason}"
        raise work.held(HoldCode.ACCOUNT_NOT_POSTABLE, why, waits=Waits.CONFIG, key=key)
    return found.ref
