"""The vendor of a test: a stand-in in a process of its own, or anything that answers the same control calls."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

from mlc.errors import ConfigError

STAND_INS = "mlc.sandboxes"
WAIT_S = 30.0
_COMMAND = "from mlc.cli.main import main; main()"


class ControlError(Exception):
    """The vendor has no such control call, or refused it."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A served vendor. Its control calls lie under ``/_sandbox/``; a vendor without them still serves."""

    url: str
    changes: list[str] = field(default_factory=list, compare=False)
    """Paths of the control calls that changed records so far."""

    def get(self, path: str) -> Any:
        """``objects/bills``, ``log``, ``calls``, … Raises ControlError."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """``objects/bills`` is a person at the vendor's screens. Raises ControlError."""
        if path.startswith("objects/"):
            self.changes.append(path)
        return self._ask("POST", path, body)

    def advance(self, seconds: float) -> bool:
        """Move the vendor's clock; False when it cannot be moved."""
        try:
            self.post("clock", {"advance_s": seconds})
        except ControlError:
            return False
        return True

    def created(self) -> int | None:
        """How many records API calls have made so far, by the vendor's own log; None when it keeps none."""
        try:
            log = self.get("log")
        except ControlError:
            return None
        return sum(1 for entry in log if entry.get("op") == "create" and _by_request(entry))

    def _ask(self, method: str, path: str, body: Any) -> Any:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=WAIT_S)
        payload = None if body is None else json.dumps(body, default=str)
        try:
            connection.request(method, f"/_sandbox/{path}", payload, {"content-type": "application/json"})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status != 200:
            raise ControlError(f"{method} {path} answered {reply.status}: {text[:200].decode(errors='replace')}")
        return json.loads(text, parse_float=Decimal)


def has_stand_in(system: str) -> bool:
    """Whether an installed package brings a stand-in of this system."""
    return any(entry.name == system for entry in entry_points(group=STAND_INS))


@contextmanager
def serve_stand_in(system: str, *, seed: int, records: int) -> Iterator[str]:
    """Serve an installed stand-in in a separate process until the block ends.

    Raises: ConfigError when none is installed, or it does not start.
    """
    if not has_stand_in(system):
        raise ConfigError(f"No stand-in of {system!r} is installed; pip install mlc-sandbox.")
    arguments = ["sandbox", "serve", system, "--seed", str(seed), "--records", str(records), "--no-limits"]
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.lstrip().startswith("{"):
            raise ConfigError(f"The stand-in of {system} did not start (exit {process.wait(WAIT_S)}).")
        yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        process.wait(WAIT_S)
        process.stdout.close()


def _by_request(entry: Any) -> bool:
    cause = entry.get("cause")
    return cause is None or cause.get("kind") == "request"
