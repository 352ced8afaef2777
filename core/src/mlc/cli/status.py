"""``mlc status``: pairings, last runs, backlog, held, dead, lag; before a close, what is still open in a month."""

import json
import re
import sys
from collections import defaultdict
from decimal import Decimal
from typing import Any

import click
from sqlalchemy import Connection, func, select

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.cli.reports import show_off
from mlc.clock import Clock, parse_stamp
from mlc.engine.lacking import flows_off_as_probed
from mlc.engine.pauses import pauses_of
from mlc.engine.states import IntentState, RecordState
from mlc.engine.unlinked import unlinked
from mlc.errors import ExitCode
from mlc.records import DocumentStatus
from mlc.store.schema import acceptances, alerts, holds, intents, records, registers, runs

COLUMNS = ("pairing", "last run", "outcome", "lag", "backlog", "uncertain", "in step", "held", "dead")
#: Lands in the target without being in its ledger yet.
_UNPOSTED = (DocumentStatus.DRAFT.value,)


@click.command()
@click.option("--period", metavar="YYYY-MM", help="The cut-off list: what of this month is not in the ledger yet.")
@click.option("--unlinked", "alone", is_flag=True, help="People and customers whom only one side has, and who stay so.")
@pass_options
def status(options: Options, period: str | None, alone: bool) -> None:
    """Pairings, last runs, backlog, held, dead."""
    if period is not None and alone:
        raise click.UsageError("--period and --unlinked are two lists; ask for one.")
    if period is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise click.BadParameter(f"{period} is no month like 2026-03")
    with options.database.read() as connection:
        if period is not None:
            _show_period(options, period, connection)
            return
        names = sorted(options.config.pairings)
        if alone:
            _show_unlinked(
                options, [one for name in names for one in unlinked(connection, options.config.pairings[name])]
            )
            return
        found = [_pairing(options, connection, name) for name in names]
        open_alerts = [dict(row) for row in connection.execute(_open_alerts()).mappings()]
    if options.json:
        print_json({"pairings": found, "alerts": open_alerts})
    else:
        print_table(COLUMNS, [_row(one) for one in found], empty="No pairing is configured; mlc init writes one.")
        for one in found:
            if one["not_accepted"]:
                flows = ", ".join(one["not_accepted"])
                click.echo(f"{one['pairing']} only plans {flows}: mlc run {one['pairing']} --once --accept sends it.")
            for sentence in one["paused"]:
                click.echo(sentence)
            show_off(one["off"])
        for alert in open_alerts:
            click.echo(f"Alert since {alert['raised_at'][:16]}, {alert['code']}: {alert['sentence']}")
    waiting = any(one["held"] or one["dead"] or one["not_accepted"] or one["paused"] for one in found) or bool(
        open_alerts
    )
    sys.exit(ExitCode.NEEDS_A_PERSON if waiting else ExitCode.DONE)


def _show_unlinked(options: Options, found: list[dict[str, Any]]) -> None:
    """Nobody has to act on them, so the exit code is that of a list."""
    if options.json:
        print_json({"unlinked": found})
        return
    columns = ("pairing", "kind", "name", "email", "kept_in", "id", "customer", "since", "why")
    shown = [[one[name] if name != "since" else (one[name] or "")[:10] for name in columns] for one in found]
    print_table([name.replace("_", " ") for name in columns], shown, empty="Nobody is unlinked.")


def _open_alerts() -> Any:
    return select(alerts.c.pairing, alerts.c.code, alerts.c.sentence, alerts.c.raised_at).where(
        alerts.c.cleared_at.is_(None)
    )


def _pairing(options: Options, connection: Connection, name: str) -> dict[str, Any]:
    counted = connection.execute(
        select(records.c.state, func.count()).where(records.c.pairing == name).group_by(records.c.state)
    )
    states: dict[str, int] = {row[0]: row[1] for row in counted}
    pairing = options.config.pairings[name]
    last = (
        connection.execute(select(runs).where(runs.c.pairing == name).order_by(runs.c.id.desc()).limit(1))
        .mappings()
        .first()
    )
    finished = connection.execute(select(func.max(runs.c.finished_at)).where(runs.c.pairing == name)).scalar()
    uncertain = connection.execute(
        select(func.count())
        .select_from(intents)
        .where(intents.c.pairing == name, intents.c.state == IntentState.UNCERTAIN.value)
    ).scalar_one()
    held = connection.execute(
        select(func.count(holds.c.record_id.distinct())).where(holds.c.pairing == name, holds.c.cleared_at.is_(None))
    ).scalar_one()
    accepted = set(connection.execute(select(acceptances.c.flow).where(acceptances.c.pairing == name)).scalars())
    summary = json.loads(last["summary"]) if last is not None and last["summary"] else {}
    planned = summary.get("planned_only") or {}
    return {
        "pairing": name,
        "recipe": pairing.recipe,
        "run": None if last is None else last["id"],
        "started_at": None if last is None else last["started_at"],
        "outcome": None if last is None else last["outcome"] or "under way, or it was killed",
        "lag_s": None if finished is None else round((Clock().now() - parse_stamp(finished)).total_seconds()),
        "backlog": states.get(RecordState.PENDING.value, 0) + states.get(RecordState.WRITING.value, 0),
        "uncertain": uncertain,
        "held": held,
        "states": {state.value: states.get(state.value, 0) for state in RecordState},
        "dead": states.get(RecordState.DEAD.value, 0),
        "paused": [stopped.sentence for stopped in pauses_of(connection, name).values()],
        "off": flows_off_as_probed(connection, pairing),
        "not_accepted": sorted(flow for flow in planned if flow not in accepted),
    }


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    started = (
        "never" if one["started_at"] is None else f"{one['started_at'][:16].replace('T', ' ')}Z (run {one['run']})"
    )
    figures = (one["backlog"], one["uncertain"], one["states"]["in_step"], one["held"], one["dead"])
    return (one["pairing"], started, (one["outcome"] or "").replace("_", " "), _ago(one["lag_s"]), *figures)


def _ago(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{max(0, seconds)} s"


# -------------------------------------------------------------------- cut-off


def _show_period(options: Options, period: str, connection: Connection) -> None:
    rows = cut_off(connection, period)
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row["waits_as"], row["currency"] or ""] += Decimal(row["amount"] or 0)
    summed = [
        {"waits_as": state, "currency": currency, "total": total} for (state, currency), total in sorted(totals.items())
    ]
    if options.json:
        print_json({"period": period, "records": rows, "totals": summed})
    else:
        columns = (
            "record",
            "pairing",
            "object_type",
            "number",
            "party",
            "ledger_date",
            "amount",
            "currency",
            "waits_as",
            "why",
        )
        shown = [[row[column] for column in columns] for row in rows]
        print_table(
            [column.replace("_", " ") for column in columns], shown, empty=f"Everything of {period} is in the ledger."
        )
        if rows:
            click.echo()
            print_table(("waits as", "currency", "total"), [list(one.values()) for one in summed])
    sys.exit(ExitCode.NEEDS_A_PERSON if rows else ExitCode.DONE)


def cut_off(connection: Connection, period: str) -> list[dict[str, Any]]:
    """Held, dead, on their way or awaiting approval in the target, with a ledger date in that month (``YYYY-MM``)."""
    month = records.c.ledger_date.startswith(period)
    open_states = [RecordState.HELD.value, RecordState.DEAD.value, RecordState.PENDING.value, RecordState.WRITING.value]
    columns = [
        records.c[name] for name in ("pairing", "object_type", "number", "party", "ledger_date", "amount", "currency")
    ]
    waiting = connection.execute(
        select(records.c.id.label("record"), *columns, records.c.state.label("waits_as"), records.c.reason.label("why"))
        .where(month, records.c.state.in_(open_states))
        .order_by(records.c.ledger_date, records.c.id)
    ).mappings()
    unposted = connection.execute(
        select(records.c.id.label("record"), *columns, registers.c.status.label("why"))
        .join(registers, registers.c.record_id == records.c.id)
        .where(
            month,
            records.c.state == RecordState.IN_STEP.value,
            registers.c.status.in_(_UNPOSTED),
            registers.c.side != records.c.side,
        )
        .order_by(records.c.ledger_date, records.c.id)
    ).mappings()
    landed = [dict(row) | {"waits_as": "awaiting approval", "why": f"{row['why']} in the target"} for row in unposted]
    return [dict(row) for row in waiting] + landed
