"""A quarter of the threads for one connection, and nobody waits in a thread."""

from mlc.runner.shares import Shares


def test_at_most_a_quarter_of_the_threads_are_inside_one_connection() -> None:
    shares = Shares(8)
    assert shares.enter("a", ["slow", "one"])
    assert shares.enter("b", ["slow", "two"])
    assert not shares.enter("c", ["slow", "three"])
    assert shares.enter("d", ["quick", "three"]), "whoever has nothing to do with it goes on"


def test_who_waited_longest_is_called_when_a_place_is_free() -> None:
    shares = Shares(4)
    assert shares.enter("a", ["slow", "one"])
    assert not shares.enter("b", ["slow", "two"])
    assert not shares.enter("c", ["slow", "three"])
    assert shares.leave(["slow", "one"]) == ["b"]
    assert shares.enter("b", ["slow", "two"])
    assert shares.leave(["slow", "two"]) == ["c"]
    assert shares.leave(["slow", "three"]) == []


def test_one_thread_has_its_share() -> None:
    shares = Shares(1)
    assert shares.enter("a", ["one", "two"])
    assert not shares.enter("b", ["two", "three"])
