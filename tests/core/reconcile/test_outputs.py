"""The page, the sheet and the command."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mlc.cli.options import Options
from mlc.cli.reconcile import reconcile as command
from mlc.engine.reconcile import write_csv, write_html
from mlc.engine.session import Session
from mlc.recipes import Side

from .conftest import World, bill

LEFT, RIGHT = Side.LEFT, Side.RIGHT


@pytest.fixture
def told(world: World) -> World:
    """One matched, one held and one hand-typed bill, with text that a page or a sheet could misread."""
    world.carry(bill(LEFT, "HP-1", "118.00"), bill(RIGHT, "HP-1", "118.00"))
    held = bill(LEFT, "<b>9</b>", "20.00")
    world.left.append(held)
    world.hold(world.record(held, state="held"), "zero_total", "A & B <script>")
    world.right.append(bill(RIGHT, '=HYPERLINK("x")', "7.00", id="=1+1"))
    return world


@pytest.fixture
def run(told: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def session_of(config: object, pairing: str, **_options: object) -> Iterator[Session]:
        assert pairing == "test"
        yield told.session()

    monkeypatch.setattr("mlc.runner.embedded.open_session", session_of)
    monkeypatch.setattr(Options, "config", None)
    return lambda *arguments, **options: CliRunner().invoke(command, ["test", *arguments], obj=Options(**options))


def test_the_page_is_one_file_that_loads_nothing_and_escapes_what_it_shows(told: World, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_html(told.reconcile(), page)
    text = page.read_text(encoding="utf-8")
    assert "Balanced" in text
    assert "<svg" in text
    assert "&lt;b&gt;9&lt;/b&gt;" in text
    assert "<script" not in text
    assert "http" not in text
    assert "src=" not in text


def test_the_sheet_has_totals_and_every_difference_and_no_formula(told: World, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    write_csv(told.reconcile(), sheet)
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["table"] for row in rows] == [
        "total",
        "explained",
        "explained",
        "held in period",
        "held",
        "ledger_only",
    ]
    assert rows[0]["amount"] == "13.00"
    assert rows[-1]["amount"] == "-7.00"
    texts = [row[name] for row in rows for name in ("what", "left", "right", "why")]
    assert not any(text.startswith("=") for text in texts)


def test_json_has_amounts_as_text_and_every_kind_of_difference(told: World) -> None:
    data = json.loads(json.dumps(told.reconcile().as_dict()))
    assert data["balanced"] is True
    [total] = data["totals"]
    assert total["left"] == "138.00"
    assert total["explained"]["held"] == "20.00"
    assert total["unexplained"] == "0.00"
    assert data["held_by_period"] == {"2026-03": {"EUR": "20.00"}}
    assert data["differences"]["missing_left"] == []
    assert set(data["differences"]["held"][0]) == {"what", "left", "right", "amount", "currency", "why"}


def test_the_command_ends_with_zero_when_balanced_and_shows_tables(run: Any, tmp_path: Path) -> None:
    done = run("--html", str(tmp_path / "a.html"), "--csv", str(tmp_path / "a.csv"))
    assert done.exit_code == 0
    assert "Balanced." in done.output
    assert "Held (1)" in done.output
    assert (tmp_path / "a.html").exists()
    assert (tmp_path / "a.csv").exists()


def test_the_command_ends_with_one_when_not_balanced(run: Any, told: World) -> None:
    told.left.append(bill(LEFT, "HP-7", "1.00"))
    done = run()
    assert done.exit_code == 1
    assert "Missing on the right (1)" in done.output


def test_the_command_prints_json_alone(run: Any) -> None:
    done = run(json=True)
    assert json.loads(done.output)["pairing"] == "test"
