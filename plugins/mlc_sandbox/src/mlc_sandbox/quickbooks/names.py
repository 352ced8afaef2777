"""Lists: accounts, parties, departments, classes, terms, items; names that stay unique, never deleted."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.refusals import Refusal, business, missing
from mlc_sandbox.quickbooks.schema import NAMES
from mlc_sandbox.quickbooks.wire import Record, value_of

CLASSIFICATION: Final = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense", "Non-Posting": "Expense",
}  # fmt: skip
#: The sub type that an account of a type has unless told, and by which a type is found.
SUB_TYPES: Final = {
    "Bank": "Checking", "Accounts Receivable": "AccountsReceivable", "Other Current Asset": "OtherCurrentAssets",
    "Fixed Asset": "OtherFixedAssets", "Other Asset": "OtherLongTermAssets", "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard", "Other Current Liability": "OtherCurrentLiabilities",
    "Long Term Liability": "OtherLongTermLiabilities", "Equity": "OpeningBalanceEquity",
    "Income": "SalesOfProductIncome", "Other Income": "OtherMiscellaneousIncome",
    "Cost of Goods Sold": "SuppliesMaterialsCogs", "Expense": "OtherMiscellaneousServiceCost",
    "Other Expense": "OtherMiscellaneousExpense", "Non-Posting": "OtherMiscellaneousExpense",
}  # fmt: skip
_PARTS: Final = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_LEVELS: Final = 5
_SUB: Final = {
    "Account": "SubAccount",
    "Department": "SubDepartment",
    "Class": "SubClass",
    "Item": "SubItem",
    "Customer": "Job",
}


def prepare(deed: Deed, before: Record | None, body: Record) -> Record:
    """Check a list member and complete it. Raises Refusal."""
    body.setdefault("Active", True if before is None else before["Active"])
    if deed.kind in NAMES:
        _party(deed, before, body)
    else:
        _plain(deed, before, body)
    if not body["Active"]:
        _deactivate(deed, before, body)
    else:
        _strip(deed, body)
    _hierarchy(deed, before, body)
    _unique(deed, before, body)
    return body


def _party(deed: Deed, before: Record | None, body: Record) -> None:
    if "DisplayName" not in body:
        body["DisplayName"] = " ".join(str(body[part]) for part in _PARTS if part in body) or (before or {}).get(
            "DisplayName"
        )
    if not body["DisplayName"]:
        raise Refusal("6080", "Provide at least one of Title, GivenName, MiddleName, FamilyName, Suffix, DisplayName")
    if deed.kind == "Customer" and ":" in body["DisplayName"]:
        raise Refusal("2040", "DisplayName must not contain a colon", element="DisplayName")
    body.setdefault("PrintOnCheckName", body["DisplayName"])
    if deed.kind == "Employee":
        return
    home = deed.company.currency
    sent = value_of(body.get("CurrencyRef"))
    if before is not None:
        if sent and sent != before["CurrencyRef"]["value"]:
            raise business("The currency of a name cannot be changed.")
        body["CurrencyRef"] = before["CurrencyRef"]
    else:
        several = bool(deed.prefers("CurrencyPrefs", "MultiCurrencyEnabled"))
        if sent not in ("", home) and not (several and sent in deed.company.rates):
            raise business(f"{sent} is no currency of this company.")
        body["CurrencyRef"] = {"value": sent or home}
    if deed.kind == "Vendor":
        body.setdefault("Vendor1099", False)
        deed.point(body, "TermRef", "Term", before=before)
        deed.account(body, "APAccountRef", ("Accounts Payable",))


def _plain(deed: Deed, before: Record | None, body: Record) -> None:
    if "Name" not in body:
        raise missing("Name")
    if deed.kind != "Term" and (":" in body["Name"] or (deed.kind == "Account" and '"' in body["Name"])):
        raise Refusal("2040", f"Name of {deed.kind} holds characters that are not supported", element="Name")
    if deed.kind == "Account":
        _account(deed, before, body)
    elif deed.kind == "Term":
        _term(body)
    elif deed.kind == "Item":
        _item(deed, body)


def _account(deed: Deed, before: Record | None, body: Record) -> None:
    kind = body.get("AccountType")
    if kind is None and "AccountSubType" in body:
        kind = next((one for one, sub in SUB_TYPES.items() if sub == body["AccountSubType"]), "Expense")
    if kind is None:
        if before is None:
            raise Refusal("6010", "Account needs AccountType or AccountSubType", element="AccountType")
        kind = before["AccountType"]
    if kind not in CLASSIFICATION:
        raise Refusal("2170", f"{kind} is no AccountType", element="AccountType")
    body |= {"AccountType": kind, "Classification": CLASSIFICATION[kind]}
    body.setdefault("AccountSubType", SUB_TYPES[kind])
    body.setdefault("CurrencyRef", (before or {}).get("CurrencyRef", {"value": deed.company.currency}))
    number = body.get("AcctNum")
    if number is None:
        return
    most = 20 if deed.company.country in ("AU", "CA") else 7
    if len(number) > most or ":" in number:
        raise Refusal("2050", f"AcctNum: Min:0 Max:{most} supported. Supplied length:{len(number)}", element="AcctNum")
    own = (before or {}).get("Id")
    if any(one.get("AcctNum") == number and one["Id"] != own for one in deed.books.all(deed.realm, "Account")):
        raise business(f"The account number {number} is already in use.")


def _term(body: Record) -> None:
    if "DueDays" not in body and "DayOfMonthDue" not in body:
        raise missing("DueDays")
    if not 0 <= body.get("DueDays", 0) <= 999 or not 1 <= body.get("DayOfMonthDue", 1) <= 31:
        raise Refusal("2090", "DueDays is 0 to 999, DayOfMonthDue 1 to 31", element="DueDays")
    body["Type"] = "STANDARD" if "DueDays" in body else "DATE_DRIVEN"


def _item(deed: Deed, body: Record) -> None:
    body.setdefault("Type", "Service")
    income, cost = ("Income", "Other Income"), ("Expense", "Other Expense", "Cost of Goods Sold")
    inventory = body["Type"] == "Inventory"
    deed.account(body, "IncomeAccountRef", income, required=inventory)
    deed.account(body, "ExpenseAccountRef", cost, required=inventory)
    deed.account(body, "AssetAccountRef", ("Other Current Asset",), required=inventory)
    for name in ("QtyOnHand", "InvStartDate"):
        if inventory and name not in body:
            raise Refusal("6520", f"{name} is required for an inventory item", element=name)


def _name_field(deed: Deed) -> str:
    return "DisplayName" if deed.kind in NAMES else "Name"


def _deactivate(deed: Deed, before: Record | None, body: Record) -> None:
    name, suffix = _name_field(deed), str(deed.books.switches["deactivated_suffix"])
    if before is None:
        raise business(f"A new {deed.kind} cannot be inactive.")
    if not body[name].endswith(suffix):
        body[name] += suffix


def _strip(deed: Deed, body: Record) -> None:
    body[_name_field(deed)] = body[_name_field(deed)].removesuffix(str(deed.books.switches["deactivated_suffix"]))


def _hierarchy(deed: Deed, before: Record | None, body: Record) -> None:
    if deed.kind in ("Vendor", "Employee", "Term"):
        return
    name, sub = body[_name_field(deed)], _SUB[deed.kind]
    if "ParentRef" not in body:
        if body.get(sub):
            raise Refusal("6150", f"{sub} needs a ParentRef", element="ParentRef")
        body |= {sub: False, "FullyQualifiedName": name}
        return
    parent = deed.books.pointed(deed.realm, deed.kind, body["ParentRef"], element="ParentRef")
    if before is not None and parent["Id"] == before["Id"]:
        raise Refusal("6150", "An object cannot be its own parent", element="ParentRef")
    full = f"{parent['FullyQualifiedName']}:{name}"
    if full.count(":") >= _LEVELS:
        raise Refusal("6180", f"At most {_LEVELS} levels", element="ParentRef")
    if deed.kind == "Account" and parent["AccountType"] != body["AccountType"]:
        raise Refusal("6150", "A sub-account has the type of its parent", element="ParentRef")
    body |= {sub: True, "FullyQualifiedName": full, "ParentRef": {"value": parent["Id"]}}


def _unique(deed: Deed, before: Record | None, body: Record) -> None:
    name = body.get("DisplayName") or body.get("FullyQualifiedName") or body["Name"]
    own = (deed.kind, (before or {}).get("Id"))
    others = [one for one in deed.books.named(deed.realm, deed.kind, name) if one != own]
    if others:
        party = deed.kind in NAMES
        who = "Another customer, vendor or employee" if party else f"Another {deed.kind.lower()}"
        raise Refusal(
            "6240",
            f"The name supplied already exists. : {who} is already using this name. "
            f"Please use a different name. Id={others[0][1]}",
        )
