"""The ``mlc.toml`` of a demo, and its secrets in the credential store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.contract import Scenario
from mlc_sandbox.served import Served

if TYPE_CHECKING:
    from mlc.recipes import Recipe
    from mlc.runner.embedded import Engine

PAIRING = "demo"


def write_config(
    folder: Path, recipe: Recipe, scenario: Scenario, company: Company, served: Mapping[str, Served]
) -> Path:
    """Write ``mlc.toml`` for both stand-ins; database and key will lie beside it."""
    lines = ["# Written by mlc demo. The stand-ins it names end with the demo.", 'home = "."']
    for system, settings in scenario.connections(company).items():
        lines += ["", f"[connections.{system}]", f"system = {toml_value(system)}"]
        lines += [f"{key} = {toml_value(value)}" for key, value in settings.items()]
        lines.append(f"endpoint = {toml_value(served[system].url)}")
    lines += ["", f"[pairings.{PAIRING}]", f"recipe = {toml_value(recipe.name)}"]
    lines += [f"left = {toml_value(recipe.left)}", f"right = {toml_value(recipe.right)}"]
    lines += [f"{key} = {toml_value(value)}" for key, value in scenario.pairing(company).items()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "mlc.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path.absolute()


def store_demo_secrets(engine: Engine, scenario: Scenario, company: Company) -> None:
    """Keep what ``mlc connect`` would have asked for, encrypted like any other secret."""
    from mlc.connections import store_secrets
    from mlc.store.credentials import Credentials

    credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
    for system, values in scenario.secrets(company).items():
        store_secrets(credentials, system, engine.plugins.system(system).secrets.model_validate(values))


def toml_value(value: Any) -> str:
    """A value as TOML spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_value(str(key))} = {toml_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(inner) for inner in value) + "]"
    return json.dumps(str(value) if isinstance(value, Decimal) else value, ensure_ascii=False)
