"""Tokens that live by the stand-in's clock, and what stands in an Authorization header."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.wirejson import dumps


@dataclass(slots=True)
class Grant:
    """One issued token and what stands behind it."""

    token: str
    subject: str
    expires_at: datetime
    claims: dict[str, Any] = field(default_factory=dict)
    revoked: bool = False


class TokenBook:
    """Tokens issued by one token server, in order; expired ones are kept, to be told from invented ones."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    def issue(
        self, token: str, *, subject: str, at: datetime, life_s: float, claims: dict[str, Any] | None = None
    ) -> Grant:
        """Enter a token that is good for ``life_s`` seconds from ``at``."""
        grant = Grant(token, subject, at + timedelta(seconds=life_s), claims or {})
        self._grants[token] = grant
        return grant

    def find(self, token: str) -> Grant | None:
        """The grant of a token, good or not."""
        return self._grants.get(token)

    def good(self, token: str, at: datetime) -> Grant | None:
        """The grant of a token that is neither revoked nor expired at ``at``."""
        grant = self._grants.get(token)
        if grant is None or grant.revoked or at >= grant.expires_at:
            return None
        return grant

    def revoke(self, *, token: str | None = None, subject: str | None = None) -> int:
        """Revoke one token, those of one subject, or all; returns how many were good until now."""
        named = self._grants.get(token or "")
        found = self._grants.values() if token is None else [] if named is None else [named]
        count = 0
        for grant in found:
            if not grant.revoked and subject in (None, grant.subject):
                grant.revoked = True
                count += 1
        return count

    def all(self) -> list[Grant]:
        """Every grant in order of issue."""
        return list(self._grants.values())


def bearer(request: Request, *, scheme: str = "Bearer") -> str | None:
    """The token of the Authorization header under this scheme, None when there is none."""
    given, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if given.lower() == scheme.lower() and token.strip() else None


def basic(request: Request) -> tuple[str, str] | None:
    """User and password, or client id and secret, of a Basic header; None when there is none or it is no such thing."""
    given, _, said = request.headers.get("authorization", "").partition(" ")
    if given.lower() != "basic":
        return None
    try:
        user, found, secret = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, secret) if found else None


def jwt_of(claims: dict[str, Any], *, key: str) -> str:
    """A token in the three-part form of a JWT; the signature is a digest that nobody is meant to verify."""
    parts = [
        base64.urlsafe_b64encode(dumps(part)).rstrip(b"=").decode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    digest = hashlib.sha256((key + ".".join(parts)).encode()).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()])
