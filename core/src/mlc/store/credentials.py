"""Secrets and tokens, encrypted with AES-GCM: rows bound to connection and field, versioned for compare-and-swap."""

import base64
import binascii
import hashlib
import json
import os
import secrets as randomness
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select, update

from mlc.clock import stamp
from mlc.errors import ConfigError, StoreError
from mlc.store.schema import credentials

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mlc.store.database import Database

KEY_BYTES = 32
NONCE_BYTES = 12
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


@dataclass(frozen=True, slots=True)
class Kept:
    """A decrypted value and the version of its row. Its repr shows no value."""

    value: Mapping[str, Any] = field(repr=False)
    version: int


class Credentials:
    """Encrypted rows by connection and field. Every change is one durable transaction; ``…_in`` joins the caller's."""

    def __init__(self, database: "Database", keys: Keys, *, now: Callable[[], datetime]) -> None:
        self.database = database
        self.keys = keys
        self._now = now

    def get(self, connection: str, name: str) -> Kept | None:
        """The value, None when there is none.

        Raises: StoreError when its key is missing, or the row was moved, copied or damaged.
        """
        with self.database.read() as transaction:
            row = transaction.execute(
                select(credentials.c.ciphertext, credentials.c.key_id, credentials.c.version).where(
                    credentials.c.connection == connection, credentials.c.field == name
                )
            ).one_or_none()
        if row is None:
            return None
        return Kept(self._decrypt(connection, name, row.ciphertext, row.key_id), row.version)

    def put(self, connection: str, name: str, value: Mapping[str, Any], *, expected: int | None = None) -> int | None:
        """Store a value. ``expected`` is the version it replaces, 0 for none yet; None replaces whatever is there.

        Returns: the new version, or None when the stored version is not the expected one.
        """
        with self.database.write() as transaction:
            return self.put_in(transaction, connection, name, value, expected=expected)

    def put_in(
        self,
        transaction: "Connection",
        connection: str,
        name: str,
        value: Mapping[str, Any],
        *,
        expected: int | None = None,
    ) -> int | None:
        """``put`` within a transaction that the caller commits."""
        here = (credentials.c.connection == connection) & (credentials.c.field == name)
        stored = transaction.execute(select(credentials.c.version).where(here)).scalar_one_or_none()
        version = stored or 0
        if expected is not None and expected != version:
            return None
        changed = {
            "ciphertext": self._encrypt(connection, name, value),
            "key_id": self.keys.current_id,
            "version": version + 1,
            "updated_at": stamp(self._now()),
        }
        if stored is None:
            transaction.execute(insert(credentials).values(connection=connection, field=name, **changed))
            return version + 1
        done = transaction.execute(update(credentials).where(here, credentials.c.version == version).values(**changed))
        return version + 1 if done.rowcount == 1 else None

    def remove(self, connection: str, name: str) -> None:
        with self.database.write() as transaction:
            self.remove_in(transaction, connection, name)

    def remove_in(self, transaction: "Connection", connection: str, name: str) -> None:
        transaction.execute(
            delete(credentials).where(credentials.c.connection == connection, credentials.c.field == name)
        )

    def rotate(self) -> int:
        """Encrypt every row with the current key that is not yet; how many were. All of them or none.

        Versions move, so a process that works on an old read notices.
        """
        with self.database.write() as transaction:
            rows = transaction.execute(select(credentials).where(credentials.c.key_id != self.keys.current_id)).all()
            for row in rows:
                value = self._decrypt(row.connection, row.field, row.ciphertext, row.key_id)
                self.put_in(transaction, row.connection, row.field, value, expected=row.version)
        return len(rows)

    def _encrypt(self, connection: str, name: str, value: Mapping[str, Any]) -> bytes:
        nonce = randomness.token_bytes(NONCE_BYTES)
        plain = json.dumps(value, separators=(",", ":")).encode()
        return nonce + AESGCM(self.keys.current).encrypt(nonce, plain, _identity(connection, name))

    def _decrypt(self, connection: str, name: str, ciphertext: bytes, used: str) -> Mapping[str, Any]:
        key = self.keys.find(used)
        if key is None:
            raise StoreError(
                f"The credentials of {connection} were encrypted with key {used}, which is not here; "
                f"put that key back, or run: mlc connect {connection}",
                connection=connection,
            )
        blob = bytes(ciphertext)
        try:
            plain = AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _identity(connection, name))
        except InvalidTag as error:
            raise StoreError(
                f"The stored credentials of {connection} are damaged or belong elsewhere; "
                f"run: mlc connect {connection}",
                connection=connection,
            ) from error
        value: Mapping[str, Any] = json.loads(plain)
        return value


def _identity(connection: str, name: str) -> bytes:
    return json.dumps(["mlc credentials", connection, name]).encode()
