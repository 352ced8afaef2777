"""Records looked up by natural key. BILL has no field for our own key, so every candidate is compared here.

An invoice number is not among the documented filters: a vendor's bills are listed and compared.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from mlc import FindKey, SourceRecord
from mlc.errors import TransientError
from mlc.records import ObjectType

from mlc_bill.auth import BillConnection
from mlc_bill.client import BillClient
from mlc_bill.entities import ENTITIES, KINDS, Entity
from mlc_bill.fetch import lists_of, records
from mlc_bill.filters import equal, joined, starting
from mlc_bill.reading import look_up
from mlc_bill.schemas import Row, day, inner, money, text

PAGES_MAX = 500
PREFIX = 40

Match = Callable[[Row, FindKey], bool]


def find(connection: BillConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    """One list of candidates per key. Archived ones are included."""
    return [_find(connection, object_type, key) for key in keys]


def _find(connection: BillConnection, object_type: ObjectType, key: FindKey) -> list[SourceRecord]:
    if key.external_id is not None:
        found = look_up(connection, object_type, key.external_id)
        return [] if found is None else [found]
    matches = MATCHES.get(object_type)
    if matches is None or not _says_enough(object_type, key):
        return []
    candidates = []
    for entity in lists_of(connection, object_type):
        if key.kind is not None and not _is_of(entity, key.kind):
            continue
        wanted = [row for row in _rows(connection, entity, filters(connection, object_type, key)) if matches(row, key)]
        candidates += list(records(connection, object_type, entity, wanted))
    return candidates


def _is_of(entity: Entity, kind: str) -> bool:
    """Whether a list holds values of this kind."""
    return any(one.entity == entity and one.kind.value == kind for one in KINDS)


def filters(connection: BillConnection, object_type: ObjectType, key: FindKey) -> str | None:
    """What the list can be asked for of a key; the rest is compared."""
    settings = connection.settings
    if object_type in (ObjectType.VENDOR, ObjectType.CUSTOMER):
        prefix = (key.name or "")[:PREFIX].partition('"')[0]
        return starting("name", prefix) if prefix else None
    if object_type is ObjectType.VENDOR_CREDIT:
        return equal("vendorId", key.party_id) if settings.vendor_credit_filters and key.party_id else None
    party = ENTITIES[object_type].party if object_type in ENTITIES else None
    number = None
    if object_type is ObjectType.BILL and settings.invoice_number_filter and key.number is not None:
        number = equal("invoice.invoiceNumber", key.number)
    return joined(equal(party, key.party_id) if party and key.party_id else None, number)


def same_text(stated: str | None, wanted: str) -> bool:
    """Equal but for case and runs of spaces; leading zeros count."""
    return " ".join((stated or "").split()).casefold() == " ".join(wanted.split()).casefold()


def _says_enough(object_type: ObjectType, key: FindKey) -> bool:
    if object_type is ObjectType.PAYMENT:
        return key.party_id is not None and key.amount is not None and key.on is not None
    named = key.number is not None or key.name is not None
    return named or (key.party_id is not None and key.amount is not None)


def _rows(connection: BillConnection, entity: Entity, wanted: str | None) -> Iterator[Row]:
    """Every row of a filtered list. Raises TransientError when it leads back to itself."""
    client, cursor = BillClient(connection), None
    for _ in range(PAGES_MAX):
        listing = client.page(entity, filters=wanted, cursor=cursor, max_rows=entity.max)
        yield from listing.rows
        if listing.next is None:
            return
        if listing.next == cursor:
            break
        cursor = listing.next
    raise TransientError(f"BILL's list of {entity.what} does not end; nothing was concluded from it.")


def _document(
    number: Callable[[Row], str | None], *, party: str, amount: str, on: Callable[[Row], date | None]
) -> Match:
    """A number within its party; without a number the amount and the date."""

    def matches(row: Row, key: FindKey) -> bool:
        if key.party_id is not None and text(row, party) != key.party_id:
            return False
        if key.number is not None:
            return same_text(number(row), key.number)
        dated = key.on is None or on(row) == key.on
        return key.amount is not None and dated and _same_amount(row, amount, key.amount)

    return matches


def _same_amount(row: Row, name: str, wanted: str) -> bool:
    try:
        return money(row, name) == Decimal(wanted)
    except InvalidOperation:
        return False


def _payment(row: Row, key: FindKey) -> bool:
    """Recorded payments have no reference of their own, so that one counts only where BILL shows one."""
    shown = text(row, "confirmationNumber") or text(row, "transactionNumber")
    referred = key.reference is None or row.get("onlinePayment") is not True or same_text(shown, key.reference)
    same = text(row, "vendorId") == key.party_id and day(row, "processDate") == key.on
    return referred and same and _same_amount(row, "amount", key.amount or "")


def _party(row: Row, key: FindKey) -> bool:
    if key.name is not None:
        return same_text(text(row, "name"), key.name)
    return key.number is not None and same_text(text(row, "shortName"), key.number)


def _account(row: Row, key: FindKey) -> bool:
    if key.number is not None:
        return same_text(text(inner(row, "account"), "number"), key.number)
    return key.name is not None and same_text(text(row, "name"), key.name)


def _value(row: Row, key: FindKey) -> bool:
    if key.number is not None and same_text(text(row, "shortName"), key.number):
        return True
    return key.name is not None and same_text(text(row, "name"), key.name)


MATCHES: dict[ObjectType, Match] = {
    ObjectType.BILL: _document(
        lambda row: text(inner(row, "invoice"), "invoiceNumber"),
        party="vendorId",
        amount="amount",
        on=lambda row: day(inner(row, "invoice"), "invoiceDate"),
    ),
    ObjectType.VENDOR_CREDIT: _document(
        lambda row: text(row, "referenceNumber"),
        party="vendorId",
        amount="amount",
        on=lambda row: day(row, "creditDate"),
    ),
    ObjectType.INVOICE: _document(
        lambda row: text(row, "invoiceNumber"),
        party="customerId",
        amount="totalAmount",
        on=lambda row: day(row, "invoiceDate"),
    ),
    ObjectType.PAYMENT: _payment,
    ObjectType.VENDOR: _party,
    ObjectType.CUSTOMER: _party,
    ObjectType.ACCOUNT: _account,
    ObjectType.DIMENSION: _value,
}
