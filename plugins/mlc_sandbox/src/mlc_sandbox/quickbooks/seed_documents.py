"""Documents of a seeded company's ledger: bills, credits, orders and payments as its accountants typed them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from mlc_sandbox.company import Company, LedgerDocument, LedgerPayment
from mlc_sandbox.quickbooks.wire import Record

Typed = Callable[[str, Record], Record]
_MOST_NUMBER: Final = 21


def type_document(
    typed: Typed,
    company: Company,
    document: LedgerDocument,
    parties: dict[str, str],
    accounts: dict[str, str],
    made: dict[str, str],
) -> None:
    """A bill or a credit with its order. What was void in the books was deleted here: QuickBooks voids no bill."""
    if document.status in ("void", "draft"):
        return
    head: Record = {
        "VendorRef": {"value": parties[document.contact]},
        "TxnDate": document.document_date.isoformat(),
        "CurrencyRef": {"value": document.currency},
        "ExchangeRate": document.exchange_rate,
        "APAccountRef": {"value": accounts[_payable(company)]},
    }
    lines = _lines(document, accounts)
    if document.order:
        _order(typed, head, document, lines)
    number = document.number[:_MOST_NUMBER]
    body = {**head, "DocNumber": number, "PrivateNote": document.note, "Line": lines}
    if document.kind == "credit":
        made[document.key] = typed("VendorCredit", body)["Id"]
        _apply(typed, head, document, company, accounts, made)
        return
    made[document.key] = typed("Bill", {**body, "DueDate": document.due_date.isoformat()})["Id"]


def _payable(company: Company) -> str:
    return next(one.code for one in company.accounts if one.ledger_type == "accounts_payable" and one.ledger_id)


def _lines(document: LedgerDocument, accounts: dict[str, str]) -> list[Record]:
    """The lines; what the total holds beyond them (tax, rounding) is a line of its own, as US books have it."""
    rows = [(line.description, line.amount, accounts[line.account]) for line in document.lines]
    rest = abs(document.total) - sum((amount for _, amount, _ in rows), Decimal(0))
    if rest:
        rows.append(("Sales tax", rest, rows[0][2]))
    return [
        {
            "DetailType": "AccountBasedExpenseLineDetail",
            "Amount": amount,
            "Description": text,
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
        }
        for text, amount, account in rows
    ]


def _order(typed: Typed, head: Record, document: LedgerDocument, lines: list[Record]) -> None:
    order = typed(
        "PurchaseOrder", {**head, "DocNumber": document.order[:_MOST_NUMBER], "Line": [dict(one) for one in lines]}
    )
    for line, ordered in zip(lines, order["Line"], strict=True):
        line["LinkedTxn"] = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder", "TxnLineId": ordered["Id"]}]


def _apply(
    typed: Typed,
    head: Record,
    document: LedgerDocument,
    company: Company,
    accounts: dict[str, str],
    made: dict[str, str],
) -> None:
    """A credit that was used: a payment of nothing that links both."""
    used = [(made[key], amount) for key, amount in document.applied if key in made]
    if not used:
        return
    total = sum((amount for _, amount in used), Decimal(0))
    targets = [("VendorCredit", made[document.key], total), *(("Bill", id, amount) for id, amount in used)]
    bank = next(one.key for one in company.money_accounts if one.key in accounts and one.kind == "bank")
    typed("BillPayment", {**_payment(head, accounts[bank], Decimal(0), targets), "TxnDate": head["TxnDate"]})


def type_payment(
    typed: Typed,
    company: Company,
    payment: LedgerPayment,
    parties: dict[str, str],
    accounts: dict[str, str],
    made: dict[str, str],
) -> None:
    """A payment of bills that stand."""
    targets = [("Bill", made[key], amount) for key, amount in payment.parts if key in made]
    if not targets:
        return
    head = {
        "VendorRef": {"value": parties[payment.contact]},
        "TxnDate": payment.payment_date.isoformat(),
        "CurrencyRef": {"value": payment.currency},
        "ExchangeRate": payment.exchange_rate,
    }
    body = _payment(head, accounts[payment.money_account], payment.amount, targets)
    if company.money_account(payment.money_account).kind == "credit_card":
        account = body.pop("CheckPayment")["BankAccountRef"]
        body |= {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": account}}
    typed("BillPayment", body)


def _payment(head: Record, bank: str, amount: Decimal, targets: list[tuple[str, str, Decimal]]) -> Record:
    lines = [{"Amount": part, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]} for kind, id, part in targets]
    kept = {name: value for name, value in head.items() if name != "APAccountRef"}
    check = {"BankAccountRef": {"value": bank}, "PrintStatus": "PrintComplete"}
    return {**kept, "PayType": "Check", "TotalAmt": amount, "CheckPayment": check, "Line": lines}
