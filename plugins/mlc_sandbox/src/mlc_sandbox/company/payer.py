"""The system that pays, beside the ledger: what its people have typed there before anything is connected."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PayerVendor:
    """A vendor of the paying system. ``contact`` is the ledger's, None for one that was born there.

    ``by_number`` says that it carries the contact's number; else name and postal code are all there is.
    """

    key: str
    contact: str | None
    name: str
    currency: str
    by_number: bool = True


@dataclass(frozen=True, slots=True)
class PayerBill:
    """A bill typed there by hand; ``twin_of`` names the ledger's document it stands for, exact or not."""

    vendor: str
    number: str
    document_date: date
    due_date: date
    total: Decimal
    account: str
    twin_of: str | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """One organisation there. ``accounts_missing`` are codes of the ledger that its chart does not have."""

    vendors: tuple[PayerVendor, ...]
    bills: tuple[PayerBill, ...]
    accounts_missing: tuple[str, ...] = ()
