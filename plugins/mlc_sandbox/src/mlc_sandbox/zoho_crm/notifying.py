"""What a change tells to whom: ids, and with them as much as a channel asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender
from mlc_sandbox.toolkit.wirejson import dumps
from mlc_sandbox.zoho.datacentres import DATA_CENTRES
from mlc_sandbox.zoho_crm import channels, showing
from mlc_sandbox.zoho_crm.calls import BASE
from mlc_sandbox.zoho_crm.crm import Cause, Record

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

WORDS: Final = {"create": "insert", "edit": "update", "delete": "delete"}
_STAMPS: Final = frozenset({"Modified_Time", "Modified_By", "$modified"})


class Notifier:
    """Gathers what a request has changed, and tells it when the request is done."""

    def __init__(self, standin: ZohoCrmStandIn) -> None:
        self._standin = standin
        self.sender = WebhookSender(standin)
        self._gathered: dict[tuple[str, str, str], dict[str, Record]] = {}

    def saved(self, module: str, key: str, before: Record | None, after: Record | None, cause: Cause) -> None:
        """Take a change in. Seeds tell nobody, and the API only where the switch has it."""
        switches = self._standin.switches
        if cause.get("kind") == "seed" or (cause.get("kind") == "request" and not switches["notify_api_writes"]):
            return
        operation = "create" if before is None else "delete" if after is None else "edit"
        touched = _touched(before, after)
        for channel in channels.all_live(self._standin.crm):
            if _wants(channel, module, operation, touched):
                self._gather(channel, module, operation, key, touched)
            account = ((after or before or {}).get("Account_Name") or {}).get("id")
            related = channel["notify_on_related_action"] and module != "Accounts" and account
            if related and _wants(channel, "Accounts", "edit", []):
                self._gather(channel, "Accounts", "edit", str(account), [])

    def _gather(self, channel: Record, module: str, operation: str, key: str, touched: list[str]) -> None:
        rows = self._gathered.setdefault((channel["channel_id"], module, operation), {})
        rows[key] = {"fields": sorted({*rows.get(key, {}).get("fields", ()), *touched})}

    def flush(self) -> None:
        """Tell what was gathered: one message for a module and operation, or one for each record."""
        gathered, self._gathered = self._gathered, {}
        for (channel_id, module, operation), rows in gathered.items():
            channel = channels.live(self._standin.crm, channel_id)
            if channel is None:
                continue
            together = self._standin.switches["notify_together"]
            for part in [rows] if together else [{key: row} for key, row in rows.items()]:
                body = self._message(channel, module, operation, part)
                self.sender.send(Hook(channel["notify_url"], dumps(body), {"content-type": "application/json"}))

    def _message(self, channel: Record, module: str, operation: str, rows: dict[str, Record]) -> dict[str, Any]:
        crm = self._standin.crm
        words = self._standin.switches["operation_words"]
        host = DATA_CENTRES[self._standin.switches["data_centre"]].api
        told: dict[str, Any] = {
            "server_time": int(crm.clock.now().timestamp() * 1000),
            "query_params": dict(parse_qsl(urlsplit(channel["notify_url"]).query)),
            "module": module,
            "resource_uri": f"{host}{BASE}/{module}",
            "ids": list(rows),
            "affected_fields": [{key: row["fields"]} for key, row in rows.items()] if operation == "edit" else [],
            "operation": WORDS[operation] if words == "insert" else operation,
            "channel_id": channel["channel_id"],
            "token": channel["token"],
        }
        if channel["return_affected_field_values"]:
            told["affected_values"] = [
                {"record_id": key, "values": self._values(module, key, row)} for key, row in rows.items()
            ]
        return told

    def _values(self, module: str, key: str, row: Record) -> Record:
        record = self._standin.crm.get(module, key)
        if record is None:
            return {}
        told = showing.chosen(self._standin.crm, self._standin.crm.modules[module], record, row["fields"])
        told.pop("id")
        return told


def _touched(before: Record | None, after: Record | None) -> list[str]:
    if before is None or after is None:
        return []
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return sorted(name for name in names - _STAMPS if not name.startswith("$"))


def _wants(channel: Record, module: str, operation: str, touched: list[str]) -> bool:
    if not {f"{module}.{operation}", f"{module}.all"} & set(channel["events"]):
        return False
    chosen = [one["names"] for one in channel["notification_condition"] if one["module"]["api_name"] == module]
    return operation != "edit" or not chosen or any(set(names) & set(touched) for names in chosen)
