"""Journal entries that owe a vendor something: the payables line, and what bill payments have settled of it.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/journalentry
"""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.entities import BILL_PAYMENT, JOURNAL_BILL, SETTLED
from mlc_quickbooks.queries import BY_CHANGE, equals, select
from mlc_quickbooks.schemas import Row, inner, money, ref_id, rows, text

JOURNAL_LINE = "JournalEntryLineDetail"
CREDIT, DEBIT, VENDOR = "Credit", "Debit", "Vendor"
#: Payments of more vendors than these are read as a list: fewer questions.
VENDORS_MAX = 5
PAGE = 1000
PAGES_MAX = 200
ZERO = Decimal(0)


def payable_line(row: Row, payables: Collection[str] = ()) -> Row | None:
    """The one credit line with a vendor, on a payables account where those are known; None: the entry is no bill."""
    found = [line for line in rows(row, "Line") if _owes(line, payables)]
    return found[0] if len(found) == 1 else None


def vendor_ref(line: Row) -> Row:
    """The vendor of a line, as a reference."""
    return inner(inner(inner(line, JOURNAL_LINE), "Entity"), "EntityRef")


def settled_in(payments: Iterable[Row]) -> list[str]:
    """Ids of the journal entries that bill payments settle, each once."""
    return list(dict.fromkeys(entry for payment in payments for entry, _amount in _settled(payment)))


def with_settled(client: QuickBooksClient, found: list[Row]) -> list[Row]:
    """Entries with what was settled of them: QuickBooks states no balance of an entry. Reads their vendors' payments.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    lines = [line for row in found if (line := payable_line(row)) is not None]
    vendors = {vendor for line in lines if (vendor := text(vendor_ref(line), "value")) is not None}
    if not vendors:
        return found
    sums: dict[str, Decimal] = {}
    for payment in _payments(client, vendors):
        for entry, amount in _settled(payment):
            sums[entry] = sums.get(entry, ZERO) + amount
    return [{**row, SETTLED: sums.get(text(row, "Id") or "", ZERO)} for row in found]


def _payments(client: QuickBooksClient, vendors: Collection[str]) -> Iterator[Row]:
    questions = [[equals("VendorRef", each)] for each in sorted(vendors)] if len(vendors) <= VENDORS_MAX else [[]]
    for where in questions:
        seen: set[str | None] = set()
        for page in range(PAGES_MAX):
            statement = select(BILL_PAYMENT.name, where, order=BY_CHANGE, start=page * PAGE + 1, most=PAGE)
            listed = client.query(BILL_PAYMENT.name, statement).rows
            fresh = [row for row in listed if text(row, "Id") not in seen]
            seen |= {text(row, "Id") for row in fresh}
            yield from fresh
            if len(listed) < PAGE:
                break


def _settled(payment: Row) -> Iterator[tuple[str, Decimal]]:
    for line in rows(payment, "Line"):
        for link in rows(line, "LinkedTxn"):
            entry = text(link, "TxnId")
            if text(link, "TxnType") == JOURNAL_BILL.name and entry is not None:
                yield entry, money(line, "Amount") or ZERO


def _owes(line: Row, payables: Collection[str]) -> bool:
    detail = inner(line, JOURNAL_LINE)
    vendor = text(inner(detail, "Entity"), "Type") == VENDOR and text(vendor_ref(line), "value") is not None
    account = ref_id(detail, "AccountRef")
    return vendor and text(detail, "PostingType") == CREDIT and (not payables or account in payables)
