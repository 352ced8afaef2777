"""BILL's values on the wire: instants, days, amounts, ids, and records without what is hidden or unset."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Record = dict[str, Any]
Cause = dict[str, Any]

CENT: Final = Decimal("0.01")
PREFIXES: Final = {
    "organizations": "008",
    "users": "006",
    "vendors": "009",
    "bills": "00n",
    "lines": "bli",
    "payments": "stp",
    "bill_payments": "blp",
    "vendor_credits": "vcr",
    "customers": "0cu",
    "invoices": "00e",
    "received_payments": "0rp",
    "credit_memos": "cme",
    "chart_of_accounts": "0ca",
    "accounting_classes": "cls",
    "departments": "0de",
    "locations": "loc",
    "employees": "emp",
    "items": "0ii",
    "jobs": "job",
    "uploads": "0du",
    "documents": "00h",
    "policies": "bap",
    "bank_accounts": "bac",
}


def instant(moment: datetime) -> str:
    """An instant with milliseconds and the offset written out; sorts as text."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+00:00"


def instant_of(text: str) -> str:
    """What somebody sent, from ``yyyy-MM-dd`` to a full instant, in the form that sorts. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return instant(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def day_of(value: object) -> str | None:
    """A plain date, None for anything else."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


def amount_of(value: object) -> Decimal | None:
    """A JSON number (or the text of one) as an amount, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def make_id(kind: str, number: int) -> str:
    """The id of a record: its kind's prefix and 17 characters that say nothing."""
    digest = hashlib.blake2b(f"{kind}:{number}".encode(), digest_size=10).digest()
    return f"{PREFIXES[kind]}01{base64.b32encode(digest).decode()[:15]}"


def make_uuid(topic: str, number: int) -> str:
    """A version 4 UUID, the same one for the same number."""
    return str(uuid.UUID(bytes=hashlib.blake2b(f"{topic}:{number}".encode(), digest_size=16).digest(), version=4))


def shown(value: Any) -> Any:
    """A stored value as BILL shows it: unset fields are left out, and what begins with an underscore is not shown."""
    if isinstance(value, dict):
        return {
            key: shown(item)
            for key, item in value.items()
            if item is not None and not key.startswith("_") and key != "organizationId"
        }
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


def dig(record: Record, path: str) -> Any:
    """The value at ``a.b`` of a record, None where there is none."""
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
