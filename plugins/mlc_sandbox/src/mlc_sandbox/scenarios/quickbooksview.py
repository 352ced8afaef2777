"""What became of invoices that were handed over to QuickBooks: in its books, and in P2P, where each is answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.ledgerview import Record, decimal

#: What only the people who approved an invoice can mend.
GIVEN_BACK: Final = frozenset(
    {"totals_differ", "account_not_postable", "dimension_unmapped", "number_missing", "number_conflict"}
)
FAILED, TAKEN = "TransferFailed", "TransferInProgress"
ANSWERED: Final = frozenset({"Transferred", "Paid"})
KINDS: Final = ("Bill", "VendorCredit")


class QuickBooksView:
    """One moment of a demo: both systems' objects, QuickBooks' log, and what is held."""

    def __init__(
        self,
        company: Company,
        books: Mapping[str, Iterable[Record]],
        desk: Mapping[str, Iterable[Record]],
        books_log: Iterable[Mapping[str, Any]],
        holds: Iterable[Mapping[str, Any]],
    ) -> None:
        self.company = company
        self.books = {kind: {str(row["Id"]): row for row in books.get(kind, ()) if "Id" in row} for kind in books}
        self.desk = {kind: list(rows) for kind, rows in desk.items()}
        self.invoices = {str(one["invoiceId"]): one for one in desk.get("accountingDocuments", ())}
        self.inside = {str(one["invoiceId"]): one for one in desk.get("p2p_invoices", ())}
        self.held = {str(one["source_id"]): str(one["code"]) for one in holds}
        asked = [one for one in books_log if one["cause"].get("kind") == "request"]
        self.written = Counter((str(one["type"]), str(one["id"])) for one in asked if one["op"] == "create")
        self.forbidden = sorted({f"{one['op']} {one['type']}" for one in asked if one["op"] in ("delete", "void")})

    def status(self, invoice_id: str) -> str:
        """Where it stands for the world; what the API never showed is only known inside."""
        row = self.invoices.get(invoice_id) or self.inside.get(invoice_id) or {}
        return str(row.get("processingStatus", "unknown"))

    def outcome(self, invoice_id: str) -> str:
        """What became of an invoice: ``posted``, ``credit``, ``adopted``, ``held:…``, ``given_back:…`` …"""
        held, status = self.held.get(invoice_id), self.status(invoice_id)
        row = self.invoices.get(invoice_id)
        voucher = None if row is None else row.get("voucherNumber1")
        if row is not None and voucher is not None:
            found = self._posted(row, str(voucher))
            return f"{found}, held:{held}" if held else found
        if held in GIVEN_BACK:
            told = self.told(invoice_id, "transferResponses")
            said = bool(told) and told[-1].get("success") is False
            return f"given_back:{held}" if status == FAILED and said else f"held:{held}, but {status}"
        if held is not None:
            return f"held:{held}" if status in (TAKEN, "WaitingForTransfer") else f"held:{held}, but {status}"
        return self._untouched(row or self.inside.get(invoice_id) or {}, status)

    def _untouched(self, row: Record, status: str) -> str:
        day = str(row.get("voucherDate") or row.get("invoiceDate") or "")[:10]
        if status in ("Paid", "New", "Removed"):
            return "not_carried"
        if status == "WaitingForTransfer" and day and day < self.company.since.isoformat():
            return "counted"
        return {FAILED: "given_back"}.get(status, f"not posted, {status}")

    def _posted(self, row: Record, voucher: str) -> str:
        gross = decimal(row["grossSum"])
        kind, word = ("Bill", "posted") if gross >= 0 else ("VendorCredit", "credit")
        shown = self.books[kind].get(voucher)
        if shown is None:
            return f"answered as {voucher}, which is not there"
        times = self.written[kind, voucher]
        answers = [one for one in self.told(str(row["invoiceId"]), "transferResponses") if one.get("success")]
        if len(answers) != 1 or self.status(str(row["invoiceId"])) not in ANSWERED:
            return f"{word}, answered {len(answers)} times, {self.status(str(row['invoiceId']))}"
        if decimal(shown["TotalAmt"]) != abs(gross):
            return f"{word} with {shown['TotalAmt']} instead of {abs(gross)}"
        if f"V{shown['VendorRef']['value']}" != row["supplierCode"]:
            return f"{word} to a part of its vendor" if self._is_part(shown, row) else f"{word} for another vendor"
        if shown["CurrencyRef"]["value"] != row["currencyCode"]:
            return f"{word} in {shown['CurrencyRef']['value']}"
        return word if times else "adopted"

    def _is_part(self, shown: Record, row: Record) -> bool:
        """Whether a document's vendor is that of the invoice, made once more in the invoice's currency."""
        supplier = self.books["Vendor"].get(str(row["supplierCode"]).removeprefix("V"), {})
        part = self.books["Vendor"][str(shown["VendorRef"]["value"])]
        named = f"{supplier.get('DisplayName')} ({row['currencyCode']})"
        return bool(part["DisplayName"] == named and shown["CurrencyRef"]["value"] == row["currencyCode"])

    def told(self, invoice_id: str, kind: str) -> list[Record]:
        """Responses of a kind, in order."""
        return list((self.invoices.get(invoice_id) or {}).get(kind, ()))

    def document(self, invoice_id: str) -> Record:
        """The document in the books; empty when there is none."""
        row = self.invoices.get(invoice_id) or {}
        kind = "Bill" if decimal(row.get("grossSum", 0)) >= 0 else "VendorCredit"
        return self.books[kind].get(str(row.get("voucherNumber1")), {})

    def classes(self, invoice_id: str) -> int:
        """How many classes its lines name."""
        lines = self.document(invoice_id).get("Line", ())
        found = {(line.get("AccountBasedExpenseLineDetail") or {}).get("ClassRef", {}).get("value") for line in lines}
        return len(found - {None})

    def linked(self, invoice_id: str) -> int:
        """How many of its lines are linked to an order's line."""
        return sum(bool(line.get("LinkedTxn")) for line in self.document(invoice_id).get("Line", ()))

    def paid(self, invoice_id: str) -> str:
        """Every total that was told, and what was said to be taken back."""
        told = self.told(invoice_id, "paymentResponses")
        words = [f"{decimal(one['paidTotal']).normalize():f}" for one in told]
        back = [str(one["paymentReversalDocument"]) for one in told if one.get("paymentReversalDocument")]
        return ", ".join([*words, *(f"back {one}" for one in back)]) or "nothing"

    def strays(self) -> list[str]:
        """Documents of the connector that no invoice was answered with, and those that two were answered with."""
        answered = Counter(
            ("Bill" if decimal(row["grossSum"]) >= 0 else "VendorCredit", str(row["voucherNumber1"]))
            for row in self.invoices.values()
            if row.get("voucherNumber1")
        )
        loose = [f"{kind} {id}" for kind, id in self.written if kind in KINDS and (kind, id) not in answered]
        return sorted([*loose, *(f"{kind} {id} twice" for (kind, id), count in answered.items() if count > 1)])

    def totals(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Per currency: what the invoices state that were posted, and what the books hold of them."""
        found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for invoice_id, row in self.invoices.items():
            shown = self.document(invoice_id) if row.get("voucherNumber1") else {}
            if shown:
                turned = 1 if decimal(row["grossSum"]) >= 0 else -1
                found[str(row["currencyCode"])][0] += decimal(row["grossSum"])
                found[str(row["currencyCode"])][1] += decimal(shown["TotalAmt"]) * turned
        return {code: (sums[0], sums[1]) for code, sums in sorted(found.items())}
