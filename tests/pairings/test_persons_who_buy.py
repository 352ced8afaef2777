"""The form in which every contact of the sales desk is a customer of its own, over both stand-ins, step by step."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from mlc.config import load_config
from mlc.connections import store_secrets
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.holdstore import open_rows
from mlc.engine.run import run_pairing
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.store.credentials import Credentials
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.torture.bench import AheadClock
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

APART_S = 300.0
SECRETS = {"client_id": "1000.DEMO", "client_secret": "demo-secret", "refresh_token": "1000.demo.refresh"}


@dataclass
class Shop:
    """An organisation that sells to persons."""

    books: ZohoBooksStandIn
    crm: ZohoCrmStandIn
    engine: Engine
    clock: AheadClock
    house: str
    """The account under which the sales desk keeps everybody's invoices."""

    def run(self, *, sweep: bool = False) -> int:
        """One run; how many writes it sent."""
        for clock in (self.clock, self.books.clock, self.crm.clock):
            clock.advance(APART_S)
        with self.engine.session("shop") as session:
            calls = run_pairing(session, accept=True, sweep=sweep, by="tests").calls
        return sum(side["write"] for side in calls.values())

    def holds(self) -> dict[str, str]:
        """Name of what waits → why."""
        with self.engine.database.read() as connection:
            return {row["external_id"]: row["code"] for row in open_rows(connection, "shop")}

    def link(self, external_id: str, other: str) -> None:
        """A person says which one it is."""
        with self.engine.database.write() as tx:
            (row,) = [row for row in open_rows(tx, "shop") if row["external_id"] == external_id]
            decide_hold(tx, row, Verb.LINK, other=other, by="tests", now=self.clock.now())

    def person(self, **values: Any) -> str:
        """A contact that somebody types into the CRM, or changes there."""
        return str(self.crm.ui_change("Contacts", values)["id"])

    def win(self, contact: str) -> None:
        deal = {"Deal_Name": f"Deal of {contact}", "Stage": "Closed Won", "Contact_Name": {"id": contact}}
        self.crm.ui_change("Deals", deal)

    def customer(self, first: str, last: str, **more: Any) -> str:
        """A customer that somebody types into the books."""
        body = {"contact_name": f"{first} {last}", "contact_type": "customer", **more}
        made = str(self.books.ui_change("contacts", body)["contact_id"])
        person = {"first_name": first, "last_name": last, "email": f"{first.lower()}@home.example"}
        self.books.ui_change("contacts", {"id": made, "action": "person", **person})
        return made

    def in_crm(self, email: str) -> dict[str, Any]:
        (found,) = (row for row in self.crm.store.all("Contacts") if row["Email"] == email)
        return found

    def in_books(self, email: str) -> dict[str, Any]:
        (found,) = (
            one
            for one in self.books.store.all("contacts")
            if any(person["email"] == email for person in one["contact_persons"])
        )
        return found

    def invoice(self, customer: str) -> str:
        """An invoice that somebody sends from the books; its number."""
        line = {"name": "Advice", "rate": "80.00", "quantity": "1"}
        body = {"customer_id": customer, "date": self.books.books.today(), "line_items": [line]}
        made = self.books.ui_change("invoices", body)
        self.books.ui_change("invoices", {"id": made["invoice_id"], "action": "send"})
        return str(made["invoice_number"])

    def shown(self, number: str) -> dict[str, Any]:
        (found,) = (row for row in self.crm.store.all("Invoices") if row["Subject"] == number)
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    books, crm = ZohoBooksStandIn(), ZohoCrmStandIn()
    clock, plugins = AheadClock(), load_plugins()
    crm.ui_change("Products", {"Product_Name": "Books invoice line"})
    crm.ui_change("fields", {"module": "Contacts", "api_name": "Contact_Type", "data_type": "text", "length": 40})
    house = str(crm.ui_change("Accounts", {"Account_Name": "Private customers"})["id"])
    path = tmp_path_factory.mktemp("shop") / "mlc.toml"
    with ExitStack() as stack:
        lines = ['home = "."']
        own = {
            "zoho-books": [f'organization_id = "{books.organization_id}"'],
            "zoho-crm": ['customers = "contacts"', f'defaults = {{ "Invoices.Account_Name" = "{house}" }}'],
        }
        for system, standin in (("zoho-books", books), ("zoho-crm", crm)):
            standin.limits_enabled = False
            url = stack.enter_context(Server(standin)).url
            lines += [f"[connections.{system}]", f'system = "{system}"', f'endpoint = "{url}"', *own[system]]
        since = books.books.today()
        lines += ["[pairings.shop]", 'recipe = "zoho-books+zoho-crm"', 'model = "contact"', f"since = {since}"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        config = load_config(path, plugins=plugins)
        engine = stack.enter_context(open_engine(config, plugins=plugins, clock=clock, limits=False))
        credentials = Credentials(engine.database, engine.keys, now=clock.now)
        for system in own:
            store_secrets(credentials, system, plugins.system(system).secrets.model_validate(SECRETS))
        yield Shop(books, crm, engine, clock, house)


def test_persons_become_customers_both_ways_and_prospects_do_not(shop: Shop) -> None:
    shop.customer("Ida", "Moe", billing_address={"address": "4 Quay", "city": "Leeds", "zip": "LS1"})
    shop.customer("Both", "Sides")
    shop.person(First_Name="B.", Last_Name="Sides", Email="Both@home.example", Phone="1")
    shop.win(
        shop.person(First_Name="Won", Last_Name="Deal", Email="won@home.example", Phone="+44 1", Mailing_City="Hull")
    )
    shop.person(First_Name="By", Last_Name="Kind", Email="kind@home.example", Contact_Type="Customer")
    shop.person(First_Name="Only", Last_Name="Asking", Email="asking@home.example")
    shop.run()
    assert shop.holds() == {}
    there = shop.in_crm("ida@home.example")
    assert (there["First_Name"], there["Last_Name"], there["Mailing_City"]) == ("Ida", "Moe", "Leeds")
    assert there.get("Account_Name") is None
    assert shop.in_crm("Both@home.example")["First_Name"] == "B.", "bound by its address, and left as it stands"
    here = shop.in_books("won@home.example")
    assert (here["contact_name"], here["contact_type"], here["billing_address"]["city"]) == (
        "Won Deal",
        "customer",
        "Hull",
    )
    (person,) = here["contact_persons"]
    assert (person["first_name"], person["last_name"], person["phone"]) == ("Won", "Deal", "+44 1")
    assert person["is_primary_contact"]
    assert shop.in_books("kind@home.example")["contact_name"] == "By Kind"
    names = {one["contact_name"] for one in shop.books.store.all("contacts")}
    assert names == {"Ida Moe", "Both Sides", "Won Deal", "By Kind"}
    assert len(shop.crm.store.all("Contacts")) == 5
    shop.run()
    assert (shop.run(), shop.run()) == (0, 0)


def test_edits_of_either_side_are_carried_each_by_its_owner(shop: Shop) -> None:
    one = shop.in_crm("ida@home.example")
    shop.person(id=one["id"], Phone="+44 2", Mobile="+44 3")
    here = shop.in_books("ida@home.example")
    shop.books.ui_change(
        "contacts", {"id": here["contact_id"], "billing_address": {"address": "5 Quay", "city": "York"}}
    )
    assert shop.run() == 2
    (person,) = shop.in_books("ida@home.example")["contact_persons"]
    assert (person["phone"], person["mobile"], person["first_name"]) == ("+44 2", "+44 3", "Ida")
    there = shop.in_crm("ida@home.example")
    assert (there["Mailing_City"], there["Phone"]) == ("York", "+44 2")
    shop.person(id=one["id"], Mobile=None)
    assert shop.run() == 1
    (person,) = shop.in_books("ida@home.example")["contact_persons"]
    assert (person["phone"], person["mobile"], person["email"]) == ("+44 2", "", "ida@home.example")
    body = {"id": here["contact_id"], "action": "person", "person_id": person["contact_person_id"]}
    shop.books.ui_change("contacts", {**body, "email": "ida.moe@home.example", "last_name": "Moe-Lie"})
    assert shop.run() == 1
    assert shop.in_crm("ida.moe@home.example")["Last_Name"] == "Moe-Lie"
    assert (shop.holds(), shop.run()) == ({}, 0)


def test_an_address_changed_in_the_crm_waits_as_does_a_name(shop: Shop) -> None:
    one = shop.in_crm("won@home.example")
    shop.person(id=one["id"], Email="forged@home.example")
    assert shop.run() == 0
    assert shop.holds() == {one["id"]: "remit_change"}
    assert shop.in_books("won@home.example")
    shop.person(id=one["id"], Email="won@home.example", Last_Name="Renamed")
    assert shop.run() == 0
    assert shop.holds() == {one["id"]: "drift"}
    shop.person(id=one["id"], Last_Name="Deal")
    assert (shop.run(), shop.holds()) == (0, {})


def test_an_invoice_is_shown_at_the_contact(shop: Shop) -> None:
    here, there = shop.in_books("won@home.example"), shop.in_crm("won@home.example")
    number = shop.invoice(here["contact_id"])
    assert shop.run() == 1
    shown = shop.shown(number)
    assert (shown["Contact_Name"]["id"], shown["Account_Name"]["id"]) == (there["id"], shop.house)
    assert (shown["Status"], float(shown["Books_Total"])) == ("Sent", 80.0)
    shop.run()
    assert (shop.run(), shop.holds()) == (0, {})


def test_a_second_person_of_a_known_address_or_name_is_never_made_unasked(shop: Shop) -> None:
    again = shop.person(First_Name="William", Last_Name="Deal", Email="won@home.example", Contact_Type="Customer")
    namesake = shop.person(First_Name="By", Last_Name="Kind", Email="other@home.example", Contact_Type="Customer")
    assert shop.run() == 0
    assert shop.holds() == {again: "ambiguous", namesake: "ambiguous"}
    for one in (again, namesake):
        shop.crm.ui_change("Contacts", {"id": one, "action": "delete"})
    assert (shop.run(), shop.holds()) == (0, {})


def test_a_merge_is_followed_by_its_invoices_and_a_deletion_waits(shop: Shop) -> None:
    here, loser = shop.in_books("ida.moe@home.example"), shop.in_crm("ida.moe@home.example")
    number = shop.invoice(here["contact_id"])
    shop.run()
    assert shop.shown(number)["Contact_Name"]["id"] == loser["id"]
    shop.run()
    winner = shop.person(First_Name="Ida", Last_Name="Lie", Email="ida.lie@home.example", Phone="+44 9")
    shop.crm.ui_change("Contacts", {"id": winner, "action": "merge", "loser_id": loser["id"]})
    gone = shop.in_crm("kind@home.example")
    shop.crm.ui_change("Contacts", {"id": gone["id"], "action": "delete"})
    shop.run()
    assert shop.holds() == {gone["id"]: "vanished"}
    assert shop.shown(number)["Contact_Name"]["id"] == winner
    assert len(shop.books.store.all("contacts")) == 4, "nobody was made, nobody is gone"
    shop.person(id=winner, Mobile="+44 10")
    shop.run()
    (person,) = shop.in_books("ida.moe@home.example")["contact_persons"]
    assert person["mobile"] == "+44 10", "the survivor is the customer now"
    shop.run()
    assert shop.run() == 0


def test_a_customer_merged_into_somebody_who_was_no_customer_is_followed_with_its_next_invoice(shop: Shop) -> None:
    """Its won deal, which goes along, would make the survivor a customer of its own."""
    here, loser = shop.in_books("won@home.example"), shop.in_crm("won@home.example")
    winner = shop.person(First_Name="Wyn", Last_Name="Deal", Email="wyn@home.example")
    shop.run()
    shop.crm.ui_change("Contacts", {"id": winner, "action": "merge", "loser_id": loser["id"]})
    number = shop.invoice(here["contact_id"])
    shop.run()
    assert shop.shown(number)["Contact_Name"]["id"] == winner
    assert len(shop.books.store.all("contacts")) == 4, "nobody was made"
    shop.run()
    assert shop.run() == 0
    assert set(shop.holds().values()) <= {"vanished"}


def test_while_nobody_knows_what_became_of_a_customer_its_invoice_is_not_sent(shop: Shop) -> None:
    (gone,) = [one for one, code in shop.holds().items() if code == "vanished"]
    here = shop.in_books("kind@home.example")
    number = shop.invoice(here["contact_id"])
    assert (shop.run(), shop.run(), shop.run()) == (0, 0, 0)
    assert sorted(shop.holds().values()) == ["missing_vendor", "vanished"]
    survivor = shop.person(First_Name="Another", Last_Name="Kind", Email="another@home.example")
    shop.run()
    shop.link(gone, survivor)
    assert shop.run() == 1
    assert shop.shown(number)["Contact_Name"]["id"] == survivor
    assert shop.holds() == {}
    shop.run()
    assert shop.run() == 0


def test_an_invoice_refused_because_its_customer_is_gone_is_not_sent_again_in_every_run(shop: Shop) -> None:
    """The list does not tell of the deletion: the refusal is what shows it."""
    here, gone = shop.in_books("both@home.example"), shop.in_crm("Both@home.example")
    shop.crm.switches["merge_loser_listed"] = "no"
    winner = shop.person(First_Name="Bo", Last_Name="Sides", Email="bo@home.example")
    shop.run()
    shop.crm.ui_change("Contacts", {"id": winner, "action": "merge", "loser_id": gone["id"]})
    shop.invoice(here["contact_id"])
    assert shop.run() == 1
    assert sum(shop.run() for _ in range(4)) == 0
    assert sorted(shop.holds().values()) == ["gone_in_target", "missing_vendor"]
