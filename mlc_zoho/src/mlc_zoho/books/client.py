"""Zoho Books API v3: one method per kind of call. Every answer is checked here and becomes a dict or a core error.

Limits: 100 calls a minute per organisation, 1,000 to 10,000 a day by plan, 5 or 10 at once; all callers share them.
Vendor doc: https://www.zoho.com/books/api/v3/introduction/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from mlc import Attachment, Connection, QuotaWindow
from mlc.errors import NotFoundError, TransientError
from mlc.http import Response, decode

from mlc_zoho.auth import api_host
from mlc_zoho.books.entities import Entity
from mlc_zoho.books.errors import error_for
from mlc_zoho.books.schemas import Row, flag, rows
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets

BASE = "/books/v3"
PER_PAGE = 200
FILE_MAX = 10 * 1024 * 1024

BooksConnection = Connection[BooksSettings, ZohoSecrets]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. ``at``: Zoho's clock when it answered, None when it did not say. ``page``: its own count."""

    rows: list[Row]
    more: bool
    at: datetime | None
    page: int | None


@dataclass(frozen=True, slots=True)
class BooksClient:
    """Calls of one organisation. Reads are repeated by core; a write goes out once, inside core's permit.

    Raises (every method): AuthError, RateLimitedError, TransientError, NotFoundError, RejectedError, DuplicateError,
    ClosedPeriodError, as ``errors`` classifies the answer.
    """

    connection: BooksConnection
    organization_id: str | None = None

    def organizations(self) -> Listing:
        """All organisations of the connected user; the one call without an organisation id.

        Vendor doc: https://www.zoho.com/books/api/v3/organizations/#list-organizations
        """
        response, body = self._get("organizations", {})
        return Listing(rows(body, "organizations"), False, clock_of(response), None)

    def organization(self) -> Row:
        """The organisation's profile with its address; without plan.

        Vendor doc: https://www.zoho.com/books/api/v3/organizations/#get-organization
        """
        _, body = self._get(f"organizations/{self.organization_id}", {})
        return _inner(body, "organization")

    def page(self, entity: Entity, params: Mapping[str, str], *, page: int) -> Listing:
        """One page of a list, at most 200 rows, from page 1. A list without ``page_context`` is whole.

        Vendor doc: https://www.zoho.com/books/api/v3/pagination/
        """
        paging = {"page": str(page), "per_page": str(PER_PAGE)}
        response, body = self._get(entity.path, {**params, **paging})
        context = next(iter(rows(body, "page_context")), {})
        stated = str(context.get("page"))
        return Listing(
            rows(body, entity.rows),
            flag(context, "has_more_page") is True,
            clock_of(response),
            int(stated) if stated.isdigit() else None,
        )

    def detail(self, entity: Entity, record_id: str) -> Row:
        """One record, whole. Raises NotFoundError (code 1002) when it is gone.

        Vendor doc: https://www.zoho.com/books/api/v3/ (``GET /<entity>/{id}``)
        """
        _, body = self._get(f"{entity.path}/{record_id}", {})
        return _inner(body, entity.detail)

    def locations(self) -> list[Row]:
        """All locations (branches). Vendor doc: https://www.zoho.com/books/api/v3/locations/#list-all-locations"""
        return rows(self._get("locations", {})[1], "locations")

    def reporting_tags(self) -> list[Row]:
        """All reporting tags. Vendor doc: https://www.zoho.com/books/api/v3/reporting-tags/"""
        return rows(self._get("reportingtags", {})[1], "reporting_tags")

    def tag_options(self, tag_id: str) -> list[Row]:
        """All options of a reporting tag. Vendor doc: https://www.zoho.com/books/api/v3/reporting-tags/"""
        return rows(self._get(f"reportingtags/{tag_id}/options/all", {"tag_id": tag_id})[1], "results")

    def transaction_locks(self) -> list[Row]:
        """Period locks per module. Vendor doc: https://www.zoho.com/books/api/v3/transaction-locking/"""
        return rows(self._get("transactionlocks", {"page": "1", "per_page": str(PER_PAGE)})[1], "transaction_locks")

    def exchange_rates(self, currency_id: str) -> list[Row]:
        """Every rate of a currency that the books hold, each with the day it begins (``effective_date``).

        Vendor doc: https://www.zoho.com/books/api/v3/currency/#list-exchange-rates
        """
        return rows(self._get(f"settings/currencies/{currency_id}/exchangerates", {})[1], "exchange_rates")

    def knows_unique_field(self, entity: Entity, field: str, value: str) -> None:
        """Ask for an update of a record whose unique field holds a value that nothing holds. It changes nothing.

        Without ``X-Upsert`` nothing is created; the body is empty. Raises NotFoundError when the field is there and
        unique, another error when it is not.
        Vendor doc: https://www.zoho.com/books/api/v3/bills/#update-a-bill-using-a-custom-fields-unique-value
        """
        headers = {"X-Unique-Identifier-Key": field, "X-Unique-Identifier-Value": value}
        self._send(
            "PUT", entity.path, headers={**headers, "Content-Type": "application/json"}, content=b"{}", read=True
        )

    def create(self, entity: Entity, content: bytes, *, params: Mapping[str, str]) -> Row:
        """Create a record. Vendor doc: https://www.zoho.com/books/api/v3/ (``POST /<entity>``)"""
        return _inner(self._write("POST", entity.path, content, params=params), entity.detail)

    def upsert(self, entity: Entity, content: bytes, *, params: Mapping[str, str], field: str, value: str) -> Row:
        """Create a record, or update the one whose unique field holds ``value``.

        Vendor doc: https://www.zoho.com/books/api/v3/bills/#update-a-bill-using-a-custom-fields-unique-value
        """
        headers = {"X-Unique-Identifier-Key": field, "X-Unique-Identifier-Value": value, "X-Upsert": "true"}
        return _inner(self._write("PUT", entity.path, content, params=params, headers=headers), entity.detail)

    def update(self, entity: Entity, record_id: str, content: bytes) -> Row:
        """Update a record; ``line_items`` replace all lines.

        Vendor doc: https://www.zoho.com/books/api/v3/ (``PUT /<entity>/{id}``)
        """
        return _inner(self._write("PUT", f"{entity.path}/{record_id}", content), entity.detail)

    def act(self, entity: Entity, record_id: str, verb: str) -> Row:
        """Change a record's status; the answer has no record.

        Vendor doc: https://www.zoho.com/books/api/v3/ (``POST /<entity>/{id}/status/…``)
        """
        return _inner(self._write("POST", f"{entity.path}/{record_id}/{verb}", b""), entity.detail)

    def mark(self, entity: Entity, record_id: str, content: bytes) -> None:
        """Write these custom fields of a document and nothing else; the path is singular, the body an array.

        Vendor doc: https://www.zoho.com/books/api/v3/bills/#update-custom-field-in-existing-bills
        """
        self._write("PUT", f"{entity.detail}/{record_id}/customfields", content)

    def unapply(self, bill_id: str, bill_payment_id: str) -> None:
        """Take a payment off a bill; the amount becomes excess of the payment.

        Vendor doc: https://www.zoho.com/books/api/v3/bills/#delete-a-payment
        """
        self._write("DELETE", f"bills/{bill_id}/payments/{bill_payment_id}", b"")

    def refund(self, payment_id: str, content: bytes) -> None:
        """Book the refund of a vendor payment's excess.

        Vendor doc: https://www.zoho.com/books/api/v3/vendor-payments/#refund-an-excess-vendor-payment
        """
        self._write("POST", f"vendorpayments/{payment_id}/refunds", content)

    def attach(self, entity: Entity, record_id: str, attachment: Attachment) -> None:
        """Add a file to a document: gif, png, jpeg, bmp or pdf, at most 10 MB.

        Vendor doc: https://www.zoho.com/books/api/v3/bills/#add-attachment-to-a-bill
        """
        with attachment.path.open("rb") as file:
            files = {"attachment": (attachment.filename, file, attachment.mime_type)}
            self._send("POST", f"{entity.path}/{record_id}/attachment", files=files)

    def create_person(self, content: bytes) -> Row:
        """One more person of the contact that the body names.

        Vendor doc: https://www.zoho.com/books/api/v3/contact-persons/#create-a-contact-person
        """
        return _inner(self._write("POST", "contacts/contactpersons", content), "contact_person")

    def update_person(self, person_id: str, content: bytes) -> Row:
        """What was sent over what stands there; the contact's other persons stay as they are.

        Vendor doc: https://www.zoho.com/books/api/v3/contact-persons/#update-a-contact-person
        """
        return _inner(self._write("PUT", f"contacts/contactpersons/{person_id}", content), "contact_person")

    def download(self, path: str, *, into: Path) -> Mapping[str, str]:
        """Stream a document's file. Returns the headers. Raises NotFoundError, TransientError.

        Vendor doc: https://www.zoho.com/books/api/v3/bills/#get-a-bill-attachment
        """
        url = f"{api_host(self.connection)}{BASE}{path}?organization_id={self.organization_id}"
        try:
            return self.connection.http.download(url, into=into, max_bytes=FILE_MAX)
        except TransientError as error:
            if error.status == 404:
                raise NotFoundError("Zoho Books has no such file.", status=404) from error
            raise

    def _get(self, path: str, params: Mapping[str, str]) -> tuple[Response, Row]:
        response = self.connection.http.get(f"{api_host(self.connection)}{BASE}/{path}", params=self._scoped(params))
        return response, self._checked(response)

    def _write(
        self,
        method: str,
        path: str,
        content: bytes,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Row:
        typed = {"Content-Type": "application/json", **(headers or {})} if content else {**(headers or {})}
        return self._send(method, path, params=params, headers=typed, content=content)

    def _send(self, method: str, path: str, *, params: Mapping[str, str] | None = None, **options: Any) -> Row:
        url = f"{api_host(self.connection)}{BASE}/{path}"
        return self._checked(self.connection.http.send(method, url, params=self._scoped(params or {}), **options))

    def _scoped(self, params: Mapping[str, str]) -> dict[str, str]:
        return dict(params) if self.organization_id is None else {**params, "organization_id": self.organization_id}

    def _checked(self, response: Response) -> Row:
        self._observe(response)
        body = decode(response)
        error = error_for(response, body, organization_id=self.organization_id)
        if error is not None:
            error.system, error.connection = self.connection.system, self.connection.name
            raise error
        found: Row = body
        return found

    def _observe(self, response: Response) -> None:
        """Tell core's ledger what the daily counter's headers say; Zoho sends them, but does not document them."""
        remaining = response.headers.get("x-rate-limit-remaining", "")
        reset = response.headers.get("x-rate-limit-reset", "")
        if remaining.isdigit():
            self.connection.http.quota.observe(
                QuotaWindow.DAY, remaining=int(remaining), reset_s=float(reset) if reset.isdigit() else None
            )


def clock_of(response: Response) -> datetime | None:
    """The vendor's clock: the ``Date`` header as aware UTC."""
    stated = response.headers.get("date")
    if stated is None:
        return None
    try:
        return parsedate_to_datetime(stated).astimezone(UTC)
    except ValueError:
        return None


def _inner(body: Row, key: str) -> Row:
    """The record inside an envelope; some answers carry it flat."""
    inner = body.get(key)
    if isinstance(inner, Mapping):
        return inner
    return {name: value for name, value in body.items() if name not in ("code", "message")}
