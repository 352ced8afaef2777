"""``mlc pause`` and ``mlc resume``: stop a pairing, or one of its flows, and let it go on."""

import getpass

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json
from mlc.clock import Clock
from mlc.errors import ConfigError


@click.command()
@click.argument("pairing")
@click.option("--flow", metavar="FLOW", help="Only this flow; what it carries is read, but not sent.")
@click.option("--reason", required=True, help="Why: shown wherever the pause is, and kept in the audit trail.")
@pass_options
def pause(options: Options, pairing: str, flow: str | None, reason: str) -> None:
    """Stop PAIRING until mlc resume. Nothing is lost: what changes meanwhile is carried afterwards.

    A run that is under way ends what it has begun.
    """
    from mlc.engine import pauses

    _known(options, pairing, flow)
    if not reason.strip():
        raise click.BadParameter("Say why.", param_hint="--reason")
    with options.database.write() as tx:
        changed = pauses.pause(tx, pairing, flow, reason=reason, by=getpass.getuser(), now=Clock().now())
        sentence = pauses.pauses_of(tx, pairing)[flow].sentence
    if options.json:
        print_json({"pairing": pairing, "flow": flow, "paused": True, "changed": changed})
    else:
        click.echo(sentence)


@click.command()
@click.argument("pairing")
@click.option("--flow", metavar="FLOW", help="Only this flow.")
@pass_options
def resume(options: Options, pairing: str, flow: str | None) -> None:
    """Let PAIRING, or one of its flows, go on after mlc pause."""
    from mlc.engine import pauses

    _known(options, pairing, flow)
    with options.database.write() as tx:
        changed = pauses.resume(tx, pairing, flow, by=getpass.getuser(), now=Clock().now())
        left = list(pauses.pauses_of(tx, pairing).values())
    if options.json:
        print_json({"pairing": pairing, "flow": flow, "paused": bool(left), "changed": changed})
        return
    what = pairing if flow is None else f"{flow} of {pairing}"
    click.echo(f"{what} goes on." if changed else f"{what} was not paused.")
    for one in left:
        click.echo(one.sentence)


def _known(options: Options, pairing: str, flow: str | None) -> None:
    options.known_pairing(pairing)
    flows = [one.name for one in options.config.pairings[pairing].flows]
    if flow is not None and flow not in flows:
        raise ConfigError(f"{pairing} has no flow {flow!r} (there are: {', '.join(flows)}).")
