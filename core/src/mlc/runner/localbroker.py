"""The queue inside one process: bounded, and two equal nudges are one. Nothing is held in it but names."""

import threading
from collections.abc import Iterable
from typing import Any

from dramatiq import Broker, Message, MessageProxy
from dramatiq.broker import Consumer

from mlc.runner.nudges import BOUND, key_of


class LocalBroker(Broker):
    """Wakes its consumers instead of being polled. Beyond its bound nudges are dropped: the next tick finds them."""

    def __init__(self, *, bound: int = BOUND) -> None:
        super().__init__(middleware=[])
        self._bound = bound
        self._ready = threading.Condition()
        self._waiting: dict[str, dict[str, Message[Any]]] = {}
        self._unfinished = 0
        self.dropped = 0

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self._waiting:
            self._waiting[queue_name] = {}
            self.queues[queue_name] = self._waiting[queue_name]
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> "Message[Any]":
        """Put a nudge in. Delays are refused: due times live in the database."""
        if delay is not None:
            raise ValueError("a nudge has no delay; when work is due stands in the database")
        with self._ready:
            waiting = self._waiting[message.queue_name]
            if len(waiting) >= self._bound:
                self.dropped += 1
            elif key_of(message) not in waiting:
                waiting[key_of(message)] = message
                self._unfinished += 1
                self._ready.notify_all()
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> Consumer:
        return _LocalConsumer(self, queue_name, prefetch, timeout / 1000)

    def flush(self, queue_name: str) -> None:
        with self._ready:
            self._unfinished -= len(self._waiting[queue_name])
            self._waiting[queue_name].clear()
            self._ready.notify_all()

    def flush_all(self) -> None:
        for queue_name in self._waiting:
            self.flush(queue_name)

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """Wait until everything that was put in has been done, for tests."""
        del queue_name
        with self._ready:
            self._ready.wait_for(lambda: self._unfinished == 0, None if timeout is None else timeout / 1000)

    def wake(self) -> None:
        """Let every consumer look up, at the end."""
        with self._ready:
            self._ready.notify_all()


class _LocalConsumer(Consumer):
    def __init__(self, broker: LocalBroker, queue_name: str, prefetch: int, timeout_s: float) -> None:
        self._broker = broker
        self._queue_name = queue_name
        self._prefetch = prefetch
        self._timeout_s = timeout_s
        self._outstanding = 0

    def __next__(self) -> MessageProxy | None:
        broker = self._broker
        waiting = broker._waiting[self._queue_name]
        with broker._ready:
            if not broker._ready.wait_for(lambda: waiting and self._outstanding < self._prefetch, self._timeout_s):
                return None
            message = waiting.pop(next(iter(waiting)))
            self._outstanding += 1
        return MessageProxy(message)

    def ack(self, message: MessageProxy) -> None:
        del message
        with self._broker._ready:
            self._outstanding -= 1
            self._broker._unfinished -= 1
            self._broker._ready.notify_all()

    def nack(self, message: MessageProxy) -> None:
        """An actor that raised all the same: the work is in the database, the message is not kept."""
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        for message in messages:
            self.ack(message)
