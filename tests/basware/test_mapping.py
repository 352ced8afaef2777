"""Invoices, vendors and orders as records: every sign, every reference, and nothing that must not be kept."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc.errors import MappingError
from mlc.records import Bill, ExportStatus, ObjectType, OrderStatus, VendorCredit
from mlc_basware.fetch import source_record
from mlc_basware.mapping import to_record
from mlc_basware.redaction import without_secrets

from mlc_basware import entities

from .conftest import CONTEXT, COPY, INVOICE

STATUSES = {
    "WaitingForTransfer": ExportStatus.OFFERED, "TransferInProgress": ExportStatus.TAKEN,
    "Transferred": ExportStatus.POSTED, "Paid": ExportStatus.POSTED, "TransferFailed": ExportStatus.REFUSED,
    "Removed": ExportStatus.WITHDRAWN, "WaitingToBeReturned": ExportStatus.WITHDRAWN, "Prebooked": ExportStatus.UNKNOWN,
}  # fmt: skip


def exact(row, **changes):
    return json.loads(json.dumps({**row, **changes}), parse_float=Decimal)


def bill(**changes):
    return to_record(ObjectType.BILL, exact(INVOICE, **changes), CONTEXT)


def test_an_invoice_is_a_bill_of_its_coding_rows():
    found = bill()
    assert isinstance(found, Bill)
    assert (found.bill_number, found.issue_date, found.due_date) == ("HP-7781", date(2026, 3, 2), date(2026, 4, 1))
    assert (found.subtotal, found.tax_total, found.total) == (Decimal(200), Decimal(51), Decimal(251))
    assert found.vendor.source_id == "V-1001"
    first, second = found.lines
    assert (first.line_id, first.account.code, first.line_net_amount) == ("c1", "6100", Decimal(150))
    assert {(one.kind.value, one.code) for one in first.dimensions} == {("cost_center", "220"), ("tag", "NORD")}
    assert (first.purchase_order.code, first.purchase_order_line.source_id) == ("PO-00042", "1")
    assert (second.position, second.purchase_order) == (2, None)
    assert sum(line.line_net_amount for line in found.lines) + found.tax_total == found.total


def test_self_assessed_tax_is_never_payable():
    assert bill().tax_total == Decimal(51)
    assert ("taxSum2", "4.0") in {(one.key, one.value) for one in bill().custom_fields}


def test_a_negative_invoice_is_a_credit_with_every_sign_turned():
    rows = [{**row, "netTotal": -row["netTotal"], "taxSum": -row["taxSum"]} for row in INVOICE["codingRows"]]
    found = bill(netSum=-200.0, taxSum1=-51.0, grossSum=-251.0, codingRows=rows)
    assert isinstance(found, VendorCredit)
    assert (found.total, found.tax_total) == (Decimal(251), Decimal(51))
    assert [line.line_net_amount for line in found.lines] == [Decimal(150), Decimal(50)]
    assert found.lines[0].tax.amount == Decimal("38.25")


def test_a_type_may_mark_a_credit_note():
    settings = CONTEXT.settings.model_copy(update={"credit_types": ("CRN",)})
    typed = type(CONTEXT)("p2p", settings)
    found = to_record(ObjectType.BILL, exact(INVOICE, invoiceTypeCode="CRN"), typed)
    assert isinstance(found, VendorCredit)
    assert found.total == Decimal(251)


@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_a_status_says_how_far_an_invoice_is(status, expected):
    assert bill(processingStatus=status).export_status is expected


@pytest.mark.parametrize(
    ("changes", "blocked"),
    [({}, False), ({"paymentBlock": True}, True), ({"disputeInfo": {"isDisputed": True}}, True)],
)
def test_blocked_and_disputed_invoices_may_not_be_paid(changes, blocked):
    assert bill(**changes).payment_blocked is blocked


def test_a_confidential_picture_does_not_exist_for_us():
    assert [(one.source_id, one.is_image_of_document) for one in bill().attachments] == [("a1", True)]


def test_bank_details_are_dropped_before_anything_is_kept():
    kept = json.dumps(
        [source_record(entities.DOCUMENTS, INVOICE).payload, source_record(entities.VENDORS, COPY).payload]
    )
    assert "FI2112345600000785" not in kept
    assert "images.example" not in kept
    assert "paymentMeans" in kept


def test_a_vendor_carries_its_key_and_what_others_said_of_it():
    found = to_record(ObjectType.VENDOR, dict(without_secrets(dict(COPY))), CONTEXT)
    assert (found.source.source_id, found.vendor_code, found.external_code) == ("V-1001", "V-1001", "460000000012345")
    assert (found.tax_number, found.currency) == ("FI01234567", "EUR")
    assert found.extensions == {"identifiers": [{"schemeId": "OVT", "id": "003712345678"}]}
    stranger = to_record(ObjectType.VENDOR, {**without_secrets(dict(COPY)), "externalCode": "sap-1"}, CONTEXT)
    assert not stranger.known("external_code")


@pytest.mark.parametrize(
    ("lines", "closed", "status"),
    [
        ([], False, OrderStatus.DRAFT),
        ([{}], False, OrderStatus.ISSUED),
        ([{"isDeleted": True}], False, OrderStatus.CANCELLED),
        ([{"isDeleted": True}, {}], True, OrderStatus.CLOSED),
    ],
)
def test_an_order_is_what_its_lines_are(lines, closed, status):
    shown = [{"externalCode": str(n), "lineNumber": str(n), "quantity": 1, **one} for n, one in enumerate(lines, 1)]
    row = {"externalCode": "zb-1", "orderNumber": "PO-1", "isClosed": closed, "lines": shown}
    assert to_record(ObjectType.PURCHASE_ORDER, row, CONTEXT).status is status


ODD = st.sampled_from([None, "", "zz", -1, True, [], {}, [{}], ["x"], {"isDisputed": "?"}, Decimal("1e400")])


@given(st.dictionaries(st.sampled_from(sorted(INVOICE)), ODD))
def test_whatever_stands_in_an_invoice_it_is_read_or_refused_by_field(odd):
    refused = None
    try:
        to_record(ObjectType.BILL, {**exact(INVOICE), **odd}, CONTEXT)
    except MappingError as error:
        refused = error
    assert refused is None or refused.field
