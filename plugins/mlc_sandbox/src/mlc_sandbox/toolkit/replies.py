"""Replies as bytes: the head with the stand-in's own time, and the replies that faults make up."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.faults import Fault
from mlc_sandbox.toolkit.http import Request, Response, html_response, json_response

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@lru_cache(maxsize=8)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def head(response: Response, clock: Clock, *, keep_alive: bool) -> bytes:
    """Status line and headers; ``Date`` is the stand-in's time, as a client that measures skew needs it."""
    headers = response.headers
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
    lines.append(f"date: {_date(int(clock.now().timestamp()))}")
    if "content-type" not in headers:
        lines.append("content-type: application/json")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if response.status != 204:
        lines.append(f"content-length: {len(response.body)}")
    if not keep_alive:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def stated(fault: Fault) -> Response:
    """The reply that a fault of kind ``status`` spells out."""
    status = fault.status or 503
    if isinstance(fault.body, str):
        return html_response(status, fault.body, fault.headers)
    return json_response(status, {} if fault.body is None else fault.body, fault.headers)


def own_url(request: Request) -> str:
    """The absolute URL that was asked for."""
    query = f"?{request.query.raw}" if request.query.raw else ""
    return request.base_url + request.path + query
