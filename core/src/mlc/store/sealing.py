"""Tax numbers and payloads at rest: sealed with AES-GCM as they go into the database, opened as they come out (R6).

The columns do it themselves, so that no reader or writer can forget it. A tax number is bound to the party it belongs
to, so that it opens nowhere else. Few records have one: for all others this costs the search for a word.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from mlc.errors import StoreError
from mlc.store.keys import Keys, key_id

NONCE_BYTES = 12
MARK = "sealed:1:"
_MARK_BYTES = b"mlc sealed:1:"
_WORD = '"tax_number"'
_FIELD = re.compile(r'("tax_number":\s*)"((?:[^"\\]|\\.)+)"')
_OWNER = re.compile(r'"source_id":\s*"((?:[^"\\]|\\.)*)"')
_SLOT = "mlc_seal"
_PAYLOAD = b"mlc payload"


class KeylessError(StoreError, DontWrapMixin):
    """Something is to be sealed or opened, and nobody said with which keys."""


class Seal:
    """Seals with the current key, opens with any. The keys are read when they are first needed."""

    def __init__(self, load: Callable[[], Keys]) -> None:
        self._load = load
        self._current = ""
        self._ciphers: dict[str, AESGCM] = {}

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        if not self._current:
            self.read_keys()
        return self._current

    def read_keys(self) -> None:
        """Take the keys as they are now: somebody may have put a new one in front."""
        keys = self._load()
        self._ciphers = {key_id(key): AESGCM(key) for key in (*keys.older, keys.current)}
        self._current = keys.current_id

    def close(self, plain: bytes, whose: bytes) -> tuple[str, bytes]:
        """The key's id, and nonce and ciphertext."""
        used, nonce = self.current, os.urandom(NONCE_BYTES)
        return used, nonce + self._ciphers[used].encrypt(nonce, plain, whose)

    def open(self, used: str, blob: bytes, whose: bytes) -> bytes:
        """What was sealed. Raises StoreError without its key, or when it was damaged or moved."""
        if used not in self._ciphers:
            self.read_keys()
        cipher = self._ciphers.get(used)
        if cipher is None:
            raise StoreError(f"Stored tax numbers or payloads need the key {used}, which is not here; put it back.")
        try:
            return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], whose)
        except InvalidTag as error:
            raise StoreError("A stored tax number or payload is damaged or belongs elsewhere; restore it.") from error


def attach(dialect: Dialect, seal: Seal) -> None:
    """Let the columns of one database use this seal."""
    setattr(dialect, _SLOT, seal)


class SealedText(TypeDecorator[str]):
    """A canonical record as JSON text. Its tax number is sealed at rest, everything else stays readable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or _WORD not in value:
            return value
        return _FIELD.sub(lambda found: _close_field(found, _of(dialect), _whose(value)), value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or MARK not in value:
            return value
        return _FIELD.sub(lambda found: _open_field(found, _of(dialect), _whose(value)), value)


class SealedBytes(TypeDecorator[bytes]):
    """Bytes as they were sent, sealed whole: nobody but their vendor knows where in them a tax number stands."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if not value:
            return value
        used, blob = _of(dialect).close(value, _PAYLOAD)
        return _MARK_BYTES + used.encode() + b":" + blob

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        if not value:
            return None
        stored = bytes(value)
        if not stored.startswith(_MARK_BYTES):
            return stored
        used, _, blob = stored[len(_MARK_BYTES) :].partition(b":")
        return _of(dialect).open(used.decode(), blob, _PAYLOAD)


def _of(dialect: Dialect) -> Seal:
    seal = getattr(dialect, _SLOT, None)
    if not isinstance(seal, Seal):
        raise KeylessError("This database was opened without its keys, and has tax numbers or payloads to keep.")
    return seal


def _whose(text: str) -> bytes:
    """The party a text speaks of: its id at its own system."""
    found = _OWNER.search(text)
    return b"mlc tax number " + (found[1].encode() if found else b"")


def _close_field(found: re.Match[str], seal: Seal, whose: bytes) -> str:
    if found[2].startswith(MARK):
        return found[0]
    used, blob = seal.close(found[2].encode(), whose)
    return f'{found[1]}"{MARK}{used}:{base64.b64encode(blob).decode()}"'


def _open_field(found: re.Match[str], seal: Seal, whose: bytes) -> str:
    if not found[2].startswith(MARK):
        return found[0]
    used, _, text = found[2][len(MARK) :].partition(":")
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise StoreError("A stored tax number is damaged; restore it.") from error
    return f'{found[1]}"{seal.open(used, blob, whose).decode()}"'
