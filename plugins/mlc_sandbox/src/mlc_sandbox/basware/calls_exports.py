"""Calls on what P2P Purchase exports: orders and requisitions, and their acknowledgements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.basware import exports
from mlc_sandbox.basware.exports import EXPORTED_REQUISITIONS, ORDERS
from mlc_sandbox.basware.lists import answered, choice, page
from mlc_sandbox.basware.refusals import empty
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import hidden, seen

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn


@route("GET", "/v1/exportedPurchaseOrders")
def orders(standin: BaswareStandIn, request: Request) -> Response:
    """Orders; the filter of the export status is called ``orderStatus``."""
    return _list(standin, request, ORDERS, "orderStatus")


@route("GET", "/v1/exportedPurchaseOrders/{code}")
def order(standin: BaswareStandIn, request: Request, code: str) -> Response:
    """One order."""
    return _one(standin, request, ORDERS, code)


@route("POST", "/v1/exportedPurchaseOrders/{code}/acknowledge")
def acknowledge_order(standin: BaswareStandIn, request: Request, code: str) -> Response:
    """Taken."""
    exports.acknowledge(standin, ORDERS, code, request.cause())
    return json_response(200, "Acknowledged")


@route("GET", "/v1/exportedPurchaseRequisitions")
def requisitions(standin: BaswareStandIn, request: Request) -> Response:
    """Requisitions that were decided on; the filter of the export status is called ``status``."""
    return _list(standin, request, EXPORTED_REQUISITIONS, "status")


@route("GET", "/v1/exportedPurchaseRequisitions/{code}")
def requisition(standin: BaswareStandIn, request: Request, code: str) -> Response:
    """One requisition."""
    return _one(standin, request, EXPORTED_REQUISITIONS, code)


@route("POST", "/v1/exportedPurchaseRequisitions/{code}/acknowledge")
def acknowledge_requisition(standin: BaswareStandIn, request: Request, code: str) -> Response:
    """Taken."""
    exports.acknowledge(standin, EXPORTED_REQUISITIONS, code, request.cause())
    return json_response(200, "Acknowledged")


def _list(standin: BaswareStandIn, request: Request, type: str, filter: str) -> Response:
    status = choice(request, filter, (exports.WAITING, "Exported"))
    company = request.query.get("companyCode")

    def keep(row: Record) -> bool:
        return status in (None, row["processingStatus"]) and (not company or row.get("companyCode") == company)

    rows, token = page(standin, request, type, standin.store.ids(type), keep, default=100, most=100)
    return answered(standin, request, {type: rows}, token, far=bool(standin.switches["redirected_orders"]))


def _one(standin: BaswareStandIn, request: Request, type: str, code: str) -> Response:
    row = seen(standin, request, type, code)
    if row is None or hidden(standin, request, code):
        raise empty(404)
    return answered(standin, request, row, None, far=bool(standin.switches["redirected_orders"]))
