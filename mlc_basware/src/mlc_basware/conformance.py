"""What ``mlc plugin certify basware`` and the tests hold this connector to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mlc import WebhookRequest
from mlc.http import Response
from mlc.records import (
    Account,
    Dimension,
    DimensionKind,
    DocumentReport,
    ExchangeRate,
    Line,
    ObjectType,
    OrderStatus,
    PaymentTerm,
    PurchaseOrder,
    Record,
    Ref,
    ReportKind,
    SourceMeta,
    TaxRate,
    Vendor,
)
from mlc.testing import SystemConformance, receiving
from mlc.testing import Vendor as Served

from mlc_basware import SYSTEM
from mlc_basware.webhooks import HEADER, signatures

COMPANY = "1000"
LEDGER = "LEDGER-1"
TOKEN = "an-invented-webhook-token"  # noqa: S105
SOURCE = SourceMeta(system="ledger", source_id="1")
RATES_FROM = date(2001, 1, 1)
SUPPLIER = "CF-V1"


class BaswareConformance(SystemConformance):
    """Against the stand-in: one company of its tenant, with small pages so that lists have several."""

    system = SYSTEM
    settings = {
        "source_system": LEDGER,
        "code_prefix": "cf",
        "company_codes": [COMPANY],
        "organization_element": COMPANY,
        "payment_means_code": "WIRE",
        "page_size": 5,
        "overlap_s": 1,
        "dimensions": {"cost_center": "costCenters", "project": "projects", "tag:Region": "ACC_LIST_3"},
    }
    secrets = {"client_id": "demo-client", "client_secret": "demo-secret", "webhook_token": TOKEN}
    standin = SYSTEM
    standin_records = 40
    enums = {
        ObjectType.BILL: ("processingStatus", "invoiceTypeCode"),
        ObjectType.VENDOR: ("vendorClass",),
    }

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url, receiving() as cls.receiver:
            furnish(Served(url or ""))
            yield url

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        made = MADE.get(object_type)
        if object_type is ObjectType.DOCUMENT_REPORT:
            return self._report(number)
        return None if made is None else made(number)

    def to_change(self, record: Record) -> tuple[Record, frozenset[str]] | None:
        if isinstance(record, PurchaseOrder | Vendor):
            return super().to_change(record)
        if isinstance(record, ExchangeRate):
            return record.model_copy(update={"rate": record.rate + Decimal("0.0001")}), frozenset({"rate"})
        if isinstance(record, Account | Dimension | TaxRate | PaymentTerm):
            name = f"{record.name.partition(' (')[0]} ({self.bench.number() % 1000})"
            return record.model_copy(update={"name": name}), frozenset({"name"})
        return None

    def touch(self, vendor: Served, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        number = self.bench.number()
        body = _vendor(SUPPLIER, f"Harbour Paper {number}")
        vendor.post("objects/vendors", body)
        return SUPPLIER

    def webhook(self, at: datetime) -> WebhookRequest | None:
        body = {
            "taskId": "7a0d3b51-1d0e-4d1b-9a55-0f6f1f0d9c11",
            "taskStatus": "New",
            "taskType": "AccoutingDocuments",
            "taskSubType": "WaitingForTransfer",
            "documentId": "5f1c0de0aa114b6e9c0f7d3e22aa9001",
            "expirationTime": (at + timedelta(days=1)).isoformat(),
        }
        raw = json.dumps(body).encode()
        signed = signatures(TOKEN.encode(), raw, "hex")[0].decode()
        return WebhookRequest("POST", (), {"content-type": "application/json", HEADER: signed}, raw, at)

    def refused_credentials(self) -> Response:
        return Response(401, json={"error": "invalid_client"})

    def rate_limited(self) -> Response:
        return Response(429, json={"message": "Too Many Requests"}, headers={"Retry-After": "7"})

    def _report(self, number: int) -> DocumentReport | None:
        """What was paid so far of an invoice that was transferred, another sum each time."""
        shown = self.bench.vendor.get("objects/accountingDocuments")
        done = [one["invoiceId"] for one in shown if _is(one, "Transferred")]
        if not done:
            return None
        return DocumentReport(
            source=SOURCE,
            report_code=f"cf-report-{number}",
            kind=ReportKind.PAID,
            document=Ref(record_type=ObjectType.BILL, source_id=done[0]),
            message=f"Paid by run {number}",
            on=date(2026, 11, 2),
            paid_total=Decimal(number % 97 + 1),
            payment_number=f"VP-{number}",
        )


def furnish(vendor: Served) -> None:
    """What another client of the API has posted already."""
    invoice = next(one for one in vendor.get("objects/accountingDocuments") if _is(one, "WaitingForTransfer"))
    vendor.post("objects/invoices", {"id": invoice["invoiceId"], "action": "set_status", "status": "Transferred"})
    for place in range(7):
        vendor.post("objects/vendors", _vendor(f"CF-V{place}", f"Harbour Paper {place}"))
    companies = [{"companyCode": COMPANY, "inherit": False, "active": True}]
    plain = [{"companyCode": COMPANY, "active": True}]
    names = [{"language": "en-US", "translation": "Travel"}]
    for path, body in (
        ("accounts", {"accountCode": "OT1", "accountNames": names, "companies": companies}),
        ("costCenters", {"costCenterCode": "OT1", "costCenterNames": names, "companies": plain}),
        ("taxCodes", {"taxCode": "OT1", "taxCodeNames": names, "taxPercentage": 24, "companies": companies}),
        (
            "paymentTerms",
            {
                "paymentTermCode": "OT1",
                "paymentTermNames": names,
                "validFrom": "2020-01-01T00:00:00Z",
                "validTo": "2099-01-01T00:00:00Z",
                "dueDateDays": 14,
                "companies": companies,
            },
        ),
        (
            "exchangeRates",
            {
                "currencyCodeFrom": "GBP",
                "currencyCodeTo": "EUR",
                "rate": 1.15,
                "validFrom": "2026-01-02T00:00:00Z",
                "companies": plain,
            },
        ),
        (
            "matchingOrders",
            {
                "orderNumber": "OT-1",
                "sourceSystem": LEDGER,
                "companyCode": COMPANY,
                "organizationElementCode": COMPANY,
                "supplierCode": SUPPLIER,
                "currencyCode": "EUR",
                "description": "Paper",
            },
        ),
        (
            "matchingOrderLines",
            {
                "orderExternalCode": "other-matchingOrders",
                "lineNumber": "1",
                "matchingMode": "Standard",
                "quantity": 2,
                "netPrice": 10,
                "netSum": 20,
                "currencyCode": "EUR",
                "isDeleted": False,
            },
        ),
    ):
        vendor.post(f"objects/{path}", {"externalCode": f"other-{path}", **body})


def _is(invoice: dict[str, Any], status: str) -> bool:
    return bool(invoice["processingStatus"] == status and invoice["companyCode"] == COMPANY)


def _vendor(code: str, name: str) -> dict[str, Any]:
    return {
        "externalCode": f"other-{code}",
        "vendorCode": code,
        "name": name,
        "companies": [{"companyCode": COMPANY, "inheritToChildUnits": False}],
        "processingStatus": {"active": True, "paymentDenied": False},
    }


def _made_vendor(number: int) -> Vendor:
    return Vendor(source=SOURCE, name=f"Conformance {number}", vendor_code=f"CF{number}", currency="EUR")


def _made_account(number: int) -> Account:
    return Account(source=SOURCE, code=f"CF{number}", name=f"Conformance {number}")


def _made_dimension(number: int) -> Dimension:
    kind = DimensionKind.COST_CENTER
    return Dimension(source=SOURCE, kind=kind, code=f"CF{number}", name=f"Conformance {number}")


def _made_tax(number: int) -> TaxRate:
    return TaxRate(source=SOURCE, code=f"CF{number}", name=f"Conformance {number}", rate=Decimal("25.5"))


def _made_term(number: int) -> PaymentTerm:
    return PaymentTerm(source=SOURCE, code=f"CF{number}", name=f"Conformance {number}", days=30)


def _made_rate(number: int) -> ExchangeRate:
    """Another day each time: from, to and day are its key."""
    on = RATES_FROM + timedelta(days=number % 9_000)
    return ExchangeRate(source=SOURCE, from_currency="USD", to_currency="EUR", rate=Decimal("0.9215"), valid_from=on)


def _made_order(number: int) -> PurchaseOrder:
    net = (Decimal("200.00"), Decimal("99.90"))
    return PurchaseOrder(
        source=SOURCE,
        po_number=f"CF-{number}",
        vendor=Ref(record_type=ObjectType.VENDOR, source_id=SUPPLIER),
        currency="EUR",
        issue_date=date(2026, 11, 2),
        delivery_date=date(2026, 12, 2),
        memo=f"Conformance {number}",
        status=OrderStatus.ISSUED,
        lines=tuple(
            Line(
                key=f"{number}-{place}",
                position=place,
                description=f"Paper {place}",
                quantity=Decimal(2),
                unit_price=amount / 2,
                line_net_amount=amount,
            )
            for place, amount in enumerate(net, 1)
        ),
    )


MADE: dict[ObjectType, Callable[[int], Record]] = {
    ObjectType.VENDOR: _made_vendor,
    ObjectType.ACCOUNT: _made_account,
    ObjectType.DIMENSION: _made_dimension,
    ObjectType.TAX_RATE: _made_tax,
    ObjectType.PAYMENT_TERM: _made_term,
    ObjectType.EXCHANGE_RATE: _made_rate,
    ObjectType.PURCHASE_ORDER: _made_order,
}
