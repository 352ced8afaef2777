"""The forms of a recipe (``model``): which one a pairing has, what it changes, what its connections have to say."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlc.errors import ConfigError
from mlc.recipes import Flow, FlowOverride, Form, Recipe, Side
from mlc.system import System

if TYPE_CHECKING:
    from mlc.config import ConnectionConfig


def model_of(recipe: Recipe, table: Mapping[str, Any]) -> str | None:
    """The name of the form that a ``[pairings.…]`` table chooses; the recipe's first where it says nothing, None where
    the recipe has but one.

    Raises: ConfigError.
    """
    stated = table.get("model")
    if stated is None:
        return next(iter(recipe.models), None)
    if not isinstance(stated, str) or stated not in recipe.models:
        known = f"it is one of {', '.join(recipe.models)}" if recipe.models else "it has one form only; leave model out"
        raise ConfigError(f"model = {stated!r} is no form of the recipe {recipe.name}; {known}.")
    return stated


def formed_flows(recipe: Recipe, table: Mapping[str, Any]) -> tuple[Flow, ...]:
    """The recipe's flows as its form has them, before the operator's own overrides."""
    model = model_of(recipe, table)
    form = recipe.models[model] if model is not None else Form()
    return tuple(changed_flow(flow, form.flows.get(flow.name)) for flow in recipe.flows)


def changed_flow(flow: Flow, override: FlowOverride | None) -> Flow:
    """A flow with what an override states; owners of single fields are added to the others."""
    if override is None:
        return flow
    changes = {name: getattr(override, name) for name in override.model_fields_set}
    if "owners" in changes:
        changes["owners"] = {**flow.owners, **(override.owners or {})}
    return flow.model_copy(update=changes)


def refuse_settings(
    recipe: Recipe,
    table: Mapping[str, Any],
    connections: Mapping[Side, "ConnectionConfig"],
    systems: Mapping[str, System],
) -> None:
    """Refuse a connection that shows customers in another form than the pairing has. Raises ConfigError."""
    model = model_of(recipe, table)
    for side, needed in (recipe.models[model].settings if model is not None else {}).items():
        one = connections[side]
        for key, value in needed.items():
            field = systems[one.system].settings.model_fields.get(key)
            found = one.settings.get(key, field.default if field is not None else None)
            if found != value:
                raise ConfigError(
                    f"model = {model!r} needs {key} = {value!r} in [connections.{one.name}] (it is {str(found)!r}); "
                    "change one of the two."
                )
