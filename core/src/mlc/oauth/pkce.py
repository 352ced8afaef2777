"""A proof that who exchanges the code is who asked for it."""

import base64
import hashlib
import secrets as randomness
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pkce:
    """A proof key (RFC 7636, S256): ``challenge`` goes into the authorise URL, ``verifier`` into the exchange."""

    verifier: str = field(repr=False)
    challenge: str

    @classmethod
    def new(cls) -> "Pkce":
        return cls.of(randomness.token_urlsafe(64))

    @classmethod
    def of(cls, verifier: str) -> "Pkce":
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"))
