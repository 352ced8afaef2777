"""What commands print."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import click
import pytest
from mlc.cli.output import print_json, print_table, progress
from mlc.contract import Loss
from mlc.records import ObjectType


def test_amounts_are_text_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"total": Decimal("10.00"), "on": date(2026, 11, 1), "at": datetime(2026, 11, 1, tzinfo=UTC)})
    assert json.loads(capsys.readouterr().out) == {
        "total": "10.00",
        "on": "2026-11-01",
        "at": "2026-11-01T00:00:00+00:00",
    }


def test_data_classes_sets_enumerations_and_paths_have_a_json_form(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Loss("memo", "too long"), {ObjectType.BILL, ObjectType.ACCOUNT}, Path("mlc.toml")])
    assert json.loads(capsys.readouterr().out) == [
        {"field": "memo", "reason": "too long"},
        ["account", "bill"],
        "mlc.toml",
    ]


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        print_json(object())


def test_a_table_in_a_pipe_is_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "what"), [("a", "first"), ("longer", None)])
    assert capsys.readouterr().out == "NAME    WHAT\na       first\nlonger\n"


def test_a_table_on_a_terminal_keeps_what_looks_like_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table(("place", "what"), [("[connections.main]", "x")])
    assert "[connections.main]" in capsys.readouterr().out


def _terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))


def test_a_narrow_terminal_gets_a_line_per_cell_rather_than_words_cut_in_two(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("purchasing", "4600000005000301", "it waits for its vendor"), ("other", None, "")]
    _terminal(monkeypatch, 30)
    print_table(("pairing", "id", "why"), rows)
    assert capsys.readouterr().out.splitlines() == [
        "pairing  purchasing",
        "id       4600000005000301",
        "why      it waits for its",
        "         vendor",
        "",
        "pairing  other",
    ]


def test_a_terminal_that_is_wide_enough_folds_between_words_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _terminal(monkeypatch, 40)
    print_table(("pairing", "id", "why"), [("purchasing", "4600000005000301", "it waits for its vendor")])
    assert [line.rstrip() for line in click.unstyle(capsys.readouterr().out).splitlines()] == [
        "pairing     id                why",
        "purchasing  4600000005000301  it waits",
        "                              for its",
        "                              vendor",
    ]


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [], empty="Nothing is held.")
    assert capsys.readouterr().out == "Nothing is held.\n"


def test_progress_says_nothing_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading", total=10) as advance:
        advance(5)
        advance(10, note="Done")
    assert capsys.readouterr() == ("", "")


def test_progress_on_a_terminal_leaves_standard_output_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress("Reading", total=10) as advance:
        advance(5, total=20)
    assert capsys.readouterr().out == ""
