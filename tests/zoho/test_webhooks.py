import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from mlc import Connection, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.books.webhooks import signed_texts, verify
from mlc_zoho.settings import ZohoSecrets

from .conftest import NOW

SECRET = "abc123def456"
BODY = json.dumps({"entity": "bill", "id": "4600000000333001", "org": "700001234"}).encode()

Books = Connection[BooksSettings, ZohoSecrets]


@pytest.fixture
def connection(connect: Callable[..., Books]) -> Books:
    return connect(organization_id="700001234", secrets={"webhook_secret": SECRET})


def signature(covered: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), covered, hashlib.sha256).hexdigest()


def delivery(
    body: bytes = BODY,
    *,
    signed: str | None = None,
    query: tuple[tuple[str, str], ...] = (),
    content_type: str = "application/json",
) -> WebhookRequest:
    headers = {"content-type": content_type, "x-zoho-webhook-signature": signature(body) if signed is None else signed}
    return WebhookRequest("POST", query, headers, body, NOW)


def test_a_good_signature_gives_a_notice(connection: Books) -> None:
    notice = verify(connection, delivery())[0]
    assert (notice.object_type, notice.external_id, notice.event) == (ObjectType.BILL, "4600000000333001", "changed")


def test_the_sorted_parameters_come_before_the_body() -> None:
    request = delivery(b'{"a":"1"}', query=(("subscription_id", "903"), ("name", "basic")))
    assert signed_texts(request) == [b'namebasicsubscription_id903{"a":"1"}']


def test_query_parameters_are_covered(connection: Books) -> None:
    query = (("zeta", "1"), ("alpha", "2"))
    assert verify(connection, delivery(query=query, signed=signature(b"alpha2zeta1" + BODY)))
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(query=(("zeta", "2"), ("alpha", "2")), signed=signature(b"alpha2zeta1" + BODY)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-2] + b'5"}',
        lambda body: body + b" ",
        lambda body: body.replace(b"333001", b"333002"),
    ],
)
def test_one_changed_byte_is_refused(connection: Books, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(spoil(BODY), signed=signature(BODY)))


@pytest.mark.parametrize("signed", ["", "00", signature(BODY, "other12345678"), signature(BODY)[:-1]])
def test_a_wrong_signature_is_refused(connection: Books, signed: str) -> None:
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(signed=signed))


def test_upper_case_hex_is_taken(connection: Books) -> None:
    assert verify(connection, delivery(signed=signature(BODY).upper()))


def test_without_a_secret_nothing_is_believed(connect: Callable[..., Books]) -> None:
    with pytest.raises(WebhookRejectedError, match="secret"):
        verify(connect(organization_id="700001234"), delivery())


def test_a_form_with_jsonstring_is_read(connection: Books) -> None:
    inner = json.dumps({"bill": {"bill_id": "31", "last_modified_time": "2026-02-11T10:00:00+0100"}})
    body = f"JSONString={quote_plus(inner)}".encode()
    form = "application/x-www-form-urlencoded"
    for covered in (b"JSONString" + inner.encode(), inner.encode()):
        notices = verify(connection, delivery(body, signed=signature(covered), content_type=form))
        assert (notices[0].object_type, notices[0].external_id) == (ObjectType.BILL, "31")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"purchaseorder": {"purchaseorder_id": "7"}}, [(ObjectType.PURCHASE_ORDER, "7")]),
        ({"entity": "vendor_payments", "id": "8"}, [(ObjectType.PAYMENT, "8")]),
        ({"vendor_credit": {"vendor_credit_id": "9"}}, [(ObjectType.VENDOR_CREDIT, "9")]),
        ({"contact": {"contact_id": "5", "contact_type": "vendor"}}, [(ObjectType.VENDOR, "5")]),
        ({"entity": "contact", "id": "5"}, [(ObjectType.VENDOR, "5"), (ObjectType.CUSTOMER, "5")]),
        ({"bill_id": "6", "bill_number": "x"}, [(ObjectType.BILL, "6")]),
    ],
)
def test_deliveries_name_their_record_in_several_ways(
    connection: Books, body: dict[str, Any], found: list[tuple[ObjectType, str]]
) -> None:
    notices = verify(connection, delivery(json.dumps(body).encode()))
    assert [(notice.object_type, notice.external_id) for notice in notices] == found


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"x":1}', b'{"entity":"bill","id":"../7"}'])
def test_a_signed_delivery_that_names_nothing_is_refused(connection: Books, body: bytes) -> None:
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(body))


def test_another_organisation_is_refused(connection: Books) -> None:
    with pytest.raises(WebhookRejectedError, match="organisation"):
        verify(connection, delivery(b'{"entity":"bill","id":"1","org":"700009999"}'))


def test_a_repeated_delivery_with_a_version_has_the_same_id(connection: Books) -> None:
    body = json.dumps({"bill": {"bill_id": "31", "last_modified_time": "2026-02-11T10:00:00+0100"}}).encode()
    assert verify(connection, delivery(body))[0].delivery_id == verify(connection, delivery(body))[0].delivery_id
