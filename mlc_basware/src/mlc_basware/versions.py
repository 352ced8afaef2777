"""A record's version: when the API layer last changed it, and its state; the same in list, single read and reply."""

import hashlib
import json
from datetime import UTC

from mlc_basware.schemas import FACTS, Row, moment

_STATES = ("processingStatus", "orderStatus")


def version_of(row: Row) -> str:
    """Equal exactly when nothing changed. A row without a time of change is hashed."""
    at = moment(row, "lastUpdated")
    if at is None:
        own = {key: value for key, value in row.items() if key not in (FACTS, "lines")}
        content = json.dumps(own, sort_keys=True, default=str).encode()
        return hashlib.sha256(content).hexdigest()[:20]
    states = [str(row[key]) for key in _STATES if isinstance(row.get(key), str)]
    return "|".join([at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), *states])
