"""Why a record waits: the stable codes, what each waits for, and the commands that clear it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class HoldCode(StrEnum):
    """Stable: they appear in the database, in alerts and on the command line."""

    MISSING_VENDOR = "missing_vendor"
    AMBIGUOUS = "ambiguous"
    NAME_TAKEN = "name_taken"
    VENDOR_INACTIVE = "vendor_inactive"
    DEACTIVATED = "deactivated"
    MERGED_ELSEWHERE = "merged_elsewhere"
    VENDOR_ADDRESS = "vendor_address"
    ACCOUNT_UNMAPPED = "account_unmapped"
    ACCOUNT_NOT_POSTABLE = "account_not_postable"
    TAX_UNMAPPED = "tax_unmapped"
    DIMENSION_UNMAPPED = "dimension_unmapped"
    MANDATORY_FIELD = "mandatory_field"
    MONEY_ACCOUNT_UNMAPPED = "money_account_unmapped"
    NO_EXCHANGE_RATE = "no_exchange_rate"
    CURRENCY_MISMATCH = "currency_mismatch"
    TOTALS_DIFFER = "totals_differ"
    ZERO_TOTAL = "zero_total"
    NEGATIVE_LINE = "negative_line"
    WITHHOLDING = "withholding"
    NUMBER_MISSING = "number_missing"
    NUMBER_CONFLICT = "number_conflict"
    NEAR_TWIN = "near_twin"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    DEPARTMENT_SPLIT = "department_split"
    CLOSED_PERIOD = "closed_period"
    CHANGED_AFTER_CLOSE = "changed_after_close"
    CHANGED_AFTER_APPROVAL = "changed_after_approval"
    CHANGED_AFTER_POSTING = "changed_after_posting"
    CHANGED_AFTER_PAYMENT = "changed_after_payment"
    IN_CORRECTION = "in_correction"
    DRIFT = "drift"
    POSTED_DIFFERS = "posted_differs"
    VANISHED = "vanished"
    GONE_IN_TARGET = "gone_in_target"
    VOID_BLOCKED = "void_blocked"
    PAYMENT_BLOCKED = "payment_blocked"
    REMIT_CHANGE = "remit_change"
    FLAPPING = "flapping"
    ALREADY_PAID = "already_paid"
    WOULD_OVERPAY = "would_overpay"
    PAYMENT_UNALLOCATED = "payment_unallocated"
    PAYMENT_REVERSED = "payment_reversed"
    PAID_ON_WRONG_SIDE = "paid_on_wrong_side"
    QUARANTINE = "quarantine"


class Waits(StrEnum):
    """What wakes a held record (R25)."""

    REFERENCE = "reference"
    PERIOD = "period"
    CONFIG = "config"
    PERSON = "person"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why a record waits.

    ``key`` says what exactly, in the words of what it waits for: a reference ``vendor:<id at the source>``, a period
    ``<lock area>:<date>``, a configuration line ``account:<code>``, ``tax:<code or name and rate>``,
    ``dimension:<kind>:<code or name>``, ``charge:<kind>``, ``money_account:<code>``, a person
    ``<object type>:<id at the source>``. ``detail`` is for the command line: candidates, both values.
    """

    code: HoldCode
    sentence: str
    waits: Waits
    key: str
    detail: Mapping[str, object] = field(default_factory=dict)


#: Holds that somebody saw, not that deciding found: deciding anew does not clear them, only a person does.
OBSERVED = frozenset(
    {HoldCode.POSTED_DIFFERS, HoldCode.PAID_ON_WRONG_SIDE, HoldCode.POSSIBLE_DUPLICATE, HoldCode.QUARANTINE}
)

_RETRY = "retry"
_MAP = ("map", _RETRY)
_PARTY = ("link", "create", _RETRY)
_DOCUMENT = ("adopt", "post", "skip")
_CHANGED = ("accept", "repair", "skip")
_MONEY = ("accept", "skip")

CLEARED_BY: Mapping[HoldCode, tuple[str, ...]] = {
    HoldCode.MISSING_VENDOR: _PARTY,
    HoldCode.AMBIGUOUS: ("link", "post", _RETRY),
    HoldCode.NAME_TAKEN: ("link", _RETRY),
    HoldCode.VENDOR_INACTIVE: (_RETRY, "link"),
    HoldCode.DEACTIVATED: (_RETRY, "accept"),
    HoldCode.MERGED_ELSEWHERE: ("accept", "link", "skip"),
    HoldCode.VENDOR_ADDRESS: (_RETRY, "link"),
    HoldCode.ACCOUNT_UNMAPPED: _MAP,
    HoldCode.ACCOUNT_NOT_POSTABLE: _MAP,
    HoldCode.TAX_UNMAPPED: _MAP,
    HoldCode.DIMENSION_UNMAPPED: _MAP,
    HoldCode.MANDATORY_FIELD: (_RETRY, "skip"),
    HoldCode.MONEY_ACCOUNT_UNMAPPED: _MAP,
    HoldCode.NO_EXCHANGE_RATE: (_RETRY,),
    HoldCode.CURRENCY_MISMATCH: (_RETRY, "link"),
    HoldCode.TOTALS_DIFFER: (_RETRY, "skip"),
    HoldCode.ZERO_TOTAL: ("skip", _RETRY),
    HoldCode.NEGATIVE_LINE: (_RETRY, "skip"),
    HoldCode.WITHHOLDING: ("skip", _RETRY),
    HoldCode.NUMBER_MISSING: (_RETRY, "skip"),
    HoldCode.NUMBER_CONFLICT: _DOCUMENT,
    HoldCode.NEAR_TWIN: _DOCUMENT,
    HoldCode.POSSIBLE_DUPLICATE: _DOCUMENT,
    HoldCode.DEPARTMENT_SPLIT: (_RETRY, "skip"),
    HoldCode.CLOSED_PERIOD: (_RETRY, "move", "skip"),
    HoldCode.CHANGED_AFTER_CLOSE: (_RETRY, "post", "accept"),
    HoldCode.CHANGED_AFTER_APPROVAL: _CHANGED,
    HoldCode.CHANGED_AFTER_POSTING: _CHANGED,
    HoldCode.CHANGED_AFTER_PAYMENT: _CHANGED,
    HoldCode.IN_CORRECTION: ("accept", "void", "skip"),
    HoldCode.DRIFT: _CHANGED,
    HoldCode.POSTED_DIFFERS: _CHANGED,
    HoldCode.VANISHED: ("accept", "void", "skip"),
    HoldCode.GONE_IN_TARGET: ("accept", "repair", "link", "skip"),
    HoldCode.VOID_BLOCKED: ("accept", "post", "void", "skip"),
    HoldCode.PAYMENT_BLOCKED: _MONEY,
    HoldCode.REMIT_CHANGE: _CHANGED,
    HoldCode.FLAPPING: _CHANGED,
    HoldCode.ALREADY_PAID: ("post", "skip"),
    HoldCode.WOULD_OVERPAY: _MONEY,
    HoldCode.PAYMENT_UNALLOCATED: (_RETRY, "skip"),
    HoldCode.PAYMENT_REVERSED: ("reverse", "accept"),
    HoldCode.PAID_ON_WRONG_SIDE: _MONEY,
    HoldCode.QUARANTINE: ("link", "post", "skip"),
}
"""The verbs of the command line that clear a hold, the usual one first; ``retry`` comes by itself with the cure."""
