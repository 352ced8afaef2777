"""Rows ↔ canonical records. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mlc import Loss
from mlc.errors import MappingError
from mlc.records import (
    Account,
    AccountClass,
    Address,
    Bill,
    ContactPoint,
    DocumentStatus,
    Line,
    LineTax,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    Record,
    Ref,
    SourceMeta,
    Vendor,
    exponent,
    round_money,
)

from mlc_csv import SYSTEM
from mlc_csv.columns import COLUMNS
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Cells, id_of, version_of

STREET = ("street", "city", "postal_code", "country")


class Rows:
    """The rows of one record: cells as text, day or money; what they say together, and what each says."""

    def __init__(self, payload: Mapping[str, Any], settings: CsvSettings) -> None:
        self.settings = settings
        self.rows: list[Cells] = payload["rows"]
        self._places = [f"{payload['file']}, row {number}" for number in payload["numbers"]]

    def text(self, column: str, *, row: int | None = None) -> str | None:
        """A cell of one row; without ``row`` what all rows agree on. None when it is empty."""
        said = [cells.get(column, "") for cells in (self.rows if row is None else self.rows[row : row + 1])]
        for number, cell in enumerate(said):
            if cell != said[0]:
                raise self.wrong(number, column, f"it is {cell!r}, but {said[0]!r} in the record's first row")
        return said[0] or None

    def name(self, column: str) -> str:
        """What has to be there."""
        return self.text(column) or self._missing(column)

    def day(self, column: str) -> date | None:
        said, style = self.text(column), self.settings.date
        try:
            return None if said is None else datetime.strptime(said, style).replace(tzinfo=UTC).date()
        except ValueError as error:
            raise self.wrong(0, column, f"{said!r} is no day written like {style}") from error

    def number(self, column: str, *, row: int | None = None) -> Decimal | None:
        said, point, group = self.text(column, row=row), self.settings.decimal, self.settings.thousands
        grouped = rf"|\d{{1,3}}(?:{re.escape(group)}\d{{3}})+" if group else ""
        if said is None:
            return None
        if not re.fullmatch(rf"-?(?:\d+{grouped})(?:{re.escape(point)}\d+)?", said, re.ASCII):
            raise self.wrong(row or 0, column, f"{said!r} is no number written like 1234{point}56")
        return Decimal((said.replace(group, "") if group else said).replace(point, "."))

    def money(self, column: str, currency: str, *, row: int | None = None) -> Decimal | None:
        """An amount, with no more decimals than its currency has: 1.234 would be a thousand to somebody."""
        amount = self.number(column, row=row)
        if amount is not None and amount != round_money(amount, currency):
            told = f"{amount} has more than the {exponent(currency)} decimals of {currency}"
            raise self.wrong(row or 0, column, told)
        return amount

    def needed_money(self, column: str, currency: str, row: int) -> Decimal:
        amount = self.money(column, currency, row=row)
        return self._missing(column, row) if amount is None else amount

    def wrong(self, row: int, column: str, why: str) -> MappingError:
        sentence = f"{self._places[row]}, {self.settings.header(column)}: {why}."
        return MappingError(sentence, field=column, system=SYSTEM)

    def _missing(self, column: str, row: int = 0) -> Any:
        raise self.wrong(row, column, "it is empty")

    def known(self, **fields: tuple[str, Any]) -> dict[str, Any]:
        """Fields whose column the file has; the others stay unset."""
        return {name: value for name, (column, value) in fields.items() if column in self.rows[0]}


def to_record(object_type: ObjectType, payload: Mapping[str, Any], settings: CsvSettings, connection: str) -> Record:
    """A record from its rows. Raises: MappingError that names file, row and column."""
    if "problem" in payload:
        raise MappingError(payload["problem"], system=SYSTEM)
    source_id = id_of(payload["rows"][0][name] for name in COLUMNS[object_type].key)
    source = SourceMeta(
        system=SYSTEM, source_id=source_id, connection_id=connection, source_version=version_of(payload)
    )
    return _READ[object_type](Rows(payload, settings), source)


def _account(rows: Rows, source: SourceMeta) -> Account:
    pays = (rows.text("pays") or "").casefold() in ("yes", "1", "true")
    kind = AccountClass.ASSET if pays else AccountClass.OTHER
    name = rows.name("account_name")
    return Account(source=source, code=rows.text("account"), name=name, classification=kind, money=pays)


def _vendor(rows: Rows, source: SourceMeta) -> Vendor:
    street, city, postal, country = (rows.text(column) for column in STREET)
    address = Address(line1=street, city=city, postal_code=postal, country_code=country)
    person = ContactPoint(email=rows.text("email"), phone=rows.text("phone"), is_primary=True)
    fields = rows.known(
        tax_number=("tax_number", rows.text("tax_number")),
        currency=("currency", rows.text("currency")),
        contacts=("email", (person,) if person.email or person.phone else ()),
        addresses=("street", (address,) if street or city else ()),
    )
    return Vendor(source=source, name=rows.name("vendor_name"), vendor_code=rows.text("vendor_id"), **fields)


def _bill(rows: Rows, source: SourceMeta) -> Bill:
    currency = rows.text("currency") or rows.settings.currency
    lines = tuple(_line(rows, number, currency) for number in range(len(rows.rows)))
    net = sum((line.line_net_amount or Decimal(0) for line in lines), Decimal(0))
    tax = sum((line.tax.amount or Decimal(0) for line in lines if line.tax), Decimal(0))
    total = rows.money("total", currency)
    if total is not None and total != net + tax:
        raise rows.wrong(0, "total", f"it is {total}, but the rows add up to {net + tax}")
    status = rows.text("status") or DocumentStatus.OPEN.value
    fields = rows.known(due_date=("due_date", rows.day("due_date")), memo=("memo", rows.text("memo")))
    return Bill(
        source=source,
        bill_number=rows.text("bill_number"),
        vendor=_vendor_ref(rows),
        issue_date=rows.day("issue_date") or rows.name("issue_date"),
        currency=currency,
        lines=lines,
        subtotal=net,
        tax_total=tax,
        total=net + tax,
        status=DocumentStatus(status) if status in set(DocumentStatus) else DocumentStatus.UNKNOWN,
        status_raw=status,
        external_key=rows.text("record_key"),
        **fields,
    )


def _line(rows: Rows, number: int, currency: str) -> Line:
    net = rows.needed_money("amount", currency, number)
    code, percent = rows.text("tax_code", row=number), rows.number("tax_percent", row=number)
    stated, account = rows.money("tax", currency, row=number), rows.text("account", row=number)
    tax = None
    if code or percent is not None or stated is not None:
        amount = stated if stated is not None else round_money(net * (percent or 0) / 100, currency)
        ref = Ref(record_type=ObjectType.TAX_RATE, code=code) if code else None
        tax = LineTax(ref=ref, percent=percent, amount=amount)
    return Line(
        line_id=str(number + 1),
        position=number + 1,
        description=rows.text("description", row=number),
        line_net_amount=net,
        tax=tax,
        account=Ref(record_type=ObjectType.ACCOUNT, code=account) if account else None,
    )


def _payment(rows: Rows, source: SourceMeta) -> Payment:
    currency, vendor = rows.text("currency") or rows.settings.currency, rows.name("vendor_id")
    parts = []
    for number in range(len(rows.rows)):
        bill = rows.text("bill_number", row=number)
        document = Ref(record_type=ObjectType.BILL, source_id=id_of((vendor, bill)), code=bill) if bill else None
        parts.append(PaymentAllocation(document=document, amount=rows.needed_money("amount", currency, number)))
    account = rows.text("account")
    return Payment(
        source=source,
        payment_number=rows.text("payment_number"),
        party=_vendor_ref(rows),
        payment_date=rows.day("payment_date"),
        amount=sum((part.amount for part in parts if part.amount is not None), Decimal(0)),
        currency=currency,
        method=rows.text("method"),
        money_account=Ref(record_type=ObjectType.ACCOUNT, code=account) if account else None,
        reference=rows.text("reference"),
        allocations=tuple(parts),
        movement=MoneyMovement.MOVED,
        external_key=rows.text("record_key"),
    )


def _vendor_ref(rows: Rows) -> Ref:
    vendor = rows.name("vendor_id")
    return Ref(record_type=ObjectType.VENDOR, source_id=vendor, code=vendor, name=rows.text("vendor_name"))


_READ: dict[ObjectType, Callable[[Rows, SourceMeta], Record]] = {
    ObjectType.ACCOUNT: _account,
    ObjectType.VENDOR: _vendor,
    ObjectType.BILL: _bill,
    ObjectType.PAYMENT: _payment,
}
