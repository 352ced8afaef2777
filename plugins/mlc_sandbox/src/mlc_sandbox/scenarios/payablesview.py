"""Say what became of each document of the books in the system that pays, from the stand-ins and the holds alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import Case, Company, LedgerDocument, Stage
from mlc_sandbox.scenarios.ledgerview import Record, decimal

Objects = Mapping[str, Iterable[Record]]
KEPT = 21
_TAIL = 16


def shortened(number: str, shown: str) -> bool:
    """Whether a number stands for one of the books: itself, or its last 16 characters, ``~`` and 4 of a hash."""
    if len(number) <= KEPT:
        return shown == number
    return len(shown) == KEPT and shown[:_TAIL] == number[-_TAIL:] and shown[_TAIL] == "~"


class PayablesView:
    """One moment of a demo: what the books say, what the paying system holds, and what waits."""

    def __init__(
        self,
        company: Company,
        books: Objects,
        payer: Objects,
        payer_log: Iterable[Mapping[str, Any]],
        holds: Iterable[Mapping[str, Any]],
    ) -> None:
        self.company = company
        self.books = {type: list(rows) for type, rows in books.items()}
        self.payer = {type: {str(row["id"]): row for row in rows} for type, rows in payer.items()}
        self.log = [entry for entry in payer_log if entry["cause"].get("kind") == "request"]
        self.claimed: set[str] = set()
        self._held: dict[str, str] = {str(hold["source_id"]): str(hold["code"]) for hold in holds}
        self._by_number = {
            (type, row[key]): row["bill_id" if type == "bills" else "vendor_credit_id"]
            for type, key in (("bills", "bill_number"), ("vendorcredits", "vendor_credit_number"))
            for row in self.books.get(type, ())
        }
        self._created: dict[str, list[Record]] = defaultdict(list)
        for entry in self.log:
            if entry["op"] == "create":
                self._created[entry["type"]].append(entry["after"])

    def held(self, source_id: str) -> str | None:
        """Why a record waits; None when it does not."""
        return self._held.get(source_id)

    def outcome(self, case: Case, key: str) -> str:
        """What became of one record of a case."""
        if key.startswith("contact:"):
            held = self._held.get(self.company.contact(key).ledger_id)
            return f"held:{held}" if held else "not held"
        document = self.document(key)
        if case.expect == "paid":
            return self.paid(document)
        if case.expect.startswith("marked "):
            return self.marked(document)
        if case.expect == "told":
            return self.told(document)
        return self.posted(document, changed=case.stage is not Stage.START, image=case.expect == "posted_with_image")

    def marked(self, document: LedgerDocument) -> str:
        """What its custom fields in the books show of the paying system, where it stands as it stood."""
        posted = self.posted(document)
        row = next(row for row in self.books["bills"] if row["bill_id"] == document.ledger_id)
        shown = row["custom_field_hash"]
        words = [str(shown[name]) for name in ("cf_bill_approval", "cf_bill_payment") if shown.get(name)]
        return " ".join(["marked", *words]) if posted == "posted" else posted

    def document(self, key: str) -> LedgerDocument:
        """A document of the books, or one that came later."""
        later = {one.key: one for one in self.company.later_documents}
        return later.get(key) or self.company.ledger_document(key)

    def ledger_id(self, document: LedgerDocument) -> str:
        """The id it has in the books; one that came later has the id that it was given there."""
        if document not in self.company.later_documents:
            return document.ledger_id
        type = "vendorcredits" if document.kind == "credit" else "bills"
        return str(self._by_number.get((type, document.number), document.ledger_id))

    def made(self, document: LedgerDocument) -> list[Record]:
        """What the connector created for a document."""
        contact = self.company.contact(document.contact)
        type, field = ("vendor_credits", "referenceNumber") if document.kind == "credit" else ("bills", "")
        found = []
        for row in self._created[type]:
            shown = row[field] if field else row["invoice"]["invoiceNumber"]
            vendor = self.payer["vendors"].get(row["vendorId"], {})
            same = vendor.get("shortName") == contact.contact_number
            named = str(vendor.get("name", "")).casefold().startswith(contact.name[:80].casefold())
            if shortened(document.number, str(shown)) and (same or named):
                found.append(row)
        self.claimed.update(row["id"] for row in found)
        return found

    def posted(self, document: LedgerDocument, *, changed: bool = False, image: bool = False) -> str:
        """Whether it is there once, as the books have it."""
        made = self.made(document)
        if len(made) > 1:
            return f"posted {len(made)} times"
        held = self._held.get(self.ledger_id(document))
        if held:
            return f"held:{held}"
        if not made:
            return self._not_posted(document)
        type = "vendor_credits" if document.kind == "credit" else "bills"
        shown = self.payer[type][made[0]["id"]]
        if shown["archived"]:
            return "archived"
        wrong = self._differs(document, shown)
        if wrong:
            return wrong
        if document.kind == "credit":
            return "credit"
        if changed and document.key not in {one.key for one in self.company.later_documents}:
            if document.status == "draft":
                return "posted"
            return (
                "updated"
                if any(entry["id"] == shown["id"] and entry["op"] == "update" for entry in self.log)
                else "posted"
            )
        if document.order and shown.get("purchaseOrderNumber") != document.order:
            return "posted without its order number"
        if image:
            files = [row for row in self.payer.get("documents", {}).values() if row["_on"] == shown["id"]]
            return "posted_with_image" if len(files) == 1 else f"posted with {len(files)} images"
        return "posted"

    def _differs(self, document: LedgerDocument, shown: Record) -> str:
        """How a document there differs from the books as they stand now, empty when it does not."""
        row = self._row(document)
        if decimal(shown["amount"]) != decimal(row["total"]):
            return f"posted with {decimal(shown['amount'])} instead of {decimal(row['total'])}"
        vendor = self.payer["vendors"][shown["vendorId"]]
        if vendor["billCurrency"] != document.currency:
            return f"posted in {vendor['billCurrency']} instead of {document.currency}"
        if document.kind == "bill":
            if str(shown["dueDate"]) != str(row["due_date"]):
                return f"due on {shown['dueDate']} instead of {row['due_date']}"
            if row.get("notes") and str(row["notes"]) not in str(shown.get("description") or ""):
                return "posted without its memo"
        return "" if self._accounts_fit(document, row, shown) else "posted to other accounts"

    def total(self, document: LedgerDocument) -> Decimal:
        """What the books state of it now."""
        return decimal(self._row(document)["total"])

    def _row(self, document: LedgerDocument) -> Record:
        type, key = ("vendorcredits", "vendor_credit_id") if document.kind == "credit" else ("bills", "bill_id")
        id = self.ledger_id(document)
        return next(row for row in self.books[type] if str(row[key]) == id)

    def _accounts_fit(self, document: LedgerDocument, row: Record, shown: Record) -> bool:
        """Whether each account got its share; with tax or rounding a line more is right."""
        if any(line.tax for line in document.lines) or document.adjustment:
            return True
        numbers = {id: (one.get("account") or {}).get("number") for id, one in self.payer["chart_of_accounts"].items()}
        codes = {str(a.ledger_id): a.ledger_code or a.code for a in self.company.accounts if a.ledger_id}
        wanted: dict[Any, Decimal] = defaultdict(Decimal)
        for line in row["line_items"]:
            wanted[codes.get(str(line["account_id"]))] += decimal(line["item_total"])
        got: dict[Any, Decimal] = defaultdict(Decimal)
        for line in shown["vendorCreditLineItems" if document.kind == "credit" else "billLineItems"]:
            got[numbers.get(str((line.get("classifications") or {}).get("chartOfAccountId")))] += decimal(
                line["amount"]
            )
        return got == wanted

    def _not_posted(self, document: LedgerDocument) -> str:
        if document.document_date < self.company.since:
            return "counted"
        row = self._row(document)
        if row["status"] in ("draft", "paid", "void", "pending_approval") or document.applied:
            return "not_carried"
        payer = self.company.payer
        typed = [one for one in payer.bills if one.twin_of == document.key] if payer is not None else []
        if any(one.total == document.total and one.number == document.number for one in typed):
            return "adopted" if not self._touched(document) else "adopted and written over"
        return "missing"

    def _touched(self, document: LedgerDocument) -> bool:
        ids = {id for id, row in self.payer["bills"].items() if row["invoice"]["invoiceNumber"] == document.number}
        return any(entry["type"] == "bills" and entry["id"] in ids for entry in self.log)

    def paid(self, document: LedgerDocument) -> str:
        """Whether a payment made there closed the bill in the books, once, on the clearing account."""
        id = self.ledger_id(document)
        known = {one.ledger_id for one in self.company.ledger_payments}
        rows = [
            row
            for row in self.books.get("vendorpayments", ())
            if str(row["payment_id"]) not in known and any(str(part["bill_id"]) == id for part in row["bills"])
        ]
        if len(rows) != 1:
            return "unpaid" if not rows else f"paid {len(rows)} times"
        clearing = self.company.money_account("clearing").ledger_id
        if str(rows[0]["paid_through_account_id"]) != clearing:
            return "paid from another account"
        return "paid" if self._row(document)["status"] == "paid" else "paid in part"

    def told(self, document: LedgerDocument) -> str:
        """Whether a payment made in the books was recorded there, so that nobody pays again."""
        ids = {row["id"] for row in self.made(document)}
        rows = [
            row
            for row in self.payer.get("payments", {}).values()
            if not row["onlinePayment"] and any(part["billId"] in ids for part in row["billPayments"])
        ]
        return "told" if len(rows) == 1 else f"told {len(rows)} times"

    def strays(self) -> list[str]:
        """Bills and credits of the connector that no document is the cause of."""
        for document in (*self.company.ledger_documents, *self.company.later_documents):
            self.made(document)
        rows = [*self._created["bills"], *self._created["vendor_credits"]]
        return sorted(row["id"] for row in rows if row["id"] not in self.claimed)

    def elsewhere(self, organization_id: str) -> list[str]:
        """What the connector wrote into another organisation under the same developer key."""
        rows = [(entry["type"], entry["after"] or entry["before"]) for entry in self.log]
        other = {type for type, row in rows if (row or {}).get("organizationId", organization_id) != organization_id}
        return sorted(other)
