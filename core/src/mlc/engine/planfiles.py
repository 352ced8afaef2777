"""Plans as files: for people to read, sealed with the installation's key, valid for a while, for their owner alone."""

import hashlib
import hmac
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from mlc.clock import parse_stamp, stamp
from mlc.engine.planlines import PlanLines
from mlc.errors import ConfigError
from mlc.store.credentials import Keys

FORMAT = 2
_SEAL = ',\n"seal": "'
_SEALED = _SEAL.removeprefix(",\n").encode()
_END = "}\n"
_HEAD = b'{"format"'
_FIRST = re.compile(rf'\{{"format": {FORMAT}, "pairing": ("(?:[^"\\]|\\.)*")')
#: No line of a plan comes near it.
LONGEST = 16_000_000


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan read back: what each record's line was, by record number, with how a person would call it."""

    path: Path
    pairing: str
    made_at: datetime
    lines: PlanLines


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
    """A plan as ``mlc plan --out`` wrote it here, read once from its first line to its last; close its lines.

    Raises: ConfigError when it is none, was changed, is open to others, or is too old.
    """
    with ExitStack() as stack:
        lines = stack.enter_context(closing(PlanLines()))
        plan = _read(path, lines, keys, now)
        stack.pop_all()  # they are the caller's now
    return plan


def _read(path: Path, lines: PlanLines, keys: Keys, now: datetime) -> StoredPlan:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            pairing = _pairing_of(path, file.readline(LONGEST))
            if mode & 0o077:
                raise ConfigError(f"{path} can be read or written by others (mode {mode:04o}); make the plan again.")
            file.seek(0)
            facts = _read_lines(file, lines, [_sealing(key) for key in (keys.current, *keys.older)])
    except OSError as error:
        raise ConfigError(f"{path} cannot be read as a plan: {error.strerror}.") from error
    if facts is None:
        raise ConfigError(f"{path} was changed since it was written, or belongs to another installation; plan again.")
    if now >= parse_stamp(facts["expires_at"]):
        raise ConfigError(
            f"{path} was valid until {facts['expires_at'][:16]}Z; make it again: mlc plan {pairing} --out {path}"
        )
    return StoredPlan(path, pairing, parse_stamp(facts["made_at"]), lines)


def _pairing_of(path: Path, first: bytes) -> str:
    found = _FIRST.match(first.decode(errors="replace"))
    if found is None:
        raise ConfigError(f"{path} is no plan of this version; mlc plan PAIRING --out {path} writes one.")
    return str(json.loads(found[1]))


def _read_lines(file: IO[bytes], lines: PlanLines, seals: "Sequence[hmac.HMAC]") -> dict[str, Any] | None:
    """Fill ``lines``; what the plan's end says, None when its seal is none of ours.

    A line of the file is a line of the plan, as it was written: what is laid out otherwise was changed.
    """
    facts: dict[str, Any] = {}
    before = b""
    try:
        while text := file.readline(LONGEST):
            if text.startswith(_SEALED):
                sealed = before.removesuffix(b",\n")
                for seal in seals:
                    seal.update(sealed)
                said = text.removeprefix(_SEALED)
                good = any(hmac.compare_digest(said, f'{seal.hexdigest()}"{_END}'.encode()) for seal in seals)
                return facts if good and not file.read(1) else None
            for seal in seals:
                seal.update(before)
            before = text
            if text.startswith(b"{") and not text.startswith(_HEAD):
                lines.add(_decode(text)[0])
            elif text.startswith((b'"made_at"', b'"expires_at"')):
                name, end = _decode(text)
                facts[name] = json.loads(text.decode()[end + 1 :].strip().removesuffix(","))
    except (ValueError, KeyError, TypeError):
        return None
    return None


def _decode(text: bytes) -> tuple[Any, int]:
    return json.JSONDecoder().raw_decode(text.decode())


def _sealing(key: bytes) -> "hmac.HMAC":
    return hmac.new(hmac.new(key, b"mlc plan file", hashlib.sha256).digest(), b"", hashlib.sha256)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path} cannot be written: {error.strerror}.")
