"""Where the processes of a configuration count their calls together: Redis, else PostgreSQL; on SQLite there is one."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from mlc.http.tickets import Sharing, Tickets
from mlc.runner.brokers import namespace, shown_url
from mlc.runner.leases import living
from mlc.store.alerts import raise_in, take_back_in
from mlc.store.audit import AuditGroup
from mlc.store.database import Database
from mlc.store.tickets import StoredTickets

CODE = "quotas"
CAUSE = "sharing"

_log = logging.getLogger(__name__)


@contextmanager
def open_sharing(database: Database, *, broker: str | None, now: Callable[[], datetime]) -> Iterator[Sharing | None]:
    """The tickets of this process; None where one process works alone (SQLite). Nothing is connected yet."""
    if database.is_sqlite:
        yield None
        return
    where, tickets, disconnect = _tickets(database, broker)
    teller = _Teller(database, where, now)
    sharing = Sharing(tickets, processes=lambda: _processes(database), tell=teller.tell)
    try:
        yield sharing
    finally:
        sharing.close()
        teller.wait()
        disconnect()


def _tickets(database: Database, broker: str | None) -> tuple[str, Tickets, Callable[[], None]]:
    if broker is not None:
        try:
            from mlc.runner.redistickets import RedisTickets
        except ModuleNotFoundError:
            pass  # whoever needs the queue says so; the database counts as well
        else:
            redis = RedisTickets(broker, namespace=namespace(database))
            return shown_url(broker), redis, redis.disconnect
    return database.shown, StoredTickets(database), lambda: None


def _processes(database: Database) -> int:
    try:
        return len(living(database))
    except SQLAlchemyError:
        return 1  # without the database nobody begins with anything


class _Teller:
    """Raises one alert while the store is lost, beside the call that noticed: that may be inside a transaction."""

    def __init__(self, database: Database, where: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._where = where
        self._now = now
        self._threads: list[threading.Thread] = []
        self._turn = threading.Lock()

    def tell(self, sentence: str | None) -> None:
        self._threads = [one for one in self._threads if one.is_alive()]
        thread = threading.Thread(target=self._tell, args=(sentence,), name="mlc-sharing", daemon=True)
        thread.start()
        self._threads.append(thread)

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(2.0)

    def _tell(self, sentence: str | None) -> None:
        try:
            with self._turn, self._database.write() as tx:
                if sentence is None:
                    take_back_in(tx, CODE, [CAUSE], self._now())
                    return
                audit = AuditGroup()
                said = (
                    f"{self._where} does not count calls at the moment ({sentence.rstrip('.')}); each process keeps to "
                    "its part of every limit until it answers. Start it, or look at broker in mlc.toml."
                )
                raise_in(tx, audit, code=CODE, cause=CAUSE, sentence=said, now=self._now())
                audit.write(tx, self._now())
        except SQLAlchemyError as error:
            _log.warning("an alert could not be stored: %s", type(error).__name__)
