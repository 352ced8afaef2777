"""The folder itself. A name changes atomically, and what has a name there is whole and on disk.

``archive`` is the log of all that came in and went out, in order: <moment>-<checksum>-<kind>-<name of the file>.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from mlc.errors import ConfigError, MappingError, TransientError
from mlc.records import ObjectType

from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, parse

SIDE = ".sha256"
#: Before every moment.
START = "0"


class Folder:
    """One connection's folder. Raises: ConfigError when it is not there, TransientError when it cannot be used now."""

    def __init__(self, settings: CsvSettings, now: datetime) -> None:
        self.settings, self.now = settings, now
        self.inbox, self.outbox, self.archive = (settings.folder / name for name in ("inbox", "outbox", "archive"))
        for place in (self.inbox, self.outbox, self.archive):
            if not place.is_dir():
                raise ConfigError(f"{place} is no folder; make it, or set folder to where it is.")

    def take_in(self, kind: ObjectType) -> dict[str, str]:
        """Move the good files from the inbox to the archive, the oldest first; name → what is wrong with the others."""
        problems = {}
        with self._using():
            waiting = [one for one in self.inbox.glob(f"{kind.value}*.csv") if one.is_file() and not one.is_symlink()]
            for path in sorted(waiting, key=lambda one: (one.stat().st_mtime_ns, one.name)):
                content = path.read_bytes()
                try:
                    if self._is_whole(path, sha256(content).hexdigest()):
                        parse(content, kind, self.settings, file=path.name)
                        os.replace(path, self._place(kind, path.name, content))
                        path.with_name(path.name + SIDE).unlink(missing_ok=True)
                        _sync(self.archive, self.inbox)
                except MappingError as error:
                    problems[path.name] = error.sentence
        return problems

    def records(self, kind: ObjectType, after: str = START, until: str = "~") -> dict[str, list[Row]]:
        """Rows by record id, of the files filed after one moment and until another; the newest file wins."""
        found: dict[str, list[Row]] = {}
        with self._using():
            for path in self._filed():
                moment, checksum, of, name = path.name.split("-", 3)
                if of == kind.value and after < moment <= until:
                    content = path.read_bytes()
                    if not sha256(content).hexdigest().startswith(checksum):
                        raise TransientError(f"{path} was changed after it was filed; put the original back.")
                    found |= parse(content, kind, self.settings, file=name)
        return found

    def newest(self) -> str:
        """The moment of the last file that was filed."""
        with self._using():
            return max((path.name.split("-")[0] for path in self._filed()), default=START)

    @contextmanager
    def publishing(self, kind: ObjectType, name: str, content: bytes) -> Iterator[list[tuple[Path, Path]]]:
        """Write checksum, file and archive's copy under names that nobody looks for: (written, its name) of each."""
        side = f"{sha256(content).hexdigest()}  {name}\n".encode()
        file = self.outbox / name
        wanted = {self.outbox / (name + SIDE): side, file: content, self._place(kind, name, content): content}
        with self._using():
            written = []
            for place, text in wanted.items():
                part = place.with_name(f".{name}.{len(written)}.part")
                with part.open("wb") as out:
                    out.write(text)
                    out.flush()
                    os.fsync(out.fileno())
                written.append((part, place))
            yield written
            _sync(self.outbox, self.archive)

    def _is_whole(self, path: Path, checksum: str) -> bool:
        """False while it is still being written. Raises: MappingError when it differs from its checksum file."""
        rests = abs(self.now.timestamp() - path.stat().st_mtime) >= self.settings.rest_s
        side = path.with_name(path.name + SIDE)
        if not side.is_file():
            return rests and not self.settings.checksums
        if side.read_text(errors="replace").lower().split()[:1] == [checksum]:
            return True
        if rests:
            raise MappingError(f"{path.name}: it differs from its checksum in {side.name}; have it sent again.")
        return False

    def _filed(self) -> list[Path]:
        return sorted(self.archive.glob("[0-9]*-*-*-*.csv"))

    def _place(self, kind: ObjectType, name: str, content: bytes) -> Path:
        moment = max(int(self.now.strftime("%Y%m%d%H%M%S%f")), int(self.newest()) + 1)
        return self.archive / f"{moment}-{sha256(content).hexdigest()[:16]}-{kind.value}-{name}"

    @contextmanager
    def _using(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientError(f"{error.filename or self.archive} cannot be used: {error.strerror}.") from error


def _sync(*folders: Path) -> None:
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
