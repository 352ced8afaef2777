"""A record's version: its modification time, and what else lists show of it; the same for row, detail and reply."""

import hashlib
import json
from datetime import UTC
from decimal import Decimal

from mlc.wire import plain

from mlc_zoho.books.entities import Entity
from mlc_zoho.books.schemas import Row, moment, money, text

#: Statuses that differ only by the clock or by who has looked: no change worth a call.
_SAME_STATUS = {"overdue": "open", "unpaid": "open", "viewed": "sent"}


def version_of(entity: Entity, row: Row) -> str:
    """Equal exactly when nothing that lists show has changed. A row without a modification time is hashed."""
    at = moment(row, "last_modified_time")
    if at is None:
        own = {key: value for key, value in row.items() if not key.startswith("_")}
        content = json.dumps(own, sort_keys=True, default=str).encode()
        return hashlib.sha256(content).hexdigest()[:20]
    parts = [at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")]
    parts += [_part(row, key) for key in entity.versioned]
    return "|".join(parts)


def _part(row: Row, key: str) -> str:
    if key == "balance":
        balance = money(row, key)
        return plain(balance) if isinstance(balance, Decimal) else ""
    value = text(row, key) or ""
    return _SAME_STATUS.get(value, value)
