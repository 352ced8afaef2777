"""Payments: the public list, the deprecated one, the company's payment methods."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import forms, lists
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.filters import Filters
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.toolkit.clock import wire_time
from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

OLD_STATUS = {
    "draft": 0, "pending_approval": 1, "approved": 2, "denied": 3, "paid": 5, "processing": 7, "failed": 8,
    "scheduled": 9,
}  # fmt: skip
_END = "9999"


@route("GET", "/api/public/v1/payments/")
def list_payments(standin: ProcurifyStandIn, request: Request) -> Response:
    """The current list; ``_after`` is on or after, ``_before`` on or before. It names no bill and no vendor id."""
    kept = lists.filters(standin, request)
    low, high = kept.moment("updated_at_after"), kept.moment("updated_at_before")
    for name in ("created_at", "processing_date"):
        _between(kept, name)
    kept.choice("status", lambda payment: payment["status"])
    kept.choice("ids", lambda payment: payment["id"])
    kept.choice("currency", lambda payment: payment["currency"]["id"])
    kept.choice("vendor", lambda payment: links(standin, payment["id"])["vendor"])
    groups = frozenset(kept.texts("bill_groups"))
    if groups:
        kept.keep(lambda payment: any(str(group) in groups for group in payment["bill_groups"]))
    number = kept.text("invoice_number")
    if number is not None:
        kept.keep(lambda payment: number in _invoice_numbers(standin, payment["id"]))
    amount = kept.text("payment_amount")
    if amount is not None:
        kept.keep(lambda payment: _same(payment["amount"], amount))
    ids = standin.payments_by_modified.ids(
        low=None if low is None else wire_time(low), high=None if high is None else wire_time(high)
    )
    if kept.tests:
        ids = [id for id in ids if kept.passes(standin.store.get("payments", id) or {})]
    ids = lists.ordered(
        standin,
        request,
        ids,
        type="payments",
        names=("created_at", "updated_at"),
        default="-created_at",
        always=True,
    )
    ids = lists.visible(standin, request, "payments", ids)
    return lists.answer_page(standin, request, ids, standin.payment_bytes.get)


def _between(kept: Filters, name: str) -> None:
    low, high = kept.moment(f"{name}_after"), kept.moment(f"{name}_before")
    if low is not None or high is not None:
        size = 10 if name == "processing_date" else None
        first = "" if low is None else wire_time(low)[:size]
        last = _END if high is None else wire_time(high)[:size]
        kept.keep(lambda payment: first <= (payment[name] or "")[:size] <= last)


def _same(amount: str, asked: str) -> bool:
    try:
        return Decimal(amount) == Decimal(asked)
    except InvalidOperation:
        return False


def links(standin: ProcurifyStandIn, payment_id: Any) -> Wire:
    """What a payment pays: its vendor's id and the amount per bill uuid. Never on the wire."""
    return standin.store.get("payment_links", payment_id) or {"vendor": None, "bills": {}}


def _invoice_numbers(standin: ProcurifyStandIn, payment_id: Any) -> set[str]:
    bills = (standin.store.get("bills", uuid) for uuid in links(standin, payment_id)["bills"])
    return {bill["invoice_number"] for bill in bills if bill is not None}


@route("GET", "/api/v2/ap/payments/")
def list_old_payments(standin: ProcurifyStandIn, request: Request) -> Response:
    """The deprecated list: gone, unless the switch says that it lives."""
    if standin.switches["old_payments"] != "live":
        return detail(int(standin.switches["old_payments"]), "Not found.")

    def form(payment: Wire) -> Wire:
        bills = links(standin, payment["id"])["bills"]
        return {
            "id": payment["id"],
            "bill_payments": [
                {"id": number, "bill": {"uuid": uuid}, "amount": amount}
                for number, (uuid, amount) in enumerate(bills.items(), start=1)
            ],
            "payment_method": None,
            "payment_date": payment["processing_date"],
            "amount": payment["amount"],
            "currency": forms.currency(standin, payment["currency"]["id"]),
            "status": OLD_STATUS.get(payment["status"], 8),
            "ach_number": None,
        }

    kept = lists.filters(standin, request)
    return lists.small_list(standin, request, "payments", kept, form=form)


@route("GET", "/api/v2/ap/company-payment-methods/")
def list_company_methods(standin: ProcurifyStandIn, request: Request) -> Response:
    """The company's bank accounts with their ``gl_code``; where ``pagination`` stands is a switch."""
    top = standin.switches["payment_methods_pagination"] == "top"
    kept = lists.filters(standin, request)
    return lists.small_list(standin, request, "company_payment_methods", kept, top=top)
