"""What people do in P2P, and what the tenant's administrators do, asked for through the control calls.

``POST /_sandbox/objects/{type}``: without ``id`` creates, with ``id`` changes the named fields, with ``action``
presses a button.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware import calls_posted, desk_invoices, exports, orders
from mlc_sandbox.basware.calls_posted import checked
from mlc_sandbox.basware.fields import wrong_in
from mlc_sandbox.basware.invoices import INVOICES
from mlc_sandbox.basware.p2p import CLASSES, COMPANIES, CURRENCIES
from mlc_sandbox.basware.resources import BY_TYPE, LIST_COLUMNS, LISTS, Record, Resource
from mlc_sandbox.basware.wire import without_nulls
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

Change = Callable[["BaswareStandIn", str, Any, dict[str, Any], Record], Record]
_OUTCOMES: Final = ("Success", "Error", "Warning", "RecordExpired")


def change(standin: BaswareStandIn, kind: str, asked: dict[str, Any]) -> Record:
    """Do it, and answer with the record as it then stands. Raises UnknownChange."""
    given = {name: value for name, value in asked.items() if name not in ("id", "action", "type")}
    if kind in CHANGES and kind == "dataExtracts" and "type" in asked:
        given["type"] = asked["type"]
    key, action = str(asked.get("id") or ""), asked.get("action")
    cause: Record = {"kind": "ui", "action": action or ("change" if key else "create"), "type": kind}
    if kind.startswith("p2p_") and kind.removeprefix("p2p_") in BY_TYPE:
        return _typed(standin, BY_TYPE[kind.removeprefix("p2p_")], key, action, given, cause)
    if kind in BY_TYPE:
        return _imported(standin, BY_TYPE[kind], given, cause)
    if kind not in CHANGES:
        raise UnknownChange(f"{standin.title} has no screen for {kind}; there are {', '.join(sorted(CHANGES))}")
    return CHANGES[kind](standin, key, action, given, cause)


def _typed(
    standin: BaswareStandIn, resource: Resource, key: str, action: Any, given: dict[str, Any], cause: Record
) -> Record:
    """Master data typed into P2P, or changed there: the API layer never sees it."""
    if not resource.code:
        raise UnknownChange(f"{resource.type} cannot be typed into P2P")
    old: Record = {} if not key else standin.store.edit(resource.p2p_type, key)
    if action in ("activate", "deactivate"):
        on = action == "activate"
        if resource.type == "vendors":
            given = {"processingStatus": {**old.get("processingStatus", {}), "active": on}}
        else:
            given = {"companies": [{**one, "active": on} for one in old["companies"]]}
    elif action == "delete":
        return standin.store.remove(resource.p2p_type, key, cause) or {}
    elif action is not None:
        raise UnknownChange(f"no action {action!r} on P2P's {resource.type}; there are activate, deactivate, delete")
    row = {**old, **given}
    table = {name: of for name, of in resource.table.items() if name != "externalCode*"} | {"externalCode": "s36"}
    wrong = list(wrong_in(table, {name: value for name, value in row.items() if name != "typed"}))
    codes = [] if wrong else [one["companyCode"] for one in row["companies"]]
    unknown = [code for code in codes if standin.store.get(COMPANIES, code) is None]
    if wrong or unknown:
        raise UnknownChange(" ".join([*wrong, *(f"There is no company {code}." for code in unknown)]))
    if not key:
        row["typed"] = key = f"typed-{standin.numbers.next('typed')}"
    return standin.store.put(resource.p2p_type, key, without_nulls(row), cause)


def _imported(standin: BaswareStandIn, resource: Resource, given: dict[str, Any], cause: Record) -> Record:
    """Another client of the API posts a record; it reaches P2P at once."""
    list_key = str(given.pop("listKey", ""))
    if (resource is LISTS) != bool(list_key) or (list_key and list_key not in LIST_COLUMNS):
        raise UnknownChange("listKey belongs to lists, and names one of them")
    good, problems = checked(resource, [given])
    if problems:
        raise UnknownChange(" ".join(problem.message for problem in problems))
    cause = {**cause, "client": "other"}
    told = calls_posted.save(standin, resource, list_key, good, cause, operation="POST", wait_s=0)
    return told[0]


def _invoices(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Type one in, or do something with one; ``invoiceNumber`` may name it instead of ``id``."""
    if not key and action is None:
        return desk_invoices.create(standin, given, cause)
    if not key:
        number = given.pop("invoiceNumber", None)
        found = [one["invoiceId"] for one in standin.store.all(INVOICES) if one.get("invoiceNumber") == number]
        if len(found) != 1:
            raise UnknownChange(f"{len(found)} invoices have the number {number}")
        key = found[0]
    act = desk_invoices.ACTIONS.get(action or "correct")
    if act is None:
        raise UnknownChange(f"no action {action!r} on invoices; there are {', '.join(sorted(desk_invoices.ACTIONS))}")
    invoice = standin.store.get(INVOICES, key)
    if invoice is None:
        raise UnknownChange(f"there is no invoice {key}")
    act(standin, invoice, given, cause)
    return standin.store.get(INVOICES, key) or {}


def _companies(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Found one more company (``companyCode``, ``companyName``, ``currencyCode``) or change its name."""
    key = key or str(given["companyCode"])
    row = {**(standin.store.get(COMPANIES, key) or {"companyName": key}), **given, "companyCode": key}
    return standin.store.put(COMPANIES, key, row, cause)


def _units(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """One more organisation element (``code``, ``companyCode``)."""
    code, company = str(given["code"]), str(given["companyCode"])
    if standin.store.get(COMPANIES, company) is None:
        raise UnknownChange(f"there is no company {company}")
    return standin.store.put("organizationElements", code, {"code": code, "companyCode": company}, cause)


def _currencies(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Switch a currency on or off."""
    key = key or str(given["code"])
    return standin.store.put(CURRENCIES, key, {"code": key, "active": action != "deactivate"}, cause)


def _classes(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Configure a vendor class."""
    return standin.store.put(CLASSES, str(given["code"]), {"code": str(given["code"])}, cause)


def _outcomes(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """What is to become of coming records in the second phase; ``clear`` forgets it."""
    plan = standin.distribution.plan
    if action == "clear":
        plan.clear()
        return {"planned": 0}
    known = {"entityType", "externalCode", "status", "message", "category", "times", "settle_s"}
    if set(given) - known or given.get("status", "Success") not in _OUTCOMES:
        raise UnknownChange(f"an outcome takes {', '.join(sorted(known))}; status is one of {', '.join(_OUTCOMES)}")
    plan.append({"times": 1, **given})
    return {"planned": len(plan)}


def _distribution(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Everything that is under way reaches P2P now."""
    standin.distribution.settle(at_once=True)
    return {"waiting": standin.distribution.waiting}


def _tokens(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Revoke every token; or add a client (``client_id``, ``client_secret``, ``scopes``)."""
    if action == "revoke":
        return {"revoked": standin.tokens.revoke_all()}
    standin.tokens.clients[str(given["client_id"])] = str(given["client_secret"])
    if "scopes" in given:
        standin.client_scopes[str(given["client_id"])] = frozenset(given["scopes"])
    return {"client_id": given["client_id"]}


def _deliveries(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Let go of what a reorder keeps back."""
    standin.pushes.sender.release()
    return {"sent": len(standin.pushes.sender.sent)}


def _requisitions(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """Decide on a requisition that came in: ``approve`` makes an order of it, ``reject`` or ``cancel`` ends it."""
    row = standin.store.get(orders.REQUISITIONS, key)
    if row is None:
        raise UnknownChange(f"P2P has no requisition {key}")
    return exports.decide(standin, row, str(action), cause)


def _extracts(standin: BaswareStandIn, key: str, action: Any, given: dict[str, Any], cause: Record) -> Record:
    """The nightly run of the extracts: ``type`` Initial or Delta."""
    return standin.extracts.make(str(given.get("type", "Delta")), cause)


CHANGES: Final[dict[str, Change]] = {
    "invoices": _invoices,
    "p2p_invoices": _invoices,
    "companies": _companies,
    "organizationElements": _units,
    "currencies": _currencies,
    "vendorClasses": _classes,
    "outcomes": _outcomes,
    "distribution": _distribution,
    "tokens": _tokens,
    "deliveries": _deliveries,
    "requisitions": _requisitions,
    "exportedPurchaseOrders": exports.change,
    "dataExtracts": _extracts,
}
