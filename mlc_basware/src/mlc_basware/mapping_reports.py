"""What stands on an invoice of the answers it was given. Pure."""

from typing import Any

from mlc.errors import MappingError
from mlc.records import DocumentReport, ObjectType, Ref, ReportKind, SourceMeta

from mlc_basware import SYSTEM
from mlc_basware.parts import MapContext, currency, needed
from mlc_basware.schemas import Row, day, fact, flag, money, text


def to_report(row: Row, context: MapContext) -> DocumentReport:
    """A transfer or payment response as the invoice echoes it, or that the invoice was taken."""
    code = needed(row, "externalCode", "a response")
    document, kind = fact(row, "document"), fact(row, "kind")
    if document is None:
        raise MappingError("A response does not say which invoice it is of.", field="document", system=SYSTEM)
    known = ReportKind(kind) if kind in set(ReportKind) else ReportKind.TAKEN
    if known in (ReportKind.POSTED, ReportKind.REFUSED):
        known = ReportKind.REFUSED if flag(row, "success") is False else ReportKind.POSTED
    values: dict[str, Any] = {
        "source": SourceMeta(system=SYSTEM, connection_id=context.connection, source_id=code),
        "report_code": code,
        "kind": known,
        "document": Ref(record_type=ObjectType.BILL, source_id=document),
        "message": text(row, "responseMessage") or "",
        "payment_blocked": bool(flag(row, "paymentBlock")),
    }
    if known is ReportKind.PAID:
        values |= {
            "on": day(row, "paymentDate"),
            "paid_total": money(row, "paidTotal"),
            "currency": currency(row, "currencyCode"),
            "payment_number": text(row, "paymentNumber"),
            "payment_method": text(row, "paymentMethod"),
            "reversal_reference": text(row, "paymentReversalDocument"),
        }
    else:
        values |= {"on": day(row, "transferDate"), "voucher_number": text(row, "voucherNumber1")}
    return DocumentReport(**values)
