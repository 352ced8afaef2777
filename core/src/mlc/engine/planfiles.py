"""Plans as files: for people to read, sealed with the installation's key, valid for a while, for their owner alone."""

import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from mlc.clock import parse_stamp, stamp
from mlc.engine.planitems import PlanItem
from mlc.errors import ConfigError
from mlc.store.credentials import Keys

FORMAT = 2
_SEAL = ',\n"seal": "'
_END = "}\n"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan read back: what each record's line was, by record number, with how a person would call it."""

    path: Path
    pairing: str
    made_at: datetime
    items: Mapping[int, PlanItem]
    lines: Mapping[int, Mapping[str, Any]]


class PlanDraft:
    """A plan that is written line by line as it is made; nothing of it is kept in memory."""

    def __init__(self, path: Path, file: IO[bytes], seal: "hmac.HMAC", text: Callable[[object], Any] | None) -> None:
        self._path = path
        self._file = file
        self._seal = seal
        self._text = text
        self._flows = 0
        self._lines = 0

    def begin_flow(self, name: str) -> None:
        self.put(("" if not self._flows else ",") + f"\n{self.as_json(name)}: " + '{"items": [')
        self._flows += 1
        self._lines = 0

    def line(self, line: Mapping[str, Any]) -> None:
        self.put(("" if not self._lines else ",") + f"\n{self.as_json(line)}")
        self._lines += 1

    def end_flow(self, facts: Mapping[str, Any]) -> None:
        """Counts and whatever else is known when a flow's last line is."""
        self.put("]" + "".join(f", {self.as_json(name)}: {self.as_json(value)}" for name, value in facts.items()) + "}")

    def end(self) -> None:
        """Seal it."""
        self.put("", after=f'{_SEAL}{self._seal.hexdigest()}"{_END}')

    def as_json(self, value: object) -> str:
        return json.dumps(value, default=self._text, ensure_ascii=False)

    def put(self, text: str, *, after: str = "") -> None:
        """The next piece; ``after`` is not under the seal."""
        self._seal.update(text.encode())
        try:
            self._file.write((text + after).encode())
            if after:
                self._file.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error


@contextmanager
def draft_plan(
    path: Path, *, pairing: str, keys: Keys, text: Callable[[object], Any] | None = None
) -> Iterator[PlanDraft]:
    """Write a plan for its owner's eyes alone. It takes its place when ``end_plan`` has sealed it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with file:
            made = PlanDraft(path, file, _sealing(keys.current), text)
            made.put(f'{{"format": {FORMAT}, "pairing": {made.as_json(pairing)}, "flows": {{')
            yield made
            made.end()
        try:
            draft.replace(path)
        except OSError as error:
            raise _unwritable(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def end_plan(draft: PlanDraft, *, configuration: Mapping[str, str], now: datetime, valid: timedelta) -> datetime:
    """What is known when the last flow was planned; returns until when the plan may be applied."""
    expires = now + valid
    facts = {"made_at": stamp(now), "configuration": dict(configuration), "expires_at": stamp(expires)}
    draft.put("}" + "".join(f",\n{draft.as_json(name)}: {draft.as_json(value)}" for name, value in facts.items()))
    return expires


def read_plan(path: Path, *, keys: Keys, now: datetime) -> StoredPlan:
    """A plan as ``mlc plan --out`` wrote it here.

    Raises: ConfigError when it is none, was changed, is open to others, or is too old.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8")
        body = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as a plan: {error}.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT or "seal" not in body:
        raise ConfigError(f"{path} is no plan of this version; mlc plan PAIRING --out {path} writes one.")
    if mode & 0o077:
        raise ConfigError(f"{path} can be read or written by others (mode {mode:04o}); make the plan again.")
    sealed, _, said = text.rpartition(_SEAL)
    if not any(_is_sealed(sealed, said, key) for key in (keys.current, *keys.older)):
        raise ConfigError(f"{path} was changed since it was written, or belongs to another installation; plan again.")
    pairing = str(body["pairing"])
    if now >= parse_stamp(body["expires_at"]):
        raise ConfigError(
            f"{path} was valid until {body['expires_at'][:16]}Z; make it again: mlc plan {pairing} --out {path}"
        )
    lines = {int(line["record"]): line for flow in body["flows"].values() for line in flow["items"]}
    items = {record: PlanItem(line["id"], line["basis"]) for record, line in lines.items()}
    return StoredPlan(path, pairing, parse_stamp(body["made_at"]), items, lines)


def _is_sealed(text: str, said: str, key: bytes) -> bool:
    seal = _sealing(key)
    seal.update(text.encode())
    return hmac.compare_digest(said.encode(), f'{seal.hexdigest()}"{_END}'.encode())


def _sealing(key: bytes) -> "hmac.HMAC":
    return hmac.new(hmac.new(key, b"mlc plan file", hashlib.sha256).digest(), b"", hashlib.sha256)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path} cannot be written: {error.strerror}.")
