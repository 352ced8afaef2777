"""The demo of ``zoho-books+zoho-crm``: people both ways, money one way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import Company, Relations
from mlc_sandbox.scenarios import conflictpass
from mlc_sandbox.scenarios.contract import Act
from mlc_sandbox.scenarios.deskpass import DeskPass
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record
from mlc_sandbox.scenarios.relationsview import RelationsView
from mlc_sandbox.zoho_crm.seed import UNIQUE
from mlc_sandbox.zoho_crm.seed_relations import DEAL_REFERENCE

COMPANY = "selling"
BATCHES = True
WEBHOOKS = DeskPass()
SOURCE, TARGET = "zoho-books", "zoho-crm"
QUIET_RUNS = 10


def connections(company: Company) -> dict[str, dict[str, Any]]:
    """Settings of each system's connection, without its endpoint."""
    return {SOURCE: {"organization_id": company.ledger_organization_id}, TARGET: {"unique_field": UNIQUE}}


def secrets(company: Company) -> dict[str, dict[str, str]]:
    """The credentials that the stand-ins accept; one consent covers both."""
    told = {"client_id": "1000.DEMO", "client_secret": "demo-secret", "refresh_token": "1000.demo.refresh"}
    return {SOURCE: dict(told), TARGET: dict(told)}


def pairing(company: Company) -> dict[str, Any]:
    """The ``[pairings.…]`` table: go-live date, and the deal's field that people write into an invoice's reference."""
    return {"since": company.since, "deal_field": DEAL_REFERENCE}


def relations_of(company: Company) -> Relations:
    """The company's sales side. Raises ValueError for a company that has none."""
    if company.relations is None:
        raise ValueError("this scenario needs the company 'selling'")
    return company.relations


def changes(company: Company) -> list[Change]:
    """What people do on both sides: thirteen records are written because of it, six are held or left alone."""
    known = relations_of(company)
    today = company.today.isoformat()

    def books(name: str, type: str, key: str, writes: int = 1, **body: Any) -> Change:
        return Change(name, SOURCE, type, {"id": key, **body}, writes)

    def desk(name: str, type: str, key: str, writes: int = 1, **body: Any) -> Change:
        return Change(name, TARGET, type, {"id": key, **body}, writes)

    def invoice(name: str, **body: Any) -> Change:
        return books(f"invoice_{name}", "invoices", known.invoice(f"invoice:{name}").books_id, **body)

    def there(name: str, writes: int, **body: Any) -> Change:
        find = {"Subject": known.invoice(f"invoice:{name}").number}
        return Change(f"invoice_{name}", TARGET, "Invoices", {"find": find, **body}, writes)

    def customer(number: int, side: str) -> str:
        one = known.customer(f"customer:{number:02d}")
        return one.books_id if side == SOURCE else one.desk_id

    moved = {"address": "14 New Quay", "city": "Bristol", "zip": "BS1 9ZZ", "country": "United Kingdom"}
    titled = known.person("person:02-1")
    added: dict[str, Any] = {"first_name": "Nora", "last_name": "Added", "email": "nora@customer03.example"}
    added_there = {"First_Name": "Olaf", "Last_Name": "Added", "Email": "olaf@customer04.example"}
    half = (known.invoice("invoice:to_part_pay").total / 2).quantize(Decimal("0.01"))
    late = (company.today + timedelta(days=90)).isoformat()
    return [
        books("customer_address_changed", "contacts", customer(1, SOURCE), billing_address=moved),
        desk("account_website_changed", "Accounts", customer(2, TARGET), Website="https://new.customer02.example"),
        books("person_title_changed", "contacts", customer(2, SOURCE), action="person", person_id=titled.books_id,
              designation="Chief Buyer"),
        desk("person_phone_changed", "Contacts", known.person("person:02-3").desk_id, Phone="+44 20 7946 9999"),
        books("person_added_in_books", "contacts", customer(3, SOURCE), action="person", **added),
        Change("person_added_at_desk", TARGET, "Contacts",
               {**added_there, "Account_Name": {"id": customer(4, TARGET)}}),
        invoice("to_send", action="send"),
        invoice("to_void", action="void"),
        invoice("to_write_off", action="write_off"),
        invoice("to_credit", action="credit"),
        invoice("to_part_pay", action="receive", amount=half, date=today),
        invoice("to_pay", action="receive", date=today),
        there("to_edit_there", 1, Due_Date=late),
        there("to_delete_there", 0, action="delete"),
        desk("billing_email_typo", "Contacts", known.person("person:07-0").desk_id, 0, Email="biling@c7.example"),
        desk("person_moved", "Contacts", known.person("person:06-2").desk_id, 0, action="move", to=customer(7, TARGET)),
        desk("person_erased", "Contacts", known.person("person:06-1").desk_id, 0, action="erase"),
        books("person_deleted", "contacts", customer(5, SOURCE), 0, action="remove_person",
              person_id=known.person("person:05-5").books_id),
        desk("opted_out_later", "Contacts", known.person("person:05-4").desk_id, 0, action="opt_out"),
    ]  # fmt: skip


def later(company: Company) -> list[Act]:
    """A prospect becomes a customer, records are merged on each side, forty people are edited on both, then rest."""
    known = relations_of(company)
    won = {"Deal_Name": "First order", "Stage": "Closed Won", "Account_Name": {"id": known.prospects[0].desk_id}}
    winner, loser, kept, gone = (known.customer(f"customer:{number:02d}") for number in (8, 9, 10, 11))
    merged = [
        Change("merged_at_the_desk", TARGET, "Accounts",
               {"id": winner.desk_id, "action": "merge", "loser_id": loser.desk_id}),
        Change("merged_in_the_books", SOURCE, "contacts",
               {"id": kept.books_id, "action": "merge", "loser_id": gone.books_id}),
    ]  # fmt: skip
    return [
        Act("won", (Change("prospect_wins", TARGET, "Deals", won),)),
        Act("merged", tuple(merged), sweep=True),  # the books tell of what is gone only by their whole list
        Act("conflict", tuple(conflictpass.changes(known))),
        Act("quiet", (), runs=QUIET_RUNS, silent=True),
    ]


def check_cases(
    company: Company,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[Mapping[str, Any]],
    report: Mapping[str, Any],
) -> list[CaseResult]:
    """Judge every case, then forty conflicts, ordinary invoices, whatever is there twice, and the totals."""
    known = relations_of(company)
    view = RelationsView(known, source_objects, target_objects, target_log, report.get("holds", ()))
    results = [view.judged(case) for case in company.cases]
    results += conflictpass.check(view)
    ordinary = [one for one in known.invoices if one.key.rpartition(":")[2].isdigit()]
    right = sum(view.carried_right(one) for one in ordinary)
    return [
        *results,
        CaseResult("ordinary_invoices", f"{len(ordinary)} right", f"{right} right"),
        CaseResult("twice_in_the_books", "none", ", ".join(view.twice_in_books()) or "none"),
        CaseResult("twice_at_the_desk", "none", ", ".join(view.twice_at_desk()) or "none"),
        CaseResult("invoices_without_a_cause", "none", ", ".join(view.strays()) or "none"),
        CaseResult("opt_outs_touched", "none", ", ".join(view.opt_outs_touched()) or "none"),
        CaseResult("workflows_set_off", "none", ", ".join(view.loud_writes()) or "none"),
        view.control_total(),
    ]
