"""Our subscriptions at a vendor, brought to what they should be one step at a time (``mlc_watch``)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlc.clock import span
from mlc.connection import AnyConnection
from mlc.deliveries import Watch, WatchChange, Watching
from mlc.errors import MlcError, PluginError
from mlc.store.audit import AuditGroup
from mlc.store.subscriptions import Subscriptions

if TYPE_CHECKING:
    from mlc.plugins import Plugins
    from mlc.store.database import Database

#: No vendor has so many subscriptions of ours that more steps than this make sense.
STEPS = 20
HOOK = "mlc_watch"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """How our subscriptions stand, and what was changed to get there."""

    watches: tuple[Watch, ...]
    changes: tuple[WatchChange, ...]


def subscribe(
    connection: AnyConnection,
    *,
    plugins: "Plugins",
    database: "Database",
    subscriptions: Subscriptions,
    callback_url: str | None,
    now: datetime,
) -> Subscribed:
    """Ask the plugin until nothing is left to do. What each step says is stored, secrets encrypted, before the next.

    Args:
        callback_url: where deliveries go; None ends our subscriptions.

    Raises: AuthError, TransientError, RejectedError; PluginError when the plugin never comes to an end.
    """
    declared = plugins.system(connection.system).webhooks
    renew_before = now + timedelta(seconds=declared.renew_before_s)
    changes: list[WatchChange] = []
    for _step in range(STEPS):
        kept = subscriptions.kept(connection.name)
        _hide(connection, kept)
        answer = _asked(connection, plugins, callback_url, kept, renew_before)
        _hide(connection, (*kept, *answer.watches))
        subscriptions.keep(connection.name, answer.watches, now)
        if answer.change is None:
            return Subscribed(subscriptions.kept(connection.name), tuple(changes))
        changes.append(answer.change)
        _note(database, connection.name, answer, now)
    raise PluginError(
        f"The plugin {connection.system!r} changes subscriptions without an end ({STEPS} steps).",
        system=connection.system,
        connection=connection.name,
    )


def lapses(watches: tuple[Watch, ...], now: datetime) -> str | None:
    """When the first of them lapses, as people say it."""
    ends = [watch.expires_at for watch in watches if watch.expires_at is not None]
    return None if not ends else span(max(0.0, (min(ends) - now).total_seconds()))


def _asked(
    connection: AnyConnection,
    plugins: "Plugins",
    callback_url: str | None,
    kept: tuple[Watch, ...],
    renew_before: datetime,
) -> Watching:
    """One step: one mutating request at most, like any write."""
    with connection.http.permit(f"{HOOK}:{uuid.uuid4().hex}"):
        try:
            answer = plugins.call(
                connection.system,
                HOOK,
                connection=connection,
                callback_url=callback_url,
                watches=kept,
                renew_before=renew_before,
            )
        except MlcError as error:
            error.sentence = connection.http.redact(error.sentence)
            error.detail = connection.http.redact(error.detail) if error.detail else None
            raise
    if not isinstance(answer, Watching):
        raise PluginError(f"The plugin {connection.system!r} answered {HOOK} with something else than a Watching.")
    return answer


def _hide(connection: AnyConnection, watches: tuple[Watch, ...]) -> None:
    secrets = [watch.secret.get_secret_value() for watch in watches if watch.secret is not None]
    connection.http.hide("watches", secrets)


def _note(database: "Database", name: str, answer: Watching, now: datetime) -> None:
    audit = AuditGroup()
    ids = [watch.id for watch in answer.watches]
    audit.add("subscription", connection=name, change=str(answer.change), subscriptions=ids)
    with database.write() as tx:
        audit.write(tx, now)
