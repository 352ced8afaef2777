"""``mlc init``: a commented mlc.toml that a stranger can complete."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json
from mlc.clock import Clock
from mlc.config import FILE
from mlc.errors import ConfigError
from mlc.pairings import KEYS, refuse_unknown
from mlc.recipes import Recipe
from mlc.system import System

WIDTH = 110
#: What a recipe may require, explained for whoever completes the file.
_ASKED: Mapping[str, tuple[str, str]] = {
    "money_accounts": (
        "Account that a payment was paid from (its code at the source) → bank, cash or card account of the ledger.",
        '{ "1010" = "Main bank" }',
    ),
    "freight_account": ("Account of the ledger that freight and handling are posted to.", '"5400"'),
    "accounts": ("Account code at the source → account of the ledger, or the path of a CSV file: from,to.", "{ }"),
    "scope": ("The part of each side that this pairing may see.", '{ left = ["…"] }'),
}


@click.command()
@click.option("--recipe", help="What to set up; mlc plugins list shows what there is.")
@click.option("--name", help="Name of the pairing (default: the recipe's).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Go-live date (default: the first of this month).")
@click.option(
    "--set", "given", multiple=True, metavar="KEY=VALUE", help="A pairing's key, or SYSTEM.KEY for a setting."
)
@click.option("--force", is_flag=True, help="Replace a file that is there; it is kept as mlc.toml.bak.")
@pass_options
def init(
    options: Options, recipe: str | None, name: str | None, since: datetime | None, given: tuple[str, ...], force: bool
) -> None:
    """Write a commented mlc.toml: two connections and a pairing. Completing it is editing one text file."""
    path = (options.path or Path(FILE)).expanduser().absolute()
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already; edit it, or replace it with --force.")
    plan = _recipe(options, recipe)
    values = _given(given, options, plan)
    day = since.date() if since else Clock().now().date().replace(day=1)
    systems = [options.plugins.system(system) for system in (plan.left, plan.right)]
    for system in systems:
        _ask(system, values)
    text = _text(plan, systems, values, name=name or plan.name.replace("+", "-"), since=day)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = path.with_name(f"{path.name}.bak") if path.exists() else None
    if kept is not None:
        path.replace(kept)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if options.json:
        print_json({"path": path, "recipe": plan.name, "since": day, "kept": kept})
        return
    if kept is not None:
        click.echo(f"What stood there before is kept as {kept}.")
    steps = " and ".join(f"mlc connect {system}" for system in dict.fromkeys((plan.left, plan.right)))
    click.echo(
        f"{path} is written. Complete it, then {steps}; mlc doctor says what is missing, mlc plan what would happen."
    )


def _recipe(options: Options, name: str | None) -> Recipe:
    recipes = options.plugins.recipes
    if name is None:
        fitting = sorted(key for key, one in recipes.items() if {one.left, one.right} <= options.plugins.systems.keys())
        if len(fitting) == 1:
            name = fitting[0]
        elif fitting and sys.stdin.isatty():
            name = click.prompt("Recipe", type=click.Choice(fitting))
        else:
            there = ", ".join(fitting) or "none fits the installed systems"
            raise ConfigError(f"Say what to set up with --recipe: {there}.")
    if name not in recipes:
        refuse_unknown([str(name)], recipes or ("(no recipe is installed)",), where="recipe ")
    return recipes[str(name)]


def _given(given: tuple[str, ...], options: Options, recipe: Recipe) -> dict[str, str]:
    """``--set`` as a table. Raises ConfigError for what neither the pairing nor one of its systems knows."""
    values = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair} is not KEY=VALUE.")
        owner, dot, field = key.partition(".")
        if dot and owner in (recipe.left, recipe.right):
            refuse_unknown([field], options.plugins.system(owner).settings.model_fields, where=f"{owner}.")
        else:
            refuse_unknown([owner], KEYS)
        values[key] = value
    return values


def _ask(system: System, values: dict[str, str]) -> None:
    if not sys.stdin.isatty():
        return
    for key, field in system.settings.model_fields.items():
        if field.is_required() and f"{system.name}.{key}" not in values:
            answer = click.prompt(f"{system.title}: {field.description or key}", default="", show_default=False)
            if answer:
                values[f"{system.name}.{key}"] = answer


def _text(recipe: Recipe, systems: list[System], values: Mapping[str, str], *, name: str, since: date) -> str:
    lines = [
        "# Configuration of ml-connector. The program skips what follows a #; take it away to use a line.",
        "# No password belongs here: mlc connect asks for secrets and keeps them encrypted.",
        "",
        '# database = "postgresql+psycopg://user@host/name"   # default: a file of its own, nothing to install',
        '# time_zone = "Europe/Berlin"   # what the hours of a cron line and of the night mean; default: UTC',
    ]
    for system in dict.fromkeys(systems):
        lines += ["", *_connection(system, values)]
    return "\n".join([*lines, "", *_pairing(recipe, values, name, since)]) + "\n"


def _connection(system: System, values: Mapping[str, str]) -> list[str]:
    lines = [f"# {system.title}", f"[connections.{_key(system.name)}]", f"system = {_literal(system.name)}"]
    fields = sorted(system.settings.model_fields.items(), key=lambda item: not item[1].is_required())
    for key, field in fields:
        lines += wrap(field.description or key, WIDTH, initial_indent="# ", subsequent_indent="# ")
        value = values.get(f"{system.name}.{key}")
        if value is not None:
            lines.append(f"{key} = {_literal(value)}")
        elif field.is_required():
            lines.append(f'# {key} = "…"   # required')
        else:
            lines.append(f"# {key} = {_default(field.get_default(call_default_factory=True))}")
    lines.append("# Secrets: asked by mlc connect, or taken from the environment like this.")
    for key in system.secrets.model_fields:
        variable = f"{system.name}_{key}".replace("-", "_").upper()
        lines.append(f'# {key} = {{ env = "{variable}" }}')
    return lines


def _pairing(recipe: Recipe, values: Mapping[str, str], name: str, since: date) -> list[str]:
    lines = [
        f"# {recipe.title}.",
        f"# Whatever is written here wins over the recipe; mlc plugins info {recipe.name} shows that.",
        f"[pairings.{_key(name)}]",
        f"recipe = {_literal(recipe.name)}",
        f"left = {_literal(recipe.left)}",
        f"right = {_literal(recipe.right)}",
        "# Go-live: the first ledger date whose documents may be created. Older ones are counted, never created.",
        f"since = {since.isoformat()}",
    ]
    for key in recipe.requires:
        if key == "since":
            continue
        what, example = _ASKED.get(key, (f"The recipe needs {key}.", '"…"'))
        lines.append(f"# {what}")
        table = {inner.partition(".")[2]: value for inner, value in values.items() if inner.startswith(f"{key}.")}
        if key in values:
            lines.append(f"{key} = {_literal(values[key])}")
        elif table:
            pairs = ", ".join(f"{_literal(one)} = {_literal(other)}" for one, other in table.items())
            lines.append(f"{key} = {{ {pairs} }}")
        else:
            lines.append(f"# {key} = {example}   # required")
    lines += [
        f'# missing_vendor = "create"   # default: {"create" if recipe.policy.missing_vendor == "write" else "hold"}',
        f"# every = {_literal(recipe.policy.every)}   # how often a running mlc looks, or a cron line: 0 6 * * 1-5",
    ]
    for key, value in values.items():
        if "." not in key and key not in recipe.requires:
            lines.append(f"{key} = {_literal(value)}")
    return lines


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _literal(name)


def _literal(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _default(value: object) -> str:
    if value is None:
        return '"…"'
    if isinstance(value, tuple | list | frozenset):
        return json.dumps([str(one) for one in value], ensure_ascii=False)
    return (
        json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | str) else _literal(str(value))
    )
