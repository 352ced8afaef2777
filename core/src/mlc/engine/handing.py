"""Whether a document that its system hands over may be posted now (R28)."""

from sqlalchemy import Connection

from mlc.accounting.handover import Standing
from mlc.accounting.naming import TradeDocument
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tellings import is_blocked, report_flow, standing, tellings_of
from mlc.recipes import Flow

_STAYS = {
    Standing.THEIRS: "another program took it from its system",
    Standing.DONE: "it was handed over before it was carried",
}


class Handing:
    """One flow's documents; all of them are free where their system wants to be told nothing."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.flow = flow
        self.told = report_flow(session, flow) is not None

    def of(self, connection: Connection, entry: Entry, record: TradeDocument) -> Standing:
        if not self.told or entry.adjusts is not None:  # a part of a document goes with it
            return Standing.FREE
        telling = tellings_of(connection, [entry.id]).get(entry.id)
        return standing(entry, record, None if telling is None else telling.told)

    def first(self, stands: Standing, entry: Entry, record: TradeDocument, *, planning_only: bool) -> Plan | None:
        """What comes before everything else that is asked of a document; None when it may go on."""
        if stands in _STAYS:
            return self._settled(entry, _STAYS[stands])
        untaken = stands in (Standing.UNTAKEN, Standing.WAITS) and not is_blocked(record, entry)
        if untaken and not planning_only:
            return Plan(entry, self.flow, Action.WAIT, self.flow.target, reason="it has to be taken first")
        return None

    def given_back(self, entry: Entry) -> Plan:
        """Nothing stands in its way any more, and still it is over there: it is posted once it is offered again."""
        return self._settled(entry, "it was given back: people mend it over there and offer it again")

    def _settled(self, entry: Entry, reason: str) -> Plan:
        state = RecordState.NOT_CARRIED
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
