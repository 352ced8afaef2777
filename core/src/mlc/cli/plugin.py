"""``mlc plugin``: for the authors of connectors."""

from collections.abc import Mapping
from importlib import import_module

import click

#: Name → where the command is, and what the list of commands says of it.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "new": ("mlc.cli.plugin_new:new", "Write a connector package, for you to fill in."),
    "certify": ("mlc.cli.plugin_certify:certify", "Check a connector and say which grade it has."),
}


class AuthorGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in ("list", "info"):
            raise click.UsageError(f"There is no command {args[0]!r} here; did you mean mlc plugins {args[0]}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=AuthorGroup)
def plugin() -> None:
    """Write a connector, and check one."""
