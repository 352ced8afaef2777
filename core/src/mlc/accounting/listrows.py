"""Lists that documents point to (accounts, dimensions, taxes, terms, rates): their codes, and which entry is which.

Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlc.accounting.keys import format_plain
from mlc.accounting.partynames import shorten_name
from mlc.accounting.partyrows import Match
from mlc.records import Dimension, ExchangeRate, ListEntry, ObjectType, PaymentTerm, TaxRate

#: How a code is made where the recipe does not say.
CODES: Mapping[ObjectType, str] = {
    ObjectType.ACCOUNT: "{code}",
    ObjectType.DIMENSION: "{code}",
    ObjectType.TAX_RATE: "{code}|{name}",
    ObjectType.PAYMENT_TERM: "{code}|NET{days}",
}
_PART = re.compile(r"\{(\w+)\}")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class ListRow:
    """One entry of one side's list. ``full_name``: with the names of what it stands under, by colons."""

    external_id: str
    entry: ListEntry
    full_name: str
    live: bool = True
    bound_to: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """It cannot be told which one it is, or its code or name is taken. ``why`` is the end of a sentence."""

    candidates: tuple[ListRow, ...]
    why: str
    taken: bool = False


def folded(text: str | None) -> str:
    """For exact comparison: case and runs of white space do not count, nothing else is forgiven."""
    return " ".join((text or "").casefold().split())


def code_of(entry: ListEntry) -> str | None:
    """What an entry is known by. Of an exchange rate: both currencies and the day from which it holds."""
    if isinstance(entry, ExchangeRate):
        return f"{entry.from_currency}{entry.to_currency}{entry.valid_from:%Y%m%d}"
    return entry.code


def name_of(entry: ListEntry) -> str:
    """What a person calls an entry."""
    if isinstance(entry, ExchangeRate):
        return f"{entry.from_currency} in {entry.to_currency} from {entry.valid_from.isoformat()}"
    return entry.name


def label_of(entry: ListEntry) -> str:
    """Its code and its name: ``6100 Rent``."""
    code = None if isinstance(entry, ExchangeRate) else entry.code
    name = name_of(entry)
    return name if not code or code == name else f"{code} {name}"


def full_name_of(entry: ListEntry, entries: Mapping[str, ListEntry]) -> str:
    """``Occupancy:Rent``, from what the list itself shows of its parents, else as the system states it."""
    stated = getattr(entry, "full_name", None) or name_of(entry)
    names, parent = [name_of(entry)], _parent(entry)
    while parent is not None and len(names) < _DEEPEST:
        above = entries.get(parent)
        if above is None:
            return stated
        names.append(name_of(above))
        parent = _parent(above)
    return ":".join(reversed(names)) if len(names) > 1 else stated


def given_code(entry: ListEntry, forms: Mapping[str, str], *, most: int | None) -> str | None:
    """The code that an entry is to get in the target: the first form of which every part is known.

    Args:
        forms: Kind of dimension, or ``*``, → forms separated by ``|``; without one the default of its type.
        most: The longest that the target takes; longer ones are cut so that two stay two.
    """
    if isinstance(entry, ExchangeRate):
        return code_of(entry)
    kind = entry.kind.value if isinstance(entry, Dimension) else "*"
    parts = {"code": entry.code, "id": entry.source.source_id, "name": entry.name}
    if isinstance(entry, PaymentTerm) and entry.days is not None:
        parts["days"] = str(entry.days)
    for form in forms.get(kind, forms.get("*", CODES[entry.object_type])).split("|"):
        needed = _PART.findall(form)
        if all(parts.get(part) for part in needed):
            return shorten_name(_PART.sub(lambda found: str(parts[found.group(1)]), form), most)
    return None


def natural_key(entry: ListEntry) -> str:
    """One of these is made at a time (R5)."""
    where = f"{entry.kind}|{folded(entry.set_name)}|" if isinstance(entry, Dimension) else ""
    return where + folded(code_of(entry) or name_of(entry))


def match_entry(
    entry: ListEntry, full_name: str, rows: Iterable[ListRow], *, namesakes: int, same_code: int
) -> Match | Doubt | None:
    """The entry of the target that this one is: by code, then by a full name that is unique on both sides (R20).

    Args:
        entry: As it would be written, with the code that it would get.
        namesakes: Others of its own side with the same full name; ``same_code``: with the same code.
    """
    there = [row for row in rows if same_list(entry, row.entry)]
    code = folded(code_of(entry))
    if code and same_code:
        return Doubt((), f"{same_code + 1} of its own side would get the code {code_of(entry)}")
    by_code = [row for row in there if code and folded(code_of(row.entry)) == code]
    if by_code:
        return _told(entry, by_code, "code")
    by_name = [row for row in there if folded(row.full_name) == folded(full_name)]
    if not by_name:
        return None
    other = [row for row in by_name if code and folded(code_of(row.entry))]
    if len(other) == len(by_name):
        free = [row for row in other if row.live and row.bound_to is None]
        return Doubt(tuple(free), "the name is the same and the code is another") if free else None
    if namesakes:
        return Doubt(tuple(by_name), f"{namesakes + 1} of its own side have this name")
    return _told(entry, by_name, "name")


def _told(entry: ListEntry, rows: Sequence[ListRow], by: str) -> Match | Doubt:
    shown = tuple(rows)
    free = [row for row in rows if row.bound_to is None]
    if not free:
        return Doubt(shown, f"its {by} belongs to another one already", taken=True)
    live = [row for row in free if row.live]
    if not live:
        return Doubt(tuple(free), f"an inactive one has its {by}", taken=True)
    if len(live) > 1:
        return Doubt(tuple(live), f"several have its {by}")
    against = contradiction(entry, live[0].entry)
    return Match(live[0].external_id, by) if against is None else Doubt((live[0],), against)


def contradiction(entry: ListEntry, other: ListEntry) -> str | None:
    """What is stated on both sides and cannot be the same thing, as the end of a sentence."""
    if isinstance(entry, TaxRate) and isinstance(other, TaxRate) and entry.rate != other.rate:
        return f"it is {format_plain(other.rate)} % there and {format_plain(entry.rate)} % here"
    if isinstance(entry, PaymentTerm) and isinstance(other, PaymentTerm):
        stated = entry.days is not None and other.days is not None
        if stated and entry.days != other.days:
            return f"it is {other.days} days there and {entry.days} days here"
    return None


def is_same_entry(sent: ListEntry, seen: ListEntry) -> bool:
    """Whether what the target shows is what was sent: by code, and by name where it shows one."""
    if not same_list(sent, seen):
        return False
    if isinstance(sent, ExchangeRate) and isinstance(seen, ExchangeRate):
        return code_of(sent) == code_of(seen) and sent.rate == seen.rate
    codes = folded(code_of(sent)), folded(code_of(seen))
    if any(codes) and codes[0] != codes[1]:
        return False
    return folded(name_of(sent)) == folded(name_of(seen)) and contradiction(sent, seen) is None


def shows_change(sent: ListEntry, seen: ListEntry) -> bool:
    """Whether an entry shows what a change was to bring about."""
    facts = ("name", "active", "rate", "days", "code")
    known = [name for name in facts if sent.known(name) and seen.known(name)]
    return all(getattr(sent, name) == getattr(seen, name) for name in known) and bool(known)


def same_list(one: ListEntry, other: ListEntry) -> bool:
    """Of one type; two dimensions of one kind, and of one set where both name one."""
    if not isinstance(one, Dimension) or not isinstance(other, Dimension):
        return type(one) is type(other)
    if one.kind is not other.kind:
        return False
    sets = folded(one.set_name), folded(other.set_name)
    return not all(sets) or sets[0] == sets[1] or (one.set_id is not None and one.set_id == other.set_id)


def _parent(entry: ListEntry) -> str | None:
    parent = getattr(entry, "parent", None)
    return None if parent is None else parent.source_id
