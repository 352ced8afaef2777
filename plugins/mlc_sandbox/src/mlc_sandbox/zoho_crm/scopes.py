"""What a token must be good for."""

from __future__ import annotations

from typing import Final

EVERYTHING: Final = (
    "ZohoCRM.modules.ALL",
    "ZohoCRM.settings.ALL",
    "ZohoCRM.org.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.coql.READ",
    "ZohoCRM.notifications.ALL",
    "ZohoSearch.securesearch.READ",
)


def allows(scopes: frozenset[str], service: str, operation: str, module: str) -> bool:
    """Whether granted scopes cover an operation of a service, on a module where it is one on records."""
    granted = {scope.casefold() for scope in scopes}
    if service == "search":
        readable = allows(scopes, "modules", "READ", module)
        return readable and bool(granted & {"zohosearch.securesearch.read", "zohosearch.securesearch.all"})
    wanted = ("CREATE", "UPDATE") if operation == "UPSERT" else (operation,)
    roots = [f"zohocrm.{service}"]
    if service == "modules":
        roots.append(f"zohocrm.modules.{module.casefold()}")
    return all(any(f"{root}.{verb.casefold()}" in granted or f"{root}.all" in granted for root in roots)
               for verb in wanted)  # fmt: skip
