"""The demo of ``procurify+zoho-books``: its settings, who interferes, and how its cases are judged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import Bill, Company, OrderState, Stage, TaxKind
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, UNIQUE_FIELD
from mlc_sandbox.scenarios.disturbances import SOURCE, TARGET, Change, changes, close_events, events
from mlc_sandbox.scenarios.judging import CARRIED, CaseResult, Judge, counted, judged
from mlc_sandbox.scenarios.ledgerview import LedgerView, Record, decimal, read_ledger
from mlc_sandbox.scenarios.operator import connections, pairing, secrets

__all__ = [
    "SOURCE",
    "TARGET",
    "CaseResult",
    "Change",
    "changes",
    "check_cases",
    "close_events",
    "connections",
    "events",
    "pairing",
    "secrets",
    "settings",
]
_OPEN_STATES = (OrderState.PURCHASED, OrderState.REOPENED)


def settings(company: Company) -> dict[str, Any]:
    """What an operator would fill in for this company: scope, dates, authority and value maps.

    Target ids are the ledger's own. A tax mapped to ``fold`` is not recoverable and becomes part of its line.
    """
    return {
        "since": company.since.isoformat(),
        "organization_id": company.ledger_organization_id,
        "locations": [location.id for location in company.locations],
        "payment_authority": "left",
        "missing_vendor": "hold",
        "bill_types": [0],
        "purchase_tax": "code",
        "rounding_limit": 5,
        "unique_field": UNIQUE_FIELD,
        "freight_account": FREIGHT_ACCOUNT,
        "money_accounts": {
            account.gl_code: account.ledger_id for account in company.money_accounts if account.ledger_id
        },
        "accounts": {account.code: account.ledger_code for account in company.accounts if account.ledger_code},
        "departments": {
            department.name: {
                "tag_id": company.department_tag_id,
                "tag_option_id": department.ledger_tag_option,
            }
            for department in company.departments
        },
        "taxes": [
            {
                "name": tax.name,
                "rate": str(tax.rate),
                "kind": tax.kind.value,
                "to": "fold" if tax.kind is TaxKind.NOT_RECOVERABLE else tax.ledger_id,
            }
            for tax in company.taxes
            if tax.ledger_id or tax.kind is TaxKind.NOT_RECOVERABLE
        ],
    }


def check_cases(
    company: Company,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[object],
    report: Mapping[str, Any],
    *,
    stage: Stage = Stage.CHANGES,
) -> list[CaseResult]:
    """Judge every case that is due at this stage, then the ordinary rest, strays, and the totals per currency.

    Args:
        source_objects: Everything in Procurify's stand-in by type, as its control call tells it.
        target_objects: The same of Zoho's.
        target_log: Zoho's operation log; only what came by request counts as the connector's work.
        report: ``holds`` lists {object_type, source_id, number, code}.
    """
    view = read_ledger(target_objects, target_log, unique_field=UNIQUE_FIELD)
    judge = Judge(company, view, report.get("holds", ()), stage)
    results = [judged(judge, case) for case in judge.cases()]
    results += _ordinary(judge)
    results.append(_strays(judge))
    if stage in (Stage.START, Stage.CHANGES):
        results += _control_totals(judge, source_objects)
    return results


def _ordinary(judge: Judge) -> list[CaseResult]:
    """Everything that no case is about: carried once, or not at all."""
    company = judge.company
    special = {key for case in company.cases for key in case.keys}
    groups: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for bill in company.bills:
        if bill.key not in special:
            groups["ordinary_bills", frozenset({_usual(judge, bill)})].append(judge.bill(bill))
    for order in company.orders:
        if order.key not in special:
            carried = order.state in _OPEN_STATES and order.order_date >= company.since
            wanted = {"open_order", "closed_order"} if carried else {"no_order"}
            groups["ordinary_orders", frozenset(wanted)].append(judge.order(order))
    for payment in company.payments:
        if payment.key not in special:
            due = company.bill(payment.parts[0].bill).ledger_date >= company.since
            word = "paid" if payment.status == "paid" and due else "unpaid"
            groups["ordinary_payments", frozenset({word})].append(judge.payment(payment))
    results = []
    for (name, accepted), outcomes in groups.items():
        wanted_word = "_or_".join(sorted(accepted))
        got = [wanted_word if outcome in accepted else outcome for outcome in outcomes]
        expected, shown = f"{len(got)} {wanted_word}", counted(got)
        results.append(CaseResult(f"{name}_{wanted_word}", expected, expected if shown == wanted_word else shown))
    return results


def _usual(judge: Judge, bill: Bill) -> str:
    """What becomes of a bill that no case is about."""
    if bill.ledger_date < judge.company.since:
        return "counted"
    if bill.status not in CARRIED or bill.bill_type != 0:
        return "not_carried"
    return "adopted" if judge.typed[bill.key] else "posted"


def _strays(judge: Judge) -> CaseResult:
    """Documents of the connector that no record is the cause of."""
    for bill in (*judge.company.bills, *judge.company.later_bills):
        judge.documents(bill)
    for order in judge.company.orders:
        judge.order(order)
    for payment in judge.company.payments:
        judge.payment(payment)
    strays = judge.view.unclaimed()
    got = "none" if not strays else ", ".join(f"{type} {key}" for type, key in strays)
    return CaseResult("documents_without_a_cause", "none", got)


def _control_totals(judge: Judge, source_objects: Mapping[str, Iterable[Record]]) -> list[CaseResult]:
    """Per currency: what the source states of the posted bills, against what the ledger holds of ours."""
    stated: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    totals = {str(bill["uuid"]): decimal(bill["total_cost_with_tax"]) for bill in source_objects.get("bills", ())}
    known = {bill.key: bill for bill in (*judge.company.bills, *judge.company.later_bills)}
    for bill in known.values():
        for type, key in judge.documents(bill):
            shown = _live(judge.view, type, key)
            if shown is not None and bill.uuid in totals:
                stated[bill.currency] += totals[bill.uuid]
                held[bill.currency] += decimal(shown["total"]) * (-1 if type == "vendorcredits" else 1)
    return [
        CaseResult(f"control_total_{code}", f"{stated[code].normalize():f}", f"{held[code].normalize():f}")
        for code in sorted(stated)
    ]


def _live(view: LedgerView, type: str, key: str) -> Record | None:
    shown = view.objects[type].get(key)
    return None if shown is None or shown.get("status") == "void" else shown
