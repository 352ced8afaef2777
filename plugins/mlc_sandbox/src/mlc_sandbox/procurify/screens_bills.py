"""The bill screens: create, edit, submit, approve, deny, withdraw, fix, delete, lock, attach, pay."""

from __future__ import annotations

import base64
import uuid as uuids
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import build, screens_payments
from mlc_sandbox.procurify.bills import set_status, touch_bill
from mlc_sandbox.procurify.files import attachment
from mlc_sandbox.procurify.masterdata import account_for
from mlc_sandbox.procurify.totals import spread, total_bill
from mlc_sandbox.procurify.values import Wire, calendar_day, day_time, double, fixed, hex_id
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

__all__ = ["change", "touch_bill"]
UI = {"kind": "ui"}
DRAFT, CONFIRMED, APPROVED, DENIED, PAID, WITHDRAWN = range(6)
_MOVES: dict[str, tuple[frozenset[int], int]] = {
    "submit": (frozenset({DRAFT}), CONFIRMED),
    "approve": (frozenset({DRAFT, CONFIRMED}), APPROVED),
    "deny": (frozenset({CONFIRMED, APPROVED}), DENIED),
    "withdraw": (frozenset({CONFIRMED, APPROVED}), WITHDRAWN),
    "fix": (frozenset({CONFIRMED, APPROVED, DENIED, WITHDRAWN}), DRAFT),
    "prepare_payment": (frozenset({APPROVED}), 6),
    "approve_payment": (frozenset({6}), 7),
    "limbo": (frozenset({6, 7}), 8),
}
_DATES = ("invoice_date", "due_date", "gl_post_date")
_ALWAYS = frozenset({"note", "due_date", "gl_post_date", "payment_terms", "last_export_date", "locked", "group"})
_FREE = _ALWAYS | {"invoice_number", "invoice_date", "type", "items", "costs", "vendor", "currency", "shipping_amount"}


def change(standin: ProcurifyStandIn, action: str, asked: Wire) -> Wire:
    """Press one button of the bill screens; ``id`` is the uuid or the integer id."""
    if action == "create":
        return _create(standin, asked)
    uuid = _uuid_of(standin, asked.pop("id"))
    bill: Any = standin.store.get("bills", uuid)
    if action in _MOVES:
        start, end = _MOVES[action]
        if bill["status"] not in start:
            raise UnknownChange(f"{action} is not offered for a bill with status {bill['status']}")
        changes: Wire = {"approver": standin.user(2)} if action == "approve" else {}
        if action == "submit" or (action == "approve" and bill["submitted_date"] is None):
            changes["submitted_date"] = standin.stamp()
        moves = bool(standin.switches["approval_touches"]) or action != "approve"
        return set_status(standin, uuid, end, UI, moves=moves, changes=changes, op=action)
    if action == "delete":
        if bill["status"] != DRAFT:
            raise UnknownChange("only a draft can be deleted")
        return standin.store.remove("bills", uuid, UI) or {}
    if action == "pay":
        return screens_payments.change(standin, "create", {"bills": [uuid], "status": "paid", **asked})
    if action == "attach":
        return _attach(standin, uuid, asked)
    if action in ("lock", "unlock"):
        asked = {"locked": action == "lock"}
    elif action not in ("edit", "touch"):
        raise UnknownChange(f"no button {action} on a bill")
    return _edit(standin, uuid, asked)


def _uuid_of(standin: ProcurifyStandIn, id: Any) -> str:
    if isinstance(id, int):
        found = standin.bills_by_number.ids(id)
        uuid = found[0] if found else ""
    else:
        uuid = hex_id(str(id))
    if standin.store.get("bills", uuid) is None:
        raise UnknownChange(f"no bill {id}")
    return uuid


def _create(standin: ProcurifyStandIn, asked: Wire) -> Wire:
    vendor = standin.store.get("vendors", asked.get("vendor"))
    if vendor is None:
        raise UnknownChange("a bill needs the id of a vendor")
    currency = _currency(standin, asked.get("currency", vendor["currency"]))
    status = int(asked.pop("status", DRAFT))
    id = standin.number("bills")
    uuid = hex_id(str(asked.pop("uuid", uuids.uuid5(uuids.NAMESPACE_OID, f"{standin.tenant}/bill/{id}"))))
    bill = build.bill(standin, id, uuid, vendor=vendor, currency=currency, at=standin.stamp())
    asked.setdefault("invoice_date", standin.clock.now().date().isoformat())
    asked.setdefault("due_date", asked["invoice_date"])
    _apply(standin, bill, {k: v for k, v in asked.items() if k not in ("vendor", "currency")})
    bill["group"] = bill["group"] or standin.number("groups")
    standin.store.put("bills", uuid, bill, UI)
    if status == DRAFT:
        return bill
    changes = {"submitted_date": standin.stamp(), "approver": standin.user(2) if status == APPROVED else None}
    return set_status(standin, uuid, status, UI, changes=changes)


def _edit(standin: ProcurifyStandIn, uuid: str, asked: Wire) -> Wire:
    bill = standin.store.edit("bills", uuid)
    force = bool(asked.pop("force", False))
    allowed = _FREE if force or bill["status"] in (DRAFT, CONFIRMED) else _ALWAYS
    refused = sorted(set(asked) - allowed)
    if refused:
        raise UnknownChange(f"{', '.join(refused)} cannot be edited while a bill has status {bill['status']}")
    _apply(standin, bill, asked)
    touch_bill(standin, bill)
    return standin.store.put("bills", uuid, bill, UI)


def _apply(standin: ProcurifyStandIn, bill: Wire, asked: Wire) -> None:
    for name, value in asked.items():
        if name in _DATES:
            bill[name] = None if value is None else day_time(calendar_day(value))
        elif name == "vendor":
            bill["vendor"] = standin.store.get("vendors", value) or bill["vendor"]
            bill["vendor_name"] = bill["vendor"]["name"][:100]
        elif name == "currency":
            bill["currency"] = _currency(standin, value)
        elif name == "items":
            bill["items"] = [_line(standin, bill, spec) for spec in value]
        elif name == "costs":
            bill["costs"] = [_cost(standin, bill, spec) for spec in value]
        elif name == "shipping_amount":
            bill["items"][0]["shipping_amount"] = fixed(str(value), 8)
        elif name in _FREE:
            bill[name] = value
        else:
            raise UnknownChange(f"a bill has no {name}")
    if {"items", "costs", "shipping_amount", "currency"} & set(asked) or not bill.get("total_cost"):
        total_bill(standin, bill)


def _currency(standin: ProcurifyStandIn, wanted: Any) -> Wire:
    for currency in standin.store.all("currencies"):
        if wanted in (currency["id"], currency["name"]) or (wanted is None and currency["base"]):
            return currency
    raise UnknownChange(f"no currency {wanted}")


def _line(standin: ProcurifyStandIn, bill: Wire, spec: Wire) -> Wire:
    """A line from what a user typed; with the ``id`` of a line the bill has, that line changed."""
    known = {line["id"]: line for line in bill["items"]}
    line = known.get(spec.get("id"))
    quantity = Decimal(str(spec.get("quantity", 1 if line is None else line["quantity"])))
    unit_cost = Decimal(str(spec.get("unit_cost", 0 if line is None else line["unit_cost"])))
    if line is None:
        if not {"account_code", "allocations"} & set(spec):
            raise UnknownChange("a line needs account_code and department, or allocations")
        id = standin.number("items")
        line = build.bill_line(
            id, "", quantity=quantity, unit_cost=unit_cost, allocations=[], currency=bill["currency"]
        )
    line["quantity"], line["unit_cost"] = fixed(quantity, 8), double(unit_cost)
    for name in ("description", "sku", "unit", "tax", "tax_name", "tax_is_inclusive"):
        line[name] = spec.get(name, line[name])
    if "tax_percentage" in spec:
        line["tax_percentage"] = fixed(str(spec["tax_percentage"]), 8)
    if "shipping_amount" in spec:
        line["shipping_amount"] = fixed(str(spec["shipping_amount"]), 8)
    if "orderitem" in spec:
        line |= _order_link(standin, spec["orderitem"], bill)
    total = (quantity * unit_cost).quantize(Decimal("0.01"))
    whole = {"amount": total, "account_code": spec.get("account_code"), "department": spec.get("department")}
    if "allocations" in spec or "account_code" in spec:
        parts = spec.get("allocations", [whole])
        line["cost_allocations"] = [_allocation(standin, bill, part) for part in parts]
    else:
        shares = spread(total, [Decimal(part["amount"]) for part in line["cost_allocations"]])
        for part, share in zip(line["cost_allocations"], shares, strict=True):
            part["amount"] = fixed(share, 8)
    return line


def _allocation(standin: ProcurifyStandIn, bill: Wire, part: Wire) -> Wire:
    codes = [c for c in standin.store.all("account_codes") if part["account_code"] in (c["code"], c["id"])]
    wanted = part.get("department")
    departments = [d for d in standin.store.all("departments") if wanted in (None, d["id"], d["name"])]
    if not codes or not departments:
        raise UnknownChange(f"no account {part['account_code']} in department {wanted}")
    account = account_for(standin, codes[0]["id"], departments[0]["id"], UI)
    return build.allocation(
        standin.number("allocations"),
        Decimal(str(part["amount"])),
        account=account,
        currency=bill["currency"],
        at=standin.stamp(),
    )


def _cost(standin: ProcurifyStandIn, bill: Wire, spec: Wire) -> Wire:
    amount = Decimal(str(spec["amount"]))
    return {
        "id": standin.number("costs"),
        "name": spec["name"],
        "amount": fixed(amount, 8),
        "bill": bill["id"],
        "cost": None,
        "currency": bill["currency"]["id"],
        "cost_allocation": _allocation(standin, bill, {**spec, "amount": amount}),
    }


def _order_link(standin: ProcurifyStandIn, line_id: int, bill: Wire) -> Wire:
    for order in reversed(standin.store.all("purchase_orders")):
        for line in order["order_items"]:
            if line["id"] == line_id:
                known = {added["id"] for added in bill["added_purchase_orders"]}
                if order["procurify_PO"] not in known:
                    bill["added_purchase_orders"].append(build.added_order(order))
                return build.order_link(order, line)
    raise UnknownChange(f"no order item {line_id}")


def _attach(standin: ProcurifyStandIn, uuid: str, asked: Wire) -> Wire:
    bill = standin.store.edit("bills", uuid)
    content = asked.get("content_base64")
    number = len(bill["invoice_attachments"])
    bill["invoice_attachments"].append(
        attachment(
            standin,
            uuids.uuid5(uuids.NAMESPACE_OID, f"{uuid}/{number}").hex,
            str(asked.get("name", "invoice.pdf")),
            mimetype=str(asked.get("mimetype", "application/pdf")),
            content=None if content is None else base64.b64decode(content),
            created_at=standin.stamp(),
        )
    )
    touch_bill(standin, bill, moves=bool(standin.switches["attachment_touches"]))
    return standin.store.put("bills", uuid, bill, UI, op="attach")
