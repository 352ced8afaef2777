"""BILL's API v3: one method per kind of call. Every answer is checked here and becomes data or a core error.

Limits: 20,000 calls an hour per developer key, 3 at once per key and organisation; Spend & Expense 60 a minute.
Vendor doc: https://developer.bill.com/docs/api-rate-limits, https://developer.bill.com/docs/search-op-with-lists
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from mlc import Attachment
from mlc.errors import NotFoundError, RejectedError, TransientError
from mlc.http import Response, decode

from mlc_bill.auth import SPEND_HEADER, UNSIGNED, BillConnection
from mlc_bill.entities import Entity
from mlc_bill.errors import NO_DATA, clock_of, error_for
from mlc_bill.schemas import Row, inner, rows, text
from mlc_bill.settings import host_of

JSON = {"Content-Type": "application/json"}
#: Put in place of the token that the Auth fills in.
SPEND = {SPEND_HEADER: "-"}
#: Refusals of an id that could not exist; what BILL says to an unknown one is not documented.
UNKNOWN_ID = frozenset({NO_DATA, "BDC_1108", "BDC_1119", "BDC_1129", "400", "404", "422"})
FILE_MAX = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. ``at``: BILL's clock when it answered. ``next``: the cursor of the following page."""

    rows: list[Row]
    next: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class BillClient:
    """Calls of one organisation. Reads are repeated by core; a write goes out once, inside core's permit.

    Raises (every method): AuthError, RateLimitedError, TransientError, NotFoundError, RejectedError, DuplicateError,
    as ``errors`` classifies the answer.
    """

    connection: BillConnection

    # ------------------------------------------------------------------ reading

    def page(
        self,
        entity: Entity,
        *,
        filters: str | None = None,
        sort: str | None = None,
        cursor: str | None = None,
        max_rows: int | None = None,
    ) -> Listing:
        """One page of a list. Spend & Expense takes the cursor as ``nextPage`` and ignores ``page``.

        Vendor doc: https://developer.bill.com/docs/search-op-with-lists
        """
        most = min(self.connection.settings.page_size, entity.max) if max_rows is None else max_rows
        params = {"max": str(most)}
        if filters is not None:
            params["filters"] = filters
        if sort is not None:
            params["sort"] = sort
        if cursor is not None:
            params["nextPage" if entity.spend else "page"] = cursor
        response, body = self._get(entity.path, params, spend=entity.spend)
        if not isinstance(body, Mapping) or not isinstance(body.get("results"), list):
            raise TransientError(f"BILL answered the list of {entity.what} with something that is no list.")
        return Listing(rows(body, "results"), text(body, "nextPage"), clock_of(response))

    def one(self, entity: Entity, record_id: str) -> Row:
        """One record. Raises NotFoundError when there is none, whichever way BILL says so."""
        try:
            return _object(self._get(f"{entity.path}/{record_id}", {}, spend=entity.spend)[1])
        except RejectedError as error:
            if error.code not in UNKNOWN_ID:
                raise
            raise NotFoundError("BILL has no such record.", error.detail, code=error.code) from error

    def every(self, entity: Entity) -> Iterator[Row]:
        """All rows of a short list. A cursor that leads to itself ends it."""
        cursor = None
        while True:
            listing = self.page(entity, cursor=cursor, max_rows=entity.max)
            yield from listing.rows
            if listing.next in (None, cursor):
                return
            cursor = listing.next

    def get(self, path: str) -> Any:
        """Any other read of AP & AR."""
        return self._get(path, {})[1]

    def documents(self, bill_id: str) -> list[Row]:
        """The files of a bill. Vendor doc: https://developer.bill.com/reference/listbilldocuments"""
        body = self._get(f"documents/bills/{bill_id}", {"max": "100"})[1]
        return rows(_object(body), "results")

    def session(self) -> tuple[Row, datetime | None]:
        """Who is logged in, and BILL's clock. Vendor doc: https://developer.bill.com/reference/getapisessiondetails"""
        response, body = self._get("login/session", {})
        return _object(body), clock_of(response)

    def spend_user(self) -> Row:
        """Whose Spend & Expense token it is. Vendor doc: https://developer.bill.com/docs/spend-expense-api"""
        return _object(self._get("spend/users/current", {}, spend=True)[1])

    # ------------------------------------------------------------------ writing

    def send(self, method: str, path: str, content: bytes, *, spend: bool = False) -> Row:
        """A write with a JSON body, or none. The record as BILL shows it now.

        Vendor doc: https://developer.bill.com/docs/ap-bills (and the pages of the other entities)
        """
        headers = {**(JSON if content else {}), **(SPEND if spend else {})}
        response = self.connection.http.send(method, self._url(path), content=content, headers=headers)
        return _object(self._checked(response, spend=spend))

    def upload(self, bill_id: str, file: Attachment) -> Row:
        """Add a file to a bill, at most 6 MB; its id is a passing one until BILL has finished with it.

        Vendor doc: https://developer.bill.com/reference/uploadbilldocument
        """
        response = self.connection.http.send(
            "POST",
            self._url(f"documents/bills/{bill_id}"),
            params={"name": file.filename},
            content=file.path.read_bytes(),
            headers={"Content-Type": file.mime_type},
        )
        return _object(self._checked(response))

    def upload_receipt(self, file: Attachment) -> str:
        """Put a picture where Spend & Expense wants it; the URL that a reimbursement names it by.

        Both calls count as reads: what no reimbursement names changes nothing, and may be put there again.

        Vendor doc: https://developer.bill.com/docs/reimbursements
        """
        http, path = self.connection.http, self._url("spend/reimbursements/image-upload-url")
        url = text(_object(self._checked(http.send("POST", path, headers=SPEND, read=True), spend=True)), "url")
        if url is None:
            raise TransientError("BILL gave no address to upload the receipt to.")
        headers = {"Content-Type": file.mime_type, UNSIGNED: "-"}
        content, address = file.path.read_bytes(), self._storage(url)
        self._checked_upload(http.send("PUT", address, content=content, headers=headers, read=True))
        return url

    def _storage(self, url: str) -> str:
        """The address to call for an upload URL. A stand-in's own counts as the gateway's.

        Raises: RejectedError for a host that nobody has allowed.
        """
        settings, parts = self.connection.settings, urlsplit(url)
        endpoint = urlsplit(settings.endpoint) if settings.endpoint else None
        if endpoint is not None and parts.netloc == endpoint.netloc:
            return urlunsplit(("https", host_of(settings), parts.path, parts.query, ""))
        if parts.scheme == "https" and parts.hostname in settings.upload_hosts:
            return url
        raise RejectedError(
            f"BILL wants receipts uploaded to {parts.hostname or 'an address without a host'}, which this connection "
            "may not call. Add the host to upload_hosts to allow it.",
            field="attachment",
            connection=self.connection.name,
        )

    # ------------------------------------------------------------------ subscriptions

    def subscriptions(self, *, spend: bool) -> list[Row]:
        """All subscriptions of the organisation, strangers' too; ten at most.

        Vendor doc: https://developer.bill.com/docs/working-with-bill-webhooks
        """
        response = self.connection.http.get(
            self._events("subscriptions"), params={"max": "100"}, headers=_family(spend)
        )
        body = self._checked(response, spend=spend)
        entries = body if isinstance(body, list) else inner({"body": body}, "body").get("results")
        if not isinstance(entries, list):
            raise TransientError("BILL answered the list of subscriptions with something that is no list.")
        return [entry for entry in entries if isinstance(entry, Mapping)]

    def change_subscription(
        self, method: str, path: str, content: bytes, *, spend: bool, idempotent: str | None = None
    ) -> Row:
        """Make, change, end a subscription, or make its key anew. Answers 200 to all of them.

        Vendor doc: https://developer.bill.com/reference/createsubscription
        """
        headers = {**_family(spend), **(JSON if content else {})}
        if idempotent is not None:
            headers["X-Idempotent-Key"] = idempotent
        response = self.connection.http.send(method, self._events(path), content=content, headers=headers)
        error = error_for(response, now=self.connection.now(), spend=spend)
        if error is not None:
            raise error
        body = decode(response) if response.content.strip() else {}
        return body if isinstance(body, Mapping) else {}

    # ------------------------------------------------------------------ inside

    def _get(self, path: str, params: Mapping[str, str], *, spend: bool = False) -> tuple[Response, Any]:
        response = self.connection.http.get(self._url(path), params=params, headers=_family(spend))
        return response, self._checked(response, spend=spend)

    def _checked_upload(self, response: Response) -> None:
        if not response.is_success:
            raise TransientError(
                f"The storage for receipts answered an upload with {response.status_code}.",
                status=response.status_code,
                connection=self.connection.name,
            )

    def _checked(self, response: Response, *, spend: bool = False) -> Any:
        error = error_for(response, now=self.connection.now(), spend=spend)
        if error is not None:
            error.connection = self.connection.name
            raise error
        return decode(response)

    def _url(self, path: str) -> str:
        return f"https://{host_of(self.connection.settings)}/connect/v3/{path}"

    def _events(self, path: str) -> str:
        return f"https://{host_of(self.connection.settings)}/connect-events/v3/{path}"


def _family(spend: bool) -> dict[str, str]:
    return dict(SPEND) if spend else {}


def _object(body: Any) -> Row:
    if not isinstance(body, Mapping):
        raise TransientError("BILL answered something that is no object.")
    return body
