"""Pages: numbers, envelopes, absolute links, and what faults do to lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify.filters import Filters
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.toolkit import views
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.paging import cut, link_to
from mlc_sandbox.toolkit.views import filters_ignored, hidden, visible
from mlc_sandbox.toolkit.wirejson import dumps, loads

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

Render = Callable[[str], bytes | None]
__all__ = [
    "answer_page",
    "filters",
    "hidden",
    "ordered",
    "page_size",
    "seen",
    "single_object",
    "small_list",
    "sort_field",
    "visible",
]


def filters(standin: ProcurifyStandIn, request: Request) -> Filters:
    """The filters of a request, as the fault ``filter_ignored`` leaves them."""
    return Filters(request.query, standin.switches, ignored=filters_ignored(standin, request))


def ordered(
    standin: ProcurifyStandIn,
    request: Request,
    ids: list[str],
    *,
    type: str,
    names: Iterable[str],
    default: str = "",
    always: bool = False,
) -> list[str]:
    """Sort by ``order_by`` where it names one of ``names``; an unknown name is ignored like any unknown parameter."""
    wanted = sort_field(standin, request, names, always=always) or default
    if not wanted:
        return ids
    field = wanted.lstrip("-")
    get = standin.store.get

    def key(id: str) -> tuple[bool, Any]:
        value = (get(type, id) or {}).get(field)
        return (value is not None, value if value is not None else "")

    return sorted(ids, key=key, reverse=wanted.startswith("-"))


def sort_field(
    standin: ProcurifyStandIn, request: Request, names: Iterable[str], *, always: bool = False
) -> str | None:
    """The ``order_by`` that holds, None when there is none or it is not honoured."""
    wanted = request.query.get("order_by") or ""
    honoured = always or standin.switches["order_by_honoured"]
    return wanted if honoured and wanted.lstrip("-") in names else None


def seen(standin: ProcurifyStandIn, request: Request, type: str, id: object) -> Wire:
    """The version of an object that a read gets to see. Raises Refused with 404 where a replica has none yet."""
    found = views.seen(standin, request, type, id)
    if found is None:
        raise Refused(json_response(404, {"detail": "Not found."}))
    return found


def page_size(standin: ProcurifyStandIn, request: Request) -> int:
    """The page size that holds: the default, what was asked, at most the maximum."""
    most = int(standin.switches["max_page_size"])
    try:
        asked = int(request.query.get("page_size") or 0)
    except ValueError:
        asked = 0
    if asked > most and standin.switches["page_size_too_large"] == "error":
        raise Refused(json_response(400, {"page_size": [f"Ensure this value is less than or equal to {most}."]}))
    return min(asked, most) if asked > 0 else int(standin.switches["default_page_size"])


def answer_page(
    standin: ProcurifyStandIn,
    request: Request,
    ids: list[str],
    render: Render,
    *,
    top: bool = False,
    extra: Wire | None = None,
) -> Response:
    """One page of a list. ``top`` puts ``pagination`` beside ``data``; ``extra`` joins it inside ``metadata``."""
    size = page_size(standin, request)
    pages = max(1, -(-len(ids) // size))
    asked = request.query.get("page") or "1"
    number = pages if asked == "last" else int(asked) if asked.isdigit() else 0
    if not 1 <= number <= pages:
        return json_response(404, {"detail": "Invalid page."})
    start = (number - 1) * size
    shown = cut(ids, start, size, request=request, faults=standin.faults)
    rows = [row for row in map(render, shown) if row is not None]
    if request.query.get("format") == "csv":
        return _csv(rows)
    pagination = {
        "count": len(ids),
        "next": link_to(request, "page", number + 1) if number < pages else None,
        "previous": link_to(request, "page", number - 1) if number > 1 else None,
        "page_size": size,
        "num_pages": pages,
        "current_page": number,
    }
    if top:
        head = b'{"pagination":' + dumps(pagination)
    else:
        head = b'{"metadata":' + dumps({"pagination": pagination, **(extra or {})})
    body = head + b',"data":[' + b",".join(rows) + b"]}"
    return Response(200, standin.with_links(request, body))


def small_list(
    standin: ProcurifyStandIn,
    request: Request,
    type: str,
    kept: Filters,
    *,
    names: Iterable[str] = ("id", "name"),
    form: Callable[[Wire], Wire] | None = None,
    top: bool = False,
    extra: Wire | None = None,
) -> Response:
    """A list that is short enough to be read through on every request."""
    ids = [id for id in standin.store.ids(type) if kept.passes(standin.store.get(type, id) or {})]
    ids = ordered(standin, request, ids, type=type, names=names)
    ids = visible(standin, request, type, ids)

    def render(id: str) -> bytes | None:
        obj = standin.store.get(type, id)
        return None if obj is None else dumps(obj if form is None else form(obj))

    return answer_page(standin, request, ids, render, top=top, extra=extra)


def single_object(status: int, data: bytes, *, metadata: bytes = b"{}") -> Response:
    """One object in its envelope, from ready bytes."""
    return Response(status, b'{"metadata":' + metadata + b',"data":' + data + b"}")


def _csv(rows: list[bytes]) -> Response:
    out = io.StringIO()
    objects = [loads(row) for row in rows]
    if objects:
        writer = csv.DictWriter(out, fieldnames=list(objects[0]), extrasaction="ignore")
        writer.writeheader()
        for obj in objects:
            writer.writerow({k: dumps(v).decode() if isinstance(v, dict | list) else v for k, v in obj.items()})
    return Response(200, out.getvalue().encode(), {"content-type": "text/csv"})
