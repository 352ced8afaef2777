"""The ASGI application: ``/webhooks/{connection}``, ``/health`` and ``/metrics``.

The one place with ``async`` in it: bytes are read as they come, within a size and a time; the rest is synchronous.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mlc.clock import Clock
from mlc.deliveries import WebhookRequest
from mlc.serve.counts import Outcome
from mlc.serve.receiving import Answer, Receiver

#: A sender that takes longer for its body is cut off.
BODY_WITHIN_S = 10.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "testclient"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class OversizedError(Exception):
    """More bytes than the system of this connection ever sends."""


def make_app(
    receiver: Receiver,
    *,
    health: Callable[[], Mapping[str, object]],
    metrics: Callable[[], bytes] | None,
    clock: Clock,
    token: str | None = None,
) -> Starlette:
    """Args:
    health: what ``/health`` says; ``ok`` decides about its status.
    metrics: the page of ``/metrics``; None where the extra is not installed.
    token: lets others than this machine read both.
    """

    async def webhook(request: Request) -> Response:
        name = request.path_params["connection"]
        declared = receiver.known.get(name)
        if declared is None:
            receiver.counts.add(name, Outcome.UNKNOWN)
            return Response(status_code=404)
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _body(request, declared.max_bytes)
        except OversizedError:
            receiver.counts.add(name, Outcome.OVERSIZED)
            return Response(status_code=413, headers={"connection": "close"})
        except TimeoutError:
            receiver.counts.add(name, Outcome.SLOW)
            return Response(status_code=408, headers={"connection": "close"})
        except ClientDisconnect:
            receiver.counts.add(name, Outcome.SLOW)
            return Response(status_code=400)
        return _told(await run_in_threadpool(_received, receiver, name, request, body, clock))

    async def shown(request: Request) -> Response:
        if not _may_look(request, token):
            return Response(status_code=404)
        if request.url.path == "/health":
            answer = await run_in_threadpool(health)
            return JSONResponse(dict(answer), status_code=200 if answer["ok"] else 503)
        if metrics is None:
            return Response("Metrics need: pip install 'ml-connector[metrics]'\n", status_code=404)
        return Response(await run_in_threadpool(metrics), media_type="text/plain; version=0.0.4; charset=utf-8")

    app = Starlette(
        routes=[
            Route("/webhooks/{connection}", webhook, methods=["POST"]),
            Route("/health", shown, methods=["GET"]),
            Route("/metrics", shown, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refused},
    )
    app.router.redirect_slashes = False
    return app


async def _body(request: Request, max_bytes: int) -> bytes:
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > max_bytes:
        raise OversizedError
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise OversizedError
        parts.append(part)
    return b"".join(parts)


def _received(receiver: Receiver, name: str, request: Request, body: bytes, clock: Clock) -> Answer:
    headers: dict[str, str] = {}
    for key, value in request.scope["headers"]:
        headers.setdefault(key.decode("latin-1").lower(), value.decode("latin-1"))
    query = request.scope["query_string"].decode("latin-1")
    return receiver.receive(
        name,
        WebhookRequest(
            method=request.method,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
            received_at=clock.now(),
        ),
    )


def _told(answer: Answer) -> Response:
    headers = {} if answer.retry_after_s is None else {"retry-after": str(answer.retry_after_s)}
    return Response(status_code=answer.status, headers=headers)


async def _refused(_request: Request, error: Exception) -> Response:
    """No page, no reason: a stranger learns nothing."""
    assert isinstance(error, HTTPException)
    return Response(status_code=error.status_code, headers=error.headers)


def _may_look(request: Request, token: str | None) -> bool:
    """This machine itself, not through a proxy; or whoever shows the token."""
    if token is not None:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), token.encode())
    host = request.client.host if request.client else ""
    return host in LOOPBACK and not any(name in request.headers for name in FORWARDED)
