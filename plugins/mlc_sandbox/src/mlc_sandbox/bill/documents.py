"""Documents of bills, which take a while to arrive, and attachments of vendors, customers and invoices."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mlc_sandbox.bill.refusals import bad_entity, invalid
from mlc_sandbox.bill.wire import Cause, Record
from mlc_sandbox.toolkit.http import Request

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

MEGABYTE: Final = 1024 * 1024


def content_of(standin: BillStandIn, request: Request) -> tuple[str, bytes]:
    """Name and bytes of an upload. Raises Refusal: without a name, empty, or too large."""
    name = request.query.get("name") or ""
    if not name.strip():
        raise invalid("name: must not be blank")
    if not request.body:
        raise bad_entity("The file is empty.")
    if len(request.body) > int(standin.switches["upload_mb"]) * MEGABYTE:
        raise bad_entity(f"The file exceeds {standin.switches['upload_mb']} MB.")
    return name, request.body


def upload(standin: BillStandIn, org: str, bill_id: str, name: str, content: bytes, cause: Cause) -> Record:
    """Take a file for a bill: it has a temporary id until it was looked through."""
    bill = standin.registers.require("bills", org, bill_id)
    number = standin.registers.numbers.next("documents")
    ready = standin.clock.now() + timedelta(minutes=float(standin.switches["document_minutes"]))
    record = {
        "id": standin.registers.new_id("documents"),
        "_upload": standin.registers.new_id("uploads"),
        "_ready_at": ready.isoformat(),
        "_on": bill["id"],
        "_number": number,
        "name": name,
        "_content": base64.b64encode(content).decode(),
        "_size": len(content),
    }
    return standin.registers.create("documents", org, record, cause)


def attach(standin: BillStandIn, org: str, kind: str, id: str, name: str, content: bytes, cause: Cause) -> Record:
    """Take a file for a vendor, customer or invoice: it is there at once."""
    owner = standin.registers.require(kind, org, id)
    record = {
        "id": standin.registers.new_id("documents"),
        "_on": owner["id"],
        "name": name,
        "_content": base64.b64encode(content).decode(),
        "_size": len(content),
    }
    return standin.registers.create("attachments", org, record, cause)


def status_of(standin: BillStandIn, document: Record) -> str:
    """Where an upload is on its way."""
    return "UPLOADED" if ready(standin, document) else "IN_PROGRESS"


def ready(standin: BillStandIn, document: Record) -> bool:
    """Whether a document has its final id."""
    return standin.clock.now().isoformat() >= str(document["_ready_at"])


def of_owner(standin: BillStandIn, kind: str, org: str, id: str) -> list[Record]:
    """The files of one record that have arrived."""
    found = [row for row in standin.registers.all(kind, org) if row["_on"] == id]
    return [row for row in found if kind == "attachments" or ready(standin, row)]


def form_of_file(base_url: str, record: Record) -> Record:
    """A file on the wire; the link needs the session too."""
    link = f"{base_url}/connect/v3/documents/{record['id']}/content"
    told = {"id": record["id"], "name": record["name"], "createdTime": record["createdTime"]}
    return {**told, "downloadLink": link}
