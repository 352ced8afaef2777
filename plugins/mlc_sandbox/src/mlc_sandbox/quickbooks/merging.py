"""Two names of one kind become one, as the screens do it when a name is changed to another's."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.refusals import business
from mlc_sandbox.quickbooks.schema import TRANSACTIONS
from mlc_sandbox.quickbooks.wire import Record

_FIELDS: Final = {
    "Vendor": ("VendorRef", "PrefVendorRef"),
    "Customer": ("CustomerRef",),
    "Employee": (),
    "Item": ("ItemRef",),
    "Account": (
        "AccountRef",
        "APAccountRef",
        "BankAccountRef",
        "CCAccountRef",
        "IncomeAccountRef",
        "ExpenseAccountRef",
    ),
}


def merge(deed: Deed, loser: str, winner: str) -> Record:
    """The loser's transactions become the winner's, the loser vanishes, the winner tells its id. Raises Refusal."""
    if deed.kind not in _FIELDS or loser == winner:
        raise business(f"{deed.kind} cannot be merged.")
    books, realm = deed.books, deed.realm
    stays = books.require(realm, deed.kind, winner)
    books.require(realm, deed.kind, loser)
    name = stays.get("FullyQualifiedName") or stays.get("DisplayName")
    reference = {"value": winner, "name": name}
    for kind in TRANSACTIONS:
        for row in books.all(realm, kind):
            moved = _moved(row, deed.kind, loser, reference)
            if moved != row:
                books.touch(realm, kind, row, moved, deed.cause)
    books.delete(realm, deed.kind, loser, deed.cause, op="merge")
    return books.save(realm, deed.kind, stays, deed.cause, id=winner, event="Merge", gone=loser)


def _moved(value: Any, kind: str, loser: str, reference: Record) -> Any:
    if isinstance(value, list):
        return [_moved(one, kind, loser, reference) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, inner in value.items():
        party = name == "EntityRef" and value.get("Type") == kind
        if (name in _FIELDS[kind] or party) and isinstance(inner, dict) and inner.get("value") == loser:
            made[name] = dict(reference)
        else:
            made[name] = _moved(inner, kind, loser, reference)
    return made
