"""``externalCode``: our key of every record at Basware, made of ours so that it never changes.

Unique per interface and tenant, at most 36 characters, never reused. The same record always gets the same code, so that
sending it once more replaces it instead of making a second one.

Vendor doc: https://developer.basware.com/en/api/p2p/faq
"""

import hashlib
import re

LONGEST = 36
#: A code that does not fit keeps so much of its prefix, and becomes a hash.
PREFIX_KEPT = 15
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")


def tail_of(record_key: str) -> str:
    """The source's own id in our key of a record: ``zoho:vendor:4600`` → ``4600``."""
    return record_key.split(":", 2)[2] if record_key.count(":") >= 2 else record_key


def code_of(prefix: str, record_key: str, *, kind: str = "") -> str:
    """``<prefix>-<id>``, with ``kind`` between where ids of several kinds meet in one list."""
    tail = f"{kind}-{tail_of(record_key)}" if kind else tail_of(record_key)
    code = f"{prefix}-{tail}"
    return code if _PLAIN.fullmatch(code) and len(code) <= LONGEST else hashed(prefix, record_key, kind)


def hashed(prefix: str, *parts: str) -> str:
    """A code of fixed length for what is too long to be shown whole."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
    return f"{prefix[:PREFIX_KEPT]}-{digest}"


def within_of(code: str, prefix: str) -> str | None:
    """The source's id in a code that we made of it whole; None for any other."""
    begins = f"{prefix}-"
    return code[len(begins) :] if code.startswith(begins) and code != begins else None


def shortened(text: str, most: int) -> str:
    """A business code that fits: its end is a hash of the whole where it is too long."""
    if len(text) <= most:
        return text
    return f"{text[: most - 5]}~{hashlib.sha256(text.encode()).hexdigest()[:4]}"
