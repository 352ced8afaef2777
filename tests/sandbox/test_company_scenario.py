"""The demo's judge: content with a correct connector, and with nothing less. The ledger here is made by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from mlc_sandbox.company import Bill, Company, Payment, PurchaseOrder, Stage, make_company
from mlc_sandbox.procurify.app import ProcurifyStandIn
from mlc_sandbox.scenarios.judging import Judge
from mlc_sandbox.scenarios.ledgerview import read_ledger
from mlc_sandbox.scenarios.procurify_zoho_books import (
    SOURCE,
    TARGET,
    CaseResult,
    changes,
    check_cases,
    close_events,
    events,
    settings,
)
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

Record = dict[str, Any]
REQUEST, SEED = {"kind": "request", "request": 1}, {"kind": "seed"}


@dataclass
class Ledger:
    """What a correct connector would have made of a company."""

    company: Company
    stage: Stage
    objects: dict[str, list[Record]] = field(default_factory=dict)
    log: list[Record] = field(default_factory=list)
    holds: list[Record] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, type: str, id_key: str, record: Record, cause: Record = REQUEST) -> str:
        key = str(record.get(id_key) or 4700000000000000 + len(self.log))
        record[id_key] = key
        self.objects.setdefault(type, []).append(record)
        self.log.append({"op": "create", "type": type, "id": key, "cause": cause, "after": dict(record)})
        return key

    def hold(self, type: str, id: object, outcome: str) -> None:
        code = outcome.partition(":")[2]
        self.holds.append({"object_type": type, "source_id": str(id), "number": "", "code": code})

    def post(self, bill: Bill, *, status: str = "open") -> None:
        company = self.company
        credit = bill.total < 0
        contact = company.vendor(bill.vendor).contact
        codes = {share.account for line in bill.lines for share in line.allocations}
        record = {
            "vendor_id": company.contact(contact).ledger_id if contact else "",
            "vendor_credit_number" if credit else "bill_number": bill.number or f"PF-BILL-{bill.id}",
            "total": abs(bill.total),
            "currency_code": bill.currency,
            "status": status,
            "date": bill.ledger_date.isoformat(),
            "due_date": bill.due_date.isoformat(),
            "notes": bill.note,
            "line_items": [{"account_id": company.account(code).ledger_id} for code in codes],
            "custom_field_hash": {"cf_source_id": bill.uuid},
        }
        type, id_key = ("vendorcredits", "vendor_credit_id") if credit else ("bills", "bill_id")
        self.ids[bill.key] = self.add(type, id_key, record)

    def order(self, order: PurchaseOrder, status: str) -> None:
        record = {"status": status, "total": order.total, "custom_field_hash": {"cf_source_id": order.uuid}}
        self.add("purchaseorders", "purchaseorder_id", record)

    def pay(self, payment: Payment) -> None:
        parts = [{"bill_id": self.ids[part.bill], "amount_applied": part.amount} for part in payment.parts]
        record = {"amount": payment.amount, "bills": parts, "custom_field_hash": {"cf_source_id": payment.uuid}}
        self.add("vendorpayments", "payment_id", record)

    def check(self) -> list[CaseResult]:
        judge = Judge(self.company, read_ledger({}, [], unique_field="cf_source_id"), (), self.stage)
        stated = [*self.company.bills, *(bill for bill in judge.later.values() if isinstance(bill, Bill))]
        source = {"bills": [{"uuid": bill.uuid, "total_cost_with_tax": bill.total} for bill in stated]}
        report = {"holds": self.holds}
        return check_cases(self.company, source, self.objects, self.log, report, stage=self.stage)


def correct_ledger(company: Company, stage: Stage) -> Ledger:
    ledger = Ledger(company, stage)
    judge = Judge(company, read_ledger({}, [], unique_field="cf_source_id"), (), stage)
    expected: dict[str, str] = {}
    for case in judge.cases():
        for place, key in enumerate(case.keys):
            first, _, code = case.expect.partition(":")
            expected[key] = ("held:" + code if place else "posted") if first == "one_posted" else case.expect
    for document in company.ledger_documents:
        record = {"bill_id": document.ledger_id, "total": document.total, "status": document.status}
        ledger.ids[document.twin_of or ""] = ledger.add("bills", "bill_id", record, SEED)
    fill_bills(ledger, judge, expected)
    for order in company.orders:
        carried = order.state in (0, 5) and order.order_date >= company.since
        outcome = expected.get(order.key, "open_order" if carried else "no_order")
        if outcome.startswith("held"):
            ledger.hold("purchase_order", order.id, outcome)
        elif outcome != "no_order":
            later = judge.later.get(order.key, order)
            status = {"cancelled_order": "cancelled", "closed_order": "billed"}.get(outcome, "open")
            ledger.order(later if isinstance(later, PurchaseOrder) else order, status)
    for payment in company.payments:
        before = company.bill(payment.parts[0].bill).ledger_date < company.since
        usual = "paid" if payment.status == "paid" and not before else "unpaid"
        outcome = expected.get(payment.key, usual)
        if outcome.startswith("held"):
            ledger.hold("payment", payment.uuid, outcome)
        elif outcome == "paid":
            ledger.pay(payment)
    for vendor in company.vendors:
        if vendor.key in expected:
            ledger.hold("vendor", vendor.id, expected[vendor.key])
    return ledger


def fill_bills(ledger: Ledger, judge: Judge, expected: dict[str, str]) -> None:
    new = [bill for bill in judge.later.values() if isinstance(bill, Bill) and bill not in ledger.company.bills]
    seeded = {bill.key for bill in ledger.company.bills}
    for bill in (*ledger.company.bills, *(bill for bill in new if bill.key not in seeded)):
        usual = "posted" if bill.status in (2, 4, 6, 7, 8) and bill.bill_type == 0 else "not_carried"
        if usual == "posted" and judge.typed[bill.key]:
            usual = "adopted"
        usual = usual if bill.ledger_date >= ledger.company.since else "counted"
        outcome = expected.get(bill.key, usual)
        later = judge.later.get(bill.key, bill)
        if outcome.startswith("held"):
            ledger.hold("bill", bill.uuid, outcome)
            if bill.key in judge.changed and usual == "posted":
                ledger.post(bill)
        elif outcome == "unchanged":
            ledger.post(bill)
            shown = ledger.objects["bills"][-1]
            entry = {"op": "update", "type": "bills", "id": shown["bill_id"], "cause": {"kind": "ui"}, "after": shown}
            ledger.log.append(entry)
        elif outcome in ("posted", "credit", "updated", "void"):
            ledger.post(later if isinstance(later, Bill) else bill, status="void" if outcome == "void" else "open")


def failures(results: list[CaseResult]) -> dict[str, str]:
    return {result.name: result.got for result in results if not result.ok}


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company(4, 300)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_correct_connector_passes_every_case(company: Company, stage: Stage) -> None:
    results = correct_ledger(company, stage).check()
    assert failures(results) == {}
    assert len(results) > 80


@pytest.mark.parametrize("records", [20, 60, 120])
def test_a_small_company_can_be_judged_too(records: int) -> None:
    assert failures(correct_ledger(make_company(2, records), Stage.CHANGES).check()) == {}


def test_a_connector_that_does_nothing_fails_nearly_everywhere(company: Company) -> None:
    source = {"bills": [{"uuid": bill.uuid, "total_cost_with_tax": bill.total} for bill in company.bills]}
    wrong = failures(check_cases(company, source, {}, [], {}))
    assert wrong["ordinary_bills_posted"].endswith("missing")
    assert wrong["vendor_unknown"] == "missing"
    assert wrong["newly_approved_later"] == "missing"
    assert wrong["ordinary_payments_paid"] == "unpaid"


def first_id(ledger: Ledger, case: str) -> Record:
    id = ledger.ids[ledger.company.case(case).keys[0]]
    return next(record for record in ledger.objects["bills"] if record["bill_id"] == id)


def post_again(ledger: Ledger) -> None:
    ledger.post(ledger.company.bill(ledger.company.case("thirds").keys[0]))


def lose_a_cent(ledger: Ledger) -> None:
    first_id(ledger, "thirds")["total"] -= Decimal("0.01")


def use_another_account(ledger: Ledger) -> None:
    first_id(ledger, "thirds")["line_items"][0]["account_id"] = ledger.company.account("9000").ledger_id


def charge_goods_with_freight(ledger: Ledger) -> None:
    goods, freight = (ledger.company.account(code).ledger_id for code in ("5000", "6650"))
    first_id(ledger, "freight_and_handling")["line_items"] = [
        {"account_id": goods, "item_total": "500.00"},
        {"account_id": freight, "item_total": "27.30"},
    ]


def leave_as_draft(ledger: Ledger) -> None:
    first_id(ledger, "thirds")["status"] = "draft"


def test_amounts_on_the_wrong_account_are_found(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    charge_goods_with_freight(ledger)
    assert failures(ledger.check()) == {"freight_and_handling": "posted with other amounts per account"}


def test_an_adopted_bill_that_was_written_over_is_found(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    first_id(ledger, "typed_twins")["due_date"] = "2027-01-01"
    assert "adopted and written over" in failures(ledger.check())["typed_twins"]


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (post_again, "posted 2 times"),
        (lose_a_cent, "posted with 99.99 instead of 100.00"),
        (use_another_account, "posted to other accounts"),
        (leave_as_draft, "posted as draft"),
    ],
)
def test_one_broken_bill_is_named(company: Company, break_it: Callable[[Ledger], None], said: str) -> None:
    ledger = correct_ledger(company, Stage.START)
    break_it(ledger)
    assert failures(ledger.check())["thirds"] == said


def test_a_duplicate_under_a_number_without_the_unique_field_is_found(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    ledger.add("bills", "bill_id", {**first_id(ledger, "thirds"), "bill_id": None, "custom_field_hash": {}})
    assert failures(ledger.check())["thirds"] == "posted 2 times"


def test_a_posted_bill_that_should_be_held_fails_its_case(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    bill = company.bill(company.case("dated_into_closed_period").keys[0])
    ledger.holds = [hold for hold in ledger.holds if hold["source_id"] != bill.uuid]
    ledger.post(bill)
    assert failures(ledger.check()) == {"dated_into_closed_period": "posted"}


def test_a_document_that_nothing_caused_is_a_failure(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    ledger.add("bills", "bill_id", {"vendor_id": "1", "bill_number": "stray", "total": Decimal(1)})
    assert "documents_without_a_cause" in failures(ledger.check())


def test_a_payment_written_twice_is_found(company: Company) -> None:
    ledger = correct_ledger(company, Stage.START)
    ledger.pay(company.payment(company.case("paid_before_first_sight").keys[0]))
    assert failures(ledger.check()) == {"paid_before_first_sight": "paid 2 times"}


def test_an_update_that_was_not_carried_is_found(company: Company) -> None:
    ledger = correct_ledger(company, Stage.CHANGES)
    first_id(ledger, "memo_changed")["notes"] = "first note"
    assert failures(ledger.check()) == {"memo_changed_later": "unchanged"}


@pytest.mark.parametrize("records", [20, 300])
def test_the_twelve_changes_are_what_users_can_do_on_the_screens(records: int) -> None:
    company = make_company(6, records)
    standin = ProcurifyStandIn(company=company)
    made = changes(company)
    assert len(made) == 12
    assert {(change.system, change.writes) for change in made} == {(SOURCE, 1)}
    for change in made:
        standin.ui_change(change.type, dict(change.body))
    for bill in company.later_bills:
        shown = standin.store.get("bills", bill.uuid)
        if any(bill.key in case.keys for case in company.cases if case.stage is Stage.CHANGES):
            assert shown is not None
            assert (shown["total_cost_with_tax"], shown["status"]) == (bill.total, bill.status)
            assert shown["due_date"][:10] == bill.due_date.isoformat()


def test_the_events_at_the_source_can_be_done_on_the_screens(company: Company) -> None:
    standin = ProcurifyStandIn(company=company)
    ledger = correct_ledger(company, Stage.CHANGES)
    for change in (*changes(company), *events(company, ledger.objects), *close_events(company)):
        if change.system == SOURCE:
            standin.ui_change(change.type, dict(change.body))
    deleted = company.bill(company.case("fixed_and_deleted").keys[0])
    assert standin.store.get("bills", deleted.uuid) is None


def test_the_events_in_the_ledger_can_be_done_on_its_screens(company: Company) -> None:
    standin = ZohoBooksStandIn(company=company)
    names = ("accountant_edits", "accountant_recodes", "accountant_voids", "accountant_deletes", "paid_in_ledger")
    ids = {}
    for name in names:
        bill = company.bill(company.case(name).keys[0])
        line = {"name": "posted", "account_id": company.account("6100").ledger_id, "rate": str(bill.total)}
        body = {
            "vendor_id": company.contact(company.vendor(bill.vendor).contact or "").ledger_id,
            "bill_number": bill.number,
            "date": bill.ledger_date.isoformat(),
            "line_items": [line],
            "custom_fields": [{"api_name": "cf_source_id", "value": bill.uuid}],
        }
        ids[name] = standin.ui_change("bills", body)["bill_id"]
    made = [*events(company, {"bills": standin.store.all("bills")}), *close_events(company)]
    for change in made:
        if change.system == TARGET:
            standin.ui_change(change.type, dict(change.body))
    shown = {name: standin.store.get("bills", id) for name, id in ids.items()}
    assert shown["accountant_deletes"] is None
    assert (shown["accountant_voids"] or {})["status"] == "void"
    assert (shown["paid_in_ledger"] or {})["status"] == "paid"
    assert (shown["accountant_edits"] or {})["due_date"] == company.today.isoformat()
    recoded = (shown["accountant_recodes"] or {})["line_items"]
    assert {line["account_id"] for line in recoded} == {company.account("9000").ledger_id}


def test_settings_map_every_account_tax_and_bank_that_should_be_mapped(company: Company) -> None:
    made = settings(company)
    assert made["accounts"] == {"6210": "62100"}
    assert "1099" not in made["money_accounts"]
    assert {tax["name"] for tax in made["taxes"]}.isdisjoint({"VAT 17.5% (old)"})
    assert next(tax["to"] for tax in made["taxes"] if tax["name"] == "MA Sales Tax") == "fold"
