"""Bank, card and tax details leave a payload before anything keeps it (pairings 0.8)."""

import re
from typing import Any

#: Whole blocks: payment information of a vendor, what pays by itself, who owns the organisation.
DROPPED = frozenset(
    {"paymentInformation", "autoPay", "rppsId", "remittanceEmail", "companyOwner", "virtualCard", "vcardDisbursement",
     "rppsDisbursement", "paymentPurpose", "cardFundingPurpose"}
)  # fmt: skip
SENSITIVE = re.compile(r"bankaccount|iban|swift|routing|taxid|last_?4|lastfour|ssn|dateofbirth|pan-?jwt", re.IGNORECASE)


def without_secrets(value: Any) -> Any:
    """A copy without them. An account *number* stays: on a vendor it is the vendor's number for us."""
    if isinstance(value, dict):
        return {key: without_secrets(one) for key, one in value.items() if not is_secret(str(key))}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    return value


def is_secret(key: str) -> bool:
    return key in DROPPED or SENSITIVE.search(key) is not None
