"""The resources that are posted to the API layer, each with its table, its limits and its names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mlc_sandbox.basware import tables, tables_orders
from mlc_sandbox.basware.fields import Table

Record = dict[str, Any]
_EMAIL: Final = re.compile(r"[^@\sA-Z]+@[^@\sA-Z]+\.[^@\sA-Z.]+")
_MONTHS: Final = ("dueDateEom", "cashDueDateEom")
_COUNTED: Final = (
    "sortOrder", "dueDateDays", "dueDateDays2", "cashDueDateDays", "cashDueDateDays2", *_MONTHS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    Attributes:
        type: Its name in scopes, and the type under which the API layer's copy is stored.
        wrapper: The key of a list's rows.
        entity: ``entityType`` of requestStatus.
        code: The business code, unique within a company; empty where there is none.
        most: Records of one POST.
        page, page_most: Default and largest ``pageSize``.
        patched: Whether it takes PATCH.
        by_company: Whether a list takes ``companyCode``.
        more: Rules beyond the table; gives sentences.
    """

    path: str
    type: str
    wrapper: str
    entity: str
    table: Table
    code: str = ""
    most: int = 500
    page: int = 500
    page_most: int = 500
    patched: bool = True
    by_company: bool = True
    version: int = 1
    more: Callable[[Record], list[str]] | None = None

    @property
    def p2p_type(self) -> str:
        """The type under which P2P's own copy is stored."""
        return f"p2p_{self.type}"


def companies_of(record: Record) -> list[str]:
    """The company codes that a record is assigned to; an order names one in its header."""
    if "companies" in record:
        return [one["companyCode"] for one in record["companies"] or []]
    return [record["companyCode"]] if record.get("companyCode") else []


def active_in(record: Record, company: str) -> bool:
    """Whether a record may be used in a company. Vendors are switched off as a whole."""
    if (record.get("processingStatus") or {}).get("active") is False:
        return False
    rows = [one for one in record.get("companies") or [] if one["companyCode"] == company]
    return any(one.get("active", True) for one in rows)


def _term_rules(record: Record) -> list[str]:
    wrong = [f"'{name}' must not be negative." for name in _COUNTED if (record.get(name) or 0) < 0]
    wrong += [f"'{name}' must not be above 12." for name in _MONTHS if (record.get(name) or 0) > 12]
    for name, options in (("dueDateCalc", (0, 1)), ("cashDueDateCalc", (0, 1, 2))):
        if record.get(name) is not None and record[name] not in options:
            wrong.append(f"'{name}' must be one of {', '.join(map(str, options))}.")
    return wrong


def _vendor_rules(record: Record) -> list[str]:
    address = (record.get("orderingDetails") or {}).get("orderEmail")
    return (
        []
        if address is None or _EMAIL.fullmatch(address)
        else ["'orderingDetails.orderEmail' is no lower-case address."]
    )


def _requisition_rules(record: Record) -> list[str]:
    wrong = []
    if record.get("ownerEmail") is not None and not _EMAIL.fullmatch(record["ownerEmail"]):
        wrong.append("'ownerEmail' is no lower-case address.")
    if not 1 <= len(record["lines"]) <= 200:
        wrong.append("'lines' must hold 1 to 200 lines.")
    if bool(record.get("organizationUnitCode")) == bool(record.get("organizationIdentifier")):
        wrong.append("Exactly one of 'organizationUnitCode' and 'organizationIdentifier' must be given.")
    if any(len(line.get("codingRows") or ()) > 1 for line in record["lines"]):
        wrong.append("'codingRows' must hold one row at most.")
    if len({line.get("currencyCode") for line in record["lines"]}) > 1:
        wrong.append("'currencyCode' must be the same on all lines.")
    return wrong


VENDORS: Final = Resource(
    "/v1/vendors", "vendors", "vendorEntities", "Vendor", tables.VENDOR, "vendorCode", 200, 100, more=_vendor_rules
)
ACCOUNTS: Final = Resource("/v1/accounts", "accounts", "accounts", "Account", tables.ACCOUNT, "accountCode")
COST_CENTERS: Final = Resource(
    "/v1/costCenters", "costCenters", "costCenters", "CostCenter", tables.COST_CENTER, "costCenterCode"
)
TAX_CODES: Final = Resource("/v1/taxCodes", "taxCodes", "taxCodes", "TaxCode", tables.TAX_CODE, "taxCode")
PAYMENT_TERMS: Final = Resource(
    "/v1/paymentTerms", "paymentTerms", "paymentTerms", "PaymentTerm", tables.PAYMENT_TERM, "paymentTermCode",
    more=_term_rules,
)  # fmt: skip
EXCHANGE_RATES: Final = Resource(
    "/v1/exchangeRates", "exchangeRates", "exchangeRates", "ExchangeRate", tables.EXCHANGE_RATE
)
PROJECTS: Final = Resource("/v2/projects", "projects", "projects", "Project", tables.PROJECT, "projectCode", version=2)
LISTS: Final = Resource("/v1/lists/{list_key}", "lists", "listItems", "GenericList", tables.LIST_ITEM)
ORDERS: Final = Resource("/v1/matchingOrders", "matchingOrders", "matchingOrders", "MatchingOrder", tables_orders.ORDER)
ORDER_LINES: Final = Resource(
    "/v1/matchingOrderLines", "matchingOrderLines", "matchingOrderLines", "MatchingOrderLine",
    tables_orders.ORDER_LINE, most=100, page=100, page_most=100, by_company=False,
)  # fmt: skip
REQUISITIONS: Final = Resource(
    "/v1/purchaseRequisitions", "purchaseRequisitions", "purchaseRequisitions", "PurchaseRequisition",
    tables_orders.REQUISITION, most=100, page=100, page_most=100, patched=False, more=_requisition_rules,
)  # fmt: skip

POSTED: Final = (
    VENDORS, ACCOUNTS, COST_CENTERS, TAX_CODES, PAYMENT_TERMS, EXCHANGE_RATES, PROJECTS, LISTS, ORDERS, ORDER_LINES,
    REQUISITIONS,
)  # fmt: skip
BY_TYPE: Final = {resource.type: resource for resource in POSTED}

#: listKey → how many text, number and date columns P2P uses of it.
LIST_COLUMNS: Final[dict[str, tuple[int, int, int]]] = {
    **{f"ACC_LIST_{n}": (5, 3, 0) for n in range(1, 21)},
    **{f"ACC_LIST_{n}": (10, 5, 5) for n in range(21, 31)},
    **{f"ACC_LIST_{n}": (25, 10, 10) for n in range(31, 36)},
    **{f"INV_LIST_{n}": (5, 0, 0) for n in range(1, 11)},
    **{f"INV_LIST_{n}": (10, 5, 5) for n in range(11, 21)},
    **{f"CUST_RESOLVER_{n}": (15, 15, 15) for n in range(1, 6)},
}
