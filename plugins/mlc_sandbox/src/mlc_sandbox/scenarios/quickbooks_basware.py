"""The demo of ``quickbooks+basware``: approved invoices are taken, posted and answered; what is paid is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mlc_sandbox.basware.access import CLIENT_ID as BASWARE_ID
from mlc_sandbox.basware.access import CLIENT_SECRET as BASWARE_SECRET
from mlc_sandbox.basware.seed import BRANCH, HEAD
from mlc_sandbox.company import Bill, BillStatus, Case, Company, Stage
from mlc_sandbox.quickbooks.seed import realm_id
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from mlc_sandbox.scenarios import quickbooksacts, quickbooksorders, quickbookspass, quickbooksvendors
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.invoicecost import Calls, Cost, invoice_costs, metered_costs
from mlc_sandbox.scenarios.judging import CaseResult, counted
from mlc_sandbox.scenarios.ledgerview import Record
from mlc_sandbox.scenarios.quickbooksview import GIVEN_BACK, QuickBooksView

SOURCE, TARGET = "quickbooks", "basware"
BATCHES = True
#: The second phase of Basware in a hurry; what QuickBooks tells of leaves together, as it does there.
SWITCHES = {SOURCE: {"webhook_hold": True}, TARGET: {"settle_s": 0.1}}
WEBHOOKS = quickbookspass.WEBHOOKS
_NOT_OFFERED = (
    BillStatus.PAID, BillStatus.DRAFT, BillStatus.CONFIRMED, BillStatus.DENIED, BillStatus.WITHDRAWN,
)  # fmt: skip
#: What comes out otherwise than where purchasing hands over orders: Basware hands over invoices that were approved.
_OTHERWISE: Mapping[str, str] = {
    "history_twins": "not_carried",
    "history_other_totals": "not_carried",
    "history_missing": "not_carried",
    "bill_paid_before_first_sight": "not_carried",
    "batch_bills": "not_carried",
    "batch_bill_not_bound": "not_carried",
    "marked_paid_without_payment": "not_carried",
    "number_missing": "given_back:number_missing",
    "number_reused_after_a_year": "given_back",  # QuickBooks refuses a number that it has of that vendor
    "tax_unmapped": "posted",  # purchases bear no tax of their own in the United States: every tax is in the price
    "dinar_bill": "not posted, TransferInProgress",  # QuickBooks would round 287.875: a dead letter
    "one_name_no_ids": "held:ambiguous",  # two suppliers of one name that only P2P knows; the books have one such
    "supplier_in_another_currency": "posted to a part of its vendor",
    "expense_and_card_bills": "held:missing_vendor",  # of suppliers that only P2P knows
}


def connections(company: Company) -> dict[str, dict[str, Any]]:
    """Settings of each system's connection, without its endpoint."""
    realm = realm_id(1)
    foreign = [one.code for one in company.currencies if one.code != company.base_currency]
    return {
        SOURCE: {"realm_id": realm, "payable_account": "2000", "currencies": foreign, "rate_days": 55},
        TARGET: {
            "source_system": "QB-DEMO",
            "code_prefix": f"qb-{realm}",
            "company_codes": [HEAD, BRANCH],
            "organization_element": HEAD,
            "payment_means_code": "WIRE",
        },
    }


def secrets(company: Company) -> dict[str, dict[str, str]]:
    """The credentials that the stand-ins accept."""
    return {
        SOURCE: {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
            "webhook_verifier": quickbookspass.VERIFIER,
        },
        TARGET: {"client_id": BASWARE_ID, "client_secret": BASWARE_SECRET},
    }


def pairing(company: Company) -> dict[str, Any]:
    """The ``[pairings.…]`` table."""
    return {
        "since": company.since,
        "scope": {"right": [HEAD, BRANCH]},
        "department_split": "class",
        "accounts": {account.code: account.ledger_code for account in company.accounts if account.ledger_code},
        "dimensions": {f"cost_center:{one.external_id}": f"department:{one.name}" for one in company.departments},
        "taxes": [{"code": tax.key.upper(), "to": "fold"} for tax in company.taxes],
        "freight_account": "6650",
        "rounding_account": "9000",
    }


def prepare(
    company: Company, source_objects: Mapping[str, Iterable[Record]], target_objects: Mapping[str, Iterable[Record]]
) -> list[Change]:
    """Before go-live: P2P's suppliers and invoices were given the vendor codes that the books' vendors will have."""
    codes = {str(row.get("AcctNum")): f"V{row['Id']}" for row in source_objects["Vendor"] if row.get("AcctNum")}
    found = []
    for row in target_objects["p2p_vendors"]:
        code = codes.get(str(row["vendorCode"]))
        if code is not None:
            found.append(Change("codes", TARGET, "p2p_vendors", {"id": row["typed"], "vendorCode": code}, 0))
    for row in target_objects["p2p_invoices"]:
        code = codes.get(str(row["supplierCode"]))
        if code is not None:
            body = {"id": row["invoiceId"], "action": "recode", "supplierCode": code}
            found.append(Change("codes", TARGET, "invoices", body, 0))
    vendor = next(one for one in source_objects["Vendor"] if one["Active"] and one["CurrencyRef"]["value"] == "USD")
    orders = quickbooksorders.ordered(company, SOURCE, str(vendor["Id"]), quickbooksacts.ACCOUNT, source_objects)
    return [*found, *orders, *quickbooksvendors.entered(), *quickbooksacts.offered_first(company, f"V{vendor['Id']}")]


def changes(company: Company) -> list[Change]:
    """What people do on both sides between the second and the third pass."""
    return quickbooksacts.changes(company)


def later(company: Company) -> list[Act]:
    """Mended, refused late and replayed, paid back; then nothing, and nothing is written."""
    return quickbooksacts.acts(company)


def costs(company: Company, passes: Mapping[str, Calls], cases: Iterable[CaseResult]) -> list[Cost]:
    """Calls per invoice and metered reads, beside the least that both APIs allow."""
    foreign = sum(one.code != company.base_currency for one in company.currencies)
    return [*invoice_costs(passes, "QuickBooks"), *metered_costs(passes, cases, currencies=foreign)]


def check_cases(
    company: Company,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[Mapping[str, Any]],
    report: Mapping[str, Any],
) -> list[CaseResult]:
    """Every seeded case, the ordinary rest, strays, totals, then what people did."""
    view = QuickBooksView(
        company, source_objects, target_objects, report.get("source_log", ()), report.get("holds", ())
    )
    results = [_judged(view, case) for case in company.cases if _is_ours(company, case)]
    return [*results, *_rest(view), *_totals(view), *quickbooksacts.judged(view)]


def _is_ours(company: Company, case: Case) -> bool:
    """Of invoices that are there from the beginning; orders and payments are the ledger's own here."""
    known = {bill.key for bill in company.bills}
    return case.stage is Stage.START and all(key in known for key in case.keys)


def _judged(view: QuickBooksView, case: Case) -> CaseResult:
    outcomes = [view.outcome(view.company.bill(key).uuid) for key in case.keys]
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


def _rest(view: QuickBooksView) -> list[CaseResult]:
    company = view.company
    special = {key for case in company.cases for key in case.keys}
    wanted, got = Counter[str](), Counter[str]()
    for bill in company.bills:
        if bill.key in special:
            continue
        wanted[_usual(company, bill)] += 1
        got[view.outcome(bill.uuid)] += 1
    return [
        CaseResult("ordinary_invoices", _told(wanted), _told(got)),
        CaseResult("documents_without_a_cause", "none", ", ".join(view.strays()) or "none"),
        CaseResult("voided_or_deleted_by_us", "none", ", ".join(view.forbidden) or "none"),
    ]


def _usual(company: Company, bill: Bill) -> str:
    """What becomes of an invoice that no case is about."""
    if bill.status in (
        BillStatus.PAID,
        BillStatus.DRAFT,
        BillStatus.CONFIRMED,
        BillStatus.DENIED,
        BillStatus.WITHDRAWN,
    ):
        return "not_carried"
    return "counted" if bill.ledger_date < company.since else "posted"


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def _totals(view: QuickBooksView) -> list[CaseResult]:
    return [
        CaseResult(f"control_total_{code}", f"{stated.normalize():f}", f"{held.normalize():f}")
        for code, (stated, held) in view.totals().items()
    ]
