"""Single records by id: one question for as many as core asks for at once."""

from collections.abc import Sequence

from mlc import SourceRecord
from mlc.records import ObjectType

from mlc_quickbooks import rates
from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.company import company
from mlc_quickbooks.entities import entities_of
from mlc_quickbooks.sources import by_ids, enriched, gone, own_id, source_record


def read(connection: QuickBooksConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Records in the order of the ids. One that is gone comes back with ``deleted``.

    Raises: AuthError, ConfigError, RateLimitedError, TransientError.
    """
    if object_type is ObjectType.EXCHANGE_RATE:
        known = {record.id: record for record in rates.fetch(connection).records}
        return [known.get(each) or gone(object_type, each, "missing_in_scan") for each in ids]
    home = company(connection)
    client = QuickBooksClient(connection)
    found: dict[str, SourceRecord] = {}
    for entity in entities_of(object_type, journals=True):
        wanted = [stated for each in ids if (stated := own_id(entity, each)) is not None]
        if not wanted:
            continue
        for row in enriched(client, entity, list(by_ids(client, entity, wanted).values())):
            record = source_record(entity, home, row)
            if record is not None:
                found[record.id] = record
    return [found.get(each) or gone(object_type, each, "http_404") for each in ids]
