"""``mlc completion``: the shell's part of completing commands and options."""

import click
from click.shell_completion import get_completion_class

from mlc.errors import ConfigError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script for SHELL, e.g. mlc completion bash > ~/.local/share/bash-completion/completions/mlc."""
    script = get_completion_class(shell)
    if script is None:
        raise ConfigError(f"There is no completion for {shell}.")
    click.echo(script(ctx.find_root().command, {}, "mlc", "_MLC_COMPLETE").source())
