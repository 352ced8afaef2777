"""What the source's status asks for (canonical-models 5.5): final, not final, void, gone, or not ours to carry."""

from mlc.accounting.situation import Want
from mlc.recipes import Flow, FlowMode
from mlc.records import (
    ApprovalStatus,
    Bill,
    DeletionKind,
    DocumentStatus,
    ExportStatus,
    Invoice,
    OrderStatus,
    PaymentStatus,
    PurchaseOrder,
    Record,
    VendorCredit,
)

_EXPLICIT_EVIDENCE = frozenset({"event", "cdc", "status"})
_EXPLICIT_KINDS = frozenset({DeletionKind.VOIDED, DeletionKind.HARD_DELETED})

_ORDERS = {
    OrderStatus.DRAFT: Want.CORRECTION,
    OrderStatus.ISSUED: Want.POST,
    OrderStatus.PARTIALLY_RECEIVED: Want.POST,
    OrderStatus.RECEIVED: Want.POST,
    OrderStatus.BILLED: Want.SETTLED,
    OrderStatus.CLOSED: Want.SETTLED,
    OrderStatus.CANCELLED: Want.VOID,
    OrderStatus.UNKNOWN: Want.UNKNOWN,
}


def wants(record: Record, flow: Flow) -> Want:
    """What this record's own status asks for; records without a status axis want to be posted unless they are gone."""
    if flow.mode is FlowMode.OFF:
        return Want.NOT_CARRIED
    category = getattr(record, "category", None)
    if flow.categories and category is not None and category not in flow.categories:
        return Want.NOT_CARRIED
    deleted = record.source.deleted
    if deleted is not None:
        explicit = deleted.kind in _EXPLICIT_KINDS and deleted.evidence in _EXPLICIT_EVIDENCE
        return Want.VOID if explicit else Want.GONE
    if isinstance(record, PurchaseOrder):
        return _ORDERS[record.status]
    if isinstance(record, Bill | VendorCredit | Invoice):
        return _owed(record)
    return Want.POST


def _owed(record: Bill | VendorCredit | Invoice) -> Want:
    export = None if isinstance(record, Invoice) else record.export_status
    if export is ExportStatus.WITHDRAWN:
        return Want.VOID
    if export is ExportStatus.UNKNOWN:
        return Want.UNKNOWN
    approval = ApprovalStatus.NONE if isinstance(record, Invoice) else record.approval_status
    if record.status is DocumentStatus.VOID or approval is ApprovalStatus.REJECTED:
        return Want.VOID
    if record.status is DocumentStatus.DRAFT or approval is ApprovalStatus.PENDING:
        return Want.CORRECTION
    if record.status is DocumentStatus.UNKNOWN or approval is ApprovalStatus.UNKNOWN:
        return Want.UNKNOWN
    paid = record.payment_status in (PaymentStatus.PAID, PaymentStatus.PARTIAL)
    used = (record.amount_paid or 0) > 0 or (record.credit_applied or 0) > 0
    return Want.SETTLED if paid or used or record.status is DocumentStatus.CLOSED else Want.POST
