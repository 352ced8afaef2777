"""Books while they are being made up: documents, payments, what stands in the paying system, and the cases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from mlc_sandbox.company import lists
from mlc_sandbox.company.ledger import LedgerContact, LedgerDocument, LedgerLine, LedgerPayment
from mlc_sandbox.company.masterdata import Currency
from mlc_sandbox.company.model import Case, Stage
from mlc_sandbox.company.payer import PayerBill, PayerVendor

UNKNOWN_THERE = "6410"
EVERYDAY = ("5000", "6100", "6200", "6400", "6600", "6700", "6950")


@dataclass
class Books:
    """What is being made up: contacts, documents, payments, the other side, and the cases."""

    rng: Random
    since: date
    today: date
    contacts: dict[str, LedgerContact]
    currencies: dict[str, Currency]
    documents: dict[str, LedgerDocument] = field(default_factory=dict)
    later: dict[str, LedgerDocument] = field(default_factory=dict)
    payments: list[LedgerPayment] = field(default_factory=list)
    vendors: dict[str, PayerVendor] = field(default_factory=dict)
    bills: list[PayerBill] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    lines: int = 0

    def contact(self, name: str) -> LedgerContact:
        """The contact of that name."""
        return next(one for one in self.contacts.values() if one.name == name)

    def ordinary(self, currency: str = "USD") -> LedgerContact:
        """Any active vendor of a currency that no case is about."""
        found = [one for one in self.contacts.values() if one.currency == currency and one.vendor == "ordinary"]
        return self.rng.choice(found)

    def day(self, *, back: int = 0) -> date:
        """A day after go-live, ``back`` days or more before today."""
        span = (self.today - self.since).days - 5 - back
        return self.since + timedelta(days=4 + self.rng.randint(0, max(0, span)))

    def amount(self, low: int = 20, high: int = 4000) -> Decimal:
        """An amount with cents."""
        return Decimal(self.rng.randint(low * 100, high * 100)) / 100

    def document(
        self,
        contact: LedgerContact,
        *amounts: Decimal,
        number: str | None = None,
        day: date | None = None,
        accounts: tuple[str, ...] = (),
        later: bool = False,
        **more: Any,
    ) -> LedgerDocument:
        """Type a bill or a credit into the ledger, or keep it for later."""
        place = len(self.documents) + len(self.later) + 1
        key = f"document:{place:06d}"
        on = day or self.day()
        codes = accounts or tuple(self.rng.choice(EVERYDAY) for _ in amounts)
        lines = []
        for amount, code in zip(amounts, codes, strict=True):
            self.lines += 1
            lines.append(LedgerLine(lists.ledger_id(400000 + self.lines), code, f"Item {self.lines}", amount))
        made = LedgerDocument(
            key=key,
            ledger_id=lists.ledger_id(300000 + place),
            kind=str(more.pop("kind", "bill")),
            contact=contact.key,
            # Multiples of eleven, as long as each other: no two of one vendor look alike.
            number=number or f"{contact.contact_number.replace('V-', 'N')}-{11 * (10_000 + place)}",
            document_date=on,
            due_date=on + timedelta(days=contact.term_days),
            currency=contact.currency,
            exchange_rate=self.currencies[contact.currency].rate_on(on),
            lines=tuple(lines),
            total=sum(amounts, Decimal(0)),
            status="open",
            note="",
            created_at=datetime.combine(on, time(10), tzinfo=UTC) + timedelta(seconds=place),
        )
        made = replace(made, **more)
        (self.later if later else self.documents)[key] = made
        return made

    def pay(self, document: LedgerDocument, amount: Decimal, *, bank: str = "bank-usd") -> None:
        """A payment typed into the ledger."""
        place = len(self.payments) + 1
        on = document.document_date + timedelta(days=3)
        self.payments.append(
            LedgerPayment(
                key=f"payment:{place:06d}",
                ledger_id=lists.ledger_id(600000 + place),
                contact=document.contact,
                payment_date=on,
                currency=document.currency,
                exchange_rate=document.exchange_rate,
                amount=amount,
                money_account=bank,
                parts=((document.key, amount),),
                created_at=datetime.combine(on, time(15), tzinfo=UTC),
            )
        )

    def typed_there(self, document: LedgerDocument, *, total: Decimal | None = None) -> None:
        """Somebody typed the same bill into the paying system."""
        vendor = next(one for one in self.vendors.values() if one.contact == document.contact)
        self.bills.append(
            PayerBill(
                vendor=vendor.key,
                number=document.number,
                document_date=document.document_date,
                due_date=document.due_date,
                total=document.total if total is None else total,
                account=document.lines[0].account,
                twin_of=document.key,
            )
        )

    def case(
        self,
        name: str,
        keys: tuple[str, ...],
        expect: str,
        *,
        section: int,
        also: tuple[str, ...] = (),
        stage: Stage = Stage.START,
        why: str = "",
    ) -> None:
        """Note something special, and what a correct connector makes of it."""
        self.cases.append(Case(name, keys, expect, section, also, stage, why))
