"""A party as matching and merging see it. Frozen data."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mlc.accounting.holdcodes import Hold


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One vendor or customer of one side's listing. ``kind`` is the kind of party there: vendor, customer, employee.

    ``code`` is that side's own code for the party, ``external_code`` the other side's id where it has a field for it.
    """

    external_id: str
    name: str
    code: str | None = None
    external_code: str | None = None
    tax_number: str | None = None
    country: str | None = None
    email: str | None = None
    """Of the person to whom invoices go."""
    emails: frozenset[str] = frozenset()
    """Of everybody there, in lower case, where nobody is known to get the invoices."""
    currency: str | None = None
    kind: str = "vendor"
    active: bool = True
    bound_to: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """``by``: external_id, code, tax_number, email or name."""

    external_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Hold ``ambiguous``. ``why`` is the end of a sentence."""

    candidates: tuple[PartyRow, ...]
    why: str


@dataclass(frozen=True, slots=True)
class PartyMerge:
    """What to write where, field by field; ``left_changes`` go to the left side. Values are canonical."""

    left_changes: Mapping[str, object]
    right_changes: Mapping[str, object]
    holds: tuple[Hold, ...] = ()


def as_candidates(rows: Iterable[PartyRow]) -> list[dict[str, str | None]]:
    """What a person is shown of each."""
    return [{"id": row.external_id, "name": row.name, "code": row.code, "currency": row.currency} for row in rows]


def with_taken(rows: Iterable[PartyRow], taken: Collection[str], by: int) -> list[PartyRow]:
    """The rows, where what was matched earlier in this run belongs to another party by now."""
    return [replace(row, bound_to=by) if row.bound_to is None and row.external_id in taken else row for row in rows]
