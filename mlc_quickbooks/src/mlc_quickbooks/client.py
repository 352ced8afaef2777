"""QuickBooks Online Accounting API v3: one method per kind of call. Every answer is checked here and becomes data or a
core error.

Limits: 500 calls a minute and 10 a second per company; reads are metered by the month, writes are not.
Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mlc import Attachment
from mlc.errors import TransientError
from mlc.http import Response, decode
from mlc.wire import Body, encode

from mlc_quickbooks.auth import QuickBooksConnection, realm_of
from mlc_quickbooks.entities import Entity
from mlc_quickbooks.errors import error_for
from mlc_quickbooks.schemas import Row, inner, instant, rows
from mlc_quickbooks.settings import API_HOSTS

REQUEST_ID_MAX = 50
_ACCEPT = {"Accept": "application/json"}
_QUERY = {**_ACCEPT, "Content-Type": "application/text"}
_WRITE = {**_ACCEPT, "Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer to a query. ``at``: QuickBooks' clock when it answered, None when it did not say."""

    rows: list[Row]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """One answer of change data capture. ``count``: objects in it, which QuickBooks caps at 1,000."""

    rows: Mapping[str, list[Row]]
    at: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class QuickBooksClient:
    """Calls of one company. Reads are repeated by core; a write goes out once, inside core's permit.

    Raises (every method): AuthError, RateLimitedError, TransientError, NotFoundError, RejectedError, DuplicateError,
    ClosedPeriodError, ConflictError, ReferenceMissingError, as ``errors`` classifies the answer.
    """

    connection: QuickBooksConnection

    # ------------------------------------------------------------------ reading

    def query(self, entity: str, statement: str) -> Listing:
        """Whole objects of one entity, as a POST so that a long list of ids fits.

        Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
        """
        response = self.connection.http.send(
            "POST", self._url("query"), params=self._params(), headers=_QUERY, content=statement.encode(), read=True
        )
        body = self._checked(response)
        if not isinstance(body.get("QueryResponse"), Mapping):
            raise TransientError(f"QuickBooks answered a query of {entity} with something that is no list.")
        return Listing(rows(inner(body, "QueryResponse"), entity), clock_of(response, body))

    def changes(self, entities: tuple[Entity, ...], since: datetime) -> Changes:
        """What changed since a moment: whole objects, and stubs of deleted ones.

        Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
        """
        stamp = since.astimezone(UTC).replace(microsecond=0).isoformat()
        names = ",".join(entity.name for entity in entities)
        response, body = self._get("cdc", {"entities": names, "changedSince": stamp})
        answers = rows(body, "CDCResponse")
        if not isinstance(body.get("CDCResponse"), list):
            raise TransientError("QuickBooks answered change data capture with something that is none.")
        blocks = [block for answer in answers for block in rows(answer, "QueryResponse")]
        found = {entity.name: [row for block in blocks for row in rows(block, entity.name)] for entity in entities}
        return Changes(found, clock_of(response, body), sum(len(each) for each in found.values()))

    def company(self) -> Row:
        """Name, country, edition."""
        return _entity(self._get(f"companyinfo/{realm_of(self.connection)}", {})[1], "CompanyInfo")

    def preferences(self) -> tuple[Row, datetime | None]:
        """What the company has switched on, its base currency, its closing date; and QuickBooks' clock."""
        response, body = self._get("preferences", {})
        return _entity(body, "Preferences"), clock_of(response, body)

    def exchange_rate(self, currency: str, day: str) -> Row:
        """The company's own rate of a currency on a day.

        Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/exchangerate
        """
        body = self._get("exchangerate", {"sourcecurrencycode": currency, "asofdate": day})[1]
        return _entity(body, "ExchangeRate")

    # ------------------------------------------------------------------ writing

    def write(
        self, entity: Entity, content: bytes, *, request_id: str | None, params: Mapping[str, str] | None = None
    ) -> Row | None:
        """Create or change a record. The record as QuickBooks shows it now; None when the answer holds none.

        ``request_id``: a repetition with the same one gives the first answer and makes nothing.
        """
        response = self.connection.http.post(
            self._url(entity.path), params=self._params(request_id, params), headers=_WRITE, content=content
        )
        shown = inner(self._checked(response), entity.name)
        return shown or None

    def upload(self, entity: Entity, record_id: str, file: Attachment, *, request_id: str | None) -> Row | None:
        """Add a file to a document; 100 MB in all at most.

        Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/attachable
        """
        link: Body = {"EntityRef": {"type": entity.name, "value": record_id}, "IncludeOnSend": False}
        about: Body = {"AttachableRef": [link], "FileName": file.filename, "ContentType": file.mime_type}
        with file.path.open("rb") as content:
            files = {
                "file_metadata_01": ("attachment.json", encode(about), "application/json"),
                "file_content_01": (file.filename, content, file.mime_type),
            }
            response = self.connection.http.post(
                self._url("upload"), params=self._params(request_id), headers=_ACCEPT, files=files
            )
        body = self._checked(response)
        for one in rows(body, "AttachableResponse"):
            self._raise(response, one)
            return inner(one, "Attachable") or None
        return None

    # ------------------------------------------------------------------ inside

    def _get(self, path: str, params: Mapping[str, str]) -> tuple[Response, Row]:
        response = self.connection.http.get(self._url(path), params=self._params(more=params), headers=_ACCEPT)
        return response, self._checked(response)

    def _params(self, request_id: str | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        params = {**(more or {}), "minorversion": str(self.connection.settings.minor_version)}
        if request_id is not None:
            params["requestid"] = short_id(request_id)
        return params

    def _url(self, path: str) -> str:
        host = API_HOSTS[self.connection.settings.environment]
        return f"https://{host}/v3/company/{realm_of(self.connection)}/{path}"

    def _checked(self, response: Response) -> Row:
        try:
            body: Any = decode(response)
        except TransientError:
            if response.status_code in (401, 403, 404, 429):
                body = {}
            else:
                raise
        self._raise(response, body)
        found: Row = body
        return found

    def _raise(self, response: Response, body: Any) -> None:
        error = error_for(response, body)
        if error is not None:
            error.system, error.connection = self.connection.system, self.connection.name
            raise error


def short_id(request_id: str) -> str:
    """A request id within QuickBooks' 50 characters; the same text always gives the same."""
    if len(request_id) <= REQUEST_ID_MAX:
        return request_id
    return hashlib.sha256(request_id.encode()).hexdigest()[:REQUEST_ID_MAX]


def clock_of(response: Response, body: Row) -> datetime | None:
    """The vendor's clock: ``time`` of the answer, else the ``Date`` header, as aware UTC."""
    stated = instant(body.get("time"))
    if stated is not None:
        return stated
    header = response.headers.get("date")
    if header is None:
        return None
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None


def _entity(body: Row, name: str) -> Row:
    found = inner(body, name)
    if not found:
        raise TransientError(f"QuickBooks answered without its {name}.")
    return found
