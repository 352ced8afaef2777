"""What ``mlc plugin certify zoho-crm`` and the tests hold this connector to."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlc.records import ObjectType
from mlc.testing import SystemConformance, Vendor

from mlc_zoho.crm.description import NAME

#: Three pages of 200.
CONTACTS = 410


class CrmConformance(SystemConformance):
    """Against the stand-in, with a list of several pages and one record of each kind that the company lacks."""

    system = NAME
    settings = {}
    secrets = {
        "client_id": "1000.DEMO",
        "client_secret": "demo-secret",
        "refresh_token": "1000.demo.refresh",
    }
    standin = "zoho-crm"
    standin_records = 60
    enums = {
        ObjectType.CUSTOMER: ("Account_Type",),
        ObjectType.DEAL: ("Stage",),
        ObjectType.INVOICE: ("Status",),
    }

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            _furnish(Vendor(url or ""))
            yield url

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.CONTACT:
            return None
        first = vendor.get("objects/Contacts")[0]
        title = "Buyer" if first.get("Title") != "Buyer" else "Chief buyer"
        vendor.post("objects/Contacts", {"id": first["id"], "Title": title})
        return str(first["id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.CONTACT:
            return None
        last = vendor.get("objects/Contacts")[-1]
        vendor.post("objects/Contacts", {"id": last["id"], "action": "delete"})
        return str(last["id"])


def _furnish(vendor: Vendor) -> None:
    """An organisation of one customer with many people, a deal, a product and an invoice."""
    account = vendor.post(
        "objects/Accounts",
        {"Account_Name": "Lakeside Labs", "Account_Type": "Customer", "Website": "https://lakeside.example",
         "Tax_Registration": "GB123456789", "Payment_Terms": 30, "Billing_Street": "4 Quay", "Billing_City": "Leeds",
         "Billing_Country": "United Kingdom", "Phone": "+44 20 7946 0000"},
    )  # fmt: skip
    of = {"Account_Name": {"id": account["id"]}}
    for number in range(CONTACTS):
        person = {"First_Name": "Ada", "Last_Name": f"Number {number}", "Email": f"a{number}@lakeside.example"}
        vendor.post("objects/Contacts", {**person, **of})
    vendor.post("objects/Deals", {"Deal_Name": "Lakeside 2026", "Stage": "Closed Won", "Amount": 100, **of})
    product = vendor.post("objects/Products", {"Product_Name": "Books invoice line", "Unit_Price": 1})
    line = {"Product_Name": {"id": product["id"]}, "Quantity": 2, "List_Price": 40, "Description": "Advice"}
    vendor.post(
        "objects/Invoices",
        {"Subject": "INV-1", "Invoice_Date": "2026-11-03", "Due_Date": "2026-12-03", "Status": "Sent",
         "Books_Total": 80, "Books_Balance": 80, "Invoiced_Items": [line], **of},
    )  # fmt: skip
