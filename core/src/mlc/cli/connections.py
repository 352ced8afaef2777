"""``mlc connections``: state and expiry of every connection."""

import json
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import select

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.clock import Clock
from mlc.config import ConnectionConfig
from mlc.oauth.replies import TOKEN
from mlc.store.credentials import Credentials
from mlc.store.inbox import heard
from mlc.store.refreshes import count_refreshes
from mlc.store.schema import connections as table
from mlc.store.schema import looks, watches

COLUMNS = (
    "connection",
    "system",
    "state",
    "account",
    "organisation",
    "consent",
    "token_until",
    "refresh_until",
    "tokens_today",
    "webhooks",
)


@click.command()
@pass_options
def connections(options: Options) -> None:
    """State of every connection: who we are there, when its tokens and subscriptions end, what was heard of it."""
    rows = [_row(options, config) for config in options.named()]
    if options.json:
        print_json(rows)
        return
    print_table(
        [column.replace("_", " ") for column in COLUMNS],
        [[row[column] for column in COLUMNS] for row in rows],
        empty="No connection is configured.",
    )
    for row in rows:
        if row["reason"]:
            click.echo(f"{row['connection']}: {row['reason']}")


def _row(options: Options, config: ConnectionConfig) -> dict[str, Any]:
    clock, holder = Clock(), config.consent or config.name
    with options.database.read() as reading:
        stored = reading.execute(select(table).where(table.c.name == config.name)).first()
        minted = count_refreshes(reading, holder, since=clock.now() - timedelta(days=1))
    token = Credentials(options.database, options.keys, now=clock.now).get(holder, TOKEN)
    identity = json.loads(stored.identity) if stored is not None and stored.identity else {}
    return {
        "connection": config.name,
        "system": config.system,
        "state": "not connected" if stored is None else stored.state,
        "reason": None if stored is None else stored.reason,
        "account": identity.get("account"),
        "organisation": identity.get("organisation"),
        "consent": None if config.consent is None else f"of {config.consent}",
        "token_until": _minute(None if token is None else token.value["expires_at"]),
        "refresh_until": _minute(None if token is None else token.value["refresh_expires_at"]),
        "tokens_today": minted,
        "webhooks": _webhooks(options, config.name),
    }


def _minute(moment: str | None) -> str | None:
    return None if moment is None else f"{moment[:16]}Z"


def _webhooks(options: Options, name: str) -> str | None:
    """When the first subscription lapses, and when the last delivery came."""
    with options.database.read() as connection:
        rows = connection.execute(select(watches.c.expires_at).where(watches.c.connection == name)).scalars().all()
        last = heard(connection, [name]).get(name)
        look = connection.execute(select(looks.c.problem).where(looks.c.connection == name)).scalar()
    told = []
    if rows:
        ends = min((end for end in rows if end is not None), default=None)
        told.append(f"{len(rows)} subscribed" + ("" if ends is None else f" until {_minute(ends)}"))
    if look is not None:
        told.append("trouble")
    if last is not None:
        told.append(f"last {_minute(last.isoformat())}")
    return ", ".join(told) or None
