"""What is sent: stored objects with what they refer to put in as it is now, and the short forms of lists."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mlc_sandbox.procurify.values import Wire, fixed, single

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

_BILL_DATES = ("invoice_date", "due_date", "gl_post_date")
_SIMPLE_BILL = [
    "id",
    "uuid",
    "status",
    "type",
    "version",
    "locked",
    "invoice_number",
    "invoice_date",
    "due_date",
    "gl_post_date",
    "submitted_date",
    "last_modified_datetime",
    "total_cost_with_tax",
    "invoice_total",
    "group",
    "last_export_date",
    "last_export_user",
    "creator",
    "user",
    "approver",
]
_ORDER_ROW = [
    "version",
    "uuid",
    "procurify_PO",
    "PO_Num",
    "date",
    "discount",
    "freight",
    "fulfilment_status",
    "item_count",
    "last_modified",
    "other",
    "promise_date",
    "purchase_agreement",
    "purchased_currency_rate",
    "purchaser",
    "state",
    "subtotal",
    "total",
    "expiry_date",
    "has_blanket_order_items",
]
_VENDOR_ROW = ("id", "name", "active", "addressLineOne", "addressLineTwo", "city", "state_province", "country")
OPEN, PARTIAL, CLOSED, CANCELLED, PAID = "open", "partial", "closed", "cancelled", "paid"


def rate(standin: ProcurifyStandIn, stored: str) -> str:
    """A rate (stored as units per base unit) in the direction that the switch says."""
    if standin.switches["rate_direction"] == "base_per_unit":
        return fixed(Decimal(1) / Decimal(stored), 6)
    return stored


def currency(standin: ProcurifyStandIn, id: Any) -> Wire:
    """A currency as it is now."""
    stored = standin.store.get("currencies", id) or {}
    return {**stored, "rate": rate(standin, stored["rate"])}


def account(standin: ProcurifyStandIn, id: Any) -> Wire:
    """An account (code, department, budget period) as it is now."""
    stored = standin.store.get("accounts", id) or {}
    code = standin.store.get("account_codes", stored["account_code"]["id"]) or stored["account_code"]
    department = standin.store.get("departments", stored["department"]["id"]) or stored["department"]
    return {**stored, "account_code": code, "department": department}


def _allocation(standin: ProcurifyStandIn, allocation: Wire) -> Wire:
    return {**allocation, "budget": account(standin, allocation["budget"]["id"])}


def bill_dates(standin: ProcurifyStandIn, bill: Wire) -> Wire:
    """The three calendar dates in the form the switch says."""
    dates = {name: bill[name] for name in _BILL_DATES}
    if standin.switches["bill_date_time"] == "location_midnight":
        zone = ZoneInfo(standin.timezone_of(bill))
        for name, text in dates.items():
            if text is not None:
                local = datetime.fromisoformat(text[:10]).replace(tzinfo=zone)
                dates[name] = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return dates


def bill_form(standin: ProcurifyStandIn, bill: Wire) -> Wire:
    """The detail form of a bill."""
    money = currency(standin, bill["currency"]["id"])
    return {
        **bill,
        **bill_dates(standin, bill),
        "vendor": standin.store.get("vendors", bill["vendor"]["id"]) or bill["vendor"],
        "currency": money,
        "items": [
            {
                **line,
                "currency": money,
                "cost_allocations": [_allocation(standin, part) for part in line["cost_allocations"]],
            }
            for line in bill["items"]
        ],
        "costs": [{**cost, "cost_allocation": _allocation(standin, cost["cost_allocation"])} for cost in bill["costs"]],
    }


def simple_bill(standin: ProcurifyStandIn, bill: Wire) -> Wire:
    """The list form of a bill."""
    row = {name: bill[name] for name in _SIMPLE_BILL} | bill_dates(standin, bill)
    if standin.switches["bill_list_dates"] == "date":
        row |= {name: row[name] and row[name][:10] for name in _BILL_DATES}
    if standin.switches["bill_list_float32"]:
        row["total_cost_with_tax"] = single(row["total_cost_with_tax"])
    vendor = standin.store.get("vendors", bill["vendor"]["id"]) or bill["vendor"]
    money = currency(standin, bill["currency"]["id"])
    row["vendor"] = {"id": vendor["id"], "name": vendor["name"]}
    row["currency"] = {"id": money["id"], "name": money["name"], "rate": money["rate"]}
    row["items"] = [line["id"] for line in bill["items"]]
    due = bill["due_date"]
    row["past_due"] = bill["status"] != 4 and due is not None and due < standin.clock.now().isoformat()
    row["invoice_created"] = bool(bill["invoice_attachments"])
    row["next_approver_choices"] = []
    return row


def order_number(standin: ProcurifyStandIn, order: Wire) -> str:
    """The number that users see, internal or external by switch."""
    external = standin.switches["po_number_shows"] == "external"
    shown: str = order["PO_Num"] if external and order["PO_Num"] else order["number"]
    return shown


def _purchased(standin: ProcurifyStandIn, order: Wire) -> Wire:
    full = currency(standin, order["purchased_currency"]["id"])
    return {name: full[name] for name in ("id", "name", "rate", "base")}


def order_form(standin: ProcurifyStandIn, order: Wire) -> Wire:
    """The detail form of a purchase order."""
    number = order_number(standin, order)
    return {
        **order,
        "number": number,
        "pref_vendor": standin.store.get("vendors", order["pref_vendor"]["id"]) or order["pref_vendor"],
        "purchased_currency": _purchased(standin, order),
        "purchased_currency_rate": rate(standin, order["purchased_currency_rate"]),
        "order_items": [
            {
                **line,
                "purchase_order_number": number,
                "account": account(standin, line["account"]["id"]),
                "spend_allocation": [
                    {**part, "account": account(standin, part["account"]["id"])} for part in line["spend_allocation"]
                ],
            }
            for line in order["order_items"]
        ],
    }


def order_row(standin: ProcurifyStandIn, order: Wire) -> Wire:
    """The list form of a purchase order."""
    row = {name: order[name] for name in _ORDER_ROW}
    vendor = standin.store.get("vendors", order["pref_vendor"]["id"]) or order["pref_vendor"]
    money = _purchased(standin, order)
    return {
        **row,
        "id": order["procurify_PO"],
        "number": order_number(standin, order),
        "pref_vendor": {name: vendor[name] for name in _VENDOR_ROW},
        "purchased_currency": {name: money[name] for name in ("id", "name", "rate")},
        "purchased_currency_rate": rate(standin, order["purchased_currency_rate"]),
        "total_amount": order["total"],
        "currency": money["name"],
    }


def order_status(order: Wire) -> str:
    """Under which status segment of the list path an order is found (besides ``all``)."""
    state = order["state"]
    if state == 1:
        return CANCELLED
    if state == 3:
        return CLOSED
    if state == 4:
        return PAID
    return PARTIAL if order["fulfilment_status"] == "partial" else OPEN
