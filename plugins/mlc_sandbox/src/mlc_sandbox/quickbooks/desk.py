"""What people do on the screens of QuickBooks and of the developer portal, asked for through the control calls.

``POST /_sandbox/objects/{type}``: without ``id`` creates, with ``id`` changes the named fields, with ``action`` presses
a button. ``realmId`` says in which company; the first one unless told.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.quickbooks import calls_oauth, merging, seed, writing
from mlc_sandbox.quickbooks.books import Realm
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.schema import ENTITIES, TRANSACTIONS
from mlc_sandbox.quickbooks.wire import Cause, Record
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

_NOT_FIELDS: Final = ("id", "action", "type", "realmId", "password", "DocNumberOf")


def change(standin: QuickBooksStandIn, kind: str, asked: dict[str, Any]) -> Record:
    """Do it, and answer with the record as it then stands."""
    given = {name: value for name, value in asked.items() if name not in _NOT_FIELDS}
    if kind in _PORTAL:
        return _PORTAL[kind](standin, asked)
    if kind not in ENTITIES:
        raise UnknownChange(f"{standin.title} has no screen for {kind}")
    action, id = asked.get("action"), str(asked.get("id") or "")
    realm = str(asked.get("realmId") or standin.realm_id)
    if realm not in standin.books.realms:
        raise UnknownChange(f"no company {realm}")
    if kind == "BillPayment" and action == "pay":
        pays = Deed(standin.books, realm, kind, {"kind": "ui", "action": "pay", "type": kind}, by_person=True)
        return _paid(pays, given)
    if not id and action not in (None, "create"):
        id = _found(standin, realm, kind, given)
    cause: Cause = {"kind": "ui", "action": action or ("change" if id else "create"), "type": kind}
    include = frozenset({"allowduplicatedocnum"})
    deed = Deed(standin.books, realm, kind, cause, include, str(asked.get("password") or ""), by_person=True)
    if not id:
        return writing.write(deed, given)
    row = standin.books.require(realm, kind, id)
    head = {"Id": id, "SyncToken": row["SyncToken"]}
    if action in (None, "change", "edit"):
        return _edited(deed, row, head, given)
    if action == "print":
        return _edited(deed, row, head, {"CheckPayment": {**row["CheckPayment"], "PrintStatus": "PrintComplete"}})
    if action == "delete":
        return writing.delete(deed, head)
    if action == "void":
        return writing.void(deed, head)
    if action in ("deactivate", "activate"):
        return _edited(deed, row, head, {"Active": action == "activate"})
    if action == "merge":
        loser = str(given.get("loser_id") or _found(standin, realm, kind, {"DisplayName": given["loser"]}))
        return merging.merge(deed, loser, id)
    raise UnknownChange(f"no button {action} on {kind}")


def _paid(deed: Deed, given: Record) -> Record:
    """Tick bills on the screen *Pay bills* (``bills``: their numbers) and pay them whole, or the only one in part."""
    books, realm = deed.books, deed.realm
    ticked = [one for number in given["bills"] for one in books.numbered(realm, "Bill", str(number))]
    if len(ticked) != len(given["bills"]):
        raise UnknownChange(f"{len(ticked)} bills have the numbers {given['bills']}")
    amounts = [Decimal(str(given.get("amount") or row["Balance"])) for row in ticked]
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": "Bill"}]}
        for row, amount in zip(ticked, amounts, strict=True)
    ]
    bank = next(
        one["Id"]
        for one in books.all(realm, "Account")
        if one["AccountType"] == "Bank" and one.get("CurrencyRef", ticked[0]["CurrencyRef"]) == ticked[0]["CurrencyRef"]
    )
    check = {"BankAccountRef": {"value": bank}, "PrintStatus": given.get("print", "PrintComplete")}
    head = {name: ticked[0][name] for name in ("VendorRef", "CurrencyRef", "ExchangeRate") if name in ticked[0]}
    body = {**head, "PayType": "Check", "TotalAmt": sum(amounts, Decimal(0)), "CheckPayment": check, "Line": lines}
    return writing.write(deed, {**body, "DocNumber": str(given["DocNumber"])})


def _edited(deed: Deed, row: Record, head: Record, given: Record) -> Record:
    """Screens send everything back; what was not named stays."""
    sparse = deed.books.switches["sparse_kinds"]
    deed.books.switches["sparse_kinds"] = "all"
    try:
        need = {"VendorRef": row["VendorRef"]} if deed.kind == "Bill" else {}
        return writing.write(deed, {**need, **given, **head, "sparse": True})
    finally:
        deed.books.switches["sparse_kinds"] = sparse


def _found(standin: QuickBooksStandIn, realm: str, kind: str, given: Record) -> str:
    """The only transaction with a ``DocNumber``, or the only name, as a person would look it up."""
    books = standin.books
    if kind in TRANSACTIONS:
        rows = books.numbered(realm, kind, str(given.pop("DocNumber")))
        ids = [row["Id"] for row in rows]
    else:
        name = str(given.pop("DisplayName", "") or given.pop("Name", ""))
        ids = [id for other, id in books.named(realm, kind, name) if other == kind]
    if len(ids) != 1:
        raise UnknownChange(f"{len(ids)} of {kind} fit")
    return str(ids[0])


# --- the company and the portal -------------------------------------------------------------------------------------


def _preferences(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """Groups of preferences, merged; ``BookCloseDate`` and ``password`` close the books, an empty date opens them."""
    realm = str(asked.get("realmId") or standin.realm_id)
    row = standin.books.preferences(realm)
    changed = dict(row)
    for name, value in asked.items():
        if isinstance(value, dict):
            changed[name] = {**row.get(name, {}), **value}
    if "BookCloseDate" in asked:
        prefs = {**changed["AccountingInfoPrefs"], "BookCloseDate": asked["BookCloseDate"]}
        changed["AccountingInfoPrefs"] = {key: value for key, value in prefs.items() if value}
    if "password" in asked:
        standin.books.realms[realm].close_password = str(asked["password"])
    if "UseCustomTxnNumbers" in asked:
        told = "true" if asked["UseCustomTxnNumbers"] else "false"
        rest = [one for one in row["OtherPrefs"]["NameValue"] if not one["Name"].endswith("UseCustomTxnNumbers")]
        name = "VendorAndPurchasesPrefs.UseCustomTxnNumbers"
        changed["OtherPrefs"] = {"NameValue": [*rest, {"Name": name, "Value": told}]}
    return standin.books.save(realm, "Preferences", changed, {"kind": "ui", "type": "Preferences"}, id="1")


def _companies(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """A further company (``name``, ``country``, ``currency``, ``refresh_token``), or ``unsubscribe``, ``subscribe``."""
    action = asked.get("action")
    if action in ("unsubscribe", "subscribe"):
        company = standin.books.realms[str(asked.get("realmId") or standin.realm_id)]
        company.subscribed = action == "subscribe"
        return {"realmId": company.id, "subscribed": company.subscribed}
    number = len(standin.books.realms) + 1
    country, currency = str(asked.get("country", "US")), str(asked.get("currency", "USD"))
    made = Realm(seed.realm_id(number), str(asked["name"]), country, currency)
    seed.small(standin, made)
    token = str(asked.get("refresh_token") or f"RT1-demo-{number}")
    standin.tokens.enter(token, made.id)
    return {"realmId": made.id, "name": made.name, "refresh_token": token}


def _consents(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """A person answers the oldest consent screen: ``action`` grant or deny, for ``realmId``; where the browser goes."""
    if not standin.consents:
        raise UnknownChange("nobody waits for consent")
    waiting = standin.consents.pop(0)
    granted = asked.get("action", "grant") == "grant"
    reply = calls_oauth.decided(standin, waiting, granted=granted, realm=str(asked.get("realmId") or ""))
    return {"location": reply.headers["location"], "scopes": list(waiting.scopes)}


def _connections(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """``disconnect``: the customer takes the permission away; ``expire``: access tokens end; ``demote``, ``promote``:
    the person who consented loses the rights to the company, or has them again."""
    realm = str(asked.get("realmId") or standin.realm_id)
    if asked["action"] in ("demote", "promote"):
        standin.books.realms[realm].administered = asked["action"] == "promote"
        return {"realmId": realm, "connected": standin.tokens.connected(realm)}
    for chain in standin.tokens.all():
        if chain.realm == realm and asked["action"] == "disconnect":
            standin.tokens.kill(chain)
        elif chain.realm == realm:
            standin.tokens.end_access(chain)
    return {"realmId": realm, "connected": standin.tokens.connected(realm)}


def _deliveries(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """Let go of events that wait, and of what a reorder keeps back; what became of every delivery."""
    released = standin.notices.release()
    standin.notices.sender.release()
    sent = [
        {"status": one.status, "attempt": one.attempt, "events": one.hook.about} for one in standin.notices.sender.sent
    ]
    return {"released": released, "sent": sent}


def _rates(standin: QuickBooksStandIn, asked: dict[str, Any]) -> Record:
    """A rate of a currency from a day on: ``currency``, ``day``, ``rate``."""
    company = standin.books.realms[str(asked.get("realmId") or standin.realm_id)]
    known = company.rates.setdefault(str(asked["currency"]), [])
    known.append((str(asked.get("day") or standin.books.day()), Decimal(str(asked["rate"]))))
    known.sort()
    return {"currency": asked["currency"], "rates": [{"day": day, "rate": rate} for day, rate in known]}


_PORTAL: Final[dict[str, Callable[[QuickBooksStandIn, dict[str, Any]], Record]]] = {
    "Preferences": _preferences,
    "companies": _companies,
    "consents": _consents,
    "connections": _connections,
    "webhooks": lambda standin, asked: standin.notices.register(asked),
    "deliveries": _deliveries,
    "metering": lambda standin, asked: standin.meters.told(),
    "rates": _rates,
}
