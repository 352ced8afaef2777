"""What differs between two readings of a document's lines: which kind of change it is, and both values in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from mlc.accounting.keys import allocation_key, dimension_code, format_plain, ref_code, tax_code
from mlc.records import Line, LineTax, Ref

_LINE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "amount": ("quantity", "unit_price", "line_net_amount"),
    "tax": ("tax",),
    "lines_text": ("name", "description", "unit"),
    "links": ("purchase_order", "purchase_order_line"),
}
_WORDS = {"line_net_amount": "net amount", "purchase_order": "order", "purchase_order_line": "order line"}


class _Part(NamedTuple):
    """A part of a line that differs, the field of the document that it counts for, and both values."""

    field: str
    name: str
    was: Any
    now: Any


def changed_lines(now: Sequence[Line], base: Sequence[Line]) -> set[str]:
    """Money that moved between lines is ``amount``, even when the total stayed; another account is ``coding``.

    Lines with new keys that say the same, in the same order, are no change: a replacement of ours that arrived twice.
    """
    ours, theirs = _by_key(now), _by_key(base)
    if ours.keys() == theirs.keys():
        return {part.field for key in ours for part in _parts(ours[key], theirs[key])}
    common = ours.keys() & theirs.keys()
    changed = {"amount"} | {part.field for key in common for part in _parts(ours[key], theirs[key])}
    if len(now) == len(base):
        differ = any(any(_parts(mine, other)) for mine, other in zip(now, base, strict=True))
        return changed if differ else set()
    return changed


def lines_compared(field: str, was: Sequence[Line], now: Sequence[Line]) -> tuple[str, str]:
    """What of the lines counts for a field and differs, as it was and as it is; empty where nothing does.

    Lines with new keys count as another amount, whatever was changed in them: then all that differs is told.
    """
    if len(was) != len(now):
        return _counted(was), _counted(now)
    before, after = _by_key(was), _by_key(now)
    same = before.keys() == after.keys()
    pairs = [(after[key], before[key]) for key in after] if same else list(zip(now, was, strict=True))
    found = [[*_parts(line, base)] for line, base in pairs]
    own = [[part for part in parts if part.field == field] for parts in found]
    told = [_in_words(parts) for parts in (own if same and any(own) else found)]
    lines = [(place, words) for place, words in enumerate(told, 1) if words]
    before_and_after = (
        "; ".join(f"line {place}: " + ", ".join(word[side] for word in words) for place, words in lines)
        for side in (0, 1)
    )
    return next(before_and_after), next(before_and_after)


def _parts(now: Line, base: Line) -> Iterator[_Part]:
    """Everything of a line that differs; only what both readings saw is compared."""
    for field, names in _LINE_FIELDS.items():
        for name in names:
            if now.known(name) and base.known(name):
                was, value = getattr(base, name), getattr(now, name)
                if _plain(was) != _plain(value):
                    yield _Part(field, _WORDS.get(name, name.replace("_", " ")), was, value)
    if _plain(now.account) != _plain(base.account):
        yield _Part("coding", "account", base.account, now.account)
    if _dimensions(now) != _dimensions(base):
        yield _Part("coding", "dimensions", _dimensions(base), _dimensions(now))
    ours, theirs = _shares(now), _shares(base)
    if any(ours[key] != theirs[key] for key in ours.keys() & theirs.keys()):
        yield _Part("amount", "shares", theirs, ours)
    if ours.keys() != theirs.keys():
        yield _Part("coding", "shares", theirs, ours)


def _plain(value: Any) -> Any:
    """A reference counts by what it points to; a tax by what it says, not by its amount, which follows the lines."""
    if isinstance(value, Ref):
        return value.source_id or ref_code(value)
    if isinstance(value, LineTax):
        return (tax_code(value), value.percent, value.inclusive, value.treatment)
    return value


def _by_key(lines: Iterable[Line]) -> dict[str, Line]:
    return {line.key or line.line_id or f"#{index}": line for index, line in enumerate(lines)}


def _dimensions(line: Line) -> list[str]:
    return sorted(dimension_code(value) for value in line.dimensions)


def _shares(line: Line) -> dict[str, Decimal]:
    shares: dict[str, Decimal] = {}
    for share in line.allocations:
        key = allocation_key(share.account, share.dimensions)
        shares[key] = shares.get(key, Decimal(0)) + share.amount
    return shares


# -------------------------------------------------------------------- in words


def _counted(lines: Collection[Line]) -> str:
    return f"{len(lines)} line{'' if len(lines) == 1 else 's'}"


def _in_words(parts: Iterable[_Part]) -> list[tuple[str, str]]:
    """Each part by its name, as it was and as it is; none twice, though shares may count for two fields."""
    words = []
    for part in parts:
        was, now = _text(part.was), _text(part.now)
        if was == now:
            was, now = _exact(part.was), _exact(part.now)
        words.append((f"{part.name} {was or 'empty'}", f"{part.name} {now or 'empty'}"))
    return list(dict.fromkeys(words))


def _text(value: Any) -> str:
    if isinstance(value, Ref):
        return ref_code(value)
    if isinstance(value, LineTax):
        return tax_code(value) + (", inclusive" if value.inclusive else "")
    if isinstance(value, dict):
        return ", ".join(f"{key} {format_plain(amount)}" for key, amount in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return format_plain(value) if isinstance(value, Decimal) else str(value or "")


def _exact(value: Any) -> str:
    """With the id, where the code alone does not tell two apart."""
    return f"{_text(value)} ({value.source_id})" if isinstance(value, Ref) and value.source_id else _text(value)
