"""Notification channels: who wants to be told of what, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record
from mlc_sandbox.zoho_crm.refusals import Refusal, RowRefused, bad_value, mandatory

OPERATIONS: Final = ("create", "edit", "delete", "all")
MOST_EVENTS: Final = 10
FLAGS: Final = {"return_affected_field_values": False, "notify_on_related_action": True}


def enable(crm: Crm, sent: Any, cause: Cause, path: str) -> Record:
    """A new channel, or the same one anew. Raises RowRefused."""
    return _put(crm, _built(crm, sent, {}, path), cause)


def replace(crm: Crm, sent: Any, cause: Cause, path: str) -> Record:
    """What was not sent is gone, as far as it can be. Raises RowRefused when nobody subscribed."""
    _subscribed(crm, sent, path)
    return _put(crm, _built(crm, sent, {}, path), cause)


def change(crm: Crm, sent: Any, cause: Cause, path: str) -> Record:
    """What was sent changes; ``_delete_events`` takes the named events out. Raises RowRefused."""
    before = _subscribed(crm, sent, path)
    merged = {**before, **sent}
    if sent.get("_delete_events"):
        gone = set(sent.get("events") or ())
        merged["events"] = [event for event in before["events"] if event not in gone]
        if not merged["events"]:
            crm.store.remove("channels", before["channel_id"], cause)
            return {**before, "events": sorted(gone)}
    elif sent.get("events"):
        merged["events"] = list(dict.fromkeys([*before["events"], *sent["events"]]))
    return _put(crm, _built(crm, merged, before, path), cause)


def disable(crm: Crm, channel_id: str, cause: Cause) -> Record:
    """The end of a channel. Raises RowRefused when there is none."""
    if live(crm, channel_id) is None:
        raise _not_subscribed(channel_id)
    gone = crm.store.remove("channels", channel_id, cause)
    assert gone is not None
    return gone


def live(crm: Crm, channel_id: str) -> Record | None:
    """A channel that has not lapsed. One that has is silent, and nobody is told."""
    found = crm.store.get("channels", channel_id)
    return None if found is None or found["until"] <= crm.clock.now().timestamp() else found


def all_live(crm: Crm) -> list[Record]:
    """Every channel that has not lapsed."""
    now = crm.clock.now().timestamp()
    return [one for one in crm.store.all("channels") if one["until"] > now]


def _subscribed(crm: Crm, sent: Any, path: str) -> Record:
    channel_id = str(sent.get("channel_id") or "") if isinstance(sent, dict) else ""
    if not channel_id:
        raise mandatory("channel_id", f"{path}.channel_id")
    found = live(crm, channel_id)
    if found is None:
        raise _not_subscribed(channel_id)
    return found


def _not_subscribed(channel_id: str) -> RowRefused:
    return RowRefused("NOT_SUBSCRIBED", "Not subscribed to actions-watch", {"channel_id": channel_id})


def _put(crm: Crm, channel: Record, cause: Cause) -> Record:
    return crm.store.put("channels", channel["channel_id"], channel, cause)


def _built(crm: Crm, sent: Any, before: Record, path: str) -> Record:
    if not isinstance(sent, dict):
        raise bad_value("watch", path, expected_data_type="jsonobject")
    for name in ("channel_id", "events", "notify_url"):
        if not sent.get(name):
            raise mandatory(name, f"{path}.{name}")
    channel_id = str(sent["channel_id"])
    if crm.switches["channel_id_digits"] and not channel_id.isdigit():
        raise bad_value("channel_id", f"{path}.channel_id", expected_data_type="bigint")
    if not channel_id or len(channel_id) > 64:
        raise bad_value("channel_id", f"{path}.channel_id", maximum_length=64)
    token = sent.get("token")
    if token is not None and not isinstance(token, str):
        raise bad_value("token", f"{path}.token", expected_data_type="text")
    if token is not None and len(token) > crm.switches["token_longest"]:
        raise bad_value("token", f"{path}.token", maximum_length=crm.switches["token_longest"])
    url = sent["notify_url"]
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise bad_value("notify_url", f"{path}.notify_url", expected_data_type="website")
    until = _until(crm, sent, before, path)
    flags = {name: bool(sent.get(name, default)) for name, default in FLAGS.items()}
    return {
        "channel_id": channel_id,
        "events": _events(crm, sent["events"], path),
        "notify_url": url,
        "token": token,
        "channel_expiry": crm.told(until),
        "until": until.timestamp(),
        "notification_condition": _conditions(crm, sent.get("notification_condition"), path),
        **flags,
    }


def _events(crm: Crm, events: Any, path: str) -> list[str]:
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise bad_value("events", f"{path}.events", expected_data_type="jsonarray", maximum_length=MOST_EVENTS)
    for at, event in enumerate(events):
        module, _, operation = str(event).partition(".")
        where = f"{path}.events[{at}]"
        if operation not in OPERATIONS:
            raise bad_value("events", where, supported_values=list(OPERATIONS))
        try:
            crm.module(module)
        except Refusal:
            raise bad_value("events", where) from None
    return list(events)


def _until(crm: Crm, sent: Record, before: Record, path: str) -> datetime:
    """When it lapses: as asked, and after the default where nothing was asked, or more than there is."""
    now = crm.clock.now()
    default = now + timedelta(seconds=float(crm.switches["channel_default_s"]))
    told = sent.get("channel_expiry")
    if told is None:
        return default
    try:
        until = datetime.fromisoformat(told)
        if until.tzinfo is None or until <= now:
            raise ValueError
    except (TypeError, ValueError):
        raise bad_value("channel_expiry", f"{path}.channel_expiry", expected_data_type="datetime") from None
    return default if until > now + timedelta(seconds=float(crm.switches["channel_most_s"])) else until


def _conditions(crm: Crm, sent: Any, path: str) -> list[Record]:
    """Which fields of a module an edit must touch to be told."""
    if sent is None:
        return []
    where = f"{path}.notification_condition"
    if not isinstance(sent, list):
        raise bad_value("notification_condition", where, expected_data_type="jsonarray")
    told = []
    for one in sent:
        names = _chosen(one.get("field_selection") or {}) if isinstance(one, dict) else []
        module = (one.get("module") or {}).get("api_name") if isinstance(one, dict) else None
        if not names or module not in crm.modules or set(names) - set(crm.modules[module].fields):
            raise bad_value("notification_condition", where)
        told.append({**one, "names": names})
    return told


def _chosen(selection: Record) -> list[str]:
    """The fields that a selection names, alone or in groups."""
    if selection.get("group"):
        return [name for one in selection["group"] for name in _chosen(one)]
    name = (selection.get("field") or {}).get("api_name")
    return [name] if name else []


def shown(channel: Record) -> Record:
    """A channel as it is read."""
    told = {key: value for key, value in channel.items() if key not in ("until", "notification_condition")}
    conditions = [{key: value for key, value in one.items() if key != "names"}
                  for one in channel["notification_condition"]]  # fmt: skip
    return {**told, "notification_condition": conditions or None}
