"""The process that minds workers, and what it refuses to start with."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from mlc.errors import ExitCode
from mlc.runner.master import mind

LIVE = "import os, sys, time; print(*sys.argv[1:3], os.getpid(), sep=',', file=open(sys.argv[3], 'a')); time.sleep(120)"


def begun(path: Path, count: int) -> list[list[str]]:
    """Name, the dead one's name and process id of each that was started."""
    for _ in range(1200):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text.count("\n") >= count:
            return [line.split(",") for line in text.splitlines()]
        time.sleep(0.05)
    raise AssertionError(text)


def test_a_worker_that_was_killed_is_started_again_and_told_whose_work_is_free(tmp_path: Path) -> None:
    path, ended, told = tmp_path / "begun", threading.Event(), []
    codes: list[int] = []

    def keep() -> None:
        codes.append(
            mind(
                1,
                command=lambda name, dead: [sys.executable, "-c", LIVE, name, dead, str(path)],
                name=lambda number, generation: f"{number}:{generation}",
                stop=ended.is_set,
                say=lambda event, sentence, **_facts: told.append((event, sentence)),
            )
        )

    minding = threading.Thread(target=keep)
    minding.start()
    try:
        ((name, dead, pid),) = begun(path, 1)
        assert (name, dead) == ("0:1", "")
        os.kill(int(pid), signal.SIGKILL)
        _, (name, dead, pid) = begun(path, 2)
    finally:
        ended.set()
        minding.join(60)
    assert (name, dead) == ("0:2", "0:1")
    assert told == [("worker.died", "Worker process 1 was killed by signal 9; it is started again.")]
    assert codes == [ExitCode.DONE]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_what_starting_again_cannot_cure_ends_it() -> None:
    code = mind(
        1,
        command=lambda _name, _dead: [sys.executable, "-c", f"raise SystemExit({int(ExitCode.PLUGIN)})"],
        name=lambda number, generation: f"{number}:{generation}",
        stop=lambda: False,
        say=lambda *_words, **_facts: None,
    )
    assert code == ExitCode.PLUGIN


@pytest.mark.parametrize("command", ["worker", "scheduler"])
@pytest.mark.parametrize(
    ("written", "said"), [("", "several processes need a broker"), ("redis://127.0.0.1:1/0", "need PostgreSQL")]
)
def test_several_processes_are_refused_without_broker_or_postgresql(
    tmp_path: Path, command: str, written: str, said: str
) -> None:
    path = tmp_path / "mlc.toml"
    path.write_text('home = "."\n' + (f'broker = "{written}"\n' if written else ""), encoding="utf-8")
    run = [sys.executable, "-c", "from mlc.cli.main import main; main()", "--config", str(path), command]
    told = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == ExitCode.USAGE, told
    (line,) = told.stderr.splitlines()
    assert said in line
