"""A company's connections and pairing as lines of a configuration."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios import operator
from mlc_sandbox.served import Served

#: Where the secrets of both systems are read from.
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "procurify": {"client_id": "PROCURIFY_ID", "client_secret": "PROCURIFY_SECRET"},
    "zoho-books": {"client_id": "ZOHO_ID", "client_secret": "ZOHO_SECRET", "refresh_token": "ZOHO_REFRESH"},
}
#: Flows that write to the target.
FLOWS = ("vendors", "purchase-orders", "bills", "credits", "payments")


def pairing_lines(
    company: Company,
    source: Served,
    target: Served,
    name: str,
    *,
    timing: Mapping[str, float],
    policy: Mapping[str, Any],
    prefix: str = "",
) -> list[str]:
    """Both connections and the pairing of one company, as lines of the configuration.

    Args:
        prefix: Of the connections' names, where several companies share a configuration.
    """
    lines = []
    for served in (source, target):
        system = served.system
        lines += ["", f"[connections.{prefix}{system}]", f'system = "{system}"', f'endpoint = "{served.url}"']
        settings = operator.connections(company)[system]
        if served is target:
            # Said, not asked for: the question would be a write to /bills, and struck by the faults of a test.
            settings["unique_fields"] = "on" if target.get("switches")["unique_field"] else "off"
        lines += [f"{key} = {_toml(value)}" for key, value in settings.items()]
        lines += [f'{key} = {{ env = "{variable}" }}' for key, variable in VARIABLES[system].items()]
    lines += ["", f"[pairings.{name}]", f'recipe = "{source.system}+{target.system}"']
    lines += [f'left = "{prefix}{source.system}"', f'right = "{prefix}{target.system}"']
    table = {**operator.pairing(company), **policy}
    lines += [f"{key} = {_toml(value)}" for key, value in table.items()]
    for flow in FLOWS if timing else ():
        lines += ["", f"[pairings.{name}.flows.{flow}]", *(f"{key} = {value}" for key, value in timing.items())]
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return json.dumps(str(value) if isinstance(value, Decimal) else value, ensure_ascii=False)
