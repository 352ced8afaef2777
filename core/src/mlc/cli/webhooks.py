"""``mlc connect NAME --webhooks``: subscriptions made by API, or the steps for a person; then a test delivery."""

import json
import time
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from mlc.cli.options import Options
from mlc.cli.output import print_json
from mlc.clock import Clock, stamp
from mlc.engine.subscribing import HOOK, lapses, subscribe
from mlc.errors import ConfigError, ExitCode
from mlc.pairings import validated
from mlc.store.credentials import Credentials
from mlc.store.schema import audit, inbox
from mlc.store.subscriptions import Subscriptions
from mlc.system import Capability

if TYPE_CHECKING:
    from mlc.config import ConnectionConfig
    from mlc.system import System

LOOK_S = 0.5


def set_up(options: Options, config: "ConnectionConfig", *, wait_s: float, end: bool = False) -> ExitCode:
    """Subscribe, or show how; wait for a delivery. Raises ConfigError, AuthError, TransientError, RejectedError."""
    system = options.plugins.system(config.system)
    if not any(Capability.WEBHOOKS in support.can for support in system.objects):
        raise ConfigError(f"{config.name}: {system.title} sends no webhooks; it is asked at every slot instead.")
    url = options.config.serve.callback(config.name)
    if url is None:
        raise ConfigError(
            f"{options.config.path}: url is missing under [serve]; write the public address that reaches mlc serve, "
            'e.g. url = "https://hooks.example.com".'
        )
    began = Clock().now()
    told: dict[str, Any] = {"connection": config.name, "url": url}
    if options.plugins.answers(system.name, HOOK):
        told |= _by_api(options, config, None if end else url)
        if end:
            return _say(options, told, "Our subscriptions are ended.")
    elif end:
        raise ConfigError(f"{config.name}: its webhooks were made by hand; they are ended where they were made.")
    else:
        told["steps"] = _by_hand(options, config, system, url)
    if wait_s <= 0:
        return _say(options, told, "")
    if not options.json:
        click.echo(f"Waiting {wait_s:g} s for a delivery to {url}; change a record there, or send its test message.")
    told["arrived"], told["refused"] = _arrival(options, config.name, stamp(began), wait_s)
    if told["arrived"]:
        return _say(options, told, "A genuine delivery has arrived: webhooks work.")
    if told["refused"]:
        sentence = f"A delivery came and was refused: {told['refused']} Compare the secret there with the stored one."
    else:
        sentence = "Nothing came. Does mlc serve (or mlc run --serve) run, and does the address reach it?"
    return _say(options, told, sentence, code=ExitCode.NEEDS_A_PERSON)


def _by_api(options: Options, config: "ConnectionConfig", url: str | None) -> dict[str, Any]:
    clock = Clock()
    subscriptions = Subscriptions(Credentials(options.database, options.keys, now=clock.now))
    done = subscribe(
        options.connection(config),
        plugins=options.plugins,
        database=options.database,
        subscriptions=subscriptions,
        callback_url=url,
        now=clock.now(),
    )
    subscriptions.looked(config.name, clock.now(), callback_url=url)
    ends = lapses(done.watches, clock.now())
    if not options.json:
        for watch in done.watches:
            click.echo(f"Subscription {watch.id}: {', '.join(watch.events) or 'all events'}")
        click.echo(f"{', '.join(one.value for one in done.changes) or 'unchanged'}; lapses in {ends or 'never'}.")
    return {"subscriptions": [watch.id for watch in done.watches], "changes": [one.value for one in done.changes]}


def _by_hand(options: Options, config: "ConnectionConfig", system: "System", url: str) -> list[str]:
    setup = system.webhooks.setup
    settings = validated(system.settings, config.settings)
    steps = list(setup(settings, url)) if setup is not None else [f"Let {system.title} send its webhooks to {url}."]
    if not options.json:
        for number, step in enumerate(steps, start=1):
            click.echo(f"{number}. {step}")
    return steps


def _arrival(options: Options, name: str, since: str, wait_s: float) -> tuple[bool, str | None]:
    """Whether a genuine delivery came, and why one was refused."""
    until = time.monotonic() + wait_s
    while True:
        with options.database.read() as connection:
            came = connection.execute(
                select(inbox.c.id).where(inbox.c.connection == name, inbox.c.received_at >= since).limit(1)
            ).first()
            refused = connection.execute(
                select(audit.c.detail)
                .where(audit.c.event == "webhook_refused", audit.c.at >= since, audit.c.detail.contains(f'"{name}"'))
                .order_by(audit.c.id.desc())
                .limit(1)
            ).scalar()
        if came is not None or time.monotonic() >= until:
            return came is not None, None if refused is None else _reason(refused)
        time.sleep(LOOK_S)


def _reason(detail: str) -> str:
    return str(json.loads(detail).get("reason", ""))


def _say(options: Options, told: dict[str, Any], sentence: str, *, code: ExitCode = ExitCode.DONE) -> ExitCode:
    if options.json:
        print_json(told)
    elif sentence:
        click.echo(sentence)
    return code
