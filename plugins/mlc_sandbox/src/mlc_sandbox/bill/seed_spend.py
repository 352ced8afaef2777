"""Spend & Expense before anything is connected: people, budgets, card transactions, reimbursements."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from mlc_sandbox.bill import spend
from mlc_sandbox.bill.logins import SPEND_TOKEN
from mlc_sandbox.bill.wire import Cause, Record, instant, make_uuid
from mlc_sandbox.company import Company
from mlc_sandbox.company.sidelines import CardSpend
from mlc_sandbox.toolkit.seeds import Seeds

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

CAUSE: Final[Cause] = {"kind": "seed"}
PEOPLE: Final = (("Dana", "Reyes", "ADMIN"), ("Ilse", "Brandt", "BOOKKEEPER"), ("Noah", "Kim", "MEMBER"),
                 ("Priya", "Nair", "MEMBER"))  # fmt: skip
BUDGETS: Final = ("Travel", "Office", "Marketing", "Field service")
MERCHANTS: Final = ("Corner Cafe", "Skyline Hotels", "Metro Cabs", "Paper & Ink", "Cloudline Hosting", "Airway Travel")
TRANSACTIONS: Final = 60
REIMBURSEMENTS: Final = 12
_FIRST: Final = date(2026, 10, 1)
_LAST: Final = date(2026, 11, 15)
_STATUSES: Final = ("AWAITING_APPROVAL", "APPROVED", "PAID", "DENIED")


def fill(standin: BillStandIn, org: str, company: Company | None) -> None:
    """The tenant that belongs to an organisation."""
    seeds = Seeds(company.seed if company is not None else 1, "spend")
    users = [
        spend.put(
            standin,
            spend.USERS,
            org,
            {"firstName": first, "lastName": last, "role": role, "email": f"{first.lower()}@harbour.example",
             "retired": False},
            CAUSE,
        )
        for first, last, role in PEOPLE
    ]  # fmt: skip
    standin.logins.spend_tokens[SPEND_TOKEN] = (org, users[0]["uuid"])
    budgets = [
        spend.put(standin, spend.BUDGETS, org, _budget(name, users[0], place), CAUSE)
        for place, name in enumerate(BUDGETS)
    ]
    _fields(standin, org)
    if company is None:
        return
    if company.sidelines is not None:
        for one in company.sidelines.spending:
            _use(standin, org, one, users[2], budgets[0])
        standin.registers.pretended = None
        return
    for _ in range(TRANSACTIONS):
        _transaction(standin, org, seeds, users, budgets)
    for place in range(REIMBURSEMENTS):
        _reimbursement(standin, org, seeds, users, budgets, _STATUSES[place % len(_STATUSES)])
    standin.registers.pretended = None


def _budget(name: str, owner: Record, place: int) -> Record:
    return {
        "name": name,
        "owners": [owner["uuid"]],
        "recurringInterval": "MONTHLY",
        "limit": 5000,
        "recurringLimit": 5000,
        "retired": False,
        "_unlisted": place == len(BUDGETS) - 1,
    }


def _fields(standin: BillStandIn, org: str) -> None:
    field = spend.put(
        standin, spend.FIELDS, org, {"name": "GL Account", "type": "CUSTOM_SELECTOR", "retired": False}, CAUSE
    )
    for value in ("6100 Office supplies", "6300 Travel", "6700 Marketing"):
        record = {"value": value, "_field": field["id"]}
        spend.put(standin, "spend_custom_field_values", org, record, CAUSE)


def _moment(standin: BillStandIn, seeds: Seeds) -> str:
    moment = datetime.combine(seeds.day(_FIRST, _LAST), time(seeds.whole(7, 20), seeds.whole(0, 59)), tzinfo=UTC)
    standin.registers.pretended = moment + timedelta(minutes=1)
    return instant(moment)


def _transaction(standin: BillStandIn, org: str, seeds: Seeds, users: list[Record], budgets: list[Record]) -> None:
    """An authorisation; most are cleared, some with a tip, a few declined, reversed or refunded."""
    user = seeds.pick(users)
    given = {
        "amount": seeds.amount(5, 900),
        "merchantName": seeds.pick(MERCHANTS),
        "budgetId": seeds.pick(budgets)["id"],
        "userId": user["id"],
        "userUuid": user["uuid"],
        "occurredTime": _moment(standin, seeds),
    }
    drawn = seeds.whole(1, 20)
    if drawn == 1:
        spend.card_transaction(standin, org, {**given, "transactionType": "DECLINE", "status": "DECLINED"}, CAUSE)
        return
    made = spend.card_transaction(standin, org, given, CAUSE)
    if drawn == 2:
        reversal = {**given, "amount": -given["amount"], "originalAuthTransactionUuid": made["uuid"]}
        spend.card_transaction(standin, org, reversal, CAUSE)
        return
    if drawn > 4:
        cleared = spend.clear(standin, made, CAUSE)
        if drawn == 5:
            refund = {**given, "amount": -given["amount"], "transactionType": "CLEAR", "status": "COMPLETE"}
            spend.card_transaction(standin, org, refund, CAUSE)
        if drawn == 6:
            changes = {"accountingIntegrationTransactions": [{"syncStatus": "SYNCED", "integrationType": "QUICKBOOKS"}]}
            standin.registers.change(spend.TRANSACTIONS, cleared, changes, CAUSE)


def _use(standin: BillStandIn, org: str, spend_: CardSpend, user: Record, budget: Record) -> None:
    """One use of a card as the company has it, coded by whoever used it."""
    moment = datetime.combine(spend_.day, time(12), tzinfo=UTC)
    standin.registers.pretended = moment + timedelta(minutes=1)
    value = {"value": f"{spend_.account} Chosen"}
    fields = [{"name": "GL Account", "uuid": "cfd_gl", "selectedValues": [value]}] if spend_.account else []
    given = {
        "amount": -spend_.amount if spend_.kind == "refund" else spend_.amount,
        "merchantName": spend_.merchant,
        "budgetId": budget["id"],
        "userId": user["id"],
        "userUuid": user["uuid"],
        "cardId": spend_.card,
        "occurredTime": instant(moment),
        "customFields": fields,
    }
    if spend_.kind == "decline":
        spend.card_transaction(standin, org, {**given, "transactionType": "DECLINE", "status": "DECLINED"}, CAUSE)
        return
    if spend_.kind == "refund":
        spend.card_transaction(standin, org, {**given, "transactionType": "CLEAR", "status": "COMPLETE"}, CAUSE)
        return
    made = spend.card_transaction(standin, org, given, CAUSE)
    if spend_.kind == "authorization":
        return
    cleared = spend.clear(standin, made, CAUSE)
    changes: Record = {"occurredTime": instant(moment)}
    if spend_.kind == "synced":
        changes["accountingIntegrationTransactions"] = [{"syncStatus": "SYNCED", "integrationType": "QUICKBOOKS"}]
    standin.registers.change(spend.TRANSACTIONS, cleared, changes, CAUSE)


def _reimbursement(
    standin: BillStandIn, org: str, seeds: Seeds, users: list[Record], budgets: list[Record], status: str
) -> None:
    submitted = _moment(standin, seeds)
    user, budget = seeds.pick(users), seeds.pick(budgets)
    record = {
        "userId": user["id"],
        "userUuid": user["uuid"],
        "budgetId": budget["id"],
        "budgetUuid": budget["uuid"],
        "amount": seeds.amount(8, 240),
        "note": "Client visit",
        "merchantName": seeds.pick(MERCHANTS),
        "occurredDate": submitted[:10],
        "type": "PURCHASE",
        "fulfillmentType": "ACH",
        "status": status,
        "statusHistory": [{"status": "AWAITING_APPROVAL", "occurredTime": submitted}],
        "submittedTime": submitted,
        "receiptAddedTime": submitted,
        "retired": False,
        "receipts": [{"id": make_uuid("receipt", seeds.whole(1, 9999)), "url": "", "filename": "receipt.jpg"}],
        "customFields": [],
    }
    spend.put(standin, spend.REIMBURSEMENTS, org, record, CAUSE)
