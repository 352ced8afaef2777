"""Deliveries: believed for the channel's token alone, ids of one module, old ones refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from mlc import Watch, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType
from mlc_zoho.crm.webhooks import verify
from pydantic import SecretStr

from .conftest import NOW, CrmConnection

TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
OURS = Watch("1001", SecretStr(TOKEN))
OTHER = Watch("1002", SecretStr("another channel's token, of the same length"))


def delivery(*watches: Watch, **more: Any) -> WebhookRequest:
    told = {"server_time": int(NOW.timestamp() * 1000), "query_params": {}, "module": "Contacts",
            "ids": ["7001", "7002", "7001"], "operation": "update", "channel_id": "1001", "token": TOKEN}  # fmt: skip
    body = json.dumps({**told, **more}).encode()
    return WebhookRequest("POST", (), {}, body, NOW + timedelta(seconds=2), watches or (OURS,))


def test_a_delivery_names_its_records_once_each(connection: CrmConnection) -> None:
    notices = verify(connection, delivery())
    assert [(one.object_type, one.external_id) for one in notices] == [
        (ObjectType.CONTACT, "7001"),
        (ObjectType.CONTACT, "7002"),
    ]
    assert (notices[0].event, notices[0].occurred_at) == ("Contacts.update", NOW)
    again = verify(connection, delivery())
    assert [one.delivery_id for one in again] == [one.delivery_id for one in notices]
    assert len({one.delivery_id for one in notices}) == 2


@pytest.mark.parametrize(
    ("module", "kind"),
    [("Accounts", ObjectType.CUSTOMER), ("Deals", ObjectType.DEAL), ("Invoices", ObjectType.INVOICE)],
)
def test_each_module_is_a_kind_of_record(connection: CrmConnection, module: str, kind: ObjectType) -> None:
    assert {one.object_type for one in verify(connection, delivery(module=module))} == {kind}


@pytest.mark.parametrize(
    "wrong",
    [{"token": TOKEN[:-1] + "0"}, {"token": ""}, {"token": None}, {"channel_id": "1002"}, {"module": "Leads"},
     {"ids": "7001"}, {"server_time": int((NOW - timedelta(days=2)).timestamp() * 1000)}],
)  # fmt: skip
def test_what_is_not_right_is_refused(connection: CrmConnection, wrong: Any) -> None:
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(OURS, OTHER, **wrong))


def test_the_token_of_one_channel_opens_no_other(connection: CrmConnection) -> None:
    assert verify(connection, delivery(OURS, OTHER))
    with pytest.raises(WebhookRejectedError):
        verify(connection, delivery(OTHER))


def test_a_replaced_token_counts_while_core_hands_it_out(connection: CrmConnection) -> None:
    assert verify(connection, delivery(Watch("1001", SecretStr("the new one")), OURS))


def test_a_channel_that_somebody_else_made_has_its_token_in_the_secrets(connect: Any) -> None:
    request = delivery(channel_id="77")
    with pytest.raises(WebhookRejectedError, match="No token"):
        verify(connect(), request)
    assert verify(connect(secrets={"webhook_secret": TOKEN}), request)


@pytest.mark.parametrize("stated", [None, "soon", 10**30, True])
def test_a_time_that_says_nothing_is_no_reason_to_refuse(connection: CrmConnection, stated: Any) -> None:
    assert verify(connection, delivery(server_time=stated))[0].occurred_at is None
