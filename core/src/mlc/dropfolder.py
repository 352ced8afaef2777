"""A folder through which files come and go, for systems that are reached without HTTP: inbox, outbox, archive.

Names change atomically, and what has its name is whole and on disk. The archive is the log of what came in and went
out, in order: <moment>-<kind>-<name of the file>.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from mlc.errors import ConfigError, MappingError, TransientError

SIDE = ".sha256"
_LAST = "~"


@dataclass(frozen=True, slots=True)
class DropFolder:
    """One process at a time uses it.

    Attributes:
        rest_s: so long a file without checksum must have rested before it is taken for whole.
        checksums: whether a file waits until its ``.sha256`` file is there.
    """

    path: Path
    now: datetime
    rest_s: float = 10.0
    checksums: bool = False

    def take_in(self, kind: str, check: Callable[[bytes, str], object]) -> dict[str, str]:
        """Move good files ``<kind>s*.csv`` to the archive, the oldest first; a bad one holds nobody up and stays.

        Args:
            check: is called with content and name; a MappingError says what is wrong with the file.

        Returns: the name of each file that was left alone, with the reason.
        """
        problems = {}
        inbox = self.path / "inbox"
        files = [path for path in inbox.glob(f"{kind}s*.csv") if path.is_file() and not path.is_symlink()]
        for path in sorted(files, key=lambda one: (one.stat().st_mtime_ns, one.name)):
            content = path.read_bytes()
            try:
                if self._is_whole(path, sha256(content).hexdigest()):
                    check(content, path.name)
                    os.replace(path, self._place(kind, path.name))
                    path.with_name(path.name + SIDE).unlink(missing_ok=True)
                    sync(self.path / "archive", inbox)
            except MappingError as error:
                problems[path.name] = error.sentence
        return problems

    def write_out(self, kind: str, name: str, content: bytes, *, within: AbstractContextManager[None]) -> None:
        """Bring checksum, file and the archive's copy to disk under hidden names, then rename them within the block.

        Args:
            within: ``connection.http.local_write(content)``; what fails before it was surely not done.
        """
        outbox = self.path / "outbox"
        checksum = f"{sha256(content).hexdigest()}  {name}\n".encode()
        places = [outbox / (name + SIDE), outbox / name, self._place(kind, name)]
        hidden = [place.with_name(f".{place.name}.part") for place in places]
        for part, text in zip(hidden, (checksum, content, content), strict=True):
            part.write_bytes(text)
        sync(*hidden)
        with within:
            for part, place in zip(hidden, places, strict=True):
                os.replace(part, place)
            sync(outbox, self.path / "archive")

    def filed(self, kind: str, after: str = "", until: str = _LAST) -> Iterator[tuple[bytes, str]]:
        """Content and name of every file that was filed after one moment and until another, the oldest first."""
        for path in sorted((self.path / "archive").glob(f"[0-9]*-{kind}-*")):
            moment, of, name = path.name.split("-", 2)
            if of == kind and after < moment <= until:
                yield path.read_bytes(), name

    def newest(self) -> str:
        """The moment of the last file that was filed."""
        return max((path.name.split("-")[0] for path in (self.path / "archive").glob("[0-9]*-*-*")), default="0")

    def _place(self, kind: str, name: str) -> Path:
        """Where a file is to be filed, after all others."""
        moment = max(int(self.now.strftime("%Y%m%d%H%M%S%f")), int(self.newest()) + 1)
        return self.path / "archive" / f"{moment}-{kind}-{name}"

    def _is_whole(self, path: Path, checksum: str) -> bool:
        """False while it is still being written. Raises: MappingError when it differs from its checksum."""
        rests = abs(self.now.timestamp() - path.stat().st_mtime) >= self.rest_s
        side = path.with_name(path.name + SIDE)
        if not side.is_file():
            return rests and not self.checksums
        if (agrees := side.read_text(errors="replace").lower().split()[:1] == [checksum]) or not rests:
            return agrees
        raise MappingError(f"{path.name}: it differs from its checksum in {side.name}; have it sent again.")


@contextmanager
def open_drop_folder(
    folder: str | Path, now: datetime, *, rest_s: float = 10.0, checksums: bool = False
) -> Iterator[DropFolder]:
    """Raises: ConfigError when the folder is not there, TransientError when it cannot be used now."""
    path = Path(folder)
    for place in (path / "inbox", path / "outbox", path / "archive"):
        if not place.is_dir():
            raise ConfigError(f"{place} is no folder; make it, or set folder to where it is.")
    try:
        yield DropFolder(path, now, rest_s, checksums)
    except OSError as error:
        raise TransientError(f"{error.filename or path} cannot be used: {error.strerror}.") from error


def sync(*paths: Path) -> None:
    """Wait until files, or folders' names, are on disk."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
