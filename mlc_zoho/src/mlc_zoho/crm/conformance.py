"""What ``mlc plugin certify zoho-crm`` and the tests hold this connector to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from mlc import WebhookRequest
from mlc.records import Contact, DocumentStatus, Invoice, Line, ObjectType, PaymentStatus, Record
from mlc.testing import SystemConformance, Vendor

from mlc_zoho.crm.description import NAME

CHANNEL_TOKEN = "3f9a6c1d7b2e4058a1c6"  # noqa: S105 - invented
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
        "webhook_secret": CHANNEL_TOKEN,
    }
    webhook_echo = CHANNEL_TOKEN
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

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        made = super().to_create(object_type, number)
        if isinstance(made, Contact):
            named = {"name": f"Ada Conformance {number}", "first_name": "Ada", "last_name": f"Conformance {number}"}
            return made.model_copy(update={**named, "email": f"cf{number}@lakeside.example"})
        return self._invoice(number) if object_type is ObjectType.INVOICE else made

    def to_change(self, record: Record) -> tuple[Record, frozenset[str]] | None:
        if isinstance(record, Invoice):
            due = (record.due_date or date(2026, 12, 1)) + timedelta(days=1)
            return record.model_copy(update={"due_date": due}), frozenset({"due_date"})
        return super().to_change(record)

    def webhook(self, at: datetime) -> WebhookRequest | None:
        told = {
            "server_time": int(at.timestamp() * 1000),
            "query_params": {},
            "module": "Contacts",
            "resource_uri": "https://www.zohoapis.eu/crm/v8/Contacts",
            "ids": ["5725767000002105043", "5725767000002105044"],
            "affected_fields": [{"5725767000002105043": ["Email"]}],
            "operation": "update",
            "channel_id": "1000000068001",
            "token": CHANNEL_TOKEN,
        }
        return WebhookRequest("POST", (), {"content-type": "application/json"}, json.dumps(told).encode(), at)

    def _invoice(self, number: int) -> Invoice | None:
        """Like the one that is there, half paid."""
        known = [one for one in self.bench.readable(ObjectType.INVOICE) if isinstance(one, Invoice)]
        if not known:
            return None
        advice = {"quantity": Decimal(2), "unit_price": Decimal(40), "line_net_amount": Decimal(80)}
        return Invoice(
            source=known[0].source,
            invoice_number=f"CF-{number}",
            customer=known[0].customer,
            issue_date=date(2026, 11, 3),
            due_date=date(2026, 12, 3),
            currency="USD",
            total=Decimal("80.00"),
            amount_paid=Decimal("40.00"),
            balance=Decimal("40.00"),
            last_payment_date=date(2026, 11, 10),
            status=DocumentStatus.OPEN,
            payment_status=PaymentStatus.PARTIAL,
            overdue=False,
            lines=(Line(key="1", position=1, description="Advice", **advice),),
        )

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
        made = vendor.post("objects/Contacts", {**person, **of})
    of["Contact_Name"] = {"id": made["id"]}
    vendor.post("objects/Deals", {"Deal_Name": "Lakeside 2026", "Stage": "Closed Won", "Amount": 100, **of})
    product = vendor.post("objects/Products", {"Product_Name": "Books invoice line", "Unit_Price": 1})
    line = {"Product_Name": {"id": product["id"]}, "Quantity": 2, "List_Price": 40, "Description": "Advice"}
    vendor.post(
        "objects/Invoices",
        {"Subject": "INV-1", "Invoice_Date": "2026-11-03", "Due_Date": "2026-12-03", "Status": "Sent",
         "Books_Total": 80, "Books_Balance": 80, "Invoiced_Items": [line], **of},
    )  # fmt: skip
