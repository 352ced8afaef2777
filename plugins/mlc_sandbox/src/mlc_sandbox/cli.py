"""Commands that serve stand-ins."""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from mlc_sandbox.toolkit.server import serve_forever
from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.toolkit.wirejson import dumps

GROUP = "mlc.sandboxes"


def stand_in_class(system: str) -> type[StandIn]:
    """The stand-in of a system, by its entry point. Raises click.BadParameter when there is none."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if system not in found:
        raise click.BadParameter(f"no stand-in for {system}; there are {', '.join(sorted(found))}")
    loaded: type[StandIn] = found[system].load()
    return loaded


@click.group()
def sandbox() -> None:
    """Stand-ins for the vendors' APIs."""


@sandbox.command()
@click.argument("systems", metavar="SYSTEM...", nargs=-1, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, help="Port of the first SYSTEM, the others follow; 0 takes free ones.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same company.")
@click.option("--records", default=300, show_default=True, help="Bills of the seeded company; 0 starts empty.")
@click.option(
    "--company",
    "kind",
    default="purchasing",
    show_default=True,
    help="Which company: purchasing, payables, or selling.",
)
@click.option("--no-limits", is_flag=True, help="Open the quotas.")
def serve(systems: tuple[str, ...], host: str, port: int, seed: int, records: int, kind: str, no_limits: bool) -> None:
    """Serve one or more systems until interrupted; prints one JSON line each when its port is open."""
    from mlc_sandbox.company import COMPANIES

    if kind not in COMPANIES:
        raise click.BadParameter(f"no company {kind}; there are {', '.join(sorted(COMPANIES))}")
    company = COMPANIES[kind](seed, records) if records else None
    standins = []
    for system in systems:
        standin = stand_in_class(system)(company=company)
        standin.limits_enabled = not no_limits
        standins.append(standin)
    ports = [port + number if port else 0 for number in range(len(standins))]
    serve_forever(standins, ports, host=host, ready=_say_ready)


@sandbox.command()
@click.argument("system")
@click.option("--faults", default=24, show_default=True, type=click.IntRange(0), help="Faults that lie in wait.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same faults.")
@click.option("--records", default=12, show_default=True, type=click.IntRange(4), help="Records of the first wave.")
@click.pass_context
def torture(ctx: click.Context, system: str, faults: int, seed: int, records: int) -> None:
    """Push writes of SYSTEM's plugin through its stand-in under random faults, and count what is there."""
    from mlc_sandbox.torture import NothingToPush, run

    try:
        told = run(system, faults=faults, seed=seed, records=records)
    except NothingToPush as nothing:
        raise click.UsageError(str(nothing)) from nothing
    click.echo(dumps(told))
    ctx.exit(0 if told["ok"] else 1)


def _say_ready(standin: StandIn, url: str) -> None:
    click.echo(dumps({"url": url, "system": standin.name}))
