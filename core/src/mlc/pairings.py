"""How a pairing is written down: a recipe's file, and the ``[pairings.…]`` table of ``mlc.toml`` that overrides it."""

import csv
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mlc.errors import ConfigError, PluginError
from mlc.forms import changed_flow, formed_flows, model_of
from mlc.recipes import MATCHED_LISTS, Flow, FlowMode, FlowOverride, Maps, Pairing, Policy, Recipe, TaxRule
from mlc.records.codec import readable_problems

MAPS = frozenset(Maps.model_fields)
POLICY = frozenset(Policy.model_fields) - {"maps"}
#: What a ``[pairings.…]`` table may hold.
KEYS = POLICY | MAPS | {"recipe", "left", "right", "flows", "model"}
#: How ``missing_vendor`` is written for an accountant, and what the engine calls it.
MISSING_VENDOR = {"hold": FlowMode.HOLD, "create": FlowMode.WRITE}

ModelT = TypeVar("ModelT", bound=BaseModel)

#: Example of each key that a recipe may ask for, shown when it is missing.
_EXAMPLES = {
    "since": "since = 2026-11-01, the first ledger date whose documents may be created",
    "money_accounts": 'money_accounts = { "1010" = "Main bank" }, account code paid from → bank account of the ledger',
    "freight_account": 'freight_account = "5400", where freight and handling are posted',
    "accounts": 'accounts = { "6100" = "Office Supplies" }, or a CSV file with the columns from and to',
    "scope": 'scope = { left = ["…"] }, the part of each side this pairing may see',
}


def parse_recipe(text: str, origin: str) -> Recipe:
    """A recipe from its TOML text; ``origin`` begins the sentence when it is wrong.

    Raises: PluginError.
    """
    try:
        data = tomllib.loads(text)
        data["policy"] = policy_of(data.get("policy", {}), Policy(), folder=None)
        recipe = Recipe.model_validate(data)
    except tomllib.TOMLDecodeError as error:
        raise PluginError(f"{origin} is not TOML: {error}.") from error
    except ValidationError as error:
        raise PluginError(f"{origin} is wrong: {'; '.join(readable_problems(error))}.", str(error)) from error
    except ConfigError as error:
        raise PluginError(f"{origin} is wrong: {error.sentence}", error.detail) from error
    names = [flow.name for flow in recipe.flows]
    for flow in recipe.flows:
        if flow.object in MATCHED_LISTS and flow.mode is FlowMode.WRITE:
            raise PluginError(f"{origin}: {_only_matched(flow)}")
        if names.count(flow.name) > 1:
            raise PluginError(f"{origin} has two flows named {flow.name!r}.")
        if strangers := set(flow.after) - set(names[: names.index(flow.name)]):
            raise PluginError(f"{origin}: flow {flow.name!r} comes after {min(strangers)!r}, which is not above it.")
    for model, form in recipe.models.items():
        if unknown := form.flows.keys() - set(names):
            raise PluginError(
                f"{origin}: the model {model!r} changes the flow {min(unknown)!r}, which it does not have."
            )
    return recipe


def build_pairing(
    name: str, table: Mapping[str, Any], recipe: Recipe, *, left: str, right: str, folder: Path
) -> Pairing:
    """Merge an operator's table over a recipe.

    Args:
        left: Connection names, resolved by the caller.
        folder: Where relative paths of CSV files start.

    Raises: ConfigError with the key and the remedy; the caller says which file and table.
    """
    refuse_unknown(table, KEYS)
    formed = formed_flows(recipe, table)
    policy = policy_of(table, recipe.policy, folder=folder)
    for key in recipe.requires:
        if not _present(policy, key):
            example = _EXAMPLES.get(key, f"{key} = …")
            raise ConfigError(f"{key} is missing; the recipe {recipe.name} needs it: {example}.")
    overrides = table.get("flows", {})
    if not isinstance(overrides, Mapping):
        raise ConfigError(f"flows must hold one table per flow, e.g. [pairings.{name}.flows.{recipe.flows[0].name}].")
    refuse_unknown(overrides, [flow.name for flow in recipe.flows], where="flows.")
    flows = tuple(_overridden(flow, overrides.get(flow.name)) for flow in formed)
    model = model_of(recipe, table)
    return Pairing(name=name, recipe=recipe.name, left=left, right=right, policy=policy, flows=flows, model=model)


def policy_of(table: Mapping[str, Any], defaults: Policy, *, folder: Path | None) -> Policy:
    """Policy and value maps from flat keys, over defaults. Keys that are no policy are left to the caller.

    Raises: ConfigError.
    """
    values = defaults.model_dump()
    values |= {key: table[key] for key in POLICY & table.keys()}
    if "missing_vendor" in table:
        if table["missing_vendor"] not in MISSING_VENDOR:
            raise ConfigError(
                f"missing_vendor must be {' or '.join(MISSING_VENDOR)} (it is {table['missing_vendor']!r})."
            )
        values["missing_vendor"] = MISSING_VENDOR[table["missing_vendor"]]
    if "limits" in table and isinstance(table["limits"], Mapping):
        values["limits"] = defaults.limits.model_dump() | dict(table["limits"])
    maps = defaults.maps.model_dump()
    for key in sorted(MAPS & table.keys()):
        maps[key] = _map_of(key, table[key], folder, maps[key])
    values["maps"] = maps
    return validated(Policy, values)


def flow_digest(pairing: Pairing, flow: Flow) -> str:
    """What of a flow's configuration decides how a record looks in the target (R18); changes when that changes."""
    policy = pairing.policy
    decisive = {
        "flow": flow.model_dump(mode="json", include={"object", "source", "read_as", "owners"}),
        "maps": policy.maps.model_dump(mode="json"),
        "policy": policy.model_dump(
            mode="json", include={"purchase_tax", "rounding_account", "freight_account", "name_suffix"}
        ),
    }
    text = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def refuse_unknown(table: Iterable[str], known: Iterable[str], *, where: str = "") -> None:
    """Raise ConfigError for the first key that is not known, naming the closest one that is."""
    allowed = sorted(known)
    for key in table:
        if key not in allowed:
            begun = [one for one in allowed if key and one.startswith(key)]
            near = begun[:3] or get_close_matches(key, allowed, n=1)
            hint = (
                f"did you mean {' or '.join(where + one for one in near)}?"
                if near
                else f"known are {', '.join(allowed)}."
            )
            raise ConfigError(f"{where}{key} is not known; {hint}")


def validated(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """A model from an operator's values. Raises ConfigError with one sentence for everything that is wrong."""
    for key in values:
        if model.model_config.get("extra") == "forbid":
            refuse_unknown([key], [field.alias or name for name, field in model.model_fields.items()])
    try:
        return model.model_validate(values)
    except ValidationError as error:
        explain = {key: field.description or "" for key, field in model.model_fields.items() if field.description}
        raise ConfigError(f"{'; '.join(readable_problems(error, explain=explain))}.", str(error)) from error


def _present(policy: Policy, key: str) -> bool:
    value = getattr(policy.maps if key in MAPS else policy, key)
    return value not in (None, "", (), {})


def _overridden(flow: Flow, override: object) -> Flow:
    if override is None:
        return flow
    if not isinstance(override, Mapping):
        raise ConfigError(f"flows.{flow.name} must be a table.")
    try:
        wanted = validated(FlowOverride, override)
    except ConfigError as error:
        raise ConfigError(f"flows.{flow.name}: {error.sentence}", error.detail) from error
    changed = changed_flow(flow, wanted)
    if changed.object in MATCHED_LISTS and changed.mode is FlowMode.WRITE:
        raise ConfigError(_only_matched(changed))
    return changed


def _only_matched(flow: Flow) -> str:
    what = flow.object.value.replace("_", " ")
    return f'flow {flow.name}: a {what} is only found on the other side, never written; say mode = "match".'


def _map_of(key: str, value: object, folder: Path | None, defaults: Any) -> object:
    """One value map: a table (for taxes a list of tables), or the path of a CSV file with the same columns."""
    if isinstance(value, str):
        rows = _rows(key, value, folder)
        if key == "taxes":
            return [{name: cell for name, cell in row.items() if cell != ""} for row in rows]
        return {**defaults, **{row["from"]: row["to"] for row in rows}}
    if key == "taxes":
        if not isinstance(value, list):
            raise ConfigError('taxes must be a list of tables, e.g. taxes = [{ rate = 20, to = "Standard" }].')
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(
            f'{key} must be a table or the path of a CSV file, e.g. {key} = {{ "6100" = "Office Supplies" }}.'
        )
    return {**defaults, **value}


def _rows(key: str, name: str, folder: Path | None) -> list[dict[str, str]]:
    if folder is None:
        raise ConfigError(f"{key} cannot name a file here.")
    path = folder / Path(name).expanduser()
    needed = ("to",) if key == "taxes" else ("from", "to")
    allowed = frozenset(TaxRule.model_fields) if key == "taxes" else frozenset(needed)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = reader.fieldnames or ()
            if missing := [column for column in needed if column not in columns]:
                raise ConfigError(f"{key}: the file {path} has no column {missing[0]!r} in its first line.")
            return [
                {column: (row[column] or "").strip() for column in columns if column in allowed}
                for row in reader
                if any(row.values())
            ]
    except OSError as error:
        raise ConfigError(f"{key}: the file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f'{key}: the file {path} is not UTF-8; save it as "CSV UTF-8".') from error
    except csv.Error as error:
        raise ConfigError(f"{key}: the file {path} cannot be read: {error}.") from error
