"""What the accountants' books hold before anything is connected: contacts and documents typed by hand."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mlc_sandbox.company.masterdata import Address


@dataclass(frozen=True, slots=True)
class LedgerContact:
    """A contact in the ledger: a vendor or a customer, active or not. Names are unique there."""

    key: str
    ledger_id: str
    name: str
    contact_number: str
    contact_type: str
    active: bool
    currency: str
    term_days: int
    address: Address
    person_name: str
    email: str
    phone: str
    website: str
    legal_name: str
    track_1099: bool
    person_id: str
    modified_at: datetime
    vendor: str | None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of a document that was typed into the ledger by hand; ``tax`` is the key of its tax, None for none."""

    ledger_id: str
    account: str
    description: str
    amount: Decimal
    tax: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """A bill (``kind`` bill) or vendor credit (credit) typed into the ledger by hand.

    ``status`` is one of open, paid, void, draft. ``twin_of`` names the procurement bill it stands for, exact or not.
    ``order`` is the number of the ledger's own purchase order, ``applied`` what a credit was used for: (document key,
    amount).
    """

    key: str
    ledger_id: str
    kind: str
    contact: str
    number: str
    document_date: date
    due_date: date
    currency: str
    exchange_rate: Decimal
    lines: tuple[LedgerLine, ...]
    total: Decimal
    status: str
    note: str
    created_at: datetime
    twin_of: str | None = None
    order: str = ""
    adjustment: Decimal = Decimal(0)
    attachment: str = ""
    applied: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerPayment:
    """A vendor payment typed into the ledger by hand; ``parts`` are (ledger document key, amount)."""

    key: str
    ledger_id: str
    contact: str
    payment_date: date
    currency: str
    exchange_rate: Decimal
    amount: Decimal
    money_account: str
    parts: tuple[tuple[str, Decimal], ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerLock:
    """Nothing dated on or before this day may be written in that module (``purchase``, ``banking`` ...)."""

    module: str
    locked_until: date


@dataclass(frozen=True, slots=True)
class UniqueField:
    """A custom field of the ledger in which no value may occur twice."""

    entity: str
    label: str
    api_name: str
    ledger_id: str
