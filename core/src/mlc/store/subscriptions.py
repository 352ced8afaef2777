"""Our subscriptions at the vendors: what they cover, when they lapse, and, among the credentials, what signs them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, case, delete, select, update

from mlc.clock import parse_stamp, stamp
from mlc.deliveries import Watch
from mlc.store.credentials import Credentials
from mlc.store.inserting import insert_or_change, insert_or_leave
from mlc.store.schema import looks, watches

#: A secret that was replaced may still have signed what is on its way, or is sent again.
REPLACED_COUNTS = timedelta(days=1)


class Subscriptions:
    """Rows of ``watches`` with their secrets, which are kept like any other credential."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._database = credentials.database

    def kept(self, connection: str) -> tuple[Watch, ...]:
        """Those that are ours, with their present secrets."""
        return tuple(watch for watch, _older, _until in self._rows(connection))

    def signing(self, connection: str, now: datetime) -> tuple[Watch, ...]:
        """``kept``, and a further entry for each secret that was replaced within a day."""
        found = []
        for watch, older, until in self._rows(connection):
            found.append(watch)
            if older is not None and until is not None and now < until:
                found.append(Watch(watch.id, SecretStr(older), watch.expires_at, watch.events))
        return tuple(found)

    def keep(self, connection: str, stated: Sequence[Watch], now: datetime) -> None:
        """Store what a plugin says is ours now, durably, before it is asked again. A secret of None stays as it is."""
        with self._database.write() as tx:
            known = {row.watch_id for row in tx.execute(select(watches.c.watch_id).where(_of(connection)))}
            for watch in stated:
                self._keep(tx, connection, watch, now, is_new=watch.id not in known)
            for gone in known - {watch.id for watch in stated}:
                tx.execute(delete(watches).where(_of(connection), watches.c.watch_id == gone))
                self._credentials.remove_in(tx, connection, _field(gone))

    def take_look(self, connection: str, now: datetime, *, callback_url: str | None, before: str | None) -> bool:
        """Take a look upon oneself: True for one of all who want to, until it says what came of it with ``looked``.

        One that never does counts as failed, and is taken again as such.

        Args:
            before: when it was looked at last, as the row says; None: there is no row.
        """
        values = {"looked_at": stamp(now), "callback_url": callback_url}
        with self._database.write() as tx:
            if before is None:
                return insert_or_leave(tx, looks, connection=connection, failures=1, **values)
            failed = case((looks.c.failures > 0, looks.c.failures), else_=1)
            mine = (looks.c.connection == connection) & (looks.c.looked_at == before)
            return tx.execute(update(looks).where(mine).values(failures=failed, **values)).rowcount == 1

    def looked(
        self, connection: str, now: datetime, *, callback_url: str | None, problem: str | None = None, failures: int = 0
    ) -> None:
        """Remember a look and what came of it."""
        values = {"looked_at": stamp(now), "callback_url": callback_url, "problem": problem, "failures": failures}
        with self._database.write() as tx:
            insert_or_change(tx, looks, keys=("connection",), change=values, connection=connection, **values)

    def _rows(self, connection: str) -> list[tuple[Watch, str | None, datetime | None]]:
        with self._database.read() as reading:
            rows = reading.execute(select(watches).where(_of(connection)).order_by(watches.c.made_at.desc())).all()
        found = []
        for row in rows:
            kept = self._credentials.get(connection, _field(row.watch_id))
            value = {} if kept is None else kept.value
            secret = value.get("secret")
            watch = Watch(
                row.watch_id,
                None if secret is None else SecretStr(secret),
                None if row.expires_at is None else parse_stamp(row.expires_at),
                tuple(json.loads(row.events)),
            )
            until = value.get("older_until")
            found.append((watch, value.get("older"), None if until is None else parse_stamp(until)))
        return found

    def _keep(self, tx: Connection, connection: str, watch: Watch, now: datetime, *, is_new: bool) -> None:
        values = {
            "expires_at": None if watch.expires_at is None else stamp(watch.expires_at),
            "events": json.dumps(list(watch.events)),
        }
        if is_new:
            made = {"watch_id": watch.id, "made_at": stamp(now)}
            tx.execute(watches.insert().values(connection=connection, **made, **values))
        else:
            tx.execute(update(watches).where(_of(connection), watches.c.watch_id == watch.id).values(**values))
        if watch.secret is None:
            return
        secret = watch.secret.get_secret_value()
        before = self._credentials.get_in(tx, connection, _field(watch.id))
        kept: dict[str, str] = {} if before is None else dict(before.value)
        if kept.get("secret") == secret:
            return
        value = {"secret": secret}
        if kept.get("secret"):
            value |= {"older": kept["secret"], "older_until": stamp(now + REPLACED_COUNTS)}
        self._credentials.put_in(tx, connection, _field(watch.id), value)


def _of(connection: str) -> ColumnElement[bool]:
    return watches.c.connection == connection


def _field(watch_id: str) -> str:
    return f"watch:{watch_id}"
