"""Journal entries: debits equal credits, payables name their vendor."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from mlc_sandbox.quickbooks import lines, purchases
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.names import CLASSIFICATION
from mlc_sandbox.quickbooks.refusals import Refusal, business, missing
from mlc_sandbox.quickbooks.wire import Record, ref, value_of

_DETAIL: Final = "JournalEntryLineDetail"
_PARTIES: Final = {"Accounts Payable": "Vendor", "Accounts Receivable": "Customer"}


def prepare(deed: Deed, before: Record | None, body: Record) -> Record:
    """Check a journal entry. Raises Refusal."""
    if "Line" not in body:
        raise missing("Line")
    body.setdefault("TxnDate", deed.books.day())
    deed.open_period(before, body)
    if "CurrencyRef" not in body and before is None:
        body["CurrencyRef"] = {"value": deed.company.currency}
    deed.currency(body, before, None)
    body["Line"] = lines.checked(deed, before, body["Line"], (_DETAIL, "DescriptionOnly"))
    sums = {"Debit": Decimal(0), "Credit": Decimal(0)}
    for line in body["Line"]:
        if line["DetailType"] == _DETAIL:
            _line(deed, line)
            sums[line[_DETAIL]["PostingType"]] += line["Amount"]
    if sums["Debit"] != sums["Credit"]:
        told = f"Debits are {sums['Debit']}, credits {sums['Credit']}"
        raise Refusal("2300", f"Amounts of debits and credits differ: {told}", element="Line")
    if sum(line["DetailType"] == _DETAIL for line in body["Line"]) < 2:
        raise business("A journal entry needs at least one debit and one credit.")
    lines.finish(deed, body["Line"], None)
    body["TotalAmt"] = Decimal(0)
    body.setdefault("Adjustment", False)
    for name in ("TxnTaxDetail", "LinkedTxn", "Balance", "HomeBalance"):
        body.pop(name, None)
    _number(deed, before, body)
    _settled(deed, before, body)
    return body


def _line(deed: Deed, line: Record) -> None:
    detail = line[_DETAIL]
    for name in ("PostingType", "AccountRef"):
        if name not in detail:
            raise Refusal("2260", "PostingType is missing", element=name) if name == "PostingType" else missing(name)
    if line["Amount"] < 0:
        raise Refusal("2290", "The amount of a line is negative", element="Amount")
    deed.account(detail, "AccountRef", tuple(CLASSIFICATION))
    account = deed.books.require(deed.realm, "Account", value_of(detail["AccountRef"]))
    if "TaxCodeRef" in detail and "TaxApplicableOn" not in detail:
        raise Refusal("2270", "TaxApplicableOn is required with TaxCodeRef", element="TaxApplicableOn")
    wanted = _PARTIES.get(account["AccountType"])
    entity = detail.get("Entity")
    kind = entity.get("Type") if isinstance(entity, dict) else None
    if wanted is not None and kind != wanted:
        raise business(f"When you use {account['AccountType']}, you must choose a {wanted.lower()} in the Name field.")
    if isinstance(entity, dict):
        if kind not in ("Vendor", "Customer", "Employee"):
            raise Refusal("2170", f"{kind} is no Type of Entity", element="Entity")
        detail["Entity"] = {"Type": kind, "EntityRef": ref(
            deed.books.pointed(deed.realm, str(kind), entity.get("EntityRef"), element="EntityRef"))}  # fmt: skip


def _number(deed: Deed, before: Record | None, body: Record) -> None:
    number = body.get("DocNumber")
    if number is None:
        if "allowautodocnum" in deed.include and before is None:
            body["DocNumber"] = purchases.next_number(deed)
        return
    prefs = deed.books.preferences(deed.realm)["OtherPrefs"]["NameValue"]
    if any(one["Name"] == "WarnDuplicateJournalNumber" and one["Value"] == "true" for one in prefs):
        purchases.refuse_twice(deed, before, body, number)


def _settled(deed: Deed, before: Record | None, body: Record) -> None:
    """What a bill payment settles of it stays."""
    if before is None:
        return
    paid = purchases.settled(deed, before["Id"])[0]
    if not paid:
        return
    owed = sum(
        (line["Amount"] for line in body["Line"] if line.get(_DETAIL, {}).get("Entity", {}).get("Type") == "Vendor"),
        Decimal(0),
    )
    if owed < paid:
        raise Refusal("6480", f"{paid} of this journal entry was paid", element="Line")
