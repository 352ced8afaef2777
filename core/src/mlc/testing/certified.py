"""The record of the last whole certification: ``[certified]`` in ``quality.toml``, beside the conformance class."""

import inspect
import re
import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from mlc.errors import ConfigError

QUALITY = "quality.toml"
TABLE = "certified"
_SECTION = re.compile(r"\n*(?:^#[^\n]*\n)*^\[certified\]\n(?:(?!\[).*\n?)*", re.MULTILINE)
_HEAD = "# What torture through the whole engine counted. Written by: mlc plugin certify {system} --record"


@dataclass(frozen=True, slots=True)
class Record:
    """What torture through the engine counted, and of which version; ``faults`` have struck."""

    version: str
    on: date
    faults: int
    seed: int
    written: int
    duplicates: int
    lost: int
    others: int
    """Further problems: a wrong amount, a write that was never settled."""

    def is_clean(self) -> bool:
        return self.duplicates == self.lost == self.others == 0


def read_record(subject: type) -> Record | None:
    """The record of a conformance class; None without one. Raises: ConfigError for one that cannot be read."""
    path = quality_of(subject)
    if not path.exists():
        return None
    table = tomllib.loads(path.read_text(encoding="utf-8")).get(TABLE)
    if table is None:
        return None
    try:
        return Record(**table)
    except TypeError as error:
        raise ConfigError(
            f"{path}: [certified] cannot be read; write it with mlc plugin certify --record.", str(error)
        ) from error


def write_record(subject: type, system: str, record: Record) -> Path:
    """Put the record into the file, in place of an earlier one. Returns: the file."""
    path = quality_of(subject)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    rows = [f"{name} = {_toml(value)}" for name, value in asdict(record).items()]
    section = "\n".join([_HEAD.format(system=system), f"[{TABLE}]", *rows]) + "\n"
    kept = _SECTION.sub("\n", text).strip("\n")
    path.write_text(f"{kept}\n\n{section}" if kept else section, encoding="utf-8")
    return path


def quality_of(subject: type) -> Path:
    return Path(inspect.getfile(subject)).with_name(QUALITY)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
