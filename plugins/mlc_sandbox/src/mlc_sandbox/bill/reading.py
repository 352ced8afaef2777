"""Reading one record, as the faults of views have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.bill.wire import Record
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.views import hidden, seen

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn


def read(standin: BillStandIn, request: Request, kind: str, id: str) -> Record:
    """The record that a detail call shows. Raises Refusal when this caller sees none."""
    row = seen(standin, request, kind, id)
    if row is None or row["organizationId"] != standin.org or hidden(standin, request, id):
        raise standin.registers.missing()
    return row
