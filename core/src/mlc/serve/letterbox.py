"""Puts verified notices into the inbox: deliveries that arrive together share one commit."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from mlc.deliveries import Notice
from mlc.errors import MlcError, StoreError
from mlc.store import inbox
from mlc.store.database import Database

TOGETHER = 100
#: How long a count of unread notices is believed.
BELIEVED_S = 1.0


class FullError(MlcError):
    """The inbox of this connection holds as much as it may; the vendor sends again later."""


@dataclass
class _Letter:
    connection: str
    notices: Sequence[Notice]
    received_at: datetime
    stored: "Future[int]" = field(default_factory=Future)


class Letterbox:
    """One writing thread. ``put`` returns when the commit is durable.

    Args:
        limit: unread notices per connection.
        wake: called after every commit.
    """

    def __init__(self, database: Database, *, limit: int, wake: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._limit = limit
        self._wake = wake
        self._letters: queue.SimpleQueue[_Letter | None] = queue.SimpleQueue()
        self._unread: dict[str, tuple[int, float]] = {}
        self._thread = threading.Thread(target=self._run, name="mlc-inbox", daemon=True)
        self._thread.start()

    def put(self, connection: str, notices: Sequence[Notice], received_at: datetime) -> int:
        """How many notices were new; none for a genuine delivery about no record.

        Raises: FullError, StoreError.
        """
        letter = _Letter(connection, notices, received_at)
        self._letters.put(letter)
        return letter.stored.result()

    def close(self) -> None:
        """Store what is queued, then end the thread."""
        self._letters.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (letter := self._letters.get()) is not None:
            batch, ended = [letter], False
            while len(batch) < TOGETHER and not self._letters.empty():
                further = self._letters.get()
                if further is None:
                    ended = True
                    break
                batch.append(further)
            self._store(batch)
            if ended:
                return

    def _store(self, batch: Sequence[_Letter]) -> None:
        new: list[int] = []
        fitting = []
        try:
            fitting = [letter for letter in batch if self._has_room(letter)]
            if not fitting:
                return
            with self._database.write() as tx:
                for letter in fitting:
                    if not letter.notices:
                        inbox.put_test(tx, letter.connection, letter.received_at)
                    new.append(inbox.put(tx, letter.connection, letter.notices, letter.received_at))
        except (StoreError, DBAPIError) as error:
            for letter in batch:
                if not letter.stored.done():
                    letter.stored.set_exception(StoreError("The inbox cannot be written now.", repr(error)))
            return
        for letter, count in zip(fitting, new, strict=True):
            unread, counted_at = self._unread[letter.connection]
            self._unread[letter.connection] = (unread + count, counted_at)
            letter.stored.set_result(count)
        self._wake()

    def _has_room(self, letter: _Letter) -> bool:
        unread, counted_at = self._unread.get(letter.connection, (0, 0.0))
        if time.monotonic() - counted_at > BELIEVED_S:
            with self._database.read() as connection:
                unread = inbox.backlog(connection, letter.connection, self._limit)
            self._unread[letter.connection] = (unread, time.monotonic())
        if letter.notices and unread + len(letter.notices) > self._limit:
            letter.stored.set_exception(FullError(f"{letter.connection}: {self._limit} notices wait to be read."))
            return False
        return True
