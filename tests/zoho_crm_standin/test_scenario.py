"""The demo's judge for ``zoho-books+zoho-crm``: content with a correct clerk, and with nothing less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from mlc_sandbox.company import Company, Known, Person, SalesInvoice, make_selling_company
from mlc_sandbox.scenarios import conflictpass
from mlc_sandbox.scenarios.zoho_books_zoho_crm import SOURCE, changes, check_cases, connections, later, pairing
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_books.receivables import invoice_status
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

from .conftest import Crm

STATUS = {"sent": "Sent", "overdue": "Overdue", "partially_paid": "Part paid", "paid": "Paid", "void": "Void"}


class Clerk:
    """Does by hand what a correct connector does, over HTTP into CRM, and holds what it must hold."""

    def __init__(self, company: Company, books: ZohoBooksStandIn, crm: Crm) -> None:
        assert company.relations is not None
        self.company, self.known = company, company.relations
        self.books, self.crm = books, crm
        self.holds: list[dict[str, str]] = []
        self.product = crm.add("Products", {"Product_Name": "Invoiced by the books"})[0]

    def hold(self, key: str, code: str) -> None:
        self.holds.append({"object_type": "customer", "source_id": key, "code": code})

    def objects(self, standin: Any) -> dict[str, list[dict[str, Any]]]:
        return {type: loads(dumps(standin.store.all(type))) for type in standin.store.types()}

    def judge(self) -> dict[str, tuple[str, str]]:
        log = [entry.as_json() for entry in self.crm.standin.log.entries(since=0)]
        results = check_cases(
            self.company, self.objects(self.books), self.objects(self.crm.standin), log, {"holds": self.holds}
        )
        return {one.name: (one.expected, one.got) for one in results if not one.ok}

    def first_run(self) -> None:
        for customer in self.known.customers:
            people = self.known.people_of(customer.key)
            if customer.known is Known.BOOKS:
                account = self.crm.account(customer.name)
                self.crm.add("Contacts", *(self.there(one, account) for one in people))
            elif customer.known is Known.DESK and customer.name != "Harbor Mutual":
                rows = [self.here(one) for one in people]
                body = {"contact_name": customer.name, "contact_type": "customer", "contact_persons": rows}
                self.books.ui_change("contacts", body)
        ines, dora = self.known.person("person:books-only"), self.known.person("person:desk-only")
        customer = self.known.customer("customer:01")
        self.crm.add("Contacts", self.there(ines, customer.desk_id))
        self.books.ui_change("contacts", {"id": customer.books_id, "action": "person", **self.here(dora)})
        for invoice in self.known.invoices:
            self.carry(invoice)

    def there(self, person: Person, account: str) -> dict[str, Any]:
        return {"Last_Name": person.last, "Email": person.email, "Account_Name": {"id": account}}

    def here(self, person: Person) -> dict[str, Any]:
        return {"first_name": person.first, "last_name": person.last, "email": person.email}

    def carry(self, invoice: SalesInvoice) -> None:
        shown = self.books.store.get("invoices", invoice.books_id)
        customer = self.known.customer(invoice.customer)
        if shown["status"] == "draft" or invoice.day < self.company.since or customer.matched_by == "name":
            return
        deal = next((one for one in self.known.deals if one.key == invoice.deal), None)
        status = STATUS[invoice_status(self.books.books, shown)]
        line = {"Product_Name": {"id": self.product}, "Quantity": 1, "List_Price": shown["total"]}
        body = {
            "Subject": invoice.number,
            "Account_Name": {"id": customer.desk_id},
            "Deal_Name": None if deal is None else {"id": deal.desk_id},
            "Due_Date": shown["due_date"],
            "Books_Id": invoice.books_id,
            "Books_Total": shown["total"],
            "Books_Balance": shown["balance"],
            "Status": "Written off" if shown["write_off_amount"] else status,
        }
        rows = self.crm.select(f"select id from Invoices where Books_Id = '{invoice.books_id}'")
        if rows:
            self.crm.call("PUT", f"/Invoices/{rows[0]['id']}", {"data": [body], "trigger": []})
        else:
            self.crm.add("Invoices", {**body, "Invoiced_Items": [line]})

    def change(self, *acted: Any) -> None:
        for one in acted:
            standin = self.books if one.system == SOURCE else self.crm.standin
            standin.ui_change(one.type, loads(dumps(one.body)))

    def follow_changes(self) -> None:
        for invoice in self.known.invoices:
            if ":to_" in invoice.key and not invoice.key.endswith("delete_there"):
                self.carry(invoice)
        self.hold(self.known.invoice("invoice:to_delete_there").books_id, "gone_in_target")
        self.hold(self.known.person("person:07-0").desk_id, "remit_change")
        self.hold(self.known.person("person:06-2").desk_id, "ambiguous")
        for number, last, email in ((3, "Added", "nora@customer03.example"),):
            account = self.known.customer(f"customer:{number:02d}").desk_id
            self.crm.contact(last, Email=email, Account_Name={"id": account})

    def follow_later(self) -> None:
        won = self.known.prospects[0]
        rows = [self.here(won.person)]
        self.books.ui_change(
            "contacts", {"contact_name": won.name, "contact_type": "customer", "contact_persons": rows}
        )
        self.hold(self.known.customer("customer:09").books_id, "merged_elsewhere")
        self.hold(self.known.customer("customer:11").desk_id, "merged_elsewhere")

    def merge_conflicts(self) -> None:
        for place, person in enumerate(conflictpass.different(self.known)):
            in_books = (
                {"designation": conflictpass.TITLES[1]} if place % 2 else {"phone": conflictpass.phone_of(person)}
            )
            at_desk = {"Phone": conflictpass.phone_of(person)} if place % 2 else {"Title": conflictpass.TITLES[0]}
            customer = self.known.customer(person.customer).books_id
            body = {"id": customer, "action": "person", "person_id": person.books_id, **in_books}
            self.books.ui_change("contacts", body)
            self.crm.call("PUT", f"/Contacts/{person.desk_id}", {"data": [at_desk], "trigger": []})
        for person in conflictpass.same(self.known):
            self.hold(person.desk_id, "drift")
        for person in conflictpass.owned(self.known):
            email = conflictpass.address_of(person, SOURCE)
            self.crm.call("PUT", f"/Contacts/{person.desk_id}", {"data": [{"Email": email}], "trigger": []})


@pytest.fixture
def clerk() -> Iterator[Clerk]:
    company = make_selling_company(3, 20)
    clock = Clock(frozen_at=datetime.combine(company.today, time(12), tzinfo=UTC))
    books, standin = ZohoBooksStandIn(clock=clock, company=company), ZohoCrmStandIn(clock=clock, company=company)
    standin.limits_enabled = False
    with Server(standin) as server:
        crm = Crm(server)
        crm.mint()
        yield Clerk(company, books, crm)
        crm.http.close()


def whole(clerk: Clerk) -> None:
    clerk.first_run()
    clerk.change(*changes(clerk.company))
    clerk.follow_changes()
    for act in later(clerk.company):
        clerk.change(*act.changes)
        if act.name == "merged":
            clerk.follow_later()
        if act.name == "conflict":
            clerk.merge_conflicts()


def test_judge_is_content_with_a_correct_clerk(clerk: Clerk) -> None:
    whole(clerk)
    assert clerk.judge() == {}


def test_judge_sees_that_nothing_was_done(clerk: Clerk) -> None:
    wrong = clerk.judge()
    expected = "customers_of_the_books customers_of_the_desk person_of_the_books paid_before_first_sight"
    expected += " deal_by_reference ordinary_invoices invoice_void billing_email_typo merged_at_the_desk"
    expected += " conflict_in_different_fields conflict_in_one_field conflict_where_the_books_own"
    assert set(expected.split()) <= set(wrong)


def test_judge_sees_a_duplicate_a_prospect_and_a_typo_that_reached_the_books(clerk: Clerk) -> None:
    whole(clerk)
    known = clerk.known
    clerk.crm.account(known.customer("customer:01").name)
    prospect = known.prospects[5]
    clerk.books.ui_change("contacts", {"contact_name": prospect.name, "contact_type": "customer"})
    billing = known.person("person:07-0")
    body = {"id": known.customer("customer:07").books_id, "action": "person", "person_id": billing.books_id}
    clerk.books.ui_change("contacts", {**body, "email": "biling@c7.example"})
    wrong = clerk.judge()
    assert set(wrong) == {"matched_by_external_id", "twice_at_the_desk", "prospects_stay_out", "billing_email_typo"}


def test_judge_sees_a_loud_write_a_lost_opt_out_and_a_wrong_balance(clerk: Clerk) -> None:
    whole(clerk)
    olga = clerk.known.person("person:opt-out")
    clerk.crm.call("PUT", f"/Contacts/{olga.desk_id}", {"data": [{"Email_Opt_Out": False}]})
    number = clerk.known.invoice("invoice:to_pay").number
    row = clerk.crm.select(f"select id from Invoices where Subject = '{number}'")[0]
    clerk.crm.call("PUT", f"/Invoices/{row['id']}", {"data": [{"Books_Balance": Decimal("1.00")}], "trigger": []})
    wrong = clerk.judge()
    assert set(wrong) == {"workflows_set_off", "opted_out", "opt_outs_touched", "invoice_paid"}
    assert wrong["invoice_paid"] == ("Paid", "wrong: Books_Balance")


def test_company_is_the_same_for_the_same_seed_and_has_what_the_list_of_cases_wants() -> None:
    first, second, other = make_selling_company(3, 50), make_selling_company(3, 50), make_selling_company(4, 50)
    assert first.relations == second.relations
    assert first.relations != other.relations
    known = first.relations
    assert known is not None
    assert len(known.prospects) == 200
    assert len([one for one in known.customers if one.name != "Harbor Mutual"]) == 20
    people = [*conflictpass.different(known), *conflictpass.same(known), *conflictpass.owned(known)]
    assert len({one.key for one in people}) == 40
    assert {one.known for one in people} == {Known.BOTH}
    assert sum(one.writes for one in changes(first)) == 13


def test_scenario_says_how_an_operator_configures_it() -> None:
    company = make_selling_company(3, 20)
    assert connections(company)["zoho-crm"] == {"unique_field": "Books_Id"}
    assert pairing(company)["since"] == company.since
