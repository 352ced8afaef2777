"""What a comparison may find, and how it is added up. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from mlc.accounting.naming import money
from mlc.records import ObjectType

ZERO = Decimal(0)


def plain_amount(amount: Decimal | None, currency: str | None) -> str | None:
    """``118.00``, ``5`` of a currency without decimals: the amount as text, without its currency."""
    return None if amount is None else money(amount, currency).split(" ")[0]


class Kind(StrEnum):
    """One table of differences each. The first block is never explained away by being listed."""

    MISSING_LEFT = "missing_left"
    MISSING_RIGHT = "missing_right"
    AMOUNT = "amount"
    TAX = "tax"
    STATUS = "status"
    PAYMENT_STATUS = "payment_status"
    CURRENCY = "currency"
    DATE = "date"
    NUMBER = "number"
    UNBOUND = "unbound"
    DOUBLED = "doubled"
    BOUND_TWICE = "bound_twice"
    UNREADABLE = "unreadable"

    HELD = "held"
    DEAD = "dead"
    NOT_APPROVED = "not_approved"
    NOT_IN_LEDGER = "not_in_ledger"
    LEDGER_ONLY = "ledger_only"
    OVERRIDES = "overrides"
    SKIPPED = "skipped"
    NOT_CARRIED = "not_carried"
    ACCEPTED = "accepted"


class Bucket(StrEnum):
    """What explains a difference of money."""

    HELD = "held"
    DEAD = "dead"
    NOT_APPROVED = "not_approved"
    BEFORE_GO_LIVE = "before_go_live"
    LEDGER_ONLY = "ledger_only"
    OVERRIDES = "overrides"
    SKIPPED = "skipped"
    NOT_CARRIED = "not_carried"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a table: what each side shows, and by how much it makes the totals differ."""

    kind: Kind
    what: str
    left: str | None = None
    right: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    why: str = ""

    def as_dict(self) -> dict[str, str | None]:
        return {
            "what": self.what,
            "left": self.left,
            "right": self.right,
            "amount": plain_amount(self.amount, self.currency),
            "currency": self.currency,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the difference between the totals. ``bucket`` None: nothing explains it."""

    currency: str
    amount: Decimal
    bucket: Bucket | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one pair, or one document without a counterpart, comes to. ``count`` is what it is counted as."""

    count: str
    findings: tuple[Finding, ...] = ()
    shares: tuple[Share, ...] = ()


@dataclass
class Total:
    """The control total of one object type in one currency; its two sides are summed from the raw lists alone."""

    object_type: ObjectType
    currency: str
    left: Decimal = ZERO
    right: Decimal = ZERO
    explained: dict[Bucket, Decimal] = field(default_factory=dict)
    loose: int = 0
    """Documents whose difference nothing explains: two that cancel each other out still count."""

    @property
    def difference(self) -> Decimal:
        return self.left - self.right

    @property
    def unexplained(self) -> Decimal:
        return self.difference - sum(self.explained.values(), ZERO)

    def text(self, amount: Decimal) -> str:
        """An amount with the decimals of this total's currency."""
        return plain_amount(amount, self.currency) or ""

    def as_dict(self) -> dict[str, object]:
        return {
            "object_type": self.object_type.value,
            "currency": self.currency,
            "left": self.text(self.left),
            "right": self.text(self.right),
            "difference": self.text(self.difference),
            "explained": {bucket.value: self.text(self.explained.get(bucket, ZERO)) for bucket in Bucket},
            "unexplained": self.text(self.unexplained),
            "unexplained_documents": self.loose,
        }


@dataclass
class Reconciliation:
    """Both registers compared. ``counts_by_type`` has the same counts per object type."""

    pairing: str
    left: str
    right: str
    at: str
    totals: list[Total]
    held_by_period: dict[str, dict[str, Decimal]]
    differences: dict[Kind, list[Finding]]
    counts: dict[str, int]
    counts_by_type: dict[str, dict[str, int]]
    calls: dict[str, int]

    @property
    def balanced(self) -> bool:
        """Every cent of difference is explained, no document stands twice, none was unreadable."""
        doubts = (Kind.DOUBLED, Kind.BOUND_TWICE, Kind.UNREADABLE)
        if any(self.differences.get(kind) for kind in doubts):
            return False
        return all(total.unexplained == 0 and total.loose == 0 for total in self.totals)

    def lines(self) -> Iterator[Finding]:
        """Every finding, table by table."""
        for kind in Kind:
            yield from self.differences.get(kind, ())

    def as_dict(self) -> dict[str, object]:
        """For JSON; amounts are text."""
        return {
            "pairing": self.pairing,
            "left": self.left,
            "right": self.right,
            "at": self.at,
            "balanced": self.balanced,
            "totals": [total.as_dict() for total in self.totals],
            "held_by_period": {
                period: {currency: plain_amount(amount, currency) for currency, amount in sorted(amounts.items())}
                for period, amounts in sorted(self.held_by_period.items())
            },
            "differences": {
                kind.value: [finding.as_dict() for finding in self.differences.get(kind, ())] for kind in Kind
            },
            "counts": dict(self.counts),
            "counts_by_type": {kind: dict(counts) for kind, counts in self.counts_by_type.items()},
            "calls": dict(self.calls),
        }
