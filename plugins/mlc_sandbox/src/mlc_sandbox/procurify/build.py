"""New bills, orders, payments and their parts in the form of the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify.values import Wire, double, fixed

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

_FROZEN = {
    "vendor_contact": "contact", "vendor_address_one": "addressLineOne", "vendor_address_two": "addressLineTwo",
    "vendor_city": "city", "vendor_state_province": "state_province", "vendor_country": "country",
}  # fmt: skip
_ADDRESS = ("name", "contact", "addressLineOne", "postalCode", "city", "state_province", "country")
_POSTAL_CODE_ON_BILLS = 10


def allocation(id: int, amount: Decimal, *, account: Wire, currency: Wire, at: str) -> Wire:
    """The share of a line, or of a bill's cost, that goes to one account."""
    return {
        "id": id,
        "amount": fixed(amount, 8),
        "currency": {"id": currency["id"], "name": currency["name"]},
        "budget": account,
        "object_id": None,
        "created_on": at,
    }


def bill_line(
    id: int, description: str, *, quantity: Decimal, unit_cost: Decimal, allocations: list[Wire], currency: Wire
) -> Wire:
    """A bill line without tax; totals are filled in by ``totals``."""
    return {
        "id": id,
        "description": description,
        "sku": "",
        "unit": "each",
        "quantity": fixed(quantity, 8),
        "unit_cost": double(unit_cost),
        "total_cost": double(quantity * unit_cost),
        "total_cost_with_tax": double(quantity * unit_cost),
        "currency": currency,
        "tax": None,
        "tax_name": "",
        "tax_percentage": None,
        "tax_is_inclusive": False,
        "tax_amount": double(0),
        "shipping_amount": fixed(0, 8),
        "po": None,
        "orderitem": None,
        "expense": None,
        "creditcard_item": None,
        "cost_allocations": allocations,
        "received_on": None,
        "packing_slips": [],
        "custom_fields": [],
        "archived": False,
        "bill_by_cost": False,
        "is_edited": False,
        "item_type": 0,
        "type": "orderitem",
    }


def order_link(order: Wire, line: Wire) -> Wire:
    """What a bill line says of the order line it bills: its ``po`` and ``orderitem``."""
    names = ("id", "PO_line_num", "name", "sku", "unit", "price", "total_cost", "status", "type")
    item = {name: line[name] for name in names}
    item |= {
        "quantity": fixed(line["quantity"], 5),
        "purchase_order": order["procurify_PO"],
        "purchase_order_number": order["number"],
        "purchase_order_uuid": order["uuid"],
    }
    po = {"number": order["number"], "id": order["procurify_PO"], "uuid": order["uuid"]}
    return {"po": po, "orderitem": item}


def added_order(order: Wire) -> Wire:
    """How a bill names an order that was added to it."""
    return {
        "id": order["procurify_PO"],
        "number": order["number"],
        "currency": order["purchased_currency"]["name"],
        "total_amount": order["total"],
    }


def bill(standin: ProcurifyStandIn, id: int, uuid: str, *, vendor: Wire, currency: Wire, at: str) -> Wire:
    """A draft bill without lines."""
    made: Wire = {
        "id": id,
        "uuid": uuid,
        "status": 0,
        "type": 0,
        "version": 1,
        "locked": False,
        "active": True,
        "vendor": vendor,
        "vendor_name": vendor["name"][:100],
        "vendor_postal_code": (vendor["postalCode"] or "")[:_POSTAL_CODE_ON_BILLS],
        "currency": currency,
        "invoice_number": "",
        "invoice_date": None,
        "due_date": None,
        "gl_post_date": None,
        "submitted_date": None,
        "last_modified_datetime": at,
        "last_export_date": None,
        "last_export_user": None,
        "creator": standin.user(1),
        "user": standin.user(1),
        "approver": None,
        "approval_chain": None,
        "next_approver_choices": [],
        "group": None,
        "invoice_uuid": "",
        "items": [],
        "costs": [],
        "bill_statuses": [],
        "comments": [],
        "version_choices": [],
        "payment_terms": (vendor["payment_term_ref"] or {}).get("name", ""),
        "payment_method": None,
        "payment_method_name": "",
        "bill_payment": None,
        "invoice_attachments": [],
        "added_purchase_orders": [],
        "note": "",
        "creditcard": None,
        "creditcard_name": "",
        "converted_total_cost": double(0),
    }
    made |= {name: vendor[source] or "" for name, source in _FROZEN.items()}
    return made


def order_line(
    id: int, position: int, name: str, *, quantity: Decimal, price: Decimal, allocations: list[tuple[Wire, Decimal]]
) -> Wire:
    """An order line; ``allocations`` are (account, amount), the first one's account is the line's own."""
    account = allocations[0][0]
    return {
        "id": id,
        "PO_line_num": position,
        "name": name,
        "sku": "",
        "unit": "each",
        "num": str(id),
        "quantity": double(quantity),
        "price": fixed(price, 8),
        "total_cost": fixed(quantity * price, 2),
        "tax_amount": fixed(0, 8),
        "taxes": [],
        "shipping_amount": fixed(0, 8),
        "account": account,
        "accountCode": account["account_code"]["code"],
        "spend_allocation": [
            {"id": number, "amount": fixed(amount, 8), "account": part}
            for number, (part, amount) in enumerate(allocations, start=1)
        ],
        "approved_quantity": double(quantity),
        "approved_price": fixed(price, 8),
        "receivedPassQty": double(0),
        "receivedFailQty": double(0),
        "receive_method": 0,
        "type": 0,
        "blanket": None,
        "status": 2,
        "order_status": 3,
        "orderNum": None,
        "order_uuid": None,
        "external_id": "",
        "catalog_item": None,
        "custom_fields": [],
        "item_attachments": [],
        "po_note": "",
        "po_version": 1,
        "lineComment": "",
        "is_active": True,
        "active": True,
        "dateInvoiced": None,
    }


def order(standin: ProcurifyStandIn, id: int, uuid: str, *, vendor: Wire, currency: Wire, date: str, at: str) -> Wire:
    """An open purchase order without lines."""
    made: Wire = {
        "procurify_PO": id,
        "uuid": uuid,
        "number": f"PF{id}",
        "PO_Num": None,
        "version": 1,
        "most_recent_version": 1,
        "date": date,
        "last_modified": at,
        "recorded_date": date,
        "closed_date": None,
        "promise_date": None,
        "expiry_date": None,
        "state": 0,
        "fulfilment_status": "empty",
        "active": True,
        "staged_for_export": False,
        "purchaser": standin.user(1),
        "pref_vendor": vendor,
        "payment_terms": (vendor["payment_term_ref"] or {}).get("name", ""),
        "shipping_terms": "",
        "payment_term": vendor["payment_term_ref"],
        "shipping_term": None,
        "shipping_method": None,
        "subtotal": "0.00",
        "freight": fixed(0, 6),
        "tax": {"value": double(0), "type": "amount"},
        "discount": {"value": double(0), "type": "amount"},
        "other": fixed(0, 6),
        "total": "0.00",
        "purchased_currency": {name: currency[name] for name in ("id", "name", "rate", "base")},
        "purchased_currency_rate": currency["rate"],
        "comment": "",
        "contract": None,
        "purchase_agreement": None,
        "purchase_agreement_status": None,
        "has_blanket_order_items": False,
        "item_count": 0,
        "cost_details": None,
        "custom_fields": [],
        "creditcard": None,
        "disclaimer_description": "",
        "disclaimer_text": "",
        "order_items": [],
    }
    office = {"name": "Head office", "contact": "Receiving", "country": "United States"}
    for side, source in (("buyer", office), ("receiver", office), ("vendor", vendor)):
        made |= {f"{side}_{name}": source.get(name) or "" for name in _ADDRESS}
    return made


def payment(standin: ProcurifyStandIn, id: int, uuid: str, *, vendor: Wire, currency: Wire, at: str) -> Wire:
    """A public payment of nothing yet, in draft."""
    creator = standin.user(1)
    return {
        "id": id,
        "uuid": uuid,
        "amount": "0.00",
        "currency": {"id": currency["id"], "name": currency["name"]},
        "status": "draft",
        "processing_date": None,
        "posted_date": None,
        "payment_source_name": None,
        "payment_source_type": "external",
        "external_payment_source_id": None,
        "direct_debit_bank_account_mask": None,
        "gl_code": None,
        "vendor_name": vendor["name"],
        "vendor_payment_method_rail": None,
        "vendor_payment_method_country_code": None,
        "bill_groups": [],
        "creator": {
            "email": creator["email"],
            "first_name": creator["firstName"],
            "last_name": creator["lastName"],
        },
        "created_at": at,
        "updated_at": at,
    }


def bill_payment(payment: Wire, amount: Decimal, *, status: int) -> dict[str, Any]:
    """What a bill says of the payment that pays it."""
    return {
        "id": payment["id"],
        "payment": {
            "id": payment["id"],
            "user": 1,
            "approver": 2,
            "status": status,
            "currency": payment["currency"]["id"],
            "amount": payment["amount"],
            "payment_method": payment["external_payment_source_id"],
            "payment_date": payment["processing_date"],
            "memo": "",
            "reference_number": f"PAY-{payment['id']}",
            "is_processed": payment["status"] == "paid",
        },
        "payment_method": None,
        "amount": fixed(amount, 2),
        "transaction": None,
    }
