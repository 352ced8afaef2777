"""Records looked up by our unique field or by natural key. Every candidate is verified on the row or on the record.

How Books lists filter by custom field is documented for some lists only, so it is a setting; a wrong hit is impossible,
and a missed one harmless, because the unique field itself refuses a second record.
"""

from collections.abc import Callable, Iterator, Sequence

from mlc import FindKey, SourceRecord
from mlc.errors import NotFoundError, RejectedError
from mlc.records import ObjectType

from mlc_zoho.books import persons
from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.entities import ENTITIES, Entity
from mlc_zoho.books.fetch import is_kind, list_params, source_record
from mlc_zoho.books.natural import MATCHES, filters
from mlc_zoho.books.organisation import Organisation, organisation
from mlc_zoho.books.parts import carries_custom_fields, custom_value
from mlc_zoho.books.schemas import Row, text

#: A filter that gives more rows than this has evidently been ignored: their details are not read one by one.
DETAILS_MAX = 10
PAGES_MAX = 500


def find(connection: BooksConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    """One list of candidates per key. Voided and inactive ones are included."""
    if object_type is ObjectType.CONTACT:
        return [persons.find(connection, key) for key in keys]
    entity = ENTITIES.get(object_type)
    if entity is None:
        return [[] for _ in keys]
    finder = _Finder(connection, entity, organisation(connection))
    return [finder.find(key) for key in keys]


class _Finder:
    """Look-ups in one entity's list."""

    def __init__(self, connection: BooksConnection, entity: Entity, home: Organisation) -> None:
        self._connection = connection
        self._entity = entity
        self._home = home
        self._client = BooksClient(connection, home.id)

    def find(self, key: FindKey) -> list[SourceRecord]:
        if key.external_id is not None:
            return self._by_id(key.external_id)
        if key.use_unique_field and self._entity.upsert:
            return self._by_unique_field(key)
        return [
            record
            for row in self._rows(filters(self._entity.object_type, key))
            if MATCHES[self._entity.object_type](row, key)
            and (record := self._record(row, complete=self._entity.complete)) is not None
        ]

    def _by_id(self, record_id: str) -> list[SourceRecord]:
        try:
            row = self._client.detail(self._entity, record_id)
        except NotFoundError:
            return []
        record = self._record(row, complete=True) if is_kind(self._entity, row) else None
        return [] if record is None else [record]

    def _by_unique_field(self, key: FindKey) -> list[SourceRecord]:
        """First among those of the same natural key, which needs no unsure filter, then by the key itself."""
        natural = filters(self._entity.object_type, key)
        if natural:
            matches = MATCHES[self._entity.object_type]
            found = self._verified(natural, key.record_key, wanted=lambda row: matches(row, key))
            if found:
                return found
        try:
            return self._verified({self._search(): key.record_key}, key.record_key, wanted=lambda row: True)
        except RejectedError:  # the list refuses the parameter: the unique field itself still refuses a second record
            return []

    def _search(self) -> str:
        chosen = self._connection.settings.unique_lookup
        return (self._entity.searched or "search_text") if chosen == "auto" else chosen

    def _verified(
        self, params: dict[str, str], record_key: str, *, wanted: Callable[[Row], bool]
    ) -> list[SourceRecord]:
        """Rows whose unique field holds exactly the key; where rows do not show it, their details are read."""
        field = self._connection.settings.unique_field
        hidden: list[str] = []
        for row in self._rows(params):
            if carries_custom_fields(row) and custom_value(row, field) == record_key:
                record = self._record(row, complete=False)
                return [] if record is None else [record]
            if not carries_custom_fields(row) and wanted(row):
                hidden.append(text(row, self._entity.id) or "")
                if len(hidden) > DETAILS_MAX:
                    break
        if len(hidden) > DETAILS_MAX:
            return []
        for record_id in hidden:
            row = self._client.detail(self._entity, record_id)
            if custom_value(row, field) == record_key:
                record = self._record(row, complete=True)
                return [] if record is None else [record]
        return []

    def _rows(self, params: dict[str, str]) -> Iterator[Row]:
        """All rows of a filtered list."""
        asked = {**list_params(self._entity, self._home, None), **params}
        for page in range(1, PAGES_MAX + 1):
            listing = self._client.page(self._entity, asked, page=page)
            yield from (row for row in listing.rows if is_kind(self._entity, row))
            if not listing.more or not listing.rows:
                return

    def _record(self, row: Row, *, complete: bool) -> SourceRecord | None:
        return source_record(self._connection, self._entity, self._home, row, complete=complete)
