"""Lists: pages up to 2,000 rows, page tokens beyond, sorting, what has changed since."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.views import filters_ignored, visible
from mlc_sandbox.zoho_crm.crm import Crm
from mlc_sandbox.zoho_crm.fields import Module
from mlc_sandbox.zoho_crm.refusals import Refusal, bad_parameter, missing_parameter

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

MOST: Final = 200
BY_PAGE: Final = 2000
BY_TOKEN: Final = 100_000
MOST_FIELDS: Final = 50
TOKEN_LIFE: Final = timedelta(hours=24)
SORTS: Final = ("id", "Created_Time", "Modified_Time")


@dataclass(frozen=True, slots=True)
class PageToken:
    """Where a list goes on: behind the row that was told last."""

    bound: str
    last: tuple[Any, str]
    told: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ids and what is told about it; ``unchanged`` when nothing is younger than asked."""

    ids: list[str]
    info: dict[str, Any]
    unchanged: bool = False


def asked_fields(request: Request) -> list[str]:
    """The names in ``fields``, which every list needs. Raises Refusal."""
    told = request.query.get("fields")
    if not told:
        raise missing_parameter("fields")
    names = [name.strip() for name in told.split(",") if name.strip()]
    if len(names) > MOST_FIELDS:
        raise Refusal("LIMIT_EXCEEDED", "maximum number of fields exceeded", 400, {"limit": MOST_FIELDS})
    return names


def whole(request: Request, name: str, default: int, *, most: int | None = None) -> int:
    """A whole number above 0 from the query. Raises Refusal."""
    told = request.query.get(name)
    if told is None:
        return default
    if not told.isdigit() or int(told) < 1 or (most is not None and int(told) > most):
        raise bad_parameter(name)
    return int(told)


def since(request: Request) -> datetime | None:
    """The moment of ``If-Modified-Since``. Raises Refusal for one that is no ISO time with an offset."""
    told = request.headers.get("if-modified-since")
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise bad_parameter("If-Modified-Since") from None
    if moment.tzinfo is None:
        raise bad_parameter("If-Modified-Since")
    return moment


def page_of(standin: ZohoCrmStandIn, request: Request, module: Module, ids: list[str] | None = None) -> Page:
    """One page of a module's records, or of those given.

    Raises: Refusal (PAGINATION_LIMIT_EXCEEDED, TOKEN_BOUND_DATA_MISMATCH, EXPIRED_VALUE, INVALID_DATA).
    """
    crm = standin.crm
    size = whole(request, "per_page", MOST, most=MOST)
    sort_by, order = request.query.get("sort_by") or "id", request.query.get("sort_order") or "desc"
    if sort_by not in SORTS:
        raise bad_parameter("sort_by")
    if order not in ("asc", "desc"):
        raise bad_parameter("sort_order")
    moment = since(request)
    if filters_ignored(standin, request):
        ids, moment = None, None
    found = _candidates(crm, module, moment, ids)
    if moment is not None and not found:
        return Page([], {}, unchanged=True)
    found = visible(standin, request, module.api_name, found)
    keyed = sorted(((_key(crm, module, one, sort_by), one) for one in found), reverse=order == "desc")
    bound = _bound(request, module)
    start, number, told = _start(standin, request, keyed, size=size, bound=bound, descending=order == "desc")
    if start > 0 and standin.faults.active(Kind.PAGE_SHIFT, request) is not None:
        start += 1
    cut = keyed[start : start + size]
    more = start + size < len(keyed)
    info: dict[str, Any] = {"per_page": size, "count": len(cut), "sort_by": sort_by, "sort_order": order,
                            "more_records": more, "next_page_token": None, "previous_page_token": None,
                            "page_token_expiry": None, "page": number}  # fmt: skip
    if more and cut:
        token = PageToken(bound, cut[-1], told + len(cut), crm.clock.now() + TOKEN_LIFE)
        name = hashlib.sha256(f"{bound}:{token.last}:{token.told}:{len(standin.page_tokens)}".encode()).hexdigest()
        standin.page_tokens[name] = token
        info |= {"next_page_token": name, "page_token_expiry": crm.told(token.expires_at)}
    return Page([one for _, one in cut], info)


def _candidates(crm: Crm, module: Module, moment: datetime | None, ids: list[str] | None) -> list[str]:
    if moment is None:
        found = crm.by_id(module.api_name)
    else:
        edge = moment if crm.switches["modified_since_inclusive"] else moment + timedelta(seconds=1)
        found = crm.changed_since(module.api_name, edge)
    if ids is None:
        return found
    wanted = set(ids)
    return [one for one in found if one in wanted]


def _key(crm: Crm, module: Module, key: str, sort_by: str) -> Any:
    if sort_by == "id":
        return key
    record = crm.get(module.api_name, key) or {}
    return record["$modified"] if sort_by == "Modified_Time" else datetime.fromisoformat(record[sort_by]).timestamp()


def _start(standin: ZohoCrmStandIn, request: Request, keyed: list[tuple[Any, str]], *, size: int, bound: str,
           descending: bool) -> tuple[int, int, int]:  # fmt: skip
    """Where the page begins, its number, and how many rows were told before it."""
    told = request.query.get("page_token")
    if told is None:
        number = whole(request, "page", 1)
        if number * size > BY_PAGE:
            message = "Cannot fetch more than 2000 records by page. Please use page_token."
            raise Refusal("DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, 400, {"limit": BY_PAGE})
        return (number - 1) * size, number, (number - 1) * size
    token = standin.page_tokens.get(told)
    if token is None:
        raise bad_parameter("page_token")
    if standin.clock.now() >= token.expires_at:
        raise Refusal("EXPIRED_VALUE", "the page token has expired", 400, {"param_name": "page_token"})
    if token.bound != bound:
        details = {"param_name": "page_token"}
        raise Refusal("TOKEN_BOUND_DATA_MISMATCH", "the parameters differ from those of the token", 400, details)
    if token.told >= BY_TOKEN:
        message = "Cannot fetch more than 100000 records by page_token."
        raise Refusal("PAGINATION_LIMIT_EXCEEDED", message, 400, {"limit": BY_TOKEN})
    behind = (at for at, one in enumerate(keyed) if (one < token.last if descending else one > token.last))
    return next(behind, len(keyed)), token.told // size + 1, token.told


def _bound(request: Request, module: Module) -> str:
    """What a page token is good for: the same list again, wherever it stands."""
    pairs = sorted((name, value) for name, value in request.query.items() if name not in ("page", "page_token"))
    return f"{module.api_name}?{pairs}#{request.headers.get('if-modified-since')}"
