"""Accounts and values of lines → BILL's classifications, where a recipe creates them. Pure."""

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Account, AccountClass, Dimension
from mlc.wire import encode, filled

from mlc_bill import SYSTEM
from mlc_bill.entities import BY_KIND
from mlc_bill.render_parts import Rendering
from mlc_bill.statuses import ACCOUNT_CLASSES

#: Narrower types of other systems that BILL has under a name of its own.
_TYPES = {
    "cost_of_goods_sold": "COST_OF_GOODS_SOLD",
    "expense": "EXPENSE",
    "other_expense": "OTHER_EXPENSE",
    "income": "INCOME",
    "other_income": "OTHER_INCOME",
    "fixed_asset": "FIXED_ASSET",
    "other_asset": "OTHER_ASSET",
    "other_current_asset": "OTHER_CURRENT_ASSET",
    "other_current_liability": "OTHER_CURRENT_LIABILITY",
    "long_term_liability": "LONG_TERM_LIABILITY",
    "equity": "EQUITY",
}
_BY_CLASS = {
    AccountClass.EXPENSE: "EXPENSE",
    AccountClass.INCOME: "INCOME",
    AccountClass.ASSET: "OTHER_CURRENT_ASSET",
    AccountClass.LIABILITY: "OTHER_CURRENT_LIABILITY",
    AccountClass.EQUITY: "EQUITY",
}


def account(record: Account, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """Raises MappingError for control, bank and card accounts: those are BILL's own."""
    if not record.postable or record.money:
        raise MappingError(
            f"{record.name} is no account that lines are booked to; BILL keeps such accounts itself.",
            field="account_type",
            system=SYSTEM,
        )
    own = (record.account_type or "").upper()
    kind = own if own in ACCOUNT_CLASSES else _TYPES.get((record.account_type or "").lower())
    kind = kind or _BY_CLASS.get(record.classification)
    if kind is None:
        raise MappingError(f"BILL has no account type for {record.account_type}.", field="account_type", system=SYSTEM)
    if record.full_name and record.full_name != record.name:
        rendering.lose("full_name", "BILL builds it from the parent")
    body = filled(
        {
            "name": record.name,
            "account": filled({"type": kind, "number": record.code}),
            "parentId": record.parent.source_id if record.parent is not None else None,
        }
    )
    return (RenderedPart("main", Operation.CREATE, encode(body)),)


def dimension(record: Dimension, rendering: Rendering) -> tuple[RenderedPart, ...]:
    kind = BY_KIND.get(record.kind)
    if kind is None or kind.list not in rendering.settings.dimensions:
        raise MappingError(f"BILL has no list for a {record.kind}.", field="kind", system=SYSTEM)
    body = filled(
        {
            "name": record.name,
            "shortName": record.code,
            "parentId": record.parent.source_id if record.parent is not None else None,
        }
    )
    return (RenderedPart("main", Operation.CREATE, encode(body), action=f"list:{kind.list}"),)
