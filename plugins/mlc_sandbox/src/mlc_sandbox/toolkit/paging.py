"""One page out of a list, in the styles that vendors page: small functions, each of which reads what the caller sent.

Every function takes the whole list (ids or rows) and returns a ``Cut``; how its rows and its ``next`` are written is
the vendor's own. The fault ``page_shift`` is asked for by giving the stand-in's ``faults``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from mlc_sandbox.toolkit.faults import FaultPlan, Kind
from mlc_sandbox.toolkit.http import Refused, Request, json_response

T = TypeVar("T")
Refuse = Callable[[str], Exception]


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """One page. ``next`` is what the caller sends for the following one, None on the last; ``start`` counts from 0."""

    rows: Sequence[T]
    total: int
    start: int
    size: int
    next: str | None = None

    @property
    def number(self) -> int:
        """The page's number, from 1."""
        return self.start // self.size + 1

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.start + self.size < self.total


def bad_parameter(name: str) -> Refused:
    """The refusal of a paging parameter, for stand-ins that do not say it in their vendor's words."""
    return Refused(json_response(400, {"error": f"Invalid value for {name}."}))


def whole(request: Request, name: str, default: int, *, least: int = 1, refuse: Refuse = bad_parameter) -> int:
    """A whole number of the query. Raises what ``refuse`` makes for anything else, or for less than ``least``."""
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit()) or int(value) < least:
        raise refuse(name)
    return int(value)


def by_page(
    request: Request,
    rows: Sequence[T],
    *,
    page: str = "page",
    size: str = "page_size",
    most: int = 100,
    default: int | None = None,
    refuse: Refuse = bad_parameter,
    faults: FaultPlan | None = None,
) -> Cut[T]:
    """Numbered pages from 1; a size above ``most`` counts as ``most``, a page behind the last is empty."""
    length = min(whole(request, size, default or most, refuse=refuse), most)
    number = whole(request, page, 1, refuse=refuse)
    start = (number - 1) * length
    follows = str(number + 1) if start + length < len(rows) else None
    return Cut(cut(rows, start, length, request=request, faults=faults), len(rows), start, length, follows)


def by_offset(
    request: Request,
    rows: Sequence[T],
    *,
    offset: str = "offset",
    limit: str = "limit",
    first: int = 0,
    most: int = 100,
    default: int | None = None,
    refuse: Refuse = bad_parameter,
    faults: FaultPlan | None = None,
) -> Cut[T]:
    """So many rows from an offset on; ``first`` is the offset of the first row (0, or 1 as in ``STARTPOSITION``)."""
    length = min(whole(request, limit, default or most, refuse=refuse), most)
    start = whole(request, offset, first, least=first, refuse=refuse) - first
    follows = str(start + length + first) if start + length < len(rows) else None
    return Cut(cut(rows, start, length, request=request, faults=faults), len(rows), start, length, follows)


def by_cursor(
    request: Request,
    rows: Sequence[T],
    *,
    key: Callable[[T], str],
    cursor: str = "cursor",
    limit: str = "limit",
    most: int = 100,
    default: int | None = None,
    refuse: Refuse = bad_parameter,
) -> Cut[T]:
    """Pages behind an opaque token that names the last row seen: nothing shifts when rows come or go before it."""
    return _after(request.query.get(cursor), request, rows, key=key, name=cursor, limit=limit,
                  length=most if default is None else default, most=most, refuse=refuse)  # fmt: skip


def by_header(
    request: Request,
    rows: Sequence[T],
    *,
    key: Callable[[T], str],
    header: str = "x-continuation-token",
    limit: str = "pageSize",
    most: int = 100,
    default: int | None = None,
    refuse: Refuse = bad_parameter,
) -> Cut[T]:
    """Like ``by_cursor``, but the token travels in a header of the request, and of the reply as ``next``."""
    return _after(request.headers.get(header), request, rows, key=key, name=header, limit=limit,
                  length=most if default is None else default, most=most, refuse=refuse)  # fmt: skip


def next_link(request: Request, part: Cut[T], *, name: str = "page") -> str | None:
    """The absolute URL of the following page: the request's own, with ``name`` set to the cut's ``next``."""
    return None if part.next is None else link_to(request, name, part.next)


def link_to(request: Request, name: str, value: object) -> str:
    """The request's own URL with one parameter changed."""
    pairs = [(key, old) for key, old in request.query.items() if key != name]
    return f"{request.base_url}{request.path}?{urlencode([*pairs, (name, value)])}"


def link_header(request: Request, part: Cut[T], *, name: str = "page") -> dict[str, str]:
    """RFC 8288's ``Link`` header with the next page; empty on the last one."""
    url = next_link(request, part, name=name)
    return {} if url is None else {"link": f'<{url}>; rel="next"'}


def cut(rows: Sequence[T], start: int, length: int, *, request: Request, faults: FaultPlan | None) -> Sequence[T]:
    """A slice; struck by ``page_shift`` a later one loses its first row: it slid onto the page before."""
    if start > 0 and faults is not None and faults.active(Kind.PAGE_SHIFT, request) is not None:
        start += 1
    return rows[start : start + length]


def _after(
    token: str | None,
    request: Request,
    rows: Sequence[T],
    *,
    key: Callable[[T], str],
    name: str,
    limit: str,
    length: int,
    most: int,
    refuse: Refuse,
) -> Cut[T]:
    length = min(whole(request, limit, length, refuse=refuse), most)
    start = 0
    if token:
        try:
            place, _, seen = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
            start = _place_after(rows, key, seen, int(place))
        except (binascii.Error, ValueError):
            raise refuse(name) from None
    page = rows[start : start + length]
    follows = None
    if page and start + length < len(rows):
        follows = base64.urlsafe_b64encode(f"{start + length}:{key(page[-1])}".encode()).decode()
    return Cut(page, len(rows), start, length, follows)


def _place_after(rows: Sequence[T], key: Callable[[T], str], seen: str, place: int) -> int:
    """Where the row behind ``seen`` stands now; ``place`` is where it stood, and holds when ``seen`` is gone."""
    places: list[int] = [place - 1, *range(len(rows))]
    after = (at + 1 for at in places if 0 <= at < len(rows) and key(rows[at]) == seen)
    return next(after, min(max(place, 0), len(rows)))
