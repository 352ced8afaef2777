"""The keys that encrypt what is kept: from the environment, or from a file for its owner alone."""

import base64
import binascii
import hashlib
import os
import secrets as randomness
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mlc.errors import ConfigError

KEY_BYTES = 32
ENVIRONMENT = "MLC_KEY"


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that encrypts, and older ones that still decrypt. Each is known by an id made from it."""

    current: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def current_id(self) -> str:
        return key_id(self.current)

    def find(self, wanted: str) -> bytes | None:
        """The key of that id, None when it is not here."""
        return next((key for key in (self.current, *self.older) if key_id(key) == wanted), None)


def key_id(key: bytes) -> str:
    """A name for a key that says nothing about it."""
    return hashlib.sha256(b"mlc key id" + key).hexdigest()[:12]


def parse_keys(text: str, *, where: str) -> Keys:
    """Keys from text: a base64 key of 32 bytes per line, the current one first. Raises ConfigError naming ``where``."""
    found = []
    for line in text.replace(",", "\n").split():
        try:
            key = base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ConfigError(f"{where} holds something that is not a base64 key.") from error
        if len(key) != KEY_BYTES:
            raise ConfigError(f"{where} holds a key of {len(key)} bytes; a key has {KEY_BYTES}.")
        found.append(key)
    if not found:
        raise ConfigError(f"{where} holds no key.")
    return Keys(found[0], tuple(found[1:]))


def load_keys(path: Path, environ: Mapping[str, str]) -> Keys:
    """The keys of ``MLC_KEY``, else of the key file, which is made when it is missing."""
    given = environ.get(ENVIRONMENT)
    return parse_keys(given, where=ENVIRONMENT) if given else keyfile(path)


def keyfile(path: Path) -> Keys:
    """The keys of a file, made with a new key when it is missing.

    Raises: ConfigError when others than its owner may read it.
    """
    if not path.exists():
        _create(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(f"The key file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
    return parse_keys(path.read_text(encoding="ascii"), where=f"The key file {path}")


def add_key(path: Path) -> Keys:
    """Put a new current key in front of those of a key file; the older ones stay until no row needs them."""
    keys = keyfile(path)
    new = Keys(randomness.token_bytes(KEY_BYTES), (keys.current, *keys.older))
    _replace(path, (new.current, *new.older))
    return new


def _text(keys: tuple[bytes, ...]) -> bytes:
    return b"".join(base64.b64encode(key) + b"\n" for key in keys)


def _create(path: Path) -> None:
    """Two processes may try at once: the file appears whole, and the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(path, (randomness.token_bytes(KEY_BYTES),))
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _replace(path: Path, keys: tuple[bytes, ...]) -> None:
    os.replace(_draft(path, keys), path)


def _draft(path: Path, keys: tuple[bytes, ...]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{randomness.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_text(keys))
        file.flush()
        os.fsync(file.fileno())
    return draft
