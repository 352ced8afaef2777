"""How many writes share a commit."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc.engine.groupsize import GROUP_S, MOST_ROUNDS, ROUNDS, GroupSize
from mlc.engine.sending import LEAVE_WITHIN_S
from mlc.recipes import Side

AT_ONCE = 5


def _groups(batch_size: int = 1) -> GroupSize:
    support = SimpleNamespace(batch_size=batch_size)
    system = SimpleNamespace(concurrency=AT_ONCE, support=lambda _object: support)
    session = SimpleNamespace(system=lambda _side: system)
    return GroupSize(cast(Any, session), cast(Any, SimpleNamespace(object="bill")))


@pytest.mark.parametrize(
    ("round_s", "rounds"),
    [(0.0, MOST_ROUNDS), (0.001, MOST_ROUNDS), (GROUP_S / 10.5, 10), (GROUP_S / 4.5, 4), (1.0, ROUNDS), (30.0, ROUNDS)],
)
def test_a_group_grows_while_the_system_answers_fast(round_s: float, rounds: int) -> None:
    groups = _groups()
    assert groups.on(Side.RIGHT) == ROUNDS * AT_ONCE
    groups.took(Side.RIGHT, 3 * AT_ONCE, 3 * round_s)
    assert groups.on(Side.RIGHT) == rounds * AT_ONCE
    groups.took(Side.RIGHT, 1, 60.0)
    assert groups.on(Side.RIGHT) == ROUNDS * AT_ONCE


def test_a_larger_group_leaves_long_before_its_writes_no_longer_may() -> None:
    groups = _groups()
    for round_ms in range(1, 1_500, 7):
        groups.took(Side.RIGHT, AT_ONCE, round_ms / 1000)
        rounds = groups.on(Side.RIGHT) // AT_ONCE
        assert rounds == ROUNDS or rounds * round_ms / 1000 <= LEAVE_WITHIN_S / 5


def test_after_a_write_was_held_up_groups_stay_a_single_round() -> None:
    groups = _groups(batch_size=20)
    assert groups.on(Side.RIGHT) == 20 * AT_ONCE
    groups.late()
    groups.took(Side.RIGHT, AT_ONCE, 0.001)
    assert groups.on(Side.RIGHT) == AT_ONCE
    assert groups.decided(Side.RIGHT, first=50, largest=200) == 50


@pytest.mark.parametrize(("round_s", "records"), [(0.001, 160), (GROUP_S / 10.5, 100), (GROUP_S / 4.5, 40), (30.0, 40)])
def test_what_is_decided_at_once_grows_with_the_groups_and_fills_them(round_s: float, records: int) -> None:
    groups = _groups()
    assert groups.decided(Side.RIGHT, first=50, largest=200) == 40
    groups.took(Side.RIGHT, 3 * AT_ONCE, 3 * round_s)
    assert groups.decided(Side.RIGHT, first=50, largest=200) == records
    assert groups.decided(Side.RIGHT, first=1, largest=200) <= MOST_ROUNDS // ROUNDS
    assert records * round_s / AT_ONCE <= max(50 * GROUP_S / ROUNDS, 50 * round_s) / AT_ONCE


def test_a_slice_is_no_larger_than_the_largest_where_a_request_carries_many() -> None:
    groups = _groups(batch_size=30)
    assert groups.decided(Side.RIGHT, first=200, largest=200) == 150
    groups.took(Side.RIGHT, AT_ONCE, 0.001)
    assert groups.decided(Side.RIGHT, first=200, largest=200) == 150
