"""Is the document there already? Candidates from the target's register, judged, and said in a sentence (R20)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, name_of, number_of, party_field, party_id, party_of, person_key
from mlc.accounting.shapes import Shaped
from mlc.accounting.situation import Verdict
from mlc.accounting.twins import Conflict, Exact, Near, RegisterRow, judge_twins
from mlc.engine.candidates import find_candidates, live_with_key, register_row
from mlc.engine.planning import verdicts
from mlc.engine.plans import Entry
from mlc.engine.refused import refused_ids
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import Ref


class TwinSearch:
    """Twins of one flow's documents; remembers what was decided in this slice, which no register shows yet."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self._pairing = session.pairing
        self._flow = flow
        self._connection: Connection | None = None
        self._recent: dict[str | None, list[RegisterRow]] = {}
        """By the target's party."""
        self._adopted: set[str] = set()
        self._session = session
        self._refused: frozenset[str] = frozenset()

    def look_through(self, connection: Connection, *, forget: bool) -> None:
        """Use this connection from now on; ``forget`` what earlier slices decided, the register has it by now."""
        self._connection = connection
        self._refused = refused_ids(connection, self._session, self._flow, self._flow.object)
        if forget:
            self._recent, self._adopted = {}, set()

    def with_own_key(self, key: str) -> str | None:
        """The live document that already carries our key: a write of an earlier life."""
        assert self._connection is not None
        return live_with_key(self._connection, self._pairing.name, self._flow.target, self._flow.object.value, key)

    def find(self, entry: Entry, shaped: Shaped) -> str | Hold | None:
        """The id of the exact twin to adopt, the hold for a near one or a conflict, None when there is none."""
        vendor = party_of(shaped.record)
        named = {vendor.name, vendor.source_id, vendor.code} if vendor is not None else set()
        found = judge_twins(
            shaped.record,
            [*self._candidates(entry, shaped), *self._decided_before(entry, shaped.record)],
            dismissed=frozenset(entry.decided.get("not_a_duplicate", {})),
            # The number of an adjustment is ours: that it contains another, or ends like one, says nothing.
            exempt=entry.adjusts is not None or bool(named & set(self._pairing.policy.twins_expected)),
            number=shaped.number,
            number_made=shaped.number_made,
            issue_date=shaped.issue_date,
        )
        if Verdict.POST in verdicts(entry.decided).values() and not isinstance(found, Exact):
            return None
        name = name_of(shaped.record)
        match found:
            case Exact(row):
                self._adopted.add(row.external_id)
                return row.external_id
            case Near(rows, why):
                sentence = f"{name}: {_told(rows[0])} {why}; it may be the same document entered twice."
                return _hold(HoldCode.NEAR_TWIN, sentence, shaped.record, rows)
            case Conflict(row):
                sentence = f"{name}: {_told(row)} has the same number but other values."
                return _hold(HoldCode.NUMBER_CONFLICT, sentence, shaped.record, (row,))
        return None

    def find_older(self, entry: Entry, record: TradeDocument, vendor: Ref) -> str | None:
        """The exact twin of a document from before go-live; such a one is bound, never created (R26)."""
        there = record.model_copy(update={party_field(record): vendor, "issue_date": record.ledger_date})
        shaped = Shaped(there, record.total or Decimal(0), number=number_of(record), issue_date=record.issue_date)
        rows = self._candidates(entry, shaped)
        found = judge_twins(there, rows, number=number_of(record), issue_date=record.issue_date)
        return found.row.external_id if isinstance(found, Exact) else None

    def remember(self, entry: Entry, listed: Mapping[str, Any]) -> None:
        """This record is about to be created: the next one in the slice is compared with it."""
        row = register_row({**listed, "external_id": f"planned:{entry.id}", "record_id": entry.id})
        self._recent.setdefault(row.party, []).append(row)

    def _candidates(self, entry: Entry, shaped: Shaped) -> list[RegisterRow]:
        assert self._connection is not None
        found = find_candidates(
            self._connection,
            self._pairing.name,
            self._flow.target,
            shaped.record,
            number=shaped.number,
            issue_date=shaped.issue_date,
            but=entry.id,
        )
        return [
            replace(row, bound_to=0) if row.external_id in self._adopted else row
            for row in found
            if row.bound_to is not None or row.external_id not in self._refused
        ]

    def _decided_before(self, entry: Entry, record: TradeDocument) -> list[RegisterRow]:
        return [row for row in self._recent.get(party_id(record), ()) if row.bound_to != entry.id]


def _hold(code: HoldCode, sentence: str, record: TradeDocument, rows: tuple[RegisterRow, ...]) -> Hold:
    candidates = [
        {
            "id": row.external_id,
            "number": row.number,
            "total": str(row.total),
            "currency": row.currency,
            "date": str(row.issue_date),
            "status": row.status,
        }
        for row in rows
    ]
    return Hold(code, sentence, Waits.PERSON, person_key(record), {"candidates": candidates})


def _told(row: RegisterRow) -> str:
    own = "another document of this run" if row.external_id.startswith(("planned:", "intent:")) else row.external_id
    return f"{row.number or 'a document without number'} of {row.issue_date} over {row.total} {row.currency} ({own})"
