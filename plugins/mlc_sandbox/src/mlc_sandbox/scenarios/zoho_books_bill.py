"""The demo of ``zoho-books+bill``: open bills go to the system that pays them, payments come back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc_sandbox.bill.logins import DEVELOPER_KEY, SPEND_TOKEN, SYNC_NAME, SYNC_VALUE
from mlc_sandbox.bill.wire import make_id
from mlc_sandbox.company import Case, Company, LedgerDocument, Stage
from mlc_sandbox.company.payables import INPUT_TAX, OUTPUT_TAX
from mlc_sandbox.company.sidelines import CARD, Receivable
from mlc_sandbox.scenarios import webhookpass
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult, counted
from mlc_sandbox.scenarios.ledgerview import Record, decimal
from mlc_sandbox.scenarios.payablesview import PayablesView
from mlc_sandbox.scenarios.sidelinesview import sideline_outcome

COMPANY = "payables"
WEBHOOKS = webhookpass
SOURCE, TARGET = "zoho-books", "bill"
ROUNDING = "9000"
APPROVAL_FIELD, PAYMENT_FIELD = "cf_bill_approval", "cf_bill_payment"
RAISE = Decimal("25.00")
#: Flows that the recipe leaves off, and this company's operator has switched on.
SWITCHED_ON = ("customers", "invoices", "expenses", "reimbursements")


def organization_id() -> str:
    """The first organisation of BILL's stand-in, which is the US one."""
    return make_id("organizations", 1)


def connections(company: Company) -> dict[str, dict[str, Any]]:
    """Settings of each system's connection, without its endpoint."""
    return {
        SOURCE: {"organization_id": company.ledger_organization_id},
        TARGET: {"organization_id": organization_id()},
    }


def secrets(company: Company) -> dict[str, dict[str, str]]:
    """The credentials that the stand-ins accept."""
    return {
        SOURCE: {
            "client_id": "1000.DEMO",
            "client_secret": "demo-secret",
            "refresh_token": "1000.demo.refresh",
            "webhook_secret": webhookpass.SECRET,
        },
        TARGET: {
            "dev_key": DEVELOPER_KEY,
            "username": SYNC_NAME,
            "password": SYNC_VALUE,
            "api_token": SPEND_TOKEN,
        },
    }


def pairing(company: Company) -> dict[str, Any]:
    """The ``[pairings.…]`` table: go-live date, where payments are booked, input tax and rounding."""
    clearing = company.money_account("clearing")
    return {
        "since": company.since,
        "money_accounts": {"*": clearing.ledger_id, CARD: company.money_account("card").ledger_id},
        "flows": {name: {"mode": "write"} for name in SWITCHED_ON},
        "rounding_account": ROUNDING,
        "state_fields": {"approval": APPROVAL_FIELD, "payment": PAYMENT_FIELD},
        "taxes": [
            {"name": tax.ledger_name, "rate": str(tax.rate), "to": account, "direction": direction}
            for tax in company.taxes
            if tax.ledger_id is not None
            for direction, account in (("purchase", INPUT_TAX), ("sale", OUTPUT_TAX))
        ],
    }


def changes(company: Company) -> list[Change]:
    """What people do on both sides. What BILL makes of a bill is shown on it in the books, a write each."""

    def document(name: str, place: int = 0) -> LedgerDocument:
        return company.ledger_document(company.case(name).keys[place])

    def edit(name: str, *, writes: int = 1, **body: Any) -> Change:
        return Change(name, SOURCE, "bills", {"id": document(name).ledger_id, **body}, writes)

    def there(name: str, type: str, writes: int, **body: Any) -> Change:
        return Change(name, TARGET, type, body, writes)

    def pays(name: str, action: str, writes: int) -> Change:
        rows = [{"invoiceNumber": company.ledger_document(key).number} for key in company.case(name).keys]
        more = {} if action == "schedule" else {"action": action}
        return there(name, "payments", writes, bills=rows, processDate=company.today.isoformat(), **more)

    bank = company.money_account("bank-usd").ledger_id
    paid: dict[str, Any] = {"action": "pay", "payment_mode": "Check", "date": company.today.isoformat()}
    due = company.today.isoformat()
    return [
        edit("memo_changed", notes="Approved by phone, see ticket 118"),
        edit("due_date_changed", due_date=due),
        edit("amount_changed", line_items=_raised(document("amount_changed"))),
        edit("opened", action="open"),
        edit("voided", action="void"),
        _new(company, "new_bill"),
        _new(company, "new_credit"),
        pays("paid_in_bill", "fund", 2),
        pays("batch_paid_in_bill", "clear", 3),
        edit("paid_in_the_books", writes=2, **paid, paid_through_account_id=bank),
        there(
            "approved_then_raised", "bills", 0, invoiceNumber=document("approved_then_raised").number, action="approve"
        ),
        edit("approved_then_raised", writes=0, line_items=_raised(document("approved_then_raised"))),
        pays("void_while_scheduled", "schedule", 0),
        edit("void_while_scheduled", writes=0, action="void"),
        there("approved_in_bill", "bills", 1, invoiceNumber=document("approved_in_bill").number, action="approve"),
        pays("scheduled_in_bill", "schedule", 1),
        *_beside(company),
    ]


def _beside(company: Company) -> list[Change]:
    """A card transaction clears, an invoice is paid in the books, another one is postponed."""
    beside = company.sidelines
    assert beside is not None

    def one(name: str) -> Any:
        return beside.find(company.case(name).keys[0])

    spent, paid, late = one("card_clears_later"), one("invoice_paid_in_the_books"), one("invoice_postponed")
    assert isinstance(paid, Receivable)
    part = {"invoice_id": paid.ledger_id, "amount_applied": paid.amount}
    received = {"customer_id": beside.buyer(paid.buyer).ledger_id, "amount": paid.amount, "invoices": [part]}
    today = company.today.isoformat()
    return [
        Change("card_clears_later", TARGET, "spend_transactions", {"merchantName": spent.merchant, "action": "clear"}),
        Change("invoice_paid_in_the_books", SOURCE, "customerpayments", {**received, "date": today}, 0),
        Change(
            "invoice_postponed",
            SOURCE,
            "invoices",
            {"id": late.ledger_id, "invoice_number": late.number, "due_date": today},
        ),
    ]


def _raised(document: LedgerDocument) -> list[dict[str, Any]]:
    """The same lines, the first one dearer."""
    rows = [{"line_item_id": line.ledger_id, "rate": line.amount} for line in document.lines]
    return [{**rows[0], "rate": document.lines[0].amount + RAISE}, *rows[1:]]


def _new(company: Company, name: str) -> Change:
    document = next(one for one in company.later_documents if one.key == company.case(name).keys[0])
    credit = document.kind == "credit"
    number = {"vendor_credit_number": document.number} if credit else {"bill_number": document.number}
    return Change(name, SOURCE, "vendorcredits" if credit else "bills", {**_typed(company, document), **number})


def _typed(company: Company, document: LedgerDocument) -> dict[str, Any]:
    due = {} if document.kind == "credit" else {"due_date": document.due_date.isoformat()}
    return {
        "vendor_id": company.contact(document.contact).ledger_id,
        "date": document.document_date.isoformat(),
        "currency_id": company.currency(document.currency).ledger_id,
        **due,
        "line_items": [
            {"account_id": company.account(line.account).ledger_id, "rate": line.amount, "quantity": 1}
            for line in document.lines
        ],
    }


def check_cases(
    company: Company,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[Mapping[str, Any]],
    report: Mapping[str, Any],
    *,
    stage: Stage = Stage.CHANGES,
) -> list[CaseResult]:
    """Judge every case that is due, then the ordinary rest, strays, other organisations and totals per currency."""
    holds = report.get("holds", ())
    view = PayablesView(company, source_objects, target_objects, target_log, holds)
    due = [case for case in company.cases if case.stage is Stage.START or stage is Stage.CHANGES]
    results = []
    for case in due:
        outcomes = [_outcome(view, case, key) for key in case.keys]
        if case.expect.startswith("one_posted:"):
            code = case.expect.partition(":")[2]
            fits = Counter(outcomes) == Counter({"posted": 1, f"held:{code}": len(outcomes) - 1})
            results.append(CaseResult(case.name, case.expect, case.expect if fits else counted(outcomes)))
            continue
        accepted = {case.expect, *case.also}
        got = counted(outcomes)
        results.append(CaseResult(case.name, got if set(outcomes) <= accepted else case.expect, got))
    return [*results, *_rest(view)]


def _outcome(view: PayablesView, case: Case, key: str) -> str:
    beside = view.company.sidelines
    if beside is not None and key.partition(":")[0] in ("spend", "expense", "receivable", "buyer"):
        return sideline_outcome(view, beside, key)
    return view.outcome(case, key)


def _rest(view: PayablesView) -> list[CaseResult]:
    company = view.company
    special = {key for case in company.cases for key in case.keys}
    ordinary = [one for one in company.ledger_documents if one.key not in special]
    outcomes = [view.posted(one) for one in ordinary]
    strays, elsewhere = view.strays(), view.elsewhere(organization_id())
    born = [row for row in view.books.get("contacts", ()) if row["contact_name"] == "Born In The Inbox LLC"]
    results = [
        CaseResult("ordinary_bills_posted", f"{len(ordinary)} posted", f"{outcomes.count('posted')} posted"),
        CaseResult("documents_without_a_cause", "none", ", ".join(strays) or "none"),
        CaseResult("written_to_another_organisation", "none", ", ".join(elsewhere) or "none"),
        CaseResult("vendor_born_in_bill", "1 contact", f"{len(born)} contact"),
    ]
    return [*results, *_totals(view)]


def _totals(view: PayablesView) -> list[CaseResult]:
    """Per currency: what the books state of what was posted, against what stands in BILL."""
    stated: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    for document in (*view.company.ledger_documents, *view.company.later_documents):
        made = view.made(document)
        type = "vendor_credits" if document.kind == "credit" else "bills"
        shown = view.payer[type][made[0]["id"]] if len(made) == 1 else None
        if shown is None or shown["archived"] or view.posted(document).startswith("held:"):
            continue
        stated[document.currency] += view.total(document)
        held[document.currency] += decimal(shown["amount"])
    return [
        CaseResult(f"control_total_{code}", f"{stated[code].normalize():f}", f"{held[code].normalize():f}")
        for code in sorted(stated)
    ]
