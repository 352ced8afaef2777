"""Our subscriptions: made, looked at, switched on again when BILL disabled them, ended. Strangers' are never touched.

AP & AR and Spend & Expense need one each, since each is made under its own credentials. BILL shows a key once, when a
subscription is made or its key renewed; it allows ten subscriptions per organisation.

Vendor doc: https://developer.bill.com/docs/working-with-bill-webhooks,
https://developer.bill.com/hc/changelog/2026-04-30-webhook-subscription-limits
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from mlc import Watch, WatchChange, Watching
from mlc.errors import ConfigError, RejectedError
from mlc.wire import Body, Json, encode
from pydantic import SecretStr

from mlc_bill.auth import BillConnection
from mlc_bill.client import BillClient
from mlc_bill.schemas import Row, flag, inner, rows, text

MOST = 10
NAME = "ml-connector"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Family:
    """Events under one kind of credentials."""

    name: str
    spend: bool
    events: tuple[str, ...]


PAYABLES = Family(
    "AP & AR",
    spend=False,
    events=(
        "bill.created", "bill.updated", "bill.archived", "bill.restored",
        "vendor.created", "vendor.updated", "vendor.archived", "vendor.restored",
        "payment.updated", "payment.failed",
        "invoice.created", "invoice.updated", "invoice.archived", "invoice.restored",
    ),
)  # fmt: skip
SPEND = Family(
    "Spend & Expense",
    spend=True,
    events=(
        "spend.transaction.updated",
        "spend.reimbursement.created",
        "spend.reimbursement.updated",
        "spend.reimbursement.deleted",
    ),
)


def watch(connection: BillConnection, callback_url: str | None, watches: Sequence[Watch]) -> Watching:
    """One step nearer to one good subscription per family; ``change`` None when nothing is left to do."""
    if callback_url is not None and not callback_url.startswith("https://") and connection.settings.endpoint is None:
        raise ConfigError("BILL delivers to https addresses only.", connection=connection.name)
    standing: list[Watch] = []
    change: WatchChange | None = None
    for family in families(connection):
        keeper = _Keeper(connection, family, callback_url, watches)
        if change is None:
            change = keeper.step()
        standing += keeper.watches
    return Watching(tuple(standing), change)


def families(connection: BillConnection) -> list[Family]:
    """Spend & Expense events come from production only, and need its token."""
    settings = connection.settings
    spending = connection.secrets.api_token is not None and settings.spend_webhooks
    return [PAYABLES, SPEND] if spending and settings.environment == "production" else [PAYABLES]


class _Keeper:
    """The subscriptions of one family, and the one thing that is to be done about them."""

    def __init__(
        self, connection: BillConnection, family: Family, callback_url: str | None, watches: Sequence[Watch]
    ) -> None:
        self._connection = connection
        self._client = BillClient(connection)
        self._family = family
        self._url = callback_url
        self._kept = {watch.id: watch for watch in watches}
        self._all = self._client.subscriptions(spend=family.spend)
        ours = [row for row in self._all if self._is_ours(row)]
        self._ours = sorted(ours, key=lambda row: (not self._has_key(row), text(row, "createdTime") or ""))

    @property
    def watches(self) -> list[Watch]:
        return [self._watch(row) for row in self._ours]

    def step(self) -> WatchChange | None:
        """Change one thing, in one request; None when all is well."""
        if self._url is None:
            return self._end() if self._ours else None
        if not self._ours:
            return self._make()
        if len(self._ours) > 1:
            return self._end()
        row = self._ours[0]
        if not self._has_key(row):
            return self._new_key(row)
        if not is_enabled(row) or text(row, "notificationUrl") != self._url:
            return self._change("PATCH", row, {"status": {"enabled": True}, "notificationUrl": self._url})
        if not set(self._family.events) <= set(_events(row)):
            return self._change("PUT", row, self._wanted())
        return None

    def _is_ours(self, row: Row) -> bool:
        """Kept by core, or made for this address; of the other family's only what is kept is seen under its own."""
        record_id = text(row, "id")
        if record_id is None or not self._is_family(row):
            return False
        return record_id in self._kept or (self._url is not None and text(row, "notificationUrl") == self._url)

    def _is_family(self, row: Row) -> bool:
        """A list may show both families: a subscription belongs to that of its events."""
        named = _events(row)
        return not named or any(event.startswith("spend.") for event in named) is self._family.spend

    def _has_key(self, row: Row) -> bool:
        kept = self._kept.get(text(row, "id") or "")
        return kept is not None and kept.secret is not None

    def _make(self) -> WatchChange:
        if len(self._all) >= MOST:
            others = ", ".join(sorted(text(row, "name") or "?" for row in self._all))
            raise RejectedError(
                f"BILL allows {MOST} webhook subscriptions per organisation, and all are taken by others ({others}): "
                "end one in BILL. Until then changes are found by polling.",
                connection=self._connection.name,
            )
        made = self._client.change_subscription(
            "POST", "subscriptions", encode(self._wanted()), spend=self._family.spend, idempotent=str(uuid4())
        )
        key = text(made, "securityKey")
        self._ours = [{**made, "events": [{"type": event} for event in self._family.events]}]
        self._keep(made, key)
        return WatchChange.MADE

    def _new_key(self, row: Row) -> WatchChange:
        """BILL does not show a key again, so a subscription whose key is lost gets a new one."""
        path = f"subscriptions/{text(row, 'id')}/{self._connection.settings.security_key_path}"
        answer = self._client.change_subscription("POST", path, b"", spend=self._family.spend, idempotent=str(uuid4()))
        self._keep(row, text(answer, "securityKey"))
        return WatchChange.REPAIRED

    def _change(self, method: str, row: Row, body: Body) -> WatchChange:
        self._client.change_subscription(
            method, f"subscriptions/{text(row, 'id')}", encode(body), spend=self._family.spend
        )
        return WatchChange.REPAIRED

    def _end(self) -> WatchChange:
        """End the last of ours: all of them one by one, or those that are double."""
        row = self._ours.pop()
        self._client.change_subscription("DELETE", f"subscriptions/{text(row, 'id')}", b"", spend=self._family.spend)
        return WatchChange.REMOVED

    def _wanted(self) -> Body:
        events: list[Json] = [{"type": event, "version": VERSION} for event in self._family.events]
        return {
            "name": f"{NAME} {self._family.name}",
            "status": {"enabled": True},
            "events": events,
            "notificationUrl": self._url,
        }

    def _keep(self, row: Row, key: str | None) -> None:
        record_id = text(row, "id") or ""
        if key is not None:
            self._kept[record_id] = Watch(record_id, SecretStr(key))

    def _watch(self, row: Row) -> Watch:
        record_id = text(row, "id") or ""
        kept = self._kept.get(record_id)
        return Watch(record_id, None if kept is None else kept.secret, None, tuple(sorted(_events(row))))


def is_enabled(row: Row) -> bool:
    """BILL switches a subscription off when deliveries keep failing, and says so nowhere else."""
    return flag(inner(row, "status"), "enabled") is not False


def _events(row: Row) -> list[str]:
    return [event for one in rows(row, "events") if (event := text(one, "type")) is not None]
