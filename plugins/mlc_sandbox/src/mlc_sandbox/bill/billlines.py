"""Lines of bills and vendor credits: amounts, coding, and the rules of PATCH and PUT."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import bad_entity
from mlc_sandbox.bill.wire import Record

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

DESCRIPTION_MOST: Final = 4000
#: name of a coding field → kind of record it points to
CODING: Final = {
    "chartOfAccountId": "chart_of_accounts",
    "accountingClassId": "accounting_classes",
    "departmentId": "departments",
    "employeeId": "employees",
    "jobId": "jobs",
    "locationId": "locations",
    "itemId": "items",
    "customerId": "customers",
}
NO_DECIMALS: Final = frozenset({"JPY", "KRW", "ISK", "CLP"})
THREE_DECIMALS: Final = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})


def unit_of(currency: str) -> Decimal:
    """The smallest amount of a currency."""
    return (
        Decimal(1) if currency in NO_DECIMALS else Decimal("0.001") if currency in THREE_DECIMALS else Decimal("0.01")
    )


def coding_of(standin: BillStandIn, org: str, form: Form | None) -> Record | None:
    """Classifications that were sent; each must be one of this organisation's and not archived."""
    if form is None:
        return None
    told: Record = {}
    for name, kind in CODING.items():
        id = form.text(name)
        if id is None:
            continue
        record = standin.registers.get(kind, org, id)
        if record is None or record.get("archived"):
            raise standin.registers.bad_reference(f"classifications.{name}")
        told[name] = id
    return told


def read_lines(standin: BillStandIn, org: str, rows: list[Form], *, currency: str) -> list[Record]:
    """The lines as sent: only what was named, with ``id`` where one was given."""
    return [_line(standin, org, row, currency) for row in rows]


def _line(standin: BillStandIn, org: str, row: Form, currency: str) -> Record:
    told: Record = {}
    if "id" in row:
        told["id"] = row.text("id")
    for name in ("amount", "quantity", "price"):
        if name in row:
            told[name] = row.amount(name)
    if "description" in row:
        told["description"] = row.text("description", most=DESCRIPTION_MOST)
    coding = coding_of(standin, org, row.part("classifications"))
    if coding is not None:
        told["classifications"] = coding
    if told.get("amount") is None and None not in (told.get("quantity"), told.get("price")):
        product = told["quantity"] * told["price"]
        told["amount"] = product.quantize(unit_of(currency), rounding=ROUND_HALF_UP)
    amount = told.get("amount")
    if amount is not None and amount != amount.quantize(unit_of(currency)):
        row.wrong("amount", "has too many decimals", "BDC_1143")
    return told


def checked(standin: BillStandIn, lines: list[Record], *, name: str) -> list[Record]:
    """Whole lines, each with an amount the organisation takes."""
    for place, line in enumerate(lines):
        amount = line.get("amount")
        if amount is None:
            raise bad_entity(f"{name}[{place}].amount: must not be null")
        if amount <= 0 and not standin.switches["negative_lines"]:
            raise bad_entity(f"{name}[{place}].amount: must be greater than 0")
    if sum((line["amount"] for line in lines), Decimal(0)) <= 0:
        raise bad_entity(f"{name}: The total must be greater than 0.")
    return lines


def numbered(standin: BillStandIn, lines: list[Record]) -> list[Record]:
    """New lines get ids."""
    return [{"id": standin.registers.new_id("lines"), **line} for line in lines]


def replaced(standin: BillStandIn, before: list[Record], sent: list[Record]) -> list[Record]:
    """PUT: a line without id is added, one with an id is replaced, one left out goes."""
    known = {line["id"] for line in before}
    for line in sent:
        if "id" in line and line["id"] not in known:
            raise standin.registers.bad_reference("billLineItems.id")
    return numbered(standin, sent)


def patched(standin: BillStandIn, before: list[Record], sent: list[Record]) -> list[Record]:
    """PATCH: the lines named by id change in the fields named, the others stay."""
    changes: dict[Any, Record] = {line["id"]: line for line in sent if "id" in line}
    if unknown := set(changes) - {line["id"] for line in before}:
        raise standin.registers.bad_reference(f"billLineItems.id {sorted(unknown)[0]}")
    added = [line for line in sent if "id" not in line]
    if added and not standin.switches["patch_adds_lines"]:
        raise bad_entity("billLineItems.id: must not be blank")
    kept = [{**line, **changes.get(line["id"], {})} for line in before]
    return kept + numbered(standin, added)
