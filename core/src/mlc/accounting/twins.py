"""Is this document there already? Exact twins are adopted, near ones wait for a person (R20, pairings 0.5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mlc.accounting.naming import TradeDocument, has_own_number, number_of, party_id
from mlc.records import Expense

RESTART_DAYS = 300
"""Suppliers restart their numbering: the same number further apart is another document."""
SAME_PERIOD_DAYS = 7
NUMBERLESS_DAYS = 3
CONTAINED_MIN = 4

_SEPARATORS = re.compile(r"[\W_]")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_LAST_DIGITS = re.compile(r"\d*$")
_CONFUSED = str.maketrans({"o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One document of the target's register. ``party`` is the target's vendor id, ``bound_to`` our record.

    ``live`` False: void, cancelled or deleted. ``external_key`` is our own key as found in the unique field there.
    """

    external_id: str
    number: str | None
    party: str | None
    currency: str | None
    total: Decimal | None
    balance: Decimal | None
    issue_date: date | None
    status: str
    live: bool
    bound_to: int | None = None
    external_key: str | None = None


@dataclass(frozen=True, slots=True)
class Exact:
    """Adopt it."""

    row: RegisterRow


@dataclass(frozen=True, slots=True)
class Near:
    """Hold ``near_twin``. ``why`` is the end of a sentence: "has the same number apart from separators"."""

    rows: tuple[RegisterRow, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Hold ``number_conflict``: the same number with another total, or, for an order, of another vendor."""

    row: RegisterRow


def number_key(text: str) -> str:
    """Equal for numbers that a person may take for one another: case, separators, leading zeros, O and 0, I and 1.

    Leading zeros go from each run of digits between separators: ``INV-2026-007`` is ``inv 2026/7``.
    """
    without_zeros = _LEADING_ZEROS.sub("", text.casefold().translate(_CONFUSED))
    return _SEPARATORS.sub("", without_zeros)


def is_transposition(left: str, right: str) -> bool:
    """True when two neighbouring characters changed places."""
    if len(left) != len(right):
        return False
    wrong = [index for index in range(len(left)) if left[index] != right[index]]
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and left[wrong[0]] == right[wrong[1]]
        and left[wrong[1]] == right[wrong[0]]
    )


def contains_number(left: str, right: str) -> bool:
    """True when the shorter, of at least four characters, is part of the longer."""
    short, long = sorted((left, right), key=len)
    return len(short) >= CONTAINED_MIN and short in long


def without_prefix(key: str) -> str:
    """The digits that a number ends with: of ``1nv107`` and of ``107`` they are the same."""
    return _LAST_DIGITS.search(key).group()  # type: ignore[union-attr]  # it matches any text


def judge_twins(
    document: TradeDocument,
    rows: Sequence[RegisterRow],
    *,
    dismissed: frozenset[str] = frozenset(),
    exempt: bool = False,
    number: str | None = None,
    number_made: bool = False,
    issue_date: date | None = None,
) -> Exact | Near | Conflict | None:
    """Compare a document that is about to be created with the target's register of the same type and entity.

    Args:
        document: With the target's vendor id in ``vendor.source_id``; its ``issue_date`` is its ledger date there.
        rows: Every document of this vendor there; for orders the whole register, since their numbers are our own.
        dismissed: External ids that a person called "not a duplicate" of this record.
        exempt: The vendor is in ``twins_expected``: near twins are no question.
        number: The full number, where the document carries a shortened one.
        number_made: The source states no number; this one was made for it.
        issue_date: The supplier's own date, where the document carries another ledger date.
    """
    subject = _Subject.of(document, number=number, number_made=number_made, issue_date=issue_date)
    candidates = [row for row in rows if row.live and row.external_id not in dismissed]
    same_number = [row for row in candidates if subject.same_number(row)]
    exact = [row for row in same_number if row.bound_to is None and subject.is_exact(row)]
    if len(exact) == 1:
        return Exact(exact[0])
    if exact:
        return Near(tuple(exact), "has the same number, date and total, and there are several of them")
    conflicting = next((row for row in same_number if subject.conflicts(row)), None)
    if conflicting is not None:
        return Conflict(conflicting)
    if exempt:
        return None
    reasons = [(row, why) for row in candidates if (why := subject.why_near(row)) is not None]
    if not reasons:
        return None
    return Near(tuple(row for row, _ in reasons), reasons[0][1])


@dataclass(frozen=True, slots=True)
class _Subject:
    number: str
    party: str | None
    currency: str | None
    total: Decimal | None
    dates: tuple[date, ...]
    own_number: bool
    """The number of an order or invoice is ours, unique whoever the party is."""
    numberless: bool

    @classmethod
    def of(
        cls, document: TradeDocument, *, number: str | None, number_made: bool, issue_date: date | None
    ) -> "_Subject":
        dates = (issue_date, document.issue_date)
        stated = _tidy(number if number is not None else number_of(document))
        loose = isinstance(document, Expense)  # its number is a reference that nobody else writes down
        return cls(
            number="" if loose else stated,
            party=party_id(document),
            currency=document.currency,
            total=document.total,
            dates=tuple(dict.fromkeys(day for day in dates if day is not None)),
            own_number=has_own_number(document),
            numberless=loose or number_made or not stated,
        )

    def days_apart(self, row: RegisterRow) -> int | None:
        if row.issue_date is None or not self.dates:
            return None
        return min(abs((day - row.issue_date).days) for day in self.dates)

    def same_vendor(self, row: RegisterRow) -> bool:
        return self.party is not None and row.party == self.party

    def same_money(self, row: RegisterRow) -> bool:
        return self.total is not None and row.total == self.total and row.currency == self.currency

    def same_number(self, row: RegisterRow) -> bool:
        """The same number of the same vendor within 300 days."""
        if not self.number or _tidy(row.number) != self.number or self.restarted(row):
            return False
        return self.own_number or self.same_vendor(row)

    def restarted(self, row: RegisterRow) -> bool:
        apart = self.days_apart(row)
        return apart is not None and apart > RESTART_DAYS

    def is_exact(self, row: RegisterRow) -> bool:
        return self.same_vendor(row) and self.same_money(row) and row.issue_date in self.dates

    def conflicts(self, row: RegisterRow) -> bool:
        return not (self.same_vendor(row) and self.same_money(row))

    def why_near(self, row: RegisterRow) -> str | None:
        if not self.same_vendor(row) or (row.currency is not None and row.currency != self.currency):
            return None
        why = self.why_number_near(row)
        if why is not None or row.bound_to is not None:
            return why
        return self.why_money_near(row)

    def why_number_near(self, row: RegisterRow) -> str | None:
        mine, theirs = number_key(self.number), number_key(_tidy(row.number))
        if not mine or not theirs or self.restarted(row):
            return None
        joined = _joined_key(self.number) == _joined_key(_tidy(row.number))
        if mine == theirs or joined:
            return "has the same number, apart from case, separators, leading zeros or look-alike characters"
        if not self.same_period(row):
            return None
        if is_transposition(mine, theirs):
            return "has the same number with two characters changed round"
        if contains_number(mine, theirs):
            return "has a number that contains the other"
        same = self.same_money(row) and self.days_apart(row) == 0
        if same and without_prefix(mine) == without_prefix(theirs):
            return "has the same number without what stands before it, the same total and the same date"
        return None

    def same_period(self, row: RegisterRow) -> bool:
        """Rent is due every month: RENT-2026-01 and RENT-2026-10 are two documents."""
        apart = self.days_apart(row)
        if apart is None or apart <= SAME_PERIOD_DAYS:
            return True
        months = {(day.year, day.month) for day in self.dates}
        return row.issue_date is not None and (row.issue_date.year, row.issue_date.month) in months

    def why_money_near(self, row: RegisterRow) -> str | None:
        if self.total is None or row.total != self.total:
            return None
        apart = self.days_apart(row)
        if apart == 0:
            return "has the same total and the same date"
        if (self.numberless or not _tidy(row.number)) and apart is not None and apart <= NUMBERLESS_DAYS:
            return "has the same total, a date at most three days away, and one of the two has no number"
        return None


def _joined_key(text: str) -> str:
    """The key where somebody left the separators out altogether: ``2026-007`` is ``2026007``."""
    return _LEADING_ZEROS.sub("", _SEPARATORS.sub("", text.casefold().translate(_CONFUSED)))


def _tidy(number: str | None) -> str:
    return " ".join((number or "").split())
