"""A document that its system took back after it was handed over (R28)."""

from mlc.accounting.adjusting import offered
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, name_of, person_key
from mlc.accounting.situation import Situation, Verdict
from mlc.records import ExportStatus, PayableDocument


def is_withdrawn(record: TradeDocument) -> bool:
    """Its system removed it, or sent it back."""
    return isinstance(record, PayableDocument) and record.export_status is ExportStatus.WITHDRAWN


def withdrawn(now: Situation) -> Hold | None:
    """It was approved when it was posted, and its system cannot say that it is void: a person decides."""
    if not is_withdrawn(now.record) or Verdict.VOID in now.verdicts.values():
        return None
    what = "it was withdrawn over there after it was posted; void it in the ledger, or accept that it stays"
    detail = offered(now, voiding=True)
    return Hold(HoldCode.VOID_BLOCKED, f"{name_of(now.record)}: {what}.", Waits.PERSON, person_key(now.record), detail)
