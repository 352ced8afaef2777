"""What two documents that are one differ in, and what explains it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mlc.accounting.naming import money
from mlc.engine.circumstances import ADJUSTMENTS, APART
from mlc.engine.reconcile.findings import ZERO, Bucket, Finding, Judgement, Kind, Share
from mlc.engine.reconcile.judging import NO_CURRENCY, Reason, Terms, reason_for, share_of, told_hold
from mlc.engine.reconcile.rows import Listed
from mlc.recipes import Side
from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Sent:
    """The total and the tax of a document as it was last written to the other side."""

    total: Decimal | None
    tax: Decimal | None


@dataclass(frozen=True, slots=True)
class Matched:
    """One document on both sides; several rows where a document was split.

    ``sent`` is what we last sent to the other side, where it was asked for. ``payments`` are those of the source that
    settle this bill.
    """

    left: Sequence[Listed]
    right: Sequence[Listed]
    sent: Sent | None = None
    payments: Sequence[Listed] = ()
    born: Side = Side.LEFT
    """Where such documents are born, when no record says it."""

    @property
    def source(self) -> Listed:
        """The document where it was born."""
        rows = (*self.left, *self.right)
        fallback = next(row for row in rows if row.side is self.born)
        return next((row for row in rows if row.born_here), fallback)

    @property
    def target(self) -> Listed:
        return (self.right if self.source.side is Side.LEFT else self.left)[0]

    @property
    def difference(self) -> Decimal:
        """Left minus right, whatever the currencies."""
        return _sum(self.left) - _sum(self.right)

    @property
    def same_money(self) -> bool:
        return self.difference == 0 and (self.source.currency == self.target.currency or not _sum(self.left))


def judge_pair(pair: Matched, terms: Terms) -> Judgement:
    """Compare amount, currency, status, tax, date, number and payment; from before go-live only the amount counts."""
    source, target = pair.source, pair.target
    if not (source.live or target.live):
        return Judgement("void")
    if terms.is_old(source):
        word = "matched" if pair.same_money else "differs"
        return Judgement(f"before_go_live_{word}", shares=_shares(pair, Bucket.BEFORE_GO_LIVE))
    found = _money_findings(pair)
    shares: tuple[Share, ...] = ()
    if not pair.same_money:
        reason = _money_reason(pair)
        shares = _shares(pair, None if reason is None else reason.bucket)
        found = [_explained(one, reason) for one in found]
    if source.live and target.live:
        found += _field_findings(pair, terms)
    count = "matched" if pair.same_money else "differing"
    return Judgement(count, tuple(one for one in found if one.kind not in (Kind.HELD, Kind.DEAD)), shares)


def _shares(pair: Matched, bucket: Bucket | None) -> tuple[Share, ...]:
    """Left minus right; one share per currency where the two do not even agree on that."""
    source, target = pair.source, pair.target
    if source.currency == target.currency:
        if pair.difference == 0:
            return ()
        return (Share(source.currency or NO_CURRENCY, pair.difference, bucket),)
    return tuple(share_of(row, bucket) for row in (*pair.left, *pair.right) if row.amount)


def _money_findings(pair: Matched) -> list[Finding]:
    if pair.same_money:
        return []
    source, target = pair.source, pair.target
    if source.live != target.live:
        gone = source if not source.live else target
        why = f"it is {gone.status} on the {gone.side} and stands on the other side"
        return [_told(pair, Kind.STATUS, source.status, target.status, why)]
    if source.currency != target.currency:
        why = "the two sides have it in different currencies"
        return [_told(pair, Kind.CURRENCY, _money(pair.source), _money(pair.target), why)]
    why = "the two sides have different totals"
    if source.state == "pending" and source.reason:
        why = f"{why}; {source.reason}"
    return [_told(pair, Kind.AMOUNT, _money_of(pair, source.side), _money_of(pair, target.side), why)]


def _money_reason(pair: Matched) -> Reason | None:
    source, target = pair.source, pair.target
    if (held := next((row for row in (source, target) if row.hold_code is not None), None)) is not None:
        return Reason(Bucket.HELD, told_hold(held))
    if source.state == "dead":
        return Reason(Bucket.DEAD, source.reason or "it was given up on")
    apart, turned = source.overrides.get(APART), 1 if source.side is Side.LEFT else -1
    if apart is not None and pair.difference * turned == Decimal(apart):
        return Reason(Bucket.OVERRIDES, "the difference was posted as a document of the opposite kind")
    if source.live and target.live and source.currency == target.currency:
        rounding = source.overrides.get("rounding")
        if rounding is not None and abs(pair.difference) <= abs(Decimal(rounding)):
            return Reason(Bucket.OVERRIDES, f"rounded by {rounding} on purpose")
        ours, theirs = (_sum(pair.left), _sum(pair.right))
        there = theirs if source.side is Side.LEFT else ours
        if source.kind is ObjectType.PURCHASE_ORDER and pair.sent is not None and pair.sent.total == there:
            return Reason(Bucket.OVERRIDES, "sent without what has no place there, such as a tax without a map entry")
    if "reverse" in source.decided:
        return Reason(Bucket.ACCEPTED, "a person had it reversed: it was taken off its documents and refunded")
    if "accept" in source.decided:
        return Reason(Bucket.ACCEPTED, "a person accepted what the two sides show")
    return None


def _explained(finding: Finding, reason: Reason | None) -> Finding:
    if reason is None:
        return finding
    kind = Kind(reason.bucket.value)
    return Finding(
        kind,
        finding.what,
        finding.left,
        finding.right,
        finding.amount,
        finding.currency,
        f"{finding.why}; {reason.why}",
    )


def _field_findings(pair: Matched, terms: Terms) -> list[Finding]:
    source, target = pair.source, pair.target
    found: list[Finding] = []
    held = source.hold_code is not None
    if not source.final and source.bound and not held:
        found.append(_told(pair, Kind.STATUS, source.status, target.status, "it is no longer approved at its source"))
    if not target.final:
        why = "it waits there as a draft or for approval, so it is not in the ledger yet"
        found.append(_told(pair, Kind.NOT_IN_LEDGER, source.status, target.status, why))
    if source.day is not None and target.day is not None and source.day != target.day:
        found += _date_finding(pair)
    if source.key != target.key and source.kind is not ObjectType.PAYMENT:
        found += _number_finding(pair)
    elif source.number != target.number and "number" in source.overrides:
        found.append(_told(pair, Kind.OVERRIDES, source.number, target.number, "its number was shortened on purpose"))
    if terms.compare_tax and source.tax is not None and target.tax is not None and source.tax != target.tax:
        found += _tax_finding(pair)
    if terms.compare_paid and source.paid and target.paid and source.paid != target.paid:
        found += _paid_finding(pair, terms)
    if not (source.bound and source.record_id == target.record_id) and not held and source.final:
        why = "alike in number and vendor, but nothing binds them; run the pairing, or link them"
        found.append(_told(pair, Kind.UNBOUND, source.external_id, target.external_id, why))
    return found


def _date_finding(pair: Matched) -> list[Finding]:
    source, target = pair.source, pair.target
    ours, theirs = str(source.day), str(target.day)
    if theirs in (source.overrides.get("moved_to"), source.overrides.get("issue_date")):
        why = "its date was moved on purpose, to the first open day or the ledger date"
        return [_told(pair, Kind.OVERRIDES, ours, theirs, why)]
    return _unless_held(pair, Kind.DATE, ours, theirs, "its ledger date differs")


def _number_finding(pair: Matched) -> list[Finding]:
    source, target = pair.source, pair.target
    if source.number is None:
        why = "its source states no number, so one was made for it"
        return [_told(pair, Kind.OVERRIDES, None, target.number, why)]
    return _unless_held(pair, Kind.NUMBER, source.number, target.number, "its number differs")


def _tax_finding(pair: Matched) -> list[Finding]:
    source, target = pair.source, pair.target
    assert source.tax is not None
    assert target.tax is not None
    ours, theirs = money(source.tax, source.currency), money(target.tax, target.currency)
    if ADJUSTMENTS in source.overrides:
        why = "the difference was posted as a document of its own, its tax with it"
        return [_told(pair, Kind.OVERRIDES, ours, theirs, why)]
    rounding = source.overrides.get("rounding")
    if rounding is not None and abs(source.tax - target.tax) <= abs(Decimal(rounding)):
        return [_told(pair, Kind.OVERRIDES, ours, theirs, f"its tax was rounded by {rounding} on purpose")]
    sent = pair.sent
    if sent is not None and sent.total == source.total and (sent.tax or ZERO) == target.tax:
        why = "its tax went into its lines, or stayed out, as the tax map says"
        return [_told(pair, Kind.OVERRIDES, ours, theirs, why)]
    return _unless_held(pair, Kind.TAX, ours, theirs, "its tax differs")


def _paid_finding(pair: Matched, terms: Terms) -> list[Finding]:
    """Paid on one side: the payment that would tell the other is held, not approved, or simply not there."""
    source, target = pair.source, pair.target
    if any(one.hold_code is not None for one in (source, target, *pair.payments)):
        return []
    carried = [one for one in pair.payments if one.pair is not None]
    if source.paid == "unpaid" and target.paid == "partly paid" and carried:
        return []
    waiting = next((one for one in pair.payments if one.live and one.pair is None), None)
    why = "no payment that both sides know explains it"
    if waiting is not None:
        reason = reason_for(waiting, terms)
        if reason is not None and reason.bucket is not Bucket.BEFORE_GO_LIVE:
            kind = Kind(reason.bucket.value)
            return (
                []
                if kind is Kind.HELD
                else [_told(pair, kind, source.paid, target.paid, f"{waiting.what}: {reason.why}")]
            )
        why = f"{waiting.what} is not on the other side"
    elif carried:
        return []  # both sides know the payment; one of them calls the document paid only once the money arrived
    return [_told(pair, Kind.PAYMENT_STATUS, source.paid, target.paid, why)]


def _unless_held(pair: Matched, kind: Kind, ours: str | None, theirs: str | None, why: str) -> list[Finding]:
    """A held record is listed once, with its code."""
    if pair.source.hold_code is not None or pair.target.hold_code is not None:
        return []
    if pair.source.adopted:
        why += "; it was there already and was bound as it stood"
    if "accept" in pair.source.decided:
        return [_told(pair, Kind.ACCEPTED, ours, theirs, f"{why}; a person accepted it")]
    return [_told(pair, kind, ours, theirs, why)]


def _told(pair: Matched, kind: Kind, ours: str | None, theirs: str | None, why: str) -> Finding:
    """``ours`` is the source's, ``theirs`` the target's; the line says left and right."""
    source = pair.source
    left, right = (ours, theirs) if source.side is Side.LEFT else (theirs, ours)
    same = source.currency == pair.target.currency
    amount = pair.difference if same else source.amount
    return Finding(kind, source.what, left, right, amount, source.currency, why)


def _money_of(pair: Matched, side: Side) -> str:
    rows = pair.left if side is Side.LEFT else pair.right
    return money(_sum(rows), rows[0].currency)


def _money(row: Listed) -> str:
    return money(row.total, row.currency)


def _sum(rows: Sequence[Listed]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)
