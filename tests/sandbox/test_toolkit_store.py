"""Stored objects, indexes, kept bytes, routing, tokens, quotas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.fragments import Fragments
from mlc_sandbox.toolkit.http import Query, json_response
from mlc_sandbox.toolkit.index import GroupIndex, SortedIndex
from mlc_sandbox.toolkit.limits import Window
from mlc_sandbox.toolkit.log import OperationLog
from mlc_sandbox.toolkit.oauth import TokenBook
from mlc_sandbox.toolkit.routing import Router
from mlc_sandbox.toolkit.store import ObjectStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEED = {"kind": "seed"}


@pytest.fixture
def clock() -> Clock:
    return Clock(frozen_at=NOON)


@pytest.fixture
def store(clock: Clock) -> ObjectStore:
    return ObjectStore(OperationLog(), clock)


def test_an_object_changed_in_place_is_refused(store: ObjectStore) -> None:
    thing = store.put("things", 1, {"id": 1, "lines": [{"n": 1}]}, SEED)
    with pytest.raises(ValueError, match="in place"):
        store.put("things", 1, thing, SEED)
    edited = store.edit("things", "1")
    edited["lines"][0]["n"] = 2
    store.put("things", 1, edited, SEED)
    assert thing["lines"][0]["n"] == 1


def test_every_change_is_in_the_log_with_before_and_after(store: ObjectStore) -> None:
    store.put("things", 1, {"v": 1}, SEED)
    store.put("things", 1, {"v": 2}, SEED, op="void")
    store.remove("things", 1, SEED)
    assert store.remove("things", 1, SEED) is None
    said = [(entry.op, entry.before, entry.after) for entry in store.log.entries()]
    assert said == [("create", None, {"v": 1}), ("void", {"v": 1}, {"v": 2}), ("delete", {"v": 2}, None)]
    assert [entry.sequence for entry in store.log.entries(since=1)] == [2, 3]


def test_the_store_knows_what_stood_a_while_ago(store: ObjectStore, clock: Clock) -> None:
    store.put("things", 1, {"v": 1}, {"kind": "ui"})
    clock.advance(60)
    store.put("things", 1, {"v": 2}, {"kind": "ui"})
    clock.advance(60)
    assert store.as_of("things", 1, clock.now() - timedelta(seconds=90)) == {"v": 1}
    assert store.as_of("things", 1, clock.now() - timedelta(seconds=30)) == {"v": 2}
    assert store.born("things", 1) == NOON
    assert store.previous("things", 1) == {"v": 1}
    store.put("things", 2, {"v": 1}, SEED)
    assert (store.born("things", 2), store.previous("things", 2)) == (None, None)


def test_a_sorted_index_follows_every_change(store: ObjectStore) -> None:
    index = SortedIndex(store, "things", key=lambda thing: thing["at"])
    for id, at in ((1, "c"), (2, "a"), (3, "b")):
        store.put("things", id, {"at": at}, SEED)
    assert index.ids() == ["2", "3", "1"]
    store.put("things", 2, {"at": "d"}, SEED)
    store.remove("things", 1, SEED)
    assert (index.ids(), len(index)) == (["3", "2"], 2)
    assert index.ids(low="b", high="b") == ["3"]
    assert index.ids(low="c") == ["2"]


def test_a_group_index_moves_an_object_whose_key_changed(store: ObjectStore) -> None:
    index = GroupIndex(store, "things", key=lambda thing: thing["of"])
    store.put("things", 1, {"of": "a"}, SEED)
    store.put("things", 2, {"of": "a"}, SEED)
    store.put("things", 1, {"of": "b"}, SEED)
    assert (index.ids("a"), index.ids("b"), index.count("c")) == (["2"], ["1"], 0)


def test_bytes_are_kept_until_the_object_changes(store: ObjectStore) -> None:
    made: list[int] = []
    fragments = Fragments(store, "things", form=lambda thing: made.append(1) or thing)
    store.put("things", 1, {"v": 1}, SEED)
    assert fragments.get(1) == fragments.get("1") == b'{"v":1}'
    assert len(made) == 1
    store.put("things", 1, {"v": 2}, SEED)
    assert fragments.get(1) == b'{"v":2}'
    assert fragments.get(2) is None


def test_a_fixed_segment_wins_over_a_name() -> None:
    router = Router()
    router.add("GET", "/v/{id}/", lambda *_: json_response(200, 1))
    router.add("GET", "/v/all/", lambda *_: json_response(200, 2))
    fixed, named = router.find("GET", "/v/all/"), router.find("GET", "/v/7/")
    assert fixed is not None
    assert fixed.route is not None
    assert fixed.route.template == "/v/all/"
    assert named is not None
    assert named.values == {"id": "7"}
    wrong = router.find("POST", "/v/7/")
    assert wrong is not None
    assert (wrong.route, wrong.methods) == (None, ("GET",))
    assert router.find("GET", "/v/7") is None
    with pytest.raises(ValueError, match="two handlers"):
        router.add("GET", "/v/all/", lambda *_: json_response(200, 3))


def test_tokens_end_by_the_clock_and_by_revocation() -> None:
    book = TokenBook()
    book.issue("a", subject="x", at=NOON, life_s=60)
    book.issue("b", subject="y", at=NOON, life_s=60)
    assert book.good("a", NOON + timedelta(seconds=59)) is not None
    assert book.good("a", NOON + timedelta(seconds=60)) is None
    assert book.revoke(subject="y") == 1
    assert book.good("b", NOON) is None
    assert book.find("c") is None


def test_a_window_opens_again_when_its_oldest_take_leaves() -> None:
    window = Window(2, 60)
    assert [window.take(NOON), window.take(NOON + timedelta(seconds=10))] == [None, None]
    assert window.take(NOON + timedelta(seconds=20)) == 40
    assert window.take(NOON + timedelta(seconds=61)) is None


def test_a_query_keeps_order_and_repeats() -> None:
    query = Query("a=1&b=&a=2&c=x%20y")
    assert (query.get("a"), query.all("a"), query.get("b"), query.get("c")) == ("2", ["1", "2"], "", "x y")
    assert "d" not in query
    assert query.get("d", "no") == "no"
