"""Lists: 404 when nothing is found, pages by a token in a header, and redirects to pre-signed addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mlc_sandbox.basware.fields import moment_of
from mlc_sandbox.basware.refusals import Refusal, empty, refused
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import filters_ignored, visible

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

TOKEN: Final = "x-amz-meta-continuationtoken"  # noqa: S105 - the name of a header
TOKEN_BACK: Final = "X-amz-meta-continuationToken"  # noqa: S105 - the name of a header
_GONE: Final = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>'
Keep = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: the query that began it, and the place of the last row in the order of creation."""

    query: str
    after: int


@dataclass(frozen=True, slots=True)
class Presigned:
    """An answer that lies ready under an address of its own."""

    until: datetime
    response: Response


def parameter(name: str) -> Refusal:
    """400 for a value of the query."""
    return refused(400, "PARAMETER_VALIDATION_ERROR", f"Invalid value for parameter '{name}'.")


def since_of(request: Request) -> datetime | None:
    """``lastUpdated``. Raises Refusal for what is no moment."""
    text = request.query.get("lastUpdated")
    if not text:
        return None
    moment = moment_of(text.replace(" ", "+"))
    if moment is None:
        raise parameter("lastUpdated")
    return moment


def choice(request: Request, name: str, options: Sequence[str]) -> str | None:
    """One of several words of the query, None when it was not sent. Raises Refusal."""
    value = request.query.get(name)
    if not value:
        return None
    if value not in options:
        raise parameter(name)
    return value


def page(
    standin: BaswareStandIn,
    request: Request,
    type: str,
    ids: list[str],
    keep: Keep,
    *,
    default: int,
    most: int,
    heavy: Callable[[Record], int] | None = None,
) -> tuple[list[Record], str | None]:
    """One page in the order of creation, and the token of the next. Raises Refused when nothing is there.

    ``heavy`` weighs a row: a page ends early when it has become too heavy.
    """
    size = _size(standin, request, default, most)
    since = since_of(request)
    unfiltered = filters_ignored(standin, request)

    def fits(row: Record) -> bool:
        if unfiltered:
            return True
        if since is not None and (moment_of(row.get("lastUpdated") or row.get("errorStamp")) or since) <= since:
            return False
        return keep(row)

    after = _after(standin, request)
    order = standin.order
    places = sorted((order[type, id], id) for id in visible(standin, request, type, ids))
    found: list[tuple[int, Record]] = []
    weight, more = 0, False
    for place, id in places:
        row = standin.store.get(type, id)
        if place <= after or row is None or not fits(row):
            continue
        weight += 0 if heavy is None else heavy(row)
        if len(found) == size or (found and weight > int(standin.switches["coding_rows_per_page"])):
            more = True
            break
        found.append((place, row))
    if after >= 0 and found and standin.faults.active(Kind.PAGE_SHIFT, request) is not None:
        found = found[1:]
    if not found:
        raise empty(404)
    if not more:
        return [row for _, row in found], None
    token = standin.next_id("continuation")
    standin.places[token] = Place(_asked(request), found[-1][0])
    return [row for _, row in found], token


def _size(standin: BaswareStandIn, request: Request, default: int, most: int) -> int:
    value = request.query.get("pageSize")
    if value is None or value == "":
        return default
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise parameter("pageSize")
    if int(value) > most and standin.switches["oversize_page"] == "refuse":
        raise parameter("pageSize")
    return min(int(value), most)


def _after(standin: BaswareStandIn, request: Request) -> int:
    token = request.headers.get(TOKEN)
    if not token:
        return -1
    place = standin.places.get(token)
    if place is None or place.query != _asked(request):
        raise parameter(TOKEN)
    return place.after


def _asked(request: Request) -> str:
    return f"{request.path}?{sorted(request.query.items())}"


def answered(standin: BaswareStandIn, request: Request, body: object, token: str | None, *, far: bool) -> Response:
    """A page as it is told: at once, or (``far``) behind a redirect to a pre-signed address."""
    header = {} if token is None else {TOKEN_BACK: token}
    if not far or not standin.switches["redirects"]:
        return json_response(200, body, header)
    where = standin.switches["paging_header_on"]
    final = json_response(200, body, header if where in ("final", "both") else {})
    return redirected(standin, request, final, header if where in ("redirect", "both") else {})


def redirected(
    standin: BaswareStandIn, request: Request, response: Response, headers: dict[str, str] | None = None
) -> Response:
    """302 to an address where an answer lies for a quarter of an hour."""
    key = standin.next_id("presigned")
    life_s = int(standin.switches["presigned_life_s"])
    long_ago = standin.clock.now() - timedelta(days=1)
    for old in [one for one, ready in standin.presigned.items() if ready.until < long_ago]:
        del standin.presigned[old]
    standin.presigned[key] = Presigned(standin.clock.now() + timedelta(seconds=life_s), response)
    location = f"{request.base_url}/presigned/{key}?X-Amz-Expires={life_s}&X-Amz-Signature={key.replace('-', '')}"
    return Response(302, b"", {"location": location, **(headers or {})})


@route("GET", "/presigned/{key}")
def presigned(standin: BaswareStandIn, request: Request, key: str) -> Response:
    """What lies ready. It refuses two ways of signing at once, and lapses."""
    if "authorization" in request.headers:
        raise _xml(400, b"InvalidArgument", b"Only one auth mechanism allowed")
    found = standin.presigned.get(key)
    if found is None or request.query.get("X-Amz-Signature") != key.replace("-", ""):
        raise _xml(403, b"SignatureDoesNotMatch", b"The request signature we calculated does not match")
    if standin.clock.now() >= found.until:
        raise _xml(int(standin.switches["presigned_lapsed_status"]), b"AccessDenied", b"Request has expired")
    return Response(found.response.status, found.response.body, dict(found.response.headers))


def _xml(status: int, code: bytes, text: bytes) -> Refused:
    return Refused(Response(status, _GONE % (code, text), {"content-type": "application/xml"}))
