"""What else the books and the paying system hold: card spending, expenses that people typed, invoices to customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: The card that the books have an account for, and one that they have none for.
CARD, OTHER_CARD = "crd_operations", "crd_forgotten"


@dataclass(frozen=True, slots=True)
class CardSpend:
    """One use of a card. ``kind``: clear, authorization, decline, refund or synced; ``account`` as people coded it."""

    key: str
    day: date
    merchant: str
    amount: Decimal
    kind: str = "clear"
    account: str = "6100"
    card: str = CARD


@dataclass(frozen=True, slots=True)
class TypedExpense:
    """An expense in the books. ``employee`` and ``budget`` name those of the paying system; ``receipt`` is a file."""

    key: str
    ledger_id: str
    day: date
    amount: Decimal
    contact: str | None = None
    money_account: str = "card"
    reimburse: bool = False
    employee: str = ""
    budget: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is invoiced."""

    key: str
    ledger_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Receivable:
    """An invoice in the books. ``status``: draft, sent, part_paid, paid. ``tax`` is a key of the company's taxes."""

    key: str
    ledger_id: str
    buyer: str
    number: str
    day: date
    amount: Decimal
    status: str = "sent"
    tax: str | None = None


@dataclass(frozen=True, slots=True)
class Sidelines:
    """Everything of this kind."""

    spending: tuple[CardSpend, ...]
    expenses: tuple[TypedExpense, ...]
    buyers: tuple[Buyer, ...]
    receivables: tuple[Receivable, ...]

    def find(self, key: str) -> CardSpend | TypedExpense | Receivable:
        """One of them by its key; KeyError when there is none."""
        for one in (*self.spending, *self.expenses, *self.receivables):
            if one.key == key:
                return one
        raise KeyError(key)

    def buyer(self, key: str) -> Buyer:
        """The customer of that key; KeyError when there is none."""
        return {one.key: one for one in self.buyers}[key]
