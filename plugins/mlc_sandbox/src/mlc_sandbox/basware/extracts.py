"""Data extracts: P2P's tables as files, made by a nightly run; the only place where vendors born in P2P are seen."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.invoices import INVOICES
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.standin import UnknownChange
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

EXTRACTS: Final = "dataExtracts"
MOST: Final = 100_000
KEPT: Final = timedelta(days=365)
_WRITTEN: Final = "%d/%m/%Y, %H:%M:%S"


def _suppliers(row: Record) -> Iterator[Record]:
    """One row for each company of a vendor, typed or posted."""
    means = next((one for one in row.get("paymentMeans") or () if one.get("default")), {})
    for company in row["companies"]:
        yield {
            "SUPPLIER_CODE": row["vendorCode"], "SUPPLIER_NAME": row["name"], "COMPANY_CODE": company["companyCode"],
            "EXTERNAL_CODE": row.get("externalCode"), "CURRENCY_CODE": means.get("currencyCode"),
            "PAYMENT_TERM_CODE": (row.get("paymentTerms") or {}).get("paymentTermCode"),
            "IS_ACTIVE": int((row.get("processingStatus") or {}).get("active") is not False),
        }  # fmt: skip


def _invoices(row: Record) -> Iterator[Record]:
    yield {
        "INVOICE_ID": row["invoiceId"], "INVOICE_NUMBER": row.get("invoiceNumber"),
        "COMPANY_CODE": row["companyCode"], "SUPPLIER_CODE": row["supplierCode"], "STATUS": row["processingStatus"],
        "CURRENCY_CODE": row["currencyCode"], "NET_SUM": row.get("netSum"), "GROSS_SUM": row.get("grossSum"),
    }  # fmt: skip


def _codings(row: Record) -> Iterator[Record]:
    for one in row.get("codingRows", ()):
        yield {
            "INVOICE_ID": row["invoiceId"], "ROW_INDEX": one["rowIndex"], "ACCOUNT_CODE": one.get("accountCode"),
            "COST_CENTER_CODE": one.get("costCenterCode"), "NET_SUM": one.get("netTotal"),
        }  # fmt: skip


Rows = Callable[[Record], Iterator[Record]]
TABLES: Final[dict[str, tuple[str, Rows, dict[str, str]]]] = {
    "ADM_SUPPLIER": ("p2p_vendors", _suppliers, {
        "SUPPLIER_CODE": "NVARCHAR2", "SUPPLIER_NAME": "NVARCHAR2", "COMPANY_CODE": "NVARCHAR2",
        "EXTERNAL_CODE": "NVARCHAR2", "CURRENCY_CODE": "NVARCHAR2", "PAYMENT_TERM_CODE": "NVARCHAR2",
        "IS_ACTIVE": "NUMBER"}),
    "IA_INVOICE": (INVOICES, _invoices, {
        "INVOICE_ID": "NVARCHAR2", "INVOICE_NUMBER": "NVARCHAR2", "COMPANY_CODE": "NVARCHAR2",
        "SUPPLIER_CODE": "NVARCHAR2", "STATUS": "NVARCHAR2", "CURRENCY_CODE": "NVARCHAR2", "NET_SUM": "NUMBER",
        "GROSS_SUM": "NUMBER"}),
    "IA_CODING_ROW": (INVOICES, _codings, {
        "INVOICE_ID": "NVARCHAR2", "ROW_INDEX": "NUMBER", "ACCOUNT_CODE": "NVARCHAR2",
        "COST_CENTER_CODE": "NVARCHAR2", "NET_SUM": "NUMBER"}),
}  # fmt: skip


class Extracts:
    """The files of every run, and how often each was fetched."""

    def __init__(self, standin: BaswareStandIn) -> None:
        self._standin = standin
        self._until: datetime | None = None
        self.files: dict[tuple[str, str], bytes] = {}
        self.fetched: dict[tuple[str, str], int] = {}

    def make(self, type: str, cause: Record) -> Record:
        """One run: everything, or (``Delta``) what has changed since the run before. Raises UnknownChange."""
        if type not in ("Initial", "Delta"):
            raise UnknownChange("an extract is Initial or Delta")
        standin, now = self._standin, self._standin.clock.now()
        since = self._until if type == "Delta" else None
        start = since or datetime(1970, 1, 1, tzinfo=now.tzinfo)
        id = standin.next_id("extracts").replace("-", "")
        told = []
        for table, (kind, rows_of, _columns) in TABLES.items():
            rows = [one for row in self._changed(kind, since) for one in rows_of(row)]
            for place in range(0, len(rows), MOST):
                name = f"{table}_{place // MOST + 1:04d}.{standin.switches['extract_format']}.gz"
                content = _written(rows[place : place + MOST], str(standin.switches["extract_format"]))
                self.files[id, name] = gzip.compress(content, mtime=0)
                told.append({"tableName": table, "fileName": name})
        self._until = now
        row = {
            "id": id, "type": type, "startDate": start.strftime(_WRITTEN), "endDate": now.strftime(_WRITTEN),
            "fileCount": len(told), "processingStatus": "WaitingForExport", "extractDate": now.strftime(_WRITTEN),
            "extractName": "Standard_data_extract", "_files": told, "_ends": (now + KEPT).isoformat(),
        }  # fmt: skip
        return standin.store.put(EXTRACTS, id, row, cause)

    def _changed(self, kind: str, since: datetime | None) -> list[Record]:
        store = self._standin.store
        ids: Any = store.ids(kind)
        if since is not None:
            ids = dict.fromkeys(one.id for one in self._standin.log.entries(type=kind) if one.at > since)
        rows = [store.get(kind, id) for id in ids]
        return [row for row in rows if row is not None]


def _written(rows: list[Record], form: str) -> bytes:
    if form == "json":
        return dumps(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
