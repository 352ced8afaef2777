"""What BILL does not say on a row and map needs: the currency of a vendor's documents, a list's kind.

A bill's currency is its vendor's, fixed when the vendor is made; vendors are looked up a page at a time, each once per
connection.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from mlc.http import VendorClient
from mlc.records import ObjectType

from mlc_bill.auth import BillConnection
from mlc_bill.client import BillClient
from mlc_bill.entities import ENTITIES
from mlc_bill.filters import within
from mlc_bill.redaction import without_secrets
from mlc_bill.schemas import FACTS, Row, text

#: Object type → list of the party, its id on the document, its currency.
_PARTIES = {
    ObjectType.BILL: (ObjectType.VENDOR, "vendorId", "billCurrency"),
    ObjectType.VENDOR_CREDIT: (ObjectType.VENDOR, "vendorId", "billCurrency"),
    ObjectType.PAYMENT: (ObjectType.VENDOR, "vendorId", "billCurrency"),
    ObjectType.INVOICE: (ObjectType.CUSTOMER, "customerId", "invoiceCurrency"),
}
ASKED_AT_ONCE = 50

# One entry per live HTTP client, dropped with it: a party's currency does not change.
_KNOWN: WeakKeyDictionary[VendorClient, dict[str, str]] = WeakKeyDictionary()


def payloads(
    connection: BillConnection, object_type: ObjectType, found: Iterable[Row], **facts: str
) -> list[dict[str, Any]]:
    """Rows as core keeps them: without secrets, with what was looked up beside them."""
    listed = list(found)
    known = currencies(connection, object_type, listed)
    key = _PARTIES.get(object_type, (None, "", ""))[1]
    made = []
    for row in listed:
        own = dict(facts)
        currency = known.get(text(row, key) or "")
        if currency is not None:
            own["currency"] = currency
        payload = without_secrets(dict(row))
        payload[FACTS] = own
        made.append(payload)
    return made


def currencies(connection: BillConnection, object_type: ObjectType, listed: Iterable[Row]) -> Mapping[str, str]:
    """The currency of each party that the documents name."""
    if object_type not in _PARTIES:
        return {}
    kind, key, field = _PARTIES[object_type]
    known = _KNOWN.setdefault(connection.http, {})
    missing = sorted({party for row in listed if (party := text(row, key)) is not None} - known.keys())
    entity = ENTITIES[kind]
    for start in range(0, len(missing), ASKED_AT_ONCE):
        asked = missing[start : start + ASKED_AT_ONCE]
        page = BillClient(connection).page(entity, filters=within("id", asked), max_rows=100)
        for row in page.rows:
            party, currency = text(row, "id"), text(row, field)
            if party is not None and party in asked:
                known[party] = currency or connection.settings.base_currency
    return known
