"""Scopes: what was asked for and is not there."""

from collections.abc import Sequence


def missing(wanted: Sequence[str], granted: frozenset[str]) -> tuple[str, ...]:
    """Scopes that a token lacks; none when Zoho did not say what it has. ``ALL`` of a module covers its others."""
    have = {scope.lower() for scope in granted}
    if not have:
        return ()
    return tuple(scope for scope in wanted if not _covered(scope.lower(), have))


def _covered(scope: str, have: set[str]) -> bool:
    product = scope.partition(".")[0]
    return bool(have & {scope, f"{scope.rpartition('.')[0]}.all", f"{product}.fullaccess.all"})
