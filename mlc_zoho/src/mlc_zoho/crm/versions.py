"""A record's version: the moment it was last changed."""

import hashlib
import json
from datetime import UTC

from mlc_zoho.crm.schemas import Row, moment


def version_of(row: Row) -> str:
    """The same for list, single record and query. A row without a modification time is hashed."""
    at = moment(row, "Modified_Time")
    if at is not None:
        return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    own = {key: value for key, value in row.items() if not key.startswith(("_", "$"))}
    return hashlib.sha256(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()[:20]
