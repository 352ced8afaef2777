"""Pages, quotas, optimistic locking, and what faults show of a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Query, Refused, Request, json_response
from mlc_sandbox.toolkit.ids import Sequences
from mlc_sandbox.toolkit.limits import CalendarDay, FixedWindow, Quota, Throttle, Window, take_quota
from mlc_sandbox.toolkit.locking import etag_of, next_version, not_modified, require_etag, require_version
from mlc_sandbox.toolkit.paging import by_cursor, by_header, by_offset, by_page, link_header, next_link
from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.toolkit.views import done_of, filters_ignored, hidden, kept_of, seen, visible

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = list("abcdefghij")


def get(query: str = "", **headers: str) -> Request:
    return Request("GET", "/rows", Query(query), {"host": "api.test", **headers}, b"", 1)


@pytest.fixture
def standin() -> StandIn:
    return StandIn(clock=Clock(frozen_at=NOON))


# --- paging ----------------------------------------------------------------------------------------------------------


def walk(step: Callable[[str | None], Any]) -> list[str]:
    """Every row, following ``next`` to the end."""
    found: list[str] = []
    token = None
    while True:
        part = step(token)
        found += part.rows
        if part.next is None:
            return found
        token = part.next


@pytest.mark.parametrize(
    "step",
    [
        lambda token: by_page(get(f"page={token or 1}&page_size=3"), ROWS),
        lambda token: by_offset(get(f"offset={token or 0}&limit=4"), ROWS),
        lambda token: by_offset(get(f"STARTPOSITION={token or 1}"), ROWS, offset="STARTPOSITION", first=1, most=5),
        lambda token: by_cursor(get(f"limit=3&cursor={token or ''}"), ROWS, key=str),
        lambda token: by_header(get("pageSize=4", **({"x-continuation-token": token} if token else {})), ROWS, key=str),
        lambda token: by_page(get(f"page={token or 1}"), ROWS, default=10),
    ],
)
def test_every_style_shows_every_row_once(step: Callable[[str | None], Any]) -> None:
    assert walk(step) == ROWS


def test_a_page_tells_what_envelopes_need() -> None:
    part = by_page(get("page=2&page_size=4"), ROWS, most=4)
    assert (part.number, part.pages, part.total, part.start, part.size, part.more) == (2, 3, 10, 4, 4, True)
    assert by_page(get("page_size=99"), ROWS, most=6).size == 6
    assert list(by_page(get("page=9"), ROWS).rows) == []
    assert by_page(get(), []).pages == 1


def test_links_keep_what_was_asked_for() -> None:
    part = by_page(get("name=x%20y&page=1&page_size=4"), ROWS)
    url = "http://api.test/rows?name=x+y&page_size=4&page=2"
    assert next_link(get("name=x%20y&page=1&page_size=4"), part) == url
    assert link_header(get("name=x%20y&page=1&page_size=4"), part) == {"link": f'<{url}>; rel="next"'}
    assert link_header(get(), by_page(get(), ROWS)) == {}


def test_a_cursor_does_not_shift_when_rows_come_and_go() -> None:
    first = by_cursor(get("limit=3"), ROWS, key=str)
    again = get(f"limit=3&cursor={first.next}")
    assert list(by_cursor(again, ["new", *ROWS], key=str).rows) == ["d", "e", "f"]
    assert list(by_cursor(again, ROWS[1:], key=str).rows) == ["d", "e", "f"]
    assert list(by_cursor(again, [row for row in ROWS if row != "c"], key=str).rows) == ["e", "f", "g"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=0", "page=%C2%B2"])
def test_a_bad_page_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        by_page(get(query), ROWS)


@pytest.mark.parametrize("token", ["%%%", "YQ==", base64.urlsafe_b64encode(b"x:y").decode()])
def test_a_made_up_cursor_is_refused_in_the_vendors_words(token: str) -> None:
    with pytest.raises(KeyError, match="cursor"):
        by_cursor(get(f"cursor={token}"), ROWS, key=str, refuse=KeyError)


def test_page_shift_slides_a_row_onto_the_page_before(standin: StandIn) -> None:
    standin.faults.ask("/rows", "page_shift")
    assert list(by_page(get("page_size=3"), ROWS, faults=standin.faults).rows) == ["a", "b", "c"]
    assert list(by_page(get("page=2&page_size=3"), ROWS, faults=standin.faults).rows) == ["e", "f", "g"]


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_day_starts_at_its_hour_in_its_zone() -> None:
    day = CalendarDay(1, zone="Asia/Tokyo", hour=6)
    assert day.wait(NOON) is None
    day.count(NOON)
    assert (day.wait(NOON), day.left) == (9 * 3600.0, 0)
    tomorrow = NOON.replace(hour=21)
    assert (day.wait(tomorrow), day.left) == (None, 1)


def test_a_refused_call_is_counted_nowhere(standin: StandIn) -> None:
    def quota(limit: Any, name: str) -> Quota:
        return Quota(limit, lambda request, wait_s: json_response(429, {"limit": name, "wait": wait_s}))

    minute, second = Window(5, 60), Window(1, 1)
    both = (quota(minute, "minute"), quota(second, "second"))
    take_quota(standin, get(), *both)
    for _ in range(3):
        with pytest.raises(Refused) as raised:
            take_quota(standin, get(), *both)
        assert json.loads(raised.value.response.body) == {"limit": "second", "wait": 1.0}
    standin.clock.advance(1)
    for _ in range(3):
        take_quota(standin, get(), *both)
        standin.clock.advance(1)
    standin.faults.ask("*", "rate_limit", seconds=9)
    with pytest.raises(Refused) as raised:
        take_quota(standin, get(), *both)
    assert json.loads(raised.value.response.body) == {"limit": "minute", "wait": 9.0}
    standin.limits_enabled = False
    for _ in range(9):
        take_quota(standin, get(), *both)


def test_a_throttle_stays_shut_until_its_oldest_take_leaves() -> None:
    clock, throttle = Clock(frozen_at=NOON), Throttle()

    def take() -> float | None:
        return throttle.take(clock.now(), limit=2, seconds=10)

    assert take() is None
    clock.advance(4)
    assert [take(), take()] == [None, 6.0]
    clock.advance(6)
    assert take() is None


# --- locking ----------------------------------------------------------------------------------------------------------


def status_of(work: Callable[[], None]) -> int:
    try:
        work()
    except Refused as refused:
        return refused.response.status
    return 200


def test_versions_and_sync_tokens_have_to_be_the_ones_that_stand() -> None:
    numbered, text = {"version": 3}, {"SyncToken": "9"}
    next_version(numbered)
    next_version(text, "SyncToken")
    assert (numbered, text) == ({"version": 4}, {"SyncToken": "10"})
    assert status_of(lambda: require_version(4, 4)) == 200
    assert status_of(lambda: require_version("10", "10")) == 200
    assert status_of(lambda: require_version(3, 4)) == 409
    assert status_of(lambda: require_version(None, 4)) == 409
    assert status_of(lambda: require_version(None, 4, required=False)) == 200
    assert status_of(lambda: require_version(3, 4, refuse=lambda sent, now: json_response(400, {}))) == 400


def test_etags_change_with_the_content_and_guard_changes() -> None:
    old, new = etag_of({"a": 1}), etag_of({"a": 2})
    assert old != new
    assert etag_of({"a": 1}, weak=True) == f"W/{old}"

    def status(now: str, *, required: bool = True, **headers: str) -> int:
        return status_of(lambda: require_etag(get(**headers), now, required=required))

    assert status(old, **{"if-match": old}) == 200
    assert status(old, **{"if-match": f'"x", W/{old}'}) == 200
    assert status(old, **{"if-match": "*"}) == 200
    assert status(new, **{"if-match": old}) == 412
    assert status(new) == 428
    assert status(new, required=False) == 200
    unchanged = not_modified(get(**{"if-none-match": old}), old)
    assert unchanged is not None
    assert unchanged.status == 304
    assert not_modified(get(**{"if-none-match": old}), new) is None


# --- views ----------------------------------------------------------------------------------------------------------


def test_lists_hide_what_faults_say_and_nothing_else(standin: StandIn) -> None:
    standin.store.put("rows", "a", {"v": 1}, {"kind": "seed"})
    standin.store.put("rows", "b", {"v": 1}, {"kind": "request"})
    ids = standin.store.ids("rows")
    assert visible(standin, get(), "rows", ids) == ["a", "b"]
    standin.faults.ask("/rows", "list_lag", seconds=10)
    assert visible(standin, get(), "rows", ids) == ["a"]
    standin.clock.advance(10)
    assert visible(standin, get(), "rows", ids) == ["a", "b"]
    standin.faults.ask("/rows", "permission_shrink", body={"hide": ["a"]}, times=1)
    request = get()
    assert (hidden(standin, request, "a"), hidden(standin, request, "b")) == (True, False)
    assert visible(standin, request, "rows", ids) == ["b"]
    assert visible(standin, get(), "rows", ids) == ["a", "b"]
    many = [str(number) for number in range(400)]
    standin.faults.ask("/rows", "rows_missing", seed=5)
    shown = visible(standin, get(), "rows", many)
    assert 250 < len(shown) < 350
    assert visible(standin, get(), "rows", many) == shown


def test_a_stale_read_is_a_version_behind_or_does_not_know_it_yet(standin: StandIn) -> None:
    for value in (1, 2):
        standin.store.put("rows", "a", {"v": value}, {"kind": "request"})
        standin.clock.advance(10)
    assert seen(standin, get(), "rows", "a") == {"v": 2}
    assert seen(standin, get(), "rows", "none") is None
    for options, wanted in (
        ({}, {"v": 1}),
        ({"seconds": 15}, {"v": 1}),
        ({"seconds": 30}, None),
        ({"seconds": 5}, {"v": 2}),
    ):
        standin.faults.clear()
        standin.faults.ask("/rows", "read_stale", **options)
        assert seen(standin, get(), "rows", "a") == wanted


def test_bodies_are_tidied_batches_are_cut_and_filters_forgotten(standin: StandIn) -> None:
    body = {"name": "  a   b ", "notes": "loud", "lines": [{"text": " x  y"}], "n": 1}
    assert kept_of(standin, get(), body) is body
    assert done_of(standin, get(), [1, 2, 3]) == [1, 2, 3]
    assert filters_ignored(standin, get()) is False
    standin.faults.ask("*", "normalise", body={"upper": ["notes"]})
    standin.faults.ask("*", "batch_partial")
    standin.faults.ask("*", "filter_ignored")
    assert kept_of(standin, get(), body) == {"name": "a b", "notes": "LOUD", "lines": [{"text": "x y"}], "n": 1}
    assert done_of(standin, get(), [1, 2, 3]) == [1]
    assert filters_ignored(standin, get()) is True


def test_bodies_are_cut_rounded_escaped_and_filled_in_as_the_fault_says(standin: StandIn) -> None:
    rules = {"truncate": {"long": 4}, "escape": ["note"], "default": {"url": "none"}, "round": {"rate": 1}}
    standin.faults.ask("*", "normalise", body=rules)
    body = {"long": "abcdefg", "note": "A & B", "url": "", "rate": Decimal("1.26"), "paid": True}
    kept = {"long": "abcd", "note": "A &amp; B", "url": "none", "rate": Decimal("1.3"), "paid": True}
    assert kept_of(standin, get(), body) == kept


def test_numbers_are_never_used_twice() -> None:
    ids = Sequences(start=100, step=2)
    assert (ids.next("bills"), ids.next("bills"), ids.next("orders")) == (102, 104, 102)
    assert ids.used("bills", 500) == 500
    assert (ids.used("bills", 3), ids.next("bills")) == (500, 502)


def test_a_fixed_window_opens_at_the_stroke_of_the_clock() -> None:
    hour = FixedWindow(2, 3600.0)
    late = datetime(2026, 3, 1, 9, 59, 30, tzinfo=UTC)
    for _ in range(2):
        assert hour.wait(late) is None
        hour.count(late)
    assert hour.wait(late) == 30.0
    assert hour.wait(late + timedelta(seconds=30)) is None
