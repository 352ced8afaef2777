"""``/health``: can this process do its work, and is anybody reading what it stores?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from mlc.clock import Clock, parse_stamp
from mlc.errors import StoreError
from mlc.store.schema import inbox, runs

if TYPE_CHECKING:
    from mlc.config import Config
    from mlc.store.database import Database


class Health:
    """Asked by ``/health``. ``ok`` is false when the database cannot be read: then deliveries are refused too."""

    def __init__(self, config: "Config", database: "Database", clock: Clock) -> None:
        self._config = config
        self._database = database
        self._clock = clock

    def __call__(self) -> Mapping[str, object]:
        try:
            with self._database.read() as connection:
                waiting, oldest = connection.execute(
                    select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.read_at.is_(None))
                ).one()
                last_run = connection.execute(select(func.max(runs.c.finished_at))).scalar()
        except (DBAPIError, StoreError):
            return {"ok": False, "problem": "The database cannot be read."}
        age = 0.0 if oldest is None else (self._clock.now() - parse_stamp(oldest)).total_seconds()
        return {
            "ok": True,
            "unread_notices": waiting,
            "oldest_unread_s": round(max(0.0, age), 1),
            "last_run_finished_at": last_run,
        }
