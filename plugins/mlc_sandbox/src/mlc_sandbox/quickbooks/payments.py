"""Bill payments: what they settle, and what is left of them when they are voided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.quickbooks import purchases
from mlc_sandbox.quickbooks.books import applied, links_of
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.forms import fitting
from mlc_sandbox.quickbooks.refusals import Refusal, business, missing
from mlc_sandbox.quickbooks.wire import Record, money, value_of

_LINE: Final = {
    "Id": "ro", "LineNum": "ro", "Amount": "d", "LinkedTxn": "x", "LineEx": "ro", "Description": "ro",
    "DetailType": "ro",
}  # fmt: skip
_CHECK: Final = {"BankAccountRef": "ref", "PrintStatus": "e:NotSet|NeedToPrint|PrintComplete", "CheckDetail": "x"}
_CARD: Final = {"CCAccountRef": "ref", "CCDetail": "x"}
_TARGETS: Final = {"Bill": 1, "VendorCredit": -1, "JournalEntry": 1}


def prepare(deed: Deed, before: Record | None, body: Record) -> Record:
    """Check a payment. Raises Refusal."""
    deed.point(body, "VendorRef", "Vendor", before=before, required=True)
    if "PayType" not in body:
        raise missing("PayType")
    if "TotalAmt" not in body:
        raise business("You must set a transaction amount.")
    if "Line" not in body:
        raise missing("Line")
    vendor = deed.books.require(deed.realm, "Vendor", value_of(body["VendorRef"]))
    body["TotalAmt"] = money(body["TotalAmt"])
    if body["TotalAmt"] < 0:
        raise business("The transaction amount must be 0 or greater.")
    body.setdefault("TxnDate", deed.books.day())
    deed.open_period(before, body)
    deed.currency(body, before, vendor)
    _means(deed, body)
    deed.account(body, "APAccountRef", ("Accounts Payable",))
    deed.dimension(body, "DepartmentRef")
    body["Line"] = [_line(deed, before, body, line) for line in body["Line"]]
    for name in ("LinkedTxn", "Balance", "HomeBalance"):
        body.pop(name, None)
    _fits(deed, before, body)
    if body.get("DocNumber"):
        purchases.refuse_twice(deed, before, body, body["DocNumber"])
    deed.settled = {*links_of(before or {}), *links_of(body)}
    return body


def _means(deed: Deed, body: Record) -> None:
    check = body["PayType"] == "Check"
    name, other = ("CheckPayment", "CreditCardPayment") if check else ("CreditCardPayment", "CheckPayment")
    body.pop(other, None)
    detail = body.get(name)
    if not isinstance(detail, dict):
        raise missing(name)
    kept = fitting(_CHECK if check else _CARD, detail, deed.books.switches, f"{name}.")
    if check:
        deed.account(kept, "BankAccountRef", ("Bank",), required=True)
        kept.setdefault("PrintStatus", "NotSet")
    else:
        deed.account(kept, "CCAccountRef", ("Credit Card",), required=True)
    body[name] = kept


def _line(deed: Deed, before: Record | None, body: Record, sent: Record) -> Record:
    line = fitting(_LINE, sent, deed.books.switches, "Line.")
    links = [one for one in line.get("LinkedTxn") or [] if isinstance(one, dict)]
    if "Amount" not in line:
        raise missing("Line.Amount")
    if len(links) != 1 or not links[0].get("TxnId"):
        raise missing("Line.LinkedTxn")
    kind, id = str(links[0].get("TxnType")), str(links[0]["TxnId"])
    if kind not in _TARGETS:
        raise Refusal("620", f"A payment cannot be linked to {kind}", element="LinkedTxn")
    found = deed.books.get(deed.realm, kind, id)
    if found is None:
        raise Refusal("2500", f"Invalid Reference Id : {kind} {id}", element="LinkedTxn")
    amount = money(line["Amount"])
    if amount < 0:
        raise Refusal("2290", "The amount of a line is negative", element="Amount")
    vendor = value_of(body["VendorRef"])
    if kind != "JournalEntry" and value_of(found["VendorRef"]) != vendor:
        raise Refusal("620", f"{kind} {id} is another vendor's", element="LinkedTxn")
    if kind != "JournalEntry" and value_of(found["CurrencyRef"]) != value_of(body["CurrencyRef"]):
        raise business(f"{kind} {id} is in another currency.")
    left = _left(deed, kind, found, vendor) + applied(before or {}, kind, id)
    if amount > left:
        raise business(f"The amount {amount} is more than what is open of {kind} {id}, {left}.")
    return {"Amount": amount, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]}


def _left(deed: Deed, kind: str, found: Record, vendor: str) -> Decimal:
    if kind != "JournalEntry":
        return Decimal(found["Balance"])
    owed = Decimal(0)
    for line in found["Line"]:
        detail = line.get("JournalEntryLineDetail", {})
        if value_of(detail.get("Entity", {}).get("EntityRef")) == vendor:
            owed += line["Amount"] * (1 if detail["PostingType"] == "Credit" else -1)
    return max(owed, Decimal(0)) - purchases.settled(deed, found["Id"], kind)[0]


def _fits(deed: Deed, before: Record | None, body: Record) -> None:
    """Every transaction once, and no more paid than the payment and the credits are worth."""
    targets = links_of(body)
    if len(set(targets)) != len(targets):
        raise business("A transaction is linked twice.")
    wanted = sum((line["Amount"] * _TARGETS[line["LinkedTxn"][0]["TxnType"]] for line in body["Line"]), Decimal(0))
    if wanted > body["TotalAmt"]:
        raise business(f"The lines come to {wanted}, the payment to {body['TotalAmt']}.")
    if wanted < 0:
        raise business("More credit is used than there is to pay.")


def voided(before: Record) -> Record:
    """What is left of a payment: no amount and no lines."""
    note: Any = before.get("PrivateNote")
    return {**before, "TotalAmt": Decimal(0), "Line": [], "PrivateNote": f"Voided - {note}" if note else "Voided"}


def after(deed: Deed) -> None:
    """Bring what the payment settles, or no longer settles, up to date."""
    for kind, id in sorted(deed.settled):
        purchases.resettle(deed, kind, id)


def unlink(deed: Deed, kind: str, id: str) -> None:
    """Take a transaction that is deleted off the payments that settle it; their rest becomes a credit."""
    for other, payment in deed.books.linking(deed.realm, kind, id):
        if other == "BillPayment":
            rest = [line for line in payment["Line"] if (kind, id) not in links_of({"Line": [line]})]
            deed.books.save(deed.realm, "BillPayment", {**payment, "Line": rest}, deed.cause, id=payment["Id"])
