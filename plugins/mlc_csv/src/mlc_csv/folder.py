"""The folder itself: names change atomically, and what has its name is whole and on disk.

``archive`` is the log of what came in and went out, in order: <moment>-<kind>-<name of the file>.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from mlc.errors import ConfigError, MappingError, TransientError
from mlc.records import ObjectType

from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, parse

SIDE = ".sha256"


class Folder:
    def __init__(self, settings: CsvSettings, now: datetime) -> None:
        self.settings, self.now = settings, now
        self.inbox, self.outbox, self.archive = (settings.folder / name for name in ("inbox", "outbox", "archive"))

    def take_in(self, kind: ObjectType) -> dict[str, str]:
        """Move good files to the archive, the oldest first. Returns what is wrong with others, which stay, by name."""
        problems = {}
        files = [path for path in self.inbox.glob(f"{kind}s*.csv") if path.is_file() and not path.is_symlink()]
        for path in sorted(files, key=lambda one: (one.stat().st_mtime_ns, one.name)):
            content = path.read_bytes()
            try:
                if self._is_whole(path, sha256(content).hexdigest()):
                    parse(content, kind, self.settings, file=path.name)
                    os.replace(path, self._place(kind, path.name))
                    path.with_name(path.name + SIDE).unlink(missing_ok=True)
                    _sync(self.archive, self.inbox)
            except MappingError as error:
                problems[path.name] = error.sentence
        return problems

    def write_out(self, kind: ObjectType, name: str, content: bytes, within: AbstractContextManager[None]) -> None:
        """Bring checksum, file and the archive's copy to disk under hidden names, then rename them within the block."""
        checksum = f"{sha256(content).hexdigest()}  {name}\n".encode()
        places = [self.outbox / (name + SIDE), self.outbox / name, self._place(kind, name)]
        hidden = [place.with_name(f".{place.name}.part") for place in places]
        for part, text in zip(hidden, (checksum, content, content), strict=True):
            part.write_bytes(text)
        _sync(*hidden)
        with within:
            for part, place in zip(hidden, places, strict=True):
                os.replace(part, place)
            _sync(self.outbox, self.archive)

    def records(self, kind: ObjectType, after: str = "", until: str = "~") -> dict[str, list[Row]]:
        """Rows by record id, of files filed after one moment and until another; the newest file wins."""
        found: dict[str, list[Row]] = {}
        for path in sorted(self.archive.glob(f"[0-9]*-{kind}-*.csv")):
            moment, of, name = path.name.split("-", 2)
            if of == kind and after < moment <= until:
                found |= parse(path.read_bytes(), kind, self.settings, file=name)
        return found

    def newest(self) -> str:
        """The moment of the last file that was filed."""
        return max((path.name.split("-")[0] for path in self.archive.glob("[0-9]*-*-*.csv")), default="0")

    def _place(self, kind: ObjectType, name: str) -> Path:
        """Where a file is to be filed, after all others."""
        moment = max(int(self.now.strftime("%Y%m%d%H%M%S%f")), int(self.newest()) + 1)
        return self.archive / f"{moment}-{kind}-{name}"

    def _is_whole(self, path: Path, checksum: str) -> bool:
        """False while it is still being written. Raises: MappingError when it differs from its checksum."""
        rests = abs(self.now.timestamp() - path.stat().st_mtime) >= self.settings.rest_s
        side = path.with_name(path.name + SIDE)
        if not side.is_file():
            return rests and not self.settings.checksums
        if (agrees := side.read_text(errors="replace").lower().split()[:1] == [checksum]) or not rests:
            return agrees
        raise MappingError(f"{path.name}: it differs from its checksum in {side.name}; have it sent again.")


@contextmanager
def open_folder(settings: CsvSettings, now: datetime) -> Iterator[Folder]:
    """Raises: ConfigError when the folder is not there, TransientError when it cannot be used now."""
    folder = Folder(settings, now)
    for place in (folder.inbox, folder.outbox, folder.archive):
        if not place.is_dir():
            raise ConfigError(f"{place} is no folder; make it, or set folder to where it is.")
    try:
        yield folder
    except OSError as error:
        raise TransientError(f"{error.filename or settings.folder} cannot be used: {error.strerror}.") from error


def _sync(*paths: Path) -> None:
    """Wait until files, or folders' names, are on disk."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
