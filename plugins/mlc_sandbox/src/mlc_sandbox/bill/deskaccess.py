"""What an administrator does: organisations, people, tokens, developer keys, and webhooks that were given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.logins import Login
from mlc_sandbox.bill.wire import Record, make_id
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

Change = Callable[["BillStandIn", str, Any, dict[str, Any]], Record]
_CAUSE: Final = {"kind": "ui"}


def _organizations(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Found one more (``name``, ``currency``), lock or unlock one, switch its API or a list off and on."""
    if not key:
        return found(standin, str(given["name"]), str(given.get("currency", "USD")), api_token=given.get("api_token"))
    row = standin.store.edit("organizations", key)
    words = {"lock": ("_locked", True), "unlock": ("_locked", False), "api_off": ("_api_off", True),
             "api_on": ("_api_off", False)}  # fmt: skip
    if action in words:
        name, value = words[action]
        row[name] = value
    elif action == "features":
        row["_features_off"] = list(given["off"])
    else:
        raise UnknownChange(f"no action {action!r} on organizations; there are features, {', '.join(sorted(words))}")
    return standin.store.put("organizations", key, row, _CAUSE)


def found(
    standin: BillStandIn, name: str, currency: str, *, api_token: str | None = None, rates: dict[str, str] | None = None
) -> Record:
    """A new organisation that every login of the demo reaches, with an administrator who approves."""
    id = make_id("organizations", standin.registers.numbers.next("organizations"))
    record = {"id": id, "name": name, "organizationId": id, "_currency": currency, "_rates": rates or {}}
    standin.store.put("organizations", id, record, _CAUSE)
    standin.registers.create("users", id, {"name": "Avery Approver", "role": "ADMIN"}, {"kind": "seed"})
    for login in standin.logins.by_name.values():
        login.organizations.add(id)
    if api_token:
        standin.logins.spend_tokens[api_token] = (id, "")
    return record


def _login(standin: BillStandIn, name: object) -> Login:
    found = standin.logins.by_name.get(str(name))
    if found is None:
        known = ", ".join(sorted(standin.logins.by_name))
        raise UnknownChange(f"nobody is called {name}; there are {known}")
    return found


def _users(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Add a person (``username``, ``password``), change a password, unlock, take a login's organisation away."""
    if action in (None, "create"):
        org = str(given.get("organization", standin.organization_id))
        row = standin.registers.create("users", org, {"name": given["username"], "role": "ADMIN"}, _CAUSE)
        made = Login(str(given["username"]), str(given["password"]), row["id"], {org}, sync=bool(given.get("sync")))
        standin.logins.by_name[made.name] = made
        return {"username": made.name, "userId": made.user_id}
    login = _login(standin, given.get("username") or key)
    if action == "password":
        login.password = str(given["password"])
        if standin.switches["rotation_ends_sessions"]:
            standin.logins.end(login=login)
    elif action == "unlock":
        login.failures = 0
    elif action == "leave":
        login.organizations.discard(str(given["organization"]))
    else:
        raise UnknownChange(f"no action {action!r} on users; there are create, leave, password, unlock")
    return {"username": login.name, "userId": login.user_id}


def _tokens(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Create or revoke a sync token (``username``, ``password``) or an apiToken (``apiToken``)."""
    if action == "revoke":
        if "apiToken" in given:
            return {"revoked": standin.logins.spend_tokens.pop(str(given["apiToken"]), None) is not None}
        login = _login(standin, given.get("username") or key)
        login.revoked = True
        return {"revoked": True, "sessions": standin.logins.end(login=login)}
    if "apiToken" in given:
        org = str(given.get("organization", standin.organization_id))
        standin.logins.spend_tokens[str(given["apiToken"])] = (org, str(given.get("user", "")))
        return {"apiToken": given["apiToken"]}
    return _users(standin, key, None, {**given, "sync": True})


def _keys(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Add a developer key, or make one inactive."""
    standin.logins.developer_keys[key or str(given["key"])] = action != "deactivate"
    return {"active": action != "deactivate"}


def _sessions(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """End every session, as an administrator or an outage does."""
    return {"ended": standin.logins.end()}


def _subscriptions(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Disable one, as BILL does; enable it; or try again what was given up."""
    row = standin.store.get("subscriptions", key)
    if row is None:
        raise UnknownChange(f"there is no subscription {key}")
    if action == "retry_parked":
        return {"retried": standin.events.retry_parked(row)}
    if action not in ("disable", "enable"):
        raise UnknownChange(f"no action {action!r} on subscriptions; there are disable, enable, retry_parked")
    return standin.registers.change("subscriptions", row, {"status": {"enabled": action == "enable"}}, _CAUSE)


def _deliveries(standin: BillStandIn, key: str, action: Any, given: dict[str, Any]) -> Record:
    """Let go of what a reorder keeps back."""
    standin.events.sender.release()
    return {"sent": len(standin.events.sender.sent)}


CHANGES: Final[dict[str, Change]] = {
    "organizations": _organizations,
    "users": _users,
    "tokens": _tokens,
    "developer_keys": _keys,
    "sessions": _sessions,
    "subscriptions": _subscriptions,
    "deliveries": _deliveries,
}
