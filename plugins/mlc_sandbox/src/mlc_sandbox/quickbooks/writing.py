"""Create, update, delete and void: one way for requests, batches and screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mlc_sandbox.quickbooks import attachables, journals, names, payments, purchases
from mlc_sandbox.quickbooks.books import Books, links_of
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.forms import cleaned
from mlc_sandbox.quickbooks.refusals import Refusal, missing
from mlc_sandbox.quickbooks.schema import DELETABLE, LISTS, READ_ONLY, SINGLES, SPARSE_DOCUMENTED
from mlc_sandbox.quickbooks.wire import Record

_PREPARE: Final[dict[str, Callable[[Deed, Record | None, Record], Record]]] = {
    **dict.fromkeys(LISTS, names.prepare),
    "Bill": purchases.prepare,
    "VendorCredit": purchases.prepare,
    "PurchaseOrder": purchases.prepare,
    "BillPayment": payments.prepare,
    "JournalEntry": journals.prepare,
    "Attachable": attachables.prepare,
}
#: What a sparse update has to bring all the same.
_ALWAYS: Final = {"Bill": ("VendorRef",)}
_STALE: Final = (
    "Stale Object Error : You and another user were working on this at the same time. "
    "The other user finished before you did, so your work was not saved."
)


def write(deed: Deed, sent: Record) -> Record:
    """Create, or update where an Id is sent; the object as it then stands. Raises Refusal."""
    if deed.kind in READ_ONLY or deed.kind in SINGLES:
        raise unsupported_operation()
    if not deed.company.subscribed:
        raise Refusal("6190", "Subscription period has ended or canceled or there was a billing problem")
    before = current(deed, sent) if sent.get("Id") not in (None, "") else None
    body = cleaned(deed.kind, sent, deed.books.switches)
    if before is not None and _sparse(deed, sent):
        for name in _ALWAYS.get(deed.kind, ()):
            if name not in body:
                raise missing(name)
        kept = _writable(before)
        if "Line" in body:
            kept.pop("TxnTaxDetail", None)  # other lines, other taxes
        body = {**kept, **body}
        body = {name: value for name, value in body.items() if name not in sent or sent[name] is not None}
    made = _PREPARE[deed.kind](deed, before, body)
    saved = deed.books.save(deed.realm, deed.kind, made, deed.cause, id="" if before is None else before["Id"])
    _after(deed)
    return deed.books.require(deed.realm, deed.kind, saved["Id"])


def delete(deed: Deed, sent: Record) -> Record:
    """Delete a transaction or an attachable for good. Raises Refusal."""
    if deed.kind not in DELETABLE:
        raise unsupported_operation()
    before = current(deed, sent)
    if "TxnDate" in before:
        deed.open_period(before)
    pays = [one for kind, one in deed.books.linking(deed.realm, deed.kind, before["Id"]) if kind == "BillPayment"]
    if pays and deed.books.switches["delete_paid_bill"] == "refuse":
        raise Refusal("6480", f"{deed.kind} {before['Id']} was paid and cannot be deleted")
    payments.unlink(deed, deed.kind, before["Id"])
    _undone(deed, before)
    deed.books.delete(deed.realm, deed.kind, before["Id"], deed.cause)
    _after(deed)
    return {"Id": before["Id"], "status": "Deleted", "domain": "QBO"}


def void(deed: Deed, sent: Record) -> Record:
    """Void a bill payment: it stays, without amount and lines. Raises Refusal."""
    if deed.kind != "BillPayment":
        raise unsupported_operation()
    before = current(deed, sent)
    deed.open_period(before)
    _undone(deed, before)
    saved = deed.books.save(deed.realm, deed.kind, payments.voided(before), deed.cause, id=before["Id"], event="Void")
    _after(deed)
    return saved


def current(deed: Deed, sent: Record) -> Record:
    """The object that an update is meant for. Raises Refusal 2020, 610, 5010."""
    for name in ("Id", "SyncToken"):
        if sent.get(name) in (None, ""):
            raise missing(name)
    found = deed.books.require(deed.realm, deed.kind, str(sent["Id"]))
    if str(sent["SyncToken"]) != found["SyncToken"]:
        raise Refusal("5010", _STALE)
    return found


def unsupported_operation() -> Refusal:
    """The entity does not have that operation."""
    return Refusal("500", "Operation is not supported.")


def shown(books: Books, realm: str, kind: str, record: Record) -> Record:
    """An object as answers carry it: a vendor with its balance, its tax number but for the last four masked."""
    if kind != "Vendor":
        return record
    told = {**record, "Balance": books.owed(realm, record["Id"])}
    if "TaxIdentifier" in record:
        told["TaxIdentifier"] = "XXXXX" + record["TaxIdentifier"][-4:]
    return told


def _sparse(deed: Deed, sent: Record) -> bool:
    if sent.get("sparse") not in (True, "true"):
        return False
    return deed.books.switches["sparse_kinds"] == "all" or deed.kind in SPARSE_DOCUMENTED


def _writable(before: Record) -> Record:
    head = ("Id", "SyncToken", "MetaData", "domain", "sparse", "Balance", "HomeBalance")
    kept = {name: value for name, value in before.items() if name not in head}
    if "Line" in kept:
        kept["Line"] = [dict(line) for line in kept["Line"]]
    return kept


def _undone(deed: Deed, before: Record) -> None:
    for kind, id in links_of(before):
        if kind == "PurchaseOrder":
            deed.orders.add(id)
        elif deed.kind == "BillPayment":
            deed.settled.add((kind, id))


def _after(deed: Deed) -> None:
    purchases.after(deed)
    payments.after(deed)
