"""Rendering and pushing: vendors, bills marked as paid, refusals."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from mlc import (
    Created,
    Operation,
    Probe,
    RejectCause,
    Rejected,
    RenderContext,
    Updated,
    Write,
)
from mlc.errors import MappingError
from mlc.http import Request, Response
from mlc.records import (
    Bill,
    ContactPoint,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    Ref,
    SourceMeta,
    Vendor,
)
from mlc_procurify.auth import ProcurifyConnection

from mlc_procurify import plugin

from .conftest import Tenant, answer, load

BILL = "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
PROBE = Probe(extra={"currency:CAD": "3"})
SOURCE = SourceMeta(system="books", source_id="900")


def vendor(**values: Any) -> Vendor:
    return Vendor(**{"source": SOURCE, "name": "Harbour Paper Ltd", **values})


def rendered(connection: ProcurifyConnection, record: Any, operation: Operation, fields: set[str] | None = None) -> Any:
    context = RenderContext(
        operation=operation, probe=PROBE, record_key="k1", fields=None if fields is None else frozenset(fields)
    )
    return plugin.mlc_render(connection, record, None, context)


def test_an_update_sends_only_the_named_fields(connection: ProcurifyConnection) -> None:
    record = vendor(external_code="Z-1", payment_days=45, us_1099=True, legal_name="Harbour Paper Limited")
    result = rendered(connection, record, Operation.UPDATE, {"external_code", "payment_days"})
    assert json.loads(result.parts[0].payload) == {"external_id": "Z-1", "payment_term_ref": {"name": "Net 45"}}
    assert result.losses == ()


def test_a_create_has_what_procurify_requires_and_names_its_losses(connection: ProcurifyConnection) -> None:
    record = vendor(
        currency="CAD",
        tax_number="GB123",
        contacts=(ContactPoint(name="Jo", email="jo@harbour.example", phone="1", is_primary=True),),
    )
    result = rendered(connection, record, Operation.CREATE)
    assert json.loads(result.parts[0].payload) == {
        "name": "Harbour Paper Ltd",
        "email": ["jo@harbour.example"],
        "type": 3,
        "contact": "Jo",
        "phoneOne": "1",
        "phoneTwo": "",
        "currency": 3,
    }
    assert [loss.field for loss in result.losses] == ["tax_number"]


def test_a_name_that_is_too_long_is_refused_not_cut(tenant: Tenant) -> None:
    with pytest.raises(MappingError, match="takes 50"):
        rendered(tenant.connect(vendor_name_max=50), vendor(name="x" * 51), Operation.CREATE)


def test_what_is_only_read_is_refused_with_a_sentence(connection: ProcurifyConnection) -> None:
    with pytest.raises(MappingError, match="only mark them as paid"):
        rendered(connection, Bill(source=SOURCE), Operation.CREATE)
    write = Write("w", Operation.CREATE, b"{}", "k")
    (outcome,) = plugin.mlc_push(connection, ObjectType.PURCHASE_ORDER, [write])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is RejectCause.NOT_PERMITTED


def push(connection: ProcurifyConnection, object_type: ObjectType, write: Write) -> Any:
    with connection.http.permit(write.key):
        (outcome,) = plugin.mlc_push(connection, object_type, [write])
    return outcome


def test_a_vendor_update_is_one_patch_with_the_bytes_as_given(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"metadata": {}, "data": load("vendor.json") | {"external_id": "Z-1"}})
    payload = b'{"external_id":"Z-1"}'
    outcome = push(connection, ObjectType.VENDOR, Write("w1", Operation.UPDATE, payload, "k", external_id="12"))
    assert isinstance(outcome, Updated)
    assert (outcome.external_id, outcome.version) == ("12", "2026-01-02T03:04:05.600000+00:00")
    assert isinstance(outcome.seen, Vendor)
    assert outcome.seen.external_code == "Z-1"
    (request,) = tenant.requests
    assert (request.method, request.url.path, request.content) == ("PATCH", "/api/v3/vendors/12/", payload)
    assert request.headers["content-type"] == "application/json"


def test_a_vendor_create_is_one_post_and_a_refusal_is_an_outcome(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    tenant.handler = lambda request: answer({"data": load("vendor.json")}, 201)
    created = push(connection, ObjectType.VENDOR, Write("w1", Operation.CREATE, b"{}", "k"))
    assert isinstance(created, Created)
    assert created.external_id == "12"
    tenant.handler = lambda request: answer({"name": ["This field may not be blank."]}, 400)
    refused = push(connection, ObjectType.VENDOR, Write("w2", Operation.CREATE, b"{}", "k"))
    assert isinstance(refused, Rejected)
    assert refused.field == "name"


def paid(**values: Any) -> Payment:
    share = PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=BILL), amount=Decimal("1049.50"))
    fixed = {"source": SOURCE, "payment_date": date(2026, 3, 4), "movement": MoneyMovement.MOVED}
    return Payment(**{**fixed, "allocations": (share,), **values})


def test_a_payment_is_rendered_as_a_mark_and_reads_back_as_a_payment(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    part = rendered(connection, paid(reference="CHQ 7"), Operation.CREATE).parts[0]
    assert json.loads(part.payload) == {"bill_uuids": [BILL], "bill_group_ids": [], "payment_date": "2026-03-04"}
    status = 2

    def handler(request: Request) -> Response:
        nonlocal status
        if request.method == "POST":
            status = 4
            return answer(json.loads(request.content))
        return answer({"data": load("bill.json") | {"status": status}})

    tenant.handler = handler
    outcome = push(connection, ObjectType.PAYMENT, Write("w", Operation.CREATE, part.payload, "k", action=part.action))
    assert isinstance(outcome, Created)
    assert tenant.requests[-1].url.path == "/api/v3/ap/bills/mark-as-paid/"
    (record,) = plugin.mlc_read(connection, ObjectType.PAYMENT, [outcome.external_id])
    payment = plugin.mlc_map(connection, ObjectType.PAYMENT, dict(record.payload))
    assert isinstance(payment, Payment)
    assert (payment.movement, payment.amount) == (MoneyMovement.MOVED, Decimal("1049.50"))
    assert payment.source.source_id == outcome.external_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bill_payment": {"amount": "1.00"}, "status": 4}, "payment of its own"),
        ({"status": 0}, "not approved"),
        ({"status": 6}, "not approved"),
        ({"status": 4}, "already marked as paid"),
        ({"total_cost_with_tax": Decimal("1100.0")}, "a part cannot be marked"),
    ],
)
def test_a_bill_that_cannot_be_marked_is_refused_before_anything_is_sent(
    tenant: Tenant, connection: ProcurifyConnection, changes: dict[str, Any], words: str
) -> None:
    tenant.handler = lambda request: answer({"data": load("bill.json") | changes})
    body = json.dumps({"bill_uuids": [BILL], "bill_group_ids": [], "payment_date": "2026-03-04"}).encode()
    write = Write("w", Operation.CREATE, body, "k", action="mark_as_paid:1049.50")
    outcome = push(connection, ObjectType.PAYMENT, write)
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert [request.method for request in tenant.requests] == ["GET"]


@pytest.mark.parametrize(
    "values",
    [
        {"movement": MoneyMovement.PLANNED},
        {"payment_date": None},
        {"allocations": (PaymentAllocation(group="55"),)},
        {"allocations": ()},
    ],
)
def test_a_payment_that_cannot_be_said_is_not_rendered(connection: ProcurifyConnection, values: dict[str, Any]) -> None:
    with pytest.raises(MappingError):
        rendered(connection, paid(**values), Operation.CREATE)
