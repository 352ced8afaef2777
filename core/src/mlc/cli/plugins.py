"""``mlc plugins``: what is installed and what it can do."""

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.errors import ConfigError
from mlc.plugins import Plugins
from mlc.recipes import Recipe
from mlc.system import System


@click.group()
def plugins() -> None:
    """What is installed and what it can do."""


@plugins.command("list")
@pass_options
def list_(options: Options) -> None:
    """Systems, recipes and wrappers, with their versions."""
    installed = options.plugins
    rows = _rows(installed)
    if options.json:
        columns = ("kind", "name", "title", "package", "version")
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(("kind", "name", "title", "package", "version"), rows, empty="No plugin is installed.")


@plugins.command()
@click.argument("name")
@pass_options
def info(options: Options, name: str) -> None:
    """One system or recipe: settings, secrets, object types, quotas; flows."""
    installed = options.plugins
    if name in installed.systems:
        _system(options, installed.systems[name])
    elif name in installed.recipes:
        _recipe(options, installed.recipes[name])
    else:
        there = ", ".join(sorted({*installed.systems, *installed.recipes})) or "nothing"
        raise ConfigError(f"Nothing named {name!r} is installed; there is {there}.")


def _rows(installed: Plugins) -> list[tuple[str, str, str, str | None, str | None]]:
    rows: list[tuple[str, str, str, str | None, str | None]] = []
    for one in installed.found:
        if one.name in installed.systems:
            rows.append(("system", one.name, installed.systems[one.name].title, one.distribution, one.version))
        hooks = [wrapper.hook for wrapper in installed.all_wrappers if wrapper.plugin == one.name]
        if hooks:
            rows.append(("wrapper", one.name, f"wraps {', '.join(hooks)}", one.distribution, one.version))
    rows += [("recipe", recipe.name, recipe.title, None, None) for recipe in installed.recipes.values()]
    return rows


def _system(options: Options, system: System) -> None:
    settings = [
        (name, "setting", "yes" if field.is_required() else "no", field.description)
        for name, field in system.settings.model_fields.items()
    ]
    settings += [
        (name, "secret", "yes" if field.is_required() else "no", field.description)
        for name, field in system.secrets.model_fields.items()
    ]
    objects = [
        (support.object_type.value, " ".join(sorted(support.can)), support.strategy.value, support.note)
        for support in system.objects
    ]
    quotas = [(quota.window.value, quota.limit, quota.scope.value, quota.counts) for quota in system.quotas]
    wrappers = [f"{wrapper.plugin} wraps {wrapper.hook}" for wrapper in options.plugins.wrappers(system.name)]
    if options.json:
        keys = ("key", "kind", "required", "description")
        print_json(
            {
                "name": system.name,
                "title": system.title,
                "version": system.version,
                "settings": [dict(zip(keys, row, strict=True)) for row in settings],
                "objects": [
                    dict(zip(("object", "can", "uncertain_creates", "note"), row, strict=True)) for row in objects
                ],
                "quotas": [dict(zip(("window", "limit", "scope", "counts"), row, strict=True)) for row in quotas],
                "grants": list(system.grants),
                "wrappers": wrappers,
                "notes": list(system.notes),
            }
        )
        return
    click.echo(f"{system.title} ({system.name}) {system.version}\n")
    print_table(("key", "kind", "required", "what"), settings)
    click.echo()
    print_table(("object", "can", "uncertain creates", "note"), objects)
    click.echo()
    print_table(("quota", "calls", "per", "counts"), quotas, empty="No quota is declared.")
    for line in (*wrappers, *system.notes, *([system.connect_help] if system.connect_help else [])):
        click.echo(f"\n{line}")


def _recipe(options: Options, recipe: Recipe) -> None:
    if options.json:
        print_json(recipe.model_dump(mode="json", by_alias=True))
        return
    click.echo(f"{recipe.title} ({recipe.name}): {recipe.left} and {recipe.right}")
    click.echo(f"You must decide: {', '.join(recipe.requires) or 'nothing'}.\n")
    print_table(
        ("flow", "object", "direction", "mode", "after"),
        [
            (
                flow.name,
                flow.object.value,
                f"{flow.source.value} to {flow.target.value}",
                flow.mode.value,
                ", ".join(flow.after),
            )
            for flow in recipe.flows
        ],
    )
