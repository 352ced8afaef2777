"""Basware's API: one method per kind of call. Every answer is checked here and becomes data or a core error.

Lists: a token in a response header leads on; 404 without a body says that nothing is there. Downloads may be redirected
to pre-signed addresses, where the token stands on either answer.

Vendor doc: https://developer.basware.com/en/api/p2p/manual, https://developer.basware.com/en/api/p2p/faq
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlc.errors import ConfigError, MlcError, NotFoundError, TransientError
from mlc.http import REDIRECTED_OUTSIDE, Headers, Response, decode

from mlc_basware.auth import BaswareConnection
from mlc_basware.entities import Resource
from mlc_basware.errors import clock_of, error_for, request_id_of
from mlc_basware.schemas import Row, rows, text
from mlc_basware.settings import host_of

ANYTHING = {"Accept": "*/*"}
JSON = {"Content-Type": "application/json"}
TOKEN_OUT = "X-amz-meta-continuationToken"  # noqa: S105 - the name of a header
TOKEN_IN = "x-amz-meta-continuationtoken"  # noqa: S105
PAGES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. ``at``: Basware's clock when it answered. ``next``: the token of the following page."""

    rows: list[Row]
    next: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write got. ``request_id``: under which its outcome is told later."""

    body: Any
    request_id: str | None


@dataclass(frozen=True, slots=True)
class BaswareClient:
    """Calls of one tenant. Reads are repeated by core; a write goes out once, inside core's permit.

    Raises (every method): AuthError, RateLimitedError, TransientError, NotFoundError, ConflictError, RejectedError,
    as ``errors`` classifies the answer.
    """

    connection: BaswareConnection

    # ------------------------------------------------------------------ reading

    def page(
        self,
        path: str,
        wrapper: str | None,
        params: Mapping[str, str],
        *,
        token: str | None = None,
    ) -> Listing:
        """One page of a list; ``wrapper`` None for a bare array. Nothing there is an empty page."""
        headers = {} if token is None else {TOKEN_IN: token}
        response = self._get(path, params, headers)
        if response.status_code == 404:
            return Listing([], None, self._clock(response))
        body = self._checked(response)
        listed = body if wrapper is None else body.get(wrapper) if isinstance(body, Mapping) else None
        if not isinstance(listed, list):
            raise TransientError(f"Basware answered the list {path} with something that is no list.")
        found = [row for row in listed if isinstance(row, Mapping)]
        return Listing(found, self._header(response, TOKEN_OUT), self._clock(response))

    def every(self, resource: Resource, params: Mapping[str, str] | None = None) -> Iterator[Row]:
        """All rows of a list. Raises TransientError when it leads back to itself."""
        most = min(self.connection.settings.page_size, resource.most)
        asked = {"pageSize": str(most), **(params or {})}
        token: str | None = None
        for _ in range(PAGES_MAX):
            listing = self.page(resource.url, resource.wrapper, asked, token=token)
            yield from listing.rows
            if listing.next is None:
                return
            if listing.next == token:
                break
            token = listing.next
        raise TransientError(f"Basware's list of {resource.path} does not end; nothing was concluded from it.")

    def one(self, resource: Resource, code: str) -> Row:
        """One record by its key at Basware, whichever way it is wrapped. Raises NotFoundError when there is none."""
        body = self.get(f"{resource.url}/{quote(code, safe='')}")
        if isinstance(body, Mapping) and isinstance(body.get(resource.wrapper), list):
            body = next(iter(rows(body, resource.wrapper)), None)
        if isinstance(body, list):
            body = next((row for row in body if isinstance(row, Mapping)), None)
        if body is None:
            raise NotFoundError("Basware has no such record.", resource.path)
        if not isinstance(body, Mapping):
            raise TransientError(f"Basware answered a record of {resource.path} with something that is none.")
        return body

    def maybe(self, resource: Resource, code: str) -> Row | None:
        """One record, None when there is none."""
        try:
            return self.one(resource, code)
        except NotFoundError:
            return None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Any other read."""
        return self._checked(self._get(path, params or {}, {}))

    def download(self, path: str, into: Path, *, max_bytes: int) -> Headers:
        """Stream a file to ``into``, which exists only when it is whole. Returns the answer's headers.

        Raises: ConfigError for a storage that nobody declared, TransientError for every status but 200.
        """
        try:
            return self.connection.http.download(self._url(path), into=into, max_bytes=max_bytes, headers=ANYTHING)
        except TransientError as error:
            raise explained(self.connection, error) from error

    # ------------------------------------------------------------------ writing

    def send(self, method: str, path: str, content: bytes, params: Mapping[str, str] | None = None) -> Answer:
        """A write, with a JSON body or none."""
        response = self.connection.http.send(
            method, self._url(path), content=content, headers=JSON, params=dict(params or {})
        )
        error = error_for(response, now=self.connection.now())
        if error is not None:
            error.connection = self.connection.name
            raise error
        body = decode(response) if response.content.strip() else None
        return Answer(body, request_id_of(response))

    # ------------------------------------------------------------------ inside

    def _get(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        try:
            return self.connection.http.get(self._url(path), params=dict(params), headers=headers)
        except TransientError as error:
            raise explained(self.connection, error) from error

    def _checked(self, response: Response) -> Any:
        error = error_for(response, now=self.connection.now())
        if error is not None:
            error.connection = self.connection.name
            raise error
        return decode(response)

    def _url(self, path: str) -> str:
        return f"https://{host_of(self.connection.settings)}/{path}"

    @staticmethod
    def _header(response: Response, name: str) -> str | None:
        """From the last answer, else from one that led to it."""
        for one in (response, *reversed(response.history)):
            found: str | None = one.headers.get(name)
            if found:
                return found
        return None

    @staticmethod
    def _clock(response: Response) -> datetime | None:
        """The API's own clock: a storage that a redirect leads to has another."""
        first = response.history[0] if response.history else response
        return clock_of(first) or clock_of(response)


def explained(connection: BaswareConnection, error: TransientError) -> MlcError:
    """A redirect that was not followed, with what to do about it; any other trouble as it is."""
    if error.code != REDIRECTED_OUTSIDE:
        return error
    return ConfigError(
        f"Basware's answer lies at {error.detail}, a host that redirect_hosts of {connection.name} does not name; "
        "nothing was sent there. If it is Basware's storage, add it.",
        system=connection.system,
        connection=connection.name,
    )


def named(row: Row, key: str) -> str:
    """A key that a row must have to be anything at all; empty when it has not."""
    return text(row, key) or ""
