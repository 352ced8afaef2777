"""Change data capture is asked once for all lists of a pass, not list by list: each call is a metered read.

Which lists a pass reads, and from where, is what the pass before it read and handed back. The first list of a pass asks
for all of them from the earliest of these moments; the others take their share of that answer, each once and within a
minute, from their own moment on. An answer that is full, or lists that are hours apart, are asked for one by one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from mlc import Memory
from mlc.records import ObjectType

from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.client import Changes, QuickBooksClient
from mlc_quickbooks.entities import Entity
from mlc_quickbooks.schemas import modified
from mlc_quickbooks.sources import is_stub

#: Objects in one answer of change data capture; one that has as many may lack some.
CDC_MAX = 1000
#: So long after it came an answer is given to a list.
SHARED_FOR = timedelta(minutes=1)
#: Lists that go on from moments further apart are not asked for together.
APART = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Next:
    """Where a list goes on, and the entities it is made of."""

    entities: tuple[Entity, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class _Share:
    """What an answer told of one list. ``asked_at`` is our clock, ``since`` what was asked for."""

    changes: Changes
    since: datetime
    asked_at: datetime


@dataclass(slots=True)
class _Lists:
    next: dict[ObjectType, _Next] = field(default_factory=dict)
    due: dict[ObjectType, _Next] = field(default_factory=dict)
    shares: dict[ObjectType, _Share] = field(default_factory=dict)


_LISTS: WeakKeyDictionary[Memory, _Lists] = WeakKeyDictionary()


def begin_pass(connection: QuickBooksConnection) -> None:
    """Every list is due again; what was told of them before is old."""
    lists = _LISTS.setdefault(connection.memory, _Lists())
    lists.due, lists.shares = dict(lists.next), {}


def go_on(
    connection: QuickBooksConnection, object_type: ObjectType, entities: tuple[Entity, ...], since: datetime
) -> None:
    """A list was read to its end: the next pass goes on from ``since``."""
    _LISTS.setdefault(connection.memory, _Lists()).next[object_type] = _Next(entities, since)


def captured(
    connection: QuickBooksConnection, object_type: ObjectType, entities: tuple[Entity, ...], since: datetime
) -> Changes:
    """What changed of these entities since a moment, alone or with everything else that is due.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    lists = _LISTS.setdefault(connection.memory, _Lists())
    share = lists.shares.pop(object_type, None)
    if share is not None and share.since <= since and connection.now() - share.asked_at <= SHARED_FOR:
        return _narrowed(share.changes, entities, since)
    client, due = QuickBooksClient(connection), lists.due
    near = {kind: one for kind, one in due.items() if kind is not object_type and abs(one.since - since) <= APART}
    others = near if object_type in due else {}
    if not others:
        return client.changes(entities, since)
    lists.due = {}
    earliest = min(since, *(one.since for one in others.values()))
    wanted = {entity.name: entity for one in others.values() for entity in one.entities}
    wanted |= {entity.name: entity for entity in entities}
    now = connection.now()
    answer = client.changes(tuple(wanted.values()), earliest)
    if answer.count >= CDC_MAX:
        return client.changes(entities, since)
    for kind, one in others.items():
        lists.shares[kind] = _Share(_narrowed(answer, one.entities, one.since), one.since, now)
    return _narrowed(answer, entities, since)


def _narrowed(answer: Changes, entities: tuple[Entity, ...], since: datetime) -> Changes:
    """The rows of these entities that changed at or after a moment, and every deleted one: when that was is not said
    of it for certain."""
    begin = since.replace(microsecond=0)
    rows = {
        entity.name: [row for row in answer.rows[entity.name] if is_stub(row) or (modified(row) or begin) >= begin]
        for entity in entities
    }
    return Changes(rows, answer.at, sum(len(each) for each in rows.values()))
