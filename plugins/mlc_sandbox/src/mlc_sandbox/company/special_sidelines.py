"""What is special about card spending, reimbursements and invoices, and what a correct connector makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import lists
from mlc_sandbox.company.model import Stage
from mlc_sandbox.company.payablesbooks import Books
from mlc_sandbox.company.sidelines import OTHER_CARD, Buyer, CardSpend, Receivable, Sidelines, TypedExpense

D = Decimal
MERCHANTS = ("Corner Cafe", "Skyline Hotels", "Metro Cabs", "Paper & Ink", "Cloudline Hosting", "Airway Travel")
#: Who reimburses whom: a user and a budget of the paying system.
EMPLOYEE, BUDGET = "noah@harbour.example", "Travel"


class _Maker:
    """Everything while it is made up, with its cases in ``books``."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.spending: list[CardSpend] = []
        self.expenses: list[TypedExpense] = []
        self.buyers = [
            Buyer("buyer:north", lists.ledger_id(700001), "Northgate Clinics", "ap@northgate.example"),
            Buyer("buyer:quiet", lists.ledger_id(700002), "Quiet Buyer Ltd", ""),
        ]
        self.receivables: list[Receivable] = []

    def spend(self, **more: Any) -> str:
        place = len(self.spending) + 1
        merchant = f"{MERCHANTS[place % len(MERCHANTS)]} {place}"
        amount = D(1000 + 37 * place) / 100
        made = CardSpend(f"spend:{place:03d}", self.books.since + timedelta(days=4 + place), merchant, amount)
        self.spending.append(replace(made, **more))
        return made.key

    def typed(self, **more: Any) -> str:
        place = len(self.expenses) + 1
        vendor = self.books.ordinary().key
        made = TypedExpense(
            f"expense:{place:03d}",
            lists.ledger_id(710000 + place),
            self.books.since + timedelta(days=6 + place),
            D(5000 + 41 * place) / 100,
            contact=vendor,
        )
        self.expenses.append(replace(made, **more))
        return made.key

    def invoice(self, **more: Any) -> str:
        place = len(self.receivables) + 1
        made = Receivable(
            f"receivable:{place:03d}",
            lists.ledger_id(720000 + place),
            "buyer:north",
            f"HC-{10_000 + 11 * place}",
            self.books.since + timedelta(days=3 + place),
            D(20000 + 117 * place) / 100,
        )
        self.receivables.append(replace(made, **more))
        return made.key


def make_sidelines(books: Books) -> Sidelines:
    """Card spending, typed expenses and invoices, always the same, with a case for each."""
    maker = _Maker(books)
    _spending(maker)
    _reimbursements(maker)
    _invoices(maker)
    return Sidelines(tuple(maker.spending), tuple(maker.expenses), tuple(maker.buyers), tuple(maker.receivables))


def _spending(maker: _Maker) -> None:
    case = maker.books.case
    case("card_spending", tuple(maker.spend() for _ in range(6)), "booked", section=0)
    for kind in ("authorization", "decline", "synced"):
        case(f"card_{kind}", (maker.spend(kind=kind),), "not_booked", section=0)
    case("card_refund", (maker.spend(kind="refund"),), "held:negative_line", section=0)
    case("card_nobody_coded", (maker.spend(account=""),), "held:account_unmapped", section=0)
    case("card_without_an_account", (maker.spend(card=OTHER_CARD),), "held:money_account_unmapped", section=0)
    by_hand = maker.spend()
    same = next(one for one in maker.spending if one.key == by_hand)
    maker.typed(day=same.day, amount=same.amount, contact=None)
    case("card_typed_by_hand", (by_hand,), "held:near_twin", section=0, why="the bank feed may have booked it")
    case("card_before_go_live", (maker.spend(day=maker.books.since - timedelta(days=3)),), "not_booked", section=1)
    case("card_clears_later", (maker.spend(kind="authorization"),), "booked", section=0, stage=Stage.CHANGES)


def _reimbursements(maker: _Maker) -> None:
    case, asked = maker.books.case, {"reimburse": True, "employee": EMPLOYEE, "budget": BUDGET}
    ready = tuple(maker.typed(receipt="receipt.png", **asked) for _ in range(2))
    case("expenses_to_reimburse", ready, "reimbursed", section=0)
    case("expense_nobody_marked", (maker.typed(receipt="receipt.png"),), "not_reimbursed", section=0)
    case("reimbursement_without_receipt", (maker.typed(**asked),), "held:mandatory_field", section=0)
    scanned = maker.typed(receipt="receipt.pdf", **asked)
    case("reimbursement_with_a_pdf", (scanned,), "held:mandatory_field", section=0, why="pictures alone are taken")
    stranger = maker.typed(receipt="receipt.png", **{**asked, "employee": "who@harbour.example"})
    case("reimbursement_of_a_stranger", (stranger,), "held:mandatory_field", section=0)


def _invoices(maker: _Maker) -> None:
    case = maker.books.case
    case("invoices_sent", tuple(maker.invoice() for _ in range(3)), "invoiced", section=0)
    case("invoice_taxed", (maker.invoice(tax="vat20", amount=D("500.00")),), "invoiced", section=8)
    case("invoice_draft", (maker.invoice(status="draft"),), "not_invoiced", section=0)
    case("invoice_paid_before", (maker.invoice(status="paid"),), "not_invoiced", section=14)
    case("invoice_part_paid_before", (maker.invoice(status="part_paid"),), "held:already_paid", section=14)
    long = maker.invoice(number="HC-2026-10-LONDON-EAST-0000004711")
    case("invoice_with_a_long_number", (long,), "invoiced", section=6)
    quiet = maker.invoice(buyer="buyer:quiet")
    case("buyer_without_email", ("buyer:quiet",), "held:mandatory_field", section=4)
    case("invoice_of_a_buyer_without_email", (quiet,), "held:mandatory_field", section=4)
    case("invoice_paid_in_the_books", (maker.invoice(),), "held:paid_on_wrong_side", section=14, stage=Stage.CHANGES)
    case("invoice_postponed", (maker.invoice(),), "invoiced", section=0, stage=Stage.CHANGES)
