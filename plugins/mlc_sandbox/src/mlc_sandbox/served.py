"""Stand-ins in a process of their own, and their control calls."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from mlc_sandbox.toolkit.wirejson import dumps


class ControlRefused(Exception):
    """A stand-in refused a control call; says which and why."""


class Served:
    """One stand-in that another process serves."""

    def __init__(self, system: str, url: str) -> None:
        self.system = system
        self.url = url

    def get(self, path: str) -> Any:
        """A control call that reads, e.g. ``log``. Amounts are Decimal."""
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> Any:
        """A control call that changes something. Raises ControlRefused."""
        return self._ask("POST", path, body)

    def objects(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that is stored, by type."""
        return {type: self.get(f"objects/{type}") for type in self.get("objects")}

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        where = urlsplit(self.url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
        try:
            payload = None if body is None else dumps(body)
            connection.request(method, f"/_sandbox/{path}", payload, {"content-type": "application/json"})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status != 200:
            raise ControlRefused(f"{self.system}: {method} {path} answered {reply.status}: {text[:500].decode()}")
        return json.loads(text, parse_float=Decimal)


@contextmanager
def serve(
    systems: Sequence[str], *, seed: int, records: int, limits: bool = False, company: str = "purchasing"
) -> Iterator[dict[str, Served]]:
    """Serve these systems' stand-ins in one separate process until the block ends, seeded with one ``company``.

    Raises: ControlRefused when the process ends before its ports are open.
    """
    command = [sys.executable, "-m", "mlc_sandbox", *systems, "--seed", str(seed), "--records", str(records)]
    command += ["--company", company]
    if not limits:
        command.append("--no-limits")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        served = {}
        for _ in systems:
            line = process.stdout.readline()
            if not line:
                raise ControlRefused(f"The stand-ins of {', '.join(systems)} did not start (exit {process.wait()}).")
            said = json.loads(line)
            served[said["system"]] = Served(said["system"], said["url"])
        yield served
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
