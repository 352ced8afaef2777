"""Money documents as requests: rendered by the target, keeping what is the target's own (pairings 0.2)."""

from collections.abc import Mapping
from typing import TypeVar, cast

from mlc.accounting.changes import record_fields
from mlc.accounting.naming import TradeDocument
from mlc.accounting.shapes import Shaped
from mlc.contract import Binding, Operation, RenderContext, Rendered, Strategy
from mlc.engine import registers as register
from mlc.engine.drafting import record_key, refusals_of, strategy_for
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.recipes import Flow, Owner
from mlc.records import Line, MoneyDocument, OrderStatus, PurchaseOrder, load_record
from mlc.system import ObjectSupport

Document = TypeVar("Document", bound=MoneyDocument)


class DocumentWriter:
    """Plans that write, for one flow."""

    def __init__(self, session: Session, flow: Flow, support: ObjectSupport) -> None:
        self._session = session
        self._flow = flow
        self._probe = session.probe(flow.target)
        self._strategy = strategy_for(flow.object, declared=support.strategy, unique_fields=self._probe.unique_fields)

    def key(self, entry: Entry) -> str:
        """Our key of the record, which travels with it whether or not this tenant has a unique field for it."""
        return record_key(self._session.system(entry.side).name, entry)

    def create(self, entry: Entry, shaped: Shaped) -> Plan:
        record, overrides = shaped.record, dict(shaped.overrides)
        rendered = self._render(entry, record, None, Operation.CREATE, overrides=overrides)
        row = register.describe(record)
        natural = f"{row['party'] or ''}|{row['number_key']}" if row["number_key"] else None
        return Plan(
            entry,
            self._flow,
            Action.WRITE,
            self._flow.target,
            operation=Operation.CREATE,
            parts=rendered.parts,
            rendered=record,
            natural_key=natural,
            listed=row,
            losses=(*shaped.losses, *rendered.losses),
            overrides=overrides,
        )

    def change_status(self, entry: Entry, record: TradeDocument, status: OrderStatus) -> Plan:
        """Only the order's status follows; its lines are not touched."""
        binding = _binding(entry)
        shown = binding.base if isinstance(binding.base, PurchaseOrder) else cast(PurchaseOrder, record)
        changed = _with_our_keys(shown, binding).model_copy(update={"status": status})
        return self._write(entry, changed, binding, Operation.UPDATE, frozenset({"status"}), overrides={})

    def update(self, entry: Entry, shaped: Shaped, fields: frozenset[str], status: OrderStatus | None) -> Plan:
        binding = _binding(entry)
        document = self._keeping_coding(entry, shaped.record, binding, fields)
        if status is not None and isinstance(document, PurchaseOrder):
            document = document.model_copy(update={"status": status})
        overrides = {**entry.overrides, **shaped.overrides}
        return self._write(entry, document, binding, Operation.UPDATE, fields, overrides=overrides, shaped=shaped)

    def void(self, entry: Entry, record: TradeDocument) -> Plan:
        binding = _binding(entry)
        shown = binding.base if isinstance(binding.base, MoneyDocument) else record
        shown = _with_our_keys(shown, binding)
        return self._write(entry, shown, binding, Operation.VOID, frozenset({"status"}), overrides={})

    def _write(
        self,
        entry: Entry,
        document: TradeDocument,
        binding: Binding,
        operation: Operation,
        fields: frozenset[str],
        *,
        overrides: Mapping[str, str],
        shaped: Shaped | None = None,
    ) -> Plan:
        rendered = self._render(entry, document, binding, operation, fields=fields, overrides=overrides)
        losses = (*(shaped.losses if shaped is not None else ()), *rendered.losses)
        if not rendered.parts:
            reason = "what changed has no place in the target"
            return Plan(entry, self._flow, Action.NOTHING, self._flow.target, reason=reason, losses=losses)
        return Plan(
            entry,
            self._flow,
            Action.WRITE,
            self._flow.target,
            operation=operation,
            parts=rendered.parts,
            rendered=document,
            fields=fields,
            losses=losses,
            overrides=overrides,
        )

    def _render(
        self,
        entry: Entry,
        record: TradeDocument,
        binding: Binding | None,
        operation: Operation,
        *,
        fields: frozenset[str] | None = None,
        overrides: Mapping[str, str],
    ) -> Rendered:
        context = RenderContext(
            operation=operation,
            probe=self._probe,
            record_key=self.key(entry),
            fields=None if fields is None else fields | record_fields(fields, record),
            overrides=overrides,
            use_unique_field=self._strategy is Strategy.UNIQUE_FIELD,
            refusals=refusals_of(self._session, entry, self._flow.target),
        )
        return cast(
            Rendered,
            self._session.call(self._flow.target, "mlc_render", record=record, binding=binding, context=context),
        )

    def _keeping_coding(
        self, entry: Entry, document: TradeDocument, binding: Binding, fields: frozenset[str]
    ) -> TradeDocument:
        """``once``: a line that is there keeps the target's own coding, unless the source itself was recoded."""
        if self._flow.owners.get("coding") is not Owner.ONCE or "coding" in fields:
            return document
        shown = load_record(self._flow.object, entry.other_input) if entry.other_input else binding.base
        if not isinstance(shown, MoneyDocument):
            return document
        there = {line.line_id: line for line in shown.lines}
        ours = binding.main.lines
        lines: list[Line] = []
        for line in document.lines:
            kept = there.get(ours.get(line.key or "", ""))
            if kept is None:
                lines.append(line)
            else:
                lines.append(line.model_copy(update={"account": kept.account, "dimensions": kept.dimensions}))
        return document.model_copy(update={"lines": tuple(lines)})


def _with_our_keys(document: Document, binding: Binding) -> Document:
    """As the target shows it, its lines under our keys again: none of them is new, and none is missing."""
    ours = {theirs: key for key, theirs in binding.main.lines.items()}
    lines = tuple(line.model_copy(update={"key": ours.get(line.line_id or "", line.key)}) for line in document.lines)
    return document.model_copy(update={"lines": lines})


def _binding(entry: Entry) -> Binding:
    binding = entry.binding()
    assert binding is not None
    return binding
