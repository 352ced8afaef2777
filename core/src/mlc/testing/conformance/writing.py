"""Writes as the checks make them: a record to create, its requests, what came back, where it is found again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlc.connection import AnyConnection
from mlc.contract import (
    Accepted,
    Binding,
    BoundPart,
    Created,
    FindKey,
    Operation,
    Outcome,
    RenderContext,
    Rendered,
    SourceRecord,
    Strategy,
    Task,
    Updated,
    Write,
)
from mlc.errors import MlcError
from mlc.http import CallKind, Verdict
from mlc.records import (
    Bill,
    Contact,
    DocumentReport,
    Expense,
    Invoice,
    JournalEntry,
    ObjectType,
    Payment,
    PurchaseOrder,
    Record,
    VendorCredit,
)
from mlc.testing.conformance.files import with_file
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Call

if TYPE_CHECKING:
    from mlc.testing.conformance.bench import Bench

#: How often an accepted write is asked for, and how much later each time.
SETTLE_LOOKS, SETTLE_S = 8, 60.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push: what the plugin said, what it raised, what the transport knows, which writes left."""

    write: Write
    outcome: Outcome | None
    outcomes: Sequence[Outcome]
    error: MlcError | None
    verdict: Verdict
    calls: list[Call]

    @property
    def external_id(self) -> str | None:
        return self.outcome.external_id if isinstance(self.outcome, Created | Updated) else None

    def __str__(self) -> str:
        return f"{self.outcome or self.error!r} ({self.verdict}, {len(self.calls)} mutating requests)"


@dataclass(frozen=True, slots=True)
class Draft:
    """A record rendered for creation: its writes, main part first."""

    object_type: ObjectType
    record: Record
    rendered: Rendered
    writes: list[Write]
    strategy: Strategy
    key: FindKey
    context: RenderContext
    after: dict[str, str] = field(default_factory=dict)

    @property
    def main(self) -> Write:
        return self.writes[0]


def draft(bench: "Bench", connection: AnyConnection, object_type: ObjectType) -> Draft | None:
    """A record that is not there yet, rendered; None when none can be made."""
    number = bench.number()
    record = bench.author.to_create(object_type, number)
    support = bench.system.support(object_type)
    if record is None or support is None:
        return None
    probe = bench.probe(connection)
    unique = support.strategy is Strategy.UNIQUE_FIELD and object_type in probe.unique_fields
    strategy = Strategy.SEARCH if support.strategy is Strategy.UNIQUE_FIELD and not unique else support.strategy
    report = record if isinstance(record, DocumentReport) else None
    record_key = f"conformance-{number}" if report is None else report.report_code
    context = RenderContext(Operation.CREATE, probe, record_key, use_unique_field=unique)
    rendered: Rendered = bench.call(connection, "mlc_render", record=record, binding=None, context=context)
    replay_key = record_key if strategy is Strategy.REPLAY_KEY else None
    writes = [
        Write(
            key=f"{record_key}-{part.name}",
            operation=part.operation,
            payload=part.payload,
            record_key=record_key,
            part=part.name,
            action=part.action,
            parent_id=None if report is None else report.document.source_id,
            replay_key=replay_key if part.name == rendered.parts[0].name else None,
            use_unique_field=unique,
        )
        for part in rendered.parts
    ]
    after = {part.name: part.after for part in rendered.parts if part.after is not None}
    key = find_key(record, record_key, unique=unique)
    return Draft(object_type, record, rendered, writes, strategy, key, context, after)


def send(bench: "Bench", connection: AnyConnection, object_type: ObjectType, write: Write) -> Pushed:
    """Push one write under a permit, with a picture where it needs one. Whatever is no error of core's passes through:
    plugins raise nothing else."""
    tap = tap_of(connection)
    before = len(tap.of(CallKind.WRITE))
    sent_at = datetime.now(UTC)
    outcomes: list[Outcome] = []
    error = None
    with with_file(bench.system.support(object_type), write) as whole, connection.http.permit(write.key) as permit:
        try:
            outcomes = bench.call(connection, "mlc_push", object_type=object_type, writes=[whole])
        except MlcError as raised:
            error = raised
        verdict = permit.verdict()
    mine = next((one for one in outcomes if one.key == write.key), None)
    if isinstance(mine, Accepted):
        mine = _in_the_end(bench, connection, object_type, write, mine, sent_at)
    return Pushed(write, mine, outcomes, error, verdict, tap.of(CallKind.WRITE)[before:])


def _in_the_end(
    bench: "Bench",
    connection: AnyConnection,
    object_type: ObjectType,
    write: Write,
    accepted: Accepted,
    sent_at: datetime,
) -> Outcome:
    """What became of an accepted write, as the vendor's clock goes on; still accepted where that is not told here."""
    if not bench.answers("mlc_settle") or bench.calls_nobody:
        return accepted
    task = Task(write.key, accepted.task, write.external_id, sent_at, object_type, write.record_key)
    for _look in range(SETTLE_LOOKS):
        answers: list[Outcome] = bench.call(connection, "mlc_settle", tasks=[task])
        told = next((one for one in answers if one.key == write.key), None)
        if told is not None:
            return told
        if not bench.vendor.advance(SETTLE_S):
            return accepted
    return accepted


def finish(bench: "Bench", connection: AnyConnection, made: Draft, external_id: str) -> list[Pushed]:
    """Push the parts that come after the main one."""
    ids = {made.main.part: external_id}
    pushed = []
    for write in made.writes[1:]:
        parent = ids.get(made.after.get(write.part, made.main.part))
        own = write if write.operation is Operation.CREATE else replace(write, external_id=parent)
        pushed.append(send(bench, connection, made.object_type, replace(own, parent_id=parent)))
        ids[write.part] = pushed[-1].external_id or external_id
    return pushed


def hits(bench: "Bench", connection: AnyConnection, made: Draft) -> list[SourceRecord]:
    """Where the vendor finds it now, by unique field or natural key; each id once."""
    found: list[list[SourceRecord]] = bench.call(connection, "mlc_find", object_type=made.object_type, keys=[made.key])
    return list({row.id: row for row in found[0]}.values())


def update(
    bench: "Bench", connection: AnyConnection, row: SourceRecord, object_type: ObjectType, version: str | None
) -> tuple[Write, Record] | None:
    """One harmless change of a record as a write; None when nothing of it can be changed."""
    record = bench.map(object_type, row.payload)
    proposed = bench.author.to_change(record)
    if proposed is None:
        return None
    wanted, fields = proposed
    number = bench.number()
    lines = {getattr(line, "key", None) or line.line_id: line.line_id for line in getattr(record, "lines", ())}
    bound = Binding({"main": BoundPart("main", row.id, row.version, lines)}, base=record)
    context = RenderContext(Operation.UPDATE, bench.probe(connection), f"conformance-{number}", fields=fields)
    rendered: Rendered = bench.call(connection, "mlc_render", record=wanted, binding=bound, context=context)
    if not rendered.parts:
        return None
    part = rendered.parts[0]
    write = Write(
        key=f"change-{number}",
        operation=Operation.UPDATE,
        payload=part.payload,
        record_key=context.record_key,
        part=part.name,
        action=part.action,
        external_id=row.id,
        expected_version=version,
    )
    return write, wanted


def void(bench: "Bench", connection: AnyConnection, row: SourceRecord, object_type: ObjectType) -> Write:
    """A record taken back, as a write."""
    record = bench.map(object_type, row.payload)
    bound = Binding({"main": BoundPart("main", row.id, row.version)}, base=record)
    key = f"void-{bench.number()}"
    context = RenderContext(Operation.VOID, bench.probe(connection), key)
    rendered: Rendered = bench.call(connection, "mlc_render", record=record, binding=bound, context=context)
    part = rendered.parts[0]
    return Write(
        key, part.operation, part.payload, key, part=part.name, action=part.action, external_id=row.id,
        expected_version=row.version,
    )  # fmt: skip


def find_key(record: Record, record_key: str, *, unique: bool) -> FindKey:
    """What the engine would look a record up by."""
    common = FindKey(record_key=record_key, use_unique_field=unique)
    match record:
        case Bill() | VendorCredit() | PurchaseOrder() | Invoice():
            party = getattr(record, "vendor", None) or getattr(record, "customer", None)
            return replace(
                common,
                number=number_of(record),
                party_id=None if party is None else party.source_id,
                currency=record.currency,
                amount=None if record.total is None else f"{record.total:f}",
                on=record.issue_date,
            )
        case Expense():
            return replace(
                common,
                currency=record.currency,
                amount=None if record.total is None else f"{record.total:f}",
                on=record.issue_date,
                reference=record.expense_number,
            )
        case JournalEntry():
            return replace(common, number=record.entry_number, currency=record.currency, on=record.posting_date)
        case DocumentReport():
            return replace(common, external_id=record.document.source_id, reference=record.kind.value)
        case Contact():
            party_id = record.customer.source_id if record.customer else None
            return replace(common, party_id=party_id, reference=record.email, name=record.name)
        case Payment():
            return replace(
                common,
                party_id=record.party.source_id if record.party else None,
                currency=record.currency,
                amount=None if record.amount is None else f"{record.amount:f}",
                on=record.payment_date,
                reference=record.reference,
            )
    return replace(common, name=getattr(record, "name", None), number=getattr(record, "code", None))


def number_of(record: Record) -> str | None:
    """The number that a person knows a document by."""
    for name in ("bill_number", "po_number", "invoice_number", "expense_number", "reference", "name"):
        found = getattr(record, name, None)
        if found:
            return str(found)
    return None
