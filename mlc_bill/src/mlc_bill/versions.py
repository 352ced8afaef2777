"""A record's version: when BILL last changed it, and its state; the same for row, single read and reply."""

import hashlib
import json
from datetime import UTC

from mlc_bill.schemas import FACTS, Row, moment, text

#: What may differ at one moment of change: states that BILL moves by itself.
_STATES = ("recordStatus", "archived", "paymentStatus", "approvalStatus", "status", "singleStatus", "transactionType")


def version_of(row: Row) -> str:
    """Equal exactly when nothing changed. A row without a time of change is hashed."""
    at = moment(row, "updatedTime")
    if at is None:
        own = {key: value for key, value in row.items() if key not in (FACTS, "documents")}
        content = json.dumps(own, sort_keys=True, default=str).encode()
        return hashlib.sha256(content).hexdigest()[:20]
    states = [text(row, key) or "" for key in _STATES if key in row]
    return "|".join([at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), *states])
