"""The demo of ``zoho-books+basware``: approved invoices are taken, posted and answered; what is paid is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mlc_sandbox.basware.access import CLIENT_ID, CLIENT_SECRET
from mlc_sandbox.basware.seed import BRANCH, HEAD
from mlc_sandbox.company import BillStatus, Case, Company, Stage, TaxKind
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, UNIQUE_FIELD
from mlc_sandbox.scenarios import handedover, invoicepass
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.invoicecost import Calls, Cost, invoice_costs
from mlc_sandbox.scenarios.invoiceview import GIVEN_BACK, InvoiceView
from mlc_sandbox.scenarios.judging import CaseResult, counted
from mlc_sandbox.scenarios.ledgerview import Record

COMPANY = "invoicing"
WEBHOOKS = invoicepass
SOURCE, TARGET = "zoho-books", "basware"
BATCHES = True
#: P2P takes what it was sent at once; the real one takes minutes.
SWITCHES = {TARGET: {"settle_s": 0.1}}
_NEVER = (BillStatus.PAID, BillStatus.DRAFT, BillStatus.CONFIRMED, BillStatus.DENIED, BillStatus.WITHDRAWN)
#: What comes out otherwise than where purchasing hands over orders: Basware hands over invoices that were approved.
_OTHERWISE: Mapping[str, str] = {
    "number_missing": "given_back:number_missing",
    "expense_and_card_bills": "held:missing_vendor",
    "bill_paid_before_first_sight": "not_carried",
    "batch_bills": "not_carried",
    "batch_bill_not_bound": "not_carried",
    "marked_paid_without_payment": "not_carried",
    "number_reused_after_a_year": "given_back",
    "number_of_a_void_bill": "given_back",
    "one_name_no_ids": "held:missing_vendor",
}


def connections(company: Company) -> dict[str, dict[str, Any]]:
    """Settings of each system's connection, without its endpoint."""
    return {
        SOURCE: {"organization_id": company.ledger_organization_id, "unique_field": UNIQUE_FIELD},
        TARGET: {
            "source_system": "ZOHO-DEMO",
            "code_prefix": "zb",
            "company_codes": [HEAD, BRANCH],
            "organization_element": HEAD,
            "payment_means_code": "WIRE",
        },
    }


def secrets(company: Company) -> dict[str, dict[str, str]]:
    """The credentials that the stand-ins accept."""
    return {
        SOURCE: {"client_id": "1000.DEMO", "client_secret": "demo-secret", "refresh_token": "1000.demo.refresh"},
        TARGET: {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    }


def pairing(company: Company) -> dict[str, Any]:
    """The ``[pairings.…]`` table: go-live date, companies, value maps."""
    return {
        "since": company.since,
        "scope": {"right": [HEAD, BRANCH]},
        "purchase_tax": "code",
        "freight_account": FREIGHT_ACCOUNT,
        "accounts": {account.code: account.ledger_code for account in company.accounts if account.ledger_code},
        "dimensions": {
            f"cost_center:{item.external_id}": f"tag:Department/{item.name}"
            for item in company.departments
            if item.ledger_tag_option is not None
        },
        "taxes": [
            {"code": tax.key.upper(), "to": "fold" if tax.kind is TaxKind.NOT_RECOVERABLE else tax.ledger_id}
            for tax in company.taxes
            if tax.ledger_id or tax.kind is TaxKind.NOT_RECOVERABLE
        ],
    }


def changes(company: Company) -> list[Change]:
    """What people do on both sides between the second and the third pass."""
    return handedover.changes(company)


def later(company: Company) -> list[Act]:
    """Sent again, matched with an order, refused late; then nothing, and nothing is written."""
    return handedover.acts(company)


def costs(company: Company, passes: Mapping[str, Calls], cases: Iterable[CaseResult]) -> list[Cost]:
    """Calls per invoice, beside the least that both APIs allow."""
    del company, cases
    return invoice_costs(passes, "Zoho Books")


def check_cases(
    company: Company,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[Any],
    report: Mapping[str, Any],
) -> list[CaseResult]:
    """Every seeded case, the ordinary rest, strays, totals, then what people did."""
    view = InvoiceView(company, source_objects, target_objects, report.get("holds", ()))
    results = [_judged(view, case) for case in company.cases if _is_ours(company, case)]
    return [*results, *_rest(view), *_totals(view), *handedover.judged(view)]


def _is_ours(company: Company, case: Case) -> bool:
    """Of invoices that are there from the beginning; orders and payments are the ledger's own here."""
    known, used = {bill.key for bill in company.bills}, handedover.touched(company)
    return case.stage is Stage.START and all(key in known for key in case.keys) and not used.intersection(case.keys)


def _judged(view: InvoiceView, case: Case) -> CaseResult:
    outcomes = [view.seeded(key) for key in case.keys]
    expect = _OTHERWISE.get(case.name, _word(case.expect))
    if expect.startswith("one_posted:"):
        code = expect.partition(":")[2]
        fits = Counter(outcomes) == Counter({"posted": 1, f"held:{code}": len(outcomes) - 1})
        return CaseResult(case.name, expect, expect if fits else counted(outcomes))
    accepted = {expect, *(() if case.name in _OTHERWISE else map(_word, case.also))}
    got = counted(outcomes)
    return CaseResult(case.name, got if set(outcomes) <= accepted else expect, got)


def _word(expect: str) -> str:
    """What people over there have to mend is given back to them."""
    held, _, code = expect.partition(":")
    return f"given_back:{code}" if held == "held" and code in GIVEN_BACK else expect


def _rest(view: InvoiceView) -> list[CaseResult]:
    company = view.company
    special = {key for case in company.cases for key in case.keys} | handedover.touched(company)
    wanted, got = Counter[str](), Counter[str]()
    for bill in company.bills:
        if bill.key in special:
            continue
        if bill.ledger_date < company.since:
            usual = "counted"
        elif bill.status in _NEVER:
            usual = "not_carried"
        else:
            usual = "adopted" if view.twins[bill.key] else "posted"
        wanted[usual] += 1
        got[view.seeded(bill.key)] += 1
    strays = view.strays()
    return [
        CaseResult("ordinary_invoices", _told(wanted), _told(got)),
        CaseResult("documents_without_a_cause", "none", ", ".join(strays) or "none"),
    ]


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def _totals(view: InvoiceView) -> list[CaseResult]:
    return [
        CaseResult(f"control_total_{code}", f"{stated.normalize():f}", f"{held.normalize():f}")
        for code, (stated, held) in view.totals().items()
    ]
