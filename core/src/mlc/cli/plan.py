"""``mlc plan``: what a run would change, per record and field."""

from contextlib import nullcontext
from pathlib import Path

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import plain, print_json
from mlc.cli.reports import UNFORESEEN, show_off, show_plans
from mlc.cli.watching import watch
from mlc.clock import Clock, stamp


@click.command()
@click.argument("pairing")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole plan to this file.")
@pass_options
def plan(options: Options, pairing: str, out: Path | None) -> None:
    """What a run of PAIRING would change, per record and field, and the calls it would cost. Nothing is sent."""
    from mlc.engine.lacking import flows_off
    from mlc.engine.lookahead import plan_pairing
    from mlc.engine.planfiles import draft_plan, end_plan
    from mlc.runner.embedded import open_session

    expires = None
    with (
        watch("Planning") as progress,
        open_session(options.config, pairing, plugins=options.plugins, progress=progress) as session,
        nullcontext() if out is None else draft_plan(out, pairing=pairing, keys=options.keys, text=plain) as draft,
    ):
        plans = plan_pairing(session, draft=draft)
        digests, now = session.digests, Clock().now()
        off = flows_off(session)
        if draft is not None:
            expires = end_plan(draft, configuration=digests, now=now, valid=options.config.plans_expire)
    told = {
        "pairing": pairing,
        "made_at": stamp(now),
        "configuration": digests,
        "flows": {name: found.as_dict() | {"items": found.items} for name, found in plans.items()},
        "off": off,
    }
    if options.json:
        print_json(told)
        return
    show_plans(plans)
    show_off(off)
    calls = sum(found.calls for found in plans.values())
    click.echo(f"{calls} writing calls. Nothing was sent; mlc run {pairing} --once --accept does it.")
    click.echo(UNFORESEEN)
    if out is not None:
        click.echo(f"The whole plan is in {out}. Until {expires:%Y-%m-%d %H:%M} UTC, mlc apply {out} does just that.")
