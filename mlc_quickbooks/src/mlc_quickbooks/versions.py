"""A record's version: ``SyncToken``, and what other records' writes change of it.

QuickBooks raises ``SyncToken`` on each write of the record; whether a payment raises its bill's is not documented, so
the balance is part of a bill's version.
"""

import hashlib
import json
import re
from typing import Any

from mlc.wire import plain

from mlc_quickbooks.entities import SETTLED, Entity
from mlc_quickbooks.schemas import Row, money, rows, text

_TOKEN = re.compile(r"\d+")


def version_of(entity: Entity, row: Row) -> str:
    """Equal exactly when nothing has changed. A row without a token is hashed."""
    token = text(row, "SyncToken")
    if token is None or _TOKEN.fullmatch(token) is None:
        own = {key: value for key, value in row.items() if not key.startswith("_")}
        return "h" + hashlib.sha256(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()[:20]
    return "|".join([token, *(_part(row, key) for key in entity.versioned)])


def token_of(version: str | None) -> str | None:
    """The ``SyncToken`` inside a version."""
    found = _TOKEN.match(version or "")
    return None if found is None else found.group()


def _part(row: Row, key: str) -> str:
    value: Any = row.get(key)
    if key == "LinkedTxn":
        links = sorted(f"{text(link, 'TxnType')}{text(link, 'TxnId')}" for link in rows(row, key))
        return hashlib.sha256(" ".join(links).encode()).hexdigest()[:8] if links else ""
    if key == SETTLED:
        settled = money(row, key)
        return plain(settled) if settled else ""
    if key in ("Balance", "TotalAmt"):
        amount = money(row, key)
        return "" if amount is None else plain(amount)
    return "" if value is None else str(value)
