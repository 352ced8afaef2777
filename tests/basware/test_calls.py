"""Tokens, pages, redirects, refusals, notifications: what goes over the wire."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from mlc import FetchMode, FindKey, RejectCause, Watch, WebhookRequest
from mlc.errors import (
    AuthError,
    ConfigError,
    ConflictError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    TransientError,
    WebhookRejectedError,
)
from mlc.http import Response
from mlc.records import ObjectType
from mlc_basware.errors import error_for, rejected
from mlc_basware.settings import BaswareSettings, host_of
from pydantic import SecretStr, ValidationError

from mlc_basware import plugin

from .conftest import COPY, INVOICE, NOW, SECRETS, SETTINGS, problem, reply

LIST = "GET /v1/accountingDocuments"


def fetch(connection, kind=ObjectType.BILL, cursor=None, mode=FetchMode.CHANGES):
    return plugin.mlc_fetch(connection, kind, cursor, mode)


# -------------------------------------------------------------------- where, and as whom


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({}, "api.basware.com"),
        ({"environment": "test"}, "test-api.basware.com"),
        ({"region": "us", "environment": "test"}, "test-api.us.basware.com"),
        ({"region": "ca", "base_url": "https://us-api.basware.com"}, "us-api.basware.com"),
    ],
)
def test_region_and_environment_make_the_host_and_an_explicit_one_wins(settings, host):
    assert host_of(BaswareSettings.model_validate({**SETTINGS, **settings})) == host


@pytest.mark.parametrize(
    "odd", [{"base_url": "http://api.basware.com"}, {"company_codes": []}, {"dimensions": {"tag": "ACC_LIST_36"}}]
)
def test_settings_that_cannot_work_are_refused(odd):
    with pytest.raises(ValidationError):
        BaswareSettings.model_validate({**SETTINGS, **odd})


def test_id_and_secret_travel_in_the_header_of_the_token_call_alone(api, connection):
    fetch(connection)
    (asked,) = api.asked("POST /v1/tokens")
    pair = base64.b64encode(f"{SECRETS['client_id']}:{SECRETS['client_secret']}".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {pair}"
    assert SECRETS["client_secret"] not in asked.content.decode()
    assert "accountingDocuments.read" in asked.content.decode()
    assert api.asked(LIST)[0].headers["authorization"] == "Bearer tok-1"


def test_basic_asks_for_no_token(api):
    fetch(api.connect(authentication="basic", secrets={"username": "u", "password": "pass-word"}))
    assert not api.asked("POST /v1/tokens")
    assert api.asked(LIST)[0].headers["authorization"] == "Basic " + base64.b64encode(b"u:pass-word").decode()
    with pytest.raises(ConfigError):
        api.connect(authentication="basic", secrets={})


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply({"error": "invalid_client"}, 401), "client secret"),
        (reply({"error": "invalid_scope", "error_description": "vendors.write"}, 400), "set scopes"),
    ],
)
def test_a_refused_login_says_what_to_do(api, connection, answer, word):
    api.on("POST /v1/tokens", answer)
    with pytest.raises(AuthError) as refused:
        fetch(connection)
    assert word in refused.value.sentence


def test_scopes_that_were_not_granted_are_named(api, connection):
    api.granted = "accountingDocuments.read vendors.read"
    missing = plugin.mlc_ping(connection).permissions_missing
    assert any("vendors.write" in one for one in missing)
    assert not any("vendors.read:" in one for one in missing)
    refused = plugin.mlc_probe(connection).refused
    assert "vendors.write" in refused[ObjectType.VENDOR]["create"]
    assert "accountingDocuments.write" in refused[ObjectType.DOCUMENT_REPORT]["create"]


# -------------------------------------------------------------------- lists


def test_an_empty_list_is_no_error_and_ends_the_pass(connection):
    page = fetch(connection)
    assert (page.records, page.next_cursor) == ((), None)
    assert page.watermark == "2026-04-30T10:18:00+00:00"


def test_a_token_leads_on_with_the_same_question(api, connection):
    api.on(LIST, reply({"accountingDocuments": [INVOICE]}, X_amz_meta_continuationToken="t-1"), reply(None, 404))
    page = fetch(connection)
    fetch(connection, cursor=page.next_cursor)
    first, second = api.asked(LIST)[:2]
    assert first.url.params == second.url.params
    assert second.headers["x-amz-meta-continuationtoken"] == "t-1"


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_redirect_is_followed_without_credentials_and_its_token_counts(api, where):
    connection = api.connect(redirect_hosts=["store.example.net"])
    more = {"X_amz_meta_continuationToken": "t-1"}
    away = {"Location": "https://store.example.net/presigned/1?sig=x", **(more if where == "first" else {})}
    api.answers[LIST] = lambda request: reply(None, 302, **away)
    body = {"accountingDocuments": [INVOICE]}
    api.answers["GET /presigned/1"] = lambda request: reply(body, **(more if where == "last" else {}))
    page = fetch(connection)
    (asked,) = api.asked("GET /presigned/1")
    assert "authorization" not in asked.headers
    assert page.records[0].id == INVOICE["invoiceId"]
    assert json.loads(page.next_cursor)["page"] == "t-1"


def test_a_token_that_grew_too_old_begins_the_list_anew(api, connection):
    api.answers[LIST] = lambda request: (
        reply(problem("PARAMETER_VALIDATION_ERROR"), 400)
        if "x-amz-meta-continuationtoken" in request.headers
        else reply({"accountingDocuments": [INVOICE]})
    )
    cursor = json.dumps({"since": None, "start": "2026-04-30T10:00:00+00:00", "part": 0, "page": "old"})
    page = fetch(connection, cursor=cursor)
    assert [row.id for row in page.records] == [INVOICE["invoiceId"]]


@pytest.mark.parametrize(
    "odd",
    [{"companyCode": "SE10"}, {"p2pProcessingMode": "InvoiceEnrichment"}, {"processingStatus": "WaitingForPrebook"}],
)
def test_what_is_not_ours_or_not_approved_is_not_read(api, connection, odd):
    api.on(LIST, {"accountingDocuments": [{**INVOICE, **odd}]})
    assert fetch(connection).records == ()


def test_a_pass_over_changes_sees_what_became_of_invoices(api, connection):
    moved = {**INVOICE, "processingStatus": "Removed", "lastUpdated": "2026-04-30T09:00:00Z"}
    api.answers[LIST] = lambda request: (
        reply(None, 404)
        if "ProcessingStatus" in request.url.params
        else reply({"accountingDocuments": [moved, INVOICE]})
    )
    page = fetch(connection, cursor="2026-04-29T00:00:00+00:00")
    assert [row.payload["processingStatus"] for row in page.records] == ["Removed"]
    assert all(one.url.params["lastUpdated"] == "2026-04-29T00:00:00.000Z" for one in api.asked(LIST))


def test_orders_that_we_brought_in_ourselves_do_not_come_back(api):
    rows = [{"externalCode": str(n), "documentSource": kind} for n, kind in enumerate(("P2P", "ImportedAsRequisition"))]
    api.on("GET /v1/exportedPurchaseOrders", {"exportedPurchaseOrders": rows})
    page = fetch(api.connect(exported_orders=True), ObjectType.PURCHASE_ORDER)
    assert [row.id for row in page.records] == ["0"]


def test_a_vendor_is_read_by_its_code(api, connection):
    api.on("GET /v1/vendors", {"vendorEntities": [COPY]})
    found, gone = plugin.mlc_read(connection, ObjectType.VENDOR, ["V-1001", "V-9"])
    assert (found.id, found.deleted) == ("V-1001", None)
    assert gone.deleted.evidence == "http_404"


def test_an_exchange_rate_is_found_by_its_pair_and_day(api, connection):
    row = {"externalCode": "zb-USDEUR-20260302", "currencyCodeFrom": "USD", "currencyCodeTo": "EUR", "rate": 0.92,
           "validFrom": "2026-03-02T00:00:00Z", "companies": [{"companyCode": "FI10", "active": True}]}  # fmt: skip
    api.on("GET /v1/exchangeRates/zb-USDEUR-20260302", row)
    key = FindKey("zoho:exchange_rate:1", currency="USD", reference="EUR", on=date(2026, 3, 2))
    found, none = plugin.mlc_find(connection, ObjectType.EXCHANGE_RATE, [key, replace(key, currency="GBP")])
    assert [one.id for one in found] == ["zb-USDEUR-20260302"]
    assert none == []


# -------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(None, 401), AuthError),
        (reply({"message": "Forbidden"}, 403), RejectedError),
        (reply(None, 404), NotFoundError),
        (reply(problem("SCHEMA_VALIDATION_ERROR"), 400), RejectedError),
        (reply(problem("CONFLICT_IN_POST"), 409), ConflictError),
        (reply(problem("SNS_PUBLISH_ERROR"), 400), TransientError),
        (reply(problem("UNEXPECTED_ERROR"), 500), TransientError),
        (Response(503, html="<html>"), TransientError),
        (reply(None, 302), TransientError),
        (reply({"message": "slow"}, 429), RateLimitedError),
    ],
)
def test_every_status_is_an_error_of_its_kind(answer, kind):
    assert type(error_for(answer, now=NOW)) is kind


def test_a_refusal_names_its_field_code_and_cause():
    error = error_for(reply(problem("SCHEMA_VALIDATION_ERROR", "too long", "name"), 400), now=NOW)
    found = rejected("w1", error)
    assert (found.field, found.code, found.cause) == ("name", "SCHEMA_VALIDATION_ERROR", RejectCause.INVALID)
    assert rejected("w1", error_for(reply(None, 503), now=NOW)) is None


# -------------------------------------------------------------------- notifications

BODY = json.dumps(
    {"taskId": "t-1", "taskType": "AccoutingDocuments", "taskSubType": "WaitingForTransfer", "documentId": "i-1"}
).encode()
DIGEST = hmac.new(SECRETS["webhook_token"].encode(), BODY, hashlib.sha256).digest()
WRITTEN = {"hex": DIGEST.hex(), "sha256=hex": f"sha256={DIGEST.hex()}", "base64": base64.b64encode(DIGEST).decode()}


def delivery(signature, body=BODY, watches=()):
    return WebhookRequest("POST", (), {"x-bwapi-signature-256": signature}, body, NOW, watches)


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_signature_is_good_in_every_encoding(connection, written):
    (notice,) = plugin.mlc_verify_webhook(connection, delivery(written))
    assert (notice.object_type, notice.external_id, notice.delivery_id) == (ObjectType.BILL, "i-1", "t-1")


@pytest.mark.parametrize("wanted", WRITTEN)
def test_a_setting_leaves_one_encoding(api, wanted):
    connection = api.connect(webhook_signature=wanted)
    for name, written in WRITTEN.items():
        if name == wanted:
            assert plugin.mlc_verify_webhook(connection, delivery(written))
        else:
            with pytest.raises(WebhookRejectedError):
                plugin.mlc_verify_webhook(connection, delivery(written))


def test_a_test_message_is_genuine_and_names_nothing(connection):
    body = json.dumps({"taskType": "ConnectionTest"}).encode()
    watch = Watch("w", SecretStr("another"))
    signed = hmac.new(b"another", body, hashlib.sha256).hexdigest()
    assert plugin.mlc_verify_webhook(connection, delivery(signed, body, (watch,))) == []


def test_a_strangers_subscription_is_never_touched(api, connection):
    row = {"taskType": "AccountingDocuments", "taskSubType": "All", "notificationWebhookURL": "https://other.example/"}
    api.on("GET /v1/subscriptions", {"subscriptions": [row]})
    with connection.http.permit("watch"), pytest.raises(RejectedError) as refused:
        plugin.mlc_watch(connection, "https://ours.example/x", (), datetime.now(UTC))
    assert "other.example" in refused.value.sentence
    assert not api.asked("POST /v1/subscriptions")
