"""BILL's states on the canonical axes. What no table knows is ``unknown``, never a default.

``recordStatus`` comes before ``archived``, which is true for drafts too.
"""

from collections.abc import Mapping

from mlc.records import AccountClass, ApprovalStatus, DocumentStatus, MoneyMovement, PaymentStatus

from mlc_bill.schemas import Row, flag, text

_RECORDS = {
    "ACTIVE": DocumentStatus.OPEN,
    "INACTIVE": DocumentStatus.VOID,
    "DRAFT": DocumentStatus.DRAFT,
    "DRAFT_DELETED": DocumentStatus.VOID,
}
_APPROVALS = {
    "UNASSIGNED": ApprovalStatus.NONE,
    "ASSIGNED": ApprovalStatus.PENDING,
    "APPROVING": ApprovalStatus.PENDING,
    "APPROVED": ApprovalStatus.APPROVED,
    "DENIED": ApprovalStatus.REJECTED,
}
_PAYMENTS = {
    "UNPAID": PaymentStatus.UNPAID,
    "OPEN": PaymentStatus.UNPAID,
    "NOT_APPLIED": PaymentStatus.UNPAID,
    "PARTIALLY_PAID": PaymentStatus.PARTIAL,
    "PARTIAL": PaymentStatus.PARTIAL,
    "PARTIAL_PAYMENT": PaymentStatus.PARTIAL,
    "PARTIALLY_APPLIED": PaymentStatus.PARTIAL,
    "PAID": PaymentStatus.PAID,
    "PAID_IN_FULL": PaymentStatus.PAID,
    "FULLY_APPLIED": PaymentStatus.PAID,
    "SCHEDULED": PaymentStatus.SCHEDULED,
    "IN_PROCESS": PaymentStatus.SCHEDULED,
}
#: The unified status first. Money that is being called back, or waits for somebody, is neither here nor there.
_SINGLE = {
    "APPROVING": MoneyMovement.PLANNED,
    "SCHEDULED": MoneyMovement.PLANNED,
    "FUNDING_STARTED": MoneyMovement.MOVED,
    "EXPIRING": MoneyMovement.MOVED,
    "CLEARED": MoneyMovement.MOVED,
    "PAID": MoneyMovement.MOVED,
    "VOIDED": MoneyMovement.REVERSED,
    "FUNDING_FAILED_VOIDED": MoneyMovement.REVERSED,
    "FUNDS_ESCHEATED": MoneyMovement.REVERSED,
    "CANCELED": MoneyMovement.FAILED,
    "CANCELLED": MoneyMovement.FAILED,
}
_STATUS = {
    "APPROVING": MoneyMovement.PLANNED,
    "SCHEDULED": MoneyMovement.PLANNED,
    "PAID": MoneyMovement.MOVED,
    "CANCELLED": MoneyMovement.FAILED,
    "VOID": MoneyMovement.REVERSED,
    "ESCHEATED": MoneyMovement.REVERSED,
}
ACCOUNT_CLASSES: Mapping[str, AccountClass] = {
    "ACCOUNTS_PAYABLE": AccountClass.LIABILITY,
    "ACCOUNTS_RECEIVABLE": AccountClass.ASSET,
    "BANK": AccountClass.ASSET,
    "COST_OF_GOODS_SOLD": AccountClass.EXPENSE,
    "CREDIT_CARD": AccountClass.LIABILITY,
    "EQUITY": AccountClass.EQUITY,
    "EXPENSE": AccountClass.EXPENSE,
    "FIXED_ASSET": AccountClass.ASSET,
    "INCOME": AccountClass.INCOME,
    "LONG_TERM_LIABILITY": AccountClass.LIABILITY,
    "OTHER_ASSET": AccountClass.ASSET,
    "OTHER_CURRENT_ASSET": AccountClass.ASSET,
    "OTHER_CURRENT_LIABILITY": AccountClass.LIABILITY,
    "OTHER_EXPENSE": AccountClass.EXPENSE,
    "OTHER_INCOME": AccountClass.INCOME,
}
MONEY_ACCOUNTS = frozenset({"BANK", "CREDIT_CARD"})
UNPOSTABLE = MONEY_ACCOUNTS | {"ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "NON_POSTING"}


def document_status(row: Row, *, paid: PaymentStatus) -> DocumentStatus:
    """Whether a document is live; a paid one is closed."""
    stated = text(row, "recordStatus")
    if stated is not None:
        status = _RECORDS.get(stated, DocumentStatus.UNKNOWN)
    else:
        archived = flag(row, "archived")
        status = DocumentStatus.VOID if archived else DocumentStatus.OPEN
    return DocumentStatus.CLOSED if status is DocumentStatus.OPEN and paid is PaymentStatus.PAID else status


def approval_status(raw: str | None) -> ApprovalStatus:
    return _APPROVALS.get(raw or "", ApprovalStatus.UNKNOWN)


def payment_status(raw: str | None) -> PaymentStatus:
    return _PAYMENTS.get(raw or "", PaymentStatus.UNKNOWN)


def movement(row: Row) -> MoneyMovement:
    """Whether money moved."""
    single = text(row, "singleStatus")
    if single not in (None, "UNDEFINED"):
        return _SINGLE.get(single or "", MoneyMovement.UNKNOWN)
    return _STATUS.get(text(row, "status") or "", MoneyMovement.UNKNOWN)
