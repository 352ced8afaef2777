"""Parts that bills, orders and payments share: currency, vendor and account references, dimensions, custom fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mlc.records import Allocation, CustomField, DimensionKind, DimensionValue, ObjectType, Ref

from mlc_procurify.codes import currency_code
from mlc_procurify.schemas import AccountCodeWire, AllocationWire, BudgetWire, CurrencyWire, NamedWire, VendorWire
from mlc_procurify.values import FINEST, as_text, tidy

#: Key under which fetch and read put what they looked up for map.
LOOKED_UP = "_mlc"


def looked_up(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What reading added to a payload; empty for a payload straight from the wire."""
    found = payload.get(LOOKED_UP)
    return found if isinstance(found, Mapping) else {}


def currency_values(currency: CurrencyWire | None) -> dict[str, Any]:
    """``currency`` when the name is an ISO 4217 code; else nothing, and the raw name under ``extensions``."""
    if currency is None or currency.name is None:
        return {}
    code = currency_code(currency.name)
    return {"currency": code} if code else {"extensions": {"currency_raw": currency.name}}


def vendor_ref(vendor: VendorWire | None) -> Ref | None:
    if vendor is None or vendor.id is None:
        return None
    return Ref(record_type=ObjectType.VENDOR, source_id=vendor.id, code=vendor.external_id, name=vendor.name)


def account_ref(account: AccountCodeWire | None) -> Ref | None:
    """The account *code*: Procurify's own account is code x department x budget period."""
    if account is None or (account.id is None and account.code is None):
        return None
    return Ref(record_type=ObjectType.ACCOUNT, source_id=account.id, code=account.code, name=account.description)


def dimension_id(kind: DimensionKind, number: str) -> str:
    """Departments and locations count separately; the kind keeps their ids apart."""
    return f"{kind}-{number}"


def dimensions(budget: BudgetWire | None) -> tuple[DimensionValue, ...]:
    """The department of a budget, and its location where the wire names one (itself, or the department's branch)."""
    if budget is None:
        return ()
    department = budget.department
    location = budget.location
    if location is None and department is not None and isinstance(department.branch, Mapping):
        location = NamedWire.model_validate(department.branch)
    pairs = ((DimensionKind.DEPARTMENT, department), (DimensionKind.LOCATION, location))
    return tuple(
        DimensionValue(
            kind=kind,
            source_id=dimension_id(kind, value.id) if value.id else None,
            code=value.external_id,
            name=value.name,
        )
        for kind, value in pairs
        if value is not None and (value.id or value.name)
    )


def allocations(shares: tuple[AllocationWire, ...], *, net: Decimal | None) -> tuple[Allocation, ...]:
    """Shares of a line, in proportion of its net amount where they add up to something else (they then hold the tax).

    A single share without an amount is the whole line.
    """
    if net is None:
        net = sum((share.amount or Decimal(0) for share in shares), Decimal(0))
    if len(shares) == 1:
        return (_allocation(shares[0], net),)
    stated = sum((share.amount or Decimal(0) for share in shares), Decimal(0))
    if stated in (net, 0):
        return tuple(_allocation(share, share.amount or Decimal(0)) for share in shares)
    amounts = [((share.amount or Decimal(0)) * net / stated).quantize(FINEST) for share in shares[:-1]]
    amounts.append(net - sum(amounts, Decimal(0)))
    return tuple(_allocation(share, amount) for share, amount in zip(shares, amounts, strict=True))


def _allocation(share: AllocationWire, amount: Decimal) -> Allocation:
    account = account_ref(share.budget.account_code) if share.budget else None
    return Allocation(amount=tidy(amount) or Decimal(0), account=account, dimensions=dimensions(share.budget))


def custom_fields(items: Any) -> tuple[CustomField, ...]:
    """Custom fields of a line; their shape is not documented, so only what has a name and a plain value is taken."""
    if not isinstance(items, list | tuple):
        return ()
    found = []
    for item in items:
        if not isinstance(item, Mapping):
            continue
        label = as_text(item.get("name")) or as_text(item.get("custom_field_name"))
        key = as_text(item.get("id")) or label
        value = as_text(item.get("value")) or as_text(item.get("custom_field_value"))
        if key is not None:
            found.append(CustomField(key=key, label=label, value=value))
    return tuple(found)
