"""What a token must be good for."""

from __future__ import annotations

from typing import Final

FULL_ACCESS: Final = "ZohoBooks.fullaccess.all"


def allows(scopes: frozenset[str], module: str, operation: str) -> bool:
    """Whether granted scopes cover an operation on a module."""
    return bool(scopes & {FULL_ACCESS, f"ZohoBooks.{module}.ALL", f"ZohoBooks.{module}.{operation}"})
