"""Basware's resources as data: paths, list wrappers, the business code that makes a record's id, batch limits.

A record's id is its business code (``vendorCode``, ``accountCode`` …), because invoices and orders name it by that; its
``externalCode`` is our key for writing it.

Vendor doc: P2P OpenAPI 26.06, https://developer.basware.com/en/api/p2p/manual
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlc.records import DimensionKind, ObjectType

from mlc_basware.settings import BaswareSettings


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    ``id``: the field that makes a record's id; ``entity``: its name in requestStatus; ``prefix``: in front of ids where
    several resources share an object type; ``most``: the largest page; ``inherits``: company entries say whether
    children inherit, under this name; ``active``: company entries say whether it is active.
    """

    path: str
    wrapper: str
    id: str
    entity: str
    most: int = 500
    version: str = "v1"
    prefix: str = ""
    inherits: str | None = None
    active: bool = True
    by_company: bool = True

    @property
    def url(self) -> str:
        return f"{self.version}/{self.path}"


VENDORS = Resource("vendors", "vendorEntities", "vendorCode", "Vendor", inherits="inheritToChildUnits", active=False)
ACCOUNTS = Resource("accounts", "accounts", "accountCode", "Account", inherits="inherit")
COST_CENTERS = Resource("costCenters", "costCenters", "costCenterCode", "CostCenter", prefix="costCenters/")
PROJECTS = Resource("projects", "projects", "projectCode", "Project", version="v2", prefix="projects/")
TAX_CODES = Resource("taxCodes", "taxCodes", "taxCode", "TaxCode", inherits="inherit")
PAYMENT_TERMS = Resource("paymentTerms", "paymentTerms", "paymentTermCode", "PaymentTerm", inherits="inherit")
EXCHANGE_RATES = Resource("exchangeRates", "exchangeRates", "externalCode", "ExchangeRate")
ORDERS = Resource("matchingOrders", "matchingOrders", "orderNumber", "MatchingOrder")
ORDER_LINES = Resource(
    "matchingOrderLines", "matchingOrderLines", "lineNumber", "MatchingOrderLine", most=100, by_company=False
)
REQUISITIONS = Resource(
    "purchaseRequisitions", "purchaseRequisitions", "extDocumentNumber", "PurchaseRequisition", most=100
)
EXPORTED_ORDERS = Resource("exportedPurchaseOrders", "exportedPurchaseOrders", "externalCode", "", most=100)
DOCUMENTS = Resource("accountingDocuments", "accountingDocuments", "invoiceId", "", most=100)

MASTER: Mapping[ObjectType, Resource] = MappingProxyType(
    {
        ObjectType.VENDOR: VENDORS,
        ObjectType.ACCOUNT: ACCOUNTS,
        ObjectType.TAX_RATE: TAX_CODES,
        ObjectType.PAYMENT_TERM: PAYMENT_TERMS,
        ObjectType.EXCHANGE_RATE: EXCHANGE_RATES,
    }
)


@dataclass(frozen=True, slots=True)
class DimensionPlace:
    """Where one kind of dimension lives. ``set_name`` where the map names a set of the kind."""

    kind: DimensionKind
    set_name: str | None
    resource: Resource


def list_of(name: str, code_column: str) -> Resource:
    """The resource of a generic list, or of cost centres and projects."""
    for known in (COST_CENTERS, PROJECTS):
        if known.path == name:
            return known
    return Resource(f"lists/{name}", "listItems", code_column, "GenericList", prefix=f"lists/{name}/")


def places(settings: BaswareSettings) -> tuple[DimensionPlace, ...]:
    """The map of dimensions as places; a kind that is no kind of core's is ``custom``."""
    found = []
    for key, name in settings.dimensions.items():
        kind, _, set_name = key.partition(":")
        known = kind if kind in set(DimensionKind) else DimensionKind.CUSTOM.value
        found.append(DimensionPlace(DimensionKind(known), set_name or None, list_of(name, settings.list_code_column)))
    return tuple(found)


def place_of(settings: BaswareSettings, kind: DimensionKind, set_name: str | None) -> DimensionPlace | None:
    """The place of a dimension: of its kind and set, else of its kind."""
    found = [place for place in places(settings) if place.kind is kind]
    named = [place for place in found if place.set_name is not None and place.set_name == set_name]
    return next(iter(named or [place for place in found if place.set_name is None]), None)


def resources_of(settings: BaswareSettings, object_type: ObjectType) -> tuple[Resource, ...]:
    """The resources an object type is read from, each once."""
    if object_type in MASTER:
        return (MASTER[object_type],)
    if object_type is ObjectType.DIMENSION:
        return tuple(dict.fromkeys(place.resource for place in places(settings)))
    if object_type is ObjectType.PURCHASE_ORDER:
        own = ORDERS if settings.po_mode == "matching_order" else REQUISITIONS
        return (own, EXPORTED_ORDERS) if settings.exported_orders else (own,)
    return (DOCUMENTS,) if object_type in (ObjectType.BILL, ObjectType.VENDOR_CREDIT) else ()
