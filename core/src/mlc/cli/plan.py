"""``mlc plan``: what a run would change, per record and field."""

import json
from pathlib import Path

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import plain, print_json
from mlc.cli.reports import show_plans
from mlc.cli.watching import watch
from mlc.clock import Clock, stamp


@click.command()
@click.argument("pairing")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole plan to this file.")
@pass_options
def plan(options: Options, pairing: str, out: Path | None) -> None:
    """What a run of PAIRING would change, per record and field, and the calls it would cost. Nothing is sent."""
    from mlc.engine.lookahead import plan_pairing
    from mlc.runner.embedded import open_session

    with (
        watch("Planning") as progress,
        open_session(options.config, pairing, plugins=options.plugins, progress=progress) as session,
    ):
        plans = plan_pairing(session)
        digests = session.digests
    told = {
        "pairing": pairing,
        "made_at": stamp(Clock().now()),
        "configuration": digests,
        "flows": {name: found.as_dict() | {"items": found.items} for name, found in plans.items()},
    }
    if out is not None:
        out.write_text(json.dumps(told, default=plain, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if options.json:
        print_json(told)
        return
    show_plans(plans)
    calls = sum(found.calls for found in plans.values())
    click.echo(f"{calls} writing calls. Nothing was sent; mlc run {pairing} --once --accept does it.")
    if out is not None:
        click.echo(f"The whole plan is in {out}.")
