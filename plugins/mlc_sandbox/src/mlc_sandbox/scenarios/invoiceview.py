"""What became of invoices that were handed over: in the books, and over there, where each has to be answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.company import Bill, Company, LedgerDocument
from mlc_sandbox.company.lists import UNIQUE_FIELD
from mlc_sandbox.scenarios.ledgerview import ID_OF, Record, decimal, unique_value

#: What only the people who approved an invoice can mend.
GIVEN_BACK: Final = frozenset(
    {"totals_differ", "account_not_postable", "dimension_unmapped", "number_missing", "number_conflict"}
)
FAILED, TAKEN, WAITING = "TransferFailed", "TransferInProgress", "WaitingForTransfer"
ANSWERED: Final = frozenset({"Transferred", "Paid"})
_UNTOUCHED: Final = frozenset({WAITING, "Paid", "New", "Removed"})
_NOT_CARRIED: Final = frozenset({"Paid", "New", "Removed"})
_LIVE: Final = frozenset({"open", "overdue", "partially_paid", "paid", "closed"})


class InvoiceView:
    """One moment of a demo: the seeded company, both systems' objects, and what is held."""

    def __init__(
        self,
        company: Company,
        books: Mapping[str, Iterable[Record]],
        desk: Mapping[str, Iterable[Record]],
        holds: Iterable[Mapping[str, Any]],
    ) -> None:
        self.company = company
        self.books = {kind: list(rows) for kind, rows in books.items()}
        self.invoices = {str(one["invoiceId"]): one for one in desk.get("accountingDocuments", ())}
        self.inside = {str(one["invoiceId"]): one for one in desk.get("p2p_invoices", ())}
        self.desk = {kind: list(rows) for kind, rows in desk.items()}
        self.held = {str(one["source_id"]): str(one["code"]) for one in holds}
        self.twins: dict[str, list[LedgerDocument]] = defaultdict(list)
        for document in company.ledger_documents:
            if document.twin_of:
                self.twins[document.twin_of].append(document)

    def status(self, invoice_id: str) -> str:
        """Where it stands for the world; what the API never showed is only known inside."""
        row = self.invoices.get(invoice_id) or self.inside.get(invoice_id) or {}
        return str(row.get("processingStatus", "unknown"))

    def seeded(self, key: str) -> str:
        """What became of an invoice of the seeded company."""
        bill = self.company.bill(key)
        held = self.held.get(bill.uuid)
        if held is not None:
            return self._held(bill.uuid, held)
        found = self.documents(bill.uuid)
        if len(found) > 1:
            return f"posted {len(found)} times"
        if found:
            return self._answered(bill.uuid, self._posted(bill, *found[0]), str(found[0][1][ID_OF[found[0][0]]]))
        twin = next((one for one in self.twins[key] if self._is_exact(bill, one)), None)
        if twin is not None and any(one.get("success") for one in self._told(bill.uuid, "transferResponses")):
            return self._answered(bill.uuid, "adopted", twin.ledger_id)
        status = self.status(bill.uuid)
        if bill.ledger_date < self.company.since:
            return "counted" if status in _UNTOUCHED else f"counted, but {status}"
        if status in _NOT_CARRIED:
            return "not_carried"
        return "given_back" if status == FAILED else f"missing, {status}"

    def _posted(self, bill: Bill, kind: str, row: Record) -> str:
        word = "posted" if kind == "bills" else "credit"
        if decimal(row["total"]) != abs(bill.total):
            return f"{word} with {row['total']} instead of {abs(bill.total)}"
        if row.get("currency_code", bill.currency) != bill.currency:
            return f"{word} in {row['currency_code']} instead of {bill.currency}"
        return word if row.get("status") in _LIVE else f"{word} as {row.get('status')}"

    def _is_exact(self, bill: Bill, document: LedgerDocument) -> bool:
        stated = (document.number, document.total, document.document_date)
        return stated == (bill.number, abs(bill.total), bill.ledger_date)

    def _held(self, invoice_id: str, code: str) -> str:
        """Given back, or kept until the books have what it lacks; nothing is held before it was taken."""
        status = self.status(invoice_id)
        if code in GIVEN_BACK:
            told = self._told(invoice_id, "transferResponses")
            said = bool(told) and told[-1].get("success") is False
            return f"given_back:{code}" if status == FAILED and said else f"held:{code}, but {status}"
        return f"held:{code}" if status == TAKEN else f"held:{code}, but {status}"

    def _answered(self, invoice_id: str, outcome: str, target: str) -> str:
        told = [one for one in self._told(invoice_id, "transferResponses") if one.get("success")]
        if self.status(invoice_id) not in ANSWERED or len(told) != 1:
            return f"{outcome}, answered {len(told)} times, {self.status(invoice_id)}"
        return outcome if str(told[0].get("voucherNumber1")) == target else f"{outcome}, answered as another"

    def _told(self, invoice_id: str, kind: str) -> list[Record]:
        shown = self.invoices.get(invoice_id) or {}
        return list(shown.get(kind, ()))

    # ---------------------------------------------------------------- invoices of the demo

    def documents(self, invoice_id: str) -> list[tuple[str, Record]]:
        """What stands in the books for an invoice, by its key."""
        bills = [
            ("bills", row)
            for row in self.books.get("bills", ())
            if unique_value(row, UNIQUE_FIELD).rpartition(":")[2] == invoice_id
        ]
        number = (self.invoices.get(invoice_id) or {}).get("invoiceNumber")
        if number is None or decimal(self.invoices[invoice_id]["grossSum"]) >= 0:
            return bills
        credits = [row for row in self.books.get("vendorcredits", ()) if row["vendor_credit_number"] == number]
        return [*bills, *(("vendorcredits", row) for row in credits)]

    def made(self, invoice_id: str) -> str:
        """What became of an invoice that people made during the demo."""
        found = self.documents(invoice_id)
        if len(found) > 1:
            return f"posted {len(found)} times"
        held = self.held.get(invoice_id)
        if not found:
            return f"held:{held}, {self.status(invoice_id)}" if held else f"not posted, {self.status(invoice_id)}"
        kind, row = found[0]
        gross = abs(decimal(self.invoices[invoice_id]["grossSum"]))
        word = "posted" if kind == "bills" else "credit"
        if decimal(row["total"]) != gross:
            return f"{word} with {row['total']} instead of {gross}"
        return f"{word}, held:{held}" if held else f"{word}, {self.status(invoice_id)}"

    def reached(self, invoice_id: str) -> str:
        """Where P2P has it: what was refused in the second phase never got there."""
        return str(self.inside.get(invoice_id, {}).get("processingStatus"))

    def paid(self, invoice_id: str) -> str:
        """The last total that was told, and how often."""
        told = self._told(invoice_id, "paymentResponses")
        return "nothing" if not told else f"{decimal(told[-1]['paidTotal']).normalize():f} in {len(told)}"

    def taken_back(self, invoice_id: str) -> str:
        """Whether the last answer about payments names the one that it takes back."""
        told = self._told(invoice_id, "paymentResponses")
        return "named" if told and told[-1].get("paymentReversalDocument") else "not named"

    # ---------------------------------------------------------------- everything

    def strays(self) -> list[str]:
        """Documents of the connector that no invoice is the cause of."""
        return sorted(
            f"{kind} {row[ID_OF[kind]]}"
            for kind in ("bills",)
            for row in self.books.get(kind, ())
            if (key := unique_value(row, UNIQUE_FIELD)) and key.rpartition(":")[2] not in self.invoices
        )

    def totals(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Per currency: what the invoices state that were posted, and what the books hold of them."""
        found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for invoice_id, invoice in self.invoices.items():
            for kind, row in self.documents(invoice_id):
                if row.get("status") != "void":
                    found[str(invoice["currencyCode"])][0] += decimal(invoice["grossSum"])
                    found[str(invoice["currencyCode"])][1] += decimal(row["total"]) * (1 if kind == "bills" else -1)
        return {code: (sums[0], sums[1]) for code, sums in sorted(found.items())}
