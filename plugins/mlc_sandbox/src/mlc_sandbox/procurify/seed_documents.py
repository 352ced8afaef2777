"""Seeded purchase orders and bills in the form of the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlc_sandbox.procurify import build
from mlc_sandbox.procurify.files import attachment
from mlc_sandbox.procurify.receipts import receipt
from mlc_sandbox.procurify.screens_orders import order_links
from mlc_sandbox.procurify.totals import state_totals
from mlc_sandbox.procurify.values import Wire, cents, day_time, double, fixed, hex_id
from mlc_sandbox.toolkit.clock import wire_time

if TYPE_CHECKING:
    from mlc_sandbox.company import Allocation, Bill, BillLine, Cost, OrderLine, PurchaseOrder
    from mlc_sandbox.procurify.seed import Seeding

_CLOSED = 3
_CANCELLED = 1


def seed_order(seeding: Seeding, order: PurchaseOrder) -> None:
    """Store one purchase order and its receipts."""
    standin, company = seeding.standin, seeding.company
    at = wire_time(order.modified_at)
    row = build.order(
        standin,
        order.id,
        hex_id(order.uuid),
        vendor=seeding.vendor(order.vendor),
        currency=seeding.currency(order.currency),
        date=day_time(order.order_date),
        at=at,
    )
    tax_of_lines = sum((line.tax_amount for line in order.lines), Decimal(0))
    row |= {
        "number": order.number,
        "PO_Num": order.external_number,
        "version": order.version,
        "most_recent_version": order.version,
        "state": int(order.state),
        "active": order.state != _CANCELLED,
        "closed_date": at if order.state == _CLOSED else None,
        "fulfilment_status": order.fulfilment,
        "promise_date": day_time(order.promise_date),
        "payment_terms": order.term,
        "subtotal": fixed(order.subtotal, 2),
        "freight": fixed(order.freight, 6),
        "other": fixed(order.other, 6),
        "discount": {"value": double(order.discount[0]), "type": order.discount[1]},
        "tax": {"value": double(order.header_tax[0]), "type": order.header_tax[1]},
        "total": fixed(order.total, 2),
        "comment": order.memo,
        "purchased_currency_rate": fixed(Decimal(1) / order.rate, 6),
        "item_count": len(order.lines),
        "has_blanket_order_items": any(line.kind == 2 for line in order.lines),
        "cost_details": {
            "subtotal": fixed(order.subtotal, 2),
            "tax_amount": fixed(tax_of_lines, 2),
            "total_cost": fixed(order.total, 2),
            "total_cost_in_base_currency": fixed(order.total * order.rate, 2),
        },
    }
    place = company.location(order.location)
    for side in ("buyer", "receiver"):
        row[f"{side}_name"] = place.name
        row[f"{side}_country"] = place.address.country
    links = order_links(standin, row)
    row["order_items"] = [_order_line(seeding, line, row) | links for line in order.lines]
    seeding.keep("purchase_orders", order.id, row)
    for got in order.receipts:
        made = receipt(standin, got.id, got.order_line, got.passed, got.failed, at=wire_time(got.created_at))
        made["received_at"] = got.received_on.isoformat()
        seeding.keep("receipt_items", got.id, made)


def _order_line(seeding: Seeding, line: OrderLine, order: Wire) -> Wire:
    parts = [(seeding.account(part.account, part.department), part.amount) for part in line.allocations]
    row = build.order_line(
        line.id, line.position, line.name, quantity=line.quantity, price=line.price, allocations=parts
    )
    for made, part in zip(row["spend_allocation"], line.allocations, strict=True):
        made["id"] = part.id
    whole = line.received_pass >= line.quantity
    row |= {
        "sku": line.sku,
        "unit": line.unit,
        "total_cost": fixed(line.total, 2),
        "tax_amount": fixed(line.tax_amount, 8),
        "receivedPassQty": double(line.received_pass),
        "receivedFailQty": double(line.received_fail),
        "type": line.kind,
        "status": 3 if whole else 5 if line.received_pass else 2,
        "po_version": order["version"],
    }
    if line.kind == 2:
        row["blanket"] = {
            "price": fixed(line.price, 8),
            "quantity": double(line.quantity),
            "amount": double(line.total),
        }
    if line.tax is not None:
        tax = seeding.company.tax(line.tax)
        row["taxes"] = [{"id": tax.id, "type": "percent", "value": fixed(tax.rate, 8), "name": tax.name}]
    return row


def seed_bill(seeding: Seeding, bill: Bill) -> Wire:
    """One bill, not stored yet."""
    standin, company = seeding.standin, seeding.company
    money = seeding.currency(bill.currency)
    at = wire_time(bill.modified_at)
    row = build.bill(standin, bill.id, bill.uuid, vendor=seeding.vendor(bill.vendor), currency=money, at=at)
    row |= {
        "status": int(bill.status),
        "type": bill.bill_type,
        "version": bill.version,
        "invoice_number": bill.number,
        "invoice_date": day_time(bill.issue_date),
        "due_date": day_time(bill.due_date),
        "gl_post_date": None if bill.posting_date is None else day_time(bill.posting_date),
        "submitted_date": wire_time(bill.submitted_at) if bill.status else None,
        "approver": standin.user(2) if bill.status not in (0, 1) else None,
        "group": bill.group,
        "payment_terms": bill.term,
        "note": bill.note,
        "items": [_bill_line(seeding, line, money, at=at) for line in bill.lines],
        "costs": [_cost(seeding, cost, bill, money, at=at) for cost in bill.costs],
        "bill_statuses": [
            {
                "id": standin.number("bill_statuses"),
                "user": standin.user(1),
                "date": wire_time(moment),
                "status": int(status),
                "bill": bill.id,
            }
            for status, moment in bill.history
        ],
    }
    if bill.shipping and row["items"]:
        row["items"][0]["shipping_amount"] = fixed(bill.shipping, 8)
    state_totals(
        row,
        subtotal=bill.subtotal,
        total_cost=bill.total_cost,
        inclusive=bill.inclusive_tax,
        exclusive=bill.exclusive_tax,
        shipping=bill.shipping,
        total=bill.total,
    )
    base_rate = company.currency(bill.currency).rate_on(company.today)
    row["converted_total_cost"] = double(cents(bill.total * base_rate))
    for key in bill.orders:
        stored = standin.store.get("purchase_orders", company.order(key).id)
        if stored is not None:
            row["added_purchase_orders"].append(build.added_order(stored))
    if bill.attachment is not None:
        scan = bill.attachment
        made = attachment(standin, scan.uuid, scan.name, mimetype=scan.mime_type, created_at=at)
        row["invoice_attachments"].append(made)
    return row


def _allocation(seeding: Seeding, part: Allocation, money: Wire, *, at: str) -> Wire:
    account = seeding.account(part.account, part.department)
    return build.allocation(part.id, part.amount, account=account, currency=money, at=at)


def _bill_line(seeding: Seeding, line: BillLine, money: Wire, *, at: str) -> Wire:
    company = seeding.company
    row = build.bill_line(
        line.id,
        line.description,
        quantity=line.quantity,
        unit_cost=line.unit_cost,
        allocations=[_allocation(seeding, part, money, at=at) for part in line.allocations],
        currency=money,
    )
    row |= {
        "sku": line.sku,
        "unit": line.unit,
        "total_cost": double(line.total),
        "total_cost_with_tax": double(line.total_with_tax),
        "tax_amount": double(line.tax_amount),
        "tax_is_inclusive": line.inclusive,
    }
    if line.tax is not None:
        tax = company.tax(line.tax)
        row |= {"tax": tax.id, "tax_name": tax.name, "tax_percentage": fixed(tax.rate, 8)}
    if line.order is not None and line.order_line is not None:
        order = seeding.standin.store.get("purchase_orders", company.order(line.order).id)
        for ordered in (order or {"order_items": []})["order_items"]:
            if order is not None and ordered["id"] == line.order_line:
                row |= build.order_link(order, ordered)
    return row


def _cost(seeding: Seeding, cost: Cost, bill: Bill, money: Wire, *, at: str) -> Wire:
    return {
        "id": seeding.standin.number("costs"),
        "name": cost.name,
        "amount": fixed(cost.amount, 8),
        "bill": bill.id,
        "cost": None,
        "currency": money["id"],
        "cost_allocation": _allocation(seeding, cost.allocation, money, at=at),
    }
