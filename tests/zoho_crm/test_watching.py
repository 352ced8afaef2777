"""Our channel: made once, renewed well before it lapses, put right, ended; strangers' never touched."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from mlc import Watch, WatchChange, Watching
from mlc.errors import ConfigError, RejectedError
from mlc_zoho.crm import plugin
from mlc_zoho.crm.description import RENEW_BEFORE_S
from pydantic import SecretStr

from .conftest import NOW, CrmConnection, Desk, nothing, refused

URL = "https://hooks.example/webhooks/desk"
EVENTS = ["Accounts.all", "Contacts.all", "Deals.all", "Invoices.all"]
WATCH = "/actions/watch"
KEPT = Watch("1001", SecretStr("t0ken" * 8))


def channel(channel_id: str = "1001", *, ends: Any = timedelta(days=4), **more: Any) -> dict[str, Any]:
    row = {"channel_id": channel_id, "events": EVENTS, "notify_url": URL, "token": "shown by the vendor",
           "channel_expiry": (NOW + ends).isoformat(), "notify_on_related_action": False}  # fmt: skip
    return {**row, **more}


STRANGER = channel("9", notify_url="https://other.example/", events=["Leads.all"])


def granted(ends: timedelta = timedelta(days=6)) -> dict[str, Any]:
    events = [{"channel_id": "1001", "channel_expiry": (NOW + ends).isoformat(), "resource_name": "Contacts"}]
    row = {"code": "SUCCESS", "status": "success", "message": "subscribed", "details": {"events": events}}
    return {"watch": [row]}


@pytest.fixture
def look(connection: CrmConnection) -> Callable[..., Watching]:
    """One look, as core makes them."""

    def once(*kept: Watch, url: str | None = URL) -> Watching:
        with connection.http.permit("watch"):
            before = NOW + timedelta(seconds=RENEW_BEFORE_S)
            return plugin.mlc_watch(connection, url, kept, before)

    return once


def changes(desk: Desk) -> list[str]:
    return [one.method for one in desk.requests if one.url.path.endswith(WATCH) and one.method != "GET"]


def test_a_channel_is_made_once_with_a_token_of_its_own(desk: Desk, look: Any) -> None:
    desk.on(f"GET {WATCH}", {"watch": [STRANGER]})
    desk.on(f"POST {WATCH}", granted(), status=201)
    standing = look()
    assert standing.change is WatchChange.MADE
    (made,) = standing.watches
    (sent,) = desk.sent(f"POST {WATCH}")["watch"]
    assert sent == {
        "channel_id": made.id, "events": EVENTS, "notify_url": URL, "token": made.secret.get_secret_value(),
        "channel_expiry": "2026-02-18T09:00:00+00:00", "return_affected_field_values": False,
        "notify_on_related_action": False,
    }  # fmt: skip
    assert made.id.isdigit()
    assert len(sent["token"]) == 40, "documents allow 50 characters, or 256"
    assert made.expires_at == NOW + timedelta(days=6)
    desk.on(f"GET {WATCH}", {"watch": [channel(made.id), STRANGER]})
    again = look(*standing.watches)
    assert (again.change, [one.secret for one in again.watches]) == (None, [made.secret])
    assert changes(desk) == ["POST"]


def test_one_that_lapses_soon_is_renewed_and_nothing_else_of_it_changes(desk: Desk, look: Any) -> None:
    desk.on(f"GET {WATCH}", {"watch": [channel(ends=timedelta(days=1)), STRANGER]})
    desk.on(f"PATCH {WATCH}", granted())
    standing = look(KEPT)
    assert (standing.change, standing.watches[0].expires_at) == (WatchChange.RENEWED, NOW + timedelta(days=6))
    assert desk.sent(f"PATCH {WATCH}") == {
        "watch": [{"channel_id": "1001", "channel_expiry": "2026-02-18T09:00:00+00:00"}]
    }


def test_a_vendor_that_grants_an_hour_is_asked_once_a_look(desk: Desk, look: Any) -> None:
    """A life beyond the maximum falls back to an hour: that must not end in a circle."""
    desk.on(f"GET {WATCH}", {"watch": [channel(ends=timedelta(hours=1))]})
    desk.on(f"PATCH {WATCH}", granted(timedelta(hours=1)))
    first = look(KEPT)
    assert (first.change, first.watches[0].expires_at) == (WatchChange.RENEWED, NOW + timedelta(hours=1))
    assert look(*first.watches).change is None
    assert changes(desk) == ["PATCH"]


@pytest.mark.parametrize(
    "wrong",
    [{"notify_url": "https://old.example/"}, {"events": EVENTS[:1]}, {"notify_on_related_action": True}],
)  # fmt: skip
def test_one_that_is_not_right_is_replaced_whole_under_its_token(desk: Desk, look: Any, wrong: Any) -> None:
    desk.on(f"GET {WATCH}", {"watch": [channel(**wrong)]})
    desk.on(f"PUT {WATCH}", granted())
    assert look(KEPT).change is WatchChange.REPAIRED
    (sent,) = desk.sent(f"PUT {WATCH}")["watch"]
    assert (sent["token"], sent["events"], sent["notify_url"]) == (KEPT.secret.get_secret_value(), EVENTS, URL)  # type: ignore[union-attr]


def test_a_token_that_only_the_vendor_shows_is_not_believed(desk: Desk, look: Any) -> None:
    desk.on(f"GET {WATCH}", {"watch": [channel()]})
    desk.on(f"PUT {WATCH}", granted())
    standing = look()
    assert standing.change is WatchChange.REPAIRED
    assert standing.watches[0].secret is not None
    assert standing.watches[0].secret.get_secret_value() != "shown by the vendor"


def test_doubles_and_the_end_take_one_step_at_a_time(desk: Desk, look: Any) -> None:
    desk.on(f"GET {WATCH}", {"watch": [channel(), channel("1002"), STRANGER]})
    desk.on(f"DELETE {WATCH}", {"watch": [{"code": "SUCCESS", "status": "success", "details": {}}]})
    standing = look(KEPT)
    assert (standing.change, [one.id for one in standing.watches]) == (WatchChange.REMOVED, ["1001"])
    assert desk.asked(f"DELETE {WATCH}")[0].url.params["channel_ids"] == "1002"
    desk.on(f"GET {WATCH}", {"watch": [channel(), STRANGER]})
    assert look(KEPT, url=None).change is WatchChange.REMOVED
    desk.on(f"GET {WATCH}", {"watch": [STRANGER]})
    assert look(KEPT, url=None).change is None


def test_a_module_that_the_edition_lacks_is_not_watched(desk: Desk, connect: Any) -> None:
    desk.on(f"GET {WATCH}", nothing())
    desk.on(f"POST {WATCH}", granted())
    connection = connect(invoice_module="Ledger_Invoices")
    with connection.http.permit("watch"):
        plugin.mlc_watch(connection, URL, (), NOW)
    assert json.loads(desk.asked(f"POST {WATCH}")[0].content)["watch"][0]["events"] == EVENTS[:3]


def test_a_refusal_is_told_and_so_is_an_address_without_tls(desk: Desk, look: Any) -> None:
    desk.on(f"GET {WATCH}", nothing())
    desk.on(f"POST {WATCH}", {"watch": [refused("INVALID_DATA", api_name="notify_url")]}, status=202)
    with pytest.raises(RejectedError, match="notify_url"):
        look()
    with pytest.raises(ConfigError, match="https"):
        look(url="http://hooks.example/webhooks/desk")
