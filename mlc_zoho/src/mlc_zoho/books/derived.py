"""Lists for which Zoho Books has no call of their own: payment terms, seen on vendors; exchange rates, per currency.

No documented call lists payment terms. What vendors are to be paid by is told by the rows of their list, number of days
and label: one number of days is one term, whatever people call it; below zero the label alone tells.
Vendor doc: https://www.zoho.com/books/api/v3/contacts/#list-contacts (``payment_terms``, ``payment_terms_label``)
Rates are read with the probe, once an hour at most.
Vendor doc: https://www.zoho.com/books/api/v3/currency/#list-exchange-rates
"""

import hashlib
from collections.abc import Iterable

from mlc import Page, SourceRecord
from mlc.records import ObjectType

from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.organisation import Organisation
from mlc_zoho.books.parts import term_of
from mlc_zoho.books.probe import known_rates
from mlc_zoho.books.schemas import ORGANISATION, Row, text, whole

DERIVED = frozenset({ObjectType.PAYMENT_TERM, ObjectType.EXCHANGE_RATE})


def rates(connection: BooksConnection, client: BooksClient, home: Organisation) -> Page:
    """Every dated rate of every foreign currency, ``EUR@2026-10-01`` each; a rate without a day is not among them."""
    found = []
    for key, rate in sorted(known_rates(connection, client).items()):
        currency, _, begins = key.partition("@")
        if begins:
            row = {"rate_id": key, "currency_code": currency, "effective_date": begins, "rate": rate}
            found.append(SourceRecord(key, _version(rate), {**row, ORGANISATION: home.mark()}))
    return Page(tuple(found), watermark=connection.now().isoformat())


def terms(found: Iterable[Row], home: Organisation) -> tuple[SourceRecord, ...]:
    """The terms of these rows of the list of vendors, each once; those of vendors who are not active are left out."""
    records = {}
    for row in found:
        if row.get("status") != "active" or row.get("contact_type", "vendor") != "vendor":
            continue
        days, label = whole(row, "payment_terms"), text(row, "payment_terms_label")
        term_id = term_of(days) or (label and f"label:{label}")
        if term_id:
            told = {"term_id": term_id, "days": days, "name": _name(days, label), ORGANISATION: home.mark()}
            records[term_id] = SourceRecord(term_id, _version(term_id), told)
    return tuple(records[key] for key in sorted(records))


def _name(days: int | None, label: str | None) -> str | None:
    if days is None or days < 0:
        return label
    return f"Net {days}" if days else "Due on Receipt"


def _version(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:20]
