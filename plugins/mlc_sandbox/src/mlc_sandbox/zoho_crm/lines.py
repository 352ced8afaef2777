"""The rows of an invoice, and what CRM adds up from them: it never takes a total from anybody."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from mlc_sandbox.zoho_crm.crm import Crm, Record
from mlc_sandbox.zoho_crm.fields import Field, Module
from mlc_sandbox.zoho_crm.refusals import bad_value, mandatory
from mlc_sandbox.zoho_crm.values import taken

ZERO: Final = Decimal(0)
MOST: Final = 200


def rows_of(crm: Crm, one: Field, value: Any, before: Record | None, path: str) -> list[Record]:
    """The subform's rows after a write.

    A row with an id changes that row, ``_delete`` takes it out, one without an id is added. With the switch
    ``subform_update`` at "replace", rows that were not sent are gone.

    Raises: RowRefused.
    """
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise bad_value(one.api_name, path, expected_data_type="jsonarray")
    if len(value) > MOST:
        raise bad_value(one.api_name, path, maximum_length=MOST)
    old = {row["id"]: row for row in (before or {}).get(one.api_name) or ()}
    merges = crm.switches["subform_update"] == "merge"
    kept = dict(old) if merges else {}
    for at, sent in enumerate(value):
        here = f"{path}[{at}]"
        key = sent.get("id")
        if key is not None and key not in old:
            raise bad_value("id", f"{here}.id")
        if "_delete" in sent and key is not None:
            kept.pop(key, None)
            continue
        row = _row(crm, one, sent, old.get(key), here)
        kept[row["id"]] = row
    if not kept and one.needed:
        raise mandatory(one.api_name, path)
    return [{**row, "Sequence_Number": at} for at, row in enumerate(kept.values(), start=1)]


def _row(crm: Crm, one: Field, sent: Record, old: Record | None, path: str) -> Record:
    row: Record = dict(old) if old is not None else {"id": crm.new_id()}
    for column in one.columns:
        where = f"{path}.{column.api_name}"
        if column.api_name in sent and not column.read_only:
            row[column.api_name] = taken(crm, column, sent[column.api_name], where)
        if column.needed and row.get(column.api_name) is None:
            raise mandatory(column.api_name, where)
    return row


def totalled(module: Module, record: Record) -> Record:
    """A record with the totals that follow from its rows."""
    form = module.subform()
    if form is None or form.api_name not in record:
        return record
    rows = [_priced(row) for row in record[form.api_name] or ()]
    net = sum((row["Net_Total"] - row["Tax"] for row in rows), ZERO)
    tax = sum((row["Tax"] for row in rows), ZERO)
    total = net + tax + (record.get("Adjustment") or ZERO) - (record.get("Discount") or ZERO)
    told = {form.api_name: rows, "Sub_Total": _cents(net), "Tax": _cents(tax), "Grand_Total": _cents(total)}
    return {**record, **told}


def _priced(row: Record) -> Record:
    gross = (row.get("Quantity") or ZERO) * (row.get("List_Price") or ZERO)
    net = gross - (row.get("Discount") or ZERO)
    percent = sum((Decimal(str(tax.get("percentage", 0))) for tax in row.get("Line_Tax") or ()), ZERO)
    tax = net * percent / 100
    return {**row, "Total": _cents(gross), "Tax": _cents(tax), "Net_Total": _cents(net + tax)}


def _cents(amount: Decimal | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
