"""What people do on the screens of the two books; every verb is the same for both."""

from collections.abc import Sequence
from decimal import Decimal
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

    def pay(self, number: str, amount: str, check: str) -> None:
        """A bill is paid in part or whole."""

    def take_back(self, check: str) -> None:
        """The payment is void."""

    def credit(self, number: str, amount: str, credit: str) -> None:
        """A vendor's credit is typed and applied to a bill."""

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

    def pay(self, number: str, amount: str, check: str) -> None:
        (bill,) = self.bills(number)
        bank = next(one.ledger_id for one in self.company.money_accounts if one.ledger_id and one.currency == "USD")
        body = {
            "id": bill["bill_id"], "action": "pay", "amount": Decimal(amount), "reference_number": check,
            "date": self.company.today.isoformat(), "paid_through_account_id": bank, "payment_mode": "Check",
        }  # fmt: skip
        self.served.post("objects/bills", body)

    def take_back(self, check: str) -> None:
        rows = self.served.get("objects/vendorpayments")
        id = next(row["payment_id"] for row in rows if row.get("reference_number") == check)
        self.served.post("objects/vendorpayments", {"id": id, "action": "delete"})

    def credit(self, number: str, amount: str, credit: str) -> None:
        (bill,) = self.bills(number)
        line = {"account_id": self.company.account(ACCOUNT).ledger_id, "rate": Decimal(amount), "quantity": 1}
        body = {
            "vendor_id": bill["vendor_id"], "vendor_credit_number": credit, "date": self.company.today.isoformat(),
            "line_items": [line],
        }  # fmt: skip
        made = self.served.post("objects/vendorcredits", body)
        id = made["vendor_credit_id"]
        parts = [{"bill_id": bill["bill_id"], "amount_applied": Decimal(amount)}]
        self.served.post("objects/vendorcredits", {"id": id, "action": "apply", "bills": parts})

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

    def pay(self, number: str, amount: str, check: str) -> None:
        body = {"action": "pay", "bills": [number], "DocNumber": check, "amount": amount}
        self.served.post("objects/BillPayment", body)

    def take_back(self, check: str) -> None:
        self.served.post("objects/BillPayment", {"DocNumber": check, "action": "void"})

    def credit(self, number: str, amount: str, credit: str) -> None:
        (bill,) = self.bills(number)
        head = {name: bill[name] for name in ("VendorRef", "CurrencyRef")}
        detail = bill["Line"][0]["AccountBasedExpenseLineDetail"]
        line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal(amount)}
        line |= {"AccountBasedExpenseLineDetail": {"AccountRef": detail["AccountRef"]}}
        made = self.served.post("objects/VendorCredit", {**head, "DocNumber": credit, "Line": [line]})
        bank = next(one["Id"] for one in self.served.get("objects/Account") if one["AccountType"] == "Bank")
        parts = [("Bill", bill["Id"]), ("VendorCredit", made["Id"])]
        body = {
            **head, "PayType": "Check", "TotalAmt": 0, "CheckPayment": {"BankAccountRef": {"value": bank}},
            "Line": [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": i, "TxnType": t}]} for t, i in parts],
        }  # fmt: skip
        self.served.post("objects/BillPayment", body)

    def bills(self, number: str) -> list[Row]:
        return [row for row in self.served.get("objects/Bill") if row.get("DocNumber") == number]
