"""Checks: nothing is lost or read for ever, whatever the lists do."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlc.contract import FetchMode, Page, SourceRecord
from mlc.errors import TransientError
from mlc.http import Response
from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.bench import mutating
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of
from mlc.testing.tap import Fault, Trouble

#: No honest pass of a test vendor is longer.
ROUNDS = 60
DAY_S = 86_400.0
#: Further ahead than any record of a test vendor is dated; and further still, for what was dated while it was ahead.
LONG_S = 400 * DAY_S
LONGER_S = 2 * LONG_S
FAR_ZONE = "Pacific/Kiritimati"


class FetchingChecks(Supplied):
    def test_every_pass_ends_with_a_watermark_and_only_the_last_page_has_one(self) -> None:
        for kind in self._listed():
            pages = self.bench.pages(kind)
            assert pages[-1].watermark is not None, f"{kind}: the last page has no watermark"
            early = [page for page in pages[:-1] if page.watermark is not None]
            assert not early, f"{kind}: a page before the last claims a watermark"
            assert all(isinstance(page, Page) for page in pages)

    def test_a_list_of_several_pages_is_read_to_its_end(self) -> None:
        kind, pages = self._several_pages()
        ids = [row.id for page in pages for row in page.records]
        assert len(ids) == len(set(ids)), f"{kind}: a clean pass gave a record twice"
        assert all(page.records for page in pages[:-1]), f"{kind}: a page in the middle is empty"

    def test_a_list_that_repeats_itself_does_not_go_on_for_ever(self) -> None:
        kind, pages = self._several_pages()
        connection, tap = self.bench.tapped()
        tap.add(Trouble(Fault.REPEAT, times=None))
        cursor, seen = None, set[str]()
        for _ in range(len(pages) + ROUNDS):
            try:
                page = self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=cursor, mode=FetchMode.CHANGES)
            except TransientError:
                return
            cursor = page.next_cursor
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
        raise AssertionError(f"{kind}: the same page came {ROUNDS} times and fetch still asks for the next")

    def test_the_same_page_read_twice_gives_the_same_versions(self) -> None:
        for kind in self._listed():
            connection = self.bench.open()
            one, other = (
                self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)
                for _ in range(2)
            )
            first, second = ([(row.id, row.version) for row in page.records] for page in (one, other))
            assert first == second, f"{kind}: ids or versions changed though nothing else did"

    def test_a_sweep_lists_what_a_first_pass_lists(self) -> None:
        for kind in self._listed():
            swept = self.bench.walk(self.bench.open(), kind, mode=FetchMode.SWEEP)
            there = {row.id for page in swept for row in page.records if row.deleted is None}
            passed = self.bench.walk(self.bench.open(), kind)
            listed = {row.id for page in passed for row in page.records if row.deleted is None}
            assert there == listed, f"{kind}: a sweep and a first pass differ in {sorted(there ^ listed)[:5]}"

    def test_a_sweep_asks_again_for_what_a_pass_has_seen(self) -> None:
        for kind in self._listed():
            pages = self.bench.pages(kind)
            swept = self.bench.walk(self.bench.open(), kind, pages[-1].watermark, FetchMode.SWEEP)
            there = {row.id for page in swept for row in page.records}
            listed = {row.id for page in pages for row in page.records if row.deleted is None}
            assert listed <= there, f"{kind}: a sweep from a watermark leaves out {sorted(listed - there)[:5]}"

    def test_an_empty_answer_still_ends_with_a_watermark(self) -> None:
        vendor = self.bench.vendor
        filtered = [one.object_type for one in self.bench.supports(Capability.READ) if one.has_change_filter]
        if not filtered:
            not_applicable("no list of the system can be asked for changes.")
        if not vendor.advance(LONGER_S):
            not_shown("the vendor's clock cannot be moved.")
        try:
            for kind in filtered:
                connection = self.bench.open(now=_ahead(LONGER_S))
                *_, last = self.bench.walk(connection, kind, self.bench.pages(kind)[-1].watermark)
                empty = list(self.bench.walk(connection, kind, last.watermark))
                assert not [row for page in empty for row in page.records], f"{kind}: days later it still shows changes"
                assert empty[-1].watermark is not None
        finally:
            vendor.advance(-LONGER_S)

    def test_the_watermark_is_the_vendors_clock_not_ours(self) -> None:
        kind = self._changeable()
        connection = self.bench.open(now=_ahead(DAY_S))
        *_, last = self.bench.walk(connection, kind)
        changed = self._alter(kind)
        later = {row.id for page in self.bench.walk(connection, kind, last.watermark) for row in page.records}
        assert changed in later, f"{kind}: with our clock a day ahead, a change after the pass was never seen"

    def test_what_changes_during_a_pass_is_seen_by_the_next(self) -> None:
        kind = self._changeable()
        connection = self.bench.open()
        pages = self.bench.walk(connection, kind)
        last = next(pages)
        changed = self._alter(kind)
        for page in pages:
            last = page
        later = {row.id for page in self.bench.walk(connection, kind, last.watermark) for row in page.records}
        assert changed in later, f"{kind}: what changed while the list was read fell between two passes"

    def test_fetch_writes_nothing(self) -> None:
        for kind in self._listed():
            connection = self.bench.open()
            for _page in self.bench.walk(connection, kind):
                pass
            assert mutating(tap_of(connection)) == 0, f"{kind}: reading sent a mutating request"

    def test_payloads_hold_exact_numbers(self) -> None:
        for kind in self._listed():
            for row in [*self.bench.rows(kind), *self.bench.pages(kind)[0].records]:
                floats = [path for path, value in leaves(row.payload) if isinstance(value, float)]
                assert not floats, f"{kind}: {floats[0]} is a float; parse bodies with mlc.http.decode"

    def test_records_carry_what_core_needs(self) -> None:
        for kind in self._listed():
            for row in (row for page in self.bench.pages(kind) for row in page.records):
                assert isinstance(row, SourceRecord)
                assert row.id.strip(), f"{kind}: a record without an id"
                assert row.version or row.deleted is not None, f"{kind} {row.id} has no version"
                aware = row.modified_at is None or row.modified_at.utcoffset() == timedelta()
                assert aware, f"{kind} {row.id}: modified_at is not aware UTC"

    def test_a_record_that_is_gone_comes_back_as_deleted(self) -> None:
        if not self.bench.answers("mlc_read"):
            not_applicable("the connector has no mlc_read.")
        for kind in self._listed():
            rows = self.bench.rows(kind)
            if not rows:
                continue
            gone = self.unknown_id(kind, rows[0].id)
            found = self.bench.call(self.bench.open(), "mlc_read", object_type=kind, ids=[rows[0].id, gone])
            assert [row.id for row in found] == [rows[0].id, gone], f"{kind}: records come back in another order"
            assert found[0].deleted is None, f"{kind}: a record that is there is called deleted"
            assert found[1].deleted is not None, f"{kind}: a record that is not there is not called deleted"
            assert found[1].deleted.evidence

    def test_a_deletion_is_noticed(self) -> None:
        vendor = self.bench.vendor
        for support in self.bench.supports(Capability.READ):
            kind = support.object_type
            self.bench.pages(kind)
            watermark = self.bench.pages(kind)[-1].watermark
            gone = self.remove(vendor, kind)
            if gone is None:
                continue
            told = [row for page in self.bench.walk(self.bench.open(), kind, watermark) for row in page.records]
            if any(row.id == gone and row.deleted is not None for row in told):
                return
            swept = self.bench.walk(self.bench.open(), kind, mode=FetchMode.SWEEP)
            there = {row.id for page in swept for row in page.records if row.deleted is None}
            assert gone not in there, f"{kind}: {gone} was deleted and the sweep still lists it"
            if self.bench.answers("mlc_read"):
                (found,) = self.bench.call(self.bench.open(), "mlc_read", object_type=kind, ids=[gone])
                assert found.deleted is not None, f"{kind}: {gone} was deleted and read does not say so"
            return
        not_shown("no record was deleted at the vendor; supply remove().")

    def test_a_page_that_is_no_json_is_a_passing_trouble(self) -> None:
        kind = self._listed()[0]
        for fault, response in (
            (Fault.ANSWER, lambda: Response(200, html="<html>Down for maintenance</html>")),
            (Fault.ANSWER, lambda: Response(200, content=b"")),
            (Fault.ANSWER, lambda: Response(502, html="<html>Bad gateway</html>")),
            (Fault.TRUNCATE, None),
            (Fault.DROP_AFTER, None),
        ):
            connection, tap = self.bench.tapped()
            tap.add(Trouble(fault, response=response, times=None))
            with pytest.raises(TransientError):
                self.bench.call(connection, "mlc_fetch", object_type=kind, cursor=None, mode=FetchMode.CHANGES)

    def test_the_machines_time_zone_changes_nothing(self) -> None:
        for kind in self._listed():
            page = next(self.bench.walk(self.bench.open(), kind))
            before = [(row.id, row.version, row.modified_at) for row in page.records]
            with in_zone(FAR_ZONE):
                page = next(self.bench.walk(self.bench.open(), kind))
            there = {row.id: (row.id, row.version, row.modified_at) for row in page.records}
            moved = [one for one in before if one[0] in there and there[one[0]][2] != one[2]]
            assert not moved, f"{kind}: in another time zone {moved[0][0]} was changed at another moment"

    # ---------------------------------------------------------------- inside

    def _listed(self) -> list[ObjectType]:
        found = [support.object_type for support in self.bench.need(Capability.READ)]
        self.bench.need_a_vendor()
        return found

    def _several_pages(self) -> tuple[ObjectType, list[Page]]:
        """The first type whose list has several pages."""
        for kind in self._listed():
            pages = self.bench.pages(kind)
            if len(pages) > 1:
                return kind, pages
        if self.bench.calls_nobody:
            return not_applicable("the system's lists have no pages.")
        return not_shown("every list has one page; serve more records, or set a smaller page size.")

    def _changeable(self) -> ObjectType:
        """A type of which a record can be changed at the vendor now, longest list first."""
        self.bench.need_a_vendor()
        kinds = sorted(self._listed(), key=lambda kind: -len(self.bench.pages(kind)))
        for kind in kinds:
            if self._alter(kind, required=False):
                return kind
        return not_shown("nothing can be changed at the vendor; supply touch().")

    def _alter(self, kind: ObjectType, *, required: bool = True) -> str:
        """Change or make a record of that type; its id, empty when that cannot be done."""
        touched = None if self.bench.calls_nobody else self.touch(self.bench.vendor, kind)
        if touched is not None:
            return touched
        if self.bench.system.can(kind, Capability.CREATE):
            connection = self.bench.open()
            made = writing.draft(self.bench, connection, kind)
            pushed = None if made is None else writing.send(self.bench, connection, kind, made.main)
            if pushed is not None and pushed.external_id is not None:
                return pushed.external_id
        assert not required, f"{kind}: nothing could be changed"
        return ""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar of nested data with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _ahead(seconds: float) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """This process in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
