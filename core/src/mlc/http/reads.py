"""Reading: tried again on connection problems and 5xx; redirects only to declared hosts, without credentials."""

import random
from collections.abc import Callable

import httpx

from mlc.errors import TransientError
from mlc.http.addresses import Addresses, same_origin
from mlc.http.calls import CallKind
from mlc.http.clocks import boottime
from mlc.http.exchange import Exchange, Sink
from mlc.http.redaction import QuietRequest

REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Code of the error for a redirect that was not followed; its detail is the host.
REDIRECTED_OUTSIDE = "redirected_outside"
RETRIED = frozenset({500, 502, 503, 504})
TRIES = 3
REDIRECTS_MAX = 5
DOWNLOAD_DEADLINE_S = 120.0
DEFAULT_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "ml-connector"}


class Reads:
    """The reading half of a client. Each try has its own deadline; none starts after the first one's has passed."""

    def __init__(
        self, exchange: Exchange, addresses: Addresses, *, deadline_s: float, sleep: Callable[[float], None]
    ) -> None:
        self._exchange = exchange
        self._addresses = addresses
        self._deadline_s = deadline_s
        self._sleep = sleep

    def read(self, request: httpx.Request, auth: httpx.Auth | None, *, sink: Sink | None = None) -> httpx.Response:
        """The answer of the first try that has one, whatever its status; a 5xx only from the last.

        Raises: TransientError, RateLimitedError (nothing was sent).
        """
        span_s = self._deadline_s if sink is None else DOWNLOAD_DEADLINE_S
        last_start = boottime() + span_s
        for attempt in range(1, TRIES + 1):
            final = attempt == TRIES
            try:
                response = self._follow(request, auth, boottime() + span_s, sink)
            except TransientError as error:
                if final or boottime() > last_start or not isinstance(error.__cause__, httpx.TransportError):
                    raise
            else:
                if final or response.status_code not in RETRIED or boottime() > last_start:
                    return response
            self._exchange.calls.retried()
            self._sleep(random.uniform(0.1, 0.25) * 2**attempt)  # at most one second
        raise AssertionError("the last try returns or raises")

    def _follow(
        self, request: httpx.Request, auth: httpx.Auth | None, deadline: float, sink: Sink | None
    ) -> httpx.Response:
        quota = self._exchange.quota
        origin = request.url
        passed: list[httpx.Response] = []
        for _ in range(REDIRECTS_MAX):
            quota.reserve(CallKind.READ, path=request.url.path).spend()
            with quota.slot():
                response = self._exchange.signed(request, auth, kind=CallKind.READ, deadline=deadline, sink=sink)
            location = response.headers.get("location")
            if response.status_code not in REDIRECTS or location is None or request.method not in ("GET", "HEAD"):
                response.history = passed
                return response
            passed.append(response)
            target = self._addresses.redirected(request.url, location)
            if target is None:
                raise self._exchange.trouble(
                    f"The vendor redirected to {_host(location)}, outside its declared hosts; it was not followed.",
                    _host(location),
                    code=REDIRECTED_OUTSIDE,
                )
            if same_origin(origin, target):
                own = {name: value for name, value in request.headers.items() if name not in ("host", "authorization")}
            else:  # any header may be a credential
                auth, own = None, DEFAULT_HEADERS
            request = QuietRequest(request.method, target, headers=own, body={})
            request.extensions["read"] = True
        raise self._exchange.trouble("The vendor redirected in a circle.")


def _host(location: str) -> str:
    """The host that an address names, for people to read; never its path or query, which may be a credential."""
    try:
        return httpx.URL(location).host or "an address"
    except (httpx.InvalidURL, ValueError):
        return "an address"
