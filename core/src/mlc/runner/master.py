"""Worker processes and the one that minds them: a process that dies is started again, the others go on."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mlc.errors import ExitCode

LOOK_S = 0.2
#: A process that dies again and again is started ever more slowly.
SLOWEST_S = 30.0
#: One that lived for so long begins anew.
LIVED_S = 60.0
#: A process that was asked to end has so long for it; then it is killed, and what it did is taken over.
PATIENCE_S = 75.0
#: Nothing that starting again could cure.
FINAL = frozenset({ExitCode.USAGE, ExitCode.PLUGIN})


@dataclass
class _Place:
    """One of the processes: where it is now, and how often it died in a row."""

    number: int
    process: "subprocess.Popen[bytes] | None" = None
    name: str = ""
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0
    generation: int = field(default=0)


def mind(
    processes: int,
    *,
    command: Callable[[str, str], Sequence[str]],
    name: Callable[[int, int], str],
    stop: Callable[[], bool],
    say: Callable[..., None],
) -> int:
    """Keep so many processes alive until told to stop. Returns the exit code.

    Args:
        command: What to start, given the process's name and the name of the dead one whose work is free at once.
        name: A name for a place and its generation, that no other process has or had.
    """
    places = [_Place(number) for number in range(processes)]
    try:
        while not stop():
            for place in places:
                code = _look(place, command=command, name=name, say=say)
                if code in FINAL:
                    return int(code)
            time.sleep(LOOK_S)
    finally:
        _end(places)
    return int(ExitCode.DONE)


def _look(
    place: _Place,
    *,
    command: Callable[[str, str], Sequence[str]],
    name: Callable[[int, int], str],
    say: Callable[..., None],
) -> int | None:
    now = time.monotonic()
    if place.process is not None:
        code = place.process.poll()
        if code is None:
            return None
        place.process = None
        place.deaths = 1 if now - place.started > LIVED_S else place.deaths + 1
        place.start_at = now + min(SLOWEST_S, 0.0 if place.deaths == 1 else 2.0 ** (place.deaths - 2))
        if code in FINAL:
            return code
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        say(
            "worker.died",
            f"Worker process {place.number + 1} {how}; it is started again.",
            level="error",
            place=place.number + 1,
            code=code,
        )
    if now >= place.start_at:
        dead, place.generation = place.name, place.generation + 1
        place.name = name(place.number, place.generation)
        place.process = subprocess.Popen(list(command(place.name, dead)))
        place.started = now
    return None


def _end(places: Sequence[_Place]) -> None:
    """Ask every process to end between two writes, and wait."""
    alive = [place.process for place in places if place.process is not None]
    for process in alive:
        process.terminate()
    give_up = time.monotonic() + PATIENCE_S
    for process in alive:
        try:
            process.wait(max(0.1, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def itself(*arguments: str) -> list[str]:
    """The command line that starts ``mlc`` again, with the same interpreter."""
    return [sys.executable, "-c", "from mlc.cli.main import main; main()", *arguments]
