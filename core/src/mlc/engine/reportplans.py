"""Plans for reports: rendered for the system that is told, under a code that was never used before (R28)."""

from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection, func, select

from mlc.contract import Operation, RenderContext, Rendered
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tellings import code_after
from mlc.errors import MappingError
from mlc.recipes import Flow
from mlc.records import DocumentReport
from mlc.store.schema import intents, tellings


class ReportPlanner:
    """One flow of reports. What a report says was decided when it was made."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self._connection: Connection | None = None

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        del planning_only
        self._connection = connection

    def plan(self, entry: Entry) -> Plan:
        report = cast(DocumentReport | None, entry.source())
        if report is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if not self._is_last(entry):
            return self._settled(entry, RecordState.NOT_CARRIED, "a later report says what it said")
        refusals = self._refusals(entry)
        report = report.model_copy(update={"report_code": code_after(report.report_code, refusals)})
        context = RenderContext(
            operation=Operation.CREATE,
            probe=self.session.probe(self.flow.target),
            record_key=report.report_code,
            refusals=refusals,
        )
        try:
            made = self.session.call(self.flow.target, "mlc_render", record=report, binding=None, context=context)
        except (MappingError, ValidationError) as error:
            return self._settled(entry, RecordState.DEAD, str(error))
        rendered = cast(Rendered, made)
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            self.flow.target,
            operation=Operation.CREATE,
            parts=rendered.parts,
            rendered=report,
            natural_key=report.document.source_id,
            losses=rendered.losses,
            reason=report.message,
        )

    def _is_last(self, entry: Entry) -> bool:
        """An old one that is sent late would take back what was said since."""
        assert self._connection is not None
        query = select(tellings.c.record_id).where(
            tellings.c.pairing == self.session.pairing.name, tellings.c.report_id == entry.id
        )
        return self._connection.execute(query).first() is not None

    def _refusals(self, entry: Entry) -> int:
        assert self._connection is not None
        refused = select(func.count()).where(
            intents.c.record_id == entry.id, intents.c.state == IntentState.REJECTED.value
        )
        return int(self._connection.execute(refused).scalar_one())

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
