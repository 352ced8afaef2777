"""Bills, vendor credits and purchase orders: checked, added up, numbered, linked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.quickbooks import lines, taxes
from mlc_sandbox.quickbooks.books import applied, links_of
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.refusals import Refusal, business, missing
from mlc_sandbox.quickbooks.wire import Record, money, value_of

PAID_BY: Final = {"Check": "BillPaymentCheck", "CreditCard": "BillPaymentCreditCard"}


def prepare(deed: Deed, before: Record | None, body: Record) -> Record:
    """Check a purchase and add it up. Raises Refusal."""
    if deed.kind == "PurchaseOrder" and not deed.books.switches["order_department"] and "DepartmentRef" in body:
        raise Refusal(
            "2010", "Property Name:DepartmentRef specified is unsupported or invalid", element="DepartmentRef"
        )
    deed.point(body, "VendorRef", "Vendor", before=before, required=True)
    if deed.kind == "PurchaseOrder" and "APAccountRef" not in body:
        raise missing("APAccountRef")
    if "Line" not in body:
        raise missing("Line")
    vendor = deed.books.require(deed.realm, "Vendor", value_of(body["VendorRef"]))
    body.setdefault("TxnDate", deed.books.day())
    deed.open_period(before, body)
    deed.currency(body, before, vendor)
    _accounts(deed, before, body)
    deed.dimension(body, "DepartmentRef")
    deed.dimension(body, "ClassRef")
    taxes.check_mode(deed, body)
    body["Line"] = lines.checked(deed, before, body["Line"])
    lines.finish(deed, body["Line"], body.get("GlobalTaxCalculation"))
    tax = taxes.add_up(deed, body)
    total = sum((Decimal(line.get("Amount") or 0) for line in body["Line"]), Decimal(0)) + tax
    if total < 0:
        raise business("The transaction amount must be 0 or greater.")
    body["TotalAmt"] = money(total)
    _number(deed, before, body)
    _linked(deed, before, body)
    _balance(deed, before, body)
    return body


def _accounts(deed: Deed, before: Record | None, body: Record) -> None:
    payable = ("Accounts Payable",)
    if "APAccountRef" not in body and deed.kind != "PurchaseOrder":
        found = [
            one for one in deed.books.all(deed.realm, "Account") if one["AccountType"] in payable and one["Active"]
        ]
        if not found:
            raise missing("APAccountRef")
        body["APAccountRef"] = {"value": found[0]["Id"]}
    deed.account(body, "APAccountRef", payable, same=value_of((before or {}).get("APAccountRef")))
    deed.point(body, "SalesTermRef", "Term", before=before)
    if deed.kind == "Bill":
        body.setdefault("DueDate", due(deed, body))


def due(deed: Deed, body: Record) -> str:
    """The day a bill is due: its date and the days of its term."""
    term = deed.books.get(deed.realm, "Term", value_of(body.get("SalesTermRef"))) or {}
    return (date.fromisoformat(body["TxnDate"]) + timedelta(days=int(term.get("DueDays", 0)))).isoformat()


def _number(deed: Deed, before: Record | None, body: Record) -> None:
    number = body.get("DocNumber")
    if number is None and deed.kind != "Bill" and not own_numbers(deed):
        if before is not None and "DocNumber" in before:
            body["DocNumber"] = before["DocNumber"]
        elif before is None:
            body["DocNumber"] = next_number(deed)
        return
    if number is not None:
        refuse_twice(deed, before, body, number)


def own_numbers(deed: Deed) -> bool:
    """Whether the company numbers its purchases itself."""
    told = deed.books.preferences(deed.realm)["OtherPrefs"]["NameValue"]
    return any(one["Name"] == "VendorAndPurchasesPrefs.UseCustomTxnNumbers" and one["Value"] == "true" for one in told)


def next_number(deed: Deed) -> str:
    """A document number that QuickBooks gives."""
    while True:
        number = str(1000 + deed.books.numbers.next(f"{deed.realm}:{deed.kind}:number"))
        if not deed.books.numbered(deed.realm, deed.kind, number):
            return number


def refuse_twice(deed: Deed, before: Record | None, body: Record, number: str) -> None:
    """Raises Refusal 6140 for a number that is taken, unless the caller allows it."""
    if "allowduplicatedocnum" in deed.include or not deed.books.switches["duplicate_refused"]:
        return
    for other in deed.books.numbered(deed.realm, deed.kind, number):
        if before is not None and other["Id"] == before["Id"]:
            continue
        vendors = {value_of(other.get("VendorRef")), value_of(body.get("VendorRef"))}
        if deed.books.switches["duplicate_scope"] == "vendor" and len(vendors) > 1:
            continue
        raise Refusal(
            "6140",
            "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
            f"DocNumber={number} is assigned to TxnType={deed.kind} with TxnId={other['Id']}",
        )


def _linked(deed: Deed, before: Record | None, body: Record) -> None:
    """Orders of the lines have to be the vendor's own."""
    if deed.kind == "PurchaseOrder":
        body.setdefault("POStatus", (before or {}).get("POStatus", "Open"))
        return
    deed.orders = {id for one in (before or {}, body) for kind, id in links_of(one) if kind == "PurchaseOrder"}
    for kind, id in links_of(body):
        order = deed.books.get(deed.realm, kind, id)
        if order is not None and value_of(order["VendorRef"]) != value_of(body["VendorRef"]):
            raise Refusal("620", f"Purchase order {id} is another vendor's", element="LinkedTxn")


def _balance(deed: Deed, before: Record | None, body: Record) -> None:
    body.pop("LinkedTxn", None)
    if deed.kind == "PurchaseOrder":
        if before is not None and "LinkedTxn" in before:
            body["LinkedTxn"] = before["LinkedTxn"]
        return
    links = [*_orders(body), *(settled(deed, before["Id"])[1] if before is not None else [])]
    if links:
        body["LinkedTxn"] = links
    paid = settled(deed, before["Id"])[0] if before is not None else Decimal(0)
    if before is not None and paid and value_of(before["VendorRef"]) != value_of(body["VendorRef"]):
        raise Refusal("6480", "The vendor of a paid transaction cannot be changed", element="VendorRef")
    if paid > body["TotalAmt"]:
        raise business(f"The amount is less than what was already paid, {paid}.")
    body["Balance"] = body["TotalAmt"] - paid
    body["HomeBalance"] = money(body["Balance"] * Decimal(body.get("ExchangeRate", 1)))
    if deed.kind == "VendorCredit":
        del body["HomeBalance"]


def settled(deed: Deed, id: str, kind: str = "") -> tuple[Decimal, list[dict[str, Any]]]:
    """(what payments put to a transaction, links to them)."""
    kind = kind or deed.kind
    total, links = Decimal(0), []
    for other, payment in deed.books.linking(deed.realm, kind, id):
        if other == "BillPayment":
            total += applied(payment, kind, id)
            links.append({"TxnId": payment["Id"], "TxnType": PAID_BY[payment["PayType"]]})
    return total, links


def resettle(deed: Deed, kind: str, id: str) -> None:
    """Bring the balance and the links of a bill or credit up to date."""
    found = deed.books.get(deed.realm, kind, id)
    if found is None or kind == "JournalEntry":
        return
    paid, links = settled(deed, id, kind)
    balance = money(found["TotalAmt"] - paid)
    changes: Record = {"Balance": balance, "LinkedTxn": [*_orders(found), *links] or None}
    if kind == "Bill":
        changes["HomeBalance"] = money(balance * Decimal(found.get("ExchangeRate", 1)))
    deed.books.touch(deed.realm, kind, found, changes, deed.cause)


def rebill(deed: Deed, id: str) -> None:
    """Bring the links and the status of a purchase order up to date: closed once every line is billed in full."""
    order = deed.books.get(deed.realm, "PurchaseOrder", id)
    if order is None:
        return
    billed: dict[str, Decimal] = {}
    linked = []
    for kind, bill in deed.books.linking(deed.realm, "PurchaseOrder", id):
        linked.append({"TxnId": bill["Id"], "TxnType": kind})
        for line in bill["Line"]:
            for link in line.get("LinkedTxn", ()):
                if link["TxnId"] == id:
                    billed[link["TxnLineId"]] = billed.get(link["TxnLineId"], Decimal(0)) + line["Amount"]
    amounts = {line["Id"]: line.get("Amount", Decimal(0)) for line in order["Line"]}
    done = bool(linked) and all(billed.get(line, Decimal(0)) >= amount for line, amount in amounts.items())
    received = [
        {**line, "Received": billed[line["Id"]]} if line["Id"] in billed else _plain(line) for line in order["Line"]
    ]
    status = "Closed" if done else "Open" if order.get("LinkedTxn") else order["POStatus"]
    changes: Record = {"LinkedTxn": linked or None, "POStatus": status, "Line": received}
    deed.books.touch(deed.realm, "PurchaseOrder", order, changes, deed.cause)


def _plain(line: Record) -> Record:
    return {name: value for name, value in line.items() if name != "Received"}


def after(deed: Deed) -> None:
    """What follows a purchase that was saved or deleted."""
    for order in sorted(deed.orders, key=int):
        rebill(deed, order)


def _orders(body: Record) -> list[dict[str, Any]]:
    """Links to the purchase orders of the lines."""
    ids = dict.fromkeys(id for kind, id in links_of(body) if kind == "PurchaseOrder")
    return [{"TxnId": id, "TxnType": "PurchaseOrder"} for id in ids]
