"""Our subscriptions to push notifications: made, looked at, pointed right, ended. Strangers' are never touched.

A subscription has no id: kind and sub-kind name it. It is ended by kind and by having changed after a moment, so that
one of a stranger's that changed later would go with it: then nothing is ended, and a sentence says so. When one is made
Basware calls the address at once, so that the receiver has to be up.

Vendor doc: https://developer.basware.com/api/p2p/manual#PushNotifications
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlc import Watch, WatchChange, Watching
from mlc.errors import ConfigError, RejectedError
from pydantic import SecretStr

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.fetch import stamp
from mlc_basware.schemas import Row, moment, text
from mlc_basware.wire import encode

PATH = "v1/subscriptions"
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of notification."""

    kind: str
    sub_kind: str

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.sub_kind}"


DOCUMENTS = Wanted("AccountingDocuments", "All")
ORDERS = Wanted("ExportedPurchaseOrders", "WaitingForExport")


def watch(connection: BaswareConnection, callback_url: str | None, watches: Sequence[Watch]) -> Watching:
    """One step nearer to one good subscription per kind; ``change`` None when nothing is left to do."""
    if callback_url is not None and not callback_url.startswith("https://") and connection.settings.endpoint is None:
        raise ConfigError("Basware delivers to https addresses only.", connection=connection.name)
    client = BaswareClient(connection)
    listing = client.page(PATH, "subscriptions", {})
    standing: list[Watch] = []
    change: WatchChange | None = None
    kept = {one.id: one for one in watches}
    for wanted in (DOCUMENTS, ORDERS):
        if wanted is ORDERS and not connection.settings.exported_orders and ORDERS.id not in kept:
            continue
        keeper = _Keeper(client, wanted, callback_url, kept, listing.rows)
        if change is None:
            change = keeper.step()
        standing += keeper.watches()
    return Watching(tuple(standing), change)


class _Keeper:
    """The subscriptions of one kind, and the one thing that is to be done about them."""

    def __init__(
        self, client: BaswareClient, wanted: Wanted, url: str | None, kept: dict[str, Watch], found: Sequence[Row]
    ) -> None:
        self._client = client
        self._wanted = wanted
        wants = wanted is not ORDERS or client.connection.settings.exported_orders
        self._url = url if wants else None
        self._secret = kept[wanted.id].secret if wanted.id in kept else None
        same = [row for row in found if self._is_kind(row)]
        address = url if url is not None else self._address_kept(same, kept)
        self._ours = [row for row in same if text(row, "notificationWebhookURL") == address]
        self._others = [row for row in same if row not in self._ours]
        self._ready = False

    def watches(self) -> list[Watch]:
        if not self._ours and not self._ready:
            return []
        return [Watch(self._wanted.id, self._secret, None, (self._wanted.id,))]

    def step(self) -> WatchChange | None:
        """Change one thing, in one request; None when all is well."""
        if self._url is None:
            return self._end() if self._ours else None
        if not self._ours and self._secret is None:
            return self._make_ready()
        if not self._ours:
            return self._make()
        if self._secret is None:  # made by us, and its token is lost: Basware does not show it again
            return self._end()
        return None

    def _is_kind(self, row: Row) -> bool:
        kind = (text(row, "taskType") or "").lower() == self._wanted.kind.lower()
        return kind and (text(row, "taskSubType") or "All").lower() == self._wanted.sub_kind.lower()

    def _address_kept(self, same: Sequence[Row], kept: dict[str, Watch]) -> str | None:
        """Where ours points, when nobody says it: the only one there is of a kind that we keep."""
        if self._wanted.id not in kept or len(same) != 1:
            return None
        return text(same[0], "notificationWebhookURL")

    def _make_ready(self) -> WatchChange:
        """The token is kept before the subscription is made: Basware signs a test with it in that very call."""
        self._refuse_others()
        self._secret = SecretStr(secrets.token_urlsafe(SECRET_BYTES))
        self._ready = True
        return WatchChange.PREPARED

    def _refuse_others(self) -> None:
        if self._others:
            shown = ", ".join(sorted(text(row, "notificationWebhookURL") or "?" for row in self._others))
            raise RejectedError(
                f"Basware's notifications of {self._wanted.kind} go to another address already ({shown}): end that "
                "subscription, or poll. Until then changes are found by polling.",
                connection=self._client.connection.name,
            )

    def _make(self) -> WatchChange:
        self._refuse_others()
        assert self._secret is not None
        body = {
            "taskType": self._wanted.kind,
            "taskSubType": self._wanted.sub_kind,
            "subscriptionType": "Webhook",
            "notificationWebhookURL": self._url,
            "webhookAuthenticationToken": self._secret.get_secret_value(),
        }
        self._client.send("POST", PATH, encode([body]))
        self._ours = [body]
        return WatchChange.MADE

    def _end(self) -> WatchChange:
        ours = max((moment(row, "lastUpdated") or BEGINNING for row in self._ours), default=BEGINNING)
        if any((moment(row, "lastUpdated") or BEGINNING) >= ours for row in self._others):
            raise RejectedError(
                f"A subscription of somebody else's to {self._wanted.kind} would end together with ours: end ours by "
                "hand.",
                connection=self._client.connection.name,
            )
        after = min((moment(row, "lastUpdated") or BEGINNING for row in self._ours), default=BEGINNING)
        params = {
            "taskType": self._wanted.kind,
            "taskSubType": self._wanted.sub_kind,
            "lastUpdated": stamp(after - timedelta(seconds=1)),
        }
        self._client.send("DELETE", PATH, b"", params)
        self._ours = []
        self._secret = None
        return WatchChange.REMOVED
