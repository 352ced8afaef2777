"""The queue between processes: dramatiq on Redis, tuned: the dead are found in seconds, the idle wake at once.

Stock dramatiq polls, ever more slowly, up to its time-out. Here a message rings a bell, a list on which one idle
consumer blocks; and equal nudges are one until a worker takes it up.
"""

import logging
import threading
from collections.abc import Iterable
from typing import Any

import redis
from dramatiq import Message, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed

from mlc.runner.nudges import key_of

HEARTBEAT_MS = 5_000
#: Of a million: every command that is no acknowledgement looks for messages of the dead.
MAINTENANCE = 1_000_000
#: A nudge that was lost, with its worker or with Redis, bars the next one for so long at most.
BARRED_MS = 3_000
BELLS = 64
LISTEN_S = 1.0

_log = logging.getLogger(__name__)


class BellBroker(RedisBroker):
    """``namespace`` keeps the queues of two databases apart that share a Redis."""

    def __init__(self, url: str, *, namespace: str) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            client=redis.Redis.from_url(url, health_check_interval=15, socket_connect_timeout=3, socket_timeout=10),
            middleware=[],
            namespace=namespace,
            heartbeat_timeout=HEARTBEAT_MS,
            maintenance_chance=MAINTENANCE,
        )
        self.bell = f"{namespace}:bell"

    def declare_queue(self, queue_name: str) -> None:
        """Without a queue for delays: due times live in the database."""
        if queue_name not in self.queues:
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> "Message[Any]":
        if delay is not None:
            raise ValueError("a nudge has no delay; when work is due stands in the database")
        try:
            if self.client.set(self._bar(message), 1, nx=True, px=BARRED_MS):
                super().enqueue(message)
                ring = self.client.pipeline(transaction=False)
                ring.lpush(self.bell, 1)
                ring.ltrim(self.bell, 0, BELLS - 1)
                ring.execute()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        return message

    def taken_up(self, message: "Message[Any]") -> None:
        """A worker begins with it: from now on an equal nudge is another one."""
        self.client.delete(self._bar(message))

    def _bar(self, message: "Message[Any]") -> str:
        return f"{self.namespace}:barred:{key_of(message)}"

    @property
    def consumer_class(self) -> type:
        return _BellConsumer


class _BellConsumer:
    """One consumer per process: fetches no more than its threads can begin with, so that others get the rest."""

    def __init__(self, broker: BellBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        self._broker = broker
        self._queue_name = queue_name
        self._prefetch = prefetch
        self._room = threading.Condition()
        self._outstanding: set[str] = set()
        self._cache: list[bytes] = []
        del timeout

    def __iter__(self) -> "_BellConsumer":
        return self

    def __next__(self) -> MessageProxy | None:
        try:
            return self._next()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def _next(self) -> MessageProxy | None:
        if not self._cache:
            room = self._wait_for_room()
            # With no room it fetches nothing, but Redis hears that we live.
            self._cache = [data for data in self._broker.do_fetch(self._queue_name, room) if data is not None]
            if not self._cache:
                if room:
                    self._broker.client.blpop([self._broker.bell], timeout=LISTEN_S)
                return None
        message: Message[Any] = Message.decode(self._cache.pop(0))
        with self._room:
            self._outstanding.add(message.message_id)
        self._broker.taken_up(message)
        return MessageProxy(message)

    def _wait_for_room(self) -> int:
        with self._room:
            self._room.wait_for(lambda: len(self._outstanding) < self._prefetch, LISTEN_S)
            return max(0, self._prefetch - len(self._outstanding))

    def ack(self, message: MessageProxy) -> None:
        try:
            self._broker.do_ack(self._queue_name, message.options["redis_message_id"])
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # It comes back once more, and finds nothing due.
            _log.warning("Redis does not answer: %s", type(error).__name__)
        finally:
            with self._room:
                self._outstanding.discard(message.message_id)
                self._room.notify_all()

    def nack(self, message: MessageProxy) -> None:
        """An actor that raised all the same: the work is in the database, the message is not kept."""
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        ids = [message.options["redis_message_id"] for message in messages]
        if ids:
            self._broker.do_requeue(self._queue_name, *ids)

    def close(self) -> None:
        """Nothing of its own is open: connections belong to the broker's pool."""
