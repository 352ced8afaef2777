"""Secrets and tokens, encrypted with AES-GCM: rows bound to connection and field, versioned for compare-and-swap."""

import json
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select, update

from mlc.clock import stamp
from mlc.errors import StoreError
from mlc.store.keys import ENVIRONMENT, Keys, add_key, key_id, keyfile, load_keys, parse_keys
from mlc.store.schema import credentials

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mlc.store.database import Database

NONCE_BYTES = 12
__all__ = ["ENVIRONMENT", "Credentials", "Kept", "Keys", "add_key", "key_id", "keyfile", "load_keys", "parse_keys"]


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
            return self.get_in(transaction, connection, name)

    def get_in(self, transaction: "Connection", connection: str, name: str) -> Kept | None:
        """``get`` within the caller's transaction."""
        row = transaction.execute(
            select(credentials.c.ciphertext, credentials.c.key_id, credentials.c.version).where(
                credentials.c.connection == connection, credentials.c.field == name
            )
        ).one_or_none()
        if row is None:
            return None
        return Kept(self._decrypt(connection, name, row.ciphertext, row.key_id), row.version)

    def version(self, connection: str, name: str) -> int:
        """The row's version, 0 when there is none; nothing is decrypted."""
        with self.database.read() as transaction:
            here = (credentials.c.connection == connection) & (credentials.c.field == name)
            return transaction.execute(select(credentials.c.version).where(here)).scalar_one_or_none() or 0

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
