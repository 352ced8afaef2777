"""What queues carry: a nudge says that a pairing may have work. Lost or repeated, it changes nothing (R30)."""

import json
from collections.abc import Callable

import dramatiq
from dramatiq import Broker, Message

QUEUE = "mlc"
ACTOR = "advance"
BOUND = 10_000


def nudge_of(pairing: str) -> "Message[None]":
    """A message that carries a name and nothing else: queues are readable."""
    return Message(queue_name=QUEUE, actor_name=ACTOR, args=(pairing,), kwargs={}, options={})


def key_of(message: "Message[None]") -> str:
    """Equal nudges have equal keys: a second one, while the first waits, is the same."""
    return json.dumps([message.actor_name, message.args, message.kwargs])


def declare_actors(broker: Broker, advance: Callable[[str], None]) -> None:
    """The actors of both settings, on a broker that has no middleware of its own. They never raise."""
    dramatiq.actor(broker=broker, actor_name=ACTOR, queue_name=QUEUE)(advance)
