"""Data Access: the extracts that lie ready, their files, and what their columns are called.

Extracts are runs of a night: an Initial one with everything, then Deltas. A file can be downloaded five times. An
extract is never acknowledged by us: reading may not write, and what was read is known from the register. So another
reader of the same extracts loses none to us, nor we to it: the list is asked for in every status.

Vendor doc: Basware Data Extract OpenAPI 1.0.0, https://developer.basware.com/en/api/data-access/manual
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlc.errors import AuthError, ConfigError, MlcError, NotFoundError, RejectedError, TransientError

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.schemas import Row, rows, text

ROOT = "v1/dataExtracts"
SUPPLIERS = "ADM_SUPPLIER"
INITIAL = "Initial"
MOST_BYTES = 512 * 1024 * 1024
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Answers to a download that say: this file, for us, no more.
USED_UP = frozenset({403, 404, 410})
_WRITTEN = "%d/%m/%Y, %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Extract:
    """One run. ``at``: how far its data reaches; Basware states no zone, so it orders extracts and nothing else."""

    id: str
    type: str
    at: datetime


class UsedUp(Exception):
    """The file cannot be downloaded any more: five times are over, or its year is."""


def listed(connection: BaswareConnection) -> list[Extract]:
    """Oldest first. Raises: RejectedError where the client may not see them, RateLimitedError, TransientError."""
    found = []
    for row in _array(_asked(connection, ROOT), "extracts"):
        id = text(row, "id")
        if id is not None:
            found.append(Extract(id, text(row, "type") or "", _moment(row, "endDate")))
    return sorted(found, key=lambda one: (one.at, one.type != INITIAL))


def since_the_last_whole(found: list[Extract]) -> list[Extract]:
    """The last Initial extract and what came after it: everything before is in it."""
    places = [place for place, one in enumerate(found) if one.type == INITIAL]
    return found[places[-1] :] if places else found


def files(connection: BaswareConnection, extract: Extract, table: str) -> list[str]:
    """Names of the files of a table, in their order."""
    told = _array(_asked(connection, f"{ROOT}/{quote(extract.id, safe='')}"), "files")
    named = [text(row, "fileName") for row in told if (text(row, "tableName") or "").upper() == table]
    return sorted({name for name in named if name is not None})


def columns(connection: BaswareConnection, table: str) -> frozenset[str]:
    """What the columns of a table are called, in capitals; empty where the specification does not name the table."""
    for row in _array(_asked(connection, f"{ROOT}/specification/tableDefinition"), "tables"):
        if (text(row, "Table name") or "").upper() == table:
            names = (text(one, "Column name") for one in rows(row, "Columns"))
            return frozenset(name.upper() for name in names if name is not None)
    return frozenset()


def download(connection: BaswareConnection, extract: Extract, name: str, into: Path) -> None:
    """Stream a file to disk, whole or not at all. Raises: UsedUp, ConfigError (a host of redirects), TransientError."""
    path = f"{ROOT}/{quote(extract.id, safe='')}/getFile?file={quote(name, safe='')}"
    try:
        BaswareClient(connection).download(path, into, max_bytes=MOST_BYTES)
    except TransientError as error:
        if error.status in USED_UP:
            raise UsedUp(name) from error
        raise


def _asked(connection: BaswareConnection, path: str) -> Any:
    try:
        return BaswareClient(connection).get(path)
    except (AuthError, RejectedError) as error:
        raise _closed(connection, error) from error
    except NotFoundError as error:
        if path != ROOT:
            raise
        raise _closed(connection, error) from error


def _closed(connection: BaswareConnection, error: MlcError) -> RejectedError:
    """An add-on that the tenant may not have, with a scope that nobody names: not worth pausing the connection."""
    return RejectedError(
        "Basware does not open Data Access to this API client: have the add-on and its right given to it (its scope "
        f"goes into data_access_scopes), or set data_access = false for {connection.name}.",
        error.sentence,
        code="data_access",
        system=connection.system,
        connection=connection.name,
    )


def _array(body: Any, what: str) -> list[Row]:
    if not isinstance(body, list):
        raise TransientError(f"Basware answered the list of {what} of Data Access with something that is no list.")
    return [row for row in body if isinstance(row, Mapping)]


def _moment(row: Row, key: str) -> datetime:
    try:
        return datetime.strptime(text(row, key) or "", _WRITTEN).replace(tzinfo=UTC)
    except ValueError:
        return BEGINNING


def missing_columns(connection: BaswareConnection, there: frozenset[str], wanted: Mapping[str, str]) -> ConfigError:
    """The sentence for columns that the tenant's tables do not have."""
    lacking = ", ".join(f"{ours} ({theirs})" for ours, theirs in sorted(wanted.items()))
    return ConfigError(
        f"Basware's table {SUPPLIERS} has no column for {lacking}. Name it in supplier_columns of "
        f"{connection.name}; the table has {', '.join(sorted(there)) or 'none'}.",
        system=connection.system,
        connection=connection.name,
    )
