"""What tells two states of a record apart, the same in the list and in the detail."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from mlc_procurify.values import instant


def bill_version(payload: Mapping[str, Any]) -> str:
    return _counted(payload, "last_modified_datetime")


def order_version(payload: Mapping[str, Any]) -> str:
    return _counted(payload, "last_modified")


def payment_version(payload: Mapping[str, Any]) -> str:
    """Status and moment of the last change."""
    return f"{payload.get('status')}:{_moment(payload.get('updated_at'))}"


def vendor_version(payload: Mapping[str, Any]) -> str:
    """The moment of the last change where the vendor has one, else a digest."""
    moment = instant(payload.get("dateModified"))
    return moment.isoformat() if moment else content_version(payload)


def content_version(payload: Mapping[str, Any]) -> str:
    """A digest of everything the vendor sent, for lists without a date of change."""
    own = {key: value for key, value in payload.items() if not key.startswith("_")}
    text = json.dumps(own, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _counted(payload: Mapping[str, Any], field: str) -> str:
    return f"{payload.get('version')}:{_moment(payload.get(field))}"


def _moment(value: object) -> str:
    moment = instant(value)
    return moment.isoformat() if moment else str(value)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a payload holds {type(value).__name__}")
