"""Zoho CRM API v8: one method per kind of call. Every answer is checked here and becomes rows or a core error.

Limits: a pool of credits per rolling 24 hours and calls at once, both by edition and shared by all callers. Most calls
cost one credit.
Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/, https://github.com/zoho/crm-oas
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mlc import Connection, QuotaWindow
from mlc.http import Response, decode
from mlc.wire import encode

from mlc_zoho.auth import api_host
from mlc_zoho.crm.errors import error_for
from mlc_zoho.crm.schemas import Row, flag, inner, rows, text
from mlc_zoho.crm.settings import CrmSettings
from mlc_zoho.settings import ZohoSecrets

BASE = "/crm/v8"
PER_PAGE = 200
#: Ids that one list call takes.
IDS_MOST = 100
#: Values of one ``in`` of a query.
IN_MOST = 50

CrmConnection = Connection[CrmSettings, ZohoSecrets]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page. ``token``: of the next page; ``at``: Zoho's clock; ``page``: its own count, where it states one."""

    rows: list[Row]
    more: bool = False
    token: str | None = None
    at: datetime | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class CrmClient:
    """Calls of one organisation. Reads are repeated by core; a write goes out once, inside core's permit.

    Raises (every method): AuthError, RateLimitedError, TransientError, NotFoundError, RejectedError, as ``errors``
    classifies the answer.
    """

    connection: CrmConnection

    def page(
        self, module: str, fields: Sequence[str], *, page: int, token: str | None, since: datetime | None
    ) -> Listing:
        """One page of a module's records in the order of their ids, at most 200; without subforms.

        Args:
            token: of the page before, good for 24 hours and the same parameters; needed after 2,000 rows.
            since: only what was changed from then on (``If-Modified-Since``).
        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-records.html
        """
        params = {"fields": ",".join(fields), "per_page": str(PER_PAGE), "sort_by": "id", "sort_order": "asc"}
        params |= {"page_token": token} if token is not None else {"page": str(page)}
        return self._listing(*self._get(module, params, since=since))

    def deleted(self, module: str, *, page: int, since: datetime) -> Listing:
        """One page of what was deleted from then on: ``id``, ``deleted_time``, ``type`` (recycle or permanent).

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-deleted-records.html
        """
        params = {"type": "all", "per_page": str(PER_PAGE), "page": str(page)}
        return self._listing(*self._get(f"{module}/deleted", params, since=since))

    def records(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> list[Row]:
        """Records by id, a hundred per call; those that are gone are not among them.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-records.html (``ids``)
        """
        found: list[Row] = []
        for start in range(0, len(ids), IDS_MOST):
            params = {"ids": ",".join(ids[start : start + IDS_MOST]), "fields": ",".join(fields)}
            wanted = set(ids[start : start + IDS_MOST])
            listing = self._listing(*self._get(module, {**params, "per_page": str(PER_PAGE)}))
            found += [row for row in listing.rows if text(row, "id") in wanted]
        return found

    def related(self, module: str, record_id: str, related: str, fields: Sequence[str]) -> list[Row]:
        """The first 200 records of a related list, e.g. an account's notes.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-related-records.html
        """
        params = {"fields": ",".join(fields), "per_page": str(PER_PAGE)}
        return self._listing(*self._get(f"{module}/{record_id}/{related}", params)).rows

    def select(self, query: str) -> Listing:
        """Rows of a COQL query, read from the records themselves; one credit for up to 200.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/COQL-Overview.html
        """
        content = encode({"select_query": query})
        response = self.connection.http.send(
            "POST", self._url("coql"), content=content, headers={"Content-Type": "application/json"}, read=True
        )
        return self._listing(response, self._checked(response))

    def search(self, module: str, criteria: str, fields: Sequence[str]) -> list[Row]:
        """The first 200 hits of the search index, which lags behind writes.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/search-records.html
        """
        params = {"criteria": criteria, "fields": ",".join(fields), "per_page": str(PER_PAGE)}
        return self._listing(*self._get(f"{module}/search", params)).rows

    def organisation(self) -> Listing:
        """The organisation, one row: edition, licences, currency, time zone.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-org-data.html
        """
        return self._listing(*self._get("org", {}), key="org")

    def current_user(self) -> Row:
        """The connected user. Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/get-users.html"""
        found = self._listing(*self._get("users", {"type": "CurrentUser"}), key="users").rows
        return found[0] if found else {}

    def modules(self) -> list[Row]:
        """All modules. Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/modules-api.html"""
        return self._listing(*self._get("settings/modules", {}), key="modules").rows

    def fields(self, module: str) -> list[Row]:
        """A module's fields. Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html"""
        return self._listing(*self._get("settings/fields", {"module": module}), key="fields").rows

    def layouts(self, module: str) -> list[Row]:
        """A module's layouts; what an administrator made mandatory is seen only here.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/layouts-meta.html
        """
        return self._listing(*self._get("settings/layouts", {"module": module}), key="layouts").rows

    def channels(self) -> list[Row]:
        """Our organisation's notification channels, those of other programs among them.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/notifications/get-details.html
        """
        found: list[Row] = []
        for page in range(1, 11):
            listing = self._listing(*self._get("actions/watch", {"page": str(page), "per_page": "200"}), key="watch")
            found += listing.rows
            if not listing.more:
                break
        return found

    def write(self, method: str, path: str, content: bytes) -> list[Row]:
        """A write; the answer's rows, in the order of the request's.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html, …/update-records.html,
        …/upsert-records.html
        """
        typed = {"Content-Type": "application/json"}
        response = self.connection.http.send(method, self._url(path), headers=typed, content=content)
        return rows(self._checked(response), "data")

    def change_channel(self, method: str, body: Row) -> Row:
        """Make (POST), replace (PUT) or change (PATCH) one channel; the answer's only row.

        Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html
        """
        content, typed = encode({"watch": [body]}), {"Content-Type": "application/json"}
        response = self.connection.http.send(method, self._url("actions/watch"), headers=typed, content=content)
        return next(iter(rows(self._checked(response), "watch")), {})

    def end_channel(self, channel_id: str) -> None:
        """End a channel. Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/notifications/disable.html"""
        url, params = self._url("actions/watch"), {"channel_ids": channel_id}
        self._checked(self.connection.http.send("DELETE", url, params=params))

    # ------------------------------------------------------------------ inside

    def _url(self, path: str) -> str:
        return f"{api_host(self.connection)}{BASE}/{path}"

    def _get(self, path: str, params: Mapping[str, str], *, since: datetime | None = None) -> tuple[Response, Row]:
        headers = {"If-Modified-Since": since.isoformat(timespec="seconds")} if since is not None else None
        response = self.connection.http.get(self._url(path), params=params, headers=headers)
        if response.status_code == 304 and since is not None:
            self._observe(response)
            return response, {}
        return response, self._checked(response)

    def _checked(self, response: Response) -> Row:
        """The body; empty for 204, which is how Zoho says that there is nothing."""
        self._observe(response)
        if response.status_code == 204:
            return {}
        body: Any = {} if response.status_code in range(300, 400) else decode(response)
        error = error_for(response, body)
        if error is not None:
            error.system, error.connection = self.connection.system, self.connection.name
            raise error
        found: Row = body
        return found

    def _listing(self, response: Response, body: Row, key: str = "data") -> Listing:
        info = inner(body, "info")
        page = info.get("page")
        return Listing(
            rows(body, key),
            flag(info, "more_records"),
            text(info, "next_page_token"),
            clock_of(response),
            page if isinstance(page, int) else None,
        )

    def _observe(self, response: Response) -> None:
        """Tell core's ledger how many credits are left; Zoho says so once half of them are used."""
        remaining = response.headers.get("x-api-credits-remaining", "")
        if remaining.isdigit():
            self.connection.http.quota.observe(QuotaWindow.DAY, remaining=int(remaining))


def clock_of(response: Response) -> datetime | None:
    """The vendor's clock: the ``Date`` header as aware UTC."""
    stated = response.headers.get("date")
    if stated is None:
        return None
    try:
        return parsedate_to_datetime(stated).astimezone(UTC)
    except ValueError:
        return None
