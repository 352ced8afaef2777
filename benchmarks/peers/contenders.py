"""Who takes part, in which environment, and by which commands. None of them is tuned; each runs as its pages say."""

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"


def nothing(_work: Path) -> None:
    """Most keep their own place."""


@dataclass(frozen=True)
class Contender:
    """One of them.

    ``requirement``: the name in ``requirements.txt``, None for this project's own environment. ``pipeline(python, work,
    url)``: the commands of one run, each one's output the next one's input; the last one's goes to ``work/out``.
    ``keep`` stores after a run that ended well what the next run begins from. ``start``: what tells start-up time.
    """

    name: str
    requirement: str | None
    pipeline: Callable[[str, Path, str], list[list[str]]]
    start: Callable[[Path], list[str]]
    keep: Callable[[Path], None] = nothing


def environment(contender: Contender, home: Path) -> tuple[Path, str]:
    """Its Python, installed on first use, and the version that takes part.

    Raises: RuntimeError with pip's last words when it cannot be installed.
    """
    if contender.requirement is None:
        return Path(sys.executable), "this project"
    wanted = next(
        line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(f"{contender.requirement}==")
    )
    place = home / contender.requirement
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = place / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {wanted} …", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{wanted} cannot be installed: {done.stderr.strip()[-500:]}")
        stamp.write_text(wanted)
    return python, wanted


def script(name: str) -> str:
    return str(HERE / name)


def one(name: str) -> Callable[[str, Path, str], list[list[str]]]:
    return lambda python, work, url: [[python, script(name), str(work), url]]


# ------------------------------------------------------------------ singer-sdk


def _singer(python: str, work: Path, url: str) -> list[list[str]]:
    tap, target, state = work / "tap.json", work / "target.json", work / "state.json"
    tap.write_text(json.dumps({"url": url}))
    target.write_text(json.dumps({"url": url, "sent": str(work / "sent.db")}))
    from_state = ["--state", str(state)] if state.exists() else []
    return [
        [python, script("singer_tap.py"), "--config", str(tap), *from_state],
        [python, script("singer_target.py"), "--config", str(target)],
    ]


def _keep_singer(work: Path) -> None:
    """The target prints states; the last one is where the next run begins."""
    states = [line for line in (work / "out").read_text().splitlines() if line.startswith("{")]
    if states:
        (work / "state.json").write_text(states[-1])


# ------------------------------------------------------------------ airbyte-cdk


def _airbyte(python: str, work: Path, url: str) -> list[list[str]]:
    config, catalog, state = work / "config.json", work / "catalog.json", work / "state.json"
    config.write_text(json.dumps({"url": url, "sent": str(work / "sent.db")}))
    modes = ["full_refresh", "incremental"]
    stream = {"name": "bills", "json_schema": {"type": "object"}, "supported_sync_modes": modes}
    chosen = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append",
              "cursor_field": ["updated_at"]}  # fmt: skip
    catalog.write_text(json.dumps({"streams": [chosen]}))
    both = ["--config", str(config), "--catalog", str(catalog)]
    from_state = ["--state", str(state)] if state.exists() else []
    return [
        [python, script("airbyte_source.py"), "read", *both, *from_state],
        [python, script("airbyte_destination.py"), "write", *both],
    ]


def _keep_airbyte(work: Path) -> None:
    lines = [line for line in (work / "out").read_text().splitlines() if '"STATE"' in line]
    if lines:
        (work / "state.json").write_text(json.dumps([json.loads(lines[-1])["state"]]))


OURS = "ml-connector"
CONTENDERS = (
    Contender(OURS, None, one("ours.py"), lambda python: [str(python.parent / "mlc"), "--help"]),
    Contender("dlt", "dlt", one("dlt_bills.py"), lambda python: [str(python.parent / "dlt"), "--help"]),
    Contender("singer-sdk", "singer-sdk", _singer, lambda python: [str(python), script("singer_tap.py"), "--help"],
              _keep_singer),
    Contender("airbyte-cdk", "airbyte-cdk", _airbyte,
              lambda python: [str(python), script("airbyte_source.py"), "spec"], _keep_airbyte),
    Contender("httpx script", "httpx", one("plain.py"), lambda python: [str(python), script("plain.py"), "--help"]),
)  # fmt: skip
