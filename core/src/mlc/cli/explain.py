"""``mlc explain``: one record of any state in plain words: where it stands, why, what it cost, and what comes next."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import Connection, RowMapping, func, or_, select

from mlc.accounting.holdcodes import HoldCode
from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.engine.decisions import verbs_for, wakes_itself
from mlc.engine.holdstore import open_rows
from mlc.engine.states import RecordState
from mlc.errors import ConfigError, ExitCode
from mlc.recipes import Side
from mlc.store.audit import AuditEvent, read_events
from mlc.store.schema import bindings, decisions, intents, records

#: What a state means, and what happens next without anybody doing anything.
MEANS: Mapping[RecordState, tuple[str, str]] = {
    RecordState.PENDING: ("waits its turn", "The next run decides about it."),
    RecordState.WRITING: ("is being written", "The next run settles what became of the write before it repeats any."),
    RecordState.IN_STEP: ("is in step", "Nothing, until it changes on one side."),
    RecordState.HELD: ("is held", "It waits; nothing of it is written meanwhile."),
    RecordState.DEAD: ("was given up on", "Nothing, until it changes or a person says: mlc dead retry {id}"),
    RecordState.UNMATCHED: ("has no counterpart", "It is looked for again when either side changes."),
    RecordState.NOT_CARRIED: ("is not carried", "It is decided anew when it changes."),
    RecordState.BEFORE_GO_LIVE: (
        "is from before go-live",
        "It is counted and never created; since in mlc.toml says from which ledger date on.",
    ),
    RecordState.SKIPPED: ("was skipped by a person", "Nothing, until a person says: mlc replay {id}"),
}
#: Their state says it all.
PLAIN = frozenset({RecordState.IN_STEP, RecordState.SKIPPED})
SHOWN = 12
#: Of no use to a reader of the history.
_HIDDEN = frozenset({"intent", "attempt", "part", "overrides", "evidence", "record_id"})


@click.command()
@click.argument("record")
@pass_options
def explain(options: Options, record: str) -> None:
    """Say of one RECORD where it stands, why, what it cost and what comes next.

    RECORD is our number for it, the document's number, or its id at either side. Nothing is asked of any system.
    """
    with options.database.read() as connection:
        row = _row(connection, record)
        holds = [hold for hold in open_rows(connection, row["pairing"]) if hold["record_id"] == row["id"]]
        told = _told(connection, row, holds)
    events = list(read_events(options.database, record_id=row["id"]))
    # An attempt that never left is none of the vendor's calls.
    told["writes_sent"] -= sum(one.event == "not_sent" for one in events)
    if options.json:
        history = [{"at": one.at, "run": one.run_id, "event": one.event, "detail": one.detail} for one in events]
        print_json(told | {"history": history})
    else:
        _show(told, events)
    sys.exit(ExitCode.NEEDS_A_PERSON if told["state"] in ("held", "dead") else ExitCode.DONE)


def _row(connection: Connection, name: str) -> RowMapping:
    """The one record of that name. Raises ConfigError when there is none, or more than one."""
    named = [records.c.number == name, records.c.external_id == name]
    if name.isdecimal() and len(name) < 19:
        named.append(records.c.id == int(name))
    bound = select(bindings.c.record_id).where(bindings.c.external_id == name)
    rows = (
        connection.execute(select(records).where(or_(*named, records.c.id.in_(bound))).order_by(records.c.id))
        .mappings()
        .all()
    )
    own = [row for row in rows if str(row["id"]) == name]
    if not rows:
        raise ConfigError(
            f"No record is known by {name}; it may not have been read yet: mlc status shows the last runs."
        )
    if len(rows) > 1 and len(own) != 1:
        several = ", ".join(f"{row['id']} ({_kind(row['object_type'])} of {row['pairing']})" for row in rows[:SHOWN])
        raise ConfigError(f"{name} names several records; say which of {several}.")
    return own[0] if own else rows[0]


def _told(connection: Connection, row: RowMapping, holds: list[RowMapping]) -> dict[str, Any]:
    state = RecordState(row["state"])
    bound = connection.execute(
        select(bindings.c.side, bindings.c.part, bindings.c.external_id)
        .where(bindings.c.record_id == row["id"])
        .order_by(bindings.c.side, bindings.c.part != "main", bindings.c.part)
    ).mappings()
    sent = connection.execute(select(func.sum(intents.c.attempt)).where(intents.c.record_id == row["id"])).scalar()
    said = connection.execute(
        select(decisions.c.by, decisions.c.kind, decisions.c.subject, decisions.c.reason, decisions.c.at)
        .where(decisions.c.record_id == row["id"])
        .order_by(decisions.c.id)
    ).mappings()
    return {
        "record": row["id"],
        "pairing": row["pairing"],
        "object_type": row["object_type"],
        "number": row["number"],
        "party": row["party"],
        "amount": row["amount"],
        "currency": row["currency"],
        "ledger_date": row["ledger_date"],
        "state": state.value,
        "reason": row["reason"],
        "bound": [dict(one) for one in bound],
        "source": {"side": row["side"], "external_id": row["external_id"]},
        "writes_sent": int(sent or 0),
        "holds": [_hold(hold) for hold in holds],
        "decisions": [dict(one) for one in said],
        "next": MEANS[state][1].format(id=row["id"]),
    }


def _hold(hold: RowMapping) -> dict[str, Any]:
    verbs = [f"mlc held {verb} {hold['record_id']}" for verb in verbs_for(HoldCode(hold["code"]), hold["object_type"])]
    names = ("code", "since", "sentence")
    return {name: hold[name] for name in names} | {"wakes_itself": wakes_itself(hold), "settled_by": verbs}


def _kind(object_type: str) -> str:
    return object_type.replace("_", " ")


def _show(told: Mapping[str, Any], events: list[AuditEvent]) -> None:
    party = f" of {told['party']}" if told["party"] else ""
    amount = f", {told['amount']} {told['currency']}" if told["amount"] else ""
    day = f", ledger date {told['ledger_date']}" if told["ledger_date"] else ""
    name = told["number"] or told["source"]["external_id"]
    click.echo(f"{_kind(told['object_type']).capitalize()} {name}{party}{amount}{day}")
    state = RecordState(told["state"])
    why = f": {told['reason']}" if told["reason"] and not told["holds"] and state not in PLAIN else ""
    words = MEANS[state][0]
    click.echo(f"Record {told['record']} of {told['pairing']} {words}{why.rstrip('.')}.")
    for hold in told["holds"]:
        click.echo(f"Held since {hold['since'][:10]}, {hold['code']}: {hold['sentence']}")
        cure = "It goes on by itself once that is cured. " if hold["wakes_itself"] else "It waits for a person. "
        click.echo(f"{cure}To decide: {'; '.join(hold['settled_by'])}")
    ids = {side: [one for one in told["bound"] if one["side"] == side] for side in Side}
    for side, found in ids.items():
        where = ", ".join(one["external_id"] + ("" if one["part"] == "main" else f" ({one['part']})") for one in found)
        if not where and told["source"]["side"] == side:
            where = told["source"]["external_id"]
        click.echo(f"{side.value}: {where or 'not there, or not known to be the same'}")
    click.echo(f"Writes sent so far: {told['writes_sent']}.")
    for one in told["decisions"]:
        click.echo(f"{one['by']} said {one['kind']} on {one['at'][:10]}: {one['reason'] or one['subject']}")
    click.echo(f"Next: {told['next']}")
    click.echo()
    rows = [(one.at[:16].replace("T", " "), one.run_id, one.event.replace("_", " "), _facts(one)) for one in events]
    if len(rows) > SHOWN:
        click.echo(f"The last {SHOWN} of {len(rows)} events; mlc audit --record {told['record']} has all.")
    print_table(("when (UTC)", "run", "what", "detail"), rows[-SHOWN:], empty="Nothing has been noted of it yet.")


def _facts(event: AuditEvent) -> str:
    told = []
    for name, value in event.detail.items():
        if name in _HIDDEN or value in (None, "", [], {}):
            continue
        if name == "losses":
            told += [f"{loss['field']} is lost: {loss['reason']}" for loss in value]
        elif name in ("reason", "sentence"):
            told.append(str(value))
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            told.append(f"{name} {json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else text}")
    if event.external_id is not None and event.event in ("created", "adopted", "updated", "voided"):
        told.append(f"as {event.external_id}")
    return "; ".join(told)
