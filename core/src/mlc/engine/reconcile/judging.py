"""What a document without a counterpart is, and what explains it. Pure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mlc.accounting.naming import money
from mlc.engine.circumstances import APART
from mlc.engine.reconcile.findings import Bucket, Finding, Judgement, Kind, Share
from mlc.engine.reconcile.rows import Listed
from mlc.recipes import Side
from mlc.records import ObjectType

NO_CURRENCY = "?"


@dataclass(frozen=True, slots=True)
class Terms:
    """What judging goes by. ``sources``: from where documents of a type are carried."""

    since: date | None
    sources: frozenset[tuple[Side, ObjectType]]
    systems: dict[Side, str] = field(default_factory=dict)
    compare_tax: bool = False
    compare_paid: bool = False

    def carries(self, row: Listed) -> bool:
        """True on the side where such documents are born."""
        return (row.side, row.kind) in self.sources

    def is_old(self, row: Listed) -> bool:
        """From before go-live: counted apart (R26)."""
        if row.state == "before_go_live":
            return True
        return self.since is not None and row.day is not None and row.day < self.since


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document is not on the other side."""

    bucket: Bucket
    why: str


def judge_alone(row: Listed, terms: Terms) -> Judgement:
    """A document that has no counterpart. Void on its side, it is nobody's business."""
    if not row.live:
        return Judgement("void")
    reason = None if row.doubled else reason_for(row, terms)
    missing = "missing_right" if row.side is Side.LEFT else "missing_left"
    if reason is not None and reason.bucket is Bucket.BEFORE_GO_LIVE:
        return Judgement(f"before_go_live_{missing}", shares=(share_of(row, reason.bucket),))
    if reason is None:
        why = _why_missing(row, terms)
        kind = Kind.DOUBLED if row.doubled else Kind(missing)
        found = (finding_of(row, kind, why),)
        return Judgement("doubled" if row.doubled else missing, found, (share_of(row, None),))
    listed_elsewhere = reason.bucket in (Bucket.HELD, Bucket.DEAD)
    listed = [] if listed_elsewhere else [finding_of(row, Kind(reason.bucket.value), reason.why)]
    return Judgement(reason.bucket.value, tuple(listed), (share_of(row, reason.bucket),))


def reason_for(row: Listed, terms: Terms) -> Reason | None:
    """What explains that a live document is not on the other side; None: nothing does."""
    if not terms.carries(row):
        return _reason_there(row, terms)
    if terms.is_old(row):
        return Reason(Bucket.BEFORE_GO_LIVE, "it is from before go-live")
    if row.hold_code is not None:
        return Reason(Bucket.HELD, told_hold(row))
    if row.state == "dead":
        return Reason(Bucket.DEAD, row.reason or "it was given up on")
    if row.state == "skipped" or "skip" in row.decided:
        return Reason(Bucket.SKIPPED, row.reason or "a person skipped it")
    if not row.final:
        return Reason(Bucket.NOT_APPROVED, f"it is not final at its source yet ({row.status})")
    if row.state == "not_carried" and row.seen_version == row.version:
        return Reason(Bucket.NOT_CARRIED, row.reason or "this pairing does not carry it")
    return None


def _reason_there(row: Listed, terms: Terms) -> Reason | None:
    """On the side that only receives: what we did not write, people typed."""
    if row.part and APART in row.overrides:
        return Reason(Bucket.OVERRIDES, "it posts a difference to a document whose period was closed")
    if row.bound:
        return Reason(Bucket.HELD, told_hold(row)) if row.hold_code is not None else None
    if row.own_key is not None and row.own_key.startswith(f"{terms.systems.get(row.side.other)}:"):
        return None
    if terms.is_old(row):
        return Reason(Bucket.BEFORE_GO_LIVE, "it is from before go-live")
    return Reason(Bucket.LEDGER_ONLY, "typed in there by hand; nothing of the other side is like it")


def _why_missing(row: Listed, terms: Terms) -> str:
    if row.doubled:
        return "another document there has the same vendor and number; void one of them"
    if not terms.carries(row):
        if row.bound:
            return "it was written from a document that its source no longer lists"
        return "it carries our key, but is bound to no record: look whether it stands there twice"
    if row.record_id is None:
        return "it has not been read yet; run the pairing"
    if row.bound:
        return "it was carried, but the other side no longer lists it"
    if row.seen_version != row.version:
        return "it has changed since the last run; run the pairing"
    if row.state == "writing":
        return "its write is under way, or nobody knows yet whether it arrived"
    return "it is due, but was not delivered yet; run the pairing"


def told_hold(row: Listed) -> str:
    return f"{row.hold_code}: {row.hold_sentence or 'it waits'}"


def finding_of(row: Listed, kind: Kind, why: str) -> Finding:
    """One line about one document of one side."""
    shown = f"{money(row.total, row.currency)} ({row.external_id})"
    amount = signed(row)
    if row.side is Side.LEFT:
        return Finding(kind, row.what, left=shown, amount=amount, currency=row.currency, why=why)
    return Finding(kind, row.what, right=shown, amount=amount, currency=row.currency, why=why)


def share_of(row: Listed, bucket: Bucket | None) -> Share:
    return Share(row.currency or NO_CURRENCY, signed(row), bucket)


def signed(row: Listed) -> Decimal:
    """What the document adds to left minus right."""
    return row.amount if row.side is Side.LEFT else -row.amount
