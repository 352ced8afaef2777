"""Answers to invoices: taken, posted, refused, paid. Pure.

A payment response clears on the invoice whatever it leaves out: push adds what we do not own (payment terms), so that
its payload is an open object, the members without braces.

Vendor doc: P2P OpenAPI 26.06, transferResponses, paymentResponses
"""

from mlc import Loss, Operation, Rendered, RenderedPart
from mlc.errors import MappingError
from mlc.records import DocumentReport, ObjectType, ReportKind

from mlc_basware import SYSTEM
from mlc_basware.settings import BaswareSettings
from mlc_basware.wire import Body, encode, filled, members

ACKNOWLEDGE = "acknowledge"
ACKNOWLEDGE_ORDER = "acknowledge-order"
TRANSFER = "transferResponses"
PAYMENT = "paymentResponses"
MESSAGE_MAX = 250
VOUCHER_MAX = 25
SOURCE_MAX = 32
CODE_MAX = 36


def report(record: DocumentReport, settings: BaswareSettings) -> Rendered:
    """One call. Raises MappingError for a report that Basware has no place for."""
    if len(record.report_code) > CODE_MAX:
        raise MappingError("A report's code has at most 36 characters.", field="report_code", system=SYSTEM)
    order = record.document.record_type is ObjectType.PURCHASE_ORDER
    if record.kind is ReportKind.TAKEN:
        return _one(ACKNOWLEDGE_ORDER if order else ACKNOWLEDGE, b"")
    if order:
        raise MappingError(
            "Of an order that was made in P2P Basware hears only that it was taken.", field="kind", system=SYSTEM
        )
    if record.kind is ReportKind.PAID:
        return _paid(record, settings)
    return _transferred(record, settings)


def _transferred(record: DocumentReport, settings: BaswareSettings) -> Rendered:
    success = record.kind is ReportKind.POSTED
    losses: list[Loss] = []
    voucher = record.voucher_number if success else None
    if voucher is not None and len(voucher) > VOUCHER_MAX:
        losses.append(Loss("voucher_number", f"Basware keeps {VOUCHER_MAX} characters of {voucher}"))
        voucher = voucher[:VOUCHER_MAX]
    body: Body = {
        "externalCode": record.report_code,
        "success": success,
        "responseMessage": _message(record),
        "paymentBlock": record.payment_blocked,
        **filled(
            {
                "sourceSystem": settings.source_system[:SOURCE_MAX],
                "voucherNumber1": voucher,
                "transferDate": record.on,
            }
        ),
    }
    return _one(TRANSFER, encode(body), losses)


def _paid(record: DocumentReport, settings: BaswareSettings) -> Rendered:
    if record.paid_total is None or record.on is None:
        lacking = "paid_total" if record.paid_total is None else "on"
        raise MappingError(f"A report of a payment needs its {lacking}.", field=lacking, system=SYSTEM)
    body: Body = {
        "externalCode": record.report_code,
        "success": True,
        "responseMessage": _message(record),
        "paymentBlock": record.payment_blocked,
        "paymentDate": record.on,
        "paidTotal": record.paid_total,
        **filled(
            {
                "sourceSystem": settings.source_system[:SOURCE_MAX],
                "paymentMethod": (record.payment_method or "")[:25],
                "paymentNumber": (record.payment_number or "")[:250],
                "paymentReversalDocument": (record.reversal_reference or "")[:250],
            }
        ),
    }
    return _one(PAYMENT, members(body).encode())


def _message(record: DocumentReport) -> str:
    """At least one character, at most 250."""
    said = " ".join(record.message.split()) or record.kind.value.capitalize()
    return said if len(said) <= MESSAGE_MAX else f"{said[: MESSAGE_MAX - 1]}…"


def _one(action: str, payload: bytes, losses: list[Loss] | None = None) -> Rendered:
    part = RenderedPart("main", Operation.CREATE, payload, action=action)
    return Rendered((part,), tuple(losses or ()))
