"""Reconcile a pairing: both registers read raw and fresh, paired by natural key, judged, added up (R42).

It writes nothing, neither to a vendor nor to the store.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from sqlalchemy import select

from mlc.clock import stamp
from mlc.engine.reconcile.comparing import Matched, Sent, judge_pair
from mlc.engine.reconcile.findings import ZERO, Finding, Judgement, Kind, Reconciliation, Total
from mlc.engine.reconcile.judging import NO_CURRENCY, Terms, finding_of, judge_alone
from mlc.engine.reconcile.knowledge import explain_rows
from mlc.engine.reconcile.lists import judge_lists
from mlc.engine.reconcile.pairing import bound_twice, pair_rows
from mlc.engine.reconcile.reading import Unreadable, compared_flows, sweep
from mlc.engine.reconcile.rows import COMPARED, Listed
from mlc.engine.reconcile.spool import Spool, spooled
from mlc.engine.reconcile.waiting import dead_origins, held_by_period, waiting_findings
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.recipes import KEPT_LISTS, PurchaseTax, Side
from mlc.records import ObjectType
from mlc.store.schema import intents

_SUMS = "SELECT kind, COALESCE(currency, ?), side, total FROM rows WHERE live = 1 AND total IS NOT NULL"
_PAYMENTS = """WHERE rows.side = ? AND rows.kind = 'payment' AND rows.external_id IN (
    SELECT external_id FROM settled WHERE side = ? AND document IN (?, ?)) ORDER BY rows.id"""


def reconcile(session: Session) -> Reconciliation:
    """Compare both sides of a pairing, document by document and in control totals.

    Raises: AuthError, TransientError, PluginError when a side cannot be read to its end.
    """
    before = {side: session.connections[side].http.calls.total for side in Side}
    for side in Side:
        if side not in session.probes:
            session.probes[side] = session.call(side, "mlc_probe")
    terms = _terms(session)
    with spooled() as spool:
        swept = sweep(session, spool)
        outside = explain_rows(session, spool, with_tax=terms.compare_tax)
        pair_rows(spool, session.pairing.policy)
        work = _Work(session, spool, terms)
        work.judge_all()
        work.list_doubles()
    work.list_entries()
    work.list_waiting(swept.unreadable)
    work.counts["outside"] = swept.outside + outside
    calls = {side.value: session.connections[side].http.calls.total - before[side] for side in Side}
    return work.report(calls)


def _terms(session: Session) -> Terms:
    flows = compared_flows(session)
    policy = session.pairing.policy
    bills = next((flow for flow in flows if flow.object is ObjectType.BILL), None)
    coded = policy.purchase_tax is PurchaseTax.CODE
    if bills is not None and policy.purchase_tax is PurchaseTax.AUTO:
        coded = session.probe(bills.target).tax_recoverable
    return Terms(
        since=policy.since,
        sources=frozenset((flow.source, flow.object) for flow in flows),
        systems={side: session.system(side).name for side in Side},
        compare_tax=coded,
        compare_paid=any(flow.object is ObjectType.PAYMENT for flow in flows),
    )


class _Work:
    """One reconciliation while it is added up."""

    def __init__(self, session: Session, spool: Spool, terms: Terms) -> None:
        self.session = session
        self.spool = spool
        self.terms = terms
        self.totals: dict[tuple[ObjectType, str], Total] = {}
        self.differences: dict[Kind, list[Finding]] = {}
        self.counts: Counter[str] = Counter()
        self.by_type: dict[ObjectType, Counter[str]] = {}

    # ---------------------------------------------------------------- the documents

    def judge_all(self) -> None:
        """The raw totals first, then every document and every pair."""
        for kind, currency, side, total in self.spool.db.execute(_SUMS, (NO_CURRENCY,)):
            one = self._total(ObjectType(kind), currency)
            if side == Side.LEFT.value:
                one.left += Decimal(total)
            else:
                one.right += Decimal(total)
        for rows in self._matches():
            self._book(rows[0].kind, self._judge(rows))

    def list_doubles(self) -> None:
        """Doubles whose money is in order still stand twice; and what is bound twice."""
        for row in self.spool.select("WHERE rows.doubled = 1 AND rows.pair IS NOT NULL ORDER BY rows.id"):
            why = "another document on this side has the same vendor and number, and both stand on the other side"
            self._add(finding_of(row, Kind.DOUBLED, why))
            self.counts["doubled"] += 1
        for row in bound_twice(self.spool):
            why = "two records claim it, or its record claims another document of this side as well"
            self._add(finding_of(row, Kind.BOUND_TWICE, why))
            self.counts["bound_twice"] += 1

    def _matches(self) -> Iterator[list[Listed]]:
        rows = self.spool.select("ORDER BY COALESCE(rows.pair, rows.id), rows.id")
        for _number, group in groupby(rows, key=lambda row: row.id if row.pair is None else row.pair):
            yield list(group)

    def _judge(self, rows: Sequence[Listed]) -> Judgement:
        rows = sorted(rows, key=lambda row: (not row.live, row.part))
        left = [row for row in rows if row.side is Side.LEFT]
        right = [row for row in rows if row.side is Side.RIGHT]
        if not left or not right:
            return judge_alone(rows[0], self.terms)
        born = Side.LEFT if self.terms.carries(left[0]) else Side.RIGHT
        pair = Matched(left, right, born=born)
        sent: Sent | None = None
        payments: list[Listed] = []
        if pair.source.bound and (not pair.same_money or pair.source.tax != pair.target.tax):
            sent = self._sent(pair.source)
        if pair.source.paid != pair.target.paid:
            source = pair.source
            values = (source.side.value, source.side.value, source.external_id, source.group)
            payments = list(self.spool.select(_PAYMENTS, values))
        return judge_pair(Matched(left, right, sent, payments, born), self.terms)

    def _sent(self, row: Listed) -> Sent | None:
        """What was last written for this record."""
        with self.session.database.read() as connection:
            text = connection.execute(
                select(intents.c.rendered)
                .where(
                    intents.c.record_id == row.record_id,
                    intents.c.part == "main",
                    intents.c.state == IntentState.CONFIRMED.value,
                    intents.c.rendered.is_not(None),
                )
                .order_by(intents.c.updated_at.desc())
                .limit(1)
            ).scalar()
        if text is None:
            return None
        written = json.loads(text)
        return Sent(*(_decimal(written.get(name)) for name in ("total", "tax_total")))

    def _book(self, kind: ObjectType, judged: Judgement) -> None:
        self.counts[judged.count] += 1
        self.by_type.setdefault(kind, Counter())[judged.count] += 1
        for finding in judged.findings:
            self._add(finding)
        for currency in {share.currency for share in judged.shares if share.bucket is None}:
            self._total(kind, currency).loose += 1
        for share in judged.shares:
            if share.bucket is not None:
                explained = self._total(kind, share.currency).explained
                explained[share.bucket] = explained.get(share.bucket, ZERO) + share.amount

    def _add(self, finding: Finding) -> None:
        self.differences.setdefault(finding.kind, []).append(finding)

    def _total(self, kind: ObjectType, currency: str) -> Total:
        return self.totals.setdefault((kind, currency), Total(kind, currency))

    def list_entries(self) -> None:
        """Lists that are written: how many stand on both sides, and which do not."""
        for judged in judge_lists(self.session):
            self.counts[judged.count] += 1
            self.by_type.setdefault(judged.object_type, Counter())[judged.count] += 1
            if judged.finding is not None:
                self._add(judged.finding)

    # ---------------------------------------------------------------- the records

    def list_waiting(self, unreadable: Sequence[Unreadable]) -> None:
        """Every held and dead record by name, and rows that no mapping understands."""
        for finding in waiting_findings(self.session):
            self._add(finding)
        dead = {(row.side, row.object_type, row.external_id) for row in unreadable} & dead_origins(self.session)
        for row in unreadable:
            if (row.side, row.object_type, row.external_id) in dead:
                continue
            left, right = (row.external_id, None) if row.side is Side.LEFT else (None, row.external_id)
            what = f"{row.object_type.value.replace('_', ' ').capitalize()} (id {row.external_id})"
            self._add(Finding(Kind.UNREADABLE, what, left, right, why=row.why))
        self.counts["unreadable"] = len(unreadable)

    def report(self, calls: dict[str, int]) -> Reconciliation:
        pairing = self.session.pairing
        order = {kind: place for place, kind in enumerate((*COMPARED, *sorted(KEPT_LISTS)))}
        totals = sorted(self.totals.values(), key=lambda one: (order[one.object_type], one.currency))
        kinds = sorted(self.by_type, key=order.__getitem__)
        return Reconciliation(
            pairing=pairing.name,
            left=pairing.left,
            right=pairing.right,
            at=stamp(self.session.clock.now()),
            totals=totals,
            held_by_period=held_by_period(self.session),
            differences=self.differences,
            counts={name: self.counts[name] for name in sorted(self.counts)},
            counts_by_type={kind.value: dict(sorted(self.by_type[kind].items())) for kind in kinds},
            calls=calls,
        )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
