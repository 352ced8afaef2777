"""Bank, card and tax details leave a payload before anything keeps it (pairings 0.8)."""

import re
from typing import Any

#: Whole blocks, and numbers that QuickBooks masks. ``CheckPayment`` and ``CreditCardPayment`` name ledger accounts and
#: are kept, without what could be a card's.
DROPPED = frozenset(
    {"VendorPaymentBankDetail", "TaxIdentifier", "CCDetail", "CreditChargeInfo", "CreditChargeResponse",
     "BankAccountNum",
     "PrimaryTaxIdentifier", "SSN"}
)  # fmt: skip
_SENSITIVE = re.compile(
    r"iban|swift|routing|accountnumber|branchidentifier|cardnumber|ccnum|ccexpiry|ssn", re.IGNORECASE
)


def without_secrets(value: Any) -> Any:
    """A copy without them."""
    if isinstance(value, dict):
        return {key: without_secrets(one) for key, one in value.items() if not is_secret(str(key))}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    return value


def is_secret(key: str) -> bool:
    return key in DROPPED or _SENSITIVE.search(key) is not None
