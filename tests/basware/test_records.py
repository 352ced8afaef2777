"""Master data and orders as requests: keys that stay, only what is ours, another one after a refusal."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc import Operation
from mlc.errors import MappingError
from mlc.records import (
    Account,
    Address,
    Dimension,
    DimensionKind,
    DocumentReport,
    ExchangeRate,
    Line,
    ObjectType,
    OrderStatus,
    PaymentTerm,
    PurchaseOrder,
    Ref,
    ReportKind,
    SourceMeta,
    TaxRate,
    Vendor,
)
from mlc_basware.codes import code_of
from mlc_basware.mapping import to_record
from mlc_basware.openrecords import open_record, read_open
from mlc_basware.render import to_parts

from .conftest import CONTEXT, bound, context

SOURCE = SourceMeta(system="zoho", source_id="460000000012345")
VENDOR = Vendor(
    source=SOURCE, name="Harbour Paper Oy", vendor_code="V-1001", tax_number="FI01234567", currency="EUR",
    addresses=(Address(line1="Satamakatu 4", city="Turku", postal_code="20100", country_code="FI"),), payment_days=30,
)  # fmt: skip


def rendered(record, binding=None, ctx=None):
    return to_parts(record, binding, ctx or context(), settings=CONTEXT.settings)


def opened(record, binding=None, ctx=None):
    (part,) = rendered(record, binding, ctx).parts
    return read_open(part.payload).own, part


def order(lines=2, **changes):
    values = {
        "source": SOURCE, "po_number": "PO-7", "vendor": Ref(record_type=ObjectType.VENDOR, source_id="V-1001"),
        "currency": "EUR", "status": OrderStatus.ISSUED,
        "lines": tuple(
            Line(key=f"k{n}", position=n, quantity=Decimal(3), line_net_amount=Decimal("10.00"), description=f"L{n}")
            for n in range(1, lines + 1)
        ),
    }  # fmt: skip
    return PurchaseOrder(**{**values, **changes})


def test_a_vendor_is_named_by_the_ledgers_id_and_made_in_its_currency():
    own, part = opened(VENDOR)
    assert (own["externalCode"], own["vendorCode"], own["name"]) == ("zb-460000000012345", "V-1001", "Harbour Paper Oy")
    assert part.action == "active:EUR"
    assert own["paymentTerms"] == {"paymentTermCode": "NET30"}
    assert own["addresses"][0] | {"externalCode": ""} == {
        "externalCode": "", "name": "PostalAddress", "addressType": "PostalAddress", "streetName": "Satamakatu 4",
        "cityName": "Turku", "postalZone": "20100", "countryId": "FI", "default": True,
    }  # fmt: skip
    assert "paymentMeans" not in own
    assert "processingStatus" not in own


def test_an_update_sends_what_changed_and_what_identifies():
    base = VENDOR.model_copy(update={"source": SOURCE.model_copy(update={"source_ids": {"externalCode": "sap-9"}})})
    own, part = opened(VENDOR, bound(base, "V-1001"), context(Operation.UPDATE, fields={"name"}))
    assert set(own) == {"externalCode", "sourceSystem", "vendorCode", "name", "companies"}
    assert own["externalCode"] == "sap-9", "a record that somebody else posted keeps its key"
    assert part.action == "keep"


def test_identifiers_of_other_schemes_go_back_unchanged():
    other = {"schemeId": "OVT", "id": "003712345678"}
    base = VENDOR.model_copy(update={"extensions": {"identifiers": [other]}})
    own, _ = opened(VENDOR, bound(base, "V-1001"), context(Operation.UPDATE, fields={"tax_number"}))
    assert own["identifiers"] == [{"schemeId": "VAT", "id": "FI01234567"}, other]


RECORDS = (
    VENDOR,
    Account(source=SOURCE, code="6100", name="Office"),
    Dimension(source=SOURCE, kind=DimensionKind.COST_CENTER, code="220", name="Plant"),
    Dimension(source=SOURCE, kind=DimensionKind.PROJECT, code="P1", name="Dock"),
    Dimension(source=SOURCE, kind=DimensionKind.TAG, set_name="Region", code="NORD", name="Nordics"),
    TaxRate(source=SOURCE, code="FI255", name="VAT", rate=Decimal("25.5")),
    PaymentTerm(source=SOURCE, name="Net 30", days=30),
    ExchangeRate(source=SOURCE, from_currency="USD", to_currency="EUR", rate=Decimal("0.92"), valid_from="2026-03-02"),
    order(),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: type(one).__name__)
def test_after_every_refusal_the_record_differs_from_the_one_before(record):
    sent = [rendered(record, ctx=context(refusals=n)).parts[0].payload for n in range(4)]
    assert len(set(sent)) == 4


@pytest.mark.parametrize("record", RECORDS[:7], ids=lambda one: type(one).__name__)
def test_what_is_gone_becomes_inactive(record):
    base = record.model_copy(update={"source": SOURCE})
    (part,) = rendered(record, bound(base, "X"), context(Operation.VOID, fields={"status"})).parts
    own = read_open(part.payload).own
    assert part.action == "inactive" or [one["active"] for one in own["companies"]] == [False]


@pytest.mark.parametrize("record", RECORDS[:7], ids=lambda one: type(one).__name__)
def test_what_was_sent_reads_back_the_same(record):
    (part,) = rendered(record).parts
    row = {**read_open(part.payload).own, "_facts": {"list": part.action or ""}}
    found = to_record(record.object_type, row, CONTEXT)
    for name in ("name", "code", "kind", "rate", "days", "tax_number", "active"):
        if getattr(record, name, None) is not None and not (name == "code" and isinstance(record, PaymentTerm)):
            assert getattr(found, name) == getattr(record, name), name


def test_a_day_has_one_rate():
    first, second = (
        rendered(RECORDS[7], ctx=context(key=key)).parts[0].payload for key in ("z:exchange_rate:1", "z:x:2")
    )
    assert first == second
    assert json.loads(first)["externalCode"] == "zb-USDEUR-20260302"


def test_an_order_goes_header_first_then_a_hundred_lines_a_call():
    parts = rendered(order(lines=230)).parts
    assert [(part.name, part.after) for part in parts] == [
        ("main", None), ("lines", "main"), ("lines:2", "lines"), ("lines:3", "lines:2")
    ]  # fmt: skip
    assert [len(json.loads(part.payload)) for part in parts[1:]] == [100, 100, 30]
    assert [len(part.line_keys) for part in parts[1:]] == [100, 200, 230]
    assert json.loads(parts[0].payload)["supplierCode"] == "V-1001"


def test_lines_keep_their_number_and_what_others_filled_in():
    base = order().model_copy(
        update={
            "lines": (Line(line_id="1", quantity=Decimal(1)), Line(line_id="2", quantity=Decimal(1))),
            "extensions": {"kept_lines": {"2": {"goodsReceipts": [{"externalCode": "g1"}]}}},
        }
    )
    binding = bound(base, "PO-7", lines={"k1": "1", "k2": "2"})
    changed = order().model_copy(update={"lines": (order().lines[1], Line(key="k9", quantity=Decimal(1)))})
    (part,) = rendered(changed, binding, context(Operation.UPDATE, fields={"lines"})).parts
    sent = {row["lineNumber"]: row for row in json.loads(part.payload)}
    assert (part.name, part.action) == ("main", "lines")
    assert {number: row["isDeleted"] for number, row in sent.items()} == {"2": False, "3": False, "1": True}
    assert sent["2"]["goodsReceipts"] == [{"externalCode": "g1"}]
    fresh = json.loads(rendered(order()).parts[1].payload)
    header = json.loads(rendered(order()).parts[0].payload)
    assert {row["orderExternalCode"] for row in fresh} == {header["externalCode"]}
    assert sent["2"]["externalCode"] == fresh[1]["externalCode"]


def test_a_withdrawn_order_is_its_lines_deleted():
    (part,) = rendered(order(), bound(order(), "PO-7", lines={"k1": "1", "k2": "2"}), context(Operation.VOID)).parts
    assert [row["isDeleted"] for row in json.loads(part.payload)] == [True, True]


def test_an_order_without_its_vendor_is_refused_by_name():
    with pytest.raises(MappingError) as refused:
        rendered(order(vendor=None))
    assert refused.value.field == "vendor"


def test_a_requisition_is_sent_once_and_never_changed():
    settings = CONTEXT.settings.model_copy(update={"po_mode": "requisition"})
    (part,) = to_parts(order(), None, context(), settings=settings).parts
    assert json.loads(part.payload)["extDocumentNumber"] == "PO-7"
    later = to_parts(order(), bound(order(), "PO-7"), context(Operation.UPDATE), settings=settings)
    assert (later.parts, later.losses[0].field) == ((), "*")


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (ReportKind.TAKEN, "acknowledge"),
        (ReportKind.POSTED, "transferResponses"),
        (ReportKind.PAID, "paymentResponses"),
    ],
)
def test_each_answer_has_its_call(kind, action):
    report = DocumentReport(
        source=SOURCE, report_code="r-1", kind=kind, document=Ref(record_type=ObjectType.BILL, source_id="i"),
        message="x" * 400, on="2026-03-05", paid_total=Decimal(5), voucher_number="B-1",
    )  # fmt: skip
    (part,) = rendered(report).parts
    assert part.action == action
    if kind is ReportKind.POSTED:
        body = json.loads(part.payload)
        assert (body["success"], len(body["responseMessage"]), body["voucherNumber1"]) == (True, 250, "B-1")


@given(st.text(min_size=1), st.text(min_size=1))
def test_codes_fit_never_change_and_never_meet(one, other):
    codes = [code_of("zb", f"zoho:vendor:{each}") for each in (one, other)]
    assert all(len(code) <= 36 for code in codes)
    assert codes[0] == code_of("zb", f"zoho:vendor:{one}")
    assert (codes[0] == codes[1]) is (one == other)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.decimals(-(10**9), 10**9, places=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_a_closed_record_is_ours_and_whatever_else_the_copy_has(copy):
    copy = {key: value for key, value in copy.items() if key not in ("companies", "lastUpdated", "buvid")}
    payload = open_record({"externalCode": "zb-1", "name": 'A "B"'}, [{"companyCode": "FI10"}])
    body = read_open(payload).closed({**copy, "companies": [{"companyCode": "SE10"}, {"companyCode": "FI10"}]}, {})
    assert payload in body
    found = json.loads(body, parse_float=Decimal)
    assert found["companies"] == [{"companyCode": "FI10"}, {"companyCode": "SE10"}]
    kept = {key for key, value in copy.items() if value is not None} - {"externalCode", "name"}
    assert set(found) == kept | {"externalCode", "name", "companies"}
