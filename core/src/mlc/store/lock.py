"""One engine process per SQLite database (R31). The system drops the lock with the process, however it ends."""

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlc.errors import StoreError
from mlc.store.database import Database


@contextmanager
def engine_lock(database: Database) -> Iterator[None]:
    """Be the only engine on this database while the block runs; on PostgreSQL, where leases do this, nothing happens.

    Raises: StoreError naming the process that is at work.
    """
    if database.path is None:
        yield
        return
    lock = FileLock(database.path.with_name(f"{database.path.name}.lock"))
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


class FileLock:
    """An exclusive ``flock`` on a file that holds our process id. Not carried into forked children."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise StoreError at once."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"The lock {self.path} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreError(
                f"Process {holder} already works on {self.path.with_suffix('')}; stop it first "
                "(one mlc run at a time on SQLite, several workers need PostgreSQL)."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        os.register_at_fork(after_in_child=_closing(weakref.ref(self)))

    def release(self) -> None:
        """Give the lock up; the file stays, so that nobody locks a name that is gone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class _closing:
    """A child that kept the descriptor would keep the lock after its parent died."""

    def __init__(self, lock: "weakref.ref[FileLock]") -> None:
        self._lock = lock

    def __call__(self) -> None:
        lock = self._lock()
        if lock is not None:
            lock.release()
