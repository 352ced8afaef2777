"""Rows of files that a vendor hands out only so often: whole or not at all, in the order of their changes."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlc import BulkShelf, open_bulk_shelf
from mlc.errors import ConfigError

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
Row = tuple[str, str, dict[str, str]]


def take(shelf: BulkShelf, batch: str, *rows: Row, at: datetime = NOW) -> None:
    shelf.take(batch, "f", at=at, sha256="0", rows=rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shelf" / "rows.sqlite"


@pytest.fixture
def shelf(path: Path) -> Iterator[BulkShelf]:
    with open_bulk_shelf(path, "terms") as opened:
        yield opened


def test_passes_go_on_after_the_last_change(shelf: BulkShelf) -> None:
    take(shelf, "1", ("a", "x", {"name": "A"}), ("b", "x", {"name": "B"}), ("a", "y", {"name": "A y"}))
    assert [(one.id, one.number) for one in shelf.after(0, 10)] == [("b", 2), ("a", 3)]
    assert [one.id for one in shelf.after(0, 1)] == ["b"]
    take(shelf, "2", ("a", "x", {"name": "A"}), ("b", "x", {"name": "B2"}))
    assert [(one.id, one.parts) for one in shelf.after(3, 10)] == [("b", {"x": {"name": "B2"}})]


def test_older_rows_never_replace_newer_ones(shelf: BulkShelf) -> None:
    take(shelf, "2", ("a", "x", {"name": "new"}))
    take(shelf, "1", ("a", "x", {"name": "old"}), at=NOW - timedelta(days=1))
    assert shelf.of_ids(["a"])[0].parts == {"x": {"name": "new"}}


def test_a_file_is_taken_whole_or_not_at_all(shelf: BulkShelf) -> None:
    def cut() -> Iterator[Row]:
        yield "a", "x", {}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shelf.take("1", "f", at=NOW, sha256="0", rows=cut())
    assert (shelf.after(0, 9), shelf.has_file("1", "f")) == ([], False)
    take(shelf, "1", ("a", "x", {}))
    assert (shelf.has_file("1", "f"), shelf.has("1")) == (True, False)
    shelf.finish("1")
    assert shelf.has("1")


def test_what_another_source_shows_is_not_told_from_here(shelf: BulkShelf) -> None:
    take(shelf, "1", ("a", "x", {"name": "A"}), ("b", "x", {"name": " b  B "}))
    shelf.note_elsewhere(["a"])
    assert [one.id for one in shelf.after(0, 9)] == ["b"]
    assert shelf.of_ids(["a"]) == []
    assert [one.id for one in shelf.alike("A", None)] == []
    assert [one.id for one in shelf.alike("B", None)] == [one.id for one in shelf.alike(None, "B B")] == ["b"]


def test_one_looks_at_a_time_and_a_failed_look_does_not_count(shelf: BulkShelf, path: Path) -> None:
    assert shelf.claim(NOW, 3600)
    with open_bulk_shelf(path, "terms") as other:
        assert not other.claim(NOW + timedelta(minutes=59), 3600)
        shelf.release()
        assert other.claim(NOW + timedelta(minutes=59), 3600)
    assert shelf.claim(NOW - timedelta(days=1), 3600), "a clock that was set back locks nobody out"


def test_other_terms_empty_it_under_another_name(path: Path) -> None:
    with open_bulk_shelf(path, "one") as shelf:
        take(shelf, "1", ("a", "x", {}))
        birth = shelf.birth
    with open_bulk_shelf(path, "one") as shelf:
        assert (shelf.birth, len(shelf.after(0, 9))) == (birth, 1)
    with open_bulk_shelf(path, "two") as shelf:
        assert shelf.birth != birth
        assert (shelf.after(0, 9), shelf.has_file("1", "f")) == ([], False)


def test_it_is_its_owners_alone_and_says_when_it_cannot_be_used(path: Path, tmp_path: Path) -> None:
    with open_bulk_shelf(path, "terms"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_bytes(b"x" * 4096)
    for wrong in (path, tmp_path / "none" / "none" / "rows.sqlite"):
        with pytest.raises(ConfigError, match="may be deleted"), open_bulk_shelf(wrong, "terms", connection="c"):
            pass
