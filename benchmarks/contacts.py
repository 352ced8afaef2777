"""Calls that 100 changed contacts cost, edited on either side, and Zoho CRM's credits in a day of edits.

    python benchmarks/contacts.py [--people 100] [--contacts 5000] [--every-minutes 5]

Both stand-ins run in this process. What a run costs though nothing changed is counted apart: the lists of every module
and what was deleted of each. The day is computed from measured calls: a run every so many minutes, one edit a minute,
by turns on either side, and one nightly reading of every list, whose pages grow with the contacts. Counts, not times:
they are the same on a busy machine.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc_sandbox.company import make_selling_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_zoho_crm as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.torture.bench import AheadClock
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

DAY_MINUTES = 24 * 60
PAGE = 200
#: Longer than a list's overlap: what one step wrote is out of sight at the next.
APART_S = 600.0
BOOKS, CRM = "left", "right"
#: Of a person: its name in Books, and in CRM. What is written three times in a day is held, so each step has its own.
FIELDS = {"phone": "Phone", "designation": "Title"}


@dataclass(frozen=True)
class Calls:
    """Of one side, in one run."""

    reads: int
    writes: int

    @property
    def all(self) -> int:
        return self.reads + self.writes


@dataclass
class Bench:
    """Both stand-ins with ``people`` bound contacts, and the engine between them."""

    engine: Engine
    clock: AheadClock
    books: ZohoBooksStandIn
    crm: ZohoCrmStandIn
    people: list[str]
    """Addresses."""
    edits: int = 0

    def run(self, *, sweep: bool = False) -> dict[str, Calls]:
        """One run, ten minutes after the last. Calls of each side."""
        self.clock.advance(APART_S)
        for standin in (self.books, self.crm):
            standin.clock.advance(APART_S)
        with self.engine.session(PAIRING) as session:
            calls = run_pairing(session, accept=True, sweep=sweep, by="benchmark").calls
        return {side: Calls(told["read"], told["write"]) for side, told in calls.items()}

    def edit_in_crm(self, count: int, field: str) -> None:
        ids = {row["Email"]: row["id"] for row in self.crm.store.all("Contacts")}
        for email in self.people[:count]:
            self.crm.ui_change("Contacts", {"id": ids[email], FIELDS[field]: self._value()})

    def edit_in_books(self, count: int, field: str) -> None:
        known = {
            person["email"]: (contact["contact_id"], person["contact_person_id"])
            for contact in self.books.store.all("contacts")
            for person in contact["contact_persons"]
        }
        for email in self.people[:count]:
            customer, person = known[email]
            body = {"id": customer, "action": "person", "person_id": person, field: self._value()}
            self.books.ui_change("contacts", body)

    def agree(self, field: str) -> bool:
        """Whether both sides show the same of everybody."""
        there = {row["Email"]: row.get(FIELDS[field]) for row in self.crm.store.all("Contacts")}
        here = {
            person["email"]: person.get(field)
            for contact in self.books.store.all("contacts")
            for person in contact["contact_persons"]
        }
        return all((here[email] or None) == (there[email] or None) for email in self.people)

    def _value(self) -> str:
        self.edits += 1
        return f"+44 20 7946 {self.edits:06d}"


@contextmanager
def opened(people: int) -> Iterator[Bench]:
    """A company of twenty customers and so many further people, in step."""
    company, plugins, clock = make_selling_company(3, 1), load_plugins(), AheadClock()
    known = company.relations
    assert known is not None
    books, crm = ZohoBooksStandIn(company=company), ZohoCrmStandIn(company=company)
    addresses = []
    for place in range(people):
        customer = known.customer(f"customer:{place % 5 + 1:02d}")
        email = f"bench-{place:04d}@customer{place % 5 + 1:02d}.example"
        body = {"First_Name": "Ben", "Last_Name": f"Chmark-{place:04d}", "Email": email, "Phone": "+44 20 7946 0000"}
        crm.ui_change("Contacts", body | {"Account_Name": {"id": customer.desk_id}})
        addresses.append(email)
    with ExitStack() as stack:
        served = {}
        for system, standin in (("zoho-books", books), ("zoho-crm", crm)):
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlc-contacts-")))
        path = write_config(folder, plugins.recipes["zoho-books+zoho-crm"], scenario, company, served)
        engine = stack.enter_context(
            open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=clock, limits=False)
        )
        store_demo_secrets(engine, scenario, company)
        bench = Bench(engine, clock, books, crm, addresses)
        for _ in range(3):
            bench.run()
        yield bench


def measured(bench: Bench, edit: Callable[[int, str], None], count: int, field: str) -> dict[str, Calls]:
    """Calls of the run that carries so many edits. Raises SystemExit when it did not carry them."""
    edit(count, field)
    calls = bench.run()
    if not bench.agree(field):
        raise SystemExit("The run did not carry every edit; its calls mean nothing.")
    bench.run()
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100, help="contacts that are edited at once")
    parser.add_argument("--contacts", type=int, default=5_000, help="contacts of the computed day")
    parser.add_argument("--every-minutes", type=int, default=5, help="how often the pairing runs in the computed day")
    asked = parser.parse_args()
    with opened(asked.people) as bench:
        idle = bench.run()
        print(f"nothing changed: CRM {idle[CRM].all} calls, Books {idle[BOOKS].all}")
        few = min(asked.people, asked.every_minutes)
        costs = []
        for where, edit in (("CRM", bench.edit_in_crm), ("Books", bench.edit_in_books)):
            calls = measured(bench, edit, asked.people, "phone")
            told = ", ".join(
                f"{name} {calls[side].reads} reads + {calls[side].writes} writes, "
                f"{calls[side].all - idle[side].all} more than without them"
                for name, side in (("CRM", CRM), ("Books", BOOKS))
            )
            print(f"{asked.people} edited in {where}: {told}")
            costs.append(measured(bench, edit, few, "designation")[CRM].all)
        sweep, stored = bench.run(sweep=True)[CRM].all, bench.crm.store.count("Contacts")
    pages = -(-asked.contacts // PAGE) - -(-stored // PAGE)
    runs = DAY_MINUTES // asked.every_minutes
    day = runs * sum(costs) / len(costs) + sweep + pages
    print(
        f"a day with {asked.contacts} contacts, computed: {runs} runs of {costs[0]} (edited in CRM) or {costs[1]} "
        f"(in Books) calls, one reading of every list in {sweep + pages}: {day:,.0f} credits"
    )


if __name__ == "__main__":
    main()
