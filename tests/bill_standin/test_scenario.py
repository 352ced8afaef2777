"""The demo's judge for ``zoho-books+bill``: content with a correct clerk, and with nothing less."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from mlc_sandbox.bill.app import BillStandIn
from mlc_sandbox.bill.seed import vendor_of
from mlc_sandbox.company import Company, LedgerDocument, Stage, make_payables_company
from mlc_sandbox.scenarios import webhookpass
from mlc_sandbox.scenarios.zoho_books_bill import SOURCE, changes, check_cases, connections, pairing
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import loads
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

from .conftest import Bill, Receiver

D = Decimal


class Clerk:
    """Does by hand what a correct connector does, over HTTP into BILL, and holds what it must hold."""

    def __init__(self, company: Company, books: ZohoBooksStandIn, bill: Bill) -> None:
        self.company = company
        self.books = books
        self.bill = bill
        self.holds: dict[str, str] = {}
        self.written: dict[str, dict[str, Any]] = {}
        self.expected = {key: case for case in company.cases for key in case.keys if case.stage is Stage.START}
        self.seen = {row["bill_id"]: row for row in books.store.all("bills")}

    def first_run(self) -> None:
        self._hold_parties()
        documents = [*self.company.ledger_documents]
        for document in sorted(documents, key=lambda one: one.kind != "credit"):
            self.consider(document)

    def _hold_parties(self) -> None:
        for key, case in self.expected.items():
            if key.startswith("contact:"):
                self.holds[self.company.contact(key).ledger_id] = case.expect.partition(":")[2]

    def consider(self, document: LedgerDocument) -> None:
        case = self.expected.get(document.key)
        word = case.expect if case is not None else "posted"
        if word.startswith("one_posted:"):
            word = "posted" if document.key == case.keys[0] else "held:" + word.partition(":")[2]
        if word.startswith("held:"):
            self.holds[document.ledger_id] = word.partition(":")[2]
        elif word in ("posted", "credit", "posted_with_image") and document.document_date >= self.company.since:
            row = self.books.store.get("vendorcredits" if document.kind == "credit" else "bills", document.ledger_id)
            if row["status"] == "open":
                self.post(document, row)

    def vendor(self, document: LedgerDocument) -> str:
        contact = self.company.contact(document.contact)
        rows = [row for row in self.bill.standin.store.all("vendors") if row["billCurrency"] == document.currency]
        for row in rows:
            if row.get("shortName") == contact.contact_number or row["name"] == contact.name[:100]:
                return str(row["id"])
        address = contact.address
        body = {
            "name": contact.name[:90] + ("" if contact.currency == document.currency else f" ({document.currency})"),
            "billCurrency": document.currency,
            "shortName": contact.contact_number if contact.currency == document.currency else None,
            "address": {
                "line1": address.line1,
                "city": address.city,
                "zipOrPostalCode": address.postal_code,
                "country": address.country_code,
            },
        }
        return str(self.bill.call("POST", "/vendors", body)["id"])

    def lines(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        codes = {a.ledger_id: a.ledger_code or a.code for a in self.company.accounts if a.ledger_id}
        ids = {
            r["account"]["number"]: r["id"] for r in self.bill.standin.registers.all("chart_of_accounts", self.bill.us)
        }
        sums: dict[str, D] = {}
        for line in row["line_items"]:
            sums[line["account_id"]] = sums.get(line["account_id"], D(0)) + line["item_total"]
        lines = [
            {"amount": amount, "classifications": {"chartOfAccountId": ids[codes[account]]}}
            for account, amount in sums.items()
        ]
        rest = row["total"] - sum(sums.values())
        return lines + ([{"amount": rest, "description": "Tax and rounding"}] if rest else [])

    def post(self, document: LedgerDocument, row: dict[str, Any]) -> None:
        if document.kind == "credit":
            body = {
                "vendorId": self.vendor(document),
                "referenceNumber": document.number,
                "creditDate": row["date"],
                "vendorCreditLineItems": self.lines(row),
            }
            self.written[document.key] = self.bill.call("POST", "/vendor-credits", body)
            return
        number = document.number
        if len(number) > 21:
            number = f"{number[-16:]}~{hashlib.sha256(number.encode()).hexdigest()[:4]}"
        body = {
            "vendorId": self.vendor(document),
            "dueDate": row["due_date"],
            "invoice": {"invoiceNumber": number, "invoiceDate": row["date"]},
            "billLineItems": self.lines(row),
            "purchaseOrderNumber": document.order or None,
            "allowDuplicateInvoiceNumber": False,
        }
        made = self.written[document.key] = self.bill.call("POST", "/bills", body)
        if document.attachment:
            self.bill.call("POST", f"/documents/bills/{made['id']}", b"%PDF", params={"name": document.attachment})

    def born(self) -> None:
        self.books.ui_change("contacts", {"contact_name": "Born In The Inbox LLC", "contact_type": "vendor"})

    def changed_run(self) -> None:
        case = self.company.case
        for name in ("memo_changed", "due_date_changed", "amount_changed"):
            document = self.company.ledger_document(case(name).keys[0])
            row = self.books.store.get("bills", document.ledger_id)
            lines = [{"id": self.written[document.key]["billLineItems"][0]["id"], "amount": row["total"]}]
            body = {"description": row["notes"], "dueDate": row["due_date"], "billLineItems": lines}
            self.bill.call("PATCH", f"/bills/{self.written[document.key]['id']}", body)
        opened = self.company.ledger_document(case("opened").keys[0])
        self.post(opened, self.books.store.get("bills", opened.ledger_id))
        self.bill.call("POST", f"/bills/{self.written[case('voided').keys[0]]['id']}/archive")
        for document in self.company.later_documents:
            kind, key = (
                ("vendorcredits", "vendor_credit_number") if document.kind == "credit" else ("bills", "bill_number")
            )
            self.post(document, next(row for row in self.books.store.all(kind) if row[key] == document.number))
        clearing = self.company.money_account("clearing").ledger_id
        for name in ("paid_in_bill", "batch_paid_in_bill"):
            documents = [self.company.ledger_document(key) for key in case(name).keys]
            parts = [{"bill_id": one.ledger_id, "amount_applied": one.total} for one in documents]
            body = {
                "vendor_id": self.company.contact(documents[0].contact).ledger_id,
                "amount": sum(one.total for one in documents),
                "bills": parts,
                "paid_through_account_id": clearing,
                "date": self.company.today.isoformat(),
            }
            self.books.ui_change("vendorpayments", body)
        told = self.company.ledger_document(case("paid_in_the_books").keys[0])
        bill = self.written[told.key]
        body = {
            "vendorId": bill["vendorId"],
            "processDate": self.company.today.isoformat(),
            "payments": [{"billId": bill["id"], "amount": bill["amount"]}],
        }
        self.bill.call("POST", "/bills/record-payment", body)
        marks = {
            "approved_in_bill": ("cf_bill_approval", "approved"),
            "scheduled_in_bill": ("cf_bill_payment", "scheduled"),
        }
        for name, (field, word) in marks.items():
            document = self.company.ledger_document(case(name).keys[0])
            shown = [{"api_name": field, "value": word}]
            self.books.ui_change("bills", {"id": document.ledger_id, "custom_fields": shown})
        for name in ("approved_then_raised", "void_while_scheduled"):
            document = self.company.ledger_document(case(name).keys[0])
            self.holds[document.ledger_id] = case(name).expect.partition(":")[2]

    def judged(self, stage: Stage) -> dict[str, tuple[str, str]]:
        holds = [
            {"object_type": "bill", "source_id": id, "number": "", "code": code} for id, code in self.holds.items()
        ]
        books = {type: self.books.store.all(type) for type in self.books.store.types()}
        there = {type: self.bill.standin.store.all(type) for type in self.bill.standin.store.types()}
        log = [loads_log(entry) for entry in self.bill.standin.log.entries()]
        results = check_cases(self.company, books, there, log, {"holds": holds}, stage=stage)
        return {one.name: (one.expected, one.got) for one in results}


def loads_log(entry: Any) -> dict[str, Any]:
    return {
        "op": entry.op,
        "type": entry.type,
        "id": entry.id,
        "cause": entry.cause,
        "before": entry.before,
        "after": entry.after,
    }


@pytest.fixture
def clerk() -> Iterator[Clerk]:
    company = make_payables_company(11, 100)
    books, standin = ZohoBooksStandIn(company=company), BillStandIn(company=company)
    standin.limits_enabled = False
    with Server(standin) as server:
        caller = Bill(server)
        caller.login()
        yield Clerk(company, books, caller)
        caller.http.close()
    assert standin.crashes == []


#: Cases about what the clerk, who keeps bills, does not do.
BESIDE = ("buyer_", "card_", "expense", "reimbursement_", "invoice")


def wrong(judged: dict[str, tuple[str, str]], *, beside: bool = False) -> dict[str, tuple[str, str]]:
    found = {name: both for name, both in judged.items() if both[0] != both[1]}
    return {name: both for name, both in found.items() if name.startswith(BESIDE) is beside}


def do_changes(clerk: Clerk) -> None:
    for change in changes(clerk.company):
        side = clerk.books if change.system == SOURCE else clerk.bill.standin
        side.ui_change(change.type, dict(change.body))


def test_a_correct_clerk_satisfies_every_case_before_and_after_the_changes(clerk: Clerk) -> None:
    clerk.first_run()
    clerk.born()
    assert wrong(clerk.judged(Stage.START)) == {}
    do_changes(clerk)
    clerk.changed_run()
    assert wrong(clerk.judged(Stage.CHANGES)) == {}


def test_spending_reimbursements_and_invoices_that_nobody_carried_are_found(clerk: Clerk) -> None:
    left = wrong(clerk.judged(Stage.START), beside=True)
    assert {name: got for name, (_, got) in left.items()} == {
        "card_spending": "not_booked",
        "card_refund": "not_booked",
        "card_nobody_coded": "not_booked",
        "card_without_an_account": "not_booked",
        "card_typed_by_hand": "not_booked",
        "expenses_to_reimburse": "not_reimbursed",
        "reimbursement_without_receipt": "not_reimbursed",
        "reimbursement_with_a_pdf": "not_reimbursed",
        "reimbursement_of_a_stranger": "not_reimbursed",
        "buyer_without_email": "not held",
        "invoices_sent": "not_invoiced",
        "invoice_taxed": "not_invoiced",
        "invoice_part_paid_before": "not_invoiced",
        "invoice_with_a_long_number": "not_invoiced",
        "invoice_of_a_buyer_without_email": "not_invoiced",
    }


def test_what_a_clerk_gets_wrong_is_found(clerk: Clerk) -> None:
    clerk.first_run()
    clerk.born()
    special = {key for case in clerk.company.cases for key in case.keys}
    ordinary = [one for one in clerk.company.ledger_documents if one.key in clerk.written and one.key not in special]
    document = ordinary[0]
    first = clerk.written[document.key]
    twice = {
        "vendorId": first["vendorId"],
        "dueDate": first["dueDate"],
        "invoice": first["invoice"],
        "billLineItems": [{"amount": 1}],
        "allowDuplicateInvoiceNumber": True,
    }
    clerk.bill.call("POST", "/bills", twice)
    draft = clerk.company.ledger_document(clerk.company.case("drafts").keys[0])
    clerk.post(draft, clerk.books.store.get("bills", draft.ledger_id))
    del clerk.holds[clerk.company.ledger_document(clerk.company.case("account_unmapped").keys[0]).ledger_id]
    clerk.bill.login(organizationId=clerk.bill.eu)
    clerk.bill.vendor("Astray")
    assert set(wrong(clerk.judged(Stage.START))) == {
        "ordinary_bills_posted",
        "drafts",
        "account_unmapped",
        "written_to_another_organisation",
    }


def test_seventeen_records_change_and_eighteen_writes_follow() -> None:
    rows = changes(make_payables_company(11, 300))
    assert len({change.name for change in rows}) == 17
    assert sum(change.writes for change in rows) == 18


def test_the_same_seed_gives_the_same_company_and_one_too_small_still_has_every_case() -> None:
    assert make_payables_company(3, 300) == make_payables_company(3, 300)
    small, large = make_payables_company(3, 10), make_payables_company(3, 300)
    assert {case.name for case in small.cases} == {case.name for case in large.cases}
    bills = [one for one in large.ledger_documents if one.document_date >= large.since]
    assert len(bills) == 300
    assert connections(large)["bill"]["organization_id"] == BillStandIn(company=large).organization_id
    assert pairing(large)["since"] == large.since


def test_a_payables_company_is_what_the_vendors_of_bill_are_typed_from() -> None:
    company = make_payables_company(3, 60)
    standin = BillStandIn(company=company)
    contact = next(one for one in company.contacts if one.vendor == "ordinary")
    made = vendor_of(standin, standin.organization_id, contact)
    assert (made["shortName"], made["name"]) == (contact.contact_number, contact.name[:100])


def test_the_webhook_pass_loses_five_of_fifty_bills_and_tells_of_others_twice(receiver: Receiver) -> None:
    company = make_payables_company(11, 100)
    books = ZohoBooksStandIn(company=company)
    made = webhookpass.set_up(
        lambda path, body: books.ui_change(path.removeprefix("objects/"), dict(body)),
        f"{receiver.url}/webhooks/zoho-books",
    )
    assert set(made) == {"webhook_id", "workflow_id"}
    for fault in webhookpass.faults():
        books.faults.ask(fault.pop("match"), fault.pop("kind"), **fault)
    for change in webhookpass.changes(company):
        books.ui_change(change.type, dict(change.body))
    books.webhooks.sender.flush()
    arrived = [loads(body)["bill"]["bill_id"] for _, body in receiver.got]
    assert len(arrived) == 50 - 5 + 7
    numbers = [loads(body)["bill"]["bill_number"] for _, body in receiver.got]
    assert numbers != sorted(numbers)
    lost = webhookpass.lost_of([loads_log(entry) for entry in books.log.entries()], arrived)
    assert len(lost) == 5
    there = [
        {"invoice": {"invoiceNumber": row["bill_number"]}, "amount": row["total"]}
        for row in books.store.all("bills")
        if row["bill_number"].startswith("WH-")
    ]
    rows = {"bills": books.store.all("bills")}
    good = webhookpass.check(rows, {"bills": there}, [], [], lost=lost, by_poll=lost)
    assert all(one.ok for one in good)
    bad = webhookpass.check(rows, {"bills": [*there[1:], there[-1]]}, [], [], lost=lost, by_poll=lost[1:])
    assert [one.name for one in bad if not one.ok] == [
        "webhook_bills_there",
        "webhook_bills_twice",
        "webhook_lost_came_by_poll",
    ]
