"""``mlc ping``: who we are there, and what that account can do."""

import json
from typing import Any

import click
from sqlalchemy import update

from mlc.cli.options import Options
from mlc.cli.output import plain, print_json, print_table, told
from mlc.clock import Clock
from mlc.config import ConnectionConfig
from mlc.connection import AnyConnection
from mlc.errors import ExitCode, MlcError
from mlc.store.refreshes import ConnectionState, set_standing
from mlc.store.schema import connections
from mlc.tenants import Identity, Probe


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.pass_context
def ping(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Say who we are at each connection, what is missing there, and what that account can do."""
    options = ctx.ensure_object(Options)
    answers, worst = [], ExitCode.DONE
    for config in options.named(names):
        try:
            answer = ask(options, config)
        except MlcError as error:
            answer = {
                "connection": config.name,
                "system": config.system,
                "error": told(error).removeprefix(f"{config.name}: "),
            }
            worst = max(worst, error.exit_code)
        else:
            worst = max(worst, ExitCode.NEEDS_A_PERSON if answer["permissions_missing"] else ExitCode.DONE)
        answers.append(answer)
        if not options.json:
            show(answer)
    if options.json:
        print_json(answers)
    ctx.exit(worst)


def ask(options: Options, config: ConnectionConfig, connection: AnyConnection | None = None) -> dict[str, Any]:
    """Ask one connection who we are and what it can do; what it says is kept. Raises MlcError."""
    connection = options.connection(config) if connection is None else connection
    plugins = options.plugins
    answer: dict[str, Any] = {"connection": config.name, "system": config.system, "permissions_missing": ()}
    if plugins.answers(config.system, "mlc_ping"):
        identity: Identity = plugins.call(config.system, "mlc_ping", connection=connection)
        answer |= plain(identity)
        _keep(options, config, identity)
    if plugins.answers(config.system, "mlc_probe"):
        probe: Probe = plugins.call(config.system, "mlc_probe", connection=connection)
        answer["can"] = plain(probe)
    answer["calls"] = [plain(line) for line in connection.http.quota.budget()]
    return answer


def show(answer: dict[str, Any]) -> None:
    """One connection's answer, for a person."""
    if "error" in answer:
        click.echo(f"{answer['connection']} ({answer['system']}): {answer['error']}", err=True)
        return
    missing = ", ".join(answer["permissions_missing"])
    rows = [
        ("account", answer.get("account")),
        ("organisation", answer.get("organisation")),
        ("plan", answer.get("plan")),
        ("missing permissions", missing or "none"),
        *((key.replace("_", " "), value) for key, value in (answer.get("details") or {}).items()),
    ]
    can = answer.get("can") or {}
    rows += [
        ("base currency", can.get("base_currency")),
        ("time zone", can.get("time_zone")),
        *((f"closed through ({area})", day) for area, day in (can.get("locks") or {}).items()),
        ("unique field", ", ".join(sorted(can.get("unique_fields") or ())) or None),
        ("lands unapproved", ", ".join(sorted(can.get("approvals") or ())) or None),
        ("clock", _skew(answer.get("clock_skew_s"))),
    ]
    click.echo(f"{answer['connection']} ({answer['system']})")
    print_table(("", ""), [row for row in rows if row[1] is not None])


def _skew(skew_s: float | None) -> str | None:
    return None if skew_s is None else f"{abs(skew_s):.1f} s {'behind' if skew_s > 0 else 'ahead of'} theirs"


def _keep(options: Options, config: ConnectionConfig, identity: Identity) -> None:
    text = json.dumps(identity, default=plain, ensure_ascii=False)
    now = Clock().now()
    with options.database.write() as tx:
        set_standing(tx, config.name, system=config.system, state=ConnectionState.READY, reason=None, now=now)
        tx.execute(update(connections).where(connections.c.name == config.name).values(identity=text))
