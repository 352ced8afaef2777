"""Records looked up by id or natural key. Every candidate is compared with the key on the row itself.

A document is asked for by its number, or by its day, and told from others of that number by its vendor: QuickBooks does
not document a filter by vendor for bills. Inactive vendors are found too, under their own names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from mlc import FindKey, SourceRecord
from mlc.errors import MappingError
from mlc.records import ObjectType

from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.company import company
from mlc_quickbooks.entities import BILL, JOURNAL_BILL, VENDOR, Entity, entities_of
from mlc_quickbooks.journals import payable_line, vendor_ref
from mlc_quickbooks.mapping_lists import plain_name
from mlc_quickbooks.parts import DELETED_NAME
from mlc_quickbooks.queries import ANY_ACTIVE, equals, select, within
from mlc_quickbooks.schemas import Row, day, flag, money, ref_id, text
from mlc_quickbooks.sources import by_ids, enriched, is_stub, own_id, source_record

PAGES_MAX = 200


def find(
    connection: QuickBooksConnection, object_type: ObjectType, keys: Sequence[FindKey]
) -> list[list[SourceRecord]]:
    """One list of candidates per key.

    Raises: AuthError, ConfigError, RateLimitedError, TransientError.
    """
    if not keys:
        return []
    journals = connection.settings.post_as == "journal"
    finders = [_Finder(connection, entity) for entity in entities_of(object_type, journals=journals)]
    if object_type is ObjectType.DIMENSION:
        del finders[1:]
    if object_type is ObjectType.BILL and any((key.external_id or "").startswith(JOURNAL_BILL.prefix) for key in keys):
        finders = [_Finder(connection, BILL), _Finder(connection, JOURNAL_BILL)]
    return [[record for finder in finders for record in finder.find(key)] for key in keys]


class _Finder:
    """Look-ups in one entity."""

    def __init__(self, connection: QuickBooksConnection, entity: Entity) -> None:
        self._home = company(connection)
        self._entity = entity
        self._client = QuickBooksClient(connection)
        self._most = connection.settings.page_size

    def find(self, key: FindKey) -> list[SourceRecord]:
        if key.external_id is not None:
            own = own_id(self._entity, key.external_id)
            found: Iterable[Row] = by_ids(self._client, self._entity, [own]).values() if own is not None else ()
            return self._records(found)
        if self._entity is VENDOR:
            return self._records(self._vendors(key))
        if self._entity.listed:
            return self._records(row for row in self._all([ANY_ACTIVE]) if _is_listed(row, key))
        return self._records(self._documents(key))

    def _vendors(self, key: FindKey) -> Iterator[Row]:
        if key.name is None:
            return
        names = [key.name, key.name + DELETED_NAME]
        for row in self._all([within("DisplayName", names), ANY_ACTIVE]):
            stated = plain_name(text(row, "DisplayName") or "", active=flag(row, "Active") is not False)
            if same_text(stated, key.name):
                yield row

    def _documents(self, key: FindKey) -> Iterator[Row]:
        number = key.number if key.number is not None else key.reference
        if number is not None:
            where = equals("DocNumber", number)
        elif key.on is not None:
            where = equals("TxnDate", key.on)
        else:
            return
        for row in self._all([where]):
            if matches(self._stated(row), key, number):
                yield row

    def _stated(self, row: Row) -> Row:
        """A journal entry names vendor and amount in its payables line; one without is no bill."""
        if self._entity is not JOURNAL_BILL:
            return row
        line = payable_line(row, self._home.payables)
        return {} if line is None else {**row, "VendorRef": vendor_ref(line), "TotalAmt": line.get("Amount")}

    def _all(self, where: Sequence[str]) -> Iterator[Row]:
        """Every row of a question, page by page."""
        for page in range(PAGES_MAX):
            statement = select(self._entity.name, where, start=page * self._most + 1, most=self._most)
            found = self._client.query(self._entity.name, statement).rows
            yield from (row for row in found if not is_stub(row))
            if len(found) < self._most:
                return

    def _records(self, found: Iterable[Row]) -> list[SourceRecord]:
        records: dict[str, SourceRecord] = {}
        for row in enriched(self._client, self._entity, list(found)):
            record = source_record(self._entity, self._home, row)
            if record is not None:
                records.setdefault(record.id, record)
        return list(records.values())


def matches(row: Row, key: FindKey, number: str | None) -> bool:
    """Whatever the key states of a document holds on the row. With a number its day and amount do not count: they are
    what the engine compares."""
    checks = []
    if number is not None:
        checks.append(same_text(text(row, "DocNumber"), number))
    if key.party_id is not None:
        checks.append(ref_id(row, "VendorRef") == key.party_id)
    if number is None:
        if key.on is not None:
            checks.append(_quietly(lambda: day(row, "TxnDate") == key.on))
        if key.amount is not None:
            checks.append(_quietly(lambda: money(row, "TotalAmt") == Decimal(key.amount or "")))
    return bool(checks) and all(checks)


def same_text(stated: str | None, wanted: str) -> bool:
    """Equal but for case and runs of spaces; leading zeros count."""
    return " ".join((stated or "").split()).casefold() == " ".join(wanted.split()).casefold()


def _is_listed(row: Row, key: FindKey) -> bool:
    """Master data: by number or code where that is stated, else by name."""
    if key.number is not None:
        codes: Mapping[str, str | None] = {
            "AcctNum": text(row, "AcctNum"),
            "Sku": text(row, "Sku"),
            "id": f"QB{text(row, 'Id')}",
            "Name": text(row, "Name"),
        }
        return any(code is not None and same_text(code, key.number) for code in codes.values())
    name = plain_name(text(row, "Name") or "", active=flag(row, "Active") is not False)
    return key.name is not None and same_text(name, key.name)


def _quietly(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (MappingError, InvalidOperation):
        return False
