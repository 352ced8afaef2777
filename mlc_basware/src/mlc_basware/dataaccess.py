"""Suppliers that people typed into P2P: read from Data Access into the register, told as vendors.

A supplier whose code stands in the API is the API's vendor and is not told twice.
"""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlc import BulkShelf, Shelved
from mlc.errors import TransientError

from mlc_basware import extracts
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import VENDORS
from mlc_basware.extractfiles import rows_of
from mlc_basware.extracts import SUPPLIERS, Extract, UsedUp
from mlc_basware.schemas import FACTS, Row, text
from mlc_basware.settings import NEEDED_COLUMNS, BaswareSettings

logger = logging.getLogger("mlc_basware.data_access")

LIST = "dataExtracts"
_OFF = frozenset({"0", "false", "n", "no", "inactive"})


def refresh(connection: BaswareConnection, register: BulkShelf) -> None:
    """Read what extracts there are and were not read yet; at most so often as the settings say.

    Raises: ConfigError (columns, hosts of redirects), RejectedError (no Data Access), RateLimitedError, TransientError.
    """
    if not register.claim(connection.now(), connection.settings.data_access_every_s):
        return
    try:
        new = [one for one in extracts.since_the_last_whole(extracts.listed(connection)) if not register.has(one.id)]
        if new:
            _check_columns(connection)
            found = BaswareClient(connection).every(VENDORS)
            register.note_elsewhere(code for row in found if (code := text(row, VENDORS.id)) is not None)
        lost = {name: one.id for one in new for name in _read(connection, register, one)}
        register.note_lost(lost)
    except BaseException:
        register.release()
        raise


def vendor_row(settings: BaswareSettings, supplier: Shelved) -> Row:
    """A supplier in the shape of the API's vendors, as far as extracts tell of it."""
    shown = next((supplier.parts[one] for one in (*settings.company_codes, "") if one in supplier.parts), {})
    active = any(facts.get("active", "").lower() not in _OFF for facts in supplier.parts.values())
    row: dict[str, Any] = {
        "vendorCode": supplier.id,
        "name": shown.get("name", ""),
        "companies": [{"companyCode": one} for one in supplier.parts if one],
        "processingStatus": {"active": active},
        FACTS: {"list": LIST},
    }
    if "tax_number" in shown:
        row["identifiers"] = [{"schemeId": settings.tax_scheme, "id": shown["tax_number"]}]
    if "currency" in shown:
        row["paymentMeans"] = [{"currencyCode": shown["currency"], "default": True}]
    if "payment_term" in shown:
        row["paymentTerms"] = {"paymentTermCode": shown["payment_term"]}
    return row


def _read(connection: BaswareConnection, register: BulkShelf, extract: Extract) -> Iterator[str]:
    """Take its files; tells the names of those that cannot be had any more, which are asked for again another time."""
    whole = True
    for name in extracts.files(connection, extract, SUPPLIERS):
        if register.has_file(extract.id, name):
            continue
        path = _place(connection, extract, name)
        if not path.exists():
            try:
                extracts.download(connection, extract, name, path)
            except UsedUp:
                logger.warning("%s: %s of extract %s cannot be downloaded any more", connection.name, name, extract.id)
                whole = False
                yield name
                continue
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            count = register.take(extract.id, name, at=extract.at, sha256=digest, rows=_ours(connection, path))
        except TransientError:
            path.unlink()  # damaged on its way: the next pass takes another of its five downloads
            raise
        path.unlink()
        logger.info("%s: read %d suppliers from %s of extract %s", connection.name, count, name, extract.id)
    if whole:
        register.finish(extract.id)


def _place(connection: BaswareConnection, extract: Extract, name: str) -> Path:
    """Where a file lies until it is read. One that an earlier process left there has not to be downloaded again."""
    folder = Path(connection.settings.extracts_folder or "") / f"{connection.name}.extracts"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / hashlib.sha256(f"{extract.id}\n{name}".encode()).hexdigest()[:24]


def _ours(connection: BaswareConnection, path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Rows of our companies: code, company, and the columns that are carried. Bank details are never among them."""
    settings = connection.settings
    names = settings.columns()
    carried = [(ours, theirs) for ours, theirs in names.items() if ours not in ("code", "company")]
    keys = [(ours, theirs) for ours, theirs in names.items() if ours in ("code", "company")]
    missing = dict(keys)
    there: set[str] = set()
    for row in rows_of(path):
        if missing:
            there |= row.keys()
            missing = {ours: theirs for ours, theirs in missing.items() if theirs not in row}
        if any(theirs not in row for _, theirs in keys):
            continue
        company = row[names["company"]] if "company" in names else ""
        if company in settings.company_codes or "company" not in names:
            yield row[names["code"]], company, {ours: row[theirs] for ours, theirs in carried if theirs in row}
    if there and missing:
        raise extracts.missing_columns(connection, frozenset(there), missing)


def _check_columns(connection: BaswareConnection) -> None:
    """Columns that are needed, or that a person named, have to be there."""
    settings = connection.settings
    there = extracts.columns(connection, SUPPLIERS)
    needed = {*NEEDED_COLUMNS, *settings.supplier_columns}
    lacking = {ours: theirs for ours, theirs in settings.columns().items() if ours in needed and theirs not in there}
    if there and lacking:
        raise extracts.missing_columns(connection, there, lacking)
