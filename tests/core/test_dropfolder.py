"""A drop folder by itself; what a connector makes of it is told in tests/csv."""

import contextlib
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlc import open_drop_folder
from mlc.errors import ConfigError, MappingError, TransientError

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("inbox", "outbox", "archive"):
        (tmp_path / name).mkdir()
    return tmp_path


def drop(path: Path, name: str, text: str = "x", *, age_s: float = 60.0) -> Path:
    file = path / "inbox" / name
    file.write_text(text, encoding="utf-8")
    os.utime(file, (NOW.timestamp() - age_s,) * 2)
    return file


def content(path: Path, kind: str = "bill") -> list[tuple[bytes, str]]:
    with open_drop_folder(path, NOW) as folder:
        return list(folder.filed(kind))


def test_good_files_are_filed_oldest_first_and_a_bad_one_holds_nobody_up(path: Path) -> None:
    def check(text: bytes, name: str) -> None:
        if text == b"bad":
            raise MappingError(f"{name} is bad.")

    drop(path, "bills-b.csv", "1", age_s=90)
    drop(path, "bills-bad.csv", "bad", age_s=80)
    drop(path, "bills-a.csv", "2", age_s=70)
    drop(path, "payments.csv", "3")
    with open_drop_folder(path, NOW) as folder:
        assert folder.take_in("bill", check) == {"bills-bad.csv": "bills-bad.csv is bad."}
        assert [name for _, name in folder.filed("bill")] == ["bills-b.csv", "bills-a.csv"]
        first = min(file.name.split("-")[0] for file in (path / "archive").iterdir())
        assert list(folder.filed("bill", first)) == [(b"2", "bills-a.csv")]
        assert list(folder.filed("bill", "", first)) == [(b"1", "bills-b.csv")]
        assert folder.newest() > first
    assert sorted(file.name for file in (path / "inbox").iterdir()) == ["bills-bad.csv", "payments.csv"]


@pytest.mark.parametrize(("age_s", "checksum", "asked", "read"), [
    (60, None, False, True),
    (2, None, False, False),
    (-3, None, False, False),
    (60, None, True, False),
    (0, "good", True, True),
    (2, "bad", False, False),
])  # fmt: skip
def test_a_file_is_whole_once_it_has_rested_or_agrees_with_its_checksum(
    path: Path, age_s: float, checksum: str | None, asked: bool, read: bool
) -> None:
    drop(path, "bills.csv", "x", age_s=age_s)
    if checksum is not None:
        digest = hashlib.sha256(b"x" if checksum == "good" else b"y").hexdigest()
        (path / "inbox" / "bills.csv.sha256").write_text(f"{digest}  bills.csv\n", encoding="utf-8")
    with open_drop_folder(path, NOW, checksums=asked) as folder:
        assert folder.take_in("bill", lambda text, name: None) == {}
    assert bool(content(path)) is read


def test_what_is_written_is_there_whole_with_its_checksum_only_after_the_block_began(path: Path) -> None:
    @contextlib.contextmanager
    def refused():
        raise RuntimeError("no permit")
        yield

    with open_drop_folder(path, NOW) as folder:
        with pytest.raises(RuntimeError):
            folder.write_out("payment", "p.csv", b"x", within=refused())
        assert [file for file in (path / "outbox").iterdir() if not file.name.startswith(".")] == []
        assert list(folder.filed("payment")) == []
        folder.write_out("payment", "p.csv", b"x", within=contextlib.nullcontext())
        assert list(folder.filed("payment")) == [(b"x", "p.csv")]
    digest = hashlib.sha256(b"x").hexdigest()
    assert (path / "outbox" / "p.csv.sha256").read_text(encoding="utf-8") == f"{digest}  p.csv\n"


def test_a_folder_that_is_missing_or_fails_is_a_sentence(path: Path) -> None:
    with pytest.raises(TransientError, match="cannot be used: No space left"), open_drop_folder(path, NOW):
        raise OSError(28, "No space left on device")
    (path / "outbox").rmdir()
    with pytest.raises(ConfigError, match="outbox is no folder"), open_drop_folder(path, NOW):
        pass
