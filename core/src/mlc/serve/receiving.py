"""One delivery: who it is for, whether it is genuine, and where it is put. Everything else happens afterwards."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mlc.connection import AnyConnection
from mlc.deliveries import Notice, WebhookRequest, Webhooks
from mlc.errors import AuthError, ConfigError, MlcError, StoreError, WebhookRejectedError
from mlc.serve.counts import Counts, Outcome
from mlc.serve.letterbox import FullError, Letterbox
from mlc.serve.refusals import Refusals
from mlc.store.subscriptions import Subscriptions
from mlc.system import Capability

if TYPE_CHECKING:
    from mlc.config import Config
    from mlc.plugins import Plugins

#: How long an opened connection and its secrets are believed; after ``mlc connect`` the new ones count by then.
BELIEVED_S = 5.0
log = logging.getLogger("mlc.serve")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor is told: a status and nothing else."""

    status: int
    outcome: Outcome
    retry_after_s: int | None = None


class Receiver:
    """Verifies deliveries of every configured connection whose system has webhooks. Safe across threads.

    Args:
        open_connection: makes a connection that can verify; nothing is called over it.
        version: a number that moves when a connection's stored secrets change.
    """

    def __init__(
        self,
        config: "Config",
        *,
        plugins: "Plugins",
        open_connection: Callable[[str], AnyConnection],
        version: Callable[[str], object],
        subscriptions: Subscriptions,
        letterbox: Letterbox,
        refusals: Refusals,
        counts: Counts,
        now: Callable[[], datetime],
    ) -> None:
        self._plugins = plugins
        self._open = open_connection
        self._version = version
        self._subscriptions = subscriptions
        self._letterbox = letterbox
        self._refusals = refusals
        self._now = now
        self.counts = counts
        self.known: Mapping[str, Webhooks] = {
            name: plugins.system(one.system).webhooks
            for name, one in config.connections.items()
            if any(Capability.WEBHOOKS in support.can for support in plugins.system(one.system).objects)
        }
        self._lock = threading.Lock()
        self._opened: dict[str, tuple[AnyConnection, object, datetime]] = {}

    def receive(self, name: str, request: WebhookRequest) -> Answer:
        """Verify and store. Never raises: the vendor gets a status whatever happens."""
        answer = self._receive(name, request)
        self.counts.add(name, answer.outcome)
        return answer

    def _receive(self, name: str, request: WebhookRequest) -> Answer:
        try:
            notices = self._verified(name, request)
        except WebhookRejectedError as error:
            self._refuse(name, error.sentence)
            return Answer(401, Outcome.REFUSED)
        except (AuthError, ConfigError, StoreError) as error:
            log.warning("A delivery for %s cannot be verified: %s", name, error.sentence)
            return Answer(503, Outcome.UNAVAILABLE, retry_after_s=60)
        except Exception as error:  # noqa: BLE001 - a stranger's code on a stranger's bytes; the process goes on
            log.error("The plugin of %s failed on a delivery: %s", name, type(error).__name__)
            return Answer(500, Outcome.BROKEN)
        self._pass(name)
        try:
            new = self._letterbox.put(name, notices, request.received_at)
        except FullError:
            return Answer(503, Outcome.FULL, retry_after_s=30)
        except StoreError as error:
            log.warning("%s: %s", name, error.sentence)
            return Answer(503, Outcome.UNAVAILABLE, retry_after_s=5)
        outcome = Outcome.TEST if not notices else Outcome.STORED if new else Outcome.REPEATED
        return Answer(self.known[name].accepted, outcome)

    def _verified(self, name: str, request: WebhookRequest) -> list[Notice]:
        connection = self._connection(name)
        if self._plugins.answers(connection.system, "mlc_watch"):
            request = replace(request, watches=self._subscriptions.signing(name, self._now()))
        notices: list[Notice] = self._plugins.call(
            connection.system, "mlc_verify_webhook", connection=connection, request=request
        )
        return notices

    def close(self) -> None:
        for connection, _version, _at in self._opened.values():
            connection.http.close()

    def _connection(self, name: str) -> AnyConnection:
        """Opened once, opened again when its stored secrets have changed."""
        now = self._now()
        with self._lock:
            known = self._opened.get(name)
            if known is not None and (now - known[2]).total_seconds() < BELIEVED_S:
                return known[0]
            version = self._version(name)
            if known is None or known[1] != version:
                if known is not None:
                    known[0].http.close()
                known = (self._open(name), version, now)
            self._opened[name] = (known[0], version, now)
            return known[0]

    def _refuse(self, name: str, reason: str) -> None:
        try:
            self._refusals.note(name, reason)
        except MlcError as error:
            log.warning("A refusal for %s could not be noted: %s", name, error.sentence)

    def _pass(self, name: str) -> None:
        try:
            self._refusals.passed(name)
        except MlcError as error:
            log.warning("%s: %s", name, error.sentence)
