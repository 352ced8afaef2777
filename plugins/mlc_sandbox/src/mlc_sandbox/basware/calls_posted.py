"""What is posted to the API layer: arrays that replace, objects that merge, lists and single records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware import orders
from mlc_sandbox.basware.distribution import Item
from mlc_sandbox.basware.fields import moment_of, wrong_in
from mlc_sandbox.basware.lists import answered, page, parameter
from mlc_sandbox.basware.refusals import Problem, Refusal, empty, message, refused
from mlc_sandbox.basware.resources import (
    LIST_COLUMNS,
    LISTS,
    ORDER_LINES,
    ORDERS,
    POSTED,
    REQUISITIONS,
    Record,
    Resource,
    companies_of,
)
from mlc_sandbox.basware.wire import told_at, without_nulls
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import Router
from mlc_sandbox.toolkit.views import done_of, hidden, kept_of, seen

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

MOST_BYTES: Final = 6 * 1024 * 1024


def add_routes(router: Router) -> None:
    """The paths of every resource that is posted."""
    for resource in POSTED:
        one = resource.path + "/{external_code}"
        router.add("GET", resource.path, _bound(listing, resource))
        router.add("GET", one, _bound(single, resource))
        router.add("POST", resource.path, _bound(post, resource))
        if resource.patched:
            router.add("PATCH", one, _bound(patch, resource))


def _bound(handler: Any, resource: Resource) -> Any:
    return partial(_call, handler, resource)


def _call(
    handler: Any, resource: Resource, standin: BaswareStandIn, request: Request, *, list_key: str = "", **path: str
) -> Response:
    if resource is LISTS and list_key not in LIST_COLUMNS:
        raise parameter("listKey")
    answer: Response = handler(standin, request, resource, list_key, **path)
    return answer


def key_of(list_key: str, code: str) -> str:
    """Where the API layer's copy is stored."""
    return f"{list_key}/{code}" if list_key else code


def listing(standin: BaswareStandIn, request: Request, resource: Resource, list_key: str) -> Response:
    """What was posted, in the order of creation."""
    company = request.query.get("companyCode") if resource.by_company else None
    order = request.query.get("orderExternalCode")
    if resource is ORDER_LINES and not order:
        raise parameter("orderExternalCode")
    ids = standin.store.ids(resource.type)
    if list_key:
        ids = [id for id in ids if id.startswith(f"{list_key}/")]

    def keep(row: Record) -> bool:
        if resource is ORDER_LINES and row["orderExternalCode"] != order:
            return False
        return not company or company in companies_of(row)

    rows, token = page(standin, request, resource.type, ids, keep, default=resource.page, most=resource.page_most)
    return answered(standin, request, {resource.wrapper: rows}, token, far=False)


def single(
    standin: BaswareStandIn, request: Request, resource: Resource, list_key: str, *, external_code: str
) -> Response:
    """One record as it was posted."""
    key = key_of(list_key, external_code)
    row = seen(standin, request, resource.type, key)
    if row is None or hidden(standin, request, key):
        raise empty(404)
    return json_response(200, row)


def body_of(standin: BaswareStandIn, request: Request) -> Any:
    """The body as JSON. Raises Refusal for one that is none, or too large."""
    if len(request.body) > MOST_BYTES:
        raise message(int(standin.switches["too_large_status"]), "Request Too Long")
    try:
        return request.json()
    except (ValueError, RecursionError):
        raise refused(400, "SCHEMA_VALIDATION_ERROR", "The body is no JSON.") from None


def batch_of(standin: BaswareStandIn, request: Request, resource: Resource) -> list[Record]:
    """The records of a POST, each of which fits its table. Raises Refusal."""
    sent = body_of(standin, request)
    if not isinstance(sent, list) or not sent:
        raise refused(400, "SCHEMA_VALIDATION_ERROR", "The body must be an array of at least one record.")
    if len(sent) > resource.most:
        raise refused(400, "PARAMETER_VALIDATION_ERROR", f"At most {resource.most} records are allowed in one request.")
    good, problems = checked(resource, sent)
    if problems and (standin.switches["one_bad_record"] == "whole" or not good):
        raise Refusal(400, problems)
    codes = [record["externalCode"] for record in good]
    doubled = sorted({code for code in codes if codes.count(code) > 1})
    if doubled:
        status = int(standin.switches["doubled_in_batch_status"])
        raise Refusal(status, [Problem("externalCode is there twice.", "CONFLICT_IN_POST", one) for one in doubled])
    return [kept_of(standin, request, record) for record in done_of(standin, request, good)]


def checked(resource: Resource, sent: Sequence[Any]) -> tuple[list[Record], list[Problem]]:
    """The records that fit the table, and what is wrong with the others."""
    good, problems = [], []
    for record in sent:
        wrong = list(wrong_in(resource.table, record))
        if not wrong and resource.more is not None:
            wrong = resource.more(record)
        if wrong:
            code = record.get("externalCode") if isinstance(record, dict) else None
            problems += [Problem(text, external_code=code if isinstance(code, str) else None) for text in wrong]
        else:
            good.append(without_nulls(record))
    return good, problems


def post(standin: BaswareStandIn, request: Request, resource: Resource, list_key: str) -> Response:
    """Create or fully replace; the array comes back."""
    batch = batch_of(standin, request, resource)
    return json_response(200, save(standin, resource, list_key, batch, request.cause(), operation="POST"))


def patch(
    standin: BaswareStandIn, request: Request, resource: Resource, list_key: str, *, external_code: str
) -> Response:
    """Merge one object into what was posted; null counts as not sent."""
    sent = body_of(standin, request)
    key = key_of(list_key, external_code)
    old = standin.store.get(resource.type, key)
    if old is None:
        raise empty(404)
    needed = bool(standin.switches["patch_needs_required"])
    wrong = list(wrong_in(resource.table, sent, required=needed))
    if wrong:
        raise Refusal(400, [Problem(text, external_code=external_code) for text in wrong])
    sent = without_nulls(kept_of(standin, request, sent))
    if sent.get("externalCode", external_code) != external_code:
        raise refused(400, "EXTERNAL_CODE_MISMATCH", "externalCode differs from the one of the path.", external_code)
    if resource is ORDER_LINES:
        _check_concurrent(standin, old)
    merged = {**old, **sent}
    return json_response(200, save(standin, resource, list_key, [merged], request.cause(), operation="PATCH")[0])


def _check_concurrent(standin: BaswareStandIn, old: Record) -> None:
    """503 for a line that was changed a moment ago: its write is not through yet."""
    window = float(standin.switches["concurrent_edit_s"])
    changed = moment_of(old["lastUpdated"])
    if changed is not None and window and standin.clock.now() - changed < timedelta(seconds=window):
        raise message(503, "Service Unavailable")


def save(
    standin: BaswareStandIn,
    resource: Resource,
    list_key: str,
    batch: Sequence[Record],
    cause: Record,
    *,
    operation: str,
    wait_s: float | None = None,
) -> list[Record]:
    """Write records into the API layer and send on what has changed."""
    told, items = [], []
    for record in batch:
        key = key_of(list_key, record["externalCode"])
        old = standin.store.get(resource.type, key)
        unchanged = old is not None and _content(old) == _content(record)
        row = {**record, "lastUpdated": told_at(standin.clock.stamp())}
        if unchanged and not standin.switches["unchanged_is_stamped"]:
            row = old or row
        else:
            standin.store.put(resource.type, key, row, cause)
        told.append(row)
        parent = record["orderExternalCode"] if resource is ORDER_LINES else None
        items.append(Item(record["externalCode"], row, parent, unchanged))
    standin.distribution.accept(
        standin.request_id, resource.entity, operation, items, partial(_carry, standin, resource, list_key),
        list_key=list_key or None, version=resource.version, wait_s=wait_s,
    )  # fmt: skip
    return told


def _content(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "lastUpdated"}


def _carry(standin: BaswareStandIn, resource: Resource, list_key: str, items: Sequence[Item]) -> None:
    """Into P2P."""
    if resource is ORDERS:
        orders.take_headers(standin, items)
    elif resource is ORDER_LINES:
        orders.take_lines(standin, items)
    elif resource is REQUISITIONS:
        orders.take_requisitions(standin, items)
    else:
        standin.p2p.take(resource, items, list_key=list_key)
