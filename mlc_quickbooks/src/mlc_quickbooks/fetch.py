"""Lists: everything by query, changes by change data capture (CDC).

CDC reaches back 30 days, has no pages and holds at most 1,000 objects: an older or fuller pass reads by query, ordered
by the time of change, each page from where the last one ended. Ids that come twice are dropped. What CDC calls deleted
is read before it is believed.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import TransientError
from mlc.records import ObjectType

from mlc_quickbooks import captures, rates, taxcodes
from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.captures import CDC_MAX
from mlc_quickbooks.client import Changes, QuickBooksClient
from mlc_quickbooks.company import Company, company
from mlc_quickbooks.cursors import Position, read_position
from mlc_quickbooks.entities import BILL_PAYMENT, JOURNAL_BILL, Entity, entities_of
from mlc_quickbooks.journals import settled_in
from mlc_quickbooks.queries import ANY_ACTIVE, BY_CHANGE, changed_from, select
from mlc_quickbooks.schemas import Row, modified, text
from mlc_quickbooks.sources import by_ids, enriched, gone, is_stub, listed, record_id, source_record

#: A window that is too full is halved so often at most.
HALVINGS = 8


def fetch(connection: QuickBooksConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """One page of an object type.

    Raises: AuthError, ConfigError, RateLimitedError, RejectedError, TransientError.
    """
    if object_type is ObjectType.EXCHANGE_RATE:
        return rates.fetch(connection)
    if object_type is ObjectType.TAX_RATE and mode is FetchMode.CHANGES:
        kept = taxcodes.kept(connection)
        if kept is not None:
            return kept
    home = company(connection)
    position = read_position(cursor)
    journals = connection.settings.post_as == "journal"
    reader = _Reader(connection, home, object_type, entities_of(object_type, journals=journals))
    if position.start is None:  # the first page of a pass
        since = position.since
        reach = timedelta(days=connection.settings.change_days)
        if mode is FetchMode.CHANGES and reader.tracked and since is not None and connection.now() - since < reach:
            return reader.changes(since)
        position = Position()
    page = reader.listed(position)
    if object_type is ObjectType.TAX_RATE and position.start is None:
        taxcodes.keep(connection, page)
    return page


class _Reader:
    """One pass over the entities of an object type."""

    def __init__(
        self, connection: QuickBooksConnection, home: Company, object_type: ObjectType, entities: tuple[Entity, ...]
    ) -> None:
        self._connection = connection
        self._home = home
        self._object_type = object_type
        self._entities = entities
        self._client = QuickBooksClient(connection)
        self._overlap = timedelta(seconds=connection.settings.overlap_s)

    @property
    def tracked(self) -> bool:
        return all(entity.tracked for entity in self._entities)

    @property
    def _payments(self) -> tuple[Entity, ...]:
        """Of journal entries, bill payments tell what was settled."""
        return (BILL_PAYMENT,) if JOURNAL_BILL in self._entities else ()

    # ------------------------------------------------------------------ everything

    def listed(self, position: Position) -> Page:
        """One page of a query, in the order of change."""
        entity = self._entities[position.part]
        most = self._connection.settings.page_size
        begin = position.after or position.since
        where = [*([ANY_ACTIVE] if entity.listed else []), *([changed_from(begin)] if begin is not None else [])]
        listing = self._client.query(
            entity.name, select(entity.name, where, order=BY_CHANGE, start=position.skip + 1, most=most)
        )
        start = position.start or (None if listing.at is None else listing.at - self._overlap)
        position = replace(position, start=start)
        fresh = [row for row in listing.rows if text(row, "Id") not in position.seen and not is_stub(row)]
        if position.since is not None:
            fresh = [row for row in fresh if (modified(row) or position.since) >= position.since]
        found = tuple(self._records(entity, fresh))
        if len(listing.rows) >= most:
            return Page(found, next_cursor=self._following(entity, position, listing.rows, fresh).text())
        return self._ended(position, found)

    def _following(self, entity: Entity, position: Position, listed: list[Row], fresh: list[Row]) -> Position:
        """Where the next page begins: at the last row's moment, without the rows of that moment that have come.

        Raises: TransientError for a page that leads nowhere.
        """
        last = modified(listed[-1])
        if last is None or not fresh or (position.after is not None and last < position.after):
            raise TransientError(
                f"QuickBooks sent the same page of {entity.name} twice over; the pass starts again.",
                system=self._connection.system,
                connection=self._connection.name,
            )
        last = last.replace(microsecond=0)
        same = [text(row, "Id") or "" for row in listed if (modified(row) or last).replace(microsecond=0) == last]
        skip = 0
        if len(same) == len(listed):  # one moment, an import say, fills whole pages: its rows are counted
            skip = len(listed) + (position.skip if position.after == last else 0)
        return replace(position, after=last, seen=tuple(same), skip=skip)

    def _ended(self, position: Position, found: tuple[SourceRecord, ...]) -> Page:
        """A list came to its end: the next one, or the watermark."""
        if position.part + 1 < len(self._entities):
            following = replace(position, part=position.part + 1, after=None, seen=(), skip=0)
            return Page(found, next_cursor=following.text())
        if position.gone and position.since is not None:
            found = (*found, *self._late_stubs(position.since))
        return Page(found, watermark=self._watermark(position))

    # ------------------------------------------------------------------ changes

    def changes(self, since: datetime) -> Page:
        """What changed since, in one call; too much of it is read by query instead."""
        payments = self._payments
        answer = captures.captured(self._connection, self._object_type, (*self._entities, *payments), since)
        if answer.count >= CDC_MAX:
            return self.listed(Position(since=since, gone=True))
        found: list[SourceRecord] = []
        if payments:
            found += self._settled_by(answer)
        for entity in self._entities:
            shown = [row for row in answer.rows[entity.name] if not is_stub(row)]
            live = [row for row in shown if (modified(row) or since) >= since.replace(microsecond=0)]
            found += [
                *self._records(entity, live),
                *self._confirmed(entity, answer, {text(row, "Id") for row in shown}),
            ]
        start = None if answer.at is None else answer.at - self._overlap
        return Page(tuple(found), watermark=self._watermark(Position(since=since, start=start)))

    def _watermark(self, position: Position) -> str:
        """Where the next pass begins, which is noted so that it asks for all its lists together."""
        begin = position.start or position.since
        if begin is not None and self.tracked:
            captures.go_on(self._connection, self._object_type, (*self._entities, *self._payments), begin)
        return position.watermark()

    def _settled_by(self, answer: Changes) -> list[SourceRecord]:
        """Journal entries that changed payments settle: nothing of them changes themselves."""
        there = {text(row, "Id") for row in answer.rows[JOURNAL_BILL.name]}
        wanted = [each for each in settled_in(answer.rows[BILL_PAYMENT.name]) if each not in there]
        if not wanted:
            return []
        return list(self._records(JOURNAL_BILL, by_ids(self._client, JOURNAL_BILL, wanted).values()))

    def _confirmed(self, entity: Entity, answer: Changes, live: set[str | None]) -> list[SourceRecord]:
        """Deleted ones, each read first: live records have been called deleted."""
        ids = [text(row, "Id") or "" for row in answer.rows[entity.name] if is_stub(row)]
        ids = [each for each in dict.fromkeys(ids) if each and each not in live]
        if not ids:
            return []
        there = by_ids(self._client, entity, ids)
        alive = list(self._records(entity, there.values()))
        return [
            *alive,
            *(gone(entity.object_type, f"{entity.prefix}{each}", "cdc") for each in ids if each not in there),
        ]

    def _late_stubs(self, since: datetime) -> list[SourceRecord]:
        """Deleted ones of a window that was too full: shorter and shorter windows up to now. What is deleted before the
        shortest that fits is left to the next sweep."""
        now = self._connection.now()
        found: dict[str, SourceRecord] = {}
        for _ in range(HALVINGS):
            since += (now - since) / 2
            answer = self._client.changes(self._entities, since)
            for entity in self._entities:
                shown = {text(row, "Id") for row in answer.rows[entity.name] if not is_stub(row)}
                found |= {one.id: one for one in self._confirmed(entity, answer, shown) if one.deleted is not None}
            if answer.count < CDC_MAX:
                break
        return list(found.values())

    def _records(self, entity: Entity, found: Iterable[Row]) -> Iterable[SourceRecord]:
        seen: set[str] = set()
        for row in enriched(self._client, entity, listed(entity, self._home, found)):
            each = record_id(entity, row)
            record = None if each is None or each in seen else source_record(entity, self._home, row)
            if record is not None:
                seen.add(record.id)
                yield record
