"""The one HTTP client of a connection: allow-list, permits, deadlines, retries of reads, counting, redaction."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from mlc.errors import NotFoundError, PluginError, TransientError
from mlc.http.addresses import Addresses
from mlc.http.calls import CallKind, Calls
from mlc.http.clocks import boottime
from mlc.http.custody import MintWatch
from mlc.http.exchange import Exchange
from mlc.http.local import local_write
from mlc.http.permits import Permit
from mlc.http.quota import QuotaGate, Reservation
from mlc.http.reads import DEFAULT_HEADERS, Reads
from mlc.http.redaction import Body, QuietRequest, Redactor, body_of
from mlc.http.transport import SocketTransport

READING = frozenset({"GET", "HEAD", "OPTIONS"})
DEADLINE_S = 30.0
MINT_DEADLINE_S = 20.0


class VendorClient:
    """One connection's way to its vendor. Threads may share it; each has its own permit.

    Args:
        hosts: the hosts the system declared.
        endpoint: base URL that replaces them all.
        transport: anything that answers requests, for tests; else pooled sockets.
        quota: the gate in front of every call; None lets everything pass.
        secrets: values that must never show, wherever they stand.
    """

    def __init__(
        self,
        connection: str,
        system: str,
        *,
        hosts: Iterable[str],
        endpoint: str | None = None,
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        quota: QuotaGate | None = None,
        deadline_s: float = DEADLINE_S,
        secrets: Iterable[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self.system = system
        self.calls = Calls()
        self.quota = QuotaGate() if quota is None else quota
        self._addresses = Addresses(hosts, endpoint=endpoint)
        self._auth = auth
        self._redactor = Redactor(secrets)
        self._exchange = Exchange(
            SocketTransport() if transport is None else transport,
            connection=connection,
            system=system,
            calls=self.calls,
            quota=self.quota,
            redact=self._redactor.redact,
        )
        self._reads = Reads(self._exchange, self._addresses, deadline_s=deadline_s, sleep=sleep)
        self._deadline_s = deadline_s
        self._local = threading.local()

    def use(self, auth: httpx.Auth) -> None:
        """Sign all further requests with ``auth``."""
        self._auth = auth

    def redact(self, text: str) -> str:
        """Mask credentials in a text, this connection's own wherever they stand."""
        return self._redactor.redact(text)

    def hide(self, group: str, secrets: Iterable[str]) -> None:
        """Mask these values from now on, instead of the earlier ones of the same group."""
        self._redactor.hide(group, secrets)

    def close(self) -> None:
        self._exchange.transport.close()

    def __repr__(self) -> str:
        return f"<VendorClient {self.connection} ({self.system})>"

    # ------------------------------------------------------------------ what plugins call

    def get(self, url: str, *, params: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Read. Tried up to three times on connection problems and 5xx; any status is returned as it is.

        Raises: TransientError, RateLimitedError (nothing was sent).
        """
        return self._reads.read(self._request("GET", url, params=params, headers=headers, read=True), self._auth)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        read: bool = False,
    ) -> httpx.Response:
        """Send a request; ``read=True`` says that it changes nothing, whatever its method.

        A mutating one goes out at most once, only inside a permit, and its redirects are answers like any other.

        Raises: PluginError outside a permit or for a second mutating request (nothing was sent), LateError (likewise),
        TransientError, RateLimitedError (nothing was sent).
        """
        body = body_of(content=content, json=json, data=data, files=files)
        if read or method.upper() in READING:
            request = self._request(method.upper(), url, params=params, headers=headers, body=body, read=True)
            return self._reads.read(request, self._auth)
        permit = self._permit_to_write(method.upper())
        request = self._request(method.upper(), url, params=params, headers=headers, body=body, read=False)
        permit.claim(request.read)
        reservation = permit.reservation or self.quota.reserve(CallKind.WRITE)
        reservation.spend()
        deadline_s = self._deadline_s if permit.deadline_s is None else permit.deadline_s
        with self.quota.slot():
            return self._exchange.signed(
                request, self._auth, kind=CallKind.WRITE, deadline=boottime() + deadline_s, permit=permit
            )

    def local_write(self, content: bytes) -> AbstractContextManager[None]:
        """Around a write without HTTP, e.g. a rename: before the block nothing is done, after it everything is. A block
        that raises leaves the write uncertain. Raises what ``send`` raises, and then the block is not run."""
        return local_write(self._permit_to_write("a file"), content, quota=self.quota, calls=self.calls)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.send("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.send("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> httpx.Response:
        return self.send("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        return self.send("DELETE", url, **options)

    def mint(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call a token endpoint: unsigned, outside permits and all quotas but those of logins, in 20 s, never repeated.

        Raises: TransientError, RateLimitedError (nothing was sent).
        """
        body = body_of(content=None, json=json, data=data, files=None)
        request = self._request(method.upper(), url, params=None, headers=headers, body=body, read=False)
        watch: MintWatch | None = getattr(self._local, "mint_watch", None)
        replayed = None if watch is None else watch.replay(request)
        if replayed is not None:
            return replayed
        self.quota.reserve(CallKind.MINT).spend()
        response = self._exchange.once(
            request,
            kind=CallKind.MINT,
            deadline=boottime() + MINT_DEADLINE_S,
            gate=None if watch is None else watch.before_send,
        )
        if watch is not None:
            watch.record(request, response)
        return response

    def download(
        self,
        url: str,
        *,
        into: Path,
        max_bytes: int,
        authenticated: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Headers:
        """Stream a file to ``into``, which exists only when it is whole. Returns the answer's headers.

        Raises: NotFoundError, RejectedError (more than ``max_bytes``), TransientError, also for any other status.
        """
        part = into.with_name(into.name + ".part")
        try:
            request = self._request("GET", url, params=None, headers=headers, read=True)
            response = self._reads.read(request, self._auth if authenticated else None, sink=(part, max_bytes))
            if response.status_code != 200:
                raise (NotFoundError if response.status_code in (404, 410) else TransientError)(
                    f"The vendor answered a download with {response.status_code}.",
                    status=response.status_code,
                    system=self.system,
                    connection=self.connection,
                )
            os.replace(part, into)
        finally:
            part.unlink(missing_ok=True)
        return response.headers

    # ------------------------------------------------------------------ what core calls

    @contextmanager
    def permit(
        self,
        key: str,
        *,
        not_after_boottime: float | None = None,
        reservation: Reservation | None = None,
        payload: bytes | Sequence[bytes] | None = None,
        deadline_s: float | None = None,
    ) -> Iterator[Permit]:
        """Let this thread make one mutating request, not after the given moment, within ``deadline_s`` (R1, R3).

        With ``payload``, the stored bytes, only a request with exactly that body may leave (R10), with several one
        that holds them all unchanged and in order (R8).
        ``permit.verdict()`` then says what may be believed, whatever came out of the block.
        """
        if self.current_permit is not None:
            raise PluginError("A permit is already open in this thread.")
        permit = Permit(
            key,
            not_after_boottime=not_after_boottime,
            reservation=reservation,
            payload=payload,
            deadline_s=deadline_s,
        )
        self._local.permit = permit
        try:
            yield permit
        finally:
            self._local.permit = None
            if reservation is not None:
                reservation.release()

    @property
    def current_permit(self) -> Permit | None:
        """The permit of this thread."""
        permit: Permit | None = getattr(self._local, "permit", None)
        return permit

    def reserve_write(self) -> Reservation:
        """Everything that can block, before ``sending`` is committed (R2): a quota token, and a valid access token.

        Raises: RateLimitedError, AuthError, TransientError.
        """
        reservation = self.quota.reserve(CallKind.WRITE)
        prepare = getattr(self._auth, "prepare", None)
        if prepare is not None:
            try:
                prepare()
            except BaseException:
                reservation.release()
                raise
        return reservation

    @contextmanager
    def watching(self, watch: MintWatch) -> Iterator[None]:
        """Token calls of this thread inside the block are made under ``watch``."""
        before = getattr(self._local, "mint_watch", None)
        self._local.mint_watch = watch
        try:
            yield
        finally:
            self._local.mint_watch = before

    # ------------------------------------------------------------------ inside

    def _permit_to_write(self, what: str) -> Permit:
        permit = self.current_permit
        if permit is None:
            raise PluginError(f"The plugin tried to write ({what}) outside a permit; nothing was sent.")
        return permit

    def _request(
        self,
        method: str,
        url: str,
        *,
        params: Any,
        headers: Mapping[str, str] | None,
        read: bool,
        body: Body | None = None,
    ) -> QuietRequest:
        address = self._addresses.resolve(url, params=params)
        request = QuietRequest(method, address, headers={**DEFAULT_HEADERS, **(headers or {})}, body=body or {})
        request.extensions["read"] = read
        return request
