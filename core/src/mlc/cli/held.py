"""``mlc held``: what waits, and for what; what a person decides about it."""

import getpass
import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import RowMapping, or_, select

from mlc.accounting.holdcodes import HoldCode
from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.cli.sides import both_sides
from mlc.clock import Clock
from mlc.engine.decisions import Verb, decide_hold, verbs_for, wakes_itself
from mlc.engine.holdstore import open_rows
from mlc.errors import ConfigError, ExitCode
from mlc.store.schema import decisions, records

SHOWN_IDS = 8
CODE = click.Choice([code.value for code in HoldCode])


@click.group(invoke_without_command=True)
@click.option("--pairing", help="Only this pairing.")
@click.option("--code", type=CODE, help="Only holds of this kind.")
@click.pass_context
def held(ctx: click.Context, pairing: str | None, code: str | None) -> None:
    """What waits, and for what; settle it."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(Options), pairing, code)


@held.command("list")
@click.option("--pairing", help="Only this pairing.")
@click.option("--code", type=CODE, help="Only holds of this kind.")
@pass_options
def list_(options: Options, pairing: str | None, code: str | None) -> None:
    """Every hold, grouped by its code and by what it waits for."""
    _list(options, pairing, code)


@held.command()
@click.argument("record")
@pass_options
def show(options: Options, record: str) -> None:
    """One record: why it waits, both sides side by side, what may be decided."""
    rows = _holds(options, record)
    with options.database.read() as connection:
        sides = both_sides(connection, rows[0]["record_id"])
        said = connection.execute(
            select(decisions).where(decisions.c.record_id == rows[0]["record_id"]).order_by(decisions.c.id)
        ).mappings()
        decided = [dict(one) for one in said]
    if options.json:
        print_json({"holds": [_as_dict(row) for row in rows], "sides": sides, "decisions": decided})
        return
    for row in rows:
        click.echo(f"{row['code']} since {row['since'][:10]}: {row['sentence']}")
        candidates = _detail(row).get("candidates")
        if candidates:
            print_table(list(candidates[0]), [list(one.values()) for one in candidates])
        click.echo(f"Settle it with: {_commands(row)}")
        for verb in verbs_for(HoldCode(row["code"]), row["object_type"]):
            if what := _detail(row).get(verb.value):
                click.echo(f"  {verb}: {what}.")
    click.echo()
    print_table(("field", "at the source", "in the target"), [[*one.values()] for one in sides], empty="Not read yet.")
    for one in decided:
        click.echo(f"{one['by']} said {one['kind']} {one['subject']} on {one['at'][:10]}: {one['reason'] or ''}")


def _verb(verb: Verb, help: str, *, other: bool = False, reason_required: bool = False) -> None:
    """Add one verb to the group. All of them take records by id or number, or every record of a code."""

    def settle(
        options: Options, record: str | None, other_id: str | None, code: str | None, reason: str | None
    ) -> None:
        if (record is None) == (code is None):
            raise click.UsageError("say which record, or --code CODE for all of that kind")
        if reason_required and not (reason or "").strip():
            raise click.BadParameter("Say why.", param_hint="--reason")
        rows = _holds(options, record, code)
        refused = {told for row in rows if verb is Verb.REVERSE and (told := _detail(row).get("refused"))}
        follows = [what for row in rows if (what := _detail(row).get(verb.value))]
        if follows and not options.json:
            for what in follows:
                click.echo(f"At the next run: {what}.")
            if sys.stdin.isatty():
                click.confirm("Go on?", default=True, abort=True)
        if refused and not options.json:
            click.echo(f"At the last run: {' '.join(sorted(refused))}")
        now, by = Clock().now(), getpass.getuser()
        with options.database.write() as tx:
            for row in rows:
                decide_hold(tx, row, verb, other=other_id, reason=reason, by=by, now=now)
        told = [row["record_id"] for row in rows]
        if options.json:
            print_json({"verb": verb, "records": told, "follows": follows, "refused": sorted(refused)})
        else:
            click.echo(
                f"{len(set(told))} records are decided again at the next run. Next: mlc run {rows[0]['pairing']} --once"
            )

    params: list[click.Parameter] = [click.Argument(["record"], required=False)]
    if other:
        params.append(click.Argument(["other_id"], required=False))
    params.append(click.Option(["--code"], type=CODE, help="Every record held for this."))
    params.append(click.Option(["--reason"], required=reason_required, help="Kept with the decision."))

    @click.pass_context
    def callback(ctx: click.Context, /, record: str | None, code: str | None, reason: str | None, **more: Any) -> None:
        settle(ctx.ensure_object(Options), record, more.get("other_id"), code, reason)

    held.add_command(click.Command(verb.value, callback=callback, params=params, help=help))


_verb(Verb.RETRY, "The cure is there: decide again.")
_verb(Verb.SKIP, "Never carry this record.", reason_required=True)
_verb(Verb.LINK, "It is that one on the other side: bind both as they stand.", other=True)
_verb(Verb.CREATE, "The other side does not have it: make it there.")
_verb(Verb.ADOPT, "The other side's document is the same one: bind it as it stands.", other=True)
_verb(Verb.ACCEPT, "Take the difference as it is; nothing is written.")
_verb(Verb.REPAIR, "Write our values over theirs.")
_verb(Verb.POST, "It is a document of its own: write it. After a close: post the difference on the first open day.")
_verb(Verb.VOID, "Void it in the target.")
_verb(Verb.MOVE, "Its period is closed: write it on the first open day.")
_verb(Verb.REVERSE, "Take the payment off its documents, then book its refund.")
_verb(Verb.NOT_A_DUPLICATE, "These two are different documents.", other=True)


def _list(options: Options, pairing: str | None, code: str | None) -> None:
    options.known_pairing(pairing)
    with options.database.read() as connection:
        rows = [row for row in open_rows(connection, pairing) if code in (None, row["code"])]
    groups: dict[tuple[str, str, str], list[RowMapping]] = {}
    for row in rows:
        groups.setdefault((row["pairing"], row["code"], row["waits_key"] if wakes_itself(row) else ""), []).append(row)
    if options.json:
        print_json([_group(found) for found in groups.values()])
    else:
        print_table(
            ("held", "code", "records", "why", "settle with"),
            [
                (len(found), found[0]["code"], _ids(found), found[0]["sentence"], _commands(found[0]))
                for found in groups.values()
            ],
            empty="Nothing waits.",
        )
        if rows:
            click.echo(
                f"{len({row['record_id'] for row in rows})} records wait. mlc held show RECORD shows one.", err=True
            )
    sys.exit(ExitCode.NEEDS_A_PERSON if rows else ExitCode.DONE)


def _holds(options: Options, record: str | None, code: str | None = None) -> list[RowMapping]:
    """Open holds of one record (by our id, its number, or its id at a side), or of a code."""
    with options.database.read() as connection:
        rows = [row for row in open_rows(connection) if code in (None, row["code"])]
        if record is None:
            wanted = {row["record_id"] for row in rows}
        elif any(str(row["record_id"]) == record for row in rows):
            wanted = {int(record)}
        else:
            named = or_(records.c.number == record, records.c.external_id == record)
            wanted = set(connection.execute(select(records.c.id).where(named)).scalars())
    found = [row for row in rows if row["record_id"] in wanted]
    if not found:
        raise ConfigError(f"Nothing named {record or code} is held; mlc held lists what is.")
    if record is not None and len({row["record_id"] for row in found}) > 1:
        ids = ", ".join(sorted({str(row["record_id"]) for row in found}))
        raise ConfigError(f"{record} names several held records; say which of {ids}.")
    return found


def _commands(row: RowMapping) -> str:
    """The verbs that settle a hold; what clears itself says so."""
    words = ", ".join(verbs_for(HoldCode(row["code"]), row["object_type"]))
    return f"the cure alone, or {words}" if wakes_itself(row) else words


def _ids(rows: Sequence[RowMapping]) -> str:
    ids = list(dict.fromkeys(str(row["record_id"]) for row in rows))
    more = f" +{len(ids) - SHOWN_IDS}" if len(ids) > SHOWN_IDS else ""
    return " ".join(ids[:SHOWN_IDS]) + more


def _group(rows: Sequence[RowMapping]) -> dict[str, Any]:
    first = rows[0]
    return {
        "pairing": first["pairing"],
        "code": first["code"],
        "waits_kind": first["waits_kind"],
        "waits_key": first["waits_key"] if wakes_itself(first) else None,
        "settled_by": verbs_for(HoldCode(first["code"]), first["object_type"]),
        "records": [_as_dict(row) for row in rows],
    }


def _as_dict(row: RowMapping) -> dict[str, Any]:
    names = ("object_type", "side", "external_id", "number", "party", "currency", "amount", "ledger_date")
    told = {name: row[name] for name in ("record_id", "code", "sentence", "waits_kind", "waits_key", "since", *names)}
    return told | {"detail": _detail(row)}


def _detail(row: RowMapping) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["detail"]) if row["detail"] else {}
    return found
