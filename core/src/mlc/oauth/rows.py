"""A token as its encrypted row holds it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from mlc.clock import parse_stamp, stamp
from mlc.connection import Token
from mlc.store.credentials import Kept

PROLONGED = "prolonged"


@dataclass(frozen=True, slots=True)
class Held:
    """A token as read, with its row's version; ``life_s`` is what it had when it was minted."""

    token: Token | None
    version: int
    life_s: float = 0.0


def to_row(token: Token, *, life_s: float) -> Mapping[str, Any]:
    """A token as JSON, to be encrypted."""
    return {
        "access": token.access.get_secret_value(),
        "expires_at": stamp(token.expires_at),
        "refresh": None if token.refresh is None else token.refresh.get_secret_value(),
        "refresh_expires_at": None if token.refresh_expires_at is None else stamp(token.refresh_expires_at),
        "extra": None if token.extra is None else dict(token.extra),
        "life_s": life_s,
    }


def from_row(kept: Kept) -> Held:
    """The inverse of ``to_row``, with the row's version."""
    row = kept.value
    token = Token(
        access=SecretStr(row["access"]),
        expires_at=parse_stamp(row["expires_at"]),
        refresh=None if row["refresh"] is None else SecretStr(row["refresh"]),
        refresh_expires_at=None if row["refresh_expires_at"] is None else parse_stamp(row["refresh_expires_at"]),
        extra=row["extra"],
    )
    return Held(token, kept.version, float(row["life_s"]))


def fingerprint(access: SecretStr) -> str:
    """Tells whether two tokens are one, and nothing else."""
    return hashlib.sha256(access.get_secret_value().encode()).hexdigest()


def prolonged(held: Held, note: Kept | None) -> Held:
    """The token with the later end that its use has given it; a note of another token says nothing."""
    if note is None or held.token is None or note.value["token"] != fingerprint(held.token.access):
        return held
    until = max(held.token.expires_at, parse_stamp(note.value["expires_at"]))
    return Held(replace(held.token, expires_at=until), held.version, float(note.value["life_s"]))
