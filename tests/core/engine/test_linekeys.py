"""Our lines are found again when their ids at the target have changed."""

from mlc.engine.linekeys import lines_there
from mlc.records import Bill, Line


def shown(*ids: str) -> Bill:
    return Bill.model_construct(lines=tuple(Line.model_construct(line_id=one) for one in ids))


def test_ids_that_are_there_stay_whatever_else_is_there() -> None:
    assert lines_there({"a": "1", "b": "2"}, shown("2", "9", "1")) == {"a": "1", "b": "2"}


def test_lines_put_in_anew_take_the_places_of_those_that_are_gone_in_order() -> None:
    assert lines_there({"a": "1", "b": "2", "c": "3"}, shown("7", "2", "8")) == {"a": "7", "b": "2", "c": "8"}


def test_nobody_guesses_where_the_numbers_differ() -> None:
    ours = {"a": "1", "b": "2"}
    assert lines_there(ours, shown("7")) == ours
    assert lines_there(ours, shown("7", "8", "9")) == ours
    assert lines_there(ours, None) == ours
