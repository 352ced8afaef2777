"""``mlc connect``: secrets and consent for one connection, then a ping."""

import os
import sys
from collections.abc import Mapping

import click
from pydantic import ValidationError

from mlc.cli.options import Options
from mlc.cli.output import print_json
from mlc.cli.ping import ask, show
from mlc.clock import Clock
from mlc.config import ConnectionConfig, resolve
from mlc.connection import AnyConnection
from mlc.connections import SECRETS, store_secrets, stored_secrets
from mlc.errors import ConfigError, ExitCode
from mlc.oauth.consent import Callback, Invitation, accept, invite, open_browser, read_callback
from mlc.oauth.replies import REPLY, TOKEN
from mlc.oauth.shared import CLIENT_SECRETS, guests_of
from mlc.oauth.tokens import StoredTokens
from mlc.pairings import refuse_unknown
from mlc.store.credentials import Credentials, Kept
from mlc.store.refreshes import ConnectionState, set_standing
from mlc.system import Capability, Consent, Secrets, System

#: The secret that OAuth calls so, wherever a system has one.
REFRESH = "refresh_token"


@click.command()
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the secrets from standard input, one key=value a line.")
@click.option("--paste", is_flag=True, help="No browser on this machine: show the address, paste where it ended.")
@click.option("--code", help="A code made in the vendor's own console (self client).")
@click.option("--webhooks", is_flag=True, help="Only set up webhooks: subscribe, or show the steps; then test them.")
@click.option("--unsubscribe", is_flag=True, help="Only end our subscriptions there.")
@click.option("--wait", "wait_s", type=float, default=120.0, show_default=True, help="Seconds to wait for a delivery.")
@click.pass_context
def connect(
    ctx: click.Context,
    name: str,
    from_stdin: bool,
    paste: bool,
    code: str | None,
    webhooks: bool,
    unsubscribe: bool,
    wait_s: float,
) -> None:
    """Authorise the connection NAME, then ping it.

    Secrets are asked without echo, or read from standard input, or taken from the environment where mlc.toml says so.
    They are kept encrypted.
    """
    options = ctx.ensure_object(Options)
    (config,) = options.named([name])
    if webhooks or unsubscribe:
        from mlc.cli.webhooks import set_up

        ctx.exit(set_up(options, config, wait_s=wait_s, end=unsubscribe))
    system = options.plugins.system(config.system)
    credentials = Credentials(options.database, options.keys, now=Clock().now)
    shared = config.consent is not None
    if shared and code is not None:
        raise ConfigError(f"{name} uses the consent of {config.consent}; run: mlc connect {config.consent} --code …")
    if system.connect_help and not shared and not options.json and not from_stdin:
        click.echo(system.connect_help)
        if system.consent is not None:
            click.echo(f"Redirect URI: {system.consent.redirect_uri}")
    given = _read_stdin() if from_stdin else None
    before = credentials.get(config.name, SECRETS)
    secrets = _secrets(config, system, credentials, given)
    _begin_again(credentials, config, secrets)
    connection = options.connection(config)
    guests = guests_of(name, options.config.connections.values())
    if shared:
        click.echo(f"{name} uses the consent of {config.consent}.", err=True)
    elif system.consent is not None:
        tokens = connection.tokens
        assert isinstance(tokens, StoredTokens)
        if code is not None:
            accept(connection, system.consent, tokens, callback={"code": code}, redirect_uri=None)
        elif paste or not _consented(config, secrets, before, given):
            invitation = invite(connection, system.consent, guests=[_guest(options, one) for one in guests])
            callback = _pasted(invitation) if paste else _from_browser(invitation)
            accept(connection, system.consent, tokens, callback=callback, redirect_uri=invitation.redirect_uri)
    answer = ask(options, config, connection)
    if options.json:
        print_json(answer)
    else:
        show(answer)
        click.echo(f"{name} is connected.")
        for guest in guests:
            click.echo(f"{guest.name} uses the same consent: mlc ping {guest.name}")
        if options.config.serve.url is not None and _sends_webhooks(system):
            click.echo(f"Its webhooks: mlc connect {name} --webhooks")
    ctx.exit(ExitCode.NEEDS_A_PERSON if answer["permissions_missing"] else ExitCode.DONE)


def _consented(
    config: ConnectionConfig, secrets: Secrets, before: Kept | None, given: Mapping[str, str] | None
) -> bool:
    """Whether a refresh token came along: consent was given elsewhere, and no browser is needed."""
    kept = None if before is None else before.value.get(REFRESH)
    return REFRESH in config.secrets or REFRESH in (given or {}) or getattr(secrets, REFRESH, None) not in (None, kept)


def _guest(options: Options, config: ConnectionConfig) -> tuple[AnyConnection, Consent]:
    consent = options.plugins.system(config.system).consent
    assert consent is not None
    return options.connection(config), consent


def _sends_webhooks(system: System) -> bool:
    return any(Capability.WEBHOOKS in support.can for support in system.objects)


def _secrets(
    config: ConnectionConfig, system: System, credentials: Credentials, given: Mapping[str, str] | None
) -> Secrets:
    """What was given or asked, over what is stored; what the configuration provides is neither asked nor stored."""
    fields = system.secrets.model_fields
    refuse_unknown(given or {}, fields)
    values = stored_secrets(credentials, config.name, config.consent)
    theirs = {} if config.consent is None else {key: values.pop(key) for key in CLIENT_SECRETS & values.keys()}
    provided = {key: resolve(value, os.environ) for key, value in config.secrets.items()}
    for key, field in fields.items():
        if given is not None and key in given:
            values[key] = given[key]
        elif given is None and key not in provided and not (config.consent and key in CLIENT_SECRETS):
            answer = _ask(key, field.description or key, required=field.is_required() and key not in values)
            if answer:
                values[key] = answer
    try:
        system.secrets.model_validate(theirs | values | provided)
    except ValidationError as error:
        wrong = sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False)})
        raise ConfigError(f"{config.name} has no usable {', '.join(wrong)}; give it and try again.") from None
    return system.secrets.model_construct(**values)


def _ask(key: str, description: str, *, required: bool) -> str:
    if not sys.stdin.isatty():
        if not required:
            return ""
        raise ConfigError(f'{key} is missing; run this in a terminal, use --stdin, or write {key} = {{ env = "…" }}.')
    hint = "" if required else " (empty leaves it as it is)"
    answer = click.prompt(f"{description}{hint}", default=None if required else "", hide_input=True, show_default=False)
    return str(answer).strip()


def _read_stdin() -> dict[str, str]:
    found = {}
    for number, line in enumerate(sys.stdin, 1):
        key, equals, value = line.strip().partition("=")
        if not key:
            continue
        if not equals:
            raise ConfigError(f"Line {number} of standard input is not key=value.")
        found[key.strip()] = value.strip()
    return found


def _begin_again(credentials: Credentials, config: ConnectionConfig, secrets: Secrets) -> None:
    """Keep the secrets, forget tokens that older ones brought, and let the connection try again."""
    store_secrets(credentials, config.name, secrets)
    with credentials.database.write() as tx:
        credentials.remove_in(tx, config.name, TOKEN)
        credentials.remove_in(tx, config.name, REPLY)
        now = Clock().now()
        set_standing(tx, config.name, system=config.system, state=ConnectionState.READY, reason=None, now=now)


def _from_browser(invitation: Invitation) -> Mapping[str, str]:
    with Callback(invitation.redirect_uri, state=invitation.state) as waiting:
        click.echo(f"Open this address, if your browser has not: {invitation.url}", err=True)
        open_browser(invitation)
        return waiting.wait()


def _pasted(invitation: Invitation) -> Mapping[str, str]:
    click.echo(f"Open this address in any browser: {invitation.url}", err=True)
    return read_callback(click.prompt("Paste the whole address that the browser ended at"), state=invitation.state)
