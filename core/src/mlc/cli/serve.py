"""``mlc serve``: receive webhooks, answer for health and metrics."""

import sys

import click

from mlc.cli.options import Options, log_of, pass_options
from mlc.errors import ConfigError, ExitCode


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where to listen (default: listen under [serve]).")
@click.option("--log", "logged", is_flag=True, help="Log every event to stderr, one JSON object a line.")
@pass_options
def serve(options: Options, listen: str | None, logged: bool) -> None:
    """Receive the vendors' webhooks; another process, mlc run, does the work.

    Vendors send to URL/webhooks/CONNECTION, where URL is the public address that a proxy with TLS forwards from. Only
    what is genuine is stored. /health and /metrics answer this machine, or whoever shows metrics_token.
    """
    import time

    from mlc.runner.signals import stopping
    from mlc.serve.server import serving

    if logged:
        log_of(options)
    with (
        stopping() as stop,
        serving(
            options.config, plugins=options.plugins, database=options.database, keys=options.keys, listen=listen
        ) as served,
    ):
        if not served.receiver.known:
            raise ConfigError(f"{options.config.path}: no connection is to a system that sends webhooks.")
        click.echo(f"Webhooks are received on {served.url}.", err=True)
        for name in sorted(served.receiver.known):
            public = (
                options.config.serve.callback(name) or f"{served.url}/webhooks/{name} (url under [serve] is not set)"
            )
            click.echo(f"  {name}: {public}", err=True)
        while not stop():
            time.sleep(0.2)
    sys.exit(ExitCode.DONE)
