"""Idempotency keys, and invented values that are the same for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Query, Refused, Request, Response, json_response
from mlc_sandbox.toolkit.replays import ReplayBook
from mlc_sandbox.toolkit.seeds import Seeds
from mlc_sandbox.toolkit.standin import StandIn


class Counting:
    """Work that counts how often it is done."""

    def __init__(self) -> None:
        self.done = 0
        self.fails = False

    def __call__(self) -> Response:
        self.done += 1
        if self.fails:
            raise Refused(json_response(400, {}))
        return json_response(201, {"id": self.done})


@pytest.fixture
def standin() -> StandIn:
    return StandIn(clock=Clock(frozen_at=datetime(2026, 3, 1, tzinfo=UTC)))


def post(body: bytes = b"{}") -> Request:
    return Request("POST", "/bills", Query(""), {}, body, 1)


def test_a_key_gets_the_first_answer_until_it_is_forgotten(standin: StandIn) -> None:
    book, work = ReplayBook(standin, valid_s=60.0), Counting()
    answers = [book.once(post(), "k", work).body for _ in range(3)]
    assert (answers, work.done) == ([b'{"id":1}'] * 3, 1)
    standin.clock.advance(60)
    assert book.once(post(), "k", work).body == b'{"id":2}'
    standin.faults.ask("POST /bills", "forget_replay_keys")
    assert book.once(post(), "k", work).body == b'{"id":3}'
    assert book.once(post(), None, work).body == b'{"id":4}'


def test_a_key_that_comes_with_another_body_is_refused_or_answered_as_before(standin: StandIn) -> None:
    strict, lax, work = ReplayBook(standin), ReplayBook(standin, refuse=None), Counting()
    for book in (strict, lax):
        book.once(post(), "k", work)
    with pytest.raises(Refused) as raised:
        strict.once(post(b"[]"), "k", work)
    assert raised.value.response.status == 422
    assert lax.once(post(b"[]"), "k", work).body == b'{"id":2}'
    assert work.done == 2


def test_refusals_are_remembered_only_by_vendors_that_do(standin: StandIn) -> None:
    forgetful, elephant, work = ReplayBook(standin), ReplayBook(standin, failures=True), Counting()
    work.fails = True
    for book in (forgetful, elephant):
        with pytest.raises(Refused):
            book.once(post(), "k", work)
    work.fails = False
    assert forgetful.once(post(), "k", work).status == 201
    assert elephant.once(post(), "k", work).status == 400


def test_the_same_seed_draws_the_same_and_topics_are_apart() -> None:
    def drawn(seed: int, topic: str) -> list[object]:
        seeds = Seeds(seed, topic)
        day = seeds.day(date(2026, 1, 1), date(2026, 1, 31))
        return [seeds.name(), seeds.amount(10, 99), day, seeds.code("INV-"), seeds.whole(1, 9), seeds.pick("abc")]

    assert drawn(1, "bills") == drawn(1, "bills")
    assert drawn(1, "bills") != drawn(1, "orders")
    assert drawn(1, "bills") != drawn(2, "bills")


def test_values_lie_where_they_should_and_names_are_unique() -> None:
    seeds = Seeds(3)
    amounts = [seeds.amount("0.001", 1, places=3) for _ in range(200)]
    assert all(Decimal("0.001") <= amount <= 1 and amount.as_tuple().exponent == -3 for amount in amounts)
    days = [seeds.day(date(2026, 1, 30), date(2026, 2, 2)) for _ in range(50)]
    assert (min(days), max(days)) == (date(2026, 1, 30), date(2026, 2, 2))
    assert len({seeds.name() for _ in range(2000)}) == 2000
    assert 20 < sum(seeds.chance(0.2) for _ in range(200)) < 65
