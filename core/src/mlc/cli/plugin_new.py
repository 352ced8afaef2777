"""``mlc plugin new``: a connector package that installs, is listed and passes its own tests."""

from pathlib import Path

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json
from mlc.testing.newplugin import write_plugin


@click.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder that gets the new one (default: this one).",
)
@pass_options
def new(options: Options, name: str, into: Path) -> None:
    """Write a connector package for the system NAME, for you to fill in."""
    folder, *written = write_plugin(name, into)
    if options.json:
        print_json({"folder": folder, "files": written})
        return
    click.echo(f"{folder} is written: a whole connector for an invented API, with its tests. Next:\n")
    click.echo(f"  pip install -e '{folder}[test]'\n  pytest {folder}\n  mlc plugin certify {name}")
