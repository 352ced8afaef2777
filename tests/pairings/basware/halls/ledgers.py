"""What people do on the screens of the two books; every verb is the same for both."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar, Protocol

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios import quickbooks_basware, zoho_books_basware
from mlc_sandbox.served import Served

Row = dict[str, Any]
ACCOUNT = "6100"


class Ledger(Protocol):
    """One vendor's books; ids are the ledger's own. ``supplier_code`` is what P2P calls its vendor."""

    system: ClassVar[str]
    scenario: ClassVar[ModuleType]
    vendor: str
    supplier_code: str

    def __init__(self, served: Served, company: Company) -> None: ...

    def order(self, number: str, amounts: Sequence[int], account: str = ACCOUNT) -> str:
        """An open order of one line per amount; its id."""

    def close_order(self, id: str) -> None:
        """Closed by hand, nothing of it billed."""

    def edit_order(self, id: str, memo: str) -> None:
        """Another memo."""

    def delete_order(self, id: str) -> None: ...

    def rename(self, name: str) -> None:
        """The vendor is called otherwise."""

    def account(self, code: str, name: str) -> None:
        """One more account for costs."""

    def bills(self, number: str) -> list[Row]: ...


class ZohoBooks:
    system: ClassVar[str] = "zoho-books"
    scenario: ClassVar[ModuleType] = zoho_books_basware

    def __init__(self, served: Served, company: Company) -> None:
        self.served = served
        self.company = company
        found = next(
            one
            for one in served.get("objects/contacts")
            if one["contact_type"] == "vendor" and one["status"] == "active" and one["currency_code"] == "USD"
            and one.get("contact_number")
        )  # fmt: skip
        self.vendor = str(found["contact_id"])
        self.supplier_code = str(found["contact_number"])

    def order(self, number: str, amounts: Sequence[int], account: str = ACCOUNT) -> str:
        account_id = self.company.account(account).ledger_id
        lines = [{"account_id": account_id, "name": f"For {one}", "rate": one, "quantity": 1} for one in amounts]
        body = {
            "vendor_id": self.vendor, "purchaseorder_number": number, "date": self.company.today.isoformat(),
            "line_items": lines, "status": "open",
        }  # fmt: skip
        return str(self.served.post("objects/purchaseorders", body)["purchaseorder_id"])

    def close_order(self, id: str) -> None:
        self.served.post("objects/purchaseorders", {"id": id, "action": "billed"})

    def edit_order(self, id: str, memo: str) -> None:
        self.served.post("objects/purchaseorders", {"id": id, "notes": memo})

    def delete_order(self, id: str) -> None:
        self.served.post("objects/purchaseorders", {"id": id, "action": "delete"})

    def rename(self, name: str) -> None:
        self.served.post("objects/contacts", {"id": self.vendor, "contact_name": name, "company_name": name})

    def account(self, code: str, name: str) -> None:
        body = {"account_code": code, "account_name": name, "account_type": "expense"}
        self.served.post("objects/chartofaccounts", body)

    def bills(self, number: str) -> list[Row]:
        return [row for row in self.served.get("objects/bills") if row["bill_number"] == number]


class QuickBooks:
    system: ClassVar[str] = "quickbooks"
    scenario: ClassVar[ModuleType] = quickbooks_basware

    def __init__(self, served: Served, company: Company) -> None:
        self.served = served
        self.company = company
        vendors = served.get("objects/Vendor")
        self.vendor = str(next(one["Id"] for one in vendors if one["Active"] and one["CurrencyRef"]["value"] == "USD"))
        self.supplier_code = f"V{self.vendor}"

    def order(self, number: str, amounts: Sequence[int], account: str = ACCOUNT) -> str:
        accounts = self.served.get("objects/Account")
        kind = "AccountBasedExpenseLineDetail"
        detail = {"AccountRef": {"value": next(one["Id"] for one in accounts if one.get("AcctNum") == account)}}
        payable = next(one["Id"] for one in accounts if one["AccountType"] == "Accounts Payable")
        body = {
            "DocNumber": number, "VendorRef": {"value": self.vendor}, "APAccountRef": {"value": payable},
            "CurrencyRef": {"value": "USD"}, "TxnDate": self.company.today.isoformat(), "POStatus": "Open",
            "Line": [{"DetailType": kind, "Amount": one, "Description": f"For {one}", kind: detail} for one in amounts],
        }  # fmt: skip
        return str(self.served.post("objects/PurchaseOrder", body)["Id"])

    def close_order(self, id: str) -> None:
        self.served.post("objects/PurchaseOrder", {"id": id, "POStatus": "Closed"})

    def edit_order(self, id: str, memo: str) -> None:
        self.served.post("objects/PurchaseOrder", {"id": id, "PrivateNote": memo})

    def delete_order(self, id: str) -> None:
        self.served.post("objects/PurchaseOrder", {"id": id, "action": "delete"})

    def rename(self, name: str) -> None:
        self.served.post("objects/Vendor", {"id": self.vendor, "DisplayName": name})

    def account(self, code: str, name: str) -> None:
        kinds = {"AccountType": "Expense", "AccountSubType": "OtherMiscellaneousServiceCost"}
        self.served.post("objects/Account", {"AcctNum": code, "Name": name, **kinds})

    def bills(self, number: str) -> list[Row]:
        return [row for row in self.served.get("objects/Bill") if row.get("DocNumber") == number]
