"""How far a document is, in Basware's words and in core's (pairings 3).

Vendor doc: https://developer.basware.com/api/p2p/manual#ProcessingStatusDiagram
"""

from collections.abc import Mapping
from types import MappingProxyType

from mlc.records import DocumentStatus, ExportStatus, OrderStatus, PaymentStatus

WAITING = "WaitingForTransfer"
IN_PROGRESS = "TransferInProgress"
PAID = "Paid"
STANDARD = "Standard"

#: Prebooking, enrichment and document filters are not carried: they stand in no list of ours.
EXPORT: Mapping[str, ExportStatus] = MappingProxyType(
    {
        WAITING: ExportStatus.OFFERED,
        IN_PROGRESS: ExportStatus.TAKEN,
        "Transferred": ExportStatus.POSTED,
        PAID: ExportStatus.POSTED,
        "TransferFailed": ExportStatus.REFUSED,
        "WaitingToBeRemoved": ExportStatus.WITHDRAWN,
        "Removed": ExportStatus.WITHDRAWN,
        "RemoveFailed": ExportStatus.WITHDRAWN,
        "WaitingToBeReturned": ExportStatus.WITHDRAWN,
        "Returned": ExportStatus.WITHDRAWN,
        "ReturnFailed": ExportStatus.WITHDRAWN,
        "WaitingToBeCompleted": ExportStatus.WITHDRAWN,
    }
)
#: Asked for one by one where a list without a status shows none.
FOLLOWED = tuple(status for status in EXPORT if status != WAITING)
GONE = frozenset({"Removed", "Returned"})

ORDER: Mapping[str, OrderStatus] = MappingProxyType(
    {
        "ReadyForOrder": OrderStatus.DRAFT,
        "Confirmed": OrderStatus.DRAFT,
        "OrderCreated": OrderStatus.DRAFT,
        "Ordered": OrderStatus.ISSUED,
        "SupplierConfirmed": OrderStatus.ISSUED,
        "ModifiedBySupplier": OrderStatus.ISSUED,
        "SupplierRejected": OrderStatus.ISSUED,
        "PartiallyReceived": OrderStatus.PARTIALLY_RECEIVED,
        "Received": OrderStatus.RECEIVED,
        "Closed": OrderStatus.CLOSED,
        "Canceled": OrderStatus.CANCELLED,
    }
)


def export_status(status: str | None) -> ExportStatus:
    return EXPORT.get(status or "", ExportStatus.UNKNOWN)


def document_status(status: str | None) -> DocumentStatus:
    """Whether there is anything to pay: an invoice that was taken out over there is void to whoever has it."""
    if status in GONE:
        return DocumentStatus.VOID
    return DocumentStatus.CLOSED if status == PAID else DocumentStatus.OPEN


def payment_status(status: str | None) -> PaymentStatus:
    return PaymentStatus.PAID if status == PAID else PaymentStatus.UNPAID
