"""Read records whole by id. What is gone comes back as deleted, never as an error."""

from collections.abc import Callable, Sequence
from typing import Any

from mlc import SourceRecord
from mlc.errors import NotFoundError
from mlc.records import ObjectType

from mlc_procurify import marks
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import Client
from mlc_procurify.pages import crawl, currency_names, gone, record
from mlc_procurify.parts import LOOKED_UP
from mlc_procurify.sources import Source, sources
from mlc_procurify.versions import bill_version


def read_records(connection: ProcurifyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Bills, purchase orders and vendors by their own call each; the rest by crawling its list once.

    Raises: AccessSuspendedError, AuthError, RateLimitedError, TransientError.
    """
    client = Client(connection)
    lists = sources(object_type, connection.settings)
    detail: dict[ObjectType, Callable[[str], dict[str, Any]]] = {
        ObjectType.BILL: client.bill,
        ObjectType.VENDOR_CREDIT: client.bill,
        ObjectType.PURCHASE_ORDER: client.purchase_order,
        ObjectType.VENDOR: client.vendor,
    }
    if object_type in detail:
        rows = [_one(wanted, detail[object_type]) for wanted in ids]
        present = tuple(row for row in rows if row is not None)
        needed = object_type is ObjectType.VENDOR
        currencies = currency_names(client, connection.settings, present) if needed else None
        return [
            gone(wanted, evidence="http_404")
            if row is None
            else record(lists[0], row, complete=True, currencies=currencies)
            for wanted, row in zip(ids, rows, strict=True)
        ]
    marked = [wanted for wanted in ids if object_type is ObjectType.PAYMENT and marks.is_mark(wanted)]
    found = {wanted: _mark(client, wanted) for wanted in marked}
    found |= _crawled(connection, client, lists, [wanted for wanted in ids if wanted not in found])
    return [found[wanted] for wanted in ids]


def _one(wanted: str, read: Callable[[str], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return read(wanted)
    except NotFoundError:
        return None


def _mark(client: Client, record_id: str) -> SourceRecord:
    """Read the marked bills. One of them gone: the mark is gone."""
    bills = [_one(uuid, client.bill) for uuid in marks.bills_of(record_id)]
    present = [bill for bill in bills if bill is not None]
    if len(present) < len(bills):
        return gone(record_id, evidence="http_404")
    return SourceRecord(
        id=record_id,
        version="|".join(f"{bill.get('status')}:{bill_version(bill)}" for bill in present),
        payload={"bills": present, LOOKED_UP: {marks.MARK: record_id}},
    )


def _crawled(
    connection: ProcurifyConnection, client: Client, lists: tuple[Source, ...], ids: Sequence[str]
) -> dict[str, SourceRecord]:
    """There is no call by id for these; the crawl stops as soon as all are found."""
    found: dict[str, SourceRecord] = {}
    missing = set(ids)
    for source in lists:
        if not missing:
            break
        for row in crawl(client, source, connection.settings):
            number = source.identify(row)
            if number in missing:
                found[number] = record(source, row)
                missing.discard(number)
            if not missing:
                break
    return found | {wanted: gone(wanted, evidence="missing_in_scan") for wanted in missing}
