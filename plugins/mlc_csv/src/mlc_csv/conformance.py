"""What ``mlc plugin certify csv`` runs: a folder with some files of each kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlc.records import ObjectType, Record
from mlc.testing import SystemConformance

FILES = {
    "accounts.csv": "account,account_name,pays\n6100,Office supplies,\n1010,Main bank,yes\n",
    "vendors.csv": "vendor_id,vendor_name,tax_number,currency,email\n"
    "V1,Harbour Paper,GB123456789,EUR,bills@harbour.example\nV2,Quay & Sons,,,\n",
    "bills-october.csv": "vendor_id,bill_number,issue_date,amount,due_date,total,status,memo,account,tax_code,tax\n"
    "V1,INV-1,2026-10-05,100.00,2026-11-05,170.00,open,,6100,VAT20,20.00\n"
    "V1,INV-1,2026-10-05,50.00,2026-11-05,170.00,open,,6100,,\nV2,2026/77,2026-10-06,12.50,,,,Pens,6100,,\n",
    "payments.csv": "payment_number,vendor_id,payment_date,amount,bill_number,account,reference\n"
    "P1,V1,2026-11-02,170.00,INV-1,1010,Transfer 1\n",
}


class CsvConformance(SystemConformance):
    system = "csv"

    @classmethod
    def prepare(cls, folder: Path) -> Mapping[str, Any]:
        for name in ("inbox", "outbox", "archive"):
            (folder / name).mkdir()
        for name, text in FILES.items():
            (folder / "inbox" / name).write_text(text, encoding="utf-8")
        return {"folder": str(folder), "currency": "EUR", "rest_s": 0}

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        if object_type is not ObjectType.PAYMENT:
            return super().to_create(object_type, number)
        (payment,) = self.bench.readable(object_type)
        return payment.model_copy(update={"reference": f"Transfer {number}", "memo": "No file has a column for this."})
