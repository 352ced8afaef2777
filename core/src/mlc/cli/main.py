"""The command ``mlc``. Commands load when they are called; ``mlc --help`` imports next to nothing but click."""

import errno
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from mlc.cli.options import Options
from mlc.collector import collect_rarely
from mlc.errors import ExitCode, MlcError, PluginError

GROUP = "mlc.commands"
#: Name → (where the command is, what the list of commands says of it). Added ones come from the group ``mlc.commands``.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("mlc.cli.init:init", "Write a commented mlc.toml."),
    "connect": ("mlc.cli.connect:connect", "Authorise a connection, then ping it."),
    "ping": ("mlc.cli.ping:ping", "Say who we are there and what that account can do."),
    "connections": ("mlc.cli.connections:connections", "State of every connection: tokens, subscriptions."),
    "plan": ("mlc.cli.plan:plan", "What a run would change, per record and field."),
    "apply": ("mlc.cli.apply:apply", "Do exactly a plan that was written to a file."),
    "run": ("mlc.cli.run:run", "Keep records in step, once or for good."),
    "pause": ("mlc.cli.pause:pause", "Stop a pairing, or one of its flows, for a while."),
    "resume": ("mlc.cli.pause:resume", "Let it go on."),
    "worker": ("mlc.cli.worker:worker", "Work on what is due: several processes and machines."),
    "scheduler": ("mlc.cli.scheduler:scheduler", "Tell workers what is due."),
    "serve": ("mlc.cli.serve:serve", "Receive webhooks; health and metrics."),
    "status": ("mlc.cli.status:status", "Pairings, last runs, backlog, held, dead."),
    "explain": ("mlc.cli.explain:explain", "Say of one record where it stands, why, and what comes next."),
    "held": ("mlc.cli.held:held", "What waits, and for what; settle it."),
    "dead": ("mlc.cli.dead:dead", "What was given up on; try it again."),
    "replay": ("mlc.cli.replay:replay", "Decide again from what is stored."),
    "reconcile": ("mlc.cli.reconcile:reconcile", "Compare both registers, to the cent."),
    "audit": ("mlc.cli.audit:audit", "What happened to a record; verify the chain."),
    "budget": ("mlc.cli.budget:budget", "Calls spent and left per quota."),
    "plugins": ("mlc.cli.plugins:plugins", "What is installed and what it can do."),
    "plugin": ("mlc.cli.plugin:plugin", "Write a connector, and check one."),
    "doctor": ("mlc.cli.doctor:doctor", "What is wrong with this installation, and what to do."),
    "migrate": ("mlc.cli.migrate:migrate", "Bring the database to the tables of this version."),
    "keys": ("mlc.cli.keys:keys", "Change the key that everything secret is encrypted with."),
    "recover": ("mlc.cli.recover:recover", "Make a restored or copied database safe to write from."),
    "completion": ("mlc.cli.completion:completion", "Print the script that completes mlc in your shell."),
}
#: What packages of this project add; a stranger's command is shown with the package it comes from.
ADDED = {
    "demo": "Two stand-ins, a whole pairing, no account: see it work.",
    "sandbox": "Serve stand-ins of the vendors' systems.",
}
#: The package that brings them.
ADDED_BY = "mlc-sandbox"
#: These may stand anywhere on the line.
ANYWHERE = ("--json", "--debug")


#: Ends that are no answer of ours: a signal, 128 and its number, as every shell counts; and our own fault.
INTERRUPTED, UNREAD, UNEXPECTED = 130, 141, 70


class _UnreadError(Exception):
    """Whoever read what we print has gone: ``mlc audit | head``."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError as error:
            raise _UnreadError from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _UnreadError from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*sorted(_added().keys() - COMMANDS.keys()), *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            command = getattr(import_module(module), name)
        elif cmd_name in (added := _added()):
            command = _loaded(added[cmd_name])
        else:
            return None
        if not isinstance(command, click.Command):
            raise PluginError(f"The command {cmd_name!r} is no click command; repair or uninstall its package.")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        added = {name: _home(entry) for name, entry in sorted(_added().items()) if name not in COMMANDS}
        with formatter.section("Commands"):
            formatter.write_dl([*added.items(), *((name, text) for name, (_, text) in COMMANDS.items())])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        front = [flag for flag in ANYWHERE if flag in args[:end]]
        return super().parse_args(ctx, front + [arg for arg in args[:end] if arg not in ANYWHERE] + args[end:])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args[0] in ADDED:
                raise click.UsageError(
                    f"{args[0]} comes with the package {ADDED_BY}, which is not installed here; "
                    "in the project's folder: pip install ./plugins/mlc_sandbox.",
                    ctx,
                ) from error
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near:
                raise click.UsageError(f"There is no command {args[0]!r}; did you mean {near[0]}?", ctx) from error
            raise


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration file (default: mlc.toml here, or in MLC_HOME)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, on every command that reports.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="ml-connector", prog_name="mlc")
@click.pass_context
def mlc(ctx: click.Context, config: Path | None, as_json: bool, debug: bool) -> None:
    """Keep the records of two finance systems in step, each written once, every change explained."""
    ctx.obj = ctx.with_resource(Options(config=config, json=as_json, debug=debug))


def main(args: list[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    collect_rarely()
    arguments = sys.argv[1:] if args is None else args
    debug = "--debug" in arguments
    _open_missing_streams()
    try:
        code = mlc.main(arguments, prog_name="mlc", standalone_mode=False)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = INTERRUPTED
    except NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        said = error.format_message()
        end = "" if said.endswith((".", "?", "!")) else "."
        click.echo(f"{said}{end} See {context.command_path if context else 'mlc'} --help.", err=True)
        code = error.exit_code
    except MlcError as error:
        if debug:
            raise
        from mlc.cli.output import told

        click.echo(told(error), err=True)
        code = int(error.exit_code)
    except (_UnreadError, BrokenPipeError):
        _forget_output()
        code = UNREAD
    except Exception as error:  # the outermost edge: a person gets a sentence, never a traceback
        if debug:
            raise
        code = _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


def _open_missing_streams() -> None:
    """Programs may be started with their output closed; then it goes nowhere."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends


def _added() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _home(entry: EntryPoint) -> str:
    return ADDED.get(entry.name) or f"From {entry.dist.name if entry.dist else entry.value}."


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"The command {entry.name!r} ({entry.value}) cannot be loaded: {error}. Repair or uninstall it.",
            repr(error),
        ) from error


def _unexpected(error: Exception) -> int:
    """Say what nobody foresaw; what the system refused, in its own words."""
    if isinstance(error, OSError) and error.filename is not None:
        click.echo(f"{error.filename} cannot be used: {error.strerror}.", err=True)
        return int(ExitCode.USAGE)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = "make room where output and database go, then say it again: nothing is lost"
        click.echo(f"{error.strerror}; {where}.", err=True)
        _forget_output()
        return int(ExitCode.USAGE)
    if (refused := getattr(sys.modules.get("sqlalchemy.exc"), "DBAPIError", None)) and isinstance(error, refused):
        from mlc.store.database import in_short

        click.echo(
            f"The database cannot be used: {in_short(error)}. Nothing is lost; mlc doctor looks at it.", err=True
        )
        return int(ExitCode.USAGE)
    click.echo(
        f"mlc failed in a way it did not expect ({type(error).__name__}: {error}); "
        "say it again with --debug, which shows where, and report that.",
        err=True,
    )
    return UNEXPECTED


def _forget_output() -> None:
    """What could not be printed is not tried again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
