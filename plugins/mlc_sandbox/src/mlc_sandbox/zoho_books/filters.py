"""Query parameters of the lists, read into tests on one record; a name the endpoint does not know is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from operator import ge, gt, le, lt
from typing import Any, Final

from mlc_sandbox.toolkit.http import Query
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.refusals import Refusal, bad_query
from mlc_sandbox.zoho_books.values import day, moment

Test = Callable[[Record], bool]
Status = Callable[[Books, Record], str]
LONGEST_TEXT: Final = 100
TEXT_SUFFIXES: Final = ("", "_startswith", "_contains")
ACCOUNT_SUFFIXES: Final = ("", "_contains", "_starts_with", "_ends_with", "_equal", "_not_equal")
DATE_SUFFIXES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "_start": ge,
    "_end": le,
    "_before": lt,
    "_after": gt,
}
NUMBER_SUFFIXES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "_less_than": lt,
    "_less_equals": le,
    "_greater_than": gt,
    "_greater_equals": ge,
}


def stored_status(books: Books, record: Record) -> str:
    """The status as stored, for kinds whose status does not depend on the date."""
    return str(record.get("status", ""))


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list endpoint shows and understands.

    Attributes:
        row: Keys of a list row, drawn from the detail form; everything else is detail only.
        modified: Whether ``last_modified_time`` filters: documented, only seen in the field, or not at all.
        choices: ``filter_by`` values with the test each stands for.
    """

    kind: str
    key: str
    row: tuple[str, ...]
    report: str
    sort: tuple[str, ...]
    default_sort: tuple[str, str] = ("created_time", "D")
    texts: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    choices: Mapping[str, Callable[[Books, Record], bool]] = field(default_factory=dict)
    statuses: frozenset[str] = frozenset()
    status: Status = stored_status
    modified: str = ""
    text_suffixes: tuple[str, ...] = TEXT_SUFFIXES
    extra: Mapping[str, Callable[[Record, str], bool]] = field(default_factory=dict)
    default_choice: str = ""
    show: Callable[[Books, Record], Record] | None = None


@dataclass(slots=True)
class Asked:
    """A list query understood: the lookups that may start it, the tests that remain, and how it was said."""

    tests: list[Test] = field(default_factory=list)
    since_s: int | None = None
    lookups: list[tuple[str, str]] = field(default_factory=list)
    question: list[tuple[str, str]] = field(default_factory=list)
    applied: str = "Status.All"


def understand(books: Books, listing: Listing, query: Query) -> Asked:
    """Reads the filters. Raises Refusal (400, code 2) for a known name with a value it cannot take."""
    asked = Asked()
    given = dict(query.items()) if query.raw else {}
    choice = given.get("filter_by") or listing.default_choice
    if choice:
        _choice(books, listing, asked, choice)
    for name, value in given.items():
        before = len(asked.tests), asked.since_s
        if name == "last_modified_time":
            _modified(books, listing, asked, value)
        elif name == "search_text":
            _search(listing, asked, value)
        elif name == "status" and listing.statuses:
            _status(books, listing, asked, value)
        elif name in listing.extra:
            asked.tests.append(partial(_extra, listing.extra[name], value))
        elif name in listing.exact:
            _exact(books, listing, asked, name, value)
        else:
            _text(books, listing, asked, name, value)
            _date(listing, asked, name, value)
            _number(listing, asked, name, value)
        if before != (len(asked.tests), asked.since_s):
            asked.question.append((name, value))
    return asked


def _extra(test: Callable[[Record, str], bool], value: str, record: Record) -> bool:
    return test(record, value)


def _choice(books: Books, listing: Listing, asked: Asked, value: str) -> None:
    if not listing.choices:
        return
    if value not in listing.choices:
        raise bad_query("filter_by")
    asked.applied = value
    asked.question.append(("filter_by", value))
    if not value.endswith(".All"):
        test = listing.choices[value]
        asked.tests.append(lambda record: test(books, record))


def _modified(books: Books, listing: Listing, asked: Asked, value: str) -> None:
    known = listing.modified == "documented" or (
        listing.modified == "field" and books.switches["undocumented_modified_filter"]
    )
    if not known:
        return
    if " " in value and books.switches["plus_as_space"] == "ignore":
        return
    asked.since_s = moment(value, "last_modified_time")
    if not books.switches["modified_filter_inclusive"]:
        asked.since_s += 1


def _search(listing: Listing, asked: Asked, value: str) -> None:
    if len(value) > LONGEST_TEXT:
        raise bad_query("search_text")
    wanted = value.casefold()
    names = listing.searched
    if names:
        asked.tests.append(lambda record: any(wanted in str(record.get(n, "")).casefold() for n in names))


def _status(books: Books, listing: Listing, asked: Asked, value: str) -> None:
    if value not in listing.statuses:
        raise bad_query("status")
    status = listing.status
    asked.tests.append(lambda record: status(books, record) == value)


def _exact(books: Books, listing: Listing, asked: Asked, name: str, value: str) -> None:
    if books[listing.kind].indexes(name):
        asked.lookups.append((name, value))
    asked.tests.append(lambda record: str(record.get(name, "")) == value)


def _text(books: Books, listing: Listing, asked: Asked, name: str, value: str) -> None:
    for base in listing.texts:
        if not name.startswith(base) or name[len(base) :] not in listing.text_suffixes:
            continue
        if len(value) > LONGEST_TEXT:
            raise bad_query(name)
        how = name[len(base) :]
        if how in ("", "_equal") and books[listing.kind].indexes(base):
            asked.lookups.append((base, value))
        asked.tests.append(_text_test(base, how, value, any_case=books.switches["contains_any_case"]))
        return


def _text_test(base: str, how: str, value: str, *, any_case: bool) -> Test:
    wanted = value.casefold() if any_case else value

    def read(record: Record) -> str:
        found = str(record.get(base, ""))
        return found.casefold() if any_case else found

    if how in ("", "_equal"):
        return lambda record: str(record.get(base, "")) == value
    if how == "_not_equal":
        return lambda record: str(record.get(base, "")) != value
    if how == "_contains":
        return lambda record: wanted in read(record)
    if how == "_ends_with":
        return lambda record: read(record).endswith(wanted)
    return lambda record: read(record).startswith(wanted)


def _date(listing: Listing, asked: Asked, name: str, value: str) -> None:
    for base in listing.dates:
        how = name[len(base) :]
        if not name.startswith(base) or (how and how not in DATE_SUFFIXES):
            continue
        try:
            wanted = day(value, name)
        except Refusal:
            raise bad_query(name) from None
        asked.tests.append(_date_test("created_time" if base == "created_date" else base, how, wanted))
        return


def _date_test(source: str, how: str, wanted: str) -> Test:
    compare = DATE_SUFFIXES.get(how)
    if compare is None:
        return lambda record: str(record.get(source, ""))[:10] == wanted
    return lambda record: bool(record.get(source)) and compare(str(record[source])[:10], wanted)


def _number(listing: Listing, asked: Asked, name: str, value: str) -> None:
    for base in listing.numbers:
        how = name[len(base) :]
        if not name.startswith(base) or (how and how not in NUMBER_SUFFIXES):
            continue
        try:
            wanted = Decimal(value)
        except InvalidOperation:
            raise bad_query(name) from None
        asked.tests.append(_number_test(base, how, wanted))
        return


def _number_test(base: str, how: str, wanted: Decimal) -> Test:
    compare = NUMBER_SUFFIXES.get(how)
    if compare is None:
        return lambda record: Decimal(record.get(base) or 0) == wanted
    return lambda record: compare(Decimal(record.get(base) or 0), wanted)
