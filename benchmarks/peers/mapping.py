"""What the other contenders share: the field mapping, and a table of what went where, which none of them has itself.

Imported inside each contender's own environment: the standard library only.
"""

import hashlib
import json
import sqlite3
from typing import Any

STATUS = {"open": "OPEN", "paid": "PAID", "void": "VOIDED"}
TERMS = {"net_30": 30, "net_15": 15, "due_on_receipt": 0}


def minor(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])


def map_bill(bill: dict[str, Any]) -> dict[str, Any]:
    """The source's bill as the destination wants it."""
    vendor = bill["vendor"]
    lines = [
        {"line_no": number, "text": line["description"], "quantity": line["quantity"],
         "unit_minor": minor(line["unit_price"]), "amount_minor": minor(line["amount"]),
         "account": line["account_code"], "tax_code": line["tax_code"]}
        for number, line in enumerate(bill["lines"], 1)
    ]  # fmt: skip
    return {
        "external_id": bill["id"], "doc_number": bill["number"], "status": STATUS[bill["status"]],
        "vendor_ref": vendor["id"], "vendor_name": vendor["name"][:100], "currency_code": bill["currency"],
        "txn_date": bill["issue_date"], "due_date": bill["due_date"], "subtotal_minor": minor(bill["subtotal"]),
        "tax_minor": minor(bill["tax_total"]), "total_minor": minor(bill["total"]), "memo": bill["memo"],
        "terms_days": TERMS[bill["payment_terms"]], "source_updated_at": bill["updated_at"], "line_items": lines,
    }  # fmt: skip


class Sent:
    """Source id → destination id and a digest of what was sent; one commit per record."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS sent (source_id TEXT PRIMARY KEY, target_id TEXT, digest TEXT)")
        self._db.execute("CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT)")

    def target_of(self, bill: dict[str, Any]) -> tuple[str | None, bool]:
        """Where a mapped bill went, and whether it went there just so."""
        row = self._db.execute(
            "SELECT target_id, digest FROM sent WHERE source_id = ?", (bill["external_id"],)
        ).fetchone()
        return (None, False) if row is None else (row[0], row[1] == digest(bill))

    def note(self, bill: dict[str, Any], target_id: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", (bill["external_id"], target_id, digest(bill)))

    def mark(self) -> str | None:
        row = self._db.execute("SELECT value FROM marks WHERE name = 'bills'").fetchone()
        return None if row is None else str(row[0])

    def set_mark(self, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO marks VALUES ('bills', ?)", (value,))


def digest(bill: dict[str, Any]) -> str:
    text = json.dumps(bill, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def send(session: Any, url: str, sent: Sent, bill: dict[str, Any]) -> None:
    """One mapped bill, unless it went there just so. ``session`` is requests' or httpx's, already signed."""
    target, same = sent.target_of(bill)
    if same:
        return
    where = f"{url}/dest/bills"
    answer = session.post(where, json=bill) if target is None else session.put(f"{where}/{target}", json=bill)
    answer.raise_for_status()
    sent.note(bill, answer.json()["id"])


def signed(session: Any, url: str) -> Any:
    """The session with a token on it."""
    token = session.post(f"{url}/oauth/token", data={"grant_type": "client_credentials"}).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session
