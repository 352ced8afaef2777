"""Batches: independent items, each with its own result or Fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlc_sandbox.quickbooks import calls_reading, writing
from mlc_sandbox.quickbooks.calls import ROOT, body_of, done, once, told
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.forms import sent_of
from mlc_sandbox.quickbooks.refusals import Refusal, missing
from mlc_sandbox.quickbooks.schema import KINDS
from mlc_sandbox.quickbooks.wire import Record
from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import done_of

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

MOST = 30


@route("POST", f"{ROOT}/batch")
def batch(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """At most 30 items; answered with 200 as a whole, whatever became of each."""
    sent = sent_of(body_of(request))
    items = sent.get("BatchItemRequest")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise missing("BatchItemRequest")
    if len(items) > MOST:
        raise Refusal("1040", f"Batch size {len(items)} exceeds the limit of {MOST}")
    ids = [str(item.get("bId") or "") for item in items]
    if not all(ids) or len(set(ids)) != len(ids):
        raise Refusal("2020", "Every item needs a bId of its own", element="bId")

    def work() -> Response:
        carried = done_of(standin, request, items)
        answers = [_answered(standin, request, realm, item) for item in carried]
        broken = Refusal("10000", type="SystemFault").fault()
        answers += [{"bId": str(item["bId"]), "Fault": broken} for item in items[len(carried) :]]
        return told(standin, {"BatchItemResponse": answers})

    return once(standin, request, realm, work)


def _answered(standin: QuickBooksStandIn, request: Request, realm: str, item: Record) -> Record:
    head: dict[str, Any] = {"bId": str(item["bId"])}
    try:
        return {**head, **_item(standin, request, realm, item)}
    except Refusal as refusal:
        return {**head, "Fault": refusal.fault()}


def _item(standin: QuickBooksStandIn, request: Request, realm: str, item: Record) -> Record:
    if "Query" in item:
        return {"QueryResponse": calls_reading.answer(standin, request, realm, str(item["Query"]))}
    kinds = [name for name in item if name in KINDS]
    if len(kinds) != 1:
        raise Refusal("2000", "An item holds one entity or a Query")
    include = frozenset(str(item.get("optionsData") or "").lower().split(",")) - {""}
    deed = Deed(standin.books, realm, kinds[0], request.cause(), include)
    operation = str(item.get("operation") or "").lower()
    if not operation:
        raise missing("operation")
    sent = sent_of(item[kinds[0]])
    if operation == "update" and "void" in include:
        return {kinds[0]: writing.void(deed, sent)}
    return {kinds[0]: done(standin, request, deed, sent, operation)}
