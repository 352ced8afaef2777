"""Bills: list (v3), detail (v2), the undocumented PATCH (v3) and mark-as-paid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import lists
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.totals import total_bill
from mlc_sandbox.procurify.values import Wire, calendar_day, day_time, double, hex_id
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import done_of
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn
    from mlc_sandbox.procurify.filters import Filters

APPROVED, PAID = 2, 4
_SORTABLE = ["id", "last_modified_datetime", "invoice_date", "due_date", "submitted_date", "invoice_number"]
_PERMISSIONS = {"can_edit": False, "can_delete": False, "can_approve": False}
_PLAIN = frozenset({"approval_chain", "payment_terms", "payment_method", "note"})
_KEPT_RESULTS = 64


@route("GET", "/api/v3/ap/bills/")
def list_bills(standin: ProcurifyStandIn, request: Request) -> Response:
    """The list in short form; unknown parameters (``status`` among them, by switch) are ignored."""
    ids, summary = _result(standin, request)
    ids = lists.visible(standin, request, "bills", ids)
    extra = {"summary": summary, "permissions": _PERMISSIONS}
    return lists.answer_page(standin, request, ids, standin.bill_rows.get, extra=extra)


def _result(standin: ProcurifyStandIn, request: Request) -> tuple[list[str], Wire]:
    """Ids and summary of a filtered list, kept while no bill changes so that a crawl filters once."""
    if standin.faults.all():
        return _select(standin, request)
    asked = "&".join(f"{k}={v}" for k, v in request.query.items() if k not in ("page", "page_size"))
    key = ("bills", f"{asked}|{sorted(standin.switches.items(), key=str)}")
    kept = standin.results.get(key)
    if kept is None or kept[0] != standin.revisions["bills"]:
        if len(standin.results) >= _KEPT_RESULTS:
            standin.results.clear()
        kept = standin.results[key] = (standin.revisions["bills"], _select(standin, request))
    found: tuple[list[str], Wire] = kept[1]
    return found


def _select(standin: ProcurifyStandIn, request: Request) -> tuple[list[str], Wire]:
    kept = lists.filters(standin, request)
    get = standin.store.get
    lows, highs = zip(kept.moments("last_modified_datetime"), kept.days("modified_date"), strict=True)
    low = max((end for end in lows if end), default=None)
    high = min((end for end in highs if end), default=None)
    _tests(standin, kept)
    ids = standin.bills_by_modified.ids(low=low, high=high)
    if kept.tests:
        ids = [id for id in ids if kept.passes(get("bills", id) or {})]
    order = lists.sort_field(standin, request, _SORTABLE) or str(standin.switches["bill_order"])
    if order.lstrip("-") in ("id", "last_modified_datetime"):
        ids = _known_order(standin, ids, order)
    else:
        ids = lists.ordered(standin, request, ids, type="bills", names=_SORTABLE)
    total = sum(map(standin.bill_totals.__getitem__, ids), Decimal(0))
    several = len(set(map(standin.bill_currencies.__getitem__, ids))) > 1
    return ids, {"has_multiple_currency": several, "total_cost": double(total)}


def _known_order(standin: ProcurifyStandIn, ids: list[str], order: str) -> list[str]:
    """By id or time of change; ``ids`` come in order of change."""
    if order.lstrip("-") == "id":
        whole = len(ids) == len(standin.bills_by_id)
        ids = standin.bills_by_id.ids() if whole else sorted(ids, key=standin.bill_ids.__getitem__)
    return ids[::-1] if order.startswith("-") else ids


def _tests(standin: ProcurifyStandIn, kept: Filters) -> None:
    for name in ("invoice_date", "due_date", "gl_post_date", "submitted_date", "last_export_date"):
        kept.day_range(name, lambda bill, name=name: bill[name])  # type: ignore[misc]
    kept.day_range("payment_date", lambda bill: _paid_on(standin, bill))
    kept.choice("type", lambda bill: bill["type"])
    kept.choice("vendor", lambda bill: bill["vendor"]["id"])
    kept.choice("vendor[]", lambda bill: bill["vendor"]["id"])
    kept.choice("currency", lambda bill: bill["currency"]["id"])
    kept.choice("group", lambda bill: bill["group"])
    for name in ("creator", "user", "approver"):
        kept.choice(name, lambda bill, name=name: (bill[name] or {}).get("id"))  # type: ignore[misc]
    kept.truth("is_exported", lambda bill: bill["last_export_date"])
    kept.truth("has_payment", lambda bill: bill["bill_payment"])
    kept.truth("has_posting_date", lambda bill: bill["gl_post_date"])
    kept.truth("is_invoice_created", lambda bill: bill["invoice_attachments"])
    if kept.flag("exclude_expense_bills"):
        kept.keep(lambda bill: bill["type"] != 1)
    inside, outside = set(kept.texts("include_bill_group_ids")), set(kept.texts("exclude_bill_group_ids"))
    if inside or outside:
        kept.keep(lambda b: (not inside or str(b["group"]) in inside) and str(b["group"]) not in outside)
    _budget_test(kept, "department", lambda budget: budget["department"]["id"])
    _budget_test(kept, "account_code", lambda budget: budget["account_code"]["id"])
    _budget_test(kept, "location", lambda budget: budget["department"]["branch"]["id"])
    if standin.switches["bill_status_filter"]:
        kept.choice("status", lambda bill: bill["status"])
    kept.search(lambda bill: bill["invoice_number"], lambda bill: bill["vendor_name"])


def _budget_test(kept: Filters, name: str, get: Callable[[Wire], int]) -> None:
    wanted = frozenset(kept.texts(name))
    if wanted:
        kept.keep(lambda bill: any(str(get(budget)) in wanted for budget in _budgets(bill)))


def _budgets(bill: Wire) -> list[Wire]:
    return [part["budget"] for line in bill["items"] for part in line["cost_allocations"]]


def _paid_on(standin: ProcurifyStandIn, bill: Wire) -> str | None:
    if bill["bill_payment"]:
        day: str | None = bill["bill_payment"]["payment"]["payment_date"]
        return day
    return standin.marked_paid.get(bill["uuid"])


def find_bill(standin: ProcurifyStandIn, request: Request, uuid: str) -> Wire:
    """The bill of a uuid, with or without dashes. Raises Refused with 404."""
    id = hex_id(uuid)
    bill = standin.store.get("bills", id)
    if bill is None or lists.hidden(standin, request, id):
        raise Refused(detail(404, "Not found."))
    return bill


@route("GET", "/api/v2/ap/bills/{uuid}/")
def read_bill(standin: ProcurifyStandIn, request: Request, uuid: str) -> Response:
    """The detail form."""
    bill = find_bill(standin, request, uuid)
    return _bill_reply(standin, request, bill)


def _bill_reply(standin: ProcurifyStandIn, request: Request, bill: Wire) -> Response:
    id = bill["uuid"]
    body = standin.bill_bytes.get(id) or b"null"
    shown = lists.seen(standin, request, "bills", id)
    if shown is not standin.store.get("bills", id):
        from mlc_sandbox.procurify import forms

        body = dumps(forms.bill_form(standin, shown))
    summary = {"has_multiple_currency": False, "total_cost": bill["total_cost_with_tax"]}
    metadata = dumps({"summary": summary, "permissions": _PERMISSIONS})
    return lists.single_object(200, standin.with_links(request, body), metadata=metadata)


def touch_bill(standin: ProcurifyStandIn, bill: Wire, *, moves: bool = True) -> None:
    """Count the version up and, unless this kind of change does not, move the time of last change."""
    bill["version"] += 1
    if moves:
        bill["last_modified_datetime"] = standin.stamp()


@route("PATCH", "/api/v3/ap/bills/{uuid}/")
def patch_bill(standin: ProcurifyStandIn, request: Request, uuid: str) -> Response:
    """The undocumented PATCH; an empty body only touches the bill. Unknown fields are ignored."""
    if not standin.switches["bill_patch"]:
        return detail(405, 'Method "PATCH" not allowed.')
    bill_id = find_bill(standin, request, uuid)["uuid"]
    body = body_of(request)
    bill = standin.store.edit("bills", bill_id)
    errors: dict[str, list[str]] = {}
    for name, value in body.items():
        if name in _PLAIN:
            bill[name] = value
        elif name in ("invoice_date", "due_date", "gl_post_date"):
            try:
                bill[name] = None if value is None else day_time(calendar_day(str(value)))
            except ValueError:
                errors[name] = ["Datetime has wrong format."]
        elif name == "invoice_number":
            if len(str(value)) > 50:
                errors[name] = ["Ensure this field has no more than 50 characters."]
            bill[name] = str(value)
        elif name in ("vendor", "currency"):
            found = standin.store.get("vendors" if name == "vendor" else "currencies", value)
            if found is None:
                errors[name] = [f'Invalid pk "{value}" - object does not exist.']
            else:
                bill[name] = found
    if errors:
        return json_response(400, errors)
    if "currency" in body:
        total_bill(standin, bill)
    touch_bill(standin, bill)
    standin.store.put("bills", bill_id, bill, request.cause())
    return _bill_reply(standin, request, bill)


@route("POST", "/api/v3/ap/bills/mark-as-paid/")
def mark_as_paid(standin: ProcurifyStandIn, request: Request) -> Response:
    """Set approved bills without a payment to paid; echoes the request as a bare body."""
    body = body_of(request)
    wanted, errors = _wanted(standin, body)
    if wanted.missing or errors:
        return json_response(400, errors | ({"bill_uuids": wanted.missing} if wanted.missing else {}))
    good: list[str] = []
    bad: list[str] = []
    for id in wanted.ids:
        bill: Any = standin.store.get("bills", id)
        if bill["status"] == PAID and standin.switches["mark_paid_again"] == "ignored":
            continue
        (good if bill["status"] == APPROVED and not bill["bill_payment"] else bad).append(id)
    if bad and standin.switches["mark_as_paid_atomic"]:
        text = "Only approved bills without a payment can be marked as paid"
        return json_response(400, {"bill_uuids": [f"{text}: {id}" for id in bad]})
    for id in done_of(standin, request, good):
        set_status(standin, id, PAID, request.cause(), moves=bool(standin.switches["payment_touches"]))
        standin.marked_paid[id] = body["payment_date"]
    return json_response(
        200,
        {
            "bill_uuids": body.get("bill_uuids", []),
            "bill_group_ids": body.get("bill_group_ids", []),
            "payment_date": body["payment_date"],
        },
    )


class _Wanted:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.missing: list[str] = []


def _wanted(standin: ProcurifyStandIn, body: Wire) -> tuple[_Wanted, dict[str, list[str]]]:
    found = _Wanted()
    errors: dict[str, list[str]] = {}
    if not isinstance(body.get("bill_uuids"), list):
        errors["bill_uuids"] = ["This field is required."]
    try:
        calendar_day(str(body.get("payment_date") or ""))
    except ValueError:
        text = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
        errors["payment_date"] = [text if body.get("payment_date") else "This field is required."]
    for uuid in body.get("bill_uuids") or ():
        id = hex_id(str(uuid))
        if standin.store.get("bills", id) is None:
            found.missing.append(f'Object with uuid="{uuid}" does not exist.')
        elif id not in found.ids:
            found.ids.append(id)
    for group in body.get("bill_group_ids") or ():
        found.ids += [id for id in standin.bills_by_group.ids(group) if id not in found.ids]
    return found, errors


def set_status(
    standin: ProcurifyStandIn,
    id: str,
    status: int,
    cause: Wire,
    *,
    moves: bool = True,
    changes: Wire | None = None,
    op: str | None = None,
) -> Wire:
    """Move a bill to a status, with its line of history; returns the bill as it is then."""
    bill = standin.store.edit("bills", id)
    bill.update(changes or {})
    if bill["status"] != status:
        bill["status"] = status
        bill["bill_statuses"].append(
            {
                "id": standin.number("bill_statuses"),
                "user": standin.user(),
                "date": standin.stamp(),
                "status": status,
                "bill": bill["id"],
            }
        )
    touch_bill(standin, bill, moves=moves)
    return standin.store.put("bills", id, bill, cause, op=op)


def body_of(request: Request) -> Wire:
    """The JSON object of a body; an empty body is an empty object. Raises Refused with 400."""
    try:
        body = request.json() if request.body else {}
    except ValueError as error:
        raise Refused(detail(400, f"JSON parse error - {error}")) from error
    if not isinstance(body, dict):
        raise Refused(json_response(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]}))
    return body
