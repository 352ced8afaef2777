"""One method per endpoint of Procurify. Paths end in a slash, every call says ``X-Procurify-Client: api``.

Vendor doc: https://developer.procurify.com (read 2026-08)
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from mlc.errors import TransientError
from mlc.http import Response, decode

from mlc_procurify import SYSTEM
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.errors import http_date, raise_for, suspended
from mlc_procurify.redaction import without_secrets
from mlc_procurify.schemas import ListReply, Pagination

HEADERS = {"X-Procurify-Client": "api"}
TRIES = 3
Query = Sequence[tuple[str, str]]


class Client:
    """Reads of one tenant. What it returns has lost its bank and card details."""

    def __init__(self, connection: ProcurifyConnection) -> None:
        self._connection = connection

    # ------------------------------------------------------------------ lists

    def page(self, path: str, query: Query, *, what: str) -> ListReply:
        """Read one page of any list. A page beyond the end is an empty last page.

        A page that does not come in time is asked for again in smaller pieces, starting at the same row, twice at most:
        Procurify suspends clients whose requests time out.

        Args:
            query: filters, ``page`` and ``page_size``.

        Raises: AccessSuspendedError, AuthError, RateLimitedError, RejectedError, TransientError.
        """
        for _ in range(TRIES):
            try:
                response = self._get(path, query)
            except TransientError as error:
                if not timed_out(error):
                    raise
                failure = error
                query = halved(query)
            else:
                return self._listed(response, query, what=what)
        raise TransientError(
            f"Procurify did not answer {TRIES} times in a row for {what}, although less was asked for each time. It "
            "suspends clients whose requests time out, so this connection waits. Lower its page_size if this repeats.",
            failure.detail,
            system=SYSTEM,
            connection=self._connection.name,
        )

    def _listed(self, response: Response, query: Query, *, what: str) -> ListReply:
        answered_at = http_date(response.headers.get("date"))
        if response.status_code == 404 and page_number(query) > 1:
            return ListReply(rows=(), pagination=Pagination(), asked=query, answered_at=answered_at)
        self._accepted(response, what=what)
        body = decode(response)
        rows = body.get("data") if isinstance(body, dict) else body
        if not isinstance(rows, list):
            raise TransientError(f"Procurify's answer for {what} holds no list.", system=SYSTEM)
        kept = tuple(without_secrets(row) for row in rows if isinstance(row, dict))
        return ListReply(rows=kept, pagination=_pagination(body), asked=query, answered_at=answered_at)

    # ------------------------------------------------------------------ single objects

    def bill(self, uuid: str) -> dict[str, Any]:
        """Read a bill's detail (the list is v3, the detail v2). Raises NotFoundError."""
        return self._object(f"/api/v2/ap/bills/{quote(uuid, safe='')}/", what="a bill")

    def bill_files(self, uuid: str) -> list[dict[str, Any]]:
        """The invoice attachments of a bill with links as they are now; never stored."""
        body = self._body(f"/api/v2/ap/bills/{quote(uuid, safe='')}/", what="a bill")
        files = body.get("invoice_attachments")
        return [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []

    def purchase_order(self, number: str) -> dict[str, Any]:
        """Read a purchase order with its items, by ``procurify_PO``. Raises NotFoundError."""
        return self._object(f"/api/v2/purchase_orders/{quote(number, safe='')}/", what="a purchase order")

    def vendor(self, vendor_id: str) -> dict[str, Any]:
        """Read a vendor. Raises NotFoundError."""
        return self._object(f"/api/v3/vendors/{quote(vendor_id, safe='')}/", what="a vendor")

    def me(self) -> tuple[dict[str, Any], Response]:
        """Read the integration's own user, and the whole answer for its clock.

        Raises: AccessSuspendedError for 401 and 403.
        """
        response = self._get("/api/v3/users/me/", ())
        if response.status_code == 403:
            raise suspended(response)
        raise_for(response, what="the integration's own user")
        return _data(decode(response)), response

    # ------------------------------------------------------------------ writes: one request each, under core's permit

    def create_vendor(self, body: bytes) -> Response:
        return self._send("POST", "/api/v3/vendors/", body)

    def change_vendor(self, vendor_id: str, body: bytes) -> Response:
        return self._send("PATCH", f"/api/v3/vendors/{quote(vendor_id, safe='')}/", body)

    def mark_as_paid(self, body: bytes) -> Response:
        """Set approved bills that have no payment to paid. The answer repeats the request."""
        return self._send("POST", "/api/v3/ap/bills/mark-as-paid/", body)

    # ------------------------------------------------------------------ inside

    def _url(self, path: str) -> str:
        return f"https://{self._connection.settings.host}{path}"

    def _get(self, path: str, query: Query) -> Response:
        return self._connection.http.get(self._url(path), params=list(query), headers=HEADERS)

    def _send(self, method: str, path: str, body: bytes) -> Response:
        headers = {**HEADERS, "Content-Type": "application/json"}
        return self._connection.http.send(method, self._url(path), content=body, headers=headers)

    def _body(self, path: str, *, what: str) -> dict[str, Any]:
        response = self._get(path, ())
        self._accepted(response, what=what)
        return _data(decode(response))

    def _accepted(self, response: Response, *, what: str) -> None:
        """Raise for anything but success. After a 403 our own user tells a missing permission from lost access."""
        if response.status_code == 403:
            self.me()
        raise_for(response, what=what)

    def _object(self, path: str, *, what: str) -> dict[str, Any]:
        kept = without_secrets(self._body(path, what=what))
        return kept if isinstance(kept, dict) else {}


def timed_out(error: TransientError) -> bool:
    """Whether the vendor was too slow, rather than unreachable or wrong. The transport's own error is the cause."""
    return "Timeout" in type(error.__cause__).__name__


def written(response: Response) -> dict[str, Any]:
    """The object in the answer to a write, without bank details; empty when there is none.

    Raises: TransientError for a body that is not JSON.
    """
    if not response.content.strip():
        return {}
    kept = without_secrets(_data(decode(response)))
    return kept if isinstance(kept, dict) else {}


def page_number(query: Query) -> int:
    text = dict(query).get("page", "1")
    return int(text) if text.isdigit() else 1


def next_query(reply: ListReply) -> Query | None:
    """The query of the next page, None at the end.

    Of the link only ``page`` and ``page_size`` count, whatever host it names. Our own filters stay: a link that forgot
    one would read everything.

    Raises: TransientError for a link that leads back.
    """
    if not reply.pagination.next:
        return None
    linked = dict(parse_qsl(urlsplit(reply.pagination.next).query))
    here, size = page_number(reply.asked), dict(reply.asked).get("page_size", "100")
    page = linked.get("page", str(here + 1))
    if not page.isdigit() or int(page) <= here:
        raise TransientError(
            f"Procurify's list says that page {page} comes after page {here}; reading stopped there.", system=SYSTEM
        )
    ours = [(name, value) for name, value in reply.asked if name not in ("page", "page_size")]
    return [*ours, ("page", page), ("page_size", linked.get("page_size", size))]


def halved(query: Query) -> Query:
    """The same first row with at most half the rows: the size becomes the largest divisor up to half."""
    values = dict(query)
    size, page = int(values.get("page_size", "100")), page_number(query)
    smaller = next((part for part in range(size // 2, 0, -1) if size % part == 0), 1)
    first = (page - 1) * (size // smaller) + 1
    replaced = {"page": str(first), "page_size": str(smaller)}
    return [(name, replaced.get(name, value)) for name, value in query]


def _pagination(body: object) -> Pagination:
    """Most lists hold it under ``metadata``, some at the top."""
    if not isinstance(body, Mapping):
        return Pagination()
    metadata = body.get("metadata")
    inner = metadata.get("pagination") if isinstance(metadata, Mapping) else None
    found = inner if isinstance(inner, Mapping) else body.get("pagination")
    return Pagination.model_validate(found) if isinstance(found, Mapping) else Pagination()


def _data(body: object) -> dict[str, Any]:
    """The object under ``data``; a few replies come without that envelope."""
    if not isinstance(body, dict):
        return {}
    data = body.get("data", body)
    return data if isinstance(data, dict) else {}
