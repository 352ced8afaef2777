"""Bulk calls whose all-or-nothing nobody documents: checked whole first, or done until the first refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import Refusal, invalid
from mlc_sandbox.bill.wire import Record
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.views import done_of

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

T = TypeVar("T")


def made_in_bulk(
    standin: BillStandIn, request: Request, kind: str, forms: list[Form], build: Callable[[Form], Record]
) -> list[Record]:
    """Create what ``build`` makes of each form."""

    def store(record: Record) -> Record:
        return standin.registers.create(kind, standin.org, record, request.cause())

    return _done(standin, request, forms, build, store)


def changed_in_bulk(
    standin: BillStandIn,
    request: Request,
    kind: str,
    forms: list[Form],
    build: Callable[[Form], tuple[Record, Record]],
) -> list[Record]:
    """Change what ``build`` says of each form."""

    def store(change: tuple[Record, Record]) -> Record:
        return standin.registers.change(kind, change[0], change[1], request.cause())

    return _done(standin, request, forms, build, store)


def _done(
    standin: BillStandIn,
    request: Request,
    forms: list[Form],
    build: Callable[[Form], T],
    store: Callable[[T], Record],
) -> list[Record]:
    if standin.switches["bulk_all_or_nothing"]:
        return [store(one) for one in done_of(standin, request, [build(form) for form in forms])]
    made: list[Record] = []
    for form in done_of(standin, request, forms):
        try:
            made.append(store(build(form)))
        except Refusal:
            if not made:
                raise
            break
    return made


def ids_of(standin: BillStandIn, request: Request, kind: str) -> Iterable[str]:
    """The ids of ``?ids=``, a comma list, all of which must be there."""
    ids = [id for value in request.query.all("ids") for id in value.split(",") if id]
    if not ids:
        raise invalid("ids: must not be empty")
    for id in ids:
        standin.registers.require(kind, standin.org, id)
    return ids
