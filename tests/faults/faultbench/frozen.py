"""Both stand-ins in a process that can be stopped in its tracks and gone on with again and again: ``python frozen.py``.

It forks: each copy starts from the very state in which the stand-ins were stopped, on the same ports. It reads a word
a line: ``freeze``, ``copy``, ``drop``, and answers each with a line of JSON.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_company
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

#: Below the ports that a system gives to whoever asks for any: nobody takes one between two copies.
PORTS = range(20_000, 30_000)


class Vendors:
    """The process from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.served = {name: Served(name, url) for name, url in self._hear().items()}

    def freeze(self) -> None:
        """Stop answering. What is known now is what every copy begins with."""
        self._say("freeze")

    @contextmanager
    def copy(self) -> Iterator[None]:
        """Answer again, until the block ends; nothing of it is remembered."""
        self._say("copy")
        try:
            yield
        finally:
            self._say("drop")

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._hear() == {"done": word}

    def _hear(self) -> dict[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the stand-ins ended (exit {self._process.wait()})"
        return dict(json.loads(line))


@contextmanager
def vendors(systems: tuple[str, ...], *, seed: int, records: int) -> Iterator[Vendors]:
    """The stand-ins of these systems, until the block ends."""
    command = [sys.executable, str(Path(__file__)), str(seed), str(records), *systems]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Vendors(process)
    finally:
        process.communicate(timeout=20)


def main(seed: int, records: int, systems: list[str]) -> None:
    """Serve, and do as told, until nobody speaks any more."""
    company = make_company(seed, records)
    servers = []
    for system in systems:
        standin = stand_in_class(system)(company=company)
        standin.limits_enabled = False
        servers.append(Server(standin, port=_free_port()).start())
    _tell({server.standin.name: server.url for server in servers})
    child = 0
    for line in sys.stdin:
        word = line.strip()
        if word == "freeze":
            for server in servers:
                server.stop()
        elif word == "copy":
            child = os.fork()
            if child == 0:
                for server in servers:
                    Server(server.standin, port=server.port).start()
                _tell({"done": "copy"})
                signal.pause()
            continue
        elif word == "drop":
            child = _end(child)
        _tell({"done": word})
    _end(child)


def _end(child: int) -> int:
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return 0


def _tell(what: dict[str, str]) -> None:
    print(json.dumps(what), flush=True)


def _free_port() -> int:
    while True:
        with closing(socket.socket()) as one:
            try:
                one.bind(("127.0.0.1", port := random.choice(PORTS)))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
