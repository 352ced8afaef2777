"""Lines of purchases: each replaces what stood under its id, and what is left out of the list is gone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.forms import fitting
from mlc_sandbox.quickbooks.refusals import Refusal, missing
from mlc_sandbox.quickbooks.schema import DETAILS, LINE
from mlc_sandbox.quickbooks.taxes import check_code
from mlc_sandbox.quickbooks.wire import Record, money, ref, value_of

POSTABLE: Final = (
    "Expense", "Other Expense", "Cost of Goods Sold", "Bank", "Other Current Asset", "Fixed Asset", "Other Asset",
    "Other Current Liability", "Long Term Liability", "Credit Card", "Income", "Other Income", "Equity",
)  # fmt: skip
_PURCHASES: Final = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail", "DescriptionOnly")
_TEXT: Final = "DescriptionOnly"
_MOST: Final = 10_000


def checked(
    deed: Deed, before: Record | None, sent: list[Record], allowed: tuple[str, ...] = _PURCHASES
) -> list[Record]:
    """The lines as they are stored, with ids and places. Raises Refusal."""
    if not sent:
        raise missing("Line")
    if len(sent) > _MOST:
        raise Refusal("10100", f"At most {_MOST} lines", element="Line")
    old = {line["Id"]: line for line in (before or {}).get("Line", ()) if "Id" in line}
    last = max((int(id) for id in old), default=0)
    made = []
    for place, raw in enumerate(sent, 1):
        line = fitting(LINE, raw, deed.books.switches, "Line.")
        own = str(raw.get("Id") or "")
        stood = old.pop(own, None)
        if stood is None:
            last += 1
            own = str(last)
        made.append({"Id": own, **_line(deed, line, stood, allowed), "LineNum": place})
    return made


def _line(deed: Deed, line: Record, stood: Record | None, allowed: tuple[str, ...]) -> Record:
    kind = line.get("DetailType")
    if kind is None:
        raise missing("Line.DetailType")
    if kind not in allowed:
        raise Refusal("2170", f"{kind} is no DetailType of {deed.kind}", element="DetailType")
    name = "DescriptionLineDetail" if kind == _TEXT else kind
    told = {key: value for key, value in line.items() if key not in DETAILS}
    detail = fitting(DETAILS[name], line.get(name) or {}, deed.books.switches, f"Line.{name}.")
    if kind == _TEXT:
        told.pop("Amount", None)
        return {**told, **({name: detail} if detail else {})}
    _linked(deed, told, stood)
    if kind == "ItemBasedExpenseLineDetail" and not _item(deed, told, detail):
        return {key: value for key, value in told.items() if key != "Amount"} | {kind: detail, "Amount": Decimal(0)}
    if "Amount" not in told:
        raise missing("Line.Amount")
    told["Amount"] = money(told["Amount"])
    if told["Amount"] < 0 and not deed.books.switches["negative_lines"]:
        raise Refusal("2290", "The amount of a line is negative", element="Amount")
    if kind == "AccountBasedExpenseLineDetail":
        same = value_of((stood or {}).get(kind, {}).get("AccountRef"))
        if "AccountRef" not in detail:
            raise Refusal("6440", "A line needs an AccountRef", element="AccountRef")
        deed.account(detail, "AccountRef", POSTABLE, same=same)
    return {**told, kind: detail}


def _item(deed: Deed, line: Record, detail: Record) -> bool:
    """False for a line without an item, which is text alone."""
    if "ItemRef" not in detail:
        return False
    item = deed.books.pointed(deed.realm, "Item", detail["ItemRef"], element="ItemRef")
    detail["ItemRef"] = ref(item)
    price, count = detail.get("UnitPrice"), detail.get("Qty")
    if price is not None and count is not None:
        wanted = money(Decimal(price) * Decimal(count))
        if "Amount" in line and money(line["Amount"]) != wanted and deed.books.switches["amount_mismatch"] == "refuse":
            raise Refusal("6070", f"Amount is {line['Amount']}, UnitPrice * Qty is {wanted}", element="Amount")
        line["Amount"] = wanted
    return True


def finish(deed: Deed, lines: list[Record], mode: str | None) -> None:
    """Dimensions, customers and tax codes of every line. Raises Refusal."""
    for line in lines:
        detail = line.get(line["DetailType"])
        if detail is None or line["DetailType"] == _TEXT:
            continue
        deed.dimension(detail, "ClassRef")
        deed.dimension(detail, "DepartmentRef")
        deed.point(detail, "CustomerRef", "Customer")
        if detail.get("BillableStatus") == "HasBeenBilled":
            raise Refusal("6320", "HasBeenBilled is set by QuickBooks alone", element="BillableStatus")
        if detail.get("BillableStatus") == "Billable" and "CustomerRef" not in detail:
            raise Refusal("6310", "A billable line needs a CustomerRef", element="CustomerRef")
        if line["DetailType"] != "JournalEntryLineDetail":
            detail.setdefault("BillableStatus", "NotBillable")
            check_code(deed, detail, mode)


def _linked(deed: Deed, line: Record, stood: Record | None) -> None:
    """A purchase order is linked when the line is created, never later. Raises Refusal 2020, 2500, 620."""
    sent = line.get("LinkedTxn")
    links = [one for one in (sent if isinstance(sent, list) else []) if isinstance(one, dict) and one.get("TxnId")]
    if not links:
        line.pop("LinkedTxn", None)
        return
    made: list[dict[str, Any]] = []
    for link in links:
        for name in ("TxnId", "TxnType", "TxnLineId"):
            if not link.get(name):
                raise missing(f"LinkedTxn.{name}")
        made.append({name: str(link[name]) for name in ("TxnId", "TxnType", "TxnLineId")})
    line["LinkedTxn"] = made
    if stood is not None and stood.get("LinkedTxn") == made:
        return
    if stood is not None:
        raise Refusal("620", "An existing line cannot be linked: give it a new Id", element="LinkedTxn")
    for link in made:
        order = (
            deed.books.get(deed.realm, "PurchaseOrder", link["TxnId"]) if link["TxnType"] == "PurchaseOrder" else None
        )
        if deed.kind != "Bill" or order is None:
            raise Refusal("2500", f"Invalid Reference Id : {link['TxnType']} {link['TxnId']}", element="LinkedTxn")
        if link["TxnLineId"] not in {one["Id"] for one in order["Line"]}:
            raise Refusal("2500", f"Invalid Reference Id : line {link['TxnLineId']}", element="LinkedTxn")
        if order["POStatus"] == "Closed":
            raise Refusal("620", f"Purchase order {order['Id']} is closed", element="LinkedTxn")
