"""The payment screens: pay bills of one vendor in one currency, move a payment on, void it, see it fail."""

from __future__ import annotations

import uuid as uuids
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import build
from mlc_sandbox.procurify.bills import set_status
from mlc_sandbox.procurify.payments import OLD_STATUS, links
from mlc_sandbox.procurify.values import Wire, fixed, hex_id
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

UI = {"kind": "ui"}
APPROVED, PAID = 2, 4
BILL_STATUS = {
    "draft": 6, "pending_approval": 6, "approved": 7, "scheduled": 8, "processing": 8, "paid": PAID,
    "denied": APPROVED, "failed": APPROVED,
}  # fmt: skip
_PAYABLE = frozenset({2, 6, 7, 8})
_VOID = 4


def change(standin: ProcurifyStandIn, action: str, asked: Wire) -> Wire:
    """Press one button of the payment screens."""
    if action == "create":
        return _create(standin, asked)
    id = str(asked.pop("id"))
    payment = standin.store.get("payments", id)
    if payment is None:
        raise UnknownChange(f"no payment {id}")
    if action in ("void", "cancel"):
        return _void(standin, id)
    if action == "fail":
        return _move(standin, id, "failed", op="fail")
    if action == "set_status":
        return _move(standin, id, str(asked["status"]), op=None)
    if action in ("edit", "touch"):
        edited = standin.store.edit("payments", id)
        edited.update({k: v for k, v in asked.items() if k in ("processing_date", "posted_date", "gl_code")})
        edited["updated_at"] = standin.stamp()
        return standin.store.put("payments", id, edited, UI)
    raise UnknownChange(f"no button {action} on a payment")


def _create(standin: ProcurifyStandIn, asked: Wire) -> Wire:
    uuids_asked = [hex_id(str(uuid)) for uuid in asked.get("bills") or ()]
    bills: list[Any] = [standin.store.get("bills", uuid) for uuid in uuids_asked]
    if not bills or None in bills:
        raise UnknownChange("a payment needs bills that exist")
    one_kind = {(bill["vendor"]["id"], bill["currency"]["id"]) for bill in bills}
    if len(one_kind) > 1 or any(bill["status"] not in _PAYABLE for bill in bills):
        raise UnknownChange("a payment takes approved bills of one vendor in one currency")
    given = {hex_id(str(uuid)): Decimal(str(amount)) for uuid, amount in (asked.get("amounts") or {}).items()}
    parts = {bill["uuid"]: given.get(bill["uuid"], Decimal(bill["total_cost_with_tax"])) for bill in bills}
    status = str(asked.get("status", "paid"))
    if status not in BILL_STATUS:
        raise UnknownChange(f"a payment cannot be {status}")
    id = standin.number("payments")
    uuid = uuids.uuid5(uuids.NAMESPACE_OID, f"{standin.tenant}/payment/{id}").hex
    vendor: Any = standin.store.get("vendors", bills[0]["vendor"]["id"])
    payment = build.payment(standin, id, uuid, vendor=vendor, currency=bills[0]["currency"], at=standin.stamp())
    today = standin.clock.now().date().isoformat()
    payment.update(
        amount=fixed(sum(parts.values(), Decimal(0)), 2),
        status=status,
        processing_date=asked.get("processing_date", asked.get("payment_date", today)),
        gl_code=asked.get("gl_code", _money_account(standin)),
    )
    for bill in bills:
        if bill["group"] is None:
            _give_group(standin, bill["uuid"])
    groups = {(standin.store.get("bills", uuid) or {})["group"] for uuid in parts}
    payment["bill_groups"] = sorted(groups)
    link = {"vendor": vendor["id"], "bills": {uuid: fixed(amount, 2) for uuid, amount in parts.items()}}
    standin.store.put("payment_links", id, link, UI)
    standin.store.put("payments", id, payment, UI)
    _move_bills(standin, payment, BILL_STATUS[status])
    return payment


def _money_account(standin: ProcurifyStandIn) -> str | None:
    methods = standin.store.all("company_payment_methods")
    return methods[0]["gl_code"] if methods else None


def _give_group(standin: ProcurifyStandIn, uuid: str) -> None:
    bill = standin.store.edit("bills", uuid)
    bill["group"] = standin.number("groups")
    standin.store.put("bills", uuid, bill, UI)


def _move(standin: ProcurifyStandIn, id: str, status: str, *, op: str | None) -> Wire:
    if status not in BILL_STATUS:
        raise UnknownChange(f"a payment cannot be {status}")
    payment = standin.store.edit("payments", id)
    payment["status"] = status
    payment["updated_at"] = standin.stamp()
    standin.store.put("payments", id, payment, UI, op=op)
    _move_bills(standin, payment, BILL_STATUS[status])
    return payment


def _void(standin: ProcurifyStandIn, id: str) -> Wire:
    """A voided payment returns its bills to Approved; how it shows in the public list is a switch."""
    shown = str(standin.switches["voided_payment"])
    payment = standin.store.edit("payments", id)
    _move_bills(standin, payment | {"status": "failed"}, APPROVED)
    if shown == "gone":
        return standin.store.remove("payments", id, UI, op="void") or {}
    payment["status"] = shown
    payment["updated_at"] = standin.stamp()
    return standin.store.put("payments", id, payment, UI, op="void")


def _move_bills(standin: ProcurifyStandIn, payment: Wire, status: int) -> None:
    moves = bool(standin.switches["payment_touches"])
    for uuid, amount in links(standin, payment["id"])["bills"].items():
        bill = standin.store.get("bills", uuid)
        if bill is None:
            continue
        reached = status
        if status == PAID and Decimal(amount) < bill["total_cost_with_tax"]:
            reached = APPROVED
        said = None
        if status != APPROVED:
            said = build.bill_payment(payment, Decimal(amount), status=OLD_STATUS[payment["status"]])
        set_status(standin, uuid, reached, UI, moves=moves, changes={"bill_payment": said})
