"""What users do on Procurify's own screens: the control call ``POST /_sandbox/objects/{type}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.procurify import screens_bills, screens_orders, screens_payments
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.procurify.vendors import blank_vendor, reference
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

UI = {"kind": "ui"}
_SWITCHED = {"deactivate": False, "activate": True}


def change(standin: ProcurifyStandIn, type: str, asked: Wire) -> Wire:
    """Do one thing: no ``id`` creates, an ``action`` presses a button, else fields are edited."""
    action = str(asked.pop("action", "edit" if "id" in asked else "create"))
    if type == "bills":
        return screens_bills.change(standin, action, asked)
    if type == "purchase_orders":
        return screens_orders.change(standin, action, asked)
    if type == "payments":
        return screens_payments.change(standin, action, asked)
    if type == "vendors":
        return _vendor(standin, action, asked)
    if type in ("account_codes", "departments", "locations", "currencies"):
        return _row(standin, type, action, asked)
    if type == "tokens" and action in ("revoke", "create"):
        return {"revoked": standin.tokens.revoke_all()}
    if type == "tenants" and action == "create":
        return _tenant(standin, str(asked["name"]))
    raise UnknownChange(f"{standin.title} has no screen for {action} {type}")


def _tenant(standin: ProcurifyStandIn, name: str) -> Wire:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

    standin.tenants[name] = ProcurifyStandIn(clock=standin.clock, tenant=name)
    return {"name": name, "root": f"/{name}"}


def _vendor(standin: ProcurifyStandIn, action: str, asked: Wire) -> Wire:
    if action == "create":
        vendor = blank_vendor(standin, standin.number("vendors"))
        return _put_vendor(standin, vendor, asked, op="create")
    id = str(asked.pop("id"))
    if standin.store.get("vendors", id) is None:
        raise UnknownChange(f"no vendor {id}")
    if action == "merge":
        return _merge(standin, int(id), int(asked["into"]))
    if action in ("deactivate", "activate", "delete"):
        asked = {"active": _SWITCHED.get(action, False)}
    elif action not in ("edit", "touch"):
        raise UnknownChange(f"no button {action} on a vendor")
    return _put_vendor(standin, standin.store.edit("vendors", id), asked, op=None)


def _put_vendor(standin: ProcurifyStandIn, vendor: Wire, fields: Wire, *, op: str | None) -> Wire:
    unknown = sorted(set(fields) - set(vendor))
    if unknown:
        raise UnknownChange(f"a vendor has no {', '.join(unknown)}")
    vendor.update(fields)
    if isinstance(fields.get("payment_term_ref"), dict):
        vendor["payment_term_ref"] = reference(standin, "payment_term_ref", fields["payment_term_ref"])
    vendor["dateModified"] = standin.stamp()
    return standin.store.put("vendors", vendor["id"], vendor, UI, op=op)


def _merge(standin: ProcurifyStandIn, loser: int, winner: int) -> Wire:
    """Every document of the loser becomes the winner's; the loser is deactivated."""
    kept = standin.store.get("vendors", winner)
    if kept is None or loser == winner:
        raise UnknownChange(f"no vendor {winner} to merge into")
    moves = bool(standin.switches["merge_touches_documents"])
    for uuid in standin.bills_by_vendor.ids(loser):
        bill = standin.store.edit("bills", uuid)
        bill["vendor"] = kept
        screens_bills.touch_bill(standin, bill, moves=moves)
        standin.store.put("bills", uuid, bill, UI, op="merge")
    for order_id in standin.orders_by_vendor.ids(loser):
        order = standin.store.edit("purchase_orders", order_id)
        order["pref_vendor"] = kept
        if moves:
            screens_orders.touch_order(standin, order)
        standin.store.put("purchase_orders", order_id, order, UI, op="merge")
    for payment_id in standin.store.ids("payment_links"):
        link = standin.store.edit("payment_links", payment_id)
        if link["vendor"] == loser:
            link["vendor"] = winner
            standin.store.put("payment_links", payment_id, link, UI, op="merge")
    gone = standin.store.edit("vendors", loser)
    gone["active"] = False
    gone["dateModified"] = standin.stamp()
    return standin.store.put("vendors", loser, gone, UI, op="merge")


def _row(standin: ProcurifyStandIn, type: str, action: str, asked: Wire) -> Wire:
    if action == "create":
        row = {"id": standin.number(type), "active": True, **asked}
        return standin.store.put(type, row["id"], row, UI)
    id = str(asked.pop("id"))
    if standin.store.get(type, id) is None:
        raise UnknownChange(f"no {type} {id}")
    row = standin.store.edit(type, id)
    if action in _SWITCHED:
        row["active"] = _SWITCHED[action]
    elif action == "edit":
        row.update(asked)
    else:
        raise UnknownChange(f"no button {action} for {type}")
    return standin.store.put(type, id, row, UI)
