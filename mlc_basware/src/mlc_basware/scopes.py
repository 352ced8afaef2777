"""Which scopes the settings need: ``<resource>.read`` is GET, ``.write`` POST, ``.delete`` DELETE.

Vendor doc: the list of scopes in the P2P OpenAPI, file version 26.06.
"""

from mlc_basware.settings import BaswareSettings

#: ``.delete`` is asked for subscriptions alone: nothing of the customer's is ever deleted.
MASTER = ("vendors", "accounts", "costCenters", "lists", "projects", "taxCodes", "paymentTerms", "exchangeRates")
SUBSCRIPTIONS = ("subscriptions.read", "subscriptions.write", "subscriptions.delete")


def needed_scopes(settings: BaswareSettings) -> tuple[str, ...]:
    """What the settings need, sorted."""
    found = {f"{name}.{verb}" for name in (*MASTER, "accountingDocuments") for verb in ("read", "write")}
    matching = settings.po_mode == "matching_order"
    orders = ("matchingOrders", "matchingOrderLines") if matching else ("purchaseRequisitions",)
    found |= {f"{name}.{verb}" for name in orders for verb in ("read", "write")}
    found |= set(SUBSCRIPTIONS)
    found.add("errorFeedbacks.read" if settings.confirm_by == "error_feedbacks" else "requestStatus.read")
    if settings.exported_orders:
        found |= {"exportedPurchaseOrders.read", "exportedPurchaseOrders.write"}
    if settings.data_access:
        found |= set(settings.data_access_scopes)
    return tuple(sorted(found))


def scopes_of(settings: BaswareSettings) -> tuple[str, ...]:
    """What is asked for."""
    return settings.scopes or needed_scopes(settings)


def missing_scopes(settings: BaswareSettings, granted: str) -> tuple[str, ...]:
    """Needed scopes that are not among those granted (separated by spaces)."""
    there = set(granted.split())
    return tuple(scope for scope in needed_scopes(settings) if scope not in there)
